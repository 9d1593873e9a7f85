//! The end of a log-in: a one-time code, or a headless client's answer, against a session.

use laika_claims::IssuerCode;
use uuid::Uuid;

use super::answer::Parameters;
use super::request::{challenge, is_verifier};
use super::settle::{self, Settled};
use super::{Assertion, Known, flow, next};
use crate::app::App;
use crate::db;
use crate::db::external::{Code, State};
use crate::db::identities::Identity;
use crate::db::sessions::{EndReason, Origin, Session};
use crate::db::users::User;
use crate::db::{Connection, DbError};
use crate::factors::{self, Waiting};
use crate::one_time_code;
use crate::problem::Problem;
use crate::secret::Secret;
use crate::session::{self, Arrival, Entered, Way};

/// Seconds for which a used code is remembered.
const REMEMBERED: i64 = 600;

/// How often a lost race, for a user name or in the database, is run again.
const ROUNDS: usize = 3;

/// Who comes to finish a log-in.
#[derive(Debug, Clone, Default)]
pub struct Finisher {
    /// The session that they go on with: that of an anonymous holder, or of who asks for a link.
    pub session: Option<(Session, User)>,
    /// Where a session that is made for them comes from.
    pub origin: Origin,
}

impl Finisher {
    /// Whether this may end what `asked_by` began: a link belongs to the session that asked for it.
    fn may_end(&self, asked_by: Option<Uuid>) -> bool {
        let session = self.session.as_ref().map(|(session, _)| session.id);
        asked_by.is_none() || asked_by == session
    }
}

/// What became of a log-in.
#[derive(Debug)]
pub enum Finished {
    /// Somebody is logged in.
    LoggedIn(Box<User>, Box<Session>),
    /// Somebody is to show a second factor.
    Waits(Waiting),
    /// An identity was linked to who was signed in.
    Linked(Box<Identity>),
}

/// Exchanges a one-time code. `page` is the origin of the page that asks, where one does.
///
/// # Errors
/// `code_invalid` where the code is unknown, used or expired, belongs to another client, page or
/// session; whatever the rules of linking refuse.
pub async fn exchange(
    app: &App,
    code: &Secret,
    verifier: &Secret,
    page: Option<&str>,
    finisher: Finisher,
) -> Result<Finished, Problem> {
    let (hash, now) = (one_time_code::hash(code.reveal()), app.clock.now());
    let mut tx = app.db.write().await?;
    let code = db::external::hold_code(&mut tx, &hash, now).await?.ok_or_else(code_invalid)?;
    let Some(said) = &code.assertion else {
        // Twice: one of the two was not meant to have it, and nobody knows which.
        drop(tx);
        if let Some(made) = code.made {
            tracing::warn!(session = %made, "a one-time code of a log-in was used again");
            session::end(app, made, EndReason::Reuse).await?;
        }
        return Err(code_invalid());
    };
    if !belongs(&code, verifier, page, &finisher) {
        // The code is worth nothing any more: whoever guesses has one guess.
        db::external::forget_code(&mut tx, &hash).await?;
        tx.commit().await?;
        return Err(code_invalid());
    }
    let said: Assertion = serde_json::from_str(said).map_err(Problem::internal)?;
    let finished = settle(app, &mut tx, &said, code.session, finisher).await?;
    match &finished {
        Finished::LoggedIn(_, session) => {
            let until = now.saturating_add(REMEMBERED);
            db::external::remember_used(&mut tx, &hash, session.id, until).await?;
        }
        Finished::Waits(_) | Finished::Linked(_) => {
            db::external::forget_code(&mut tx, &hash).await?;
        }
    }
    tx.commit().await?;
    app.wake_mail();
    report(&finished, &said);
    Ok(finished)
}

