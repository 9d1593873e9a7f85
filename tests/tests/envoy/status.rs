//! Status lists by host call: a real Envoy asks a real server what became of a token.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use laika_tests::envoy::{Delivery, Envoy, Source};
use laika_tests::http::{Message, Request, Server};
use laika_tests::signing::{TestKey, jwks, micro_claims};
use miniz_oxide::deflate::compress_to_vec_zlib;
use serde_json::json;

use super::now;

const ISSUER: &str = "http://127.0.0.1:9";
const OTHER: &str = "http://127.0.0.1:8";
const LIST: &str = "http://127.0.0.1:9/status/eddsa/0";

/// Metadata, keys, and a list whose slot 0 can be changed.
#[derive(Clone, Default)]
struct Issuer {
    slot: Arc<AtomicU8>,
    /// Whether nothing can be had of it.
    away: Arc<AtomicBool>,
    /// Of answers about the list.
    status: Arc<AtomicU16>,
    lists: Arc<AtomicUsize>,
    paths: Arc<Mutex<Vec<String>>>,
}

impl Issuer {
    fn start(&self) -> Server {
        let issuer = self.clone();
        issuer.status.store(200, Ordering::SeqCst);
        Server::start(move |request| {
            // GET /path HTTP/1.1
            let path = request.line.split(' ').nth(1).unwrap_or_default().to_owned();
            let (status, body) = issuer.answer(&path);
            issuer.paths.lock().unwrap().push(path);
            (status, String::new(), body.into_bytes())
        })
    }

    fn answer(&self, path: &str) -> (u16, String) {
        let key = TestKey::named("ed-1");
        match path {
            _ if self.away.load(Ordering::SeqCst) => (503, String::new()),
            "/.well-known/oauth-authorization-server" => {
                let uri = format!("{ISSUER}/keys");
                (200, json!({ "issuer": ISSUER, "jwks_uri": uri }).to_string())
            }
            "/keys" => (200, jwks(&[&key]).to_string()),
            "/status/eddsa/0" => {
                self.lists.fetch_add(1, Ordering::SeqCst);
                let header = json!({ "alg": "EdDSA", "kid": "ed-1", "typ": "statuslist+jwt" });
                let bytes = compress_to_vec_zlib(&[self.slot.load(Ordering::SeqCst)], 6);
                let lst = URL_SAFE_NO_PAD.encode(bytes);
                let claims = json!({
                    "sub": LIST, "iat": now(), "status_list": { "bits": 2, "lst": lst },
                });
                let list = key.compact(&header.to_string(), &claims.to_string());
                (self.status.load(Ordering::SeqCst), list)
            }
            _ => (404, String::new()),
        }
    }
}

fn plugin() -> serde_json::Value {
    json!({
        "issuers": {
            "issuer": ISSUER, "audience": "orders", "cluster": "issuer", "discover": true,
        },
        "policy": { "version": 1, "rules": [
            { "id": "list", "path": "/orders", "require": "orders:read" },
        ]},
    })
}

/// The same issuer, and another that has its keys from the same address.
fn plugin_of_two() -> serde_json::Value {
    let mut plugin = plugin();
    let may_assert = json!({ "permissions": ["orders:*"], "roles": [] });
    let other = json!({
        "issuer": OTHER, "audience": "orders", "cluster": "issuer", "may_assert": may_assert,
        "jwks_uri": format!("{ISSUER}/keys"),
    });
    plugin["issuers"]["may_assert"] = may_assert;
    plugin["issuers"] = json!([plugin["issuers"], other]);
    plugin
}

fn request() -> Request {
    let mut claims = micro_claims(ISSUER, now());
    claims["status"] = json!({ "status_list": { "idx": 0, "uri": LIST } });
    Request::with_token("/orders", &TestKey::named("ed-1").token(&claims))
}

