//! The context that outlives requests: it takes the configuration and fetches keys.

use std::mem;
use std::time::Duration;

use laika_verifier::fetch::MAX_BODY;
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{BufferType, ContextType, LogLevel, MapType};

use super::signatures::Proxy;
use super::stream::{self, Stream};
use super::{IDLE, Plugin, SOON, WATCH, log, now};
use crate::denial::Denial;
use crate::filter::{Call, Filter};

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Most requests that are let go at once. A host goes on with them one inside the other (Envoy
/// does when a call into the module ends), and its stack is finite.
const BATCH: usize = 32;

pub(super) struct Root {
    id: u32,
    plugin: Plugin,
}

impl Root {
    pub(super) fn new(id: u32) -> Self {
        Self { id, plugin: Plugin::new() }
    }

    /// Does what there is to do, and comes back soon if that was not all.
    fn work(&self) {
        self.call_out();
        self.settle();
        let state = self.plugin.0.borrow();
        let done = state.queue.is_empty() && state.released.is_empty();
        let rest = if state.waiting.is_empty() { IDLE } else { WATCH };
        let _ = hostcalls::set_tick_period(if done { rest } else { SOON });
    }

    /// Makes every call that is queued. One that can't even be made has failed.
    fn call_out(&self) {
        let calls = mem::take(&mut self.plugin.0.borrow_mut().queue);
        for call in calls {
            match dispatch(&call) {
                Some(number) => {
                    let mut state = self.plugin.0.borrow_mut();
                    state.metrics.fetch();
                    state.under_way.insert(number, call.id);
                }
                None => self.fail(call.id, &format!("the proxy can't ask `{}`", call.cluster)),
            }
        }
    }

    fn fail(&self, id: u32, why: &str) {
        log(LogLevel::Warn, &format!("keys or status lists were not fetched: {why}"));
        let mut state = self.plugin.0.borrow_mut();
        state.metrics.fetch_failed();
        if let Ok(filter) = &mut state.filter {
            filter.fetch_failed(id);
        }
        state.release(|_| true);
    }

    fn take(&self, id: u32, body_size: usize) {
        let headers = hostcalls::get_map_bytes(MapType::HttpCallResponseHeaders);
        let size = body_size.min(MAX_BODY + 1);
        let body = hostcalls::get_buffer(BufferType::HttpCallResponseBody, 0, size);
        let (headers, body) = (headers.unwrap_or_default(), body.ok().flatten());
        let mut state = self.plugin.0.borrow_mut();
        if let Ok(filter) = &mut state.filter {
            let arrived = filter.fetched(id, &headers, &body.unwrap_or_default(), now());
            if let Some(failure) = arrived.failure {
                state.metrics.fetch_failed();
                log(LogLevel::Warn, &format!("what was fetched is not used: {failure}"));
            }
            state.queue.extend(arrived.calls);
        }
        state.release(|_| true);
    }

    /// Judges requests again that have waited, some at a time.
    fn settle(&self) {
        for _ in 0..BATCH {
            let Some(visit) = self.plugin.0.borrow_mut().released.pop_front() else {
                break;
            };
            // A stream that is gone is nobody to answer.
            if hostcalls::set_effective_context(visit.id).is_err() {
                continue;
            }
            stream::attend(&self.plugin, visit.clone());
            if visit.passed.get() {
                let _ = hostcalls::resume_http_request();
            }
        }
        let _ = hostcalls::set_effective_context(self.id);
    }
}

impl Context for Root {
    fn on_http_call_response(&mut self, number: u32, headers: usize, body_size: usize, _: usize) {
        let Some(id) = self.plugin.0.borrow_mut().under_way.remove(&number) else {
            return;
        };
        if headers == 0 {
            self.fail(id, "there was no answer");
        } else {
            self.take(id, body_size);
        }
        self.work();
    }
}

impl RootContext for Root {
    fn on_configure(&mut self, size: usize) -> bool {
        let text = hostcalls::get_buffer(BufferType::PluginConfiguration, 0, size);
        let filter = Filter::from_json(&text.ok().flatten().unwrap_or_default());
        if let Err(error) = &filter {
            let line = format!("every request is refused until this is mended: {error}");
            log(LogLevel::Error, &line);
        }
        let mut filter = filter.map_err(|error| Denial::misconfigured(error.code));
        if let Ok(filter) = &mut filter {
            filter.compute_by(Box::new(Proxy::default()));
        }
        self.plugin.0.borrow_mut().filter = filter;
        // A host that is told `false` may run without the filter, or not at all.
        true
    }

    /// Ticks begin with the first call that a request needs. Hosts make a root context in threads
    /// that never see a request, and those have no use for keys.
    fn on_tick(&mut self) {
        let now = now();
        {
            let mut state = self.plugin.0.borrow_mut();
            if let Ok(filter) = &mut state.filter {
                let calls = filter.refresh(now);
                state.queue.extend(calls);
            }
            // Nobody waits longer than is allowed, whatever becomes of the call.
            state.release(|visit| visit.look_at <= now);
        }
        self.work();
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream::new(id, self.plugin.clone())))
    }
}

/// Asks by path only: which servers have it is the host's business.
fn dispatch(call: &Call) -> Option<u32> {
    let headers = vec![
        (":method", "GET"),
        (":scheme", call.scheme.as_str()),
        (":authority", call.authority.as_str()),
        (":path", call.path.as_str()),
        ("accept", "application/jwk-set+json, application/statuslist+jwt, application/json"),
    ];
    hostcalls::dispatch_http_call(&call.cluster, headers, None, Vec::new(), TIMEOUT).ok()
}
