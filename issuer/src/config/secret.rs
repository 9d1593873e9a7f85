//! Secrets among the settings: by value or by file, never both.

use std::path::Path;

use super::ConfigError;
use crate::secret::Secret;

/// The secret `name`, or that of the file `name_file`; a line break at the end of the file, which
/// editors leave, does not belong to it.
///
/// # Errors
/// Both are given, the file can't be read, or the secret is empty.
pub(super) fn secret(
    name: &str,
    value: Option<String>,
    file: Option<&Path>,
) -> Result<Option<Secret>, ConfigError> {
    let text = match (value, file) {
        (None, None) => return Ok(None),
        (Some(value), None) => value,
        (None, Some(path)) => {
            let place = format!("{name}_file");
            let text = std::fs::read_to_string(path).map_err(|error| {
                ConfigError::new(place, format!("`{}` can't be read: {error}", path.display()))
            })?;
            text.trim_end_matches(['\r', '\n']).to_owned()
        }
        (Some(_), Some(_)) => {
            let message = format!("given by value and by `{name}_file`; keep one of them");
            return Err(ConfigError::new(name, message));
        }
    };
    if text.is_empty() {
        return Err(ConfigError::new(name, "empty; leave it out, or give the secret"));
    }
    Ok(Some(Secret::from(text)))
}
