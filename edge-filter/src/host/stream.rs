//! One request on its way through the proxy.

use std::cell::Cell;
use std::rc::Rc;

use laika_verifier::{ErrorCode, Timestamp};
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, GrpcStatusCode, LogLevel, MapType};

use super::{MAX_WAIT, MAX_WAITING, Plugin, SOON, Visit, clock, log, timestamp};
use crate::denial::Denial;
use crate::filter::{Edit, Judgement, Outcome, Verdict, is_grpc};

pub(super) struct Stream {
    plugin: Plugin,
    visit: Visit,
}

impl Stream {
    pub(super) fn new(id: u32, plugin: Plugin) -> Self {
        let passed = Rc::new(Cell::new(false));
        Self { plugin, visit: Visit { id, passed, until: None, look_at: Timestamp::EPOCH } }
    }

    fn action(&self) -> Action {
        if self.visit.passed.get() { Action::Continue } else { Action::Pause }
    }
}

impl Context for Stream {}

/// The SDK lets a stream go when the host says that it is over. Of a waiting request nobody else
/// knows that, and a callback of its own would cost every request.
impl Drop for Stream {
    fn drop(&mut self) {
        if let Ok(mut state) = self.plugin.0.try_borrow_mut() {
            state.waiting.remove(&self.visit.id);
        }
    }
}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        let asks = attend(&self.plugin, self.visit.clone());
        // Not for every request, or those that follow would put the tick off again and again.
        if asks {
            let _ = hostcalls::set_tick_period(SOON);
        }
        self.action()
    }

    fn on_http_request_body(&mut self, _: usize, _: bool) -> Action {
        self.action()
    }

    fn on_http_request_trailers(&mut self, _: usize) -> Action {
        if let Ok(trailers) = hostcalls::get_map_bytes(MapType::HttpRequestTrailers)
            && let Ok(filter) = &self.plugin.0.borrow().filter
        {
            let names = trailers.iter().map(|(name, _)| name.as_str());
            for name in filter.forged(names) {
                let _ = hostcalls::remove_map_value(MapType::HttpRequestTrailers, &name);
            }
        }
        self.action()
    }
}

/// Judges the request of the stream whose context is effective, and does what the judgement says,
/// but for letting it run: that is up to the caller. Whether it has queued calls.
pub(super) fn attend(plugin: &Plugin, mut visit: Visit) -> bool {
    let headers = hostcalls::get_map_bytes(MapType::HttpRequestHeaders).unwrap_or_default();
    let start = clock();
    let now = timestamp(start);
    let until = *visit.until.get_or_insert_with(|| now.plus(MAX_WAIT));
    let (outcome, asks) = {
        let mut state = plugin.0.borrow_mut();
        let may_wait = now < until && state.waiting.len() + state.released.len() < MAX_WAITING;
        match &mut state.filter {
            Err(denial) => (Outcome::Deny(denial.clone()), false),
            Ok(filter) => {
                let judgement = filter.judge(&headers, may_wait, now);
                let cache = filter.cache_counts();
                let Judgement { outcome, log: line, calls, verdict } = judgement;
                if let Some(line) = line {
                    log(LogLevel::Info, &line);
                }
                if !matches!(outcome, Outcome::Wait(_)) {
                    let enforced = matches!(outcome, Outcome::Deny(_));
                    let took = clock().zip(start).map(|(end, start)| end.saturating_sub(start));
                    let took = took.unwrap_or_default().as_nanos();
                    let took = u64::try_from(took).unwrap_or(u64::MAX);
                    state.metrics.judged(&verdict, enforced, took);
                    state.metrics.cache(cache);
                    note(&verdict);
                }
                let asks = !calls.is_empty();
                state.enqueue(calls);
                (outcome, asks)
            }
        }
    };
    match outcome {
        Outcome::Continue(edit) => {
            apply(&edit);
            visit.passed.set(true);
        }
        Outcome::Deny(denial) if is_grpc(&headers) => send_grpc(&denial),
        Outcome::Deny(denial) => send(&denial),
        Outcome::Wait(look_at) => {
            visit.look_at = look_at.min(until);
            plugin.0.borrow_mut().waiting.insert(visit.id, visit);
        }
    }
    asks
}

/// Tells the access log which rule decided, and what was wrong.
fn note(verdict: &Verdict) {
    let code = verdict.code.map(ErrorCode::as_str);
    for (name, value) in [("laika_rule", verdict.rule.as_deref()), ("laika_code", code)] {
        if let Some(value) = value {
            let _ = hostcalls::set_property(vec![name], Some(value.as_bytes()));
        }
    }
}

fn apply(edit: &Edit) {
    let kind = MapType::HttpRequestHeaders;
    for name in &edit.remove {
        let _ = hostcalls::remove_map_value(kind, name);
    }
    for (name, value) in &edit.set {
        let _ = hostcalls::set_map_value_bytes(kind, name, Some(value));
    }
}

fn send(denial: &Denial) {
    let headers = denial.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let body = Some(denial.body.as_bytes());
    let _ = hostcalls::send_http_response(denial.status.into(), headers, body);
}

/// The same for gRPC, whose status stands in the trailers: a proxy would make `INTERNAL` of 400.
fn send_grpc(denial: &Denial) {
    let status = match denial.status {
        400 => GrpcStatusCode::InvalidArgument,
        401 => GrpcStatusCode::Unauthenticated,
        403 => GrpcStatusCode::PermissionDenied,
        _ => GrpcStatusCode::Unavailable,
    };
    let challenge = denial.challenge().map(|(name, value)| (name, value.as_bytes())).collect();
    let _ = hostcalls::send_grpc_response(status, Some(&denial.message), challenge);
}
