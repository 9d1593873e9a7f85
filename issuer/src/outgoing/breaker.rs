//! Questions in the path of a request, and not asking for a while what does not answer: whoever waits
//! for it waits no longer than they must.
//!
//! Only silence counts. An answer that can't be used fails for whom it was asked for, and shows that
//! there is somebody who answers: one holder must not stop the tokens of all.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::OutgoingError;
use crate::app::App;
use crate::metrics::Outside;

/// Failures in a row after which nobody asks for a while.
const FAILURES: u32 = 5;

/// How long nobody asks; then one asks, and decides.
const REST: Duration = Duration::from_secs(30);

/// Why a question brought nothing; for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// Whoever is asked can't be reached, is too slow or out of order: for everybody.
    #[error("{0}")]
    Silent(String),
    /// What is said of this one can't be used.
    #[error("{0}")]
    Wrong(String),
}

impl Unanswered {
    /// Where the answer has this status, which is none that was hoped for.
    #[must_use]
    pub fn status(status: u16) -> Self {
        let reason = format!("it answered {status}");
        match status {
            429 | 500.. => Self::Silent(reason),
            _ => Self::Wrong(reason),
        }
    }

    /// For this reason, which has to do with this question alone.
    pub fn wrong(reason: impl std::fmt::Display) -> Self {
        Self::Wrong(reason.to_string())
    }
}

impl From<OutgoingError> for Unanswered {
    fn from(error: OutgoingError) -> Self {
        let reason = error.to_string();
        match error {
            OutgoingError::TooLong(_) => Self::Wrong(reason),
            OutgoingError::Url(_)
            | OutgoingError::Private
            | OutgoingError::Slow
            | OutgoingError::Failed(_) => Self::Silent(reason),
        }
    }
}

/// Counts failures in a row. Times are readings of a clock that only grows.
#[derive(Debug, Default)]
pub struct Breaker(Mutex<State>);

#[derive(Debug)]
enum State {
    /// Everybody asks.
    Asks { failures: u32 },
    /// Nobody asks.
    Rests { until: Duration },
    /// One asks after a rest, and the others wait for what that one hears.
    Tries,
}

impl Default for State {
    fn default() -> Self {
        Self::Asks { failures: 0 }
    }
}

/// Leave to ask once.
struct Turn<'b> {
    breaker: &'b Breaker,
    /// When it was given, where it is that of the one who asks after a rest.
    tries: Option<Duration>,
}

impl Breaker {
    /// What `question` brings, which is asked unless it is time to rest; metrics count how it went.
    ///
    /// # Errors
    /// That of the question, or that it was not asked.
    pub async fn ask<T>(
        &self,
        app: &App,
        outside: Outside,
        question: impl Future<Output = Result<T, Unanswered>>,
    ) -> Result<T, Unanswered> {
        let began = app.clock.monotonic();
        let Some(turn) = self.turn(began) else {
            app.metrics.spared(outside);
            let reason = "it did not answer several times and is not asked for a while";
            return Err(Unanswered::Silent(reason.to_owned()));
        };
        let answer = question.await;
        let ended = app.clock.monotonic();
        turn.ended(!matches!(answer, Err(Unanswered::Silent(_))), ended);
        app.metrics.asked(outside, answer.is_ok());
        app.metrics.waited(outside, ended.saturating_sub(began));
        answer
    }

    /// Leave to ask now.
    fn turn(&self, now: Duration) -> Option<Turn<'_>> {
        let mut state = self.state();
        let tries = match *state {
            State::Asks { .. } => None,
            State::Rests { until } if until <= now => {
                *state = State::Tries;
                Some(now)
            }
            State::Rests { .. } | State::Tries => return None,
        };
        Some(Turn { breaker: self, tries })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// Notes whether there was an answer.
    fn ended(mut self, answered: bool, now: Duration) {
        self.tries = None;
        let mut state = self.breaker.state();
        *state = match *state {
            _ if answered => State::default(),
            State::Asks { failures } if failures + 1 < FAILURES => {
                State::Asks { failures: failures + 1 }
            }
            State::Asks { .. } | State::Rests { .. } | State::Tries => {
                State::Rests { until: now + REST }
            }
        };
    }
}

/// Whoever asked has gone before the answer: another one tries.
impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let Some(began) = self.tries else { return };
        let mut state = self.breaker.state();
        if matches!(*state, State::Tries) {
            *state = State::Rests { until: began };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rests_after_failures_in_a_row_and_one_decides_when_it_goes_on() {
        let at = Duration::from_secs;
        let breaker = Breaker::default();
        let went = |answered, now| breaker.turn(now).unwrap().ended(answered, now);
        let asks = |now| breaker.turn(now).is_some();
        for _ in 0..4 {
            went(false, at(1));
        }
        went(true, at(1));
        for _ in 0..4 {
            went(false, at(2));
        }
        assert!(asks(at(2)), "four in a row");
        went(false, at(2));
        assert!(!asks(at(2)) && !asks(at(31)));
        let one = breaker.turn(at(32)).unwrap();
        assert!(!asks(at(32)) && !asks(at(92)), "only one");
        one.ended(false, at(33));
        assert!(!asks(at(62)));
        went(true, at(63));
        assert!(asks(at(64)) && asks(at(64)));
    }

    #[test]
    fn a_try_that_nobody_waits_for_any_more_leaves_it_to_the_next() {
        let at = Duration::from_secs;
        let breaker = Breaker::default();
        for _ in 0..5 {
            breaker.turn(at(1)).unwrap().ended(false, at(1));
        }
        drop(breaker.turn(at(31)).unwrap());
        let next = breaker.turn(at(31)).unwrap();
        assert!(breaker.turn(at(32)).is_none());
        next.ended(true, at(32));
        assert!(breaker.turn(at(32)).is_some());
    }

    #[test]
    fn only_what_holds_for_everybody_is_silence() {
        let silent = |unanswered| matches!(unanswered, Unanswered::Silent(_));
        for status in [429, 500, 502, 503, 599] {
            assert!(silent(Unanswered::status(status)), "{status}");
        }
        for status in [201, 302, 400, 404, 413] {
            assert!(!silent(Unanswered::status(status)), "{status}");
        }
        assert!(silent(OutgoingError::Slow.into()) && !silent(OutgoingError::TooLong(1).into()));
    }
}
