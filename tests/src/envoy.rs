//! A real Envoy with the filter in front of a real server, on ports that the system picks.

mod delivery;

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http::{Exchange, Message, Request};
use crate::process::artifact;

pub use delivery::{Delivery, Source};

/// How long an Envoy may take until it answers.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running Envoy; it ends with this value. Its log is shown if the test fails.
#[derive(Debug)]
pub struct Envoy {
    process: Child,
    folder: TempDir,
    admin: SocketAddr,
    listener: SocketAddr,
}

/// The clusters an Envoy knows, by name. `upstream` gets what the filter lets through.
pub type Clusters<'a> = &'a [(&'a str, SocketAddr)];

impl Envoy {
    /// Starts an Envoy whose filter has this plugin configuration, and waits until it is ready.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start(plugin: &Value, clusters: Clusters<'_>) -> Self {
        Self::with_text(&plugin.to_string(), clusters)
    }

    /// As [`Envoy::start`], with a plugin configuration that need not be JSON.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn with_text(plugin: &str, clusters: Clusters<'_>) -> Self {
        Self::changed(plugin, clusters, |_| {})
    }

    /// As [`Envoy::with_text`], the rest of Envoy's own configuration changed by `change`.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn changed(plugin: &str, clusters: Clusters<'_>, change: impl FnOnce(&mut Value)) -> Self {
        Self::of_workers(1, plugin, clusters, change)
    }

    /// As [`Envoy::changed`], with so many workers, each of which has a module of its own.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn of_workers(
        workers: usize,
        plugin: &str,
        clusters: Clusters<'_>,
        change: impl FnOnce(&mut Value),
    ) -> Self {
        let program = file("LAIKA_ENVOY");
        let filter = file("LAIKA_FILTER_WASM");
        let folder = tempfile::tempdir().expect("a scratch folder");
        let at = |name: &str| folder.path().join(name);
        let mut bootstrap = bootstrap(&filter, plugin, clusters);
        change(&mut bootstrap);
        fs::write(at("envoy.json"), bootstrap.to_string()).expect("the configuration is written");
        let log = File::create(at("log")).expect("a log");
        let process = Command::new(program)
            .args(["--concurrency", &workers.to_string()])
            .args(["--disable-hot-restart", "--log-level", "warning"])
            .args(["--component-log-level", "wasm:info", "--admin-address-path"])
            .arg(at("admin"))
            .arg("--config-path")
            .arg(at("envoy.json"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("Envoy starts");
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut envoy = Self { process, folder, admin: nowhere, listener: nowhere };
        (envoy.admin, envoy.listener) = envoy.wait();
        envoy
    }

    /// Sends `request` through the proxy.
    #[must_use]
    pub fn send(&self, request: &Request) -> Message {
        request.send(self.listener)
    }

    /// Sends `request` and leaves the answer for later.
    ///
    /// # Panics
    /// When nobody listens.
    #[must_use]
    pub fn begin(&self, request: &Request) -> Exchange {
        request.begin(self.listener).expect("a connection")
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener
    }

    /// Where another listener of its configuration listens.
    ///
    /// # Panics
    /// When there is none of that name.
    #[must_use]
    pub fn listener(&self, name: &str) -> SocketAddr {
        let all = self.ask_admin("/listeners?format=json").json();
        let listeners = all["listener_statuses"].as_array().expect("listeners");
        let listener = listeners.iter().find(|listener| listener["name"] == name);
        let listener = listener.unwrap_or_else(|| panic!("no listener `{name}`"));
        address_of(listener).expect("an address")
    }

    /// What one of its counters stands at; 0 before it counts.
    ///
    /// # Panics
    /// When Envoy does not say.
    #[must_use]
    pub fn counter(&self, name: &str) -> u64 {
        let path = format!("/stats?filter=^{name}$");
        let answer = Request::new("GET", &path).send(self.admin);
        assert_eq!(answer.status, 200, "{answer:?}");
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.map_or(0, |count| count.trim().parse().expect("a number"))
    }

    /// What Envoy's administration answers.
    #[must_use]
    pub fn ask_admin(&self, path: &str) -> Message {
        Request::new("GET", path).send(self.admin)
    }

    /// Resident memory, in KiB.
    ///
    /// # Panics
    /// When the system does not say.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let file = format!("/proc/{}/status", self.process.id());
        let status = fs::read_to_string(file).expect("the state of the process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let size = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
        size.expect("its memory")
    }

    /// Everything it has logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        let log = fs::read(self.folder.path().join("log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// Waits for readiness; the addresses of its administration and of the listener.
    fn wait(&mut self) -> (SocketAddr, SocketAddr) {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Ok(Some(status)) = self.process.try_wait() {
                panic!("Envoy ended with {status}");
            }
            if let Some(addresses) = self.ready() {
                return addresses;
            }
            assert!(Instant::now() < end, "Envoy is not ready after {PATIENCE:?}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn ready(&self) -> Option<(SocketAddr, SocketAddr)> {
        let admin = fs::read_to_string(self.folder.path().join("admin")).ok()?;
        let admin = admin.trim().parse().ok()?;
        let get = |path: &str| Request::new("GET", path).try_send(admin).ok();
        if get("/ready")?.status != 200 {
            return None;
        }
        let listeners: Value = serde_json::from_slice(&get("/listeners?format=json")?.body).ok()?;
        Some((admin, address_of(&listeners["listener_statuses"][0])?))
    }
}

fn address_of(listener: &Value) -> Option<SocketAddr> {
    let port = listener["local_address"]["socket_address"]["port_value"].as_u64()?;
    Some(SocketAddr::from(([127, 0, 0, 1], u16::try_from(port).ok()?)))
}

impl Drop for Envoy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if thread::panicking() {
            eprintln!("--- log of Envoy ---\n{}--- end of the log ---", self.log());
        }
    }
}

