//! What the workers of one proxy share: the answers they got, and who is asking right now.
//!
//! Every worker keeps its own keys and lists, and proves what it takes. Before it asks the network
//! it looks here: whether another has asked so short a time ago that its answer will do, or is
//! asking at this moment. So all workers together ask as often as one would.
//!
//! The last answer that was used stays where it is, whatever comes after it, and failures lie beside
//! it: a worker that begins while an issuer is away goes on with what the others go on with.

use laika_claims::json::{self, DOCUMENT_LIMITS};
use laika_verifier::fetch::{Sharing, age};
use laika_verifier::{Response, Timestamp};
use serde_json::{Map, Value};

/// Who asks is written down under this name; it is there from the first configuration on.
pub const ASKING: &str = "laika asking";
/// What there are answers to, and since when, stands under this name.
const KEPT: &str = "laika kept";
/// Of so many calls the answers are kept: those that were renewed last.
pub const MOST: usize = 256;
/// Seconds after which somebody who asks and says nothing more is forgotten: a little longer than an
/// answer may take.
pub const LOST: f64 = 6.0;
/// Seconds for which a failure speaks for its endpoint to those who have nothing.
const AWAY: f64 = 10.0;
/// Bytes before the strings of an answer: when it was asked for, when it came, its status, and the
/// length of its `Cache-Control` and one.
const HEAD: usize = 8 + 8 + 2 + 4;

/// Data that all workers see (of a proxy: the host's shared data).
pub trait Store {
    /// A value, and the number of its state.
    fn get(&self, name: &str) -> Option<(Vec<u8>, u32)>;
    /// Sets a value, where there is `state` only if it still has that. Whether it was set.
    fn set(&self, name: &str, value: &[u8], state: Option<u32>) -> bool;
}

/// What somebody got.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// When it was asked for: its age counts from there.
    pub asked: Timestamp,
    /// When it came.
    pub came: Timestamp,
    /// HTTP status; 0 where nothing came.
    pub status: u16,
    /// `Cache-Control`, where it is text.
    pub cache_control: Option<String>,
    /// The body; none of a failure that another worker got.
    pub body: Vec<u8>,
}

/// What to do about a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Plan {
    /// Take this answer of another worker.
    Take(Answer),
    /// Another is asking: look again soon.
    Wait,
    /// Ask; [`publish`] says when that is over.
    Ask,
}

/// A call that is to be made.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'w> {
    /// What it is for, the same in every worker.
    pub name: &'w str,
    /// How old an answer may be.
    pub sharing: Sharing,
    /// When the answer that this worker took last was asked for; none where it has nothing.
    pub took: Option<Timestamp>,
    /// Since when it is wished for.
    pub since: Timestamp,
}

/// Makes the places where workers write down that they ask and what there is, where there are none.
/// Once they are there, no two can take the same turn.
pub fn prepare(store: &impl Store) {
    for name in [ASKING, KEPT] {
        if store.get(name).is_none() {
            store.set(name, b"{}", None);
        }
    }
}

/// What to do about `wish`. [`Plan::Ask`] has written down that we do.
pub fn plan(store: &impl Store, wish: Wish<'_>, now: Timestamp) -> Plan {
    if let Some(answer) = answer_to(store, wish, now) {
        return Plan::Take(answer);
    }
    let Some((asking, state)) = store.get(ASKING) else {
        // A host that shares nothing.
        return Plan::Ask;
    };
    let mut asking = read_asking(&asking, now);
    if asking.contains_key(wish.name) {
        return Plan::Wait;
    }
    asking.insert(wish.name.to_owned(), now.seconds().into());
    if store.set(ASKING, &write(asking), Some(state)) { Plan::Ask } else { Plan::Wait }
}

/// The answer that there is to `wish`, if any: a good one that will do, or a failure, which counts
/// for who was waiting for it. Who has nothing takes the last good one while the endpoint is away,
/// as old as it is: that is how those go on who have it.
pub fn answer_to(store: &impl Store, wish: Wish<'_>, now: Timestamp) -> Option<Answer> {
    let read = |name: String| store.get(&name).and_then(|(bytes, _)| Answer::decode(&bytes));
    let failure = read(failure_of(wish.name));
    let is_away = |failure: &Answer| age(failure.came, now) < AWAY;
    let any_age = wish.took.is_none() && failure.as_ref().is_some_and(is_away);
    // Not one from a time that is still to come, after the clock was set back.
    let was_awaited =
        |failure: &Answer| failure.came >= wish.since && age(failure.came, now).is_finite();
    let good = read(answer_of(wish.name));
    good.filter(|answer| any_age || will_do(answer, wish, now)).or(failure.filter(was_awaited))
}

/// Leaves an answer that was used for the others, and lets them ask again.
pub fn publish(store: &impl Store, name: &str, answer: &Answer) {
    store.set(&answer_of(name), &answer.encode(), None);
    clear(store, &failure_of(name));
    keep(store, name, answer.came);
    withdraw(store, name, answer.came);
}

/// Leaves word that there was none, or one of no use, and lets the others ask again.
pub fn publish_failure(store: &impl Store, name: &str, failure: &Answer) {
    let failure = Answer { body: Vec::new(), ..failure.clone() };
    store.set(&failure_of(name), &failure.encode(), None);
    keep(store, name, failure.came);
    withdraw(store, name, failure.came);
}

