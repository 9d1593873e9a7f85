//! A database on PostgreSQL for one test.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

/// A fresh database on the server that `TEST_POSTGRES` names (`postgres://user@host:port`); it goes
/// away with its value, whoever is still connected to it.
pub(crate) struct Scratch {
    server: String,
    name: String,
    /// What it is a copy of, which goes away with the last of its copies.
    _template: Option<Arc<Scratch>>,
}

impl Scratch {
    /// One without tables; `None` where the tests run on SQLite.
    pub(crate) fn database() -> Option<Self> {
        Self::copy(None)
    }

    /// A copy of another one, to which nobody is connected.
    pub(crate) fn copy(template: Option<Arc<Self>>) -> Option<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let server = std::env::var("TEST_POSTGRES").ok()?;
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("laika_test_{}_{number}", std::process::id());
        // There may be one of this name from a run that was killed.
        let of = template.as_ref().map_or("template1", |template| &template.name);
        let statements = [
            format!("DROP DATABASE IF EXISTS {name}"),
            format!("CREATE DATABASE {name} TEMPLATE {of}"),
        ];
        run(&server, statements.into()).unwrap();
        Some(Self { server, name, _template: template })
    }

    pub(crate) fn url(&self) -> String {
        format!("{}/{}", self.server, self.name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        let dropped = run(&self.server, vec![statement]);
        assert!(thread::panicking() || dropped.is_ok(), "{dropped:?}");
    }
}

/// On a thread of its own, since the end of a value can't wait for what is asynchronous.
fn run(server: &str, statements: Vec<String>) -> sqlx::Result<()> {
    let url = format!("{server}/postgres");
    let work = async move {
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect(&url).await?;
        for statement in statements {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await?;
        }
        connection.close().await
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    thread::scope(|scope| scope.spawn(move || runtime.block_on(work)).join().unwrap())
}
