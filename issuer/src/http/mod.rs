//! The HTTP API.
//!
//! [`mod@router`] is a table of endpoints; each endpoint is one file under [`endpoints`] with its
//! types, its handler and its tests. Extractors under [`extract`] turn a request into typed facts,
//! layers under [`layers`] do what every request needs.

pub mod cookie;
pub mod endpoints;
pub mod extract;
pub mod layers;
mod problem_response;
pub mod published;
pub mod router;
pub mod tokens;

pub use router::router;
