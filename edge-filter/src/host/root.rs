//! What outlives requests: it takes the configuration and fetches keys.

use std::mem;

use laika_proxy_abi::calls::{self, Buffer, Level, Map};
use laika_proxy_abi::{Action, map};
use laika_verifier::Timestamp;
use laika_verifier::fetch::MAX_BODY;

use super::sharing::HostData;
use super::signatures::Proxy;
use super::{Host, IDLE, LISTEN, Plugin, SOON, WATCH, log, now};
use crate::filter::{Arrived, Call, Filter, answer_of};
use crate::shared::{self, Answer, LOST, Plan, Wish};

/// How long an answer may take, in milliseconds.
const TIMEOUT: u32 = 5000;
/// Most requests that are let go at once. A host goes on with them one inside the other (Envoy
/// does when a call into the module ends), and its stack is finite.
const BATCH: usize = 32;

impl Host {
    /// Does what there is to do, and comes back soon if that was not all.
    pub(super) fn work(&self, root: u32, plugin: &Plugin) {
        plugin.call_out();
        self.settle(root, plugin);
        let state = plugin.0.borrow();
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
        calls::tick_every(rest);
    }

    /// Judges requests again that have waited, some at a time.
    fn settle(&self, root: u32, plugin: &Plugin) {
        for _ in 0..BATCH {
            let Some((stream, visit)) = plugin.0.borrow_mut().released.pop_front() else {
                break;
            };
            // A stream that is gone is nobody to answer.
            if calls::speak_for(stream).is_err() {
                continue;
            }
            if self.attend(stream, plugin, Some(visit)) == Action::Continue {
                calls::resume();
            }
        }
        let _ = calls::speak_for(root);
    }
}

impl Plugin {
    /// Takes the configuration, of so many bytes.
    pub(super) fn configure(&self, size: usize) {
        let filter =
            Filter::from_json(&calls::buffer(Buffer::Configuration, size).unwrap_or_default());
        if let Err(error) = &filter {
            let line = format!("every request is refused until this is mended: {error}");
            log(Level::Error, &line);
        }
        let mut filter = filter.map_err(|error| error.code);
        if let Ok(filter) = &mut filter {
            filter.compute_by(Box::new(Proxy::default()));
        }
        shared::prepare(&HostData);
        self.0.borrow_mut().filter = filter;
    }

    /// Looks at the age of what is held and at who waits, and tells what was counted.
    pub(super) fn tick(&self) {
        let now = now();
        let state = &mut *self.0.borrow_mut();
        if let Ok(filter) = &mut state.filter {
            let calls = filter.refresh(now);
            state.metrics.tell(filter.cache_counts());
            state.enqueue(calls);
        }
        // Nobody waits longer than is allowed, whatever becomes of the call.
        state.release(|visit| visit.look_at <= now);
    }

    /// Takes the answer to the call of that number, if it is one of ours.
    pub(super) fn answered(&self, number: u32, headers: usize, body_size: usize) {
        let Some((call, asked)) = self.0.borrow_mut().under_way.remove(&number) else {
            return;
        };
        if headers == 0 {
            self.fail(&call, asked, "there was no answer");
        } else {
            self.take(&call, asked, body_size);
        }
    }

    /// Makes every call that is queued, unless another worker has the answer or will have it.
    fn call_out(&self) {
        let calls = mem::take(&mut self.0.borrow_mut().queue);
        let now = now();
        for (call, since) in calls {
            let since = since.unwrap_or(now);
            let name = call.name();
            let took = self.0.borrow().taken.get(&name).copied();
            let wish = Wish { name: &name, sharing: call.sharing, took, since };
            match shared::plan(&HostData, wish, now) {
                Plan::Take(answer) => self.take_shared(&call, &answer, now),
                // By then the verifier has given up as well.
                Plan::Wait if now.since(since) > LOST => {}
                Plan::Wait => self.0.borrow_mut().queue.push((call, Some(since))),
                Plan::Ask => self.ask(call, now),
            }
        }
    }

    /// Makes a call. One that can't even be made has failed.
    fn ask(&self, call: Call, now: Timestamp) {
        match dispatch(&call) {
            Some(number) => {
                let mut state = self.0.borrow_mut();
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
        log(Level::Warn, &format!("keys or status lists were not fetched: {why}"));
        let nothing =
            Answer { asked, came: now(), status: 0, cache_control: None, body: Vec::new() };
        shared::publish(&HostData, &call.name(), &nothing);
        let mut state = self.0.borrow_mut();
        state.metrics.fetch_failed();
        if let Ok(filter) = &mut state.filter {
            filter.fetch_failed(call.id);
        }
        state.release(|_| true);
    }

    /// Takes the answer to a call, and leaves it for the other workers.
    fn take(&self, call: &Call, asked: Timestamp, body_size: usize) {
        let headers = calls::headers(Map::Answer).unwrap_or_default();
        let headers = map::read(&headers).unwrap_or_default();
        let size = body_size.min(MAX_BODY + 1);
        let body = calls::buffer(Buffer::Answer, size).unwrap_or_default();
        let now = now();
        let answer = answer_of(&headers, body, asked, now);
        let arrived = match &mut self.0.borrow_mut().filter {
            Ok(filter) => filter.fetched(call.id, &answer, now),
            Err(_) => return,
        };
        shared::publish(&HostData, &call.name(), &answer);
        self.arrived(&call.name(), asked, arrived);
    }

    /// Takes what another worker got.
    fn take_shared(&self, call: &Call, answer: &Answer, now: Timestamp) {
        let arrived = match &mut self.0.borrow_mut().filter {
            Ok(filter) if answer.status == 0 => {
                filter.fetch_failed(call.id);
                Arrived { failure: None, calls: Vec::new() }
            }
            Ok(filter) => filter.fetched_elsewhere(call, answer, now),
            Err(_) => return,
        };
        self.0.borrow_mut().metrics.shared();
        self.arrived(&call.name(), answer.asked, arrived);
    }

    fn arrived(&self, name: &str, asked: Timestamp, arrived: Arrived) {
        let mut state = self.0.borrow_mut();
        state.taken.insert(name.to_owned(), asked);
        if let Some(failure) = arrived.failure {
            state.metrics.fetch_failed();
            log(Level::Warn, &format!("what was fetched is not used: {failure}"));
        }
        state.enqueue(arrived.calls);
        state.release(|_| true);
    }
}

/// Asks by path only: which servers have it is the host's business.
fn dispatch(call: &Call) -> Option<u32> {
    let headers: [(&str, &[u8]); 5] = [
        (":method", b"GET"),
        (":scheme", call.scheme.as_bytes()),
        (":authority", call.authority.as_bytes()),
        (":path", call.path.as_bytes()),
        ("accept", b"application/jwk-set+json, application/statuslist+jwt, application/json"),
    ];
    calls::call(&call.cluster, &headers, TIMEOUT).ok()
}
