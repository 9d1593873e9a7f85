//! `laika grant`.

use serde::Serialize;

use super::administration::GrantCommand;
use super::exit::Failure;
use super::{output, users};
use crate::admin;
use crate::admin::roles::grant;
use crate::app::App;
use crate::db::grants::{self, Filter, Holder};

#[derive(Debug, Serialize)]
struct Row {
    holder: String,
    permission: String,
    granted_at: i64,
    granted_by: String,
}

pub(super) async fn run(app: &App, command: GrantCommand) -> Result<(), Failure> {
    match command {
        GrantCommand::Add { user, permission } => {
            let permission = grant(&permission)?;
            let (mut act, user) = users::begin(app, &user.user).await?;
            admin::grants::grant(&mut act, &Holder::User(user), &permission).await?;
            Ok(act.commit().await?)
        }
        GrantCommand::Remove { user, permission } => {
            let permission = grant(&permission)?;
            let (mut act, user) = users::begin(app, &user.user).await?;
            admin::grants::withdraw(&mut act, &Holder::User(user), &permission).await?;
            Ok(act.commit().await?)
        }
        GrantCommand::List { user, limit, json } => {
            let mut connection = app.db.read().await?;
            let holder = match user {
                Some(name) => {
                    Some(Holder::User(users::named(&mut connection, &name).await?.id).to_string())
                }
                None => None,
            };
            let filter = Filter { holder, permission: None };
            let rows: Vec<_> = grants::list(&mut connection, &filter, ("", ""), limit)
                .await?
                .into_iter()
                .map(|grant| Row {
                    holder: grant.holder,
                    permission: grant.permission,
                    granted_at: grant.granted_at,
                    granted_by: grant.granted_by,
                })
                .collect();
            output::list(&rows, json, |row| {
                vec![row.holder.clone(), row.permission.clone(), row.granted_by.clone()]
            })
        }
    }
}
