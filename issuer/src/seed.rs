//! Seed files: services, roles and users in TOML, for `laika import`. Importing one twice changes
//! nothing the second time: services and roles are brought to what the file says, users that exist
//! keep their password and get the roles they lack.

use laika_claims::{Grant, Permission};
use serde::{Deserialize, Serialize};

use crate::accounts::{self, Email, Fault, NewPassword, NewUser, Username};
use crate::app::App;
use crate::db::roles::Role;
use crate::db::services::Service;
use crate::db::{self, Connection, Constraint, DbError};
use crate::keys::Algorithm;
use crate::password::StoredHash;
use crate::problem::{FieldCode, Problem};
use crate::secret::Secret;

/// A seed file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// Services, with their permission catalogues.
    #[serde(default)]
    pub services: Vec<SeedService>,
    /// Roles.
    #[serde(default)]
    pub roles: Vec<SeedRole>,
    /// Users.
    #[serde(default)]
    pub users: Vec<SeedUser>,
}

/// A service in a seed file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedService {
    /// Its name.
    pub name: String,
    /// Its audience; absent: the name.
    pub audience: Option<String>,
    /// Life of its micro tokens in seconds; absent: the setting `micro.lifetime`.
    pub token_lifetime: Option<i64>,
    /// Algorithm of its micro tokens; absent: the issuer's.
    pub algorithm: Option<Algorithm>,
    /// Its permission catalogue.
    #[serde(default)]
    pub permissions: Vec<String>,
    /// Services that a token of this one may also be for.
    #[serde(default)]
    pub may_share_with: Vec<String>,
}

/// A role in a seed file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedRole {
    /// Its name, without the service.
    pub name: String,
    /// The service it belongs to; absent: a global role.
    pub service: Option<String>,
    /// How strong it is; lower is stronger.
    pub level: i64,
    /// Its grants.
    #[serde(default)]
    pub permissions: Vec<String>,
}

/// A user in a seed file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedUser {
    /// Name of the account.
    pub username: String,
    /// E-mail of the account.
    pub email: String,
    /// Its password, unless the account exists.
    pub password: Option<Secret>,
    /// Or the hash of its password in another system, which the next log-in replaces.
    pub password_hash: Option<Secret>,
    /// Global roles by name, roles of a service as `service/name`.
    #[serde(default)]
    pub roles: Vec<String>,
}

/// What an import did.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Services written.
    pub services: usize,
    /// Roles written.
    pub roles: usize,
    /// Users made.
    pub users: usize,
    /// Users that existed.
    pub users_present: usize,
}

/// Brings a seed file into the database: all of it, or nothing.
///
/// # Errors
/// The first entry that can't be used.
pub async fn import(app: &App, seed: &Seed) -> Result<Imported, Problem> {
    let mut imported = Imported::default();
    let mut users = Vec::new();
    for user in &seed.users {
        users.push(prepare(app, user).await?);
    }
    let mut tx = app.db.write().await?;
    for service in &seed.services {
        put_service(app, &mut tx, service).await?;
        imported.services += 1;
    }
    for role in &seed.roles {
        put_role(app, &mut tx, role).await?;
        imported.roles += 1;
    }
    for (seed, new) in seed.users.iter().zip(users) {
        let id = match db::users::by_username(&mut tx, new.username.key()).await? {
            Some(user) => {
                imported.users_present += 1;
                user.id
            }
            None => {
                imported.users += 1;
                accounts::add_user(app, &mut tx, &new).await?.id
            }
        };
        for role in &seed.roles {
            assign(app, &mut tx, id, role).await?;
        }
    }
    tx.commit().await?;
    Ok(imported)
}

