//! Reads the members of one JSON object of a policy, each once, and none that is unknown.

use serde_json::{Map, Value};

use super::PolicyError;
use crate::text::list;

/// The items of an array, each with its place.
pub(super) type Items<'a> = Vec<(String, &'a Value)>;

/// An object of the document and where it stands.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    object: &'a Map<String, Value>,
    at: String,
}

impl<'a> Fields<'a> {
    /// `value` as an object whose members are all among `known`.
    pub(super) fn read(
        value: &'a Value,
        at: &str,
        known: &[&str],
    ) -> Result<Self, Box<PolicyError>> {
        let Value::Object(object) = value else {
            return Err(PolicyError::new(
                at,
                &format!("expected an object, found {}", kind(value)),
            ));
        };
        let fields = Self { object, at: at.to_owned() };
        match object.keys().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => Err(PolicyError::new(
                &fields.path(unknown),
                &format!("there is no such member; known are {}", list(known)),
            )),
            None => Ok(fields),
        }
    }

    /// Where the member `name` stands.
    pub(super) fn path(&self, name: &str) -> String {
        if self.at.is_empty() { name.to_owned() } else { format!("{}.{name}", self.at) }
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name)
    }

    pub(super) fn required(&self, name: &str) -> Result<&'a Value, Box<PolicyError>> {
        self.get(name).ok_or_else(|| PolicyError::new(&self.at, &format!("`{name}` is missing")))
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, Box<PolicyError>> {
        self.get(name).map(|value| text(value, &self.path(name))).transpose()
    }

    /// The items of a member that is an array, each with its place; empty when it is absent.
    pub(super) fn items(&self, name: &str) -> Result<Option<Items<'a>>, Box<PolicyError>> {
        self.get(name).map(|value| items(value, &self.path(name))).transpose()
    }
}

/// `value` as a string.
pub(super) fn text<'a>(value: &'a Value, at: &str) -> Result<&'a str, Box<PolicyError>> {
    value
        .as_str()
        .ok_or_else(|| PolicyError::new(at, &format!("expected a string, found {}", kind(value))))
}

/// `value` as an array, each item with its place.
pub(super) fn items<'a>(value: &'a Value, at: &str) -> Result<Items<'a>, Box<PolicyError>> {
    match value {
        Value::Array(items) => {
            Ok(items.iter().enumerate().map(|(i, item)| (format!("{at}[{i}]"), item)).collect())
        }
        _ => Err(PolicyError::new(at, &format!("expected an array, found {}", kind(value)))),
    }
}

/// What a JSON value is, for messages.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
