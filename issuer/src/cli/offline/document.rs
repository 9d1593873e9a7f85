//! Documents of an operator: JSON, or TOML or YAML by the file's ending, all read as strictly as
//! JSON.

use std::collections::HashMap;
use std::path::Path;

use laika_claims::json::{self, DOCUMENT_LIMITS, Position};
use laika_claims::policy::{Context, Policy, PolicyError};
use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::yaml;

/// A document that was read.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) value: Value,
    places: Places,
}

/// Where the parts of a document stand.
#[derive(Debug)]
enum Places {
    /// To be looked for in this JSON.
    Json(String),
    /// By path, such as `rules[2].require`.
    Known(HashMap<String, Position>),
}

/// Why a document can't be read.
#[derive(Debug)]
pub(super) struct Unreadable {
    pub(super) message: String,
    pub(super) position: Option<Position>,
}

impl Document {
    /// Reads the file.
    pub(super) fn read(file: &Path) -> Result<Self, Unreadable> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| Unreadable { message: error.to_string(), position: None })?;
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("toml") => read_toml(&text),
            Some("yaml" | "yml") => {
                let (value, places) = yaml::read(&text)?;
                Ok(Self { value, places: Places::Known(places) })
            }
            _ => {
                let value = json::parse(text.as_bytes(), DOCUMENT_LIMITS).map_err(|error| {
                    Unreadable { message: error.message, position: error.position }
                })?;
                Ok(Self { value, places: Places::Json(text) })
            }
        }
    }

    /// Compiles the document as a policy; an error has its position in whatever was written.
    pub(super) fn compile(&self, context: Context<'_>) -> Result<Policy, PolicyError> {
        Policy::from_value(&self.value, context)
            .map_err(|error| PolicyError { position: self.position(&error.at), ..error })
    }

    /// Where the part at `path` stands.
    pub(super) fn position(&self, path: &str) -> Option<Position> {
        match &self.places {
            Places::Json(text) => Position::of(text, path),
            Places::Known(places) => places.get(path).copied(),
        }
    }
}

fn read_toml(text: &str) -> Result<Document, Unreadable> {
    let position = |offset: usize| {
        let before = text.get(..offset)?;
        let line = before.rsplit('\n').next().unwrap_or(before);
        Some(Position { line: before.matches('\n').count() + 1, column: line.chars().count() + 1 })
    };
    let table = DeTable::parse(text).map_err(|error| Unreadable {
        message: error.message().to_owned(),
        position: error.span().and_then(|span| position(span.start)),
    })?;
    let mut reader = Toml { places: HashMap::new() };
    let start = table.span().start;
    let value = reader
        .table(table.get_ref(), "")
        .map_err(|(message, offset)| Unreadable { message, position: position(offset) })?;
    reader.places.insert(String::new(), start);
    let places = reader.places.into_iter();
    let places = places.filter_map(|(path, offset)| Some((path, position(offset)?))).collect();
    Ok(Document { value, places: Places::Known(places) })
}

/// Turns TOML into JSON and notes where everything stands.
struct Toml {
    /// Offsets by path.
    places: HashMap<String, usize>,
}

/// What is wrong, and at which offset.
type TomlError = (String, usize);

impl Toml {
    fn table(&mut self, table: &DeTable<'_>, at: &str) -> Result<Value, TomlError> {
        let mut object = Map::new();
        for (name, value) in table {
            let path = member(at, name.get_ref());
            self.places.insert(path.clone(), name.span().start);
            object.insert(name.get_ref().to_string(), self.value(value, &path)?);
        }
        Ok(Value::Object(object))
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, at: &str) -> Result<Value, TomlError> {
        let refuse = |message: &str| Err((message.to_owned(), value.span().start));
        Ok(match value.get_ref() {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Boolean(flag) => Value::Bool(*flag),
            DeValue::Integer(number) => {
                match i64::from_str_radix(number.as_str(), number.radix()) {
                    Ok(number) => number.into(),
                    Err(_) => return refuse("the number is out of range"),
                }
            }
            DeValue::Float(number) => match number.as_str().parse().ok().and_then(Number::from_f64)
            {
                Some(number) => Value::Number(number),
                None => return refuse("JSON has no such number"),
            },
            DeValue::Datetime(_) => return refuse("JSON has no dates: write it in quotes"),
            DeValue::Table(table) => self.table(table, at)?,
            DeValue::Array(items) => {
                let mut array = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    let path = format!("{at}[{index}]");
                    self.places.insert(path.clone(), item.span().start);
                    array.push(self.value(item, &path)?);
                }
                Value::Array(array)
            }
        })
    }
}

/// The path of the member `name` of what stands at `at`.
pub(super) fn member(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn toml_is_read_as_json_with_its_places() {
        let text = "version = 1\n[[rules]]\nid = \"a\"\nn = [1.5, true, -0x10]\n[rules.require]\n\
                    claim = 'é'\n";
        // TOML has no sign before a hexadecimal number.
        assert!(read_toml(text).is_err());
        let document = read_toml(&text.replace("-0x10", "0x10")).unwrap();
        let rule = json!({ "id": "a", "n": [1.5, true, 16], "require": { "claim": "é" } });
        assert_eq!(document.value, json!({ "version": 1, "rules": [rule] }));
        let place = |path: &str| document.position(path).map(|at| (at.line, at.column));
        assert_eq!(place("version"), Some((1, 1)));
        assert_eq!(place("rules[0].id"), Some((3, 1)));
        assert_eq!(place("rules[0].n[1]"), Some((4, 11)));
        assert_eq!(place("rules[0].require.claim"), Some((6, 1)));
        assert_eq!(place("rules[1]"), None);
    }

    #[test]
    fn toml_that_json_cannot_say_is_refused_with_its_place() {
        for (text, words, line) in [
            ("a = 1\na = 2", "duplicate", 2),
            ("a = 2026-01-01", "dates", 1),
            ("\na = nan", "no such number", 2),
            ("a = inf", "no such number", 1),
            ("a = 9223372036854775808", "out of range", 1),
            ("a = ", "", 1),
        ] {
            let error = read_toml(text).unwrap_err();
            assert!(error.message.contains(words), "{text}: {}", error.message);
            assert_eq!(error.position.map(|at| at.line), Some(line), "{text}");
        }
    }
}
