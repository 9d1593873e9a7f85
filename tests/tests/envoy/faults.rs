//! A module that fails: what it has not judged goes nowhere, and it is made anew.
//!
//! The faults are cut into copies of the module, so the one that is shipped has no door for them.

use std::panic::catch_unwind;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use laika_tests::envoy::{Clusters, Delivery, Envoy, Source, filters, manager};
use laika_tests::http::{Message, Request, Server};
use laika_tests::module::Module;
use laika_tests::process::artifact;
use laika_tests::signing::{TestKey, jwks, micro_claims};
use laika_tests::traffic::Traffic;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{ISSUER, good, now, plugin, token_of};

/// As many headers as no honest request of these tests has.
const MANY: u8 = 50;
/// `if the second parameter (of `proxy_on_request_headers`: how many headers there are) is at least
/// MANY: trap`.
const TRAP_IF_MANY: [u8; 9] = [0x20, 1, 0x41, MANY, 0x4f, 0x04, 0x40, 0x00, 0x0b];
/// `trap`.
const TRAP: [u8; 1] = [0x00];

/// An Envoy with a module that has a fault, and a server behind it that remembers who came.
struct Scene {
    envoy: Envoy,
    arrived: Arc<Mutex<Vec<Message>>>,
    _upstream: Server,
    _folder: TempDir,
}

impl Scene {
    fn new(fault: impl FnOnce(Module) -> Module, policy: &str, plugin: &Value) -> Self {
        Self::changed(fault, policy, plugin, &[], |_, _| {})
    }

    /// With other clusters, and the rest of Envoy's configuration changed with the help of a folder.
    fn changed(
        fault: impl FnOnce(Module) -> Module,
        policy: &str,
        plugin: &Value,
        others: Clusters<'_>,
        change: impl FnOnce(&mut Value, &Path),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("faulty.wasm");
        fault(Module::read(&artifact("LAIKA_FILTER_WASM"))).write(&file);
        let arrived = Arc::<Mutex<Vec<Message>>>::default();
        let remembered = arrived.clone();
        let upstream = Server::start(move |request| {
            remembered.lock().unwrap().push(request.clone());
            (200, String::new(), Vec::new())
        });
        let clusters = [&[("upstream", upstream.address)], others].concat();
        let envoy = Envoy::changed(&plugin.to_string(), &clusters, |bootstrap| {
            let settings = &mut filters(bootstrap)[0]["typed_config"]["config"];
            settings["failure_policy"] = json!(policy);
            settings["vm_config"]["code"]["local"]["filename"] = json!(file);
            change(bootstrap, folder.path());
        });
        Self { envoy, arrived, _upstream: upstream, _folder: folder }
    }

    fn send(&self, request: &Request) -> Message {
        self.envoy.send(request)
    }

    /// How many requests the server behind got with one of these tokens. It gets no others.
    #[track_caller]
    fn arrived_with(&self, tokens: &[&str]) -> usize {
        let arrived = self.arrived.lock().unwrap();
        for request in arrived.iter() {
            let token =
                request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
            assert!(
                token.is_some_and(|token| tokens.contains(&token)),
                "{request:?} was let through"
            );
            assert_eq!(request.header("x-0"), None, "{request:?} was let through");
        }
        arrived.len()
    }
}

/// Asks until it is answered well.
#[track_caller]
fn made_anew(scene: &Scene, honest: &Request) {
    let end = Instant::now() + Duration::from_secs(20);
    while scene.send(honest).status != 200 {
        assert!(Instant::now() < end, "it was not made anew");
        thread::sleep(Duration::from_millis(20));
    }
}

fn stranger() -> Request {
    let token = TestKey::named("ed-2").token(&micro_claims(ISSUER, now()));
    Request::with_token("/orders", &token)
}

/// One that the module with [`TRAP_IF_MANY`] does not survive.
fn poison(token: &str) -> Request {
    (0..MANY).fold(Request::with_token("/orders", token), |request, number| {
        request.header(&format!("x-{number}"), "1")
    })
}

#[test]
fn a_module_that_trapped_is_made_anew_and_nothing_passed_meanwhile() {
    let fault = |module: Module| module.prepended("proxy_on_request_headers", &TRAP_IF_MANY);
    let scene = Scene::new(fault, "FAIL_RELOAD", &plugin());
    let token = good();
    let honest = Request::with_token("/orders", &token);
    assert_eq!(scene.send(&honest).status, 200);
    let requests = [honest.clone(), stranger()];
    let traffic =
        Traffic::paced(3, scene.envoy.address(), Duration::from_millis(5), move |kept, turn| {
            let is_honest = turn.is_multiple_of(2);
            let got = requests[usize::from(!is_honest)].try_send(kept.address);
            match got.map_err(|error| error.to_string())?.status {
                200 if is_honest => Ok(()),
                401 if !is_honest => Ok(()),
                // While there is no module.
                503 => Ok(()),
                other => Err(format!("{other}, honest: {is_honest}")),
            }
        });
    for _ in 0..3 {
        assert_eq!(scene.send(&poison(&token)).status, 503);
        made_anew(&scene, &honest);
    }
    let (turns, wrong) = traffic.end();
    assert!(wrong.is_empty(), "{turns} turns: {wrong:#?}");
    assert!(scene.arrived_with(&[&token]) > 3);
    assert_eq!(scene.envoy.log().matches("RuntimeError: unreachable").count(), 3);
}

