//! Seed files: services, roles and users in TOML, for `laika import`. Importing one twice changes
//! nothing the second time: services and roles are brought to what the file says, users that exist
//! keep their password and get the roles they lack.

use laika_claims::{Grant, Permission};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::accounts::{self, Email, Fault, NewPassword, NewUser, Username};
use crate::admin::roles::Checked;
use crate::admin::users::Creation;
use crate::admin::{self, Act};
use crate::app::App;
use crate::db::services::{List, PermissionProvider, Service};
use crate::db::users::UserStatus;
use crate::db::{self, Connection, Constraint, DbError};
use crate::keys::{self, Family};
use crate::mint::template::Template;
use crate::outgoing;
use crate::password::StoredHash;
use crate::permissions;
use crate::problem::{FieldCode, Problem};
use crate::secret::Secret;

/// Longest audience, in bytes.
const MAX_AUDIENCE: usize = 256;

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
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedService {
    /// Its name.
    pub name: String,
    /// Its audience; absent: the name.
    pub audience: Option<String>,
    /// Life of its micro tokens in seconds; absent: the setting `micro.lifetime`.
    pub token_lifetime: Option<i64>,
    /// Algorithm of its micro tokens; absent: the issuer's.
    pub algorithm: Option<Family>,
    /// Its permission catalogue.
    #[serde(default)]
    pub permissions: Vec<String>,
    /// Services that a token of this one may also be for.
    #[serde(default)]
    pub may_share_with: Vec<String>,
    /// Further claims of its tokens: literals, and references such as `$user.email`.
    #[serde(default)]
    pub claim_template: Map<String, Value>,
    /// Where its permissions come from; absent: from roles.
    #[serde(default)]
    pub permission_provider: PermissionProvider,
    /// Whether what a holder loses makes its tokens stale; absent: yes.
    pub stale: Option<bool>,
    /// What anonymous holders get; absent: nothing.
    pub anonymous: Option<SeedAnonymous>,
}

/// What anonymous holders get at a service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeedAnonymous {
    /// What they may do: permissions of the service, or `service:*`.
    #[serde(default)]
    pub permissions: Vec<String>,
    /// Life of their tokens in seconds; absent: that of the service's tokens.
    pub token_lifetime: Option<i64>,
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
    /// What it is for, in words.
    pub description: Option<String>,
    /// Its grants.
    #[serde(default)]
    pub permissions: Vec<String>,
}

/// A user in a seed file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedUser {
    /// The id that they are known by elsewhere; absent: a new one.
    pub id: Option<Uuid>,
    /// Name of the account.
    pub username: String,
    /// E-mail of the account.
    pub email: String,
    /// Whether it is known that the e-mail is theirs; absent: they must prove it.
    #[serde(default)]
    pub email_verified: bool,
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
        users.push(prepare(app, user).await.map_err(|problem| of_user(user, problem))?);
    }
    let mut act = Act::of_operator(app).await?;
    for service in &seed.services {
        admin::services::put(&mut act, service).await?;
        imported.services += 1;
    }
    for role in &seed.roles {
        admin::roles::put(&mut act, role.check()?).await?;
        imported.roles += 1;
    }
    for (seed, new) in seed.users.iter().zip(users) {
        match put_user(&mut act, seed, &new).await.map_err(|problem| of_user(seed, problem))? {
            Put::Made => imported.users += 1,
            Put::Present => imported.users_present += 1,
        }
    }
    act.commit().await?;
    if seed.services.iter().any(|service| service.algorithm.is_some()) {
        // Whoever is told of a service may ask for its key at once.
        app.keys.reread(&app.db, &*app.clock).await?;
    }
    Ok(imported)
}

/// What became of a user of the file.
enum Put {
    Made,
    Present,
}

