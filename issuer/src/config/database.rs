//! Connections to the database, checked.

use std::time::Duration;

use super::settings::number;
use super::{ConfigError, Settings, file, secret};
use crate::db::Connect;
use crate::secret::Secret;

/// Connections to the database.
#[derive(Debug, Clone)]
pub struct Database {
    /// The password, where it does not stand in `database_url`.
    pub password: Option<Secret>,
    /// Connections of this process to PostgreSQL.
    pub connections: u32,
    /// Seconds PostgreSQL may work on a statement of a request.
    pub statement_timeout: u64,
}

/// Checks what was written.
pub(super) fn check(file: file::Database) -> Result<Database, ConfigError> {
    let file::Database { password, password_file, connections, statement_timeout } = file;
    Ok(Database {
        password: secret::read("database.password", password, password_file.as_deref())?,
        // PostgreSQL itself allows a hundred in all unless it is told otherwise.
        connections: number("database.connections", connections, 10, 2..=1000)?,
        statement_timeout: number("database.statement_timeout", statement_timeout, 10, 1..=300)?,
    })
}

impl Settings {
    /// Where the database is, and how to talk to it.
    #[must_use]
    pub fn connect(&self) -> Connect {
        Connect {
            url: self.database_url.clone().into(),
            password: self.database.password.clone(),
            connections: self.database.connections,
            statement_timeout: Duration::from_secs(self.database.statement_timeout),
        }
    }
}
