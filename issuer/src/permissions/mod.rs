//! Where permissions of a service come from, besides roles: somebody who is asked at each minting.
//!
//! Holder, roles and grants are read in one statement; what a provider says is joined after it, and
//! takes the place of every permission of its service. So a permission that is lost at a provider
//! shows at the next minting, and makes no token stale: the issuer does not hear of it. A service
//! for which that is too late lets its tokens live shorter.
//!
//! | module | what lives there |
//! |---|---|
//! | [`provider`] | the trait of providers that the library is given |
//! | [`http`] | providers that are asked by a signed request |
//! | [`memory`] | answers of a moment ago |

pub mod http;
pub mod memory;
pub mod provider;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use laika_claims::{Grant, IssuerCode};

use self::memory::Memory;
pub use self::provider::{Asked, PermissionProvider, ProviderError};
use crate::app::App;
use crate::db::Connection;
use crate::db::services::{self, HttpProvider, OnFailure};
use crate::metrics::Outside;
use crate::mint::Holder;
use crate::mint::catalogue::KnownService;
use crate::mint::target::Target;
use crate::outgoing::{Breaker, WebhookSecret};
use crate::problem::Problem;
use crate::secret::Secret;

/// Providers that the library was given, by the name of their service.
pub type Library = BTreeMap<String, Arc<dyn PermissionProvider>>;

/// What providers said: by service, everything that the holder may do there.
pub type Answers = BTreeMap<String, BTreeSet<Grant>>;

/// How long the last answer may stand in for one that does not come.
const LAST_KNOWN: Duration = Duration::from_secs(600);

/// Everything that is asked for permissions.
#[derive(Default)]
pub struct Providers {
    library: Library,
    memory: Memory,
    /// By URL.
    breakers: Mutex<BTreeMap<String, Arc<Breaker>>>,
}

impl Providers {
    /// These, and those that services name.
    #[must_use]
    pub fn new(library: Library) -> Self {
        Self { library, ..Self::default() }
    }

    fn breaker(&self, url: &str) -> Arc<Breaker> {
        let mut breakers = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(breakers.entry(url.to_owned()).or_default())
    }
}

impl fmt::Debug for Providers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Providers").field("library", &self.library.keys()).finish_non_exhaustive()
    }
}

/// Asks the providers of a token's services what its holder may do; nothing is done for services
/// whose permissions come from roles. Anonymous holders may do what each service says of them.
///
/// # Errors
/// A provider does not answer, and its service wants no token then.
pub async fn ask(app: &App, holder: &Holder<'_>, target: &Target) -> Result<Answers, Problem> {
    let mut answers = Answers::new();
    if holder.is_anonymous() {
        return Ok(answers);
    }
    for (name, service) in target.known() {
        if let Some(library) = app.permissions.library.get(name) {
            let said = library.permissions(name, &holder.subject()).await;
            app.metrics.asked(Outside::PermissionProvider, said.is_ok());
            // Whoever wrote it in Rust decides there what happens on failure.
            let said = said.map_err(|error| silent(name, &error.to_string()))?;
            answers.insert(name.to_owned(), own(name, &said));
            continue;
        }
        match &service.permission_provider {
            services::PermissionProvider::Roles => {}
            services::PermissionProvider::Http(provider) => {
                let said = by_http(app, name, service, provider, &holder.subject()).await?;
                answers.insert(name.to_owned(), said);
            }
        }
    }
    Ok(answers)
}

async fn by_http(
    app: &App,
    name: &str,
    service: &KnownService,
    provider: &HttpProvider,
    subject: &str,
) -> Result<BTreeSet<Grant>, Problem> {
    let (memory, now) = (&app.permissions.memory, app.clock.monotonic());
    let key = memory::Key::new(name, &provider.url, subject);
    let fresh = Duration::from_secs(u64::try_from(provider.cache).unwrap_or_default());
    if let Some(known) = memory.find(&key, now, fresh) {
        return Ok(known);
    }
    let breaker = app.permissions.breaker(&provider.url);
    let question = http::ask(app, name, service, provider, subject);
    let error = match breaker.ask(app, Outside::PermissionProvider, question).await {
        Ok(said) => {
            let grants = own(name, &said);
            memory.keep(key, grants.clone(), app.clock.monotonic(), fresh.max(LAST_KNOWN));
            return Ok(grants);
        }
        Err(error) => error,
    };
    tracing::warn!(service = name, %error, "a permission provider gave no answer to go by");
    match provider.on_failure {
        OnFailure::Empty => Ok(BTreeSet::new()),
        OnFailure::Deny => Err(silent(name, &error.to_string())),
        OnFailure::LastKnown => memory
            .find(&key, app.clock.monotonic(), LAST_KNOWN)
            .ok_or_else(|| silent(name, &error.to_string())),
    }
}

/// Makes a secret for requests to the provider of a service, where there is none; nobody sees it until
/// another one is made.
///
/// # Errors
/// The database failed.
pub async fn ensure_secret(app: &App, db: &mut Connection, service: &str) -> Result<(), Problem> {
    if services::provider_secrets(db).await?.contains_key(service) {
        return Ok(());
    }
    new_secret(app, db, service, 0).await.map(drop)
}

/// Makes another secret for requests to the provider of a service; the one before signs as well for
/// `overlap` seconds.
///
/// # Errors
/// There is no such service.
pub async fn new_secret(
    app: &App,
    db: &mut Connection,
    service: &str,
    overlap: i64,
) -> Result<Secret, Problem> {
    let secret = WebhookSecret::generate(&*app.random)?;
    let wrapped = secret.wrap(&http::owner(service), app.keys.master(), &*app.random)?;
    let until = app.clock.now().saturating_add(overlap);
    app.services.written(&*app.clock);
    if !services::set_provider_secret(db, service, &wrapped, until).await? {
        let detail = format!("there is no service `{}`", service.escape_debug());
        return Err(Problem::issuer(IssuerCode::NotFound, detail));
    }
    Ok(secret.reveal())
}

/// What of an answer is of this service; the rest is none of the provider's business.
fn own(service: &str, said: &[String]) -> BTreeSet<Grant> {
    let mut grants = BTreeSet::new();
    let mut foreign = 0_usize;
    for text in said {
        match Grant::parse(text) {
            Ok(grant) if grant.service() == Some(service) => {
                grants.insert(grant);
            }
            Ok(_) | Err(_) => foreign += 1,
        }
    }
    if foreign > 0 {
        tracing::warn!(service, foreign, "dropped permissions of a provider that are not its own");
    }
    grants
}

fn silent(service: &str, error: &str) -> Problem {
    Problem::unanswered(&format!("the permissions of `{service}`: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_permissions_of_the_own_service_count() {
        let said =
            ["storage:read", "storage:*", "*", "orders:read", "", "storage", "storage-2:read"]
                .map(str::to_owned);
        let grants: Vec<_> =
            own("storage", &said).iter().map(|grant| grant.as_str().to_owned()).collect();
        assert_eq!(grants, ["storage:*", "storage:read"]);
    }
}
