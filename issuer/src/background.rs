//! What is done beside requests, again and again: expired rows go away, keys are rotated, mail is
//! sent.
//!
//! A task is a function that does a bounded piece of work and says nothing when there is none. It
//! may run in several replicas at once, so what it does must be safe to do twice. Tests call
//! [`run_all`] and wait for nothing.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::app::App;
use crate::db;
use crate::events;
use crate::keys;
use crate::keys::key_ring::REREAD_EVERY;
use crate::mail;
use crate::problem::Problem;
use crate::random;
use crate::status;

/// What a task's function returns.
pub type Work<'a> = Pin<Box<dyn Future<Output = Result<(), Problem>> + Send + 'a>>;

/// A piece of work that is done again and again.
#[derive(Clone, Copy)]
pub struct Task {
    /// What the log calls it.
    pub name: &'static str,
    /// How long it rests in between.
    pub every: Duration,
    /// What it does.
    pub work: for<'a> fn(&'a App) -> Work<'a>,
}

/// Every task.
#[must_use]
pub fn tasks() -> Vec<Task> {
    vec![
        Task {
            name: "end sessions on schedule",
            every: Duration::from_secs(5),
            work: |app| Box::pin(crate::session::end_scheduled(app)),
        },
        Task {
            name: "forget expired sessions",
            every: Duration::from_secs(300),
            work: |app| Box::pin(forget_expired_sessions(app)),
        },
        Task {
            name: "forget old mails and codes",
            every: Duration::from_secs(300),
            work: |app| Box::pin(mail::forget_old(app)),
        },
        Task {
            name: "forget old events",
            every: Duration::from_secs(300),
            work: |app| Box::pin(events::forget_old(app)),
        },
        Task {
            name: "free slots of status lists",
            every: Duration::from_secs(60),
            work: |app| Box::pin(status::free_slots(app)),
        },
        Task {
            name: "reread signing keys",
            every: REREAD_EVERY,
            work: |app| Box::pin(reread_keys(app)),
        },
        Task {
            name: "rotate signing keys",
            every: Duration::from_secs(60),
            work: |app| Box::pin(keys::tend(app)),
        },
        Task {
            name: "forget limits and devices",
            every: Duration::from_secs(60),
            work: |app| Box::pin(crate::limits::forget(app)),
        },
        Task {
            name: "forget log-ins elsewhere",
            every: Duration::from_secs(60),
            work: |app| Box::pin(forget_external(app)),
        },
        Task {
            name: "forget second steps that never came",
            every: Duration::from_secs(60),
            work: |app| Box::pin(crate::factors::forget_expired(app)),
        },
        Task {
            name: "forget anonymous holders without a session",
            every: Duration::from_secs(300),
            work: |app| Box::pin(forget_anonymous(app)),
        },
        Task {
            name: "forget secrets that were replaced",
            every: Duration::from_secs(3600),
            work: |app| Box::pin(forget_expired_secrets(app)),
        },
    ]
}

/// Runs every task once, one after the other, and sends the mails and events that are due.
///
/// # Errors
/// The first task that fails.
pub async fn run_all(app: &App) -> Result<(), Problem> {
    for task in tasks() {
        (task.work)(app).await?;
    }
    mail::deliver(app).await?;
    events::deliver(app).await
}

/// Starts every task; they end when `ends` changes. A task that fails is logged and tried again
/// after its rest.
pub fn start(app: &App, ends: &watch::Receiver<bool>) -> JoinSet<()> {
    let mut running = JoinSet::new();
    for task in tasks() {
        running.spawn(repeat(task, app.clone(), ends.clone()));
    }
    // None of the tasks: these wake when something is to be sent.
    running.spawn(events::run(app.clone(), ends.clone()));
    running.spawn(mail::run(app.clone(), ends.clone()));
    running
}

async fn repeat(task: Task, app: App, mut ends: watch::Receiver<bool>) {
    loop {
        let done = (task.work)(&app).await;
        app.metrics.ran(task.name, done.is_ok());
        if let Err(problem) = done {
            tracing::error!(task = task.name, %problem, "a background task failed");
        }
        tokio::select! {
            () = tokio::time::sleep(rest(&task, &app)) => {}
            _ = ends.changed() => return,
        }
    }
}

async fn reread_keys(app: &App) -> Result<(), Problem> {
    app.keys.reread(&app.db, &*app.clock).await?;
    Ok(())
}

/// How long a task rests this time: up to a tenth longer, so that replicas that started together do
/// not go on doing the same at the same moment.
fn rest(task: &Task, app: &App) -> Duration {
    // Without random numbers it rests as long as it says; requests will tell what is wrong.
    let dice = random::bytes::<1>(&*app.random).map_or(0, |[byte]| byte);
    task.every + task.every * u32::from(dice) / 2560
}

async fn forget_expired_sessions(app: &App) -> Result<(), Problem> {
    db::in_steps(db::MOST_STEPS, async || {
        let mut tx = app.db.write().await?;
        let gone = db::sessions::forget_all_expired(&mut tx, app.clock.now()).await?;
        tx.commit().await?;
        Ok(gone)
    })
    .await
}

async fn forget_anonymous(app: &App) -> Result<(), Problem> {
    db::in_steps(db::MOST_STEPS, async || {
        let mut tx = app.db.write().await?;
        let gone = db::users::forget_anonymous(&mut tx).await?;
        tx.commit().await?;
        Ok(gone)
    })
    .await
}

async fn forget_external(app: &App) -> Result<(), Problem> {
    let mut tx = app.db.write().await?;
    db::external::forget_expired(&mut tx, app.clock.now()).await?;
    Ok(tx.commit().await?)
}

async fn forget_expired_secrets(app: &App) -> Result<(), Problem> {
    let mut tx = app.db.write().await?;
    db::service_accounts::forget_expired_secrets(&mut tx, app.clock.now()).await?;
    Ok(tx.commit().await?)
}
