//! What administrators call.

pub mod audit;
pub mod clients;
pub mod grants;
pub mod hooks;
pub mod mail;
pub mod roles;
pub mod service_accounts;
pub mod services;
pub mod users;

use crate::problem::{FieldCode, Problem};

/// A text that is looked for, as it may reach a query: PostgreSQL's texts hold no NUL.
fn searchable(field: &str, text: &Option<String>) -> Result<(), Problem> {
    match text {
        Some(text) if text.contains('\0') || text.chars().count() > 256 => {
            let detail = "at most 256 characters, none of them NUL";
            Err(Problem::field(field, FieldCode::Malformed, detail))
        }
        Some(_) | None => Ok(()),
    }
}

/// A time and an id, as lists by age write their cursor.
fn by_age(at: i64, id: impl std::fmt::Display) -> String {
    format!("{at}.{id}")
}

/// Reads what [`by_age`] wrote.
fn read_by_age(text: &str) -> Result<(i64, String), Problem> {
    text.split_once('.')
        .and_then(|(at, id)| Some((at.parse().ok()?, uuid::Uuid::parse_str(id).ok()?.to_string())))
        .ok_or_else(crate::http::page::bad_cursor)
}
