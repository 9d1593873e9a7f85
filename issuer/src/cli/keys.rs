//! `laika key list`.

use serde::Serialize;

use super::exit::Failure;
use super::output;
use crate::app::App;
use crate::db::keys;

#[derive(Debug, Serialize)]
struct Row {
    kid: String,
    algorithm: &'static str,
    state: String,
    created_at: i64,
}

pub(super) async fn list(app: &App, json: bool) -> Result<(), Failure> {
    let mut connection = app.db.read().await?;
    let rows: Vec<_> = keys::list(&mut connection)
        .await?
        .into_iter()
        .map(|key| Row {
            kid: key.kid,
            algorithm: key.algorithm.as_str(),
            state: key.state,
            created_at: key.created_at,
        })
        .collect();
    output::list(&rows, json, |row| {
        vec![row.kid.clone(), row.algorithm.to_owned(), row.state.clone()]
    })
}
