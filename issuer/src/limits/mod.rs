//! Rate limits, in the database, so that all replicas share them.
//!
//! # Design
//!
//! The algorithm is GCRA, the leaky bucket as a single number: a row says when its bucket will have
//! run empty. A limit of 10 in 15 minutes lets 10 through at once and then one every 90 seconds.
//! One number needs one statement that decides and writes, and no row that grows; there is no edge
//! of a window at which twice as much goes through. A row whose time has passed says nothing and is
//! removed in the background.
//!
//! What is counted is *taken before* the work and committed, and given back where it turns out not
//! to count (a right password). Counting afterwards would let requests that come at once pass
//! together.
//!
//! A clock that is set back does not lock anybody out for as long as it was set back: what lies
//! further ahead than the limit can write counts as a limit that is used up.

mod block;
mod kind;
pub mod log_in;
mod requests;

use std::fmt;
use std::net::IpAddr;

pub use block::block;
pub use kind::{Key, Limited};
pub use requests::Requests;

use laika_claims::IssuerCode;

use crate::app::App;
use crate::clock::SKEW;
use crate::config::limits::Rate;
use crate::db::limits::Take;
use crate::db::sessions::Session;
use crate::db::{self, Connection};
use crate::problem::Problem;

/// Takes one of what `kind` allows `key`, in the caller's transaction; the caller commits it before
/// the work begins, and drops it where this refuses.
///
/// # Errors
/// 429 `rate_limited` with `Retry-After` where there is none left.
pub async fn take(app: &App, db: &mut Connection, kind: Limited, key: &Key) -> Result<(), Problem> {
    let Some(rate) = kind.rate(&app.settings.limits) else {
        return Ok(());
    };
    let now = app.clock.now().saturating_mul(1000);
    let numbers = numbers(rate, now);
    let row = key.row(kind);
    if db::limits::take(db, &row, &numbers).await? {
        return Ok(());
    }
    let empty_at = db::limits::empty_at(&mut *db, &row).await?.unwrap_or(now);
    app.metrics.rate_limited(kind.as_str());
    tracing::info!(limit = %kind, "a rate limit refused a request");
    Err(refused(empty_at.saturating_sub(numbers.open_until)))
}

/// Takes one of each of these, all or none, in a transaction of its own that is committed. It must
/// not be called within another: SQLite has one writer.
///
/// # Errors
/// 429 `rate_limited` where one of them has none left.
pub async fn take_now(app: &App, wanted: &[(Limited, Key)]) -> Result<(), Problem> {
    let mut tx = app.db.write().await?;
    for (kind, key) in wanted {
        take(app, &mut tx, *kind, key).await?;
    }
    Ok(tx.commit().await?)
}

/// Refuses where `kind` has nothing left for `key`, and takes nothing: for failures whose success is
/// so frequent that it should not write.
///
/// # Errors
/// 429 `rate_limited` with `Retry-After` where there is none left.
pub async fn check(app: &App, kind: Limited, key: &Key) -> Result<(), Problem> {
    let Some(rate) = kind.rate(&app.settings.limits) else {
        return Ok(());
    };
    let numbers = numbers(rate, app.clock.now().saturating_mul(1000));
    let empty_at = db::limits::empty_at(&app.db, &key.row(kind)).await?;
    let used_up = |at: &i64| (numbers.open_until + 1..=numbers.absurd).contains(at);
    let Some(empty_at) = empty_at.filter(used_up) else {
        return Ok(());
    };
    app.metrics.rate_limited(kind.as_str());
    tracing::info!(limit = %kind, "a rate limit refused a request");
    Err(refused(empty_at.saturating_sub(numbers.open_until)))
}

/// Does what tries the code of a mail. Only a code that is no good counts: people who share an
/// address can all prove theirs.
///
/// # Errors
/// 429 `rate_limited` after too many codes that are no good; those of `work`.
pub async fn try_code<T>(
    app: &App,
    from: Option<IpAddr>,
    work: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    let wanted = [(Limited::Verification, Key::address(from))];
    try_guess(app, &wanted, IssuerCode::CodeInvalid, work).await
}

