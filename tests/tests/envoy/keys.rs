//! Keys by host call: a real Envoy fetches them from a real server while requests wait.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use laika_tests::envoy::Envoy;
use laika_tests::http::{Message, Request, Server};
use laika_tests::signing::{TestKey, jwks, micro_claims};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};

use super::{now, upstream_headers};

const ISSUER: &str = "http://127.0.0.1:9";

/// An endpoint for keys whose behaviour can be changed.
#[derive(Clone, Default)]
struct Endpoint {
    set: Arc<Mutex<String>>,
    status: Arc<AtomicU16>,
    fetches: Arc<AtomicUsize>,
    /// Head of the last request.
    asked: Arc<Mutex<Message>>,
}

impl Endpoint {
    fn new(keys: &[&'static str]) -> Self {
        let endpoint = Self::default();
        endpoint.serve(keys);
        endpoint.status.store(200, Ordering::SeqCst);
        endpoint
    }

    fn serve(&self, keys: &[&'static str]) {
        let keys: Vec<_> = keys.iter().map(|name| TestKey::named(name)).collect();
        let set = jwks(&keys.iter().collect::<Vec<_>>()).to_string();
        *self.set.lock().unwrap() = set;
    }

    fn fail(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    /// Starts it; each answer takes `pause`.
    fn start(&self, pause: Duration) -> Server {
        let endpoint = self.clone();
        Server::start(move |request| {
            endpoint.fetches.fetch_add(1, Ordering::SeqCst);
            *endpoint.asked.lock().unwrap() = request.clone();
            thread::sleep(pause);
            let set = endpoint.set.lock().unwrap().clone();
            let headers = "location: /elsewhere\r\ncache-control: max-age=300\r\n".to_owned();
            (endpoint.status.load(Ordering::SeqCst), headers, set.into_bytes())
        })
    }
}

fn plugin() -> Value {
    json!({
        "issuers": {
            "issuer": ISSUER, "audience": "orders", "cluster": "issuer",
            "jwks_uri": "http://127.0.0.1:9/.well-known/jwks.json?a=b", "status": "off",
        },
        "policy": { "version": 1, "rules": [
            { "id": "health", "path": "/health", "require": "anyone" },
            { "id": "list", "path": "/orders", "require": "orders:read" },
            { "id": "admin", "path": "/admin", "require": "role:admin" },
        ]},
        "forward": { "headers": { "x-user-id": "sub" } },
    })
}

fn request(key: &'static str) -> Request {
    Request::with_token("/orders", &TestKey::named(key).token(&micro_claims(ISSUER, now())))
}

#[track_caller]
fn assert_code(answer: &Message, status: u16, code: &str) {
    assert_eq!((answer.status, &answer.json()["code"]), (status, &json!(code)), "{answer:?}");
}

/// Asks again until `answer` is what is wanted.
#[track_caller]
fn eventually(mut answer: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !answer() {
        assert!(Instant::now() < end, "it did not happen within 20 s");
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn keys_are_fetched_once_while_requests_wait() {
    let (endpoint, upstream) = (Endpoint::new(&["rsa-1", "ed-1"]), Server::echo());
    let keys = endpoint.start(Duration::from_millis(500));
    let clusters = [("upstream", upstream.address), ("issuer", keys.address)];
    let envoy = Envoy::start(&plugin(), &clusters);
    let request_with_body = request("rsa-1").with_trailer("hello", "x-n", "1");
    let exchanges: Vec<_> = (0..200).map(|_| envoy.begin(&request_with_body)).collect();
    for exchange in exchanges {
        let answer = exchange.answer().unwrap();
        assert_eq!(upstream_headers(&answer, "x-user-id").len(), 1);
        assert_eq!(answer.json()["body"], "hello");
        assert_eq!(answer.json()["trailers"], json!([["x-n", "1"]]));
    }
    assert_eq!(envoy.send(&request("ed-1")).status, 200);
    assert_eq!(endpoint.fetches(), 1);
    let asked = endpoint.asked.lock().unwrap().clone();
    assert_eq!(asked.line, "GET /.well-known/jwks.json?a=b HTTP/1.1");
    assert_eq!(asked.header("host"), Some("127.0.0.1:9"));
}

#[test]
fn workers_share_what_one_of_them_has_fetched() {
    let (endpoint, upstream) = (Endpoint::new(&["rsa-1", "ed-1"]), Server::echo());
    let keys = endpoint.start(Duration::from_millis(500));
    let clusters = [("upstream", upstream.address), ("issuer", keys.address)];
    let envoy = Envoy::of_workers(4, &plugin().to_string(), &clusters, |_| {});
    // The system spreads connections over the workers: all of them ask for keys at once.
    let exchanges: Vec<_> = (0..100).map(|_| envoy.begin(&request("rsa-1"))).collect();
    for exchange in exchanges {
        assert_eq!(exchange.answer().unwrap().status, 200);
    }
    assert_eq!(endpoint.fetches(), 1);
    assert_eq!(envoy.counter("wasmcustom.laika_fetches"), 1);
    assert_eq!(envoy.counter("wasmcustom.laika_fetches_shared"), 3, "each of the others");
}

#[test]
fn workers_share_a_failure_with_those_who_were_waiting() {
    let (endpoint, upstream) = (Endpoint::new(&["rsa-1"]), Server::echo());
    endpoint.fail(500);
    let keys = endpoint.start(Duration::from_millis(500));
    let clusters = [("upstream", upstream.address), ("issuer", keys.address)];
    let envoy = Envoy::of_workers(4, &plugin().to_string(), &clusters, |_| {});
    let start = Instant::now();
    let exchanges: Vec<_> = (0..24).map(|_| envoy.begin(&request("rsa-1"))).collect();
    for exchange in exchanges {
        assert_code(&exchange.answer().unwrap(), 503, "keys_unavailable");
    }
    // A second passes before anybody tries again.
    let (fetches, passed) = (endpoint.fetches(), start.elapsed().as_secs());
    assert!(fetches <= 1 + usize::try_from(passed).unwrap(), "{fetches} in {passed} s");
    endpoint.fail(200);
    eventually(|| (0..50).all(|_| envoy.send(&request("rsa-1")).status == 200));
}

#[test]
fn an_unknown_kid_leads_to_one_fetch() {
    let (endpoint, upstream) = (Endpoint::new(&["rsa-1"]), Server::echo());
    let keys = endpoint.start(Duration::ZERO);
    let clusters = [("upstream", upstream.address), ("issuer", keys.address)];
    let envoy = Envoy::start(&plugin(), &clusters);
    assert_eq!(envoy.send(&request("rsa-1")).status, 200);
    endpoint.serve(&["rsa-1", "ed-1"]);
    // Within 30 s of the last attempt a `kid` that is not there is nobody's.
    assert_code(&envoy.send(&request("ed-1")), 401, "key_not_found");
    assert_eq!(endpoint.fetches(), 1);
    thread::sleep(Duration::from_secs(31));
    assert_eq!(envoy.send(&request("ed-1")).status, 200, "rotated in");
    for _ in 0..20 {
        assert_code(&envoy.send(&request("rsa-2")), 401, "key_not_found");
    }
    assert_eq!(endpoint.fetches(), 2);
}

#[test]
fn without_keys_it_is_503_until_they_are_there() {
    for status in [500, 302, 404] {
        let (endpoint, upstream) = (Endpoint::new(&["rsa-1"]), Server::echo());
        endpoint.fail(status);
        let keys = endpoint.start(Duration::ZERO);
        let clusters = [("upstream", upstream.address), ("issuer", keys.address)];
        let envoy = Envoy::start(&plugin(), &clusters);
        assert_code(&envoy.send(&request("rsa-1")), 503, "keys_unavailable");
        assert_code(&envoy.send(&Request::new("GET", "/orders")), 401, "token_missing");
        assert_eq!(envoy.send(&Request::new("GET", "/health")).status, 200);
        assert!(envoy.log().contains(&format!("the endpoint answered {status}")));
        endpoint.fail(200);
        eventually(|| envoy.send(&request("rsa-1")).status == 200);
    }
}

#[test]
fn what_is_no_key_set_is_no_key_set() {
    for (set, why) in [
        ("{}".to_owned(), "array `keys`"),
        (String::new(), "EOF"),
        (" ".repeat(256 * 1024 + 1), "longer than"),
    ] {
        let (endpoint, upstream) = (Endpoint::new(&["rsa-1"]), Server::echo());
        *endpoint.set.lock().unwrap() = set;
        let keys = endpoint.start(Duration::ZERO);
        let clusters = [("upstream", upstream.address), ("issuer", keys.address)];
        let envoy = Envoy::start(&plugin(), &clusters);
        assert_code(&envoy.send(&request("rsa-1")), 503, "keys_unavailable");
        assert!(envoy.log().contains(why), "{why}");
    }
}

#[test]
fn an_issuer_that_can_not_be_reached_holds_nobody_up() {
    let upstream = Server::echo();
    // Nobody listens on a port that was just given back.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (issuer, line) in [
        ("issuer", "what was fetched is not used: the endpoint answered 503"),
        ("another-name", "keys or status lists were not fetched: the proxy can't ask `issuer`"),
    ] {
        let clusters = [("upstream", upstream.address), (issuer, nobody)];
        let envoy = Envoy::start(&plugin(), &clusters);
        let start = Instant::now();
        assert_code(&envoy.send(&request("rsa-1")), 503, "keys_unavailable");
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
        assert!(envoy.log().contains(line), "{line}");
    }
}

#[test]
fn an_answer_that_does_not_come_is_given_up_after_5_s() {
    let (endpoint, upstream) = (Endpoint::new(&["rsa-1"]), Server::echo());
    let keys = endpoint.start(Duration::from_secs(8));
    let clusters = [("upstream", upstream.address), ("issuer", keys.address)];
    let envoy = Envoy::start(&plugin(), &clusters);
    let start = Instant::now();
    let waiting = Request::with_token("/health", "a.b.c");
    assert_eq!(envoy.send(&waiting).status, 200, "keys would not mend this token");
    assert!(start.elapsed() < Duration::from_secs(1));
    assert_code(&envoy.send(&request("rsa-1")), 503, "keys_unavailable");
    let passed = start.elapsed();
    assert!((2..7).contains(&passed.as_secs()), "{passed:?}");
}

#[test]
fn who_leaves_while_waiting_harms_nobody() {
    let (endpoint, upstream) = (Endpoint::new(&["rsa-1"]), Server::echo());
    let keys = endpoint.start(Duration::from_secs(1));
    let clusters = [("upstream", upstream.address), ("issuer", keys.address)];
    let envoy = Envoy::start(&plugin(), &clusters);
    let leaving: Vec<_> = (0..20).map(|_| envoy.begin(&request("rsa-1"))).collect();
    thread::sleep(Duration::from_millis(200));
    drop(leaving);
    assert_eq!(envoy.send(&request("rsa-1")).status, 200);
    assert_eq!(endpoint.fetches(), 1);
    assert!(!envoy.log().contains("panicked"), "{}", envoy.log());
}

#[test]
fn no_more_than_1000_requests_wait() {
    // Every request has its own connection, and many systems allow 1,024 files at first.
    let limit = getrlimit(Resource::Nofile);
    let more = Rlimit { current: limit.maximum, ..limit };
    setrlimit(Resource::Nofile, more).unwrap();
    let (endpoint, upstream) = (Endpoint::new(&["ed-1"]), Server::echo());
    let keys = endpoint.start(Duration::from_secs(3));
    let clusters = [("upstream", upstream.address), ("issuer", keys.address)];
    let envoy = Envoy::start(&plugin(), &clusters);
    let token = TestKey::named("ed-1").token(&micro_claims(ISSUER, now()));
    let request = Request::with_token("/admin", &token);
    let exchanges: Vec<_> = (0..1100).map(|_| envoy.begin(&request)).collect();
    let mut answers = BTreeMap::<_, usize>::new();
    for exchange in exchanges {
        *answers.entry(exchange.answer().unwrap().status).or_default() += 1;
    }
    assert_eq!(answers, BTreeMap::from([(403, 1000), (503, 100)]));
    assert_eq!(endpoint.fetches(), 1);
}
