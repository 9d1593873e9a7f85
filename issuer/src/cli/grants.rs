//! `laika grant`.

use serde::Serialize;

use super::administration::GrantCommand;
use super::exit::Failure;
use super::{holders, output};
use crate::admin::roles::grant;
use crate::admin::{self, Act};
use crate::app::App;
use crate::db::grants::{self, Filter};

#[derive(Debug, Serialize)]
struct Row {
    holder: String,
    permission: String,
    granted_at: i64,
    granted_by: String,
}

pub(super) async fn run(app: &App, command: GrantCommand) -> Result<(), Failure> {
    match command {
        GrantCommand::Add { holder, permission } => {
            let permission = grant(&permission)?;
            let mut act = Act::of_operator(app).await?;
            let holder = holders::named(act.db(), &holder.holder).await?;
            admin::grants::grant(&mut act, &holder, &permission).await?;
            Ok(act.commit().await?)
        }
        GrantCommand::Remove { holder, permission } => {
            let permission = grant(&permission)?;
            let mut act = Act::of_operator(app).await?;
            let holder = holders::named(act.db(), &holder.holder).await?;
            admin::grants::withdraw(&mut act, &holder, &permission).await?;
            Ok(act.commit().await?)
        }
        GrantCommand::List { holder, limit, json } => {
            let mut connection = app.db.read().await?;
            let holder = match holder {
                Some(name) => Some(holders::named(&mut connection, &name).await?.to_string()),
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
