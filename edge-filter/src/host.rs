//! The adapter: converts between the host's calls and [`Filter`], and decides nothing.
//!
//! A stream never calls out itself: the SDK hands an answer to the context that asked, and a stream
//! may be gone by then. It queues the call and asks for a tick; the root context makes it.

mod metrics;
mod root;
mod sharing;
mod signatures;
mod stream;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::{Duration, UNIX_EPOCH};

use laika_verifier::{ErrorCode, Timestamp};
use proxy_wasm::hostcalls;
use proxy_wasm::types::LogLevel;

use self::metrics::Metrics;
use crate::denial::Denial;
use crate::filter::{Call, Filter};

/// Most requests that wait for keys at one time; the next are answered at once.
const MAX_WAITING: usize = 1000;
/// Longest a request waits, in seconds: as long as one fetch may take.
const MAX_WAIT: f64 = 5.0;
/// Between looks at the age of keys and at how long requests have waited.
const IDLE: Duration = Duration::from_secs(1);
/// The same while requests wait.
const WATCH: Duration = Duration::from_millis(100);
/// The same while another worker asks for what is wanted here.
const LISTEN: Duration = Duration::from_millis(20);
/// Until what is to be done is done.
const SOON: Duration = Duration::from_millis(1);

proxy_wasm::main! {{
    // Installs the hook that logs a panic, so that one is never silent.
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|id| Box::new(root::Root::new(id)));
}}

/// What the contexts of one plugin share.
#[derive(Clone)]
struct Plugin(Rc<RefCell<State>>);

struct State {
    filter: Result<Filter, Denial>,
    /// To be made at the next tick, or to be answered by another worker, each since when.
    queue: Vec<(Call, Option<Timestamp>)>,
    /// The host's number of each call that is under way, and when it was made.
    under_way: BTreeMap<u32, (Call, Timestamp)>,
    /// For each name of a call, when the answer that was taken last was asked for.
    taken: BTreeMap<String, Timestamp>,
    /// Requests that wait for keys, by stream.
    waiting: BTreeMap<u32, Visit>,
    /// Requests that have waited and are to be judged again, oldest first.
    released: VecDeque<Visit>,
    metrics: Metrics,
}

/// A request on its way through the filter.
#[derive(Clone)]
struct Visit {
    id: u32,
    /// Whether it was let through.
    passed: Rc<Cell<bool>>,
    /// Until when it may wait; unknown before it arrives.
    until: Option<Timestamp>,
    /// When it is judged again, whatever comes.
    look_at: Timestamp,
}

impl Plugin {
    /// Refuses everything until it is configured.
    fn new() -> Self {
        Self(Rc::new(RefCell::new(State {
            filter: Err(Denial::misconfigured(ErrorCode::OptionsInvalid)),
            queue: Vec::new(),
            under_way: BTreeMap::new(),
            taken: BTreeMap::new(),
            waiting: BTreeMap::new(),
            released: VecDeque::new(),
            metrics: Metrics::default(),
        })))
    }
}

impl State {
    /// Makes these calls at the next tick.
    fn enqueue(&mut self, calls: Vec<Call>) {
        self.queue.extend(calls.into_iter().map(|call| (call, None)));
    }

    /// Ends the wait of every request that `which` names.
    fn release(&mut self, which: impl Fn(&Visit) -> bool) {
        self.released
            .extend(self.waiting.extract_if(.., |_, visit| which(visit)).map(|(_, visit)| visit));
    }
}

fn now() -> Timestamp {
    timestamp(clock())
}

/// What the host's clock says: the time since 1970.
fn clock() -> Option<Duration> {
    hostcalls::get_current_time().ok()?.duration_since(UNIX_EPOCH).ok()
}

/// Without a clock it is the end of time, when every token has expired.
fn timestamp(since_epoch: Option<Duration>) -> Timestamp {
    let end = || Timestamp::EPOCH.plus(f64::INFINITY);
    let seconds = since_epoch.map(|duration| duration.as_secs_f64());
    seconds.and_then(Timestamp::from_seconds).unwrap_or_else(end)
}

/// A log that fails is no reason to do anything else differently.
fn log(level: LogLevel, message: &str) {
    let _ = hostcalls::log(level, message);
}
