//! Services: made, changed, removed; at level 0 only.

use laika_claims::IssuerCode;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Act, not_found};
use crate::accounts::service_name;
use crate::audit::{Action, Subject};
use crate::db::services::{self, List, PermissionProvider, Service};
use crate::db::{self, Connection, DbError};
use crate::events::Event;
use crate::events::hooks::check_overlap;
use crate::keys::Family;
use crate::mint::template;
use crate::permissions;
use crate::problem::{FieldCode, Problem};
use crate::secret::Secret;
use crate::seed::{self, SeedAnonymous, SeedService};
use crate::status;

/// Longest audience, in characters.
const MAX_AUDIENCE: usize = 256;

/// A service with everything that belongs to it, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Whole {
    /// Its name.
    pub name: String,
    /// `aud` of its tokens.
    pub audience: String,
    /// Life of its micro tokens in seconds.
    pub token_lifetime: i64,
    /// Algorithm of its micro tokens; absent: the issuer's.
    pub algorithm: Option<Family>,
    /// Its permission catalogue.
    pub permissions: Vec<String>,
    /// Services that a token of this one may also be for.
    pub may_share_with: Vec<String>,
    /// Further claims of its tokens.
    pub claim_template: Map<String, Value>,
    /// Where its permissions come from.
    pub permission_provider: PermissionProvider,
    /// Whether what a holder loses makes its tokens stale.
    pub stale: bool,
    /// What anonymous holders get.
    pub anonymous: Option<SeedAnonymous>,
}

impl From<Whole> for SeedService {
    fn from(whole: Whole) -> Self {
        Self {
            name: whole.name,
            audience: Some(whole.audience),
            token_lifetime: Some(whole.token_lifetime),
            algorithm: whole.algorithm,
            permissions: whole.permissions,
            may_share_with: whole.may_share_with,
            claim_template: whole.claim_template,
            permission_provider: whole.permission_provider,
            stale: Some(whole.stale),
            anonymous: whole.anonymous,
        }
    }
}

/// A service with everything that belongs to it.
///
/// # Errors
/// The query failed.
pub async fn whole(db: &mut Connection, service: Service) -> Result<Whole, DbError> {
    Ok(Whole {
        permissions: services::list_of(db, &service.name, List::Catalogue).await?,
        may_share_with: services::list_of(db, &service.name, List::Sharing).await?,
        claim_template: stored_template(service.claim_template.as_deref())?,
        permission_provider: service.permission_provider,
        stale: service.stale,
        anonymous: match service.anonymous_lifetime {
            Some(lifetime) => Some(SeedAnonymous {
                permissions: services::list_of(db, &service.name, List::Anonymous).await?,
                token_lifetime: Some(lifetime),
            }),
            None => None,
        },
        name: service.name,
        audience: service.audience,
        token_lifetime: service.token_lifetime,
        algorithm: service.algorithm,
    })
}

fn stored_template(text: Option<&str>) -> Result<Map<String, Value>, DbError> {
    let Some(text) = text else { return Ok(Map::new()) };
    template::written(text)
        .ok_or_else(|| DbError::Corrupt { what: "a claim template", value: text.to_owned() })
}

/// Whether anonymous holders may do less since.
fn anonymous_lost(before: &Whole, since: &Whole) -> bool {
    let permissions = |whole: &Whole| {
        whole.anonymous.as_ref().map(|anonymous| anonymous.permissions.clone()).unwrap_or_default()
    };
    let since = permissions(since);
    permissions(before).iter().any(|held| !since.contains(held))
}

/// The service of that name, with everything that belongs to it.
///
/// # Errors
/// There is no such service.
pub async fn by_name(db: &mut Connection, name: &str) -> Result<Whole, Problem> {
    let found = services::by_name(db, name).await?.ok_or_else(|| not_found("service", name))?;
    Ok(whole(db, found).await?)
}

/// Makes a service.
///
/// # Errors
/// There is one of this name, a field can't be used, or the administrator is not at level 0.
pub async fn create(act: &mut Act<'_>, service: &SeedService) -> Result<Whole, Problem> {
    act.authority().may_touch_infrastructure()?;
    // What can't be a name is refused as such, below.
    if service_name(&service.name).is_some()
        && services::by_name(act.db(), &service.name).await?.is_some()
    {
        let detail = format!("there is a service `{}` already", service.name);
        return Err(Problem::issuer(IssuerCode::Conflict, detail));
    }
    put(act, service).await
}

