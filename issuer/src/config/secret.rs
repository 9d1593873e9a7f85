//! Secrets among the settings: each by value or by file, never both.
//!
//! A secret `x` has a sibling `x_file`. In the settings file's struct `x` is a [`Secret`] that
//! [`write`](fn@write) writes back, and `x_file` a path; [`read`] makes one of the two.

use std::path::Path;

use serde::Serializer;
use zeroize::Zeroizing;

use super::ConfigError;
use crate::secret::Secret;

/// Writes a secret as it stands in the settings file: variables are laid over the file's table, so all
/// of it is written once more. A [`Secret`] by itself can't be, so that none gets into an answer.
///
/// # Errors
/// Those of the serializer.
pub fn write<S: Serializer>(secret: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
    match secret {
        Some(secret) => serializer.serialize_some(secret.reveal()),
        None => serializer.serialize_none(),
    }
}

/// The secret `name`, of its value or of its file; a line end at the end of the file is none of it.
///
/// # Errors
/// Both are given, the file can't be read, or there is nothing in it.
pub fn read(
    name: &str,
    value: Option<Secret>,
    file: Option<&Path>,
) -> Result<Option<Secret>, ConfigError> {
    let secret = match (value, file) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            let message = format!("given twice; keep either `{name}` or `{name}_file`");
            return Err(ConfigError::new(name, message));
        }
        (Some(secret), None) => secret,
        (None, Some(file)) => {
            let place = format!("{name}_file");
            let shown = file.display();
            let text = std::fs::read_to_string(file).map(Zeroizing::new).map_err(|error| {
                ConfigError::new(place, format!("`{shown}` can't be read: {error}"))
            })?;
            Secret::from(text.trim_end_matches(['\r', '\n']).to_owned())
        }
    };
    if secret.reveal().is_empty() {
        return Err(ConfigError::new(name, "empty; write the secret, or leave the setting out"));
    }
    Ok(Some(secret))
}

/// Words that stand in examples, in defaults and in the lists of whoever guesses.
const KNOWN_WORDS: [&str; 12] = [
    "12345678",
    "256-bit",
    "change-me",
    "change_me",
    "changeme",
    "default",
    "example",
    "letmein",
    "passw0rd",
    "password",
    "qwerty",
    "secret",
];

/// A word that everybody tries, if one is in this text.
#[must_use]
pub fn known_word(text: &str) -> Option<&'static str> {
    let text = text.to_ascii_lowercase();
    KNOWN_WORDS.into_iter().find(|word| text.contains(word))
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
        let value = || Some(Secret::from("by value".to_owned()));
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
}
