//! The task that sends events.
//!
//! Each endpoint has a worker of its own, so that one that does not answer holds up nobody else's
//! events. Of each stream the first that waits is sent; the next one follows when it was taken or
//! given up.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::hooks;
use crate::app::App;
use crate::clock::UnixSeconds;
use crate::db::deliveries::{self, Due, Endpoint, Outcome};
use crate::db::hooks::Hook;
use crate::db::{self, Connection};
use crate::metrics::Sent;
use crate::outgoing::{Post, TIMEOUT};
use crate::problem::Problem;
use crate::random;

/// Events are looked for at least this often; what is written in this process is sent at once.
const EVERY: Duration = Duration::from_secs(2);

/// How long whoever rang may still take to commit.
const BREATH: Duration = Duration::from_millis(20);

/// Events that are sent to one endpoint at once, each of another stream.
const BATCH: i64 = 16;

/// Batches of one pass; what is left waits for the next.
const BATCHES: usize = 50;

/// Seconds that a delivery is ours: longer than any attempt takes.
const LEASE: i64 = 15;

/// Seconds until the second attempt; each pause is about twice the one before.
const FIRST_PAUSE: i64 = 5;

/// Longest pause, in seconds.
const LONGEST_PAUSE: i64 = 3600;

/// Seconds after which what was delivered is forgotten.
const KEEP_DELIVERED: i64 = 24 * 3600;

/// Seconds after which what was given up is.
const KEEP_DEAD: i64 = 30 * 24 * 3600;

/// Sends events, until `ends` changes.
pub async fn run(app: App, mut ends: watch::Receiver<bool>) {
    let mut workers = JoinSet::new();
    let mut busy = BTreeSet::new();
    loop {
        match endpoints(&app).await {
            Ok(found) => {
                app.metrics.ran("send events", true);
                for endpoint in found.into_iter().filter(|endpoint| busy.insert(*endpoint)) {
                    let app = app.clone();
                    workers.spawn(async move { (endpoint, pass(&app, endpoint).await) });
                }
            }
            Err(problem) => {
                app.metrics.ran("send events", false);
                tracing::error!(%problem, "events could not be sent");
            }
        }
        // Whoever is done is asked again at once only if somebody rings meanwhile.
        tokio::select! {
            () = app.bell.rung() => tokio::time::sleep(BREATH).await,
            () = tokio::time::sleep(EVERY) => {}
            _ = ends.changed() => break,
        }
        while let Some(done) = workers.try_join_next() {
            finish(done, &mut busy);
        }
    }
    // What was claimed and not noted is due again when its lease is over.
    workers.shutdown().await;
}

fn finish(
    done: Result<(Endpoint, Result<(), Problem>), tokio::task::JoinError>,
    busy: &mut BTreeSet<Endpoint>,
) {
    match done {
        Ok((endpoint, done)) => {
            busy.remove(&endpoint);
            if let Err(problem) = done {
                tracing::error!(%endpoint, %problem, "events could not be sent");
            }
        }
        Err(error) => {
            // Which one it was is not known; whoever still works only loses some claims.
            busy.clear();
            tracing::error!(%error, "a worker of events has ended");
        }
    }
}

/// Sends everything that is due, to one endpoint after the other.
///
/// # Errors
/// The database failed.
pub async fn deliver(app: &App) -> Result<(), Problem> {
    for endpoint in endpoints(app).await? {
        pass(app, endpoint).await?;
    }
    Ok(())
}

/// Where something is sent.
#[derive(Debug, Clone)]
enum To {
    Hook(Box<Hook>),
    Amqp,
}

/// What an endpoint is at this moment; `None` where nothing is to be sent there any more.
async fn target(db: &mut Connection, endpoint: Endpoint) -> Result<Option<To>, Problem> {
    match endpoint {
        Endpoint::Hook(id) => {
            let hook = db::hooks::by_id(db, id).await?;
            let enabled = hook.filter(|hook| hook.disabled_at.is_none());
            Ok(enabled.map(|hook| To::Hook(Box::new(hook))))
        }
        Endpoint::Amqp => Ok(Some(To::Amqp)),
    }
}

async fn endpoints(app: &App) -> Result<Vec<Endpoint>, Problem> {
    let mut connection = app.db.read().await?;
    let hooks = db::hooks::enabled(&mut connection).await?;
    #[cfg_attr(not(feature = "amqp"), expect(unused_mut, reason = "nothing is added without it"))]
    let mut found: Vec<_> = hooks.into_iter().map(Endpoint::Hook).collect();
    #[cfg(feature = "amqp")]
    if app.settings.amqp.is_some() {
        found.push(Endpoint::Amqp);
    }
    Ok(found)
}