/// Makes a service, or brings one that exists to this; nothing happens where it is so already.
///
/// # Errors
/// A field can't be used, or the administrator is not at level 0.
pub async fn put(act: &mut Act<'_>, service: &SeedService) -> Result<Whole, Problem> {
    act.authority().may_touch_infrastructure()?;
    check(service)?;
    let before = match services::by_name(act.db(), &service.name).await? {
        Some(found) => Some(whole(act.db(), found).await?),
        None => None,
    };
    let app = act.app();
    seed::put_service(app, act.db(), service).await?;
    let after = by_name(act.db(), &service.name).await?;
    if before.as_ref() == Some(&after) {
        return Ok(after);
    }
    if before.as_ref().is_some_and(|before| anonymous_lost(before, &after)) {
        status::anonymous_lost(act.db()).await?;
    }
    let name = service.name.clone();
    let (action, event) = match before {
        Some(_) => (Action::ServiceChanged, Event::ServiceChanged { service: name }),
        None => (Action::ServiceCreated, Event::ServiceCreated { service: name }),
    };
    let (before, since) = (before.map(|before| shown(&before)).transpose()?, shown(&after)?);
    act.record(action, Subject::Service(service.name.clone()), before, Some(since)).await?;
    act.emit(&event).await?;
    Ok(after)
}

/// Removes a service that no role and no direct grant needs any more.
///
/// # Errors
/// There is no such service, it is needed, or the administrator is not at level 0.
pub async fn delete(act: &mut Act<'_>, name: &str) -> Result<(), Problem> {
    act.authority().may_touch_infrastructure()?;
    let before = by_name(act.db(), name).await?;
    refuse_needed(act.db(), name).await?;
    let app = act.app();
    app.services.written(&*app.clock);
    services::delete(act.db(), name).await?;
    // Its permissions for anonymous holders went with it.
    if before.anonymous.as_ref().is_some_and(|anonymous| !anonymous.permissions.is_empty()) {
        status::anonymous_lost(act.db()).await?;
    }
    let before = shown(&before)?;
    act.record(Action::ServiceDeleted, Subject::Service(name.to_owned()), Some(before), None)
        .await?;
    act.emit(&Event::ServiceDeleted { service: name.to_owned() }).await
}

/// Refuses to remove a service that roles or direct grants need, and says which and how many.
async fn refuse_needed(db: &mut Connection, name: &str) -> Result<(), Problem> {
    let roles = db::roles::count_of_service(db, name).await?;
    let naming = db::roles::others_naming(db, name).await?;
    let grants = db::grants::count_of_service(db, name).await?;
    if roles == 0 && naming.is_empty() && grants == 0 {
        return Ok(());
    }
    let mut detail = format!("`{name}` still has {roles} roles and {grants} direct grants");
    if !naming.is_empty() {
        detail += &format!(", and its permissions are in `{}`", naming.join("`, `"));
    }
    Err(Problem::issuer(IssuerCode::Conflict, detail + "; remove them first"))
}

/// Makes another secret for requests to the permission provider of a service; the one before signs
/// as well for `overlap` seconds.
///
/// # Errors
/// There is no such service, the time is too long, or the administrator is not at level 0.
pub async fn rotate_provider_secret(
    act: &mut Act<'_>,
    name: &str,
    overlap: i64,
) -> Result<Secret, Problem> {
    act.authority().may_touch_infrastructure()?;
    check_overlap(overlap)?;
    by_name(act.db(), name).await?;
    let app = act.app();
    let secret = permissions::new_secret(app, act.db(), name, overlap).await?;
    let after = serde_json::json!({ "overlap": overlap });
    let subject = Subject::Service(name.to_owned());
    act.record(Action::ServiceProviderSecretRotated, subject, None, Some(after)).await?;
    Ok(secret)
}

/// What only a text of a request can get wrong.
fn check(service: &SeedService) -> Result<(), Problem> {
    // What is no name reaches no query.
    if service_name(&service.name).is_none() {
        let shown: String = service.name.chars().take(64).flat_map(char::escape_debug).collect();
        let detail = format!("`{shown}` can't name a service; write it like `orders`");
        return Err(Problem::field("name", FieldCode::Malformed, detail));
    }
    if let Some(audience) = &service.audience {
        let fits = (1..=MAX_AUDIENCE).contains(&audience.chars().count());
        if !fits || audience.chars().any(|c| c.is_control() || c.is_whitespace()) {
            let detail = format!("1 to {MAX_AUDIENCE} characters, without spaces");
            return Err(Problem::field("audience", FieldCode::Malformed, detail));
        }
    }
    if let Some(other) = service.may_share_with.iter().find(|name| service_name(name).is_none()) {
        let shown: String = other.chars().take(64).flat_map(char::escape_debug).collect();
        let detail = format!("`{shown}` can't name a service; write it like `orders`");
        return Err(Problem::field("may_share_with", FieldCode::Malformed, detail));
    }
    Ok(())
}

fn shown(service: &Whole) -> Result<Value, Problem> {
    serde_json::to_value(service).map_err(Problem::internal)
}
