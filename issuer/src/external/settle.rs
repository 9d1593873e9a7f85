//! Accounts and identities, as [`decide`] has it, in the caller's transaction.

use laika_claims::IssuerCode;
use serde_json::json;
use uuid::Uuid;

use super::decision::{Decision, Facts, Namesake, Owner, Refusal, decide};
use super::exchange::lost_race;
use super::{Assertion, names};
use crate::accounts::{self, Email, Username};
use crate::admin::rules::is_administrator;
use crate::app::App;
use crate::audit::{self, Action, Actor, Entry, Subject};
use crate::db::identities::Identity;
use crate::db::mails::Kind;
use crate::db::sessions::{Origin, Session};
use crate::db::users::{User, UserStatus};
use crate::db::{self, Connection};
use crate::events::{self, Event, UserField};
use crate::limits::{self, Key, Limited};
use crate::mail::{self, About};
use crate::problem::Problem;
use crate::random;
use crate::status;

/// How many numbers are tried behind a name that is taken, before letters are drawn.
const NUMBERS: u32 = 9;

/// How many names are drawn then.
const DRAWS: usize = 8;

/// Somebody who is to be logged in.
#[derive(Debug)]
pub struct Settled {
    /// Who.
    pub user: User,
    /// Whether they are the anonymous holder who came.
    pub kept: bool,
}

/// Finds or makes the account of who was asserted.
///
/// # Errors
/// The rules of linking refuse, too many accounts were made, or somebody else was quicker.
pub async fn log_in(
    app: &App,
    db: &mut Connection,
    said: &Assertion,
    holder: Option<&Session>,
    origin: &Origin,
) -> Result<Settled, Problem> {
    let known = db::identities::find(db, said).await?;
    let owner = match &known {
        Some(identity) => Some(accounts::held_user(db, identity.user_id).await?),
        None => None,
    };
    let facts = Facts {
        linking: None,
        owner: owner.as_ref().map(|user| Owner { id: user.id, active: is_active(user) }),
        namesake: namesake(app, db, said).await?,
    };
    match (decide(facts), known) {
        (Decision::LogIn(id), Some(identity)) => {
            let user = accounts::held_user(db, id).await?;
            Ok(Settled { user: refresh(app, db, user, &identity, said).await?, kept: false })
        }
        (Decision::Link(id), None) => {
            let user = accounts::held_user(db, id).await?;
            add(app, db, said, &user, origin).await?;
            Ok(Settled { user, kept: false })
        }
        (Decision::Register, None) => register(app, db, said, holder, origin).await,
        (Decision::Refuse(refusal), _) => Err(refused(refusal)),
        (Decision::LogIn(_), None) | (Decision::Link(_) | Decision::Register, Some(_)) => {
            Err(Problem::internal("a decision that does not fit its facts"))
        }
    }
}

/// Links what was asserted with who is signed in.
///
/// # Errors
/// It is another account's.
pub async fn link(
    app: &App,
    db: &mut Connection,
    said: &Assertion,
    user: &User,
    origin: &Origin,
) -> Result<Identity, Problem> {
    let known = db::identities::find(db, said).await?;
    let owner = known.as_ref().map(|identity| Owner { id: identity.user_id, active: true });
    let facts = Facts { linking: Some(user.id), owner, namesake: None };
    match (decide(facts), known) {
        (Decision::Link(_), None) => add(app, db, said, user, origin).await,
        (Decision::LogIn(_), Some(identity)) => {
            refresh(app, db, user.clone(), &identity, said).await?;
            Ok(identity)
        }
        (Decision::Refuse(refusal), _) => Err(refused(refusal)),
        (Decision::Register, _) | (Decision::LogIn(_), None) | (Decision::Link(_), Some(_)) => {
            Err(Problem::internal("a decision that does not fit its facts"))
        }
    }
}

async fn add(
    app: &App,
    db: &mut Connection,
    said: &Assertion,
    user: &User,
    origin: &Origin,
) -> Result<Identity, Problem> {
    let (id, now) = (random::uuid(&*app.random)?, app.clock.now());
    let identity = db::identities::insert(db, id, user.id, said, now).await.map_err(lost_race)?;
    let about = json!({ "identity": id.to_string(), "provider": said.provider });
    let entry = Entry::new(Actor::User(user.id), Action::IdentityLinked, Subject::User(user.id))
        .after(about)
        .from(origin.address.clone());
    audit::record(app, db, &entry).await?;
    events::emit(app, db, &Event::updated(user.id, UserField::Identities)).await?;
    Ok(identity)
}

/// Takes over what changed about a person elsewhere, but for what they changed here: a picture is
/// replaced only while it is the one that this identity gave.
async fn refresh(
    app: &App,
    db: &mut Connection,
    user: User,
    before: &Identity,
    said: &Assertion,
) -> Result<User, Problem> {
    db::identities::used(db, before.id, said, app.clock.now()).await?;
    let (old, new) = (before.picture.as_deref(), said.picture.as_deref());
    if old == new || !db::accounts::replace_picture(db, user.id, old, new).await? {
        return Ok(user);
    }
    events::emit(app, db, &Event::updated(user.id, UserField::Profile)).await?;
    Ok(User { avatar_url: said.picture.clone(), ..user })
}