/// Writes a service with its catalogue.
///
/// # Errors
/// A name, a permission or a number that can't be used.
pub async fn put_service(
    app: &App,
    db: &mut Connection,
    seed: &SeedService,
) -> Result<(), Problem> {
    let name = accounts::service_name(&seed.name).ok_or_else(|| {
        let detail = format!("`{}` can't name a service; write it like `orders`", seed.name);
        Problem::field("name", FieldCode::Malformed, detail)
    })?;
    let token_lifetime = seed.token_lifetime.unwrap_or(app.settings.micro.lifetime);
    if !(10..=24 * 3600).contains(&token_lifetime) {
        let detail = format!("`{token_lifetime}` is out of range; choose 10 to 86400 seconds");
        return Err(Problem::field("token_lifetime", FieldCode::NotAllowed, detail));
    }
    for text in &seed.permissions {
        let permission = Permission::parse(text).map_err(|error| bad_permission(text, &error))?;
        if permission.service() != name {
            let detail = format!("`{text}` does not belong to `{name}`; write `{name}:...`");
            return Err(Problem::field("permissions", FieldCode::NotAllowed, detail));
        }
    }
    let service = Service {
        name: name.to_owned(),
        audience: seed.audience.clone().unwrap_or_else(|| name.to_owned()),
        token_lifetime,
        algorithm: seed.algorithm,
    };
    db::services::put(db, &service, app.clock.now()).await.map_err(|error| match error {
        DbError::Conflict(Constraint::Audience) => {
            let detail = format!("`{}` is the audience of another service", service.audience);
            Problem::field("audience", FieldCode::Taken, detail)
        }
        other => other.into(),
    })?;
    db::services::set_catalogue(db, name, &seed.permissions).await?;
    Ok(db::services::set_sharing(db, name, &seed.may_share_with).await?)
}

/// Writes a role with its permissions. A role of a service grants permissions of that service only.
///
/// # Errors
/// A name or permission that can't be used, or a service that does not exist.
pub async fn put_role(app: &App, db: &mut Connection, seed: &SeedRole) -> Result<(), Problem> {
    let written = match &seed.service {
        Some(service) => format!("{service}/{}", seed.name),
        None => seed.name.clone(),
    };
    if accounts::role_name(&written).is_none() || seed.name.contains('/') {
        let detail = format!("`{written}` can't name a role; write it like `clerk`");
        return Err(Problem::field("name", FieldCode::Malformed, detail));
    }
    if seed.level < 0 {
        return Err(Problem::field("level", FieldCode::NotAllowed, "0 or more"));
    }
    for text in &seed.permissions {
        let grant = Grant::parse(text).map_err(|error| bad_permission(text, &error))?;
        if seed.service.is_some() && grant.service() != seed.service.as_deref() {
            let detail = format!("`{text}` does not belong to the service of `{written}`");
            return Err(Problem::field("permissions", FieldCode::NotAllowed, detail));
        }
    }
    let role = Role {
        name: written,
        service: seed.service.clone(),
        level: seed.level,
        permissions: seed.permissions.clone(),
    };
    db::roles::put(db, &role, app.clock.now()).await.map_err(|error| match error {
        DbError::Conflict(Constraint::Reference) => {
            let service = role.service.unwrap_or_default();
            let detail = format!("there is no service `{service}`; make it first");
            Problem::field("service", FieldCode::NotAllowed, detail)
        }
        other => other.into(),
    })
}

/// Gives a user a role.
///
/// # Errors
/// There is no such role.
pub async fn assign(
    app: &App,
    db: &mut Connection,
    user: uuid::Uuid,
    role: &str,
) -> Result<(), Problem> {
    db::roles::assign(db, user, role, app.clock.now()).await.map_err(|error| match error {
        DbError::Conflict(Constraint::Reference) => {
            let detail = format!("there is no role `{role}`; make it first");
            Problem::field("roles", FieldCode::NotAllowed, detail)
        }
        other => other.into(),
    })
}

/// Checks a user's fields and hashes the password. Reserved names and weak passwords are the
/// operator's to choose.
///
/// # Errors
/// A field that can't be used.
pub async fn prepare(app: &App, user: &SeedUser) -> Result<NewUser, Problem> {
    let fault =
        |field: &'static str| move |fault: Fault| Problem::field(field, fault.code, fault.detail);
    let username = Username::parse(&user.username).map_err(fault("username"))?;
    let email = Email::parse(&user.email).map_err(fault("email"))?;
    let password_hash = match (&user.password, &user.password_hash) {
        (Some(password), None) => {
            let password = NewPassword::parse(password).map_err(fault("password"))?;
            app.passwords.hash(password.secret()).await?
        }
        (None, Some(hash)) => {
            StoredHash::parse(hash.reveal()).map_err(|error| {
                let detail = format!("`{}`: {error}", user.username);
                Problem::field("password_hash", FieldCode::NotAllowed, detail)
            })?;
            hash.reveal().to_owned()
        }
        (Some(_), Some(_)) | (None, None) => {
            let detail =
                format!("`{}` needs a password or a password_hash, not both", user.username);
            return Err(Problem::field("password", FieldCode::NotAllowed, detail));
        }
    };
    Ok(NewUser { username, email, password_hash })
}

fn bad_permission(text: &str, error: &laika_claims::permission::PermissionError) -> Problem {
    Problem::field("permissions", FieldCode::Malformed, format!("`{text}`: {error}"))
}
