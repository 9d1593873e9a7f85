//! Connections to the database, checked.

use std::borrow::Cow;
use std::time::Duration;

use percent_encoding::percent_decode_str;

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

/// User and password that stand in the URL of a database: before the host, or as parameters, which
/// win.
pub(super) fn credentials(url: &str) -> (Option<Cow<'_, str>>, Option<Cow<'_, str>>) {
    let decoded = |text| percent_decode_str(text).decode_utf8_lossy();
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let stated = authority.rsplit_once('@').map(|(user, _)| user);
    let (mut user, mut password) = stated.map_or((None, None), |text| match text.split_once(':') {
        Some((user, password)) => (Some(decoded(user)), Some(decoded(password))),
        None => (Some(decoded(text)), None),
    });
    let query = rest.split_once('?').map_or("", |(_, query)| query);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "user" => user = Some(value),
            "password" => password = Some(value),
            _ => {}
        }
    }
    (user, password.filter(|password| !password.is_empty()))
}

/// Whether a parameter of such a URL, as it is written, is the password.
pub(super) fn is_password(name: &str) -> bool {
    form_urlencoded::parse(name.as_bytes()).any(|(name, _)| name == "password")
}
