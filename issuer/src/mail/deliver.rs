//! The task that empties the outbox.

use std::time::Duration;

use tokio::sync::watch;

use super::{Mailer, compose};
use crate::app::App;
use crate::db;
use crate::db::mails::{End, Mail};
use crate::problem::Problem;

/// Mails are tried at least this often; what is queued in this process is tried at once.
const EVERY: Duration = Duration::from_secs(5);

/// Mails that are read from the outbox at once.
const BATCH: i64 = 20;

/// Batches of one pass; what is left waits for the next.
const BATCHES: usize = 50;

/// How often a mail is tried before it is given up.
const ATTEMPTS: i64 = 8;

/// Seconds until the second attempt; each pause is twice the one before, 21 minutes in all.
const FIRST_PAUSE: i64 = 10;

/// Seconds after which mails that were sent are forgotten.
const KEEP_SENT: i64 = 24 * 3600;

/// Seconds after which any others are.
const KEEP_FAILED: i64 = 30 * 24 * 3600;

/// Seconds that an attempt may take besides the time that the server has.
const MARGIN: i64 = 10;

/// Longest reason that is kept, in characters.
const MAX_REASON: usize = 300;

/// Empties the outbox again and again, until `ends` changes.
pub async fn run(app: App, mut ends: watch::Receiver<bool>) {
    let Some(mailer) = &app.mail else { return };
    loop {
        let done = deliver(&app).await;
        app.metrics.ran("send mails", done.is_ok());
        if let Err(problem) = done {
            tracing::error!(%problem, "the outbox could not be emptied");
        }
        tokio::select! {
            () = mailer.woken() => {}
            () = tokio::time::sleep(EVERY) => {}
            _ = ends.changed() => return,
        }
    }
}

/// Sends every mail that is due. Where the server can't be reached or does not let us in, the rest
/// waits.
///
/// # Errors
/// The database failed.
pub async fn deliver(app: &App) -> Result<(), Problem> {
    let Some(mailer) = &app.mail else { return Ok(()) };
    for _ in 0..BATCHES {
        let mut connection = app.db.read().await?;
        let due = db::mails::due(&mut connection, app.clock.now(), BATCH).await?;
        drop(connection);
        if due.is_empty() {
            break;
        }
        for mail in due {
            if !attempt(app, mailer, &mail).await? {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Tries a mail; whether others may be tried after it.
async fn attempt(app: &App, mailer: &Mailer, mail: &Mail) -> Result<bool, Problem> {
    let now = app.clock.now();
    let pause = FIRST_PAUSE << mail.attempts.clamp(0, ATTEMPTS);
    // Nobody else takes it as long as this attempt may go on, whatever becomes of the process.
    let longest = i64::try_from(mailer.timeout().as_secs()).unwrap_or(i64::MAX);
    let until = now.saturating_add(pause.max(longest.saturating_add(MARGIN)));
    // Claimed in a transaction of its own: an attempt counts however it ends, so that a mail that
    // can't be composed does not stand in the way of others for ever.
    let mut tx = app.db.write().await?;
    let claimed = db::mails::claim(&mut tx, mail, until).await?;
    tx.commit().await?;
    if !claimed {
        return Ok(true);
    }
    let mut tx = app.db.write().await?;
    // It may have been withdrawn since, and must not get a code then.
    if !db::mails::hold(&mut tx, mail).await? {
        return Ok(true);
    }
    let composed = match compose(app, &mut tx, mail).await {
        Ok(composed) => composed,
        Err(problem) => {
            drop(tx);
            tracing::error!(mail = %mail.id, kind = mail.kind.as_str(), %problem, "can't compose");
            return Ok(true);
        }
    };
    let Some(composed) = composed else {
        db::mails::end(&mut tx, mail, &End::Needless, now).await?;
        tx.commit().await?;
        return Ok(true);
    };
    tx.commit().await?;
    let Err(refused) = mailer.send(mail.id, &composed, mail.language.as_deref(), now).await else {
        end(app, mail, &End::Sent).await?;
        tracing::info!(mail = %mail.id, kind = mail.kind.as_str(), "sent a mail");
        return Ok(true);
    };
    let attempts = mail.attempts + 1;
    let (code, about_mail) = (refused.code, refused.about_mail);
    if refused.for_good || attempts >= ATTEMPTS {
        let reason = refused.detail.chars().take(MAX_REASON).collect();
        let reply = code.filter(|_| refused.for_good);
        end(app, mail, &End::Failed { reason, reply }).await?;
        tracing::error!(
            mail = %mail.id, kind = mail.kind.as_str(), attempts, code, about_mail,
            "gave a mail up; its row in `mails` says why"
        );
    } else {
        let mut tx = app.db.write().await?;
        db::mails::put_off(&mut tx, mail, app.clock.now().saturating_add(pause)).await?;
        tx.commit().await?;
        tracing::warn!(
            mail = %mail.id, kind = mail.kind.as_str(), attempts, code, about_mail, pause,
            "a mail was not taken; it is tried again"
        );
    }
    Ok(about_mail)
}

async fn end(app: &App, mail: &Mail, end: &End) -> Result<(), Problem> {
    let mut tx = app.db.write().await?;
    db::mails::end(&mut tx, mail, end, app.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// Forgets mails that were sent, codes that have expired and registrations that were given up.
///
/// # Errors
/// The database failed.
pub async fn forget_old(app: &App) -> Result<(), Problem> {
    let now = app.clock.now();
    db::in_steps(db::MOST_STEPS, async || {
        let mut tx = app.db.write().await?;
        let mut gone = db::mails::forget_old(&mut tx, now - KEEP_SENT, now - KEEP_FAILED).await?;
        gone += db::mail_codes::forget_expired(&mut tx, now).await?;
        gone += db::registrations::forget_expired(&mut tx, now).await?;
        tx.commit().await?;
        Ok(gone)
    })
    .await
}
