//! Another configuration while requests come: each is judged by one of the two, none is lost.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use laika_tests::envoy::{Clusters, Delivery, Envoy, Source};
use laika_tests::http::{Message, Request, Server};
use laika_tests::signing::{TestKey, jwks, micro_claims};
use laika_tests::traffic::Traffic;
use serde_json::json;
use tempfile::TempDir;

use super::{ISSUER, now, plugin};

/// Longest that all workers may take until they have a new configuration.
const PATIENCE: Duration = Duration::from_secs(15);

/// An answer: its status, and the code of a denial.
type Answer = (u16, String);

/// An Envoy of two workers whose configuration can be replaced.
struct Scene {
    envoy: Envoy,
    source: Source,
    _folder: TempDir,
}

impl Scene {
    fn new(delivery: Delivery, plugin: &str, clusters: Clusters<'_>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut source = None;
        let envoy = Envoy::of_workers(2, plugin, clusters, |bootstrap| {
            source = Some(Source::new(delivery, folder.path(), bootstrap));
        });
        Self { envoy, source: source.unwrap(), _folder: folder }
    }
}

fn answer(message: &Message) -> Answer {
    match message.status {
        200 => (200, String::new()),
        status => (status, message.json()["code"].as_str().unwrap_or_default().to_owned()),
    }
}

/// What each of the requests of the traffic may be answered at the moment: one answer, or while the
/// configuration changes one of two.
#[derive(Clone, Default)]
struct Allowed(Arc<Mutex<Vec<[Answer; 3]>>>);

impl Allowed {
    fn set(&self, answers: &[&[Answer; 3]]) {
        *self.0.lock().unwrap() = answers.iter().map(|answers| (*answers).clone()).collect();
    }

    fn get(&self) -> Vec<[Answer; 3]> {
        self.0.lock().unwrap().clone()
    }
}

/// With a good token, with that of a stranger, and to where everybody may go.
fn requests() -> [Request; 3] {
    let token = |key| TestKey::named(key).token(&micro_claims(ISSUER, now()));
    [
        Request::with_token("/orders", &token("ed-1")),
        Request::with_token("/orders", &token("ed-2")),
        Request::new("GET", "/health"),
    ]
}

fn answers(good: (u16, &str), stranger: (u16, &str), health: (u16, &str)) -> [Answer; 3] {
    [good, stranger, health].map(|(status, code)| (status, code.to_owned()))
}

/// Asks until it is answered so a hundred times in a row.
fn settled(envoy: &Envoy, request: &Request, wanted: &Answer) {
    let (end, mut row) = (Instant::now() + PATIENCE, 0);
    while row < 100 {
        let got = answer(&envoy.send(request));
        row = if got == *wanted { row + 1 } else { 0 };
        assert!(Instant::now() < end, "{got:?}, not {wanted:?} after {PATIENCE:?}");
    }
}

fn replaced_under_load(delivery: Delivery) {
    let upstream = Server::echo();
    let mut scene = Scene::new(delivery, &plugin().to_string(), &[("upstream", upstream.address)]);
    let key_not_found = (401, "key_not_found");
    let before = answers((200, ""), key_not_found, (200, ""));

    let (allowed, requests) = (Allowed::default(), requests());
    allowed.set(&[&before]);
    let (seen, asked) = (allowed.clone(), requests.clone());
    let traffic = Traffic::start(4, scene.envoy.address(), move |kept, turn| {
        let which = usize::try_from(turn).unwrap() % asked.len();
        let mut allowed = seen.get();
        // A listener that is replaced goes on with the connections that it has.
        let got = match delivery {
            Delivery::Listener => asked[which].try_send(kept.address),
            Delivery::Filter => kept.send(&asked[which]),
        };
        let got = answer(&got.map_err(|error| format!("request {which} was lost: {error}"))?);
        allowed.extend(seen.get());
        let is_allowed = allowed.iter().any(|answers| answers[which] == got);
        is_allowed.then_some(()).ok_or_else(|| format!("request {which}: {got:?} of {allowed:?}"))
    });

    let mut stricter = plugin();
    stricter["policy"]["rules"][1]["require"] = json!("role:admin");
    let mut broken = plugin();
    broken["polcy"] = json!({});
    let mut other_keys = plugin();
    other_keys["issuers"][0]["jwks"] = jwks(&[&TestKey::named("ed-2")]);
    let refused = (503, "options_invalid");
    let mut last = before.clone();
    for (plugin, after) in [
        (stricter, answers((403, "permission_denied"), key_not_found, (200, ""))),
        (broken, answers(refused, refused, refused)),
        (plugin(), before),
        // The keys of the configuration before are no longer anybody's.
        (other_keys, answers(key_not_found, (200, ""), (200, ""))),
    ] {
        allowed.set(&[&last, &after]);
        scene.source.replace(&plugin.to_string());
        settled(&scene.envoy, &requests[0], &after[0]);
        allowed.set(&[&after]);
        let turns = traffic.turns();
        while traffic.turns() < turns + 300 && traffic.wrong().is_empty() {
            thread::sleep(Duration::from_millis(10));
        }
        last = after;
    }
    let (turns, wrong) = traffic.end();
    assert!(wrong.is_empty(), "{turns} turns: {wrong:#?}");
    let log = scene.envoy.log();
    assert!(log.contains("every request is refused until this is mended"));
    assert!(log.contains("`polcy`"));
}

#[test]
fn a_listener_is_replaced_under_load() {
    replaced_under_load(Delivery::Listener);
}

