//! The database: connections, migrations, and every line of SQL.
//!
//! One text per query serves SQLite and PostgreSQL, through sqlx's `Any` driver: `$1`
//! parameters, `TEXT` and `BIGINT` only. Queries are plain functions that take a connection, so
//! whoever calls them owns the transaction. Those that nearly every request needs take an [`Ask`]:
//! that connection, or the database itself, which SQLite answers without a connection's thread
//! between. Nothing found is `Ok(None)`; constraint violations become [`DbError::Conflict`] in one
//! place.

pub mod accounts;
pub mod ask;
pub mod audit;
pub mod clients;
mod connect;
pub mod deliveries;
pub mod devices;
pub mod directory;
mod engine;
pub mod entitlements;
mod error;
pub mod external;
pub mod factors;
pub mod grants;
pub mod hooks;
pub mod identities;
mod in_place;
pub mod invitations;
pub mod keys;
pub mod limits;
pub mod mail_codes;
pub mod mails;
pub mod migrate;
pub mod newest;
pub mod passkeys;
pub mod pending_log_ins;
mod readers;
pub mod registrations;
pub mod roles;
pub mod row;
pub mod service_accounts;
pub mod services;
pub mod sessions;
pub mod slots;
pub mod tables;
mod transaction;
pub mod users;

pub use ask::Ask;
pub use connect::{Connect, Db};
pub use error::{Constraint, DbError};
pub use readers::Reader;
pub use sqlx::AnyConnection as Connection;
pub use transaction::{MOST_STEPS, Transaction, in_steps};
