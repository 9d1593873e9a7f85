//! What can go wrong with the database, and what a request answers then.

use laika_claims::code::IssuerCode;

use crate::problem::Problem;

/// A query failed.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A write met a constraint.
    #[error("the write met the constraint {0:?}")]
    Conflict(Constraint),
    /// The database does not answer, or not in time.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// Two transactions were in each other's way, and the database undid this one: done again it may
    /// well go through.
    #[error("the database undid a transaction that was in another's way: {0}")]
    Undone(String),
    /// A text of a request holds a character that the database keeps in none: NUL on PostgreSQL.
    #[error("a text holds a character that the database does not keep")]
    Text,
    /// A row holds what no version of this program writes.
    #[error("the database holds `{value}` as {what}")]
    Corrupt {
        /// Which value.
        what: &'static str,
        /// What it is.
        value: String,
    },
    /// A write changed another number of rows than it must.
    #[error("a write changed {0} rows instead of one")]
    RowCount(u64),
    /// The database's URL can't be used.
    #[error("{0}")]
    Url(String),
    /// There is no database where the URL leads, or none that lets this program in.
    #[error("the database can't be opened: {0}")]
    Open(String),
    /// A newer version of this program has brought the tables further than this one knows.
    #[error(
        "the database was written by a newer version of laika: it stands at migration {found}, and \
         this version knows {known}; run the newer version, or restore a backup from before the \
         upgrade"
    )]
    Newer {
        /// The newest migration that was run.
        found: i64,
        /// The newest that this version knows.
        known: i64,
    },
    /// Bringing the tables up to date failed.
    #[error("migrating the database failed: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// Anything else; a fault of the program or of the database.
    #[error("the database refused a query: {0}")]
    Query(Box<dyn std::error::Error + Send + Sync>),
}

/// Constraints that mean something to whoever asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Constraint {
    /// The user name is taken.
    Username,
    /// The e-mail is taken.
    Email,
    /// The audience belongs to another service.
    Audience,
    /// What a row refers to does not exist.
    Reference,
    /// Something else is already there.
    Other,
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) if database.is_unique_violation() => {
                Self::Conflict(constraint(database.message()))
            }
            sqlx::Error::Database(database) if database.is_foreign_key_violation() => {
                Self::Conflict(Constraint::Reference)
            }
            // character_not_in_repertoire
            sqlx::Error::Database(database) if database.code().as_deref() == Some("22021") => {
                Self::Text
            }
            sqlx::Error::Database(database) if is_undone(database.code().as_deref()) => {
                Self::Undone(error.to_string())
            }
            sqlx::Error::Database(database) if is_out_of_service(database.code().as_deref()) => {
                Self::Unavailable(error.to_string())
            }
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Io(_)
            | sqlx::Error::Tls(_) => Self::Unavailable(error.to_string()),
            _ => Self::Query(error.into()),
        }
    }
}

impl From<rusqlite::Error> for DbError {
    fn from(error: rusqlite::Error) -> Self {
        let code = error.sqlite_error().map(|failure| failure.extended_code.to_string());
        if is_out_of_service(code.as_deref()) {
            Self::Unavailable(error.to_string())
        } else {
            Self::Query(error.into())
        }
    }
}

/// Whether a database can't do its work at the moment: it is read-only, full, locked, shutting down
/// or has no connection left. SQLite's codes are numbers whose low byte is the kind of error;
/// PostgreSQL's have five characters.
fn is_out_of_service(code: Option<&str>) -> bool {
    let Some(code) = code else {
        return false;
    };
    match code.parse::<u32>() {
        // BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN.
        Ok(number) if code.len() < 5 => matches!(number & 0xff, 5 | 6 | 8 | 10 | 13 | 14),
        // read_only_sql_transaction, and the classes of insufficient resources, operator intervention
        // and system errors.
        _ => code == "25006" || ["53", "57", "58"].iter().any(|class| code.starts_with(class)),
    }
}

/// Whether a transaction was rolled back for another's sake: PostgreSQL's class 40, two that waited for
/// each other among it. SQLite has one writer.
fn is_undone(code: Option<&str>) -> bool {
    code.is_some_and(|code| code.len() == 5 && code.starts_with("40"))
}

/// PostgreSQL names the index, SQLite the column; our indices are named so that both contain this.
fn constraint(message: &str) -> Constraint {
    if message.contains("username_key") {
        Constraint::Username
    } else if message.contains("email_key") {
        Constraint::Email
    } else if message.contains("audience") {
        Constraint::Audience
    } else {
        Constraint::Other
    }
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Unavailable(cause) => Self {
                retry_after: Some(2),
                cause: Some(cause),
                ..Self::issuer(IssuerCode::DatabaseUnavailable, "the database does not answer")
            },
            DbError::Undone(cause) => Self::overloaded(&cause),
            DbError::Text => Self::issuer(IssuerCode::BodyInvalid, error.to_string()),
            DbError::Conflict(_)
            | DbError::Corrupt { .. }
            | DbError::RowCount(_)
            | DbError::Url(_)
            | DbError::Open(_)
            | DbError::Newer { .. }
            | DbError::Migrate(_)
            | DbError::Query(_) => Self::internal(error),
        }
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        DbError::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::error::Error;

    use sqlx::error::{DatabaseError, ErrorKind};

    use super::*;

    /// What a database says with this code.
    #[derive(Debug, thiserror::Error)]
    #[error("so says the database")]
    struct Said(&'static str);

    impl DatabaseError for Said {
        fn message(&self) -> &str {
            "so says the database"
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.into())
        }

        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }

        fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
            self
        }
    }

    #[test]
    fn what_goes_by_is_told_from_what_stays() {
        for (code, expected) in [
            // A deadlock, a serialization failure.
            ("40P01", IssuerCode::Overloaded),
            ("40001", IssuerCode::Overloaded),
            // A connection too many; SQLITE_BUSY, SQLITE_IOERR_READ.
            ("53300", IssuerCode::DatabaseUnavailable),
            ("5", IssuerCode::DatabaseUnavailable),
            ("266", IssuerCode::DatabaseUnavailable),
            // A column that is not there; SQLITE_CONSTRAINT.
            ("42703", IssuerCode::Internal),
            ("19", IssuerCode::Internal),
        ] {
            let problem = Problem::from(sqlx::Error::Database(Box::new(Said(code))));
            assert!(problem.is(expected), "{code}: {problem:?}");
        }
        assert!(!is_out_of_service(None) && !is_undone(None));
    }
}
