//! Registered clients: applications that ask for tokens in the name of people. A client's id is
//! claim `client_id` of the tokens it asks for; without a registration there is no such claim.
//!
//! These functions run in the caller's transaction and write the audit log. Whether the actor may
//! do it is decided before.

use laika_claims::IssuerCode;
use serde_json::json;

use super::secret::{self, Kind};
use crate::accounts::service_name;
use crate::app::App;
use crate::audit::{self, Action, By, Subject};
use crate::db::clients::{Client, ClientKind};
use crate::db::{self, Connection, Constraint, DbError};
use crate::problem::{FieldCode, Problem};
use crate::secret::Secret;

/// Longest name, in bytes.
const MAX_NAME: usize = 128;

/// A client to be registered.
#[derive(Debug, Clone)]
pub struct New {
    /// What it calls itself in requests.
    pub client_id: String,
    /// What people read.
    pub name: String,
    /// Whether it can keep a secret.
    pub kind: ClientKind,
}

/// Registers a client; the secret of a confidential one, which is shown once.
///
/// # Errors
/// An id that can't be used or is taken, or a name that can't be used.
pub async fn create(
    app: &App,
    db: &mut Connection,
    by: &By,
    new: &New,
) -> Result<(Client, Option<Secret>), Problem> {
    let client_id = service_name(&new.client_id).ok_or_else(|| {
        let detail = "write it like `web-shop`, in the letters `a-z 0-9 . _ -`";
        Problem::field("client_id", FieldCode::Malformed, detail)
    })?;
    check_name(&new.name)?;
    let secret = match new.kind {
        ClientKind::Public => None,
        ClientKind::Confidential => Some(secret::generate(Kind::Client, &*app.random)?),
    };
    let (secret, secret_hash) = secret.unzip();
    let client = Client {
        client_id: client_id.to_owned(),
        name: new.name.clone(),
        kind: new.kind,
        secret_hash,
        created_at: app.clock.now(),
    };
    db::clients::insert(db, &client).await.map_err(|error| match error {
        DbError::Conflict(Constraint::Other) => {
            Problem::field("client_id", FieldCode::Taken, "there is a client with this id")
        }
        other => other.into(),
    })?;
    let after = json!({ "name": client.name, "kind": client.kind });
    let entry = by.entry(Action::ClientCreated, subject(client_id)).after(after);
    audit::record(app, db, &entry).await?;
    Ok((client, secret))
}

/// Changes what people read.
///
/// # Errors
/// There is no such client, or the name can't be used.
pub async fn rename(
    app: &App,
    db: &mut Connection,
    by: &By,
    client_id: &str,
    name: &str,
) -> Result<(), Problem> {
    check_name(name)?;
    let before = find(db, client_id).await?;
    db::clients::set_name(db, client_id, name).await?;
    let entry = by.entry(Action::ClientRenamed, subject(client_id));
    let entry = entry.before(json!({ "name": before.name })).after(json!({ "name": name }));
    audit::record(app, db, &entry).await
}

/// Makes a new secret; the one before it stops counting at once.
///
/// # Errors
/// There is no such client, or it is a public one.
pub async fn rotate_secret(
    app: &App,
    db: &mut Connection,
    by: &By,
    client_id: &str,
) -> Result<Secret, Problem> {
    find(db, client_id).await?;
    let (secret, hash) = secret::generate(Kind::Client, &*app.random)?;
    if !db::clients::set_secret(db, client_id, &hash).await? {
        let detail = format!("`{client_id}` is a public client and has no secret");
        return Err(Problem::issuer(IssuerCode::Conflict, detail));
    }
    audit::record(app, db, &by.entry(Action::ClientSecretRotated, subject(client_id))).await?;
    Ok(secret)
}

/// Removes a client.
///
/// # Errors
/// There is no such client.
pub async fn delete(
    app: &App,
    db: &mut Connection,
    by: &By,
    client_id: &str,
) -> Result<(), Problem> {
    let before = find(db, client_id).await?;
    db::clients::delete(db, client_id).await?;
    let entry = by.entry(Action::ClientDeleted, subject(client_id));
    let entry = entry.before(json!({ "name": before.name, "kind": before.kind }));
    audit::record(app, db, &entry).await
}

/// The client with this id.
///
/// # Errors
/// There is none.
pub async fn find(db: &mut Connection, client_id: &str) -> Result<Client, Problem> {
    db::clients::by_id(db, client_id).await?.ok_or_else(|| {
        let detail = format!("there is no client `{}`", client_id.escape_debug());
        Problem::issuer(IssuerCode::NotFound, detail)
    })
}

fn check_name(name: &str) -> Result<(), Problem> {
    if name.is_empty() || name.len() > MAX_NAME || name.chars().any(char::is_control) {
        let detail = format!("1 to {MAX_NAME} bytes without control characters");
        return Err(Problem::field("name", FieldCode::NotAllowed, detail));
    }
    Ok(())
}

fn subject(client_id: &str) -> Subject {
    Subject::Client(client_id.to_owned())
}
