//! `laika service`.

use serde::Serialize;

use super::arguments::ServiceCommand;
use super::exit::Failure;
use super::output;
use crate::app::App;
use crate::db::services;
use crate::keys::Algorithm;
use crate::seed::{self, SeedService};

#[derive(Debug, Serialize)]
struct Row {
    name: String,
    audience: String,
    token_lifetime: i64,
    algorithm: Option<Algorithm>,
    permissions: Vec<String>,
    may_share_with: Vec<String>,
}

pub(super) async fn run(app: &App, command: ServiceCommand) -> Result<(), Failure> {
    match command {
        ServiceCommand::Create {
            name,
            audience,
            token_lifetime,
            algorithm,
            permissions,
            may_share_with,
        } => {
            let algorithm = algorithm.as_deref().map(parse_algorithm).transpose()?;
            let service = SeedService {
                name,
                audience,
                token_lifetime,
                algorithm,
                permissions,
                may_share_with,
            };
            let mut tx = app.db.write().await?;
            seed::put_service(app, &mut tx, &service).await?;
            Ok(tx.commit().await?)
        }
        ServiceCommand::List(list) => {
            let mut connection = app.db.read().await?;
            let mut rows = Vec::new();
            for service in services::list(&mut connection, &list.after, list.limit).await? {
                rows.push(Row {
                    permissions: services::catalogue(&mut connection, &service.name).await?,
                    may_share_with: services::sharing(&mut connection, &service.name).await?,
                    name: service.name,
                    audience: service.audience,
                    token_lifetime: service.token_lifetime,
                    algorithm: service.algorithm,
                });
            }
            output::list(&rows, list.json, |row| {
                let lifetime = format!("{} s", row.token_lifetime);
                vec![row.name.clone(), row.audience.clone(), lifetime, row.permissions.join(" ")]
            })
        }
    }
}

pub(super) fn parse_algorithm(name: &str) -> Result<Algorithm, Failure> {
    Algorithm::from_name(name).ok_or_else(|| {
        Failure::Refused(format!("`{name}` is not supported; choose {}", Algorithm::NAMES))
    })
}