#[test]
fn a_filter_is_replaced_under_load() {
    replaced_under_load(Delivery::Filter);
}

/// An endpoint for keys, or one that fails where it has none, and how often it was asked.
fn endpoint(key: Option<&'static str>) -> (Server, Arc<AtomicUsize>) {
    let fetches = Arc::<AtomicUsize>::default();
    let counted = fetches.clone();
    let set = key.map(|key| jwks(&[&TestKey::named(key)]).to_string());
    let server = Server::start(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        let status = if set.is_some() { 200 } else { 500 };
        (status, String::new(), set.clone().unwrap_or_default().into_bytes())
    });
    (server, fetches)
}

/// A configuration whose keys come from this cluster, and whose name is a path that is open.
fn keys_of(cluster: &str, name: &str) -> String {
    let plugin = json!({
        "issuers": {
            "issuer": ISSUER, "audience": "orders", "cluster": cluster,
            "jwks_uri": format!("http://127.0.0.1:9/{cluster}"), "status": "off",
        },
        "policy": { "version": 1, "rules": [
            { "id": "orders", "path": "/orders", "require": "orders:read" },
            { "id": "name", "path": format!("/{name}"), "require": "anyone" },
        ]},
    });
    plugin.to_string()
}

#[test]
fn a_configuration_that_is_replaced_while_it_asks_keeps_nobody_waiting() {
    let upstream = Server::echo();
    let asked = Arc::<AtomicUsize>::default();
    let counted = asked.clone();
    let set = jwks(&[&TestKey::named("ed-1")]).to_string().into_bytes();
    let keys = Server::start(move |_| {
        // The first is answered when nobody waits any more.
        if counted.fetch_add(1, Ordering::SeqCst) == 0 {
            thread::sleep(Duration::from_secs(8));
        }
        (200, String::new(), set.clone())
    });
    let clusters = [("upstream", upstream.address), ("issuer", keys.address)];
    let folder = tempfile::tempdir().unwrap();
    let mut source = None;
    let envoy = Envoy::changed(&keys_of("issuer", "a"), &clusters, |bootstrap| {
        source = Some(Source::new(Delivery::Filter, folder.path(), bootstrap));
    });
    let [request, ..] = requests();
    let waiting = envoy.begin(&request);
    let start = Instant::now();
    while asked.load(Ordering::SeqCst) == 0 {
        assert!(start.elapsed() < PATIENCE, "nobody asks for keys");
        thread::sleep(Duration::from_millis(10));
    }
    // With its last request the configuration before is over.
    drop(waiting);
    source.unwrap().replace(&keys_of("issuer", "b"));
    settled(&envoy, &Request::new("GET", "/b"), &(200, String::new()));
    assert_eq!(answer(&envoy.send(&request)), (200, String::new()));
    assert!(start.elapsed() < Duration::from_secs(4), "it waited for who asks no more");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[test]
fn a_new_configuration_takes_what_was_fetched_and_the_one_before_asks_no_more() {
    let upstream = Server::echo();
    let (down, asked_down) = endpoint(None);
    let (first, asked_first) = endpoint(Some("ed-1"));
    let (second, asked_second) = endpoint(Some("ed-2"));
    let clusters = [
        ("upstream", upstream.address),
        ("down", down.address),
        ("first", first.address),
        ("second", second.address),
    ];
    let request = |key| {
        let token = TestKey::named(key).token(&micro_claims(ISSUER, now()));
        Request::with_token("/orders", &token)
    };
    let ok = (200, String::new());
    let count = |asked: &AtomicUsize| asked.load(Ordering::SeqCst);
    let mut scene = Scene::new(Delivery::Filter, &keys_of("down", "a"), &clusters);
    let mut replace = |cluster, name| scene.source.replace(&keys_of(cluster, name));
    let unavailable = (503, "keys_unavailable".to_owned());
    assert_eq!(answer(&scene.envoy.send(&request("ed-1"))), unavailable);
    let end = Instant::now() + PATIENCE;
    while count(&asked_down) < 2 {
        assert!(Instant::now() < end, "it does not ask again by itself");
        thread::sleep(Duration::from_millis(50));
    }

    replace("first", "b");
    settled(&scene.envoy, &request("ed-1"), &ok);
    assert_eq!(count(&asked_first), 1);
    let (replaced, before) = (Instant::now(), count(&asked_down));

    // The same issuer: nobody waits for what another plugin of this proxy has fetched.
    let allowed_before = scene.envoy.counter("wasmcustom.laika_fetches_shared");
    replace("first", "c");
    let end = Instant::now() + PATIENCE;
    while scene.envoy.counter("wasmcustom.laika_fetches_shared") < allowed_before + 2 {
        assert_eq!(answer(&scene.envoy.send(&request("ed-1"))), ok);
        assert!(Instant::now() < end, "the workers do not take what was fetched");
    }
    assert_eq!(count(&asked_first), 1);

    // Another endpoint: what the one before had said is nobody's any more.
    replace("second", "d");
    settled(&scene.envoy, &request("ed-2"), &ok);
    let stranger = (401, "key_not_found".to_owned());
    assert_eq!(answer(&scene.envoy.send(&request("ed-1"))), stranger);
    assert!(count(&asked_second) > 0);

    // One that was replaced does not go on asking: it would have by now.
    thread::sleep(Duration::from_secs(6).saturating_sub(replaced.elapsed()));
    assert_eq!(count(&asked_down), before);
}
