//! `laika client`.

use serde::Serialize;

use super::arguments::ClientCommand;
use super::exit::Failure;
use super::output;
use crate::app::App;
use crate::audit::By;
use crate::db::clients::{self as rows, Client, ClientKind};
use crate::oauth2::clients::{self, New};
use crate::secret::Secret;

#[derive(Debug, Serialize)]
struct Row {
    client_id: String,
    name: String,
    kind: ClientKind,
    created_at: i64,
}

/// What is shown once; a public client has no secret.
#[derive(Debug, Serialize)]
struct Made {
    client_id: String,
    secret: Option<String>,
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
    let made = match command {
        ClientCommand::Create { client_id, name, confidential, json } => {
            let kind = if confidential { ClientKind::Confidential } else { ClientKind::Public };
            let new = New { name: name.unwrap_or_else(|| client_id.clone()), client_id, kind };
            let (_, secret) = clients::create(app, &mut tx, &by, &new).await?;
            Some((Made::of(new.client_id, secret.as_ref()), json))
        }
        ClientCommand::Rotate { client_id, json } => {
            let secret = clients::rotate_secret(app, &mut tx, &by, &client_id).await?;
            Some((Made::of(client_id, Some(&secret)), json))
        }
        ClientCommand::Delete { client_id } => {
            clients::delete(app, &mut tx, &by, &client_id).await?;
            None
        }
        ClientCommand::List(_) => None,
    };
    tx.commit().await?;
    // Only what was committed is shown: a secret that does not count would be looked for in vain.
    match made {
        Some((made, true)) => output::value(&made),
        Some((Made { secret: Some(secret), .. }, false)) => output::line(&secret),
        Some((Made { secret: None, .. }, false)) | None => Ok(()),
    }
}

impl Made {
    fn of(client_id: String, secret: Option<&Secret>) -> Self {
        Self { client_id, secret: secret.map(|secret| secret.reveal().to_owned()) }
    }
}

fn row(client: Client) -> Row {
    Row {
        client_id: client.client_id,
        name: client.name,
        kind: client.kind,
        created_at: client.created_at,
    }
}
