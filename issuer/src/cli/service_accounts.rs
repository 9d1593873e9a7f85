//! `laika service-account`.

use serde::Serialize;

use super::arguments::ServiceAccountCommand;
use super::exit::Failure;
use super::output;
use crate::app::App;
use crate::audit::By;
use crate::db::service_accounts::{self as rows, ServiceAccount};
use crate::oauth2::service_accounts::{self, New};

#[derive(Debug, Serialize)]
struct Row {
    name: String,
    service: Option<String>,
    roles: Vec<String>,
    disabled: bool,
    created_at: i64,
    last_used_at: Option<i64>,
}

/// What is shown once.
#[derive(Debug, Serialize)]
struct Made {
    name: String,
    secret: String,
}

pub(super) async fn run(app: &App, command: ServiceAccountCommand) -> Result<(), Failure> {
    let by = By::command_line();
    if let ServiceAccountCommand::List(list) = command {
        let mut connection = app.db.read().await?;
        let found = rows::list(&mut connection, &list.after, list.limit).await?;
        let found: Vec<_> = found.into_iter().map(row).collect();
        return output::list(&found, list.json, |row| {
            let state = if row.disabled { "disabled" } else { "active" };
            let service = row.service.clone().unwrap_or_default();
            vec![row.name.clone(), service, state.to_owned(), row.roles.join(" ")]
        });
    }
    let mut tx = app.db.write().await?;
    let made = match command {
        ServiceAccountCommand::Create { name, service, roles, json } => {
            let new = New { name, service, roles };
            let secret = service_accounts::create(app, &mut tx, &by, &new).await?;
            Some((Made { name: new.name, secret: secret.reveal().to_owned() }, json))
        }
        ServiceAccountCommand::Rotate { name, overlap, json } => {
            let secret = service_accounts::rotate_secret(app, &mut tx, &by, &name, overlap).await?;
            Some((Made { name, secret: secret.reveal().to_owned() }, json))
        }
        ServiceAccountCommand::SetRoles { name, roles } => {
            service_accounts::set_roles(app, &mut tx, &by, &name, &roles).await?;
            None
        }
        ServiceAccountCommand::Disable { name } => {
            service_accounts::set_disabled(app, &mut tx, &by, &name, true).await?;
            None
        }
        ServiceAccountCommand::Enable { name } => {
            service_accounts::set_disabled(app, &mut tx, &by, &name, false).await?;
            None
        }
        ServiceAccountCommand::Delete { name } => {
            service_accounts::delete(app, &mut tx, &by, &name).await?;
            None
        }
        ServiceAccountCommand::List(_) => None,
    };
    tx.commit().await?;
    // Only what was committed is shown: a secret that does not count would be looked for in vain.
    made.map_or(Ok(()), |(made, json)| output::made(&made, &made.secret, json))
}

fn row(account: ServiceAccount) -> Row {
    Row {
        name: account.name,
        service: account.service,
        roles: account.roles.into_iter().map(|role| role.name).collect(),
        disabled: account.disabled_at.is_some(),
        created_at: account.created_at,
        last_used_at: account.last_used_at,
    }
}
