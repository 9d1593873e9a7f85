//! The schemas of bodies and answers, under names of their own.
//!
//! Files of endpoints call their types `Request`, `Answer`, `Item`; a document has one list of
//! names. A name that stands for different shapes gets the operation that uses it first in front:
//! `PostSessionsRequest`.

use std::collections::{BTreeMap, BTreeSet};

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::{capital, operation_id};
use crate::http::endpoint::{Body, Endpoint, SchemaOf};
use crate::http::problem_response;

const PREFIX: &str = "#/components/schemas/";

/// Which side of a type is meant: fields that may be left out of a body are always in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Read by the issuer.
    Read,
    /// Written by the issuer.
    Written,
}

/// One schema, with what it refers to.
struct Shape {
    root: Value,
    definitions: Map<String, Value>,
}

/// Every schema of the document.
pub(super) struct Schemas {
    /// From a type's own name and its shape, written out, to the name in the document.
    names: BTreeMap<(String, String), String>,
    components: Map<String, Value>,
}

impl Schemas {
    /// The schemas of these endpoints and of problems.
    pub(super) fn of<'a>(endpoints: impl Iterator<Item = &'a Endpoint>) -> Self {
        let mut shapes = vec![(String::new(), Shape::of(problem_response::schema, Side::Written))];
        for endpoint in endpoints {
            let operation = capital(&operation_id(endpoint));
            if let Some(Body::Json(schema) | Body::JsonOrNothing(schema) | Body::Form(schema)) =
                endpoint.body
            {
                shapes.push((operation.clone(), Shape::of(schema, Side::Read)));
            }
            if let Some(query) = endpoint.query {
                shapes.push((operation.clone(), Shape::of_query(query)));
            }
            for answer in &endpoint.answers {
                if let Some((_, Some(schema))) = answer.content {
                    shapes.push((operation.clone(), Shape::of(schema, Side::Written)));
                }
            }
        }
        let names = name(&shapes);
        let mut schemas = Self { names, components: Map::new() };
        for (_, shape) in &shapes {
            for (name, definition) in &shape.definitions {
                let named = schemas.rename(definition.clone(), shape);
                schemas.components.insert(schemas.name(name, shape), named);
            }
        }
        schemas
    }

    /// The schema of a type; a reference, mostly.
    pub(super) fn schema(&self, of: SchemaOf, side: Side) -> Value {
        let shape = Shape::of(of, side);
        self.rename(shape.root.clone(), &shape)
    }

    /// The members of a query string, each with its schema and whether it must be there.
    pub(super) fn members(&self, of: SchemaOf) -> Vec<(String, Value, bool)> {
        let shape = Shape::of_query(of);
        let required = shape.root.get("required").and_then(Value::as_array);
        let required: Vec<_> = required.into_iter().flatten().filter_map(Value::as_str).collect();
        let members = shape.root.get("properties").and_then(Value::as_object);
        members
            .into_iter()
            .flatten()
            .map(|(name, schema)| {
                let schema = self.rename(schema.clone(), &shape);
                (name.clone(), schema, required.contains(&name.as_str()))
            })
            .collect()
    }

    /// `components.schemas`.
    pub(super) fn components(&self) -> &Map<String, Value> {
        &self.components
    }

    fn name(&self, name: &str, shape: &Shape) -> String {
        let key = (name.to_owned(), shape.written_out(name));
        self.names.get(&key).cloned().unwrap_or_else(|| name.to_owned())
    }

    fn rename(&self, mut schema: Value, shape: &Shape) -> Value {
        each_reference(&mut schema, &mut |reference| {
            if let Some(name) = reference.strip_prefix(PREFIX) {
                *reference = format!("{PREFIX}{}", self.name(name, shape));
            }
        });
        schema
    }
}

impl Shape {
    fn of(schema: SchemaOf, side: Side) -> Self {
        let settings = SchemaSettings::draft2020_12()
            .with(|settings| settings.definitions_path = "/components/schemas".into());
        let mut generator = match side {
            Side::Read => settings.for_deserialize().into_generator(),
            Side::Written => settings.for_serialize().into_generator(),
        };
        let root = schema(&mut generator).to_value();
        let mut definitions = generator.take_definitions(true);
        definitions.values_mut().for_each(without_null_defaults);
        Self { root, definitions }
    }

