//! A log-in at a provider, from its beginning to what the provider asserts.
//!
//! A browser is tied to its log-in by a cookie, a headless client by the state, which it keeps to
//! itself; each may finish only its own kind. A state is taken when it comes back, whatever becomes
//! of it: none is of use twice.

use super::answer::{self, Expected, Parameters};
use super::provider::{Protocol, Provider};
use super::request::{self, Halves};
use super::token::Grant;
use super::{Assertion, ExternalError, Known, oauth2, openid};
use crate::accounts::ProvedAnew;
use crate::app::App;
use crate::db;
use crate::db::external::{Code, State};
use crate::one_time_code;
use crate::problem::Problem;
use crate::secret::Secret;

/// Seconds within which somebody logs in at the provider.
pub const STATE_LIFETIME: i64 = 600;

/// Seconds within which a one-time code is exchanged.
const CODE_LIFETIME: i64 = 60;

/// What the state of a log-in begins with.
const STATE_PREFIX: &str = "laika_state_";

/// What a one-time code begins with.
const CODE_PREFIX: &str = "laika_code_";

/// What ties a browser to its log-ins begins with.
const BINDING_PREFIX: &str = "laika_browser_";

/// How a log-in begins.
#[derive(Debug)]
pub enum Begin<'a> {
    /// In a browser that holds `binding`, which is sent to `next` in the end.
    Browser {
        /// What its cookie holds.
        binding: &'a Secret,
        /// Where it is sent, which was checked.
        next: String,
        /// PKCE's challenge of who exchanges the code.
        challenge: String,
    },
    /// By a client that takes the provider's answer itself, at `redirect_uri`, which was checked.
    Headless {
        /// Where the provider sends its answer.
        redirect_uri: String,
    },
}

/// A log-in that was begun.
#[derive(Debug)]
pub struct Begun {
    /// Where the person goes.
    pub url: String,
    /// Its state; for a headless client to keep.
    pub state: Secret,
}

/// Begins a log-in, or a link where somebody proved anew in a session that they may ask for it.
///
/// # Errors
/// The provider's metadata can't be had, or the database failed.
pub async fn begin(
    app: &App,
    known: &Known,
    begin: Begin<'_>,
    proved: Option<ProvedAnew<'_>>,
) -> Result<Begun, Stopped> {
    let provider = &known.provider;
    let endpoint = match &provider.protocol {
        Protocol::OpenId { issuer } => {
            let metadata = known.open_id.metadata(app, issuer).await;
            metadata.inspect_err(|error| error.log(&provider.name))?.authorization
        }
        Protocol::OAuth2(endpoints) => endpoints.authorization.clone(),
    };
    let state = Secret::from(one_time_code::generate(STATE_PREFIX, &*app.random)?);
    let salt = one_time_code::generate("", &*app.random)?;
    let (held, next, challenge) = match begin {
        Begin::Browser { binding, next, challenge } => (binding.clone(), next, Some(challenge)),
        Begin::Headless { redirect_uri } => (state.clone(), redirect_uri, None),
    };
    let halves = Halves { salt: &salt, held: held.reveal() };
    let redirect_uri = match challenge {
        Some(_) => callback(app, provider),
        None => next.clone(),
    };
    let url = request::url(provider, &endpoint, &redirect_uri, state.reveal(), halves);
    let row = State {
        salt,
        provider: provider.name.clone(),
        next,
        challenge,
        session: proved.as_ref().map(ProvedAnew::session),
        expires_at: app.clock.now().saturating_add(STATE_LIFETIME),
    };
    let [state_hash, held_hash] = [&state, &held].map(|text| one_time_code::hash(text.reveal()));
    let mut tx = app.db.write().await?;
    if let Some(proved) = proved {
        proved.hold(&mut tx).await?;
    }
    db::external::begin(&mut tx, &state_hash, &held_hash, &row).await?;
    tx.commit().await?;
    Ok(Begun { url, state })
}

/// What ties a browser to its log-ins: what it holds already, or something new.
///
/// # Errors
/// There are no random numbers.
pub fn binding(app: &App, held: Option<Secret>) -> Result<Secret, Problem> {
    match held.filter(|held| held.reveal().starts_with(BINDING_PREFIX)) {
        Some(held) => Ok(held),
        None => Ok(one_time_code::generate(BINDING_PREFIX, &*app.random)?.into()),
    }
}

