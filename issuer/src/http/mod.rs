//! The HTTP API.
//!
//! [`mod@table`] lists every endpoint with what its documentation says; each one is a file under
//! [`endpoints`] with its types and its handler. Extractors under [`extract`] turn a request into typed facts,
//! layers under [`layers`] do what every request needs.

pub mod client;
pub mod cookie;
pub mod endpoint;
pub mod endpoints;
pub mod extract;
pub mod form;
pub mod layers;
pub mod oauth;
pub mod openapi;
pub mod operator;
pub mod page;
pub mod patch;
mod problem_response;
pub mod published;
pub mod router;
pub mod server;
pub mod table;
pub mod tokens;

pub use router::router;
