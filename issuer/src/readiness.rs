//! Whether requests can be served. Anybody may ask, at any load, so it is found out twice a second at
//! most.

use std::time::Duration;

use tokio::sync::Mutex;

use crate::app::App;
use crate::problem::Problem;

/// How long what was found is good for.
const FRESH: Duration = Duration::from_millis(500);

/// What was found last.
#[derive(Debug, Default)]
pub struct Readiness(Mutex<Option<Found>>);

#[derive(Debug)]
struct Found {
    answer: Result<(), Problem>,
    /// By the monotonic clock, once it was found: while the database is away that takes its time, and
    /// whoever waited for it need not wait again.
    at: Duration,
}

impl Readiness {
    /// That the database answers, and its tables are those of this version.
    ///
    /// # Errors
    /// One of these is not so.
    pub async fn check(&self, app: &App) -> Result<(), Problem> {
        // Held while the database is asked, so that many who ask at once ask it once.
        let mut found = self.0.lock().await;
        if let Some(found) = &*found
            && app.clock.monotonic().saturating_sub(found.at) <= FRESH
        {
            return found.answer.clone();
        }
        let answer = ask(app).await;
        *found = Some(Found { answer: answer.clone(), at: app.clock.monotonic() });
        answer
    }
}

async fn ask(app: &App) -> Result<(), Problem> {
    if app.db.is_up_to_date().await? {
        return Ok(());
    }
    Err(Problem::overloaded("the database lacks a migration of this version"))
}
