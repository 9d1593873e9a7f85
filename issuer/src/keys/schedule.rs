//! Rotation by schedule: what is due, and doing it. Safe in several replicas at once: whoever comes
//! second finds it done.

use super::Algorithm;
use super::steps::{check_room, find, fresh, insert, is_known, replace, retire};
use crate::app::App;
use crate::audit::{Action, By};
use crate::clock::UnixSeconds;
use crate::config::settings;
use crate::db;
use crate::db::keys::{KeyState, StoredKey};
use crate::problem::Problem;

/// Something that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// The next key of an algorithm is to be published.
    Publish(Algorithm),
    /// Everybody knows the next key of an algorithm: it is to sign.
    Activate(Algorithm),
    /// The last token of a retired key has expired.
    Forget,
}

/// Does what is due: forgets retired keys, publishes next ones, lets those sign that everybody knows.
/// Each by itself, so that what fails keeps nothing else from being done.
///
/// # Errors
/// The database failed, or no key could be made; the first failure, where there are several.
pub async fn tend(app: &App) -> Result<(), Problem> {
    let mut connection = app.db.read().await?;
    let stored = db::keys::list(&mut connection).await?;
    drop(connection);
    let steps = due(&stored, &app.settings.keys, app.clock.now());
    if steps.is_empty() {
        return Ok(());
    }
    let mut done = Ok(());
    for step in steps {
        done = done.and(take(app, &step).await);
    }
    app.keys.reread(&app.db, &*app.clock).await?;
    done
}

/// Takes one step, unless another replica was quicker.
async fn take(app: &App, step: &Step) -> Result<(), Problem> {
    let (by, now) = (By::issuer(), app.clock.now());
    let mut tx = app.db.write_alone().await?;
    let stored = db::keys::list(&mut tx).await?;
    if !due(&stored, &app.settings.keys, now).contains(step) {
        return Ok(());
    }
    match *step {
        Step::Forget => {
            let count = db::keys::forget_left(&mut tx, now).await?;
            tracing::info!(count, "forgot retired signing keys");
        }
        Step::Publish(algorithm) => {
            check_room(&stored)?;
            let key = fresh(app, algorithm).await?;
            insert(app, &mut tx, &by, Action::KeyPublished, &key).await?;
        }
        Step::Activate(algorithm) => {
            let keys = (
                find(&stored, algorithm, KeyState::Active),
                find(&stored, algorithm, KeyState::Next),
            );
            if let (Some(active), Some(next)) = keys {
                retire(app, &mut tx, active).await?;
                replace(app, &mut tx, &by, active, &next.kid).await?;
            }
        }
    }
    Ok(tx.commit().await?)
}

fn due(stored: &[StoredKey], settings: &settings::Keys, now: UnixSeconds) -> Vec<Step> {
    let mut steps = Vec::new();
    // First: it makes room for what is published.
    if stored
        .iter()
        .any(|key| key.leaves_at.is_some_and(|at| at <= now) && key.state == KeyState::Retired)
    {
        steps.push(Step::Forget);
    }
    for algorithm in Algorithm::ALL {
        let Some(active) = find(stored, algorithm, KeyState::Active) else {
            continue;
        };
        let ahead = settings.publish_ahead;
        match find(stored, algorithm, KeyState::Next) {
            Some(next) if is_known(next, ahead, now) => steps.push(Step::Activate(algorithm)),
            Some(_) => {}
            None => {
                let since = active.activated_at.unwrap_or(active.created_at);
                let publish = settings.rotate_every.map(|every| since + (every - ahead));
                if publish.is_some_and(|at| at <= now) {
                    steps.push(Step::Publish(algorithm));
                }
            }
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 3600;

    fn key(state: KeyState, created_at: i64) -> StoredKey {
        StoredKey {
            kid: state.as_str().to_owned(),
            algorithm: Algorithm::EdDsa,
            state,
            wrapped: String::new(),
            created_at,
            activated_at: (state != KeyState::Next).then_some(created_at),
            retired_at: None,
            leaves_at: (state == KeyState::Retired).then_some(created_at + DAY),
            revoked_at: None,
            token_life: DAY,
        }
    }

    #[test]
    fn a_key_is_published_ahead_and_signs_when_everybody_knows_it() {
        let settings = settings::Keys { rotate_every: Some(90 * DAY), publish_ahead: DAY };
        let (publish, activate) =
            (vec![Step::Publish(Algorithm::EdDsa)], vec![Step::Activate(Algorithm::EdDsa)]);
        let active = || key(KeyState::Active, 0);
        for (stored, now, expected) in [
            (vec![], 1000 * DAY, vec![]),
            (vec![active()], 89 * DAY - 1, vec![]),
            (vec![active()], 89 * DAY, publish),
            (vec![active(), key(KeyState::Next, 89 * DAY)], 90 * DAY - 1, vec![]),
            (vec![active(), key(KeyState::Next, 89 * DAY)], 90 * DAY, activate.clone()),
            // By command, long before the schedule.
            (vec![active(), key(KeyState::Next, 5)], DAY + 4, vec![]),
            (vec![active(), key(KeyState::Next, 5)], DAY + 5, activate),
            (vec![active(), key(KeyState::Retired, 0)], DAY - 1, vec![]),
            (vec![active(), key(KeyState::Retired, 0)], DAY, vec![Step::Forget]),
            (vec![active(), key(KeyState::Revoked, 0)], DAY, vec![]),
        ] {
            assert_eq!(due(&stored, &settings, now), expected, "{stored:?} {now}");
        }
        let never = settings::Keys { rotate_every: None, publish_ahead: DAY };
        assert_eq!(due(&[active()], &never, 1000 * DAY), []);
    }
}
