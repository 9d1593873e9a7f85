//! The endpoints that OAuth 2.0 names.

pub mod introspect;
pub mod revoke;
pub mod token;