#[test]
fn a_module_that_trapped_and_is_not_made_anew_refuses_everything() {
    let fault = |module: Module| module.prepended("proxy_on_request_headers", &TRAP_IF_MANY);
    let scene = Scene::new(fault, "FAIL_CLOSED", &plugin());
    let (token, health) = (good(), Request::new("GET", "/health"));
    assert_eq!(scene.send(&Request::with_token("/orders", &token)).status, 200);
    assert_eq!(scene.send(&poison(&token)).status, 503);
    let end = Instant::now() + Duration::from_secs(3);
    while Instant::now() < end {
        for request in [Request::with_token("/orders", &token), stranger(), health.clone()] {
            assert_eq!(scene.send(&request).status, 503);
        }
    }
    assert_eq!(scene.arrived_with(&[&token]), 1);
}

#[test]
fn requests_that_wait_when_the_module_traps_do_not_pass() {
    let set = jwks(&[&TestKey::named("ed-1")]).to_string().into_bytes();
    let keys = Server::start(move |_| {
        thread::sleep(Duration::from_secs(1));
        (200, String::new(), set.clone())
    });
    let mut plugin = plugin();
    plugin["issuers"] = json!({
        "issuer": "http://127.0.0.1:9", "audience": "orders", "cluster": "issuer",
        "jwks_uri": "http://127.0.0.1:9/keys", "status": "off",
    });
    let fault = |module: Module| module.prepended("proxy_on_request_headers", &TRAP_IF_MANY);
    let clusters = [("issuer", keys.address)];
    // Nobody tells the proxy that the module has lost them: its own patience ends their wait.
    let scene = Scene::changed(fault, "FAIL_RELOAD", &plugin, &clusters, |bootstrap, _| {
        manager(bootstrap)["stream_idle_timeout"] = json!("2s");
    });
    let token = TestKey::named("ed-1").token(&micro_claims("http://127.0.0.1:9", now()));
    let honest = Request::with_token("/orders", &token);
    let waiting: Vec<_> = (0..10).map(|_| scene.envoy.begin(&honest)).collect();
    thread::sleep(Duration::from_millis(300));
    assert_eq!(scene.send(&poison(&token)).status, 503);
    for exchange in waiting {
        let status = exchange.answer().unwrap().status;
        assert!([408, 503, 504].contains(&status), "{status}");
    }
    assert_eq!(scene.arrived_with(&[]), 0);
    made_anew(&scene, &honest);
}

#[test]
fn a_module_without_enough_memory_lets_nothing_pass_that_it_has_not_judged() {
    let mut plugin = plugin();
    // More than the module can have: what it keeps will not fit.
    plugin["cache"] = json!({ "max_bytes": 64 * 1024 * 1024 });
    let scene = Scene::new(|module| module.limited(16), "FAIL_RELOAD", &plugin);
    let mut tokens = Vec::new();
    let mut answers = [0; 3];
    for number in 0..120 {
        let is_honest = number % 4 > 0;
        let request = if is_honest {
            let id = format!("{number}{}", "x".repeat(8_000));
            tokens.push(token_of("ed-1", |claims| claims["jti"] = json!(id)));
            Request::with_token("/orders", &tokens[tokens.len() - 1])
        } else {
            stranger()
        };
        match scene.send(&request).status {
            200 if is_honest => answers[0] += 1,
            401 if !is_honest => answers[1] += 1,
            503 => {
                answers[2] += 1;
                // It takes a second until there is a new one.
                thread::sleep(Duration::from_millis(1100));
            }
            other => panic!("{other}, honest: {is_honest}"),
        }
    }
    let [passed, refused, failed] = answers;
    assert!(passed > 70 && refused > 20 && (1..20).contains(&failed), "{answers:?}");
    let tokens: Vec<_> = tokens.iter().map(String::as_str).collect();
    assert_eq!(scene.arrived_with(&tokens), passed);
}

#[test]
fn an_envoy_whose_module_traps_on_its_first_configuration_does_not_start() {
    let fault = |module: Module| module.prepended("proxy_on_configure", &TRAP);
    for policy in ["FAIL_RELOAD", "FAIL_CLOSED"] {
        let start = || Scene::new(fault, policy, &plugin());
        assert!(catch_unwind(start).is_err(), "{policy}: it runs, whatever it does");
    }
}

#[test]
fn a_configuration_that_the_module_does_not_survive_is_not_taken() {
    let mut source = None;
    let change = |bootstrap: &mut Value, folder: &Path| {
        source = Some(Source::new(Delivery::Filter, folder, bootstrap));
    };
    let fault = |module: Module| module.limited(16);
    let scene = Scene::changed(fault, "FAIL_RELOAD", &plugin(), &[], change);
    let token = good();
    let honest = Request::with_token("/orders", &token);
    assert_eq!(scene.send(&honest).status, 200);
    let mut large = plugin();
    let rules = (0..20_000).map(|number| {
        let path = format!("/{number}/{{id}}");
        json!({ "id": format!("rule-{number}"), "path": path, "require": "anyone" })
    });
    large["policy"]["rules"] = rules.collect();
    let mut source = source.unwrap();
    source.replace(&large.to_string());
    let end = Instant::now() + Duration::from_secs(20);
    while !scene.envoy.log().contains("update rejected") {
        assert!(Instant::now() < end, "the configuration was taken");
        assert_eq!(scene.send(&honest).status, 200, "the one before goes on");
        assert_eq!(scene.send(&stranger()).status, 401);
    }
    let mut stricter = plugin();
    stricter["policy"]["rules"][1]["require"] = json!("role:admin");
    source.replace(&stricter.to_string());
    while scene.send(&honest).status != 403 {
        assert!(Instant::now() < end, "the next configuration was not taken");
        assert_eq!(scene.send(&stranger()).status, 401);
    }
    scene.arrived_with(&[&token]);
}
