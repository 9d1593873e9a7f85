//! One request on its way through the proxy.

use laika_proxy_abi::calls::{self, GrpcStatus, Level, Map};
use laika_proxy_abi::map;
use laika_verifier::{ErrorCode, Timestamp};

use super::{IDLE, MAX_WAIT, MAX_WAITING, Plugin, SOON, log, timestamp};
use crate::denial::Denial;
use crate::filter::{Edit, Judgement, Outcome, Verdict, is_grpc};

/// A request that waits for keys.
#[derive(Clone, Copy)]
pub(super) struct Visit {
    /// Until when it may wait.
    until: Timestamp,
    /// When it is judged again, whatever comes.
    pub(super) look_at: Timestamp,
}

/// Where a request stands that was judged.
pub(super) enum Standing {
    /// It may go on.
    Passed,
    /// It was answered here.
    Answered,
    /// It is to be judged again.
    Waits(Visit),
}

impl Plugin {
    /// Judges the request of the stream that speaks, and does what the judgement says, but for
    /// letting it run: that is up to the caller.
    pub(super) fn judge(&self, visit: Option<Visit>) -> Standing {
        let bytes = calls::headers(Map::Request).unwrap_or_default();
        let headers = map::read(&bytes).unwrap_or_default();
        let start = calls::time();
        let now = timestamp(start);
        let until = visit.map_or_else(|| now.plus(MAX_WAIT), |visit| visit.until);
        let outcome = {
            let state = &mut *self.0.borrow_mut();
            let may_wait = now < until && state.waiting.len() + state.released.len() < MAX_WAITING;
            match &mut state.filter {
                Err(code) => {
                    let verdict = Verdict { code: Some(*code), ..Verdict::default() };
                    state.metrics.judged(&verdict, true);
                    note(&verdict);
                    Outcome::Deny(Denial::misconfigured(*code))
                }
                Ok(filter) => {
                    let judgement = filter.judge(&headers, may_wait, now);
                    let Judgement { outcome, log: line, calls, verdict } = judgement;
                    if let Some(line) = line {
                        log(Level::Info, &line);
                    }
                    if !matches!(outcome, Outcome::Wait(_)) {
                        let enforced = matches!(outcome, Outcome::Deny(_));
                        state.metrics.judged(&verdict, enforced);
                        if state.metrics.is_timed()
                            && let Some((end, start)) = calls::time().zip(start)
                        {
                            state.metrics.took(end.saturating_sub(start));
                        }
                        note(&verdict);
                    }
                    // Not for every request, or those that follow would put the tick off again and
                    // again.
                    if !calls.is_empty() {
                        calls::tick_every(SOON);
                    } else if !state.ticks {
                        calls::tick_every(IDLE);
                    }
                    state.ticks = true;
                    state.enqueue(calls);
                    outcome
                }
            }
        };
        match outcome {
            Outcome::Continue(edit) => {
                apply(&edit);
                return Standing::Passed;
            }
            Outcome::Deny(denial) if is_grpc(&headers) => send_grpc(&denial),
            Outcome::Deny(denial) => send(&denial),
            Outcome::Wait(look_at) => {
                return Standing::Waits(Visit { until, look_at: look_at.min(until) });
            }
        }
        Standing::Answered
    }

    /// Takes forged headers off the end of the request of the stream that speaks.
    pub(super) fn clean_trailers(&self) {
        let bytes = calls::headers(Map::RequestTrailers).unwrap_or_default();
        let trailers = map::read(&bytes).unwrap_or_default();
        if let Ok(filter) = &self.0.borrow().filter {
            for name in filter.forged(trailers.iter().map(|(name, _)| *name)) {
                calls::remove_header(Map::RequestTrailers, &name);
            }
        }
    }
}

/// Tells the access log which rule decided, and what was wrong.
fn note(verdict: &Verdict) {
    let code = verdict.code.map(ErrorCode::as_str);
    for (name, value) in [("laika_rule", verdict.rule.as_deref()), ("laika_code", code)] {
        if let Some(value) = value {
            calls::set_property(name, value.as_bytes());
        }
    }
}

fn apply(edit: &Edit) {
    for name in &edit.remove {
        calls::remove_header(Map::Request, name);
    }
    for (name, value) in &edit.set {
        calls::set_header(Map::Request, name, value);
    }
}

/// Answers the request of the stream that speaks.
pub(super) fn send(denial: &Denial) {
    let headers = denial.headers.iter().map(|(name, value)| (*name, value.as_bytes()));
    calls::answer(denial.status, &headers.collect::<Vec<_>>(), denial.body.as_bytes());
}

/// The same for gRPC, whose status stands in the trailers: a proxy would make `INTERNAL` of 400.
fn send_grpc(denial: &Denial) {
    let status = match denial.status {
        400 => GrpcStatus::InvalidArgument,
        401 => GrpcStatus::Unauthenticated,
        403 => GrpcStatus::PermissionDenied,
        _ => GrpcStatus::Unavailable,
    };
    let challenge = denial.challenge().map(|(name, value)| (name, value.as_bytes()));
    calls::answer_grpc(status, &denial.message, &challenge.collect::<Vec<_>>());
}
