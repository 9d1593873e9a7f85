//! One file for each endpoint: its types, its handler, its tests.

pub mod accounts;
pub mod admin;
pub mod anonymous_token;
pub mod docs;
pub mod end_session;
pub mod external;
pub mod factors;
pub mod health;
pub mod index;
pub mod jwks;
pub mod log_in;
pub mod log_out;
pub mod log_out_everywhere;
pub mod me;
pub mod metadata;
pub mod micro_token;
pub mod my_roles;
pub mod oauth2;
pub mod openapi;
pub mod page;
pub mod permissions;
pub mod public_key;
pub mod register;
pub mod renew;
pub mod sessions;
pub mod status;
