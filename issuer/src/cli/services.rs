//! `laika service`.

use serde_json::json;

use super::administration::ServiceCommand;
use super::exit::Failure;
use super::output;
use crate::admin::services::{by_name, rotate_provider_secret, whole};
use crate::admin::{self, Act};
use crate::app::App;
use crate::db::services;
use crate::keys::Family;
use crate::seed::SeedService;

pub(super) async fn run(app: &App, command: ServiceCommand) -> Result<(), Failure> {
    match command {
        ServiceCommand::Create {
            name,
            audience,
            token_lifetime,
            algorithm,
            permissions,
            no_permissions,
            may_share_with,
        } => {
            let algorithm = algorithm.as_deref().map(parse_family).transpose()?;
            let mut act = Act::of_operator(app).await?;
            // What is not said stays as it is.
            let before = match services::by_name(act.db(), &name).await? {
                Some(found) => SeedService::from(whole(act.db(), found).await?),
                None => SeedService::default(),
            };
            let permissions = no_permissions.then(Vec::new).or(permissions);
            let service = SeedService {
                name,
                audience: audience.or(before.audience),
                token_lifetime: token_lifetime.or(before.token_lifetime),
                algorithm: algorithm.or(before.algorithm),
                permissions: permissions.unwrap_or(before.permissions),
                may_share_with: may_share_with.unwrap_or(before.may_share_with),
                ..before
            };
            admin::services::put(&mut act, &service).await?;
            Ok(act.commit().await?)
        }
        ServiceCommand::List(list) => {
            let mut connection = app.db.read().await?;
            let mut rows = Vec::new();
            for service in services::list(&mut connection, &list.after, list.limit).await? {
                rows.push(whole(&mut connection, service).await?);
            }
            output::list(&rows, list.json, |row| {
                let lifetime = format!("{} s", row.token_lifetime);
                vec![row.name.clone(), row.audience.clone(), lifetime, row.permissions.join(" ")]
            })
        }
        ServiceCommand::Show { name, json } => {
            let mut connection = app.db.read().await?;
            let service = by_name(&mut connection, &name).await?;
            if json {
                return output::value(&service);
            }
            let algorithm = service.algorithm.map_or("the issuer's", Family::as_str);
            output::table(&[
                ["name".to_owned(), service.name],
                ["audience".to_owned(), service.audience],
                ["token lifetime".to_owned(), format!("{} s", service.token_lifetime)],
                ["algorithm".to_owned(), algorithm.to_owned()],
                ["permissions".to_owned(), service.permissions.join(" ")],
                ["may share with".to_owned(), service.may_share_with.join(" ")],
            ])
        }
        ServiceCommand::Delete { name } => {
            let mut act = Act::of_operator(app).await?;
            admin::services::delete(&mut act, &name).await?;
            Ok(act.commit().await?)
        }
        ServiceCommand::ProviderSecret { name, overlap, json } => {
            let mut act = Act::of_operator(app).await?;
            let secret = rotate_provider_secret(&mut act, &name, overlap).await?;
            act.commit().await?;
            let secret = secret.reveal();
            output::made(&json!({ "secret": secret }), secret, json)
        }
    }
}

fn parse_family(name: &str) -> Result<Family, Failure> {
    Family::try_from(name.to_owned()).map_err(Failure::Refused)
}