/// Makes a user whom nobody was made of yet, and gives the roles that they lack.
async fn put_user(act: &mut Act<'_>, seed: &SeedUser, new: &Creation) -> Result<Put, Problem> {
    let name = new.user.username.key();
    let (user, put) = match db::users::by_username(act.db(), name).await? {
        Some(user) if new.id.is_some_and(|id| id != user.id) => {
            let detail =
                format!("there is this user with the id `{}`, which can't change", user.id);
            return Err(Problem::field("id", FieldCode::NotAllowed, detail));
        }
        Some(user) => (user, Put::Present),
        None if db::accounts::is_given_up(act.db(), name).await? => {
            let known = match new.id {
                Some(id) => db::users::by_id(act.db(), id).await?,
                None => db::users::by_email(act.db(), new.user.email.key()).await?,
            };
            return match known {
                // They were made, and have another name by now.
                Some(user) if db::accounts::renamed_at(act.db(), user.id).await?.is_some() => {
                    Ok(Put::Present)
                }
                Some(_) | None => Err(accounts::taken("username")),
            };
        }
        None => (admin::users::create(act, new).await?, Put::Made),
    };
    if user.status != UserStatus::Deleted {
        for role in &seed.roles {
            admin::roles::assign(act, user.id, role).await?;
        }
    }
    Ok(put)
}

/// A problem of one of many users, with their name.
fn of_user(user: &SeedUser, problem: Problem) -> Problem {
    Problem { detail: format!("users: `{}`: {}", user.username, problem.detail), ..problem }
}

impl SeedRole {
    /// Checks the role.
    ///
    /// # Errors
    /// A field that can't be used.
    pub fn check(&self) -> Result<Checked, Problem> {
        let name = match &self.service {
            Some(service) => format!("{service}/{}", self.name),
            None => self.name.clone(),
        };
        if self.name.contains('/') {
            let detail = format!("`{name}` can't name a role; write it like `clerk`");
            return Err(Problem::field("name", FieldCode::Malformed, detail));
        }
        Checked::new(&name, self.level, &self.permissions, self.description.clone())
    }
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
    check_lifetime("token_lifetime", token_lifetime)?;
    for text in &seed.permissions {
        let permission = Permission::parse(text).map_err(|error| bad_permission(text, &error))?;
        if permission.service() != name {
            let detail = format!("`{text}` does not belong to `{name}`; write `{name}:...`");
            return Err(Problem::field("permissions", FieldCode::NotAllowed, detail));
        }
    }
    Template::parse(&seed.claim_template).map_err(Problem::fields)?;
    let anonymous = check_anonymous(name, seed.anonymous.as_ref(), token_lifetime)?;
    let service = Service {
        name: name.to_owned(),
        audience: seed.audience.clone().unwrap_or_else(|| name.to_owned()),
        token_lifetime,
        algorithm: seed.algorithm,
        claim_template: (!seed.claim_template.is_empty())
            .then(|| Value::Object(seed.claim_template.clone()).to_string()),
        permission_provider: seed.permission_provider.clone(),
        stale: seed.stale.unwrap_or(true),
        anonymous_lifetime: anonymous.as_ref().map(|(lifetime, _)| *lifetime),
    };
    check_provider(app, &service.permission_provider)?;
    refuse_ambiguous(db, &service).await?;
    app.services.written(&*app.clock);
    db::services::put(db, &service, app.clock.now()).await.map_err(|error| match error {
        DbError::Conflict(Constraint::Audience) => audience_taken(&service.audience),
        other => other.into(),
    })?;
    if matches!(service.permission_provider, PermissionProvider::Http(_)) {
        permissions::ensure_secret(app, db, name).await?;
    }
    match service.algorithm {
        Some(Family::Pair(algorithm)) => drop(keys::ensure(app, db, algorithm).await?),
        Some(Family::Secret) => refuse_shared_by_others(app, db, name).await?,
        None => {}
    }
    let anonymous = anonymous.map(|(_, permissions)| permissions).unwrap_or_default();
    for (list, items) in [
        (List::Catalogue, &seed.permissions),
        (List::Sharing, &seed.may_share_with),
        (List::Anonymous, &anonymous),
    ] {
        db::services::set_list(db, name, list, items).await?;
    }
    Ok(())
}

/// That a permission provider can be asked.
fn check_provider(app: &App, provider: &PermissionProvider) -> Result<(), Problem> {
    let PermissionProvider::Http(provider) = provider else { return Ok(()) };
    let refused = |field: &str, detail: String| {
        let field = format!("permission_provider.http.{field}");
        Problem::field(&field, FieldCode::NotAllowed, detail)
    };
    outgoing::check(&provider.url, &app.settings.private_networks)
        .map_err(|error| refused("url", error.to_string()))?;
    if !(0..=300).contains(&provider.cache) {
        return Err(refused("cache", "choose 0 to 300 seconds".to_owned()));
    }
    if !(10..=5000).contains(&provider.timeout) {
        return Err(refused("timeout", "choose 10 to 5000 milliseconds".to_owned()));
    }
    Ok(())
}

