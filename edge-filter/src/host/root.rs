//! The context that outlives requests: it takes the configuration and fetches keys.

use std::mem;
use std::time::Duration;

use laika_verifier::Timestamp;
use laika_verifier::fetch::MAX_BODY;
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{BufferType, ContextType, LogLevel, MapType};

use super::sharing::HostData;
use super::signatures::Proxy;
use super::stream::{self, Stream};
use super::{IDLE, LISTEN, Plugin, SOON, WATCH, log, now};
use crate::denial::Denial;
use crate::filter::{Arrived, Call, Filter, answer_of};
use crate::shared::{self, Answer, LOST, Plan, Wish};

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
        let is_new = |(_, since): &(Call, Option<Timestamp>)| since.is_none();
        let rest = if !state.released.is_empty() || state.queue.iter().any(is_new) {
            SOON
        } else if !state.queue.is_empty() {
            LISTEN
        } else if !state.waiting.is_empty() {
            WATCH
        } else {
            IDLE
        };
        let _ = hostcalls::set_tick_period(rest);
    }

    /// Makes every call that is queued, unless another worker has the answer or will have it.
    fn call_out(&self) {
        let calls = mem::take(&mut self.plugin.0.borrow_mut().queue);
        let now = now();
        for (call, since) in calls {
            let since = since.unwrap_or(now);
            let name = call.name();
            let took = self.plugin.0.borrow().taken.get(&name).copied();
            let wish = Wish { name: &name, sharing: call.sharing, took, since };
            match shared::plan(&HostData, wish, now) {
                Plan::Take(answer) => self.take_shared(&call, &answer, now),
                // By then the verifier has given up as well.
                Plan::Wait if now.since(since) > LOST => {}
                Plan::Wait => self.plugin.0.borrow_mut().queue.push((call, Some(since))),
                Plan::Ask => self.ask(call, now),
            }
        }
    }

    /// Makes a call. One that can't even be made has failed.
    fn ask(&self, call: Call, now: Timestamp) {
        match dispatch(&call) {
            Some(number) => {
                let mut state = self.plugin.0.borrow_mut();
                state.metrics.fetch();
                state.under_way.insert(number, (call, now));
            }
            None => {
                let why = format!("the proxy can't ask `{}`", call.cluster);
                self.fail(&call, now, &why);
            }
        }
    }

    fn fail(&self, call: &Call, asked: Timestamp, why: &str) {
        log(LogLevel::Warn, &format!("keys or status lists were not fetched: {why}"));
        let nothing =
            Answer { asked, came: now(), status: 0, cache_control: None, body: Vec::new() };
        shared::publish(&HostData, &call.name(), &nothing);
        let mut state = self.plugin.0.borrow_mut();
        state.metrics.fetch_failed();
        if let Ok(filter) = &mut state.filter {
            filter.fetch_failed(call.id);
        }
        state.release(|_| true);
    }

    /// Takes the answer to a call, and leaves it for the other workers.
    fn take(&self, call: &Call, asked: Timestamp, body_size: usize) {
        let headers = hostcalls::get_map_bytes(MapType::HttpCallResponseHeaders);
        let size = body_size.min(MAX_BODY + 1);
        let body = hostcalls::get_buffer(BufferType::HttpCallResponseBody, 0, size);
        let (headers, body) = (headers.unwrap_or_default(), body.ok().flatten());
        let body = body.unwrap_or_default();
        let now = now();
        let answer = answer_of(&headers, body, asked, now);
        let arrived = match &mut self.plugin.0.borrow_mut().filter {
            Ok(filter) => filter.fetched(call.id, &answer, now),
            Err(_) => return,
        };
        shared::publish(&HostData, &call.name(), &answer);
        self.arrived(&call.name(), asked, arrived);
    }

    /// Takes what another worker got.
    fn take_shared(&self, call: &Call, answer: &Answer, now: Timestamp) {
        let arrived = match &mut self.plugin.0.borrow_mut().filter {
            Ok(filter) if answer.status == 0 => {
                filter.fetch_failed(call.id);
                Arrived { failure: None, calls: Vec::new() }
            }
            Ok(filter) => filter.fetched_elsewhere(call, answer, now),
            Err(_) => return,
        };
        self.plugin.0.borrow().metrics.shared();
        self.arrived(&call.name(), answer.asked, arrived);
    }

    fn arrived(&self, name: &str, asked: Timestamp, arrived: Arrived) {
        let mut state = self.plugin.0.borrow_mut();
        state.taken.insert(name.to_owned(), asked);
        if let Some(failure) = arrived.failure {
            state.metrics.fetch_failed();
            log(LogLevel::Warn, &format!("what was fetched is not used: {failure}"));
        }
        state.enqueue(arrived.calls);
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
        let Some((call, asked)) = self.plugin.0.borrow_mut().under_way.remove(&number) else {
            return;
        };
        if headers == 0 {
            self.fail(&call, asked, "there was no answer");
        } else {
            self.take(&call, asked, body_size);
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
        shared::prepare(&HostData);
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
                state.enqueue(calls);
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
