//! `laika role`.

use serde::Serialize;

use super::administration::RoleCommand;
use super::exit::Failure;
use super::{output, users};
use crate::admin::roles::{Change, Checked};
use crate::admin::{self, Act};
use crate::app::App;
use crate::db::roles::{self, Role};

#[derive(Debug, Serialize)]
struct Row {
    name: String,
    service: Option<String>,
    level: i64,
    description: Option<String>,
    permissions: Vec<String>,
}

pub(super) async fn run(app: &App, command: RoleCommand) -> Result<(), Failure> {
    match command {
        RoleCommand::Create { name, level, permissions, no_permissions, description } => {
            let permissions = no_permissions.then(Vec::new).or(permissions);
            let mut act = Act::of_operator(app).await?;
            if roles::by_name(act.db(), &name).await?.is_some() {
                let change = Change { level, permissions, description: description.map(Some) };
                admin::roles::change(&mut act, &name, change).await?;
            } else {
                let new = || format!("there is no role `{name}` yet; a new one needs `--level`");
                let level = level.ok_or_else(|| Failure::Refused(new()))?;
                let permissions = permissions.unwrap_or_default();
                let checked = Checked::new(&name, level, &permissions, description)?;
                admin::roles::put(&mut act, checked).await?;
            }
            Ok(act.commit().await?)
        }
        RoleCommand::Assign { username, role } => {
            let (mut act, user) = users::begin(app, &username).await?;
            admin::roles::assign(&mut act, user, &role).await?;
            Ok(act.commit().await?)
        }
        RoleCommand::Unassign { username, role } => {
            let (mut act, user) = users::begin(app, &username).await?;
            admin::roles::unassign(&mut act, user, &role).await?;
            Ok(act.commit().await?)
        }
        RoleCommand::Delete { name } => {
            let mut act = Act::of_operator(app).await?;
            admin::roles::delete(&mut act, &name).await?;
            Ok(act.commit().await?)
        }
        RoleCommand::List { json } => {
            let mut connection = app.db.read().await?;
            print(roles::list(&mut connection).await?, json)
        }
        RoleCommand::Show { name, json } => {
            let mut connection = app.db.read().await?;
            let role = roles::by_name(&mut connection, &name)
                .await?
                .ok_or_else(|| Failure::Refused(format!("there is no role `{name}`")))?;
            if json {
                return output::value(&row(role));
            }
            output::table(&[
                ["name".to_owned(), role.name],
                ["level".to_owned(), role.level.to_string()],
                ["description".to_owned(), role.description.unwrap_or_default()],
                ["permissions".to_owned(), role.permissions.join(" ")],
            ])
        }
    }
}

/// Prints roles, one on each line.
pub(super) fn print(roles: Vec<Role>, json: bool) -> Result<(), Failure> {
    let rows: Vec<_> = roles.into_iter().map(row).collect();
    output::list(&rows, json, |row| {
        vec![row.name.clone(), row.level.to_string(), row.permissions.join(" ")]
    })
}

fn row(role: Role) -> Row {
    Row {
        name: role.name,
        service: role.service,
        level: role.level,
        description: role.description,
        permissions: role.permissions,
    }
}