/// An anonymous holder gets a name: the one who came, who keeps their id, or a new one.
async fn register(
    app: &App,
    db: &mut Connection,
    said: &Assertion,
    holder: Option<&Session>,
    origin: &Origin,
) -> Result<Settled, Problem> {
    let address = origin.address.as_deref().and_then(|address| address.parse().ok());
    limits::take(app, db, Limited::Registration, &Key::address(address)).await?;
    let now = app.clock.now();
    let username = free_name(app, db, said).await?;
    let picture = said.picture.as_deref();
    let kept = match holder {
        Some(session) => {
            let id = session.user_id;
            let named = db::accounts::name_holder(db, id, &username, picture).await;
            named.map_err(lost_race)?.then_some(id)
        }
        None => None,
    };
    let id = match kept {
        Some(id) => {
            status::user_lost(db, id).await?;
            id
        }
        None => {
            let id = random::uuid(&*app.random)?;
            db::users::insert_anonymous(db, id, now).await?;
            db::accounts::name_holder(db, id, &username, picture).await.map_err(lost_race)?;
            id
        }
    };
    db::roles::assign(db, id, &app.settings.default_role.name, now).await?;
    give_email(app, db, id, said).await?;
    let user = accounts::held_user(db, id).await?;
    let entry = Entry::new(Actor::User(id), Action::UserRegistered, Subject::User(id))
        .after(json!({ "username": user.username, "provider": said.provider }))
        .from(origin.address.clone());
    audit::record(app, db, &entry).await?;
    events::emit(app, db, &Event::created(&user)).await?;
    add(app, db, said, &user, origin).await?;
    Ok(Settled { user, kept: kept.is_some() })
}

/// Gives a new account the e-mail that it is known by elsewhere. Where that is no proof, it must be
/// proved here, unless too many mails were asked for to that address; without mail it is taken as it is,
/// like that of any registration, if it is free.
async fn give_email(
    app: &App,
    db: &mut Connection,
    id: Uuid,
    said: &Assertion,
) -> Result<(), Problem> {
    let now = app.clock.now();
    if let Some(email) = said.proved_email() {
        // Somebody may still take it back: then it stays theirs.
        if db::accounts::prover_of(db, email.key(), now).await?.is_none() {
            accounts::claim(app, db, &email, Some(id)).await?;
            db::accounts::set_email(db, id, &email, Some(now)).await.map_err(lost_race)?;
        }
        return Ok(());
    }
    let email = said.email.as_ref().and_then(|email| Email::parse(&email.address).ok());
    let Some(email) = email else { return Ok(()) };
    if app.mail.is_some() {
        // Anybody may have written anybody's address there; by a first log-in each, they would flood it.
        return match limits::take(app, db, Limited::Resend, &Key::account(email.key())).await {
            Ok(()) => mail::queue(app, db, Kind::Change, &email, About::User(id), None).await,
            Err(problem) if problem.is(IssuerCode::RateLimited) => Ok(()),
            Err(problem) => Err(problem),
        };
    }
    if db::users::by_email(db, email.key()).await?.is_none() {
        db::accounts::set_email(db, id, &email, None).await.map_err(lost_race)?;
    }
    Ok(())
}

/// A user name that nobody has, as near as can be to what they are called elsewhere.
async fn free_name(app: &App, db: &mut Connection, said: &Assertion) -> Result<Username, Problem> {
    let base = names::base(said, &app.settings.reserved_names);
    let mut wanted = vec![Username::parse(&base).map_err(|fault| Problem::internal(fault.detail))?];
    for number in 2..=NUMBERS {
        wanted.push(names::numbered(&base, &number.to_string())?);
    }
    for _ in 0..DRAWS {
        let drawn: u32 = u32::from_be_bytes(random::bytes(&*app.random)?);
        wanted.push(names::numbered(&base, &drawn.to_string())?);
    }
    for username in wanted {
        if accounts::is_free_name(app, db, &username).await? {
            return Ok(username);
        }
    }
    Err(Problem::overloaded("no user name was free"))
}

/// The account that holds the e-mail which is proved by what was said.
async fn namesake(
    app: &App,
    db: &mut Connection,
    said: &Assertion,
) -> Result<Option<Namesake>, Problem> {
    let Some(email) = said.proved_email() else { return Ok(None) };
    let Some(found) = db::users::by_email(db, email.key()).await? else { return Ok(None) };
    Ok(Some(Namesake {
        id: found.id,
        active: is_active(&found),
        proved: found.email_verified_at.is_some(),
        guarded: is_guarded(app, db, &found).await?,
    }))
}

/// Whether an account is never opened, and loses nothing, by what a provider says of an e-mail.
async fn is_guarded(app: &App, db: &mut Connection, user: &User) -> Result<bool, Problem> {
    let level = db::roles::level_of(db, user.id).await?;
    // A factor guards what is its owner's: an e-mail that nobody has proved is not, or whoever made an
    // account in advance could keep it from its owner by a factor.
    let proved = user.email_verified_at.is_some();
    Ok(is_administrator(level, app.settings.admin.level)
        || (proved && db::factors::held(db, user.id).await?.any()))
}

fn is_active(user: &User) -> bool {
    user.status == UserStatus::Active
}

fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Closed => {
            let detail = "the account that this log-in belongs to is closed";
            Problem::issuer(IssuerCode::NotPermitted, detail)
        }
        Refusal::LinkedElsewhere => {
            let detail = "this log-in is linked to another account; unlink it there first";
            Problem::issuer(IssuerCode::Conflict, detail)
        }
        Refusal::Guarded => {
            let detail = "there is an account with this e-mail that no provider's word opens; log \
                          in to it as always, and link this log-in there";
            Problem::issuer(IssuerCode::Conflict, detail)
        }
    }
}