    /// A query string is no value: its members are parameters, and what holds them has no name.
    fn of_query(schema: SchemaOf) -> Self {
        let mut shape = Self::of(schema, Side::Read);
        let name = shape.root.get("$ref").and_then(Value::as_str);
        if let Some(name) = name.and_then(|name| name.strip_prefix(PREFIX)).map(str::to_owned) {
            shape.root = shape.definitions.remove(&name).unwrap_or_default();
        }
        shape
    }

    /// A definition with all that it refers to, as one text: what has the same text is the same.
    fn written_out(&self, name: &str) -> String {
        let mut found = BTreeSet::new();
        let mut next = vec![name.to_owned()];
        while let Some(name) = next.pop() {
            if let Some(mut definition) =
                self.definitions.get(&name).filter(|_| !found.contains(&name)).cloned()
            {
                each_reference(&mut definition, &mut |reference| {
                    next.extend(reference.strip_prefix(PREFIX).map(str::to_owned));
                });
                found.insert(name);
            }
        }
        let found =
            found.iter().filter_map(|name| Some((name.clone(), self.definitions.get(name)?)));
        found.map(|(name, definition)| format!("{name} {definition}\n")).collect()
    }
}

/// A name in the document for each definition.
fn name(shapes: &[(String, Shape)]) -> BTreeMap<(String, String), String> {
    let mut users = BTreeMap::<String, Vec<(String, &str)>>::new();
    for (operation, shape) in shapes {
        for name in shape.definitions.keys() {
            let written = shape.written_out(name);
            let known = users.entry(name.clone()).or_default();
            if !known.iter().any(|(other, _)| *other == written) {
                known.push((written, operation));
            }
        }
    }
    let mut taken: BTreeSet<String> =
        users.iter().filter(|(_, of)| of.len() == 1).map(|(name, _)| name.clone()).collect();
    let mut names = BTreeMap::new();
    for (name, definitions) in users {
        let alone = definitions.len() == 1;
        for (written, operation) in definitions {
            let mut chosen =
                if alone { name.clone() } else { format!("{operation}{}", capital(&name)) };
            while !alone && !taken.insert(chosen.clone()) {
                chosen.push('_');
            }
            names.insert((name.clone(), written), chosen);
        }
    }
    names
}

/// A field that is absent stays as it is, where one that is `null` goes or is refused.
fn without_null_defaults(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.retain(|name, value| name != "default" || !value.is_null());
            members.values_mut().for_each(without_null_defaults);
        }
        Value::Array(items) => items.iter_mut().for_each(without_null_defaults),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn each_reference(schema: &mut Value, change: &mut impl FnMut(&mut String)) {
    match schema {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(reference) if name == "$ref" => change(reference),
                    _ => each_reference(value, change),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each_reference(item, change)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::table::table;

    #[test]
    fn a_name_of_several_shapes_tells_its_operation_and_a_name_of_one_stays() {
        let table = table();
        let schemas = Schemas::of(table.iter());
        let names: Vec<_> = schemas.components().keys().map(String::as_str).collect();
        for name in ["Problem", "Tokens", "PostSessionsRequest", "PostUsersRequest"] {
            assert!(names.contains(&name), "{names:?}");
        }
        assert!(!names.contains(&"Request") && !names.contains(&"Request2"), "{names:?}");
    }

    #[test]
    fn what_fields_say_in_the_code_is_what_the_document_says() {
        let table = table();
        let schemas = Schemas::of(table.iter());
        let tokens = schemas.components().get("Tokens").unwrap();
        let said = tokens.pointer("/properties/main_expires_in/description").unwrap();
        assert_eq!(said, "Life of the main token.");
        let required = tokens["required"].as_array().unwrap();
        assert!(
            required.contains(&"session_id".into()) && !required.contains(&"main_token".into())
        );
    }
}