/// Does what tries something by which somebody proves anew that a session is theirs; `wrong` is how it
/// ends where that is no good, and only that counts. It is counted for the session, so that who guesses
/// in one keeps nobody out of another, and for all sessions of the account together.
///
/// # Errors
/// 429 `rate_limited` after too many guesses; those of `work`.
pub async fn try_proof<T>(
    app: &App,
    session: &Session,
    wrong: IssuerCode,
    work: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    let wanted = [
        (Limited::Proof, Key::session(session.id)),
        (Limited::ProofAccount, Key::account(&session.user_id.to_string())),
    ];
    try_guess(app, &wanted, wrong, work).await
}

/// The same of a second factor, of which a session has as many guesses as a log-in: apart from those,
/// so that a thief with a session does not keep its owner from logging in.
///
/// # Errors
/// 429 `rate_limited` after too many guesses; those of `work`.
pub async fn try_factor<T>(
    app: &App,
    session: &Session,
    work: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    let wrong = IssuerCode::CredentialsInvalid;
    let wanted = [(Limited::SecondFactor, Key::session(session.id))];
    try_guess(app, &wanted, wrong, try_proof(app, session, wrong, work)).await
}

async fn try_guess<T>(
    app: &App,
    wanted: &[(Limited, Key)],
    wrong: IssuerCode,
    work: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    take_now(app, wanted).await?;
    let done = work.await;
    if !matches!(&done, Err(problem) if problem.is(wrong)) {
        give_back_now(app, wanted).await;
    }
    done
}

/// Gives back each of these, in a transaction of its own. What they were taken for is done by now and
/// has its answer, whether this works or not.
async fn give_back_now(app: &App, taken: &[(Limited, Key)]) {
    let giving = async {
        let mut tx = app.db.write().await?;
        give_back(app, &mut tx, taken).await?;
        Ok::<_, Problem>(tx.commit().await?)
    };
    if let Err(problem) = giving.await {
        tracing::warn!(%problem, "what did not count was not given back to its limits");
    }
}

/// Gives back what was taken, in the caller's transaction: it did not count.
///
/// # Errors
/// The database failed.
pub async fn give_back(
    app: &App,
    db: &mut Connection,
    taken: &[(Limited, Key)],
) -> Result<(), Problem> {
    for (kind, key) in taken {
        if let Some(rate) = kind.rate(&app.settings.limits) {
            db::limits::give_back(db, &key.row(*kind), interval(rate)).await?;
        }
    }
    Ok(())
}

/// Removes what need not be remembered any more, of limits and of devices.
///
/// # Errors
/// The database failed.
pub async fn forget(app: &App) -> Result<(), Problem> {
    let mut tx = app.db.write().await?;
    db::devices::forget_expired(&mut tx, app.clock.now()).await?;
    tx.commit().await?;
    let now = app.clock.now().saturating_mul(1000);
    loop {
        // A transaction for each thousand rows: others write in between.
        let mut tx = app.db.write().await?;
        let removed = db::limits::forget_empty(&mut tx, now).await?;
        tx.commit().await?;
        if removed < 1000 {
            return Ok(());
        }
    }
}

/// Milliseconds that one costs.
fn interval(rate: Rate) -> i64 {
    (rate.period * 1000 / rate.count).max(1)
}

fn numbers(rate: Rate, now: i64) -> Take {
    let interval = interval(rate);
    let whole = interval * rate.count;
    Take {
        fresh: now + interval,
        interval,
        open_until: now + whole - interval,
        absurd: now + whole + SKEW * 1000,
        full: now + whole,
    }
}

/// The refusal, with the time to wait.
pub(crate) fn refused(milliseconds: i64) -> Problem {
    let seconds = milliseconds.max(0).saturating_add(999) / 1000;
    let seconds = u32::try_from(seconds).unwrap_or(u32::MAX).max(1);
    let detail = format!("too many attempts; try again in {seconds} s");
    Problem { retry_after: Some(seconds), ..Problem::issuer(IssuerCode::RateLimited, detail) }
}

impl fmt::Display for Limited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