/// Sends what is due to an endpoint. Where nothing of a batch is taken, the rest waits. Each batch goes
/// where the endpoint is by then, under the secret it has by then.
async fn pass(app: &App, endpoint: Endpoint) -> Result<(), Problem> {
    for _ in 0..BATCHES {
        let mut connection = app.db.read().await?;
        let Some(to) = target(&mut connection, endpoint).await? else { break };
        let due = deliveries::due(&mut connection, endpoint, app.clock.now(), BATCH).await?;
        drop(connection);
        if due.is_empty() {
            break;
        }
        let claimed = claim(app, endpoint, due).await?;
        let mut attempts = JoinSet::new();
        for due in claimed {
            let (app, to) = (app.clone(), to.clone());
            attempts.spawn(async move {
                let outcome = attempt(&app, &to, &due).await;
                (due, outcome)
            });
        }
        let done = attempts.join_all().await;
        let now = app.clock.now();
        let mut tx = app.db.write().await?;
        for (due, outcome) in &done {
            deliveries::note(&mut tx, endpoint, due, outcome, now).await?;
        }
        tx.commit().await?;
        for (due, outcome) in &done {
            tell(app, endpoint, due, outcome, now);
        }
        if !done.iter().any(|(_, outcome)| matches!(outcome, Outcome::Delivered { .. })) {
            break;
        }
    }
    Ok(())
}

/// Takes them in one transaction: an attempt counts however it ends.
async fn claim(app: &App, endpoint: Endpoint, due: Vec<Due>) -> Result<Vec<Due>, Problem> {
    let until = app.clock.now().saturating_add(LEASE);
    let mut tx = app.db.write().await?;
    let mut claimed = Vec::new();
    for due in due {
        if deliveries::claim(&mut tx, endpoint, &due, until).await? {
            claimed.push(due);
        }
    }
    tx.commit().await?;
    Ok(claimed)
}

async fn attempt(app: &App, to: &To, due: &Due) -> Outcome {
    let (status, error) = match to {
        To::Hook(hook) => match post(app, hook, due).await {
            Ok(status @ 200..=299) => return Outcome::Delivered { status: Some(status.into()) },
            Ok(status) => (Some(i64::from(status)), format!("the endpoint answered {status}")),
            Err(error) => (None, error),
        },
        #[cfg(feature = "amqp")]
        To::Amqp => match app.amqp.publish(app, due).await {
            Ok(()) => return Outcome::Delivered { status: None },
            Err(error) => (None, error),
        },
        #[cfg(not(feature = "amqp"))]
        To::Amqp => (None, "this `laika` has no AMQP".to_owned()),
    };
    let now = app.clock.now();
    let due_at = now.saturating_add(pause(app, due.attempts));
    if now >= due.give_up_at {
        return Outcome::Dead { status, error };
    }
    // The last attempt is at the end of the time, not after it.
    Outcome::Again { due_at: due_at.min(due.give_up_at), status, error }
}

async fn post(app: &App, hook: &Hook, due: &Due) -> Result<u16, String> {
    let now = app.clock.now();
    let signer = hooks::signer(app, hook).map_err(|error| error.to_string())?;
    let id = due.event.to_string();
    let post = Post {
        url: &hook.url,
        id: &id,
        body: due.body.as_bytes(),
        signer: &signer,
        now,
        timeout: TIMEOUT,
    };
    app.outgoing.tell(&post).await.map_err(|error| error.to_string())
}

/// Seconds until the next attempt: doubled each time, and up to a fifth longer, so that what failed
/// together does not come back together.
fn pause(app: &App, attempts: i64) -> i64 {
    let doubled = FIRST_PAUSE << attempts.clamp(0, 20);
    let pause = doubled.min(LONGEST_PAUSE);
    // Without random numbers it is as long as it is; requests will tell what is wrong.
    let dice = random::bytes::<1>(&*app.random).map_or(0, |[byte]| i64::from(byte));
    pause + pause * dice / 1280
}

fn tell(app: &App, endpoint: Endpoint, due: &Due, outcome: &Outcome, now: UnixSeconds) {
    let delay = Duration::from_secs(u64::try_from(now - due.created_at).unwrap_or_default());
    let (event, attempts) = (due.event, due.attempts + 1);
    match outcome {
        Outcome::Delivered { .. } => {
            app.metrics.sent(Sent::Delivered, Some(delay));
            tracing::debug!(%endpoint, %event, name = due.name, attempts, "delivered an event");
        }
        Outcome::Again { status, error, .. } => {
            app.metrics.sent(Sent::Failed, None);
            tracing::warn!(
                %endpoint, %event, name = due.name, attempts, status, error,
                "an event was not taken; it is sent again"
            );
        }
        Outcome::Dead { status, error } => {
            app.metrics.sent(Sent::Dead, None);
            tracing::error!(
                %endpoint, %event, name = due.name, attempts, status, error,
                "gave an event up; an administrator can have it sent again"
            );
        }
    }
}

/// Gives up what nobody sends any more, and forgets what ended long ago.
///
/// # Errors
/// The database failed.
pub async fn forget_old(app: &App) -> Result<(), Problem> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    // Well after its last attempt, so that one that is being made has the later word.
    let amqp = cfg!(feature = "amqp") && app.settings.amqp.is_some();
    let given_up = deliveries::give_up(&mut tx, amqp, now - 4 * LEASE, now).await?;
    deliveries::forget_gone(&mut tx).await?;
    tx.commit().await?;
    if given_up > 0 {
        tracing::error!(given_up, "gave up events to endpoints that are disabled or gone");
    }
    db::in_steps(db::MOST_STEPS, async || {
        let mut tx = app.db.write().await?;
        let gone = deliveries::forget_old(&mut tx, now - KEEP_DELIVERED, now - KEEP_DEAD).await?;
        tx.commit().await?;
        Ok(gone)
    })
    .await
}
