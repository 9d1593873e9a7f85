//! What a host fetches for a verifier, and the pace at which it is asked to.

use std::fmt;

use laika_claims::Timestamp;

/// Longest answer that is read, in bytes.
pub const MAX_BODY: usize = 256 * 1024;
/// Seconds after which a fetch that was never reported counts as lost.
pub const LOST: f64 = 10.0;
/// Seconds that a moment may lie ahead and still be now.
const AHEAD: f64 = 1.0;
/// For so many of its longest pauses an attempt that failed speaks for an endpoint: where there is
/// any use, the next is made before that.
const SPEAKS: f64 = 1.2;

/// How many seconds ago `moment` was. One that lies a little ahead is now: somebody else has read
/// the clock just after, and got the lock before. When it lies further ahead the clock was set back,
/// and nobody knows: that is endlessly long ago, so that nothing stops until it has caught up.
#[must_use]
pub fn age(moment: Timestamp, now: Timestamp) -> f64 {
    let age = now.since(moment);
    if age < -AHEAD { f64::INFINITY } else { age.max(0.0) }
}

/// The value of a header of several lines (RFC 9110 section 5.3); `None` of none.
#[must_use]
pub fn one_value<'l>(lines: impl Iterator<Item = &'l str>) -> Option<String> {
    let lines: Vec<_> = lines.collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

/// A fetch for the host to make: GET, 5 s time-out, no redirect, at most [`MAX_BODY`].
#[derive(Debug, Clone, PartialEq)]
pub struct Fetch {
    /// To be handed back with the answer.
    pub id: u32,
    /// Index in the options of the issuer it is for.
    pub issuer: usize,
    /// What to GET.
    pub uri: String,
    /// Whether the answer that another instance of the verifier got will do.
    pub sharing: Sharing,
}

/// How old the answer of another instance of the verifier may be, for hosts that share what they
/// fetch between several.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sharing {
    /// As old as a key set may be that is not yet to be refreshed.
    Lifetime,
    /// So many seconds.
    Seconds(f64),
}

impl Sharing {
    /// The same in seconds, for an answer with this `Cache-Control`.
    #[must_use]
    pub fn seconds(self, cache_control: Option<&str>) -> f64 {
        match self {
            Self::Lifetime => crate::keys::fresh_for(cache_control),
            Self::Seconds(seconds) => seconds,
        }
    }
}

/// What a fetch brought.
#[derive(Debug, Clone, Copy)]
pub struct Response<'a> {
    /// HTTP status.
    pub status: u16,
    /// `Cache-Control`, where the answer has one that is text.
    pub cache_control: Option<&'a str>,
    /// The body, at most [`MAX_BODY`] and one byte.
    pub body: &'a [u8],
}

impl Response<'_> {
    /// Refuses every status but 200, and a body that is too long.
    pub(crate) fn check(&self) -> Result<(), FetchFailure> {
        if self.status != 200 {
            return Err(FetchFailure(format!("the endpoint answered {}", self.status)));
        }
        if self.body.len() > MAX_BODY {
            return Err(FetchFailure(format!("the answer is longer than {MAX_BODY} bytes")));
        }
        Ok(())
    }
}

/// What became of an answer, and what the host does next.
#[derive(Debug, Default)]
pub struct Landed {
    /// Why the answer is not used, if it isn't. What is held goes on.
    pub failure: Option<FetchFailure>,
    /// What to fetch at once: the key set that metadata named, or keys that a status list says
    /// have changed.
    pub fetches: Vec<Fetch>,
    /// What to inflate before it can be used.
    pub inflate: Option<Inflate>,
}

/// A status list for the host to inflate (zlib, RFC 1950) and hand to
/// [`Verifier::inflated`](crate::Verifier::inflated), or to give up by
/// [`Verifier::fetch_failed`](crate::Verifier::fetch_failed).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inflate {
    /// That of the fetch.
    pub id: u32,
    /// The compressed bytes.
    pub data: Vec<u8>,
    /// More bytes than this are refused: stop there.
    pub limit: usize,
}

impl Inflate {
    /// Inflates, for hosts that have no way of their own; `None` for what is no zlib stream and for
    /// more bytes than the limit.
    #[cfg(feature = "inflate")]
    #[must_use]
    pub fn run(&self) -> Option<Vec<u8>> {
        miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(&self.data, self.limit).ok()
    }
}

/// Why what was fetched is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchFailure(pub String);

impl fmt::Display for FetchFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FetchFailure {}

/// Numbers fetches, for one verifier.
#[derive(Debug, Default)]
pub(crate) struct Ids(u32);

