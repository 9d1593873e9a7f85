//! Reads the members of one object of the options, each once, and none that is unknown.
//!
//! By hand and not by a derived `Deserialize`, whose code is a third of the WebAssembly module;
//! `null` is an absent member, as there.

use laika_claims::text::{list, quoted};
use serde_json::{Map, Value};

use crate::error::OptionsError;

/// An object of the options and where it stands.
#[derive(Debug)]
pub(crate) struct Members<'a> {
    members: &'a Map<String, Value>,
    at: &'a str,
}

impl<'a> Members<'a> {
    /// `value` as an object whose members are all among `known`.
    pub(crate) fn read(
        value: &'a Value,
        at: &'a str,
        known: &[&str],
    ) -> Result<Self, Box<OptionsError>> {
        let Value::Object(members) = value else {
            let kind = if value.is_array() { ", not an array" } else { "" };
            return Err(OptionsError::new(at, &format!("expected an object{kind}")));
        };
        let members = Self { members, at };
        match members.members.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(members),
            Some(name) => {
                let message = format!("unknown field `{name}`, expected one of {}", list(known));
                Err(OptionsError::new(&members.path(name), &message))
            }
        }
    }

    /// Where the member `name` stands.
    pub(crate) fn path(&self, name: &str) -> String {
        if self.at.is_empty() { name.to_owned() } else { format!("{}.{name}", self.at) }
    }

    /// A member that is neither absent nor `null`.
    pub(crate) fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    /// A member that must be there; `null` is for whoever reads it to refuse.
    pub(crate) fn required(&self, name: &str) -> Result<&'a Value, Box<OptionsError>> {
        let missing = || OptionsError::new(self.at, &format!("missing field `{name}`"));
        self.members.get(name).ok_or_else(missing)
    }

    /// A member that is an object or absent, to be read by [`Members::read`].
    pub(crate) fn text(&self, name: &str) -> Result<Option<&'a str>, Box<OptionsError>> {
        self.get(name).map(|value| text(value, &self.path(name))).transpose()
    }

    pub(crate) fn number(&self, name: &str) -> Result<Option<f64>, Box<OptionsError>> {
        self.read_with(name, "a number", Value::as_f64)
    }

    pub(crate) fn size(&self, name: &str) -> Result<Option<usize>, Box<OptionsError>> {
        let size = |value: &Value| value.as_u64().and_then(|size| usize::try_from(size).ok());
        self.read_with(name, "a whole number", size)
    }

    pub(crate) fn switch(&self, name: &str) -> Result<Option<bool>, Box<OptionsError>> {
        self.read_with(name, "a boolean", Value::as_bool)
    }

    pub(crate) fn texts(&self, name: &str) -> Result<Option<Vec<String>>, Box<OptionsError>> {
        self.items(name, |value, at| text(value, at).map(str::to_owned))
    }

    /// A member that is an array, its items read by `read`, which is told their place.
    pub(crate) fn items<T>(
        &self,
        name: &str,
        read: impl Fn(&'a Value, &str) -> Result<T, Box<OptionsError>>,
    ) -> Result<Option<Vec<T>>, Box<OptionsError>> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let at = self.path(name);
        let Value::Array(items) = value else {
            return Err(unexpected(value, "an array", &at));
        };
        let mut read_items = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            read_items.push(read(item, &format!("{at}[{index}]"))?);
        }
        Ok(Some(read_items))
    }

    /// A member that is one of the words `known`, as what stands beside it.
    pub(crate) fn word<T: Copy>(
        &self,
        name: &str,
        known: &[(&str, T)],
    ) -> Result<Option<T>, Box<OptionsError>> {
        let Some(word) = self.text(name)? else {
            return Ok(None);
        };
        if let Some((_, meaning)) = known.iter().find(|(one, _)| *one == word) {
            return Ok(Some(*meaning));
        }
        let known: Vec<_> = known.iter().map(|(word, _)| *word).collect();
        let message =
            format!("unknown variant `{}`, expected one of {}", quoted(word), list(&known));
        Err(OptionsError::new(&self.path(name), &message))
    }

    fn read_with<T>(
        &self,
        name: &str,
        kind: &str,
        convert: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, Box<OptionsError>> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        convert(value).map(Some).ok_or_else(|| unexpected(value, kind, &self.path(name)))
    }
}

/// `value` as a string.
pub(crate) fn text<'a>(value: &'a Value, at: &str) -> Result<&'a str, Box<OptionsError>> {
    value.as_str().ok_or_else(|| unexpected(value, "a string", at))
}

/// `value` is not what stands at `at`.
fn unexpected(value: &Value, expected: &str, at: &str) -> Box<OptionsError> {
    let found = match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => format!("boolean `{value}`"),
        Value::Number(number) => format!("number `{number}`"),
        Value::String(text) => format!("string \"{}\"", quoted(text)),
        Value::Array(_) => "array".to_owned(),
        Value::Object(_) => "object".to_owned(),
    };
    OptionsError::new(at, &format!("invalid type: {found}, expected {expected}"))
}