/// The code of a denial, or nothing.
fn code(answer: &Message) -> String {
    if answer.status == 200 {
        return String::new();
    }
    answer.json()["code"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_revoked_token_is_refused_within_seconds_and_a_list_that_is_away_is_missed_slowly() {
    let (issuer, upstream) = (Issuer::default(), Server::echo());
    let server = issuer.start();
    let clusters = [("upstream", upstream.address), ("issuer", server.address)];
    let envoy = Envoy::start(&plugin(), &clusters);
    // The first request waits for metadata, keys and list.
    let request = request();
    assert_eq!(code(&envoy.send(&request)), "");
    for _ in 0..50 {
        assert_eq!(code(&envoy.send(&request)), "");
    }
    assert_eq!(issuer.lists.load(Ordering::SeqCst), 1, "one list for all");

    issuer.status.store(503, Ordering::SeqCst);
    thread::sleep(Duration::from_secs(10));
    assert_eq!(code(&envoy.send(&request)), "", "the last list goes on");
    assert!(issuer.lists.load(Ordering::SeqCst) > 1);
    issuer.status.store(200, Ordering::SeqCst);

    for (value, wanted) in [(1, "revoked"), (3, "stale"), (0, "")] {
        issuer.slot.store(value, Ordering::SeqCst);
        let end = Instant::now() + Duration::from_secs(30);
        while code(&envoy.send(&request)) != wanted {
            assert!(Instant::now() < end, "slot 0 has the value {value}, and nobody knows");
            thread::sleep(Duration::from_millis(100));
        }
    }
    let paths = issuer.paths.lock().unwrap();
    assert_eq!(paths[..2], ["/.well-known/oauth-authorization-server", "/keys"]);
}

#[test]
fn workers_share_status_lists_and_none_of_them_uses_an_old_one() {
    let (issuer, upstream) = (Issuer::default(), Server::echo());
    let server = issuer.start();
    let clusters = [("upstream", upstream.address), ("issuer", server.address)];
    let envoy = Envoy::of_workers(4, &plugin().to_string(), &clusters, |_| {});
    let request = request();
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(12) {
        assert_eq!(code(&envoy.send(&request)), "");
    }
    // One list at first and one each 5 s, whoever asks for it.
    let lists = issuer.lists.load(Ordering::SeqCst);
    assert!((2..=4).contains(&lists), "{lists} lists in 12 s");
    let paths = issuer.paths.lock().unwrap().clone();
    assert_eq!(paths.iter().filter(|path| *path == "/keys").count(), 1);

    issuer.slot.store(1, Ordering::SeqCst);
    // Its age counts from when it was asked for, in every worker: after 9 s nobody uses it.
    let revoked = Instant::now();
    while revoked.elapsed() < Duration::from_secs(10) {
        let answer = code(&envoy.send(&request));
        assert!(["", "revoked"].contains(&answer.as_str()), "{answer}");
    }
    for _ in 0..100 {
        assert_eq!(code(&envoy.send(&request)), "revoked");
    }
}

#[test]
fn a_new_configuration_goes_on_with_what_was_there_while_the_issuer_is_away() {
    let (issuer, upstream) = (Issuer::default(), Server::echo());
    let server = issuer.start();
    let clusters = [("upstream", upstream.address), ("issuer", server.address)];
    let folder = tempfile::tempdir().unwrap();
    let mut source = None;
    let envoy = Envoy::changed(&plugin_of_two().to_string(), &clusters, |bootstrap| {
        source = Some(Source::new(Delivery::Filter, folder.path(), bootstrap));
    });
    let request = request();
    let of_the_other = TestKey::named("ed-1").token(&micro_claims(OTHER, now()));
    let of_the_other = Request::with_token("/orders", &of_the_other);
    assert_eq!(code(&envoy.send(&request)), "");
    assert_eq!(code(&envoy.send(&of_the_other)), "");
    let keys = |path: &&String| *path == "/keys";
    assert_eq!(issuer.paths.lock().unwrap().iter().filter(keys).count(), 1, "one set for both");

    issuer.away.store(true, Ordering::SeqCst);
    // From then on a key that nobody knows is asked for.
    thread::sleep(Duration::from_secs(31));
    let stranger = TestKey::named("ed-2").token(&micro_claims(ISSUER, now()));
    assert_eq!(code(&envoy.send(&Request::with_token("/orders", &stranger))), "key_not_found");
    assert_eq!(code(&envoy.send(&request)), "", "the last keys and list go on");

    // At once, and when that the issuer is away was told so long ago that it is asked again.
    let mut source = source.unwrap();
    for (path, pause) in [("/first", 0), ("/second", 11)] {
        thread::sleep(Duration::from_secs(pause));
        let mut other = plugin_of_two();
        let open = json!({ "id": "open", "path": path, "require": "anyone" });
        other["policy"]["rules"].as_array_mut().unwrap().push(open);
        source.replace(&other.to_string());
        let end = Instant::now() + Duration::from_secs(15);
        while envoy.send(&Request::new("GET", path)).status != 200 {
            assert!(Instant::now() < end, "the new configuration was not taken");
            thread::sleep(Duration::from_millis(20));
        }
        for _ in 0..10 {
            for request in [&request, &of_the_other] {
                assert_eq!(code(&envoy.send(request)), "", "{path}: and so they do here");
            }
        }
    }
    assert!(envoy.log().contains("what was used last goes on"), "{}", envoy.log());
}
