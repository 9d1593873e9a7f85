//! What outlives requests: it takes the configuration and fetches keys.

use std::mem;

use laika_proxy_abi::calls::{self, Buffer, Level, Map};
use laika_proxy_abi::{Action, map};
use laika_verifier::Timestamp;
use laika_verifier::fetch::{LOST, MAX_BODY};

use super::sharing::HostData;
use super::signatures::Proxy;
use super::{Host, IDLE, LISTEN, Plugin, SOON, WATCH, log, now};
use crate::filter::{Arrived, Call, Filter, answer_of};
use crate::shared::{self, Answer, Plan, Wish};

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
        let answer = match headers {
            0 => Answer::none(asked, now()),
            _ => answer_at_hand(asked, body_size),
        };
        self.take(&call, &answer);
    }

    /// Lets other workers ask for what was asked for here: the proxy tells nobody what came.
    pub(super) fn end(&self) {
        let Ok(mut state) = self.0.try_borrow_mut() else {
            return;
        };
        for (call, _) in mem::take(&mut state.under_way).into_values() {
            shared::withdraw(&HostData, &call.name(), now());
        }
    }

    /// Makes every call that is queued, unless another worker has the answer or will have it.
    fn call_out(&self) {
        let calls = mem::take(&mut self.0.borrow_mut().queue);
        let now = now();
        for (call, since) in calls {
            let since = since.unwrap_or(now);
            let name = call.name();
            if !self.awaits(&call) {
                continue;
            }
            match shared::plan(&HostData, self.wish(&name, &call, since), now) {
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
                log(Level::Warn, &format!("keys or status lists were not fetched: {why}"));
                self.take(&call, &Answer::none(now, now));
            }
        }
    }

    /// Whether the filter still waits for what comes of a call.
    fn awaits(&self, call: &Call) -> bool {
        self.0.borrow().filter.as_ref().is_ok_and(|filter| filter.awaits(call))
    }

    /// Takes what came of a call, and leaves it for the other workers. What nobody waits for any more
    /// is not proved here, so it is nothing for the others either.
    fn take(&self, call: &Call, answer: &Answer) {
        let (name, now) = (call.name(), answer.came);
        if !self.awaits(call) {
            return shared::withdraw(&HostData, &name, now);
        }
        let is_answer = answer.status == 200;
        if !is_answer {
            shared::publish_failure(&HostData, &name, answer);
            let wish = self.wish(&name, call, now);
            let last = shared::answer_to(&HostData, wish, now).filter(Answer::is_good);
            if let Some(last) = last {
                let line = format!("what was used last goes on: {} is away", call.authority);
                self.0.borrow_mut().note_failure(&line);
                return self.take_shared(call, &last, now);
            }
        }
        let arrived = match &mut self.0.borrow_mut().filter {
            Ok(filter) => filter.fetched(call.id, answer, now),
            Err(_) => return,
        };
        let is_used = is_answer && arrived.failure.is_none();
        if is_used {
            shared::publish(&HostData, &name, answer);
        } else if is_answer {
            shared::publish_failure(&HostData, &name, answer);
        }
        self.arrived(call, is_used.then_some(answer.asked), arrived);
    }

    /// Takes what another worker got.
    fn take_shared(&self, call: &Call, answer: &Answer, now: Timestamp) {
        let arrived = match &mut self.0.borrow_mut().filter {
            Ok(filter) => filter.fetched_elsewhere(call, answer, now),
            Err(_) => return,
        };
        self.0.borrow_mut().metrics.shared();
        self.arrived(call, answer.is_good().then_some(answer.asked), arrived);
    }

    fn arrived(&self, call: &Call, took: Option<Timestamp>, arrived: Arrived) {
        let mut state = self.0.borrow_mut();
        if let Some(asked) = took {
            state.took(call, asked);
        }
        if let Some(failure) = arrived.failure {
            state.note_failure(&format!("what was fetched is not used: {failure}"));
        }
        state.enqueue(arrived.calls);
        state.release(|_| true);
    }

    fn wish<'w>(&self, name: &'w str, call: &Call, since: Timestamp) -> Wish<'w> {
        let took = self.0.borrow().taken.get(&(call.issuer, name.to_owned())).copied();
        Wish { name, sharing: call.sharing, took, since }
    }
}

/// The answer that the host holds.
fn answer_at_hand(asked: Timestamp, body_size: usize) -> Answer {
    let headers = calls::headers(Map::Answer).unwrap_or_default();
    let headers = map::read(&headers).unwrap_or_default();
    let size = body_size.min(MAX_BODY + 1);
    let body = calls::buffer(Buffer::Answer, size).unwrap_or_default();
    answer_of(&headers, body, asked, now())
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
