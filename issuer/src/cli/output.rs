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

/// Prints what was made: as JSON, or the line that says it.
pub(super) fn made(made: &impl Serialize, said: &str, json: bool) -> Result<(), Failure> {
    if json { value(made) } else { line(said) }
}

/// Says something on standard error that is not data.
pub(super) fn remark(text: &str) {
    // Nowhere to complain when standard error is gone.
    let _ = writeln!(io::stderr(), "laika: {text}");
}

/// Prints rows with their columns aligned.
pub(super) fn table<const N: usize>(rows: &[[String; N]]) -> Result<(), Failure> {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    rows.iter().try_for_each(|row| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        line(cells.collect::<Vec<_>>().join("  ").trim_end())
    })
}