/// A secret is shared by the issuer and one service: whoever can check its tokens can make them, so a
/// second service could speak for the first.
async fn refuse_shared_by_others(
    app: &App,
    db: &mut Connection,
    name: &str,
) -> Result<(), Problem> {
    let refused = |detail: String| Err(Problem::field("algorithm", FieldCode::NotAllowed, detail));
    if app.settings.micro.secret.is_none() {
        return refused("`HS256` needs the setting `micro.secret`, which is not there".to_owned());
    }
    let with_it = db::services::of_family(db, Family::Secret).await?;
    match with_it.iter().find(|other| *other != name) {
        Some(other) => refused(format!(
            "`{other}` signs with `HS256`, and whoever can check such a token can make one: only one \
             service may; choose an algorithm with key pairs"
        )),
        None => Ok(()),
    }
}

/// A token names audiences, and whoever asks for one names services or audiences: one text must
/// not mean two services.
async fn refuse_ambiguous(db: &mut Connection, service: &Service) -> Result<(), Problem> {
    if service.audience.is_empty() || service.audience.len() > MAX_AUDIENCE {
        let detail = format!("1 to {MAX_AUDIENCE} bytes");
        return Err(Problem::field("audience", FieldCode::NotAllowed, detail));
    }
    let named = db::services::by_name(db, &service.audience).await?;
    if named.is_some_and(|other| other.name != service.name) {
        return Err(audience_taken(&service.audience));
    }
    let owner = db::services::by_audience(db, &service.name).await?;
    if owner.is_some_and(|other| other.name != service.name) {
        let detail = format!("`{}` is the audience of another service", service.name);
        return Err(Problem::field("name", FieldCode::Taken, detail));
    }
    Ok(())
}

fn audience_taken(audience: &str) -> Problem {
    let detail = format!("`{audience}` is the audience or name of another service");
    Problem::field("audience", FieldCode::Taken, detail)
}

fn check_lifetime(field: &str, lifetime: i64) -> Result<(), Problem> {
    if (10..=24 * 3600).contains(&lifetime) {
        return Ok(());
    }
    let detail = format!("`{lifetime}` is out of range; choose 10 to 86400 seconds");
    Err(Problem::field(field, FieldCode::NotAllowed, detail))
}

/// Life and permissions of anonymous holders.
fn check_anonymous(
    service: &str,
    seed: Option<&SeedAnonymous>,
    token_lifetime: i64,
) -> Result<Option<(i64, Vec<String>)>, Problem> {
    let Some(seed) = seed else { return Ok(None) };
    let lifetime = seed.token_lifetime.unwrap_or(token_lifetime);
    check_lifetime("anonymous.token_lifetime", lifetime)?;
    for text in &seed.permissions {
        let grant = Grant::parse(text).map_err(|error| {
            let detail = format!("`{text}`: {error}");
            Problem::field("anonymous.permissions", FieldCode::Malformed, detail)
        })?;
        if grant.service() != Some(service) {
            let detail = format!("`{text}` does not belong to `{service}`; write `{service}:...`");
            return Err(Problem::field("anonymous.permissions", FieldCode::NotAllowed, detail));
        }
    }
    Ok(Some((lifetime, seed.permissions.clone())))
}

/// Checks a user's fields and hashes the password. Reserved names and weak passwords are the
/// operator's to choose.
///
/// # Errors
/// A field that can't be used.
pub async fn prepare(app: &App, user: &SeedUser) -> Result<Creation, Problem> {
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
                Problem::field("password_hash", FieldCode::NotAllowed, error.to_string())
            })?;
            hash.reveal().to_owned()
        }
        (Some(_), Some(_)) | (None, None) => {
            let detail = "needs a password or a password_hash, not both";
            return Err(Problem::field("password", FieldCode::NotAllowed, detail));
        }
    };
    let new = NewUser { username, email, password_hash };
    Ok(Creation { id: user.id, user: new, email_verified: user.email_verified })
}

fn bad_permission(text: &str, error: &laika_claims::permission::PermissionError) -> Problem {
    Problem::field("permissions", FieldCode::Malformed, format!("`{text}`: {error}"))
}
