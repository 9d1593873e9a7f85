//! A proxy as small as it can be round the crate `proxy-wasm-host`: it starts the filter, sends
//! requests through it, and answers the calls that the filter makes.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use proxy_wasm_host::abi::v0_2_1::types::{Action, LogLevel, MapType, Status, StreamType};
use proxy_wasm_host::abi::v0_2_1::{
    Access, CalloutId, Callouts, Clock, ContextId, Guest, Host, HttpCall, HttpCallRefusal,
    HttpCallResponse, Invocation, LocalResponse, LogContext, LogSink, PluginConfig, Started,
    StreamKind, StreamState, VmServices,
};
use proxy_wasm_host::{Engine, HeaderMap, HeaderMapExt as _, Limits, Module, VecHeaderMap};

/// The filter that is tested: `LAIKA_FILTER_WASM`, which `cargo xtask hosts` sets.
///
/// # Panics
///
/// When there is none.
#[must_use]
pub fn filter() -> Vec<u8> {
    let path = std::env::var_os("LAIKA_FILTER_WASM").map_or_else(
        || {
            PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../target/wasm/laika_edge_filter.wasm"
            ))
        },
        PathBuf::from,
    );
    let advice = "`cargo xtask build` makes it";
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}: {advice}", path.display()))
}

/// What of a machine the filter sees, and this test sets.
#[derive(Default)]
struct Machine {
    seconds: AtomicU64,
    log: Mutex<Vec<String>>,
    calls: Mutex<Vec<Call>>,
}

/// A call that the filter has made and that waits for its answer.
struct Call {
    id: CalloutId,
    context: ContextId,
    request: HttpCall<'static>,
}

impl Clock for Machine {
    fn realtime_nanos(&self) -> u64 {
        self.seconds.load(Ordering::Relaxed) * 1_000_000_000
    }

    fn monotonic_nanos(&self) -> u64 {
        self.realtime_nanos()
    }
}

impl LogSink for Machine {
    fn log(&self, _: LogContext<'_>, _: LogLevel, message: &[u8]) {
        self.log.lock().unwrap().push(String::from_utf8_lossy(message).into_owned());
    }
}

impl Callouts for Machine {
    fn http_call(
        &self,
        call: Invocation,
        id: CalloutId,
        request: HttpCall<'_>,
    ) -> Result<(), HttpCallRefusal> {
        let request = request.into_owned();
        self.calls.lock().unwrap().push(Call { id, context: call.context, request });
        Ok(())
    }
}

/// What becomes of a request.
#[derive(Debug)]
pub enum Fate {
    /// It goes on to the service, with these headers.
    Sent(Vec<(String, String)>),
    /// The filter has answered it.
    Answered {
        /// Its status.
        status: u32,
        /// Its headers.
        headers: Vec<(String, String)>,
        /// Its body.
        body: String,
    },
}

/// A request on its way.
struct Request {
    headers: VecHeaderMap,
    answer: Option<Fate>,
    resumed: bool,
    properties: BTreeMap<String, String>,
}

impl StreamState for Request {
    fn header_map(
        &mut self,
        _: Invocation,
        _: Access,
        map: MapType,
    ) -> Result<&mut dyn HeaderMap, Status> {
        match map {
            MapType::HttpRequestHeaders => Ok(&mut self.headers),
            _ => Err(Status::NotFound),
        }
    }

    fn continue_stream(&mut self, _: Invocation, stream: StreamType) -> Result<(), Status> {
        assert_eq!(stream, StreamType::HttpRequest);
        self.resumed = true;
        Ok(())
    }

    fn send_local_response(
        &mut self,
        _: Invocation,
        answer: LocalResponse<'_>,
    ) -> Result<(), Status> {
        let headers = answer.headers.iter().map(|(name, value)| (text(name), text(value)));
        let (status, body) = (answer.status_code, text(&answer.body));
        self.answer = Some(Fate::Answered { status, headers: headers.collect(), body });
        Ok(())
    }

    fn set_property(&mut self, _: Invocation, path: &[&[u8]], value: &[u8]) -> Result<(), Status> {
        let path: Vec<_> = path.iter().map(|part| text(part)).collect();
        self.properties.insert(path.join("."), text(value));
        Ok(())
    }
}

/// What answers the filter's calls: a status and a body for each URL.
pub type Served<'a> = dyn Fn(&str) -> (u16, String) + 'a;

/// A worker of the proxy: one instance of the filter.
pub struct Worker {
    guest: Guest,
    root: ContextId,
    machine: Arc<Machine>,
    asked: Vec<String>,
}

/// The proxy, from which workers are made that share data.
pub struct Proxy {
    host: Host,
    module: Module,
    services: VmServices,
    machine: Arc<Machine>,
}

