//! A database that does not do its work.

use std::sync::atomic::Ordering;

use serde_json::json;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

use crate::support::{Issuer, PASSWORD};

#[tokio::test]
async fn a_database_that_is_read_only_is_an_answer() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    // The first token of a session takes a place in a status list; those after it only read.
    issuer.micro(&main, "orders").await.expect(200);
    if issuer.on_sqlite() {
        let mut tx = issuer.app.db.write().await.unwrap();
        sqlx::query("PRAGMA query_only = ON").execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    } else {
        set_default_read_only(&issuer, "on").await;
    }
    let login = json!({ "login": "laika", "password": PASSWORD });
    for answer in [
        issuer.renew(&main).await,
        issuer.post("/v1/sessions", None, login).await,
        issuer.log_out(&main).await,
    ] {
        answer.problem(503, "database_unavailable");
        assert!(!answer.header("retry-after").is_empty());
    }
    // Reading goes on.
    issuer.get("/v1/me", Some(&main)).await.expect(200);
    issuer.micro(&main, "orders").await.expect(200);
    if !issuer.on_sqlite() {
        set_default_read_only(&issuer, "off").await;
        issuer.renew(&main).await.expect(200);
    }
}

/// Makes every new connection read-only, or not, and ends those that there are, as a fail-over does.
async fn set_default_read_only(issuer: &Issuer, value: &str) {
    let (server, database) = issuer.app.settings.database_url.rsplit_once('/').unwrap();
    let mut connection = AnyConnection::connect(&format!("{server}/postgres")).await.unwrap();
    for sql in [
        format!("ALTER DATABASE {database} SET default_transaction_read_only = {value}"),
        format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
        ),
    ] {
        sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    }
}

#[tokio::test]
async fn a_database_that_is_full_is_an_answer_and_loses_nothing() {
    let issuer = Issuer::start().await;
    if !issuer.on_sqlite() {
        // What PostgreSQL says then is 53100; `db/error.rs` reads it.
        return;
    }
    let main = issuer.log_in().await;
    issuer.get("/v1/me", Some(&main)).await.expect(200);
    let limit = async |pages: i64| {
        let mut tx = issuer.app.db.write().await.unwrap();
        let sql = AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
        sqlx::query(sql).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    };
    // SQLite takes no less than what there is.
    limit(1).await;
    let mut acknowledged = Vec::new();
    let full = loop {
        let name = format!("belka{}", acknowledged.len());
        let body = json!({
            "username": name, "email": format!("{name}@example.com"), "password": PASSWORD,
        });
        let answer = issuer.post("/v1/users", None, body).await;
        if answer.status != 201 || acknowledged.len() > 300 {
            break answer;
        }
        acknowledged.push(answer.text_of("main_token"));
        issuer.clock.advance(600);
    };
    full.problem(503, "database_unavailable");
    for main in &acknowledged {
        issuer.micro(main, "orders").await.expect(200);
    }
    limit(1_000_000).await;
    issuer.renew(&main).await.expect(200);
}

#[tokio::test]
async fn readiness_is_refused_while_ending_while_the_database_is_away_and_before_a_migration() {
    let issuer = Issuer::start().await;
    issuer.get("/readyz", None).await.expect(200);
    let mut tx = issuer.app.db.write().await.unwrap();
    sqlx::query("DELETE FROM _sqlx_migrations WHERE version > 1").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    issuer.clock.advance(1);
    issuer.get("/readyz", None).await.problem(503, "overloaded");
    issuer.get("/livez", None).await.expect(200);

    let issuer = Issuer::start().await;
    issuer.app.ending.store(true, Ordering::Relaxed);
    issuer.get("/readyz", None).await.problem(503, "overloaded");
    issuer.get("/v1", None).await.expect(200);

    let issuer = Issuer::start().await;
    issuer.app.db.close().await;
    issuer.get("/readyz", None).await.problem(503, "database_unavailable");
    issuer.get("/livez", None).await.expect(200);
}