impl Ids {
    fn next(&mut self) -> u32 {
        let id = self.0;
        self.0 = id.wrapping_add(1);
        id
    }
}

/// The pace of one endpoint: never more than one fetch in flight, and after failures fewer and
/// fewer.
#[derive(Debug)]
pub(crate) struct Pace {
    in_flight: Option<InFlight>,
    last_attempt: Option<Timestamp>,
    /// Attempts that have failed since the last that did not.
    failures: i32,
    /// Longest pause between attempts at a failing endpoint, in seconds; the first is one second.
    max_back_off: f64,
}

#[derive(Debug)]
struct InFlight {
    id: u32,
    since: Timestamp,
}

impl Pace {
    pub(crate) fn new(max_back_off: f64) -> Self {
        Self { in_flight: None, last_attempt: None, failures: 0, max_back_off }
    }

    /// Notes that an attempt starts, and gives it an id.
    pub(crate) fn start(&mut self, now: Timestamp, ids: &mut Ids) -> u32 {
        let id = ids.next();
        self.in_flight = Some(InFlight { id, since: now });
        self.last_attempt = Some(now);
        id
    }

    /// Notes an answer that does not yet tell whether the attempt has succeeded.
    pub(crate) fn land(&mut self) {
        self.in_flight = None;
    }

    pub(crate) fn succeed(&mut self) {
        self.in_flight = None;
        self.failures = 0;
    }

    pub(crate) fn fail(&mut self) {
        self.in_flight = None;
        self.failures = self.failures.saturating_add(1);
    }

    /// Whether an attempt was made just now, and has failed or takes longer than a request waits,
    /// which is `wait` seconds.
    pub(crate) fn has_been_failing(&self, wait: f64, now: Timestamp) -> bool {
        let slow = self.under_way(now).is_some_and(|age| age >= wait);
        slow || self.has_failed_lately(now)
    }

    fn has_failed_lately(&self, now: Timestamp) -> bool {
        self.failures > 0 && self.since_last_attempt(now) < SPEAKS * self.max_back_off
    }

    /// Forgets failures that say nothing of now: else they would speak again from the start of the next
    /// attempt on.
    pub(crate) fn forget_old_failures(&mut self, now: Timestamp) {
        if !self.has_failed_lately(now) {
            self.failures = 0;
        }
    }

    /// Whether `id` is the fetch under way here.
    pub(crate) fn awaits(&self, id: u32) -> bool {
        self.in_flight.as_ref().is_some_and(|flight| flight.id == id)
    }

    /// Whether a fetch was started and not reported. When another may start, it was lost.
    pub(crate) fn is_open(&self) -> bool {
        self.in_flight.is_some()
    }

    /// For how many seconds a fetch has been under way, if one is.
    pub(crate) fn under_way(&self, now: Timestamp) -> Option<f64> {
        let flight = self.in_flight.as_ref()?;
        Some(age(flight.since, now)).filter(|age| *age < LOST)
    }

    /// What is left of the `wait` seconds that a request waits for a fetch, if one is under way.
    pub(crate) fn left(&self, wait: f64, now: Timestamp) -> Option<f64> {
        self.under_way(now).map(|age| wait - age).filter(|left| *left > 0.0)
    }

    /// Whether an attempt may start now: none is under way, and the pause after failures is over.
    pub(crate) fn may_start(&self, now: Timestamp) -> bool {
        self.under_way(now).is_none() && self.since_last_attempt(now) >= self.back_off()
    }

    pub(crate) fn since_last_attempt(&self, now: Timestamp) -> f64 {
        self.last_attempt.map_or(f64::INFINITY, |last| age(last, now))
    }

    pub(crate) fn last_attempt(&self) -> Timestamp {
        self.last_attempt.unwrap_or(Timestamp::EPOCH)
    }

    fn back_off(&self) -> f64 {
        if self.failures == 0 { 0.0 } else { 2_f64.powi(self.failures - 1).min(self.max_back_off) }
    }
}

#[cfg(all(test, feature = "inflate"))]
mod tests {
    use miniz_oxide::deflate::compress_to_vec_zlib;

    use super::Inflate;
    use crate::status::MAX_INFLATED;

    #[test]
    fn a_list_is_inflated_no_further_than_its_limit() {
        let run = |size: usize| {
            let data = compress_to_vec_zlib(&vec![0; size], 1);
            Inflate { id: 0, data, limit: MAX_INFLATED }.run().map(|bytes| bytes.len())
        };
        assert_eq!(run(MAX_INFLATED), Some(MAX_INFLATED));
        assert_eq!(run(MAX_INFLATED + 1), None);
        assert_eq!(run(16 * MAX_INFLATED), None);
    }
}
