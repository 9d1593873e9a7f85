//! `laika client`.

use serde::Serialize;

use super::arguments::ClientCommand;
use super::exit::Failure;
use super::output;
use crate::app::App;
use crate::audit::By;
use crate::db::clients::{self as rows, Client, ClientKind};
use crate::oauth2::clients::{self, New};

#[derive(Debug, Serialize)]
struct Row {
    client_id: String,
    name: String,
    kind: ClientKind,
    created_at: i64,
}

pub(super) async fn run(app: &App, command: ClientCommand) -> Result<(), Failure> {
    let by = By::command_line();
    if let ClientCommand::List(list) = command {
        let mut connection = app.db.read().await?;
        let found = rows::list(&mut connection, &list.after, list.limit).await?;
        let found: Vec<_> = found.into_iter().map(row).collect();
        return output::list(&found, list.json, |row| {
            vec![row.client_id.clone(), row.kind.as_str().to_owned(), row.name.clone()]
        });
    }
    let mut tx = app.db.write().await?;
    let secret = match command {
        ClientCommand::Create { client_id, name, confidential } => {
            let kind = if confidential { ClientKind::Confidential } else { ClientKind::Public };
            let new = New { name: name.unwrap_or_else(|| client_id.clone()), client_id, kind };
            clients::create(app, &mut tx, &by, &new).await?.1
        }
        ClientCommand::Rotate { client_id } => {
            Some(clients::rotate_secret(app, &mut tx, &by, &client_id).await?)
        }
        ClientCommand::Delete { client_id } => {
            clients::delete(app, &mut tx, &by, &client_id).await?;
            None
        }
        ClientCommand::List(_) => None,
    };
    tx.commit().await?;
    // Only what was committed is shown: a secret that does not count would be looked for in vain.
    secret.map_or(Ok(()), |secret| output::line(secret.reveal()))
}

fn row(client: Client) -> Row {
    Row {
        client_id: client.client_id,
        name: client.name,
        kind: client.kind,
        created_at: client.created_at,
    }
}
