//! Questions in the path of a request, and not asking for a while what does not answer: whoever waits
//! for it waits no longer than they must.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::app::App;
use crate::metrics::Outside;

/// Failures in a row after which nobody asks for a while.
const FAILURES: u32 = 5;

/// How long nobody asks; then one asks, and decides.
const REST: Duration = Duration::from_secs(30);

/// Counts failures in a row. Times are readings of a clock that only grows.
#[derive(Debug, Default)]
pub struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    rests_until: Option<Duration>,
}

impl Breaker {
    /// What `question` brings, which is asked unless it is time to rest; metrics count how it went.
    ///
    /// # Errors
    /// That of the question, or that it was not asked.
    pub async fn ask<T, E: From<&'static str>>(
        &self,
        app: &App,
        outside: Outside,
        question: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let began = app.clock.monotonic();
        if !self.may_ask(began) {
            app.metrics.spared(outside);
            return Err(E::from("it did not answer several times and is not asked for a while"));
        }
        let answer = question.await;
        let ended = app.clock.monotonic();
        self.went(answer.is_ok(), ended);
        app.metrics.asked(outside, answer.is_ok());
        app.metrics.waited(outside, ended.saturating_sub(began));
        answer
    }

    /// Whether to ask now. After a rest one is told so, and the others wait for what that one hears.
    fn may_ask(&self, now: Duration) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match state.rests_until {
            None => true,
            Some(until) if now < until => false,
            Some(_) => {
                state.rests_until = Some(now + REST);
                true
            }
        }
    }

    /// Notes how it went.
    fn went(&self, well: bool, now: Duration) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if well {
            *state = State::default();
            return;
        }
        state.failures = state.failures.saturating_add(1);
        if state.failures >= FAILURES {
            state.rests_until = Some(now + REST);
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
        for _ in 0..4 {
            breaker.went(false, at(1));
        }
        breaker.went(true, at(1));
        for _ in 0..4 {
            breaker.went(false, at(2));
        }
        assert!(breaker.may_ask(at(2)), "four in a row");
        breaker.went(false, at(2));
        assert!(!breaker.may_ask(at(2)) && !breaker.may_ask(at(31)));
        assert!(breaker.may_ask(at(32)));
        assert!(!breaker.may_ask(at(32)), "only one");
        breaker.went(false, at(33));
        assert!(!breaker.may_ask(at(62)));
        assert!(breaker.may_ask(at(63)));
        breaker.went(true, at(64));
        assert!(breaker.may_ask(at(64)) && breaker.may_ask(at(64)));
    }
}