/// Finishes the log-in of a headless client, which brings the provider's answer itself.
///
/// # Errors
/// `code_invalid` where the state is unknown, used or expired, or belongs to another session;
/// `provider_failed`; whatever the rules of linking refuse.
pub async fn finish(
    app: &App,
    known: &Known,
    state: &Secret,
    answer: Parameters,
    finisher: Finisher,
) -> Result<Finished, Problem> {
    let found = flow::take(app, &known.provider, state, state).await?;
    let is_theirs = |state: &State| state.challenge.is_none() && finisher.may_end(state.session);
    let found = found.filter(is_theirs).ok_or_else(code_invalid)?;
    let said = flow::ask(app, known, &found, state, answer).await?;
    let mut rounds = 0;
    let finished = loop {
        match settle_alone(app, &said, found.session, finisher.clone()).await {
            // The provider's code is used up, so nobody can come again. Whoever got the name meanwhile
            // is seen in the next round.
            Err(problem) if is_race(&problem) && rounds < ROUNDS => rounds += 1,
            done => break done?,
        }
    };
    app.wake_mail();
    report(&finished, &said);
    Ok(finished)
}

/// [`settle`] in a transaction of its own.
async fn settle_alone(
    app: &App,
    said: &Assertion,
    asked_by: Option<Uuid>,
    finisher: Finisher,
) -> Result<Finished, Problem> {
    let mut tx = app.db.write().await?;
    let finished = settle(app, &mut tx, said, asked_by, finisher).await?;
    tx.commit().await?;
    Ok(finished)
}

/// Whether a code is for who brings it: the client that began, on the page that it was sent to, and
/// for a link the session that asked for it.
fn belongs(code: &Code, verifier: &Secret, page: Option<&str>, finisher: &Finisher) -> bool {
    let client = is_verifier(verifier.reveal()) && challenge(verifier.reveal()) == code.challenge;
    let here = page.is_none_or(|page| next::origin(&code.next).is_none_or(|next| next == page));
    client && here && finisher.may_end(code.session)
}

/// Every log-in at a provider passes here, in the caller's transaction: what the assertion means, and
/// then the one place where it becomes a session.
async fn settle(
    app: &App,
    db: &mut Connection,
    said: &Assertion,
    asked_by: Option<Uuid>,
    finisher: Finisher,
) -> Result<Finished, Problem> {
    let Finisher { session, origin } = finisher;
    if asked_by.is_some() {
        let Some((session, user)) = session else { return Err(code_invalid()) };
        session::hold(db, &session).await?;
        // The account may have got a factor since the link was begun.
        factors::must_have_shown(db, &session).await?;
        return Ok(Finished::Linked(Box::new(settle::link(app, db, said, &user, &origin).await?)));
    }
    let holder = session.filter(|(_, user)| user.is_anonymous()).map(|(session, _)| session);
    let Settled { user, kept } = settle::log_in(app, db, said, holder.as_ref(), &origin).await?;
    let way = Way::External;
    match holder {
        Some(session) if kept => {
            let session = session::go_on(app, db, session, way).await?;
            db::accounts::logged_in(db, user.id, app.clock.now()).await?;
            let user = User { last_login_at: Some(app.clock.now()), ..user };
            Ok(Finished::LoggedIn(Box::new(user), Box::new(session)))
        }
        holder => {
            let holder = holder.map(|session| session.user_id);
            let arrival = Arrival { user, way, holder, origin };
            Ok(match session::enter(app, db, arrival).await? {
                Entered::In(user, session) => Finished::LoggedIn(user, session),
                Entered::Waits(waiting) => Finished::Waits(waiting),
            })
        }
    }
}

fn report(finished: &Finished, said: &Assertion) {
    let provider = &said.provider;
    match finished {
        Finished::LoggedIn(user, session) => {
            tracing::info!(user = %user.id, session = %session.id, provider, "logged in elsewhere");
        }
        Finished::Waits(_) => {
            tracing::info!(provider, "a log-in elsewhere waits for its second factor");
        }
        Finished::Linked(identity) => {
            tracing::info!(user = %identity.user_id, provider, "linked an identity");
        }
    }
}

fn is_race(problem: &Problem) -> bool {
    problem.is(IssuerCode::Overloaded)
}

/// A code or state that is no good.
#[must_use]
pub fn code_invalid() -> Problem {
    let detail = "not a code of a log-in, or one that was used, has expired or belongs to another \
                  client; begin again";
    Problem::issuer(IssuerCode::CodeInvalid, detail)
}

/// A write that somebody else was quicker with.
pub(super) fn lost_race(error: DbError) -> Problem {
    match error {
        DbError::Conflict(_) => Problem::overloaded("two log-ins were settled at once"),
        other => other.into(),
    }
}
