//! What administrators call.

pub mod audit;
pub mod clients;
pub mod grants;
pub mod keys;
pub mod roles;
pub mod service_accounts;
pub mod services;
pub mod users;
