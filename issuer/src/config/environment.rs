//! `LAIKA_*` variables: one for each setting, named like it.
//!
//! Which settings there are, and of which type, is read from the schema of the settings file, so
//! that a new setting has its variable without being named here. Settings that are tables within
//! lists have no variable; they stand in the file.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::Value;
use toml::Table;

use super::ConfigError;
use super::file::{self, File};

/// What every variable of ours begins with.
pub const PREFIX: &str = "LAIKA_";

/// The type of a setting that a variable can set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Flag,
    Texts,
}

/// A setting that a variable can set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    section: Option<String>,
    setting: String,
    kind: Kind,
    /// Whether it must not be shown.
    pub(super) secret: bool,
}

impl Known {
    fn new(section: Option<&str>, setting: &str, property: &Value) -> Option<Self> {
        Some(Self {
            section: section.map(str::to_owned),
            setting: setting.to_owned(),
            kind: kind(property)?,
            secret: property.get("format").is_some_and(|format| format == "password"),
        })
    }

    /// As the documentation writes it: `main.lifetime`.
    pub(super) fn name(&self) -> String {
        match &self.section {
            Some(section) => format!("{section}.{}", self.setting),
            None => self.setting.clone(),
        }
    }

    /// Its value in a settings file.
    pub(super) fn find<'t>(&self, table: &'t Table) -> Option<&'t toml::Value> {
        match &self.section {
            Some(section) => table.get(section)?.as_table()?.get(&self.setting),
            None => table.get(&self.setting),
        }
    }
}

/// Lays the variables over what the file said.
///
/// # Errors
/// A variable begins with `LAIKA_` and names no setting, or its value has another type.
pub fn lay_over(
    file: File,
    variables: impl Iterator<Item = (String, String)>,
) -> Result<File, ConfigError> {
    let settings = known();
    let mut written = Table::try_from(file)
        .map_err(|error| ConfigError::new("the settings", error.to_string()))?;
    for (variable, value) in variables {
        let Some(name) = variable.strip_prefix(PREFIX) else {
            continue;
        };
        let Some(Known { section, setting, kind, .. }) = settings.get(name) else {
            let message = "there is no such setting; check the spelling, or unset the variable";
            return Err(ConfigError::new(variable, message));
        };
        let value = read(*kind, &variable, &value)?;
        let table = match section {
            None => &mut written,
            Some(section) => {
                let entry = written.entry(section).or_insert_with(|| Table::new().into());
                entry.as_table_mut().ok_or_else(|| {
                    ConfigError::new(&variable, "the section is no table in the settings file")
                })?
            }
        };
        table.insert(setting.clone(), value);
    }
    written.try_into().map_err(|error: toml::de::Error| {
        ConfigError::new("the settings", error.message().to_owned())
    })
}

/// Every setting that has a variable, by the variable's name without the prefix.
pub(super) fn known() -> BTreeMap<String, Known> {
    let schema = file::schema();
    let mut settings = BTreeMap::new();
    for (name, property) in properties(&schema, &schema) {
        if let Some(known) = Known::new(None, name, property) {
            settings.insert(name.to_uppercase(), known);
            continue;
        }
        for (inner, property) in properties(property, &schema) {
            if let Some(known) = Known::new(Some(name), inner, property) {
                settings.insert(format!("{name}_{inner}").to_uppercase(), known);
            }
        }
    }
    settings
}

/// The members of a schema, or of what it refers to.
fn properties<'a>(
    schema: &'a Value,
    root: &'a Value,
) -> impl Iterator<Item = (&'a String, &'a Value)> {
    let referred = schema.get("$ref").and_then(Value::as_str);
    let schema = match referred.and_then(|reference| reference.strip_prefix('#')) {
        Some(pointer) => root.pointer(pointer).unwrap_or(schema),
        None => schema,
    };
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

/// The type of a setting; `None` for sections, and for lists of tables.
fn kind(property: &Value) -> Option<Kind> {
    let is = |wanted: &str| match property.get("type") {
        Some(Value::String(name)) => name == wanted,
        Some(Value::Array(names)) => names.iter().any(|name| name == wanted),
        _ => false,
    };
    if is("string") {
        Some(Kind::Text)
    } else if is("integer") {
        Some(Kind::Number)
    } else if is("boolean") {
        Some(Kind::Flag)
    } else if is("array") && property.pointer("/items/type").is_some_and(|kind| kind == "string") {
        Some(Kind::Texts)
    } else {
        None
    }
}

fn read(kind: Kind, variable: &str, value: &str) -> Result<toml::Value, ConfigError> {
    let refused =
        |expected: &str| ConfigError::new(variable, format!("`{value}` is not {expected}"));
    match kind {
        Kind::Text => Ok(value.into()),
        Kind::Number => i64::from_str(value).map(Into::into).map_err(|_| refused("a whole number")),
        Kind::Flag => bool::from_str(value).map(Into::into).map_err(|_| refused("true or false")),
        Kind::Texts => {
            let items = value.split(',').map(str::trim).filter(|item| !item.is_empty());
            Ok(items.map(toml::Value::from).collect::<Vec<_>>().into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_a_variable() {
        let settings = known();
        let kind = |name: &str| settings.get(name).map(|known| known.kind);
        assert_eq!(kind("LISTEN"), Some(Kind::Text));
        assert_eq!(kind("DATA_DIR"), Some(Kind::Text));
        assert_eq!(kind("ALLOWED_ORIGINS"), Some(Kind::Texts));
        assert_eq!(kind("PASSWORD_MEMORY"), Some(Kind::Number));
        assert_eq!(kind("PASSWORD"), None);
        // No two settings share a name, or one of them could not be set.
        let schema = file::schema();
        let all = properties(&schema, &schema).map(|(_, property)| match kind_of(property) {
            true => 1,
            false => properties(property, &schema).filter(|(_, p)| kind_of(p)).count(),
        });
        assert_eq!(all.sum::<usize>(), settings.len());
    }

    fn kind_of(property: &Value) -> bool {
        super::kind(property).is_some()
    }
}
