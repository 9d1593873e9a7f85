//! Administration.

mod attacks;
mod audit;
mod clients;
mod grants;
mod keys;
mod last_administrator;
mod matrix;
mod roles;
mod service_accounts;
mod services;
pub(crate) mod stage;
mod users;
