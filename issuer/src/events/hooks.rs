//! Endpoints of events: made, changed, given another secret, removed; and what was given up sent
//! again. At level 0 only: an endpoint hears of everybody.

use laika_claims::IssuerCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::admin::Act;
use crate::app::App;
use crate::audit::{Action, Subject};
use crate::db::deliveries::{self, Endpoint};
use crate::db::hooks::{Hook, Wanted};
use crate::db::{self, Connection};
use crate::events::EventName;
use crate::keys::KeyError;
use crate::outgoing::{self, Signer, WebhookSecret, WrappedSecrets};
use crate::problem::{FieldCode, Problem};
use crate::random;
use crate::secret::Secret;

/// Most endpoints there can be: each event is written once for each of them.
const MOST: i64 = 20;

/// Longest time in seconds that a secret signs beside its successor.
const MAX_OVERLAP: i64 = 7 * 24 * 3600;

/// How long it does where nothing is said, in seconds.
pub const OVERLAP: i64 = 24 * 3600;

/// What is to be changed about an endpoint; the inner `None` takes something away.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Another URL.
    pub url: Option<String>,
    /// Another description.
    pub description: Option<Option<String>>,
    /// Other events; `Some(None)`: every one.
    pub events: Option<Option<Vec<EventName>>>,
    /// Whether anything is sent.
    pub enabled: Option<bool>,
}

/// Makes an endpoint; the secret is shown once.
///
/// # Errors
/// A field can't be used, there are too many, or the administrator is not at level 0.
pub async fn create(
    act: &mut Act<'_>,
    url: &str,
    description: Option<String>,
    events: Option<Vec<EventName>>,
) -> Result<(Hook, Secret), Problem> {
    act.authority().may_touch_infrastructure()?;
    let (app, now) = (act.app(), act.now());
    let url = checked(app, url)?;
    description.as_deref().map_or(Ok(()), crate::admin::description)?;
    if db::hooks::count(act.db()).await? >= MOST {
        let detail = format!("there are {MOST} hooks, and no more can be; remove one first");
        return Err(Problem::issuer(IssuerCode::Conflict, detail));
    }
    let id = random::uuid(&*app.random)?;
    let secret = WebhookSecret::generate(&*app.random)?;
    let hook = Hook {
        id,
        url,
        description,
        events: wanted(events),
        secrets: WrappedSecrets {
            secret: secret.wrap(&owner(id), app.keys.master(), &*app.random)?,
            old: None,
        },
        disabled_at: None,
        created_at: now,
    };
    db::hooks::insert(act.db(), &hook).await?;
    act.record(Action::HookCreated, subject(id), None, Some(shown(&hook))).await?;
    Ok((hook, secret.reveal()))
}

/// Changes an endpoint; the endpoint since. Nothing happens where it is so already.
///
/// # Errors
/// There is no such endpoint, a field can't be used, or the administrator is not at level 0.
pub async fn change(act: &mut Act<'_>, id: Uuid, change: Change) -> Result<Hook, Problem> {
    act.authority().may_touch_infrastructure()?;
    let (app, now) = (act.app(), act.now());
    let before = find(act.db(), id).await?;
    let mut hook = before.clone();
    if let Some(url) = change.url {
        hook.url = checked(app, &url)?;
    }
    if let Some(description) = change.description {
        description.as_deref().map_or(Ok(()), crate::admin::description)?;
        hook.description = description;
    }
    if let Some(events) = change.events {
        hook.events = wanted(events);
    }
    match (change.enabled, hook.disabled_at) {
        (Some(true), Some(_)) => hook.disabled_at = None,
        (Some(false), None) => hook.disabled_at = Some(now),
        (Some(true), None) | (Some(false), Some(_)) | (None, _) => {}
    }
    if hook == before {
        return Ok(hook);
    }
    db::hooks::update(act.db(), &hook).await?;
    act.record(Action::HookChanged, subject(id), Some(shown(&before)), Some(shown(&hook))).await?;
    app.bell.ring();
    Ok(hook)
}

/// Makes a new secret; the one before it signs as well for `overlap` seconds.
///
/// # Errors
/// There is no such endpoint, the time is too long, or the administrator is not at level 0.
pub async fn rotate_secret(
    act: &mut Act<'_>,
    id: Uuid,
    overlap: i64,
) -> Result<(Hook, Secret), Problem> {
    act.authority().may_touch_infrastructure()?;
    check_overlap(overlap)?;
    let (app, now) = (act.app(), act.now());
    find(act.db(), id).await?;
    let secret = WebhookSecret::generate(&*app.random)?;
    let wrapped = secret.wrap(&owner(id), app.keys.master(), &*app.random)?;
    db::hooks::set_secret(act.db(), id, &wrapped, now.saturating_add(overlap)).await?;
    act.record(Action::HookSecretRotated, subject(id), None, Some(json!({ "overlap": overlap })))
        .await?;
    Ok((find(act.db(), id).await?, secret.reveal()))
}

