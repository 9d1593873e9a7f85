//! The adapter: converts between the host's calls and [`Filter`], and decides nothing.
//!
//! A stream never calls out itself: a host hands an answer to the context that asked, and a stream
//! may be gone by then. It queues the call and asks for a tick; its root makes it.

mod metrics;
mod root;
mod sharing;
mod signatures;
mod stream;

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use laika_proxy_abi::calls::{self, Level};
use laika_proxy_abi::{Action, Module};
use laika_verifier::{ErrorCode, Timestamp};

use self::metrics::Metrics;
use self::stream::{Standing, Visit};
use crate::contexts::Contexts;
use crate::denial::Denial;
use crate::filter::{Call, Filter};
use crate::shared::MOST;

/// Most requests that wait for keys at one time; the next are answered at once.
const MAX_WAITING: usize = 1000;
/// Longest a request waits, in seconds: as long as one fetch may take.
const MAX_WAIT: f64 = 5.0;
/// Between looks at the age of keys and at how long requests have waited, and between reports of
/// what was counted; in milliseconds, as all that follow.
const IDLE: u32 = 1000;
/// The same while requests wait.
const WATCH: u32 = 100;
/// The same while another worker asks for what is wanted here.
const LISTEN: u32 = 20;
/// Until what is to be done is done.
const SOON: u32 = 1;

laika_proxy_abi::export!(Host);

/// All contexts of a worker: one root for each configuration, and the requests that are on their
/// way.
#[derive(Default)]
struct Host {
    roots: RefCell<Contexts<Plugin>>,
    streams: RefCell<Contexts<Stream>>,
}

/// One request on its way through the proxy.
struct Stream {
    plugin: Plugin,
    /// Whether it was let through. Nothing of a request goes on before that.
    passed: bool,
}

/// What a root and its streams share.
#[derive(Clone)]
struct Plugin(Rc<RefCell<State>>);

struct State {
    /// What judges, or why there is nothing that could.
    filter: Result<Filter, ErrorCode>,
    /// To be made at the next tick, or to be answered by another worker, each since when.
    queue: Vec<(Call, Option<Timestamp>)>,
    /// The host's number of each call that is under way, and when it was made.
    under_way: BTreeMap<u32, (Call, Timestamp)>,
    /// When the answer that an issuer took last was asked for, by issuer and name of the call: one key
    /// set may be that of several.
    taken: BTreeMap<(usize, String), Timestamp>,
    /// Requests that wait for keys, by stream.
    waiting: BTreeMap<u32, Visit>,
    /// Requests that have waited and are to be judged again, oldest first.
    released: VecDeque<(u32, Visit)>,
    /// Whether ticks come. They begin with the first request: hosts make roots in threads that never
    /// see one, and those have no use for keys and nothing to report.
    ticks: bool,
    metrics: Metrics,
}

impl Module for Host {
    fn created(&self, context: u32, root: u32) {
        if root == 0 {
            self.roots.borrow_mut().insert(context, Plugin::new());
        } else if let Some(plugin) = self.root(root) {
            self.streams.borrow_mut().insert(context, Stream { plugin, passed: false });
        }
    }

    fn configured(&self, root: u32, size: usize) {
        if let Some(plugin) = self.root(root) {
            plugin.configure(size);
        }
    }

    fn ticked(&self, root: u32) {
        if let Some(plugin) = self.root(root) {
            plugin.tick();
            self.work(root, &plugin);
        }
    }

    fn answered(&self, root: u32, call: u32, headers: usize, body: usize) {
        if let Some(plugin) = self.root(root) {
            plugin.answered(call, headers, body);
            self.work(root, &plugin);
        }
    }

    fn request_headers(&self, stream: u32) -> Action {
        let plugin = self.streams.borrow().get(stream).map(|stream| stream.plugin.clone());
        if let Some(plugin) = plugin {
            return self.attend(stream, &plugin, None);
        }
        // Whose request that is nobody has said.
        stream::send(&Denial::misconfigured(ErrorCode::OptionsInvalid));
        Action::Pause
    }

