//! What commands print.

use std::io::{self, Write as _};

use serde::Serialize;

use super::exit::Failure;

/// Prints a line.
pub(super) fn line(text: &str) -> Result<(), Failure> {
    Ok(writeln!(io::stdout(), "{text}")?)
}

/// Prints `items` as JSON, or one line for each.
pub(super) fn list<T: Serialize>(
    items: &[T],
    json: bool,
    columns: impl Fn(&T) -> Vec<String>,
) -> Result<(), Failure> {
    if json {
        return value(&items);
    }
    items.iter().try_for_each(|item| line(&columns(item).join("\t")))
}

/// Prints a value as JSON.
pub(super) fn value(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Failure::Failed(e.to_string()))?;
    line(&text)
}