impl Proxy {
    /// Compiles the filter.
    ///
    /// # Panics
    ///
    /// When the host does not take the module.
    #[must_use]
    pub fn new() -> Self {
        static COMPILED: OnceLock<(Engine, Module)> = OnceLock::new();
        let (engine, module) = COMPILED.get_or_init(|| {
            let engine = Engine::new().unwrap();
            let module = Module::new(&engine, &filter()).unwrap();
            (engine, module)
        });
        let (host, module) = (Host::new(engine).unwrap(), module.clone());
        let machine = Arc::new(Machine::default());
        let services = VmServices::new(machine.clone())
            .with_vm_id("laika")
            .with_clock(machine.clone())
            .with_callouts(machine.clone());
        Self { host, module, services, machine }
    }

    /// Starts a worker with this configuration; it must start, whatever that is.
    ///
    /// # Panics
    ///
    /// When it does not.
    #[must_use]
    pub fn worker(&self, configuration: &str) -> Worker {
        let services = self.services.clone();
        let mut guest = Guest::new(&self.host, &self.module, services, &Limits::default()).unwrap();
        let plugin = PluginConfig::new().with_root_id("laika").with_configuration(configuration);
        let Started::Serving(root) = guest.start(plugin).unwrap() else {
            panic!("the filter refused to start");
        };
        Worker { guest, root, machine: Arc::clone(&self.machine), asked: Vec::new() }
    }

    /// Puts the clock to this time, in Unix seconds.
    pub fn at(&self, seconds: u64) {
        self.machine.seconds.store(seconds, Ordering::Relaxed);
    }

    /// What the filter has logged so far.
    ///
    /// # Panics
    ///
    /// When a test has panicked while it logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.machine.log.lock().unwrap().join("\n")
    }
}

impl Default for Proxy {
    fn default() -> Self {
        Self::new()
    }
}

impl Worker {
    /// Sends a request, and as long as the filter makes it wait, answers the calls.
    ///
    /// # Panics
    ///
    /// When the filter traps, or makes it wait for nothing.
    pub fn send(&mut self, headers: &[(&str, &str)], served: &Served<'_>) -> Fate {
        let pairs = headers
            .iter()
            .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()));
        let (headers, properties) = (pairs.collect(), BTreeMap::new());
        let request = Request { headers, answer: None, resumed: false, properties };
        let (root, machine, asked) = (self.root, &self.machine, &mut self.asked);
        let ((), request) = self.guest.with(request, |scope| {
            let stream = scope.on_context_create(Some(root)).unwrap();
            scope.expect_stream_kind(stream, StreamKind::Http).unwrap();
            let count = u32::try_from(scope.stream().headers.len()).unwrap();
            let action = scope.on_request_headers(stream, count, true).unwrap();
            let goes_on = action == Action::Continue;
            let mut ticks = 0;
            while !goes_on && scope.stream().answer.is_none() && !scope.stream().resumed {
                let call = machine.calls.lock().unwrap().pop();
                let Some(Call { id, context, request }) = call else {
                    // What another worker may be asking is looked for at the next tick.
                    ticks += 1;
                    assert!(ticks < 10, "the request waits for nothing");
                    assert!(scope.guest().tick_period(root).is_some(), "nobody will look after it");
                    scope.on_tick(root).unwrap();
                    continue;
                };
                let url = url_of(&request);
                let (status, body) = served(&url);
                asked.push(url);
                let status = status.to_string().into_bytes();
                let headers = vec![(b":status"[..].into(), status.into())];
                let answer = HttpCallResponse::received(headers).with_body(body.into_bytes());
                scope.on_http_call_response(context, id, answer).unwrap();
            }
            scope.on_done(stream).unwrap();
            scope.on_log(stream).unwrap();
            scope.on_delete(stream).unwrap();
        });
        assert!(self.guest.is_serving(), "the filter is broken");
        request.answer.unwrap_or_else(|| {
            let pairs = request.headers.pairs();
            Fate::Sent(pairs.iter().map(|(name, value)| (text(name), text(value))).collect())
        })
    }

    /// The URLs that this worker has asked for.
    #[must_use]
    pub fn asked(&self) -> &[String] {
        &self.asked
    }
}

/// Where a call goes, as the filter's configuration names it.
fn url_of(call: &HttpCall<'_>) -> String {
    let header = |wanted: &[u8]| {
        let found = call.headers.iter().find(|(name, _)| name.as_ref() == wanted);
        found.map_or_else(String::new, |(_, value)| text(value))
    };
    format!("{}://{}{}", header(b":scheme"), header(b":authority"), header(b":path"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