/// Lets others ask again where we have asked, and will hear of no answer.
pub fn withdraw(store: &impl Store, name: &str, now: Timestamp) {
    change(store, ASKING, |bytes| {
        let mut asking = read_asking(bytes, now);
        asking.remove(name);
        asking
    });
}

/// Writes down that there is something under a name, and lets go what has not been renewed for
/// longest where that is too much.
fn keep(store: &impl Store, name: &str, now: Timestamp) {
    let mut gone = Vec::new();
    change(store, KEPT, |bytes| {
        let mut kept = json::parse_object(bytes, DOCUMENT_LIMITS).unwrap_or_default();
        kept.insert(name.to_owned(), now.seconds().into());
        gone.clear();
        while kept.len() > MOST {
            let since = |since: &Value| since.as_f64().unwrap_or_default();
            let oldest = kept.iter().min_by(|(_, a), (_, b)| since(a).total_cmp(&since(b)));
            let Some(oldest) = oldest.map(|(name, _)| name.clone()) else {
                break;
            };
            kept.remove(&oldest);
            gone.push(oldest);
        }
        kept
    });
    for name in gone {
        clear(store, &answer_of(&name));
        clear(store, &failure_of(&name));
    }
}

/// Changes what stands under `name`. Another may write at the same time; if all else fails, a turn
/// ends by itself, and an answer is written down the next time.
fn change(store: &impl Store, name: &str, mut to: impl FnMut(&[u8]) -> Map<String, Value>) {
    for _ in 0..8 {
        let Some((bytes, state)) = store.get(name) else {
            return;
        };
        if store.set(name, &write(to(&bytes)), Some(state)) {
            return;
        }
    }
}

/// A value that is empty counts as none; hosts have no other way to take one away.
fn clear(store: &impl Store, name: &str) {
    if store.get(name).is_some() {
        store.set(name, b"", None);
    }
}

/// Whether an answer is news, and young enough.
fn will_do(answer: &Answer, wish: Wish<'_>, now: Timestamp) -> bool {
    let is_news = wish.took.is_none_or(|took| answer.asked > took);
    let age = now.since(answer.asked);
    // Who waited while it was on its way has what he would have got by asking.
    let was_awaited = answer.asked >= wish.since;
    let cache_control = answer.cache_control.as_deref();
    is_news && age >= 0.0 && (was_awaited || age < wish.sharing.seconds(cache_control))
}

fn answer_of(name: &str) -> String {
    format!("laika answer {name}")
}

fn failure_of(name: &str) -> String {
    format!("laika failure {name}")
}

/// Who asks and has not been forgotten.
fn read_asking(bytes: &[u8], now: Timestamp) -> Map<String, Value> {
    let mut asking = json::parse_object(bytes, DOCUMENT_LIMITS).unwrap_or_default();
    let is_asking = |since: Timestamp| age(since, now) < LOST;
    asking
        .retain(|_, since| since.as_f64().and_then(Timestamp::from_seconds).is_some_and(is_asking));
    asking
}

fn write(members: Map<String, Value>) -> Vec<u8> {
    let mut text = String::new();
    json::push_value(&mut text, &Value::Object(members));
    text.into_bytes()
}

impl Answer {
    /// That there was none.
    #[must_use]
    pub const fn none(asked: Timestamp, came: Timestamp) -> Self {
        Self { asked, came, status: 0, cache_control: None, body: Vec::new() }
    }

    /// Whether it is one that was used, of those that others have left.
    #[must_use]
    pub fn is_good(&self) -> bool {
        !self.body.is_empty()
    }

    /// As a verifier takes it.
    #[must_use]
    pub fn response(&self) -> Response<'_> {
        let cache_control = self.cache_control.as_deref();
        Response { status: self.status, cache_control, body: &self.body }
    }

    fn encode(&self) -> Vec<u8> {
        let length = self.cache_control.as_ref().map_or(0, |text| text.len() + 1);
        let mut bytes = Vec::with_capacity(HEAD + length + self.body.len());
        bytes.extend(self.asked.seconds().to_le_bytes());
        bytes.extend(self.came.seconds().to_le_bytes());
        bytes.extend(self.status.to_le_bytes());
        bytes.extend(u32::try_from(length).unwrap_or_default().to_le_bytes());
        bytes.extend(self.cache_control.iter().flat_map(|text| text.bytes()));
        bytes.extend(&self.body);
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (asked, rest) = bytes.split_first_chunk()?;
        let (came, rest) = rest.split_first_chunk()?;
        let (status, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (cache_control, body) = match usize::try_from(u32::from_le_bytes(*length)).ok()? {
            0 => (None, rest),
            length => {
                let (text, body) = rest.split_at_checked(length - 1)?;
                (Some(String::from_utf8(text.to_vec()).ok()?), body)
            }
        };
        Some(Self {
            asked: Timestamp::from_seconds(f64::from_le_bytes(*asked))?,
            came: Timestamp::from_seconds(f64::from_le_bytes(*came))?,
            status: u16::from_le_bytes(*status),
            cache_control,
            body: body.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests;
