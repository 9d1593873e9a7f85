//! The table of endpoints, a file for each family.

mod accounts;
mod admin;
mod operation;
mod sessions;
mod standard;
mod tokens;

use super::endpoint::Endpoint;

/// Every endpoint of the API.
#[must_use]
pub fn table() -> Vec<Endpoint> {
    [
        accounts::endpoints(),
        sessions::endpoints(),
        tokens::endpoints(),
        admin::endpoints(),
        standard::endpoints(),
        operation::endpoints(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