/// Takes the log-in that comes back with this state to a browser that holds `binding`. `None`: there
/// is none, or it is another browser's.
///
/// # Errors
/// The database failed.
pub async fn take(
    app: &App,
    provider: &Provider,
    state: &Secret,
    binding: &Secret,
) -> Result<Option<State>, Problem> {
    let [state_hash, held_hash] = [state, binding].map(|text| one_time_code::hash(text.reveal()));
    let mut tx = app.db.write().await?;
    let (now, name) = (app.clock.now(), &provider.name);
    let found = db::external::take(&mut tx, &state_hash, &held_hash, name, now).await?;
    tx.commit().await?;
    Ok(found)
}

/// What the provider says of who comes back to a log-in.
///
/// # Errors
/// Anything that is not as it must be; it is in the log.
pub async fn ask(
    app: &App,
    known: &Known,
    state: &State,
    held: &Secret,
    answer: Parameters,
) -> Result<Assertion, ExternalError> {
    let provider = &known.provider;
    let asked = ask_quietly(app, known, state, held, answer).await;
    asked.inspect_err(|error| error.log(&provider.name))
}

async fn ask_quietly(
    app: &App,
    known: &Known,
    state: &State,
    held: &Secret,
    answer: Parameters,
) -> Result<Assertion, ExternalError> {
    let provider = &known.provider;
    let halves = Halves { salt: &state.salt, held: held.reveal() };
    let verifier = halves.verifier();
    let redirect_uri = match state.challenge {
        Some(_) => callback(app, provider),
        None => state.next.clone(),
    };
    match &provider.protocol {
        Protocol::OpenId { issuer } => {
            let names_itself = known.open_id.metadata(app, issuer).await?.names_itself;
            let code = answer::read(answer, Expected { issuer: Some(issuer), names_itself })?;
            let grant = Grant { code: &code, redirect_uri: &redirect_uri, verifier: &verifier };
            let asked = (provider, &known.open_id, issuer.as_str());
            openid::assertion(app, asked, grant, &halves.nonce()).await
        }
        Protocol::OAuth2(endpoints) => {
            let issuer = endpoints.issuer.as_deref();
            let code = answer::read(answer, Expected { issuer, names_itself: false })?;
            let grant = Grant { code: &code, redirect_uri: &redirect_uri, verifier: &verifier };
            oauth2::assertion(app, provider, endpoints, grant).await
        }
    }
}

/// Puts what a provider said behind a one-time code for whoever `state` is of.
///
/// # Errors
/// The database failed.
pub async fn code_for(
    app: &App,
    state: State,
    challenge: String,
    said: &Assertion,
) -> Result<Secret, Problem> {
    let code = one_time_code::generate(CODE_PREFIX, &*app.random)?;
    let row = Code {
        next: state.next,
        challenge,
        assertion: Some(serde_json::to_string(said).map_err(Problem::internal)?),
        session: state.session,
        made: None,
        expires_at: app.clock.now().saturating_add(CODE_LIFETIME),
    };
    let mut tx = app.db.write().await?;
    db::external::insert_code(&mut tx, &one_time_code::hash(&code), &row).await?;
    tx.commit().await?;
    Ok(code.into())
}

/// Where providers send browsers back to.
fn callback(app: &App, provider: &Provider) -> String {
    format!("{}/v1/login/{}/callback", app.issuer.as_str(), provider.name)
}

/// Why a log-in does not begin.
#[derive(Debug)]
pub enum Stopped {
    /// It is the provider's doing.
    Provider(ExternalError),
    /// It is ours.
    Here(Problem),
}

impl From<ExternalError> for Stopped {
    fn from(error: ExternalError) -> Self {
        Self::Provider(error)
    }
}

impl<E> From<E> for Stopped
where
    Problem: From<E>,
    E: Ours,
{
    fn from(error: E) -> Self {
        Self::Here(error.into())
    }
}

/// What goes wrong on this side.
trait Ours {}

impl Ours for Problem {}
impl Ours for db::DbError {}
impl Ours for sqlx::Error {}
impl Ours for crate::random::RandomError {}

impl From<Stopped> for Problem {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Provider(error) => error.into(),
            Stopped::Here(problem) => problem,
        }
    }
}
