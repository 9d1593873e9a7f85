//! `laika role`.

use serde::Serialize;

use super::arguments::RoleCommand;
use super::exit::Failure;
use super::output;
use crate::accounts::login_key;
use crate::app::App;
use crate::db::{roles, users};
use crate::seed::{self, SeedRole};

#[derive(Debug, Serialize)]
struct Row {
    name: String,
    service: Option<String>,
    level: i64,
    permissions: Vec<String>,
}

pub(super) async fn run(app: &App, command: RoleCommand) -> Result<(), Failure> {
    match command {
        RoleCommand::Create { name, level, permissions } => {
            let (service, name) = match name.split_once('/') {
                Some((service, name)) => (Some(service.to_owned()), name.to_owned()),
                None => (None, name),
            };
            let mut tx = app.db.write().await?;
            let role = SeedRole { name, service, level, permissions };
            seed::put_role(app, &mut tx, &role).await?;
            Ok(tx.commit().await?)
        }
        RoleCommand::Assign { username, role } => {
            let mut tx = app.db.write().await?;
            let user = users::by_username(&mut tx, &login_key(&username))
                .await?
                .ok_or_else(|| Failure::Refused(format!("there is no user `{username}`")))?;
            seed::assign(app, &mut tx, user.id, &role).await?;
            Ok(tx.commit().await?)
        }
        RoleCommand::List { json } => {
            let mut connection = app.db.read().await?;
            let rows: Vec<_> = roles::list(&mut connection)
                .await?
                .into_iter()
                .map(|role| Row {
                    name: role.name,
                    service: role.service,
                    level: role.level,
                    permissions: role.permissions,
                })
                .collect();
            output::list(&rows, json, |row| {
                vec![row.name.clone(), row.level.to_string(), row.permissions.join(" ")]
            })
        }
    }
}
