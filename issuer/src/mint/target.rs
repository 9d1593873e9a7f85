//! The services a micro token is for.

use laika_claims::Permission;

use crate::accounts::service_name;
use crate::app::App;
use crate::db::services::{self, Service};
use crate::db::{Connection, DbError};
use crate::keys::Algorithm;
use crate::problem::{FieldCode, Problem};

/// One token for more services would pass no size budget.
const MAX_SERVICES: usize = 16;

/// The services a micro token is for, as they agree on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Their names: the first segments of the permissions that matter.
    pub names: Vec<String>,
    /// What becomes `aud`.
    pub audiences: Vec<String>,
    /// Life of the token in seconds: the shortest of theirs.
    pub lifetime: i64,
    /// What the token is signed with.
    pub algorithm: Algorithm,
    /// Every permission the services know.
    pub catalogue: Vec<Permission>,
}

/// Checks that these are names of services, and that there is a number of them that can be served.
///
/// # Errors
/// Something else; naming the field.
pub fn check_names(field: &str, names: &[String]) -> Result<(), Problem> {
    if names.is_empty() {
        return Err(Problem::field(field, FieldCode::TooShort, "at least one service"));
    }
    if names.len() > MAX_SERVICES {
        let detail = format!("at most {MAX_SERVICES} services");
        return Err(Problem::field(field, FieldCode::TooLong, detail));
    }
    match names.iter().find(|name| service_name(name).is_none()) {
        Some(name) => {
            let shown: String = name.chars().take(64).flat_map(char::escape_debug).collect();
            let detail = format!("`{shown}` is not the name of a service, such as `orders`");
            Err(Problem::field(field, FieldCode::Malformed, detail))
        }
        None => Ok(()),
    }
}

/// Looks the services up. One that is not known is its own audience and knows no permission.
///
/// # Errors
/// Services that may not share a token.
pub async fn resolve(app: &App, db: &mut Connection, names: &[String]) -> Result<Target, Problem> {
    let default = app.settings.signing_algorithm;
    let mut target = Target {
        names: Vec::new(),
        audiences: Vec::new(),
        lifetime: i64::MAX,
        algorithm: default,
        catalogue: Vec::new(),
    };
    for name in names {
        if target.names.contains(name) {
            continue;
        }
        let service = services::by_name(db, name).await?.unwrap_or_else(|| Service {
            name: name.clone(),
            audience: name.clone(),
            token_lifetime: app.settings.micro.lifetime,
            algorithm: None,
        });
        let algorithm = service.algorithm.unwrap_or(default);
        if target.names.is_empty() {
            target.algorithm = algorithm;
        } else if target.algorithm != algorithm {
            let detail = format!("`{name}` signs with another algorithm; ask for two tokens");
            return Err(Problem::field("services", FieldCode::NotAllowed, detail));
        }
        for permission in services::catalogue(db, name).await? {
            target.catalogue.push(known(permission)?);
        }
        target.lifetime = target.lifetime.min(service.token_lifetime);
        target.audiences.push(service.audience);
        target.names.push(service.name);
    }
    refuse_unshared(db, &target.names).await?;
    Ok(target)
}

/// A token for several services lets each of them speak to the others in its holder's name, so
/// each must name all the others.
async fn refuse_unshared(db: &mut Connection, names: &[String]) -> Result<(), Problem> {
    if names.len() < 2 {
        return Ok(());
    }
    for name in names {
        let shares = services::sharing(db, name).await?;
        let other = names.iter().find(|other| *other != name && !shares.contains(other));
        if let Some(other) = other {
            let detail =
                format!("`{name}` does not share tokens with `{other}`; ask for two tokens");
            return Err(Problem::field("services", FieldCode::NotAllowed, detail));
        }
    }
    Ok(())
}

fn known(text: String) -> Result<Permission, DbError> {
    Permission::parse(&text).map_err(|_| DbError::Corrupt { what: "a permission", value: text })
}
