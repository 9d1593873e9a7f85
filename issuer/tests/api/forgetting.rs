//! What is over goes away as fast as it comes, however much there is of it.

use laika_issuer::background;
use laika_issuer::db::DbError;

use crate::support::{Issuer, START};

/// More than one step takes.
const ROWS: u32 = 2500;

async fn count(issuer: &Issuer, table: &str) -> i64 {
    let mut connection = issuer.app.db.read().await.unwrap();
    let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
    sqlx::query_scalar(sql).fetch_one(&mut *connection).await.unwrap()
}

async fn fill(issuer: &Issuer) -> Result<(), DbError> {
    let mut tx = issuer.app.db.write().await?;
    for row in 0..ROWS {
        for insert in [
            "INSERT INTO users (id, status, epoch, public, created_at) \
             VALUES ($1, 'active', 0, 0, $2)",
            "INSERT INTO events (id, name, body, occurred_at) \
             VALUES ($1, 'user.login', '{}', $2 - 172800)",
            "INSERT INTO event_streams (name, position, emitted_at) VALUES ($1, 1, $2 - 172800)",
            "INSERT INTO mails (id, kind, recipient, recipient_key, state, attempts, due_at, \
             created_at) VALUES ($1, 'reset', 'x', 'x', 'sent', 1, $2, $2 - 172800)",
        ] {
            let id = format!("00000000-0000-4000-8000-{row:012}");
            sqlx::query(insert).bind(id).bind(START).execute(&mut *tx).await?;
        }
    }
    tx.commit().await
}

#[tokio::test]
async fn more_than_a_step_takes_goes_in_one_run() {
    let issuer = Issuer::start().await;
    let users = count(&issuer, "users").await;
    fill(&issuer).await.unwrap();
    background::run_all(&issuer.app).await.unwrap();
    assert_eq!(count(&issuer, "users").await, users);
    for table in ["events", "event_streams", "mails"] {
        assert_eq!(count(&issuer, table).await, 0, "{table}");
    }
}