fn file(name: &str) -> PathBuf {
    let path = artifact(name);
    assert!(path.is_file(), "there is no `{}`: run `cargo xtask test`", path.display());
    path
}

fn bootstrap(filter: &Path, plugin: &str, clusters: Clusters<'_>) -> Value {
    let clusters: Vec<_> = clusters.iter().map(|(name, address)| cluster(name, *address)).collect();
    json!({
        "admin": { "address": socket(SocketAddr::from(([127, 0, 0, 1], 0))) },
        "static_resources": { "listeners": [listener(filter, plugin)], "clusters": clusters },
    })
}

fn listener(filter: &Path, plugin: &str) -> Value {
    let route = json!({ "match": { "prefix": "/" }, "route": { "cluster": "upstream" } });
    json!({
        "name": "in",
        "address": socket(SocketAddr::from(([127, 0, 0, 1], 0))),
        "filter_chains": [{ "filters": [{
            "name": "envoy.filters.network.http_connection_manager",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                "stat_prefix": "in",
                "http_protocol_options": { "enable_trailers": true },
                "route_config": { "virtual_hosts": [
                    { "name": "all", "domains": ["*"], "routes": [route] },
                ]},
                "http_filters": [
                    wasm(filter, plugin),
                    { "name": "envoy.filters.http.router", "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
                    }},
                ],
            },
        }]}],
    })
}

/// The HTTP filters of the listener, to be changed.
///
/// # Panics
/// When this is no configuration of [`Envoy`].
pub fn filters(bootstrap: &mut Value) -> &mut Vec<Value> {
    manager(bootstrap)["http_filters"].as_array_mut().expect("filters")
}

/// The configuration of the listener's HTTP connection manager, to be changed.
pub fn manager(bootstrap: &mut Value) -> &mut Value {
    let listener = &mut bootstrap["static_resources"]["listeners"][0];
    &mut listener["filter_chains"][0]["filters"][0]["typed_config"]
}

fn wasm(filter: &Path, plugin: &str) -> Value {
    json!({
        "name": "envoy.filters.http.wasm",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
            "config": {
                "name": "laika",
                "root_id": "laika",
                "failure_policy": "FAIL_RELOAD",
                "vm_config": {
                    "vm_id": "laika",
                    "runtime": "envoy.wasm.runtime.v8",
                    "code": { "local": { "filename": filter } },
                },
                "configuration": {
                    "@type": "type.googleapis.com/google.protobuf.StringValue",
                    "value": plugin,
                },
            },
        },
    })
}

fn cluster(name: &str, address: SocketAddr) -> Value {
    json!({
        "name": name,
        "connect_timeout": "1s",
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": { "http_protocol_options": { "enable_trailers": true } },
            },
        },
        "load_assignment": { "cluster_name": name, "endpoints": [
            { "lb_endpoints": [{ "endpoint": { "address": socket(address) } }] },
        ]},
    })
}

fn socket(address: SocketAddr) -> Value {
    json!({ "socket_address": {
        "address": address.ip().to_string(), "port_value": address.port(),
    }})
}
