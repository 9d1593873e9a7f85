//! Commands that need neither settings nor a database: they ask the verifier's and the policy's own
//! code, and decide nothing themselves.

pub(super) mod arguments;
mod cases;
mod document;
mod explain;
mod fetch;
mod generate;
pub(super) mod jwk;
mod moment;
pub(super) mod policy;
pub(super) mod token;
mod verify;
mod yaml;
