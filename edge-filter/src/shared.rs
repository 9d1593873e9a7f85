//! What the workers of one proxy share: the answers they got, and who is asking right now.
//!
//! Every worker keeps its own keys and lists, and proves what it takes. Before it asks the network
//! it looks here: whether another has asked so short a time ago that its answer will do, or is
//! asking at this moment. So all workers together ask as often as one would.

use laika_claims::json::{self, DOCUMENT_LIMITS};
use laika_verifier::fetch::Sharing;
use laika_verifier::{Response, Timestamp};
use serde_json::{Map, Value};

/// Who asks is written down under this name; it is there from the first configuration on.
pub const ASKING: &str = "laika asking";
/// Seconds after which somebody who asks and says nothing more is forgotten.
pub const LOST: f64 = 10.0;
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
    /// The body.
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
    /// When the answer that this worker took last was asked for.
    pub took: Option<Timestamp>,
    /// Since when it is wished for.
    pub since: Timestamp,
}

/// Makes the place where workers write down that they ask, where there is none. Once it is there,
/// no two can take the same turn.
pub fn prepare(store: &impl Store) {
    if store.get(ASKING).is_none() {
        store.set(ASKING, b"{}", None);
    }
}

/// What to do about `wish`. [`Plan::Ask`] has written down that we do.
pub fn plan(store: &impl Store, wish: Wish<'_>, now: Timestamp) -> Plan {
    let answer = store.get(&name_of(wish.name)).and_then(|(bytes, _)| Answer::decode(&bytes));
    if let Some(answer) = answer.filter(|answer| will_do(answer, wish, now)) {
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
    if store.set(ASKING, &write_asking(asking), Some(state)) { Plan::Ask } else { Plan::Wait }
}

/// Leaves an answer for the others, and lets them ask again.
pub fn publish(store: &impl Store, name: &str, answer: &Answer) {
    store.set(&name_of(name), &answer.encode(), None);
    // Another may write at the same time; if all else fails, our turn ends by itself.
    for _ in 0..8 {
        let Some((asking, state)) = store.get(ASKING) else {
            return;
        };
        let mut asking = read_asking(&asking, answer.came);
        asking.remove(name);
        if store.set(ASKING, &write_asking(asking), Some(state)) {
            return;
        }
    }
}

/// Whether an answer is news, and young enough; a failure counts for who was waiting for it.
fn will_do(answer: &Answer, wish: Wish<'_>, now: Timestamp) -> bool {
    if answer.status != 200 {
        return answer.came >= wish.since;
    }
    let is_news = wish.took.is_none_or(|took| answer.asked > took);
    let age = now.since(answer.asked);
    // Who waited while it was on its way has what he would have got by asking.
    let was_awaited = answer.asked >= wish.since;
    let cache_control = answer.cache_control.as_deref();
    is_news && age >= 0.0 && (was_awaited || age < wish.sharing.seconds(cache_control))
}

fn name_of(name: &str) -> String {
    format!("laika answer {name}")
}

/// Who asks and has not been forgotten.
fn read_asking(bytes: &[u8], now: Timestamp) -> Map<String, Value> {
    let mut asking = json::parse_object(bytes, DOCUMENT_LIMITS).unwrap_or_default();
    let is_asking = |since: f64| (0.0..LOST).contains(&(now.seconds() - since));
    asking.retain(|_, since| since.as_f64().is_some_and(is_asking));
    asking
}

fn write_asking(asking: Map<String, Value>) -> Vec<u8> {
    let mut text = String::new();
    json::push_value(&mut text, &Value::Object(asking));
    text.into_bytes()
}

impl Answer {
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
