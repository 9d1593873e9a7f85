//! Secrets among the settings: each by value or by file, never both.
//!
//! A secret `x` has a sibling `x_file`. In the settings file's struct `x` is a [`WrittenSecret`] and
//! `x_file` a path; [`read`] makes one [`Secret`] of the two.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::ConfigError;
use crate::secret::Secret;

/// A secret as it is written in the settings file; hidden in `Debug` and by `config show`.
#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct WrittenSecret(String);

impl From<String> for WrittenSecret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for WrittenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WrittenSecret(..)")
    }
}

impl JsonSchema for WrittenSecret {
    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "password" })
    }
}

/// The secret `name`, of its value or of its file; a line end at the end of the file is none of it.
///
/// # Errors
/// Both are given, the file can't be read, or there is nothing in it.
pub fn read(
    name: &str,
    value: Option<WrittenSecret>,
    file: Option<&Path>,
) -> Result<Option<Secret>, ConfigError> {
    let text = match (value, file) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            let message = format!("given twice; keep either `{name}` or `{name}_file`");
            return Err(ConfigError::new(name, message));
        }
        (Some(WrittenSecret(text)), None) => text,
        (None, Some(file)) => {
            let place = format!("{name}_file");
            let shown = file.display();
            let text = std::fs::read_to_string(file).map_err(|error| {
                ConfigError::new(place, format!("`{shown}` can't be read: {error}"))
            })?;
            text.trim_end_matches(['\r', '\n']).to_owned()
        }
    };
    if text.is_empty() {
        return Err(ConfigError::new(name, "empty; write the secret, or leave the setting out"));
    }
    Ok(Some(text.into()))
}

/// Whether others than the owner and the group may read a file; `None` where it can't be told.
#[must_use]
pub fn readable_by_others(path: &Path) -> Option<bool> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(path).ok()?.permissions().mode();
        Some(mode & 0o007 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_comes_by_value_or_by_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        let value = || Some(WrittenSecret("by value".to_owned()));
        let revealed = |secret: Option<Secret>| secret.map(|secret| secret.reveal().to_owned());
        assert_eq!(revealed(read("x", None, None).unwrap()), None);
        assert_eq!(revealed(read("x", value(), None).unwrap()).as_deref(), Some("by value"));

        let error = read("x", None, Some(&file)).unwrap_err();
        assert_eq!(error.place, "x_file");
        for (content, expected) in
            [("by file", "by file"), ("by file\r\n", "by file"), (" x \n", " x ")]
        {
            std::fs::write(&file, content).unwrap();
            assert_eq!(revealed(read("x", None, Some(&file)).unwrap()).as_deref(), Some(expected));
        }
        let error = read("x", value(), Some(&file)).unwrap_err();
        assert!(error.message.contains("`x_file`") && !error.message.contains("by value"));
        std::fs::write(&file, "\n").unwrap();
        assert!(read("x", None, Some(&file)).is_err());
    }

    #[test]
    fn debug_hides_the_text() {
        assert_eq!(format!("{:?}", WrittenSecret("hunter2".to_owned())), "WrittenSecret(..)");
    }
}