    fn request_body(&self, stream: u32) -> Action {
        self.action(stream)
    }

    fn request_trailers(&self, stream: u32) -> Action {
        if let Some(stream) = self.streams.borrow().get(stream) {
            stream.plugin.clean_trailers();
        }
        self.action(stream)
    }

    fn deleted(&self, context: u32) {
        let stream = self.streams.borrow_mut().remove(context);
        match stream {
            Some(stream) => {
                if let Ok(mut state) = stream.plugin.0.try_borrow_mut() {
                    state.waiting.remove(&context);
                }
            }
            None => {
                let root = self.roots.borrow_mut().remove(context);
                if let Some(root) = root {
                    root.end();
                }
            }
        }
    }
}

impl Host {
    fn root(&self, root: u32) -> Option<Plugin> {
        self.roots.borrow().get(root).cloned()
    }

    /// What becomes of the rest of a request.
    fn action(&self, stream: u32) -> Action {
        let passed = self.streams.borrow().get(stream).is_some_and(|stream| stream.passed);
        if passed { Action::Continue } else { Action::Pause }
    }

    /// Judges the request of the stream that speaks, which has waited for `visit` if it has.
    fn attend(&self, stream: u32, plugin: &Plugin, visit: Option<Visit>) -> Action {
        match plugin.judge(visit) {
            Standing::Passed => {
                if let Some(stream) = self.streams.borrow_mut().get_mut(stream) {
                    stream.passed = true;
                }
                return Action::Continue;
            }
            Standing::Answered => {}
            Standing::Waits(visit) => {
                plugin.0.borrow_mut().waiting.insert(stream, visit);
            }
        }
        Action::Pause
    }
}

impl Plugin {
    /// Refuses everything until it is configured.
    fn new() -> Self {
        Self(Rc::new(RefCell::new(State {
            filter: Err(ErrorCode::OptionsInvalid),
            queue: Vec::new(),
            under_way: BTreeMap::new(),
            taken: BTreeMap::new(),
            waiting: BTreeMap::new(),
            released: VecDeque::new(),
            ticks: false,
            metrics: Metrics::default(),
        })))
    }
}

impl State {
    /// Makes these calls at the next tick.
    fn enqueue(&mut self, calls: Vec<Call>) {
        self.queue.extend(calls.into_iter().map(|call| (call, None)));
    }

    /// Notes when the answer to a call that was taken was asked for.
    fn took(&mut self, call: &Call, asked: Timestamp) {
        self.taken.insert((call.issuer, call.name()), asked);
        while self.taken.len() > MOST {
            let seconds = |asked: &Timestamp| asked.seconds();
            let all = self.taken.iter();
            let oldest = all.min_by(|(_, a), (_, b)| seconds(a).total_cmp(&seconds(b)));
            let Some(oldest) = oldest.map(|(name, _)| name.clone()) else {
                break;
            };
            self.taken.remove(&oldest);
        }
    }

    fn note_failure(&mut self, line: &str) {
        self.metrics.fetch_failed();
        log(Level::Warn, line);
    }

    /// Ends the wait of every request that `which` names.
    fn release(&mut self, which: impl Fn(&Visit) -> bool) {
        self.released.extend(self.waiting.extract_if(.., |_, visit| which(visit)));
    }
}

fn now() -> Timestamp {
    timestamp(calls::time())
}

/// Without a clock it is the end of time, when every token has expired.
fn timestamp(nanoseconds: Option<u64>) -> Timestamp {
    let end = || Timestamp::EPOCH.plus(f64::INFINITY);
    // Seconds and parts of them each fit, which all nanoseconds since 1970 would not.
    let seconds = nanoseconds.map(std::time::Duration::from_nanos).map(|time| time.as_secs_f64());
    seconds.and_then(Timestamp::from_seconds).unwrap_or_else(end)
}

fn log(level: Level, line: &str) {
    calls::log(level, line);
}