/// Removes an endpoint, with what was to be sent to it.
///
/// # Errors
/// There is no such endpoint, or the administrator is not at level 0.
pub async fn delete(act: &mut Act<'_>, id: Uuid) -> Result<(), Problem> {
    act.authority().may_touch_infrastructure()?;
    let before = find(act.db(), id).await?;
    db::hooks::delete(act.db(), id).await?;
    act.record(Action::HookDeleted, subject(id), Some(shown(&before)), None).await
}

/// Has one event sent again, whatever became of it; at once, where it waits.
///
/// # Errors
/// There is no such endpoint or event, or the administrator is not at level 0.
pub async fn repeat(act: &mut Act<'_>, endpoint: Endpoint, event: Uuid) -> Result<(), Problem> {
    act.authority().may_touch_infrastructure()?;
    let (app, now) = (act.app(), act.now());
    exists(app, act.db(), endpoint).await?;
    let give_up_at = now.saturating_add(app.settings.hooks.give_up_after);
    if !deliveries::repeat(act.db(), endpoint, event, now, give_up_at).await? {
        let detail = format!("there is no event `{event}` of this hook, or it was forgotten");
        return Err(Problem::issuer(IssuerCode::NotFound, detail));
    }
    let after = json!({ "event": event.to_string() });
    act.record(Action::HookRepeated, of(endpoint), None, Some(after)).await?;
    app.bell.ring();
    Ok(())
}

/// Has everything sent again that was given up; how many events.
///
/// # Errors
/// There is no such endpoint, or the administrator is not at level 0.
pub async fn repeat_all(act: &mut Act<'_>, endpoint: Endpoint) -> Result<u64, Problem> {
    act.authority().may_touch_infrastructure()?;
    let (app, now) = (act.app(), act.now());
    exists(app, act.db(), endpoint).await?;
    let give_up_at = now.saturating_add(app.settings.hooks.give_up_after);
    let repeated = deliveries::repeat_all(act.db(), endpoint, now, give_up_at).await?;
    act.record(Action::HookRepeated, of(endpoint), None, Some(json!({ "events": repeated })))
        .await?;
    app.bell.ring();
    Ok(repeated)
}

/// The endpoint with this id.
///
/// # Errors
/// There is none.
pub async fn find(db: &mut Connection, id: Uuid) -> Result<Hook, Problem> {
    db::hooks::by_id(db, id).await?.ok_or_else(|| no_hook(&id.to_string()))
}

/// That there is such an endpoint.
///
/// # Errors
/// There is none.
pub async fn exists(app: &App, db: &mut Connection, endpoint: Endpoint) -> Result<(), Problem> {
    match endpoint {
        Endpoint::Hook(id) => find(db, id).await.map(drop),
        Endpoint::Amqp if app.settings.amqp.is_some() => Ok(()),
        Endpoint::Amqp => Err(no_hook("amqp")),
    }
}

/// Whoever signs requests to an endpoint now.
///
/// # Errors
/// The secret was wrapped by another master key.
pub(super) fn signer(app: &App, hook: &Hook) -> Result<Signer, KeyError> {
    hook.secrets.signer(&owner(hook.id), app.keys.master(), app.clock.now())
}

/// That a secret may sign for so long beside its successor.
///
/// # Errors
/// It is too long, or no time at all.
pub fn check_overlap(overlap: i64) -> Result<(), Problem> {
    if (0..=MAX_OVERLAP).contains(&overlap) {
        return Ok(());
    }
    let detail = format!("choose 0 to {MAX_OVERLAP} seconds");
    Err(Problem::field("overlap", FieldCode::NotAllowed, detail))
}

fn checked(app: &App, url: &str) -> Result<String, Problem> {
    outgoing::check(url, &app.settings.private_networks)
        .map_err(|error| Problem::field("url", FieldCode::NotAllowed, error.to_string()))?;
    Ok(url.to_owned())
}

fn wanted(events: Option<Vec<EventName>>) -> Wanted {
    let Some(mut names) = events else { return Wanted::All };
    names.sort();
    names.dedup();
    Wanted::Named(names)
}

/// What a wrapped secret is bound to.
fn owner(id: Uuid) -> String {
    format!("hook:{id}")
}

fn subject(id: Uuid) -> Subject {
    of(Endpoint::Hook(id))
}

fn of(endpoint: Endpoint) -> Subject {
    Subject::Hook(endpoint.to_string())
}

/// An endpoint as the audit log shows it.
fn shown(hook: &Hook) -> Value {
    json!({
        "url": hook.url,
        "description": hook.description,
        "events": hook.events.clone().names(),
        "enabled": hook.disabled_at.is_none(),
    })
}

fn no_hook(name: &str) -> Problem {
    Problem::issuer(IssuerCode::NotFound, format!("there is no hook `{name}`"))
}
