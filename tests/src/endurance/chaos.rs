//! The issuer and the server behind the proxy are killed and started again while requests come.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{PACE, PROMISED, Run, plugin};
use crate::envoy::Envoy;
use crate::http::{Message, Request, Server};
use crate::issuer::Issuer;
use crate::signing::{TestKey, micro_claims};
use crate::traffic::Traffic;

/// How long the issuer, and the server, are away each time.
const AWAY: Duration = Duration::from_millis(2500);
/// Between two of such falls.
const PAUSE: Duration = Duration::from_millis(800);
/// Longest until everything is answered well again.
const PATIENCE: Duration = Duration::from_secs(10);

fn upstream_answer(_: &Message) -> (u16, String, Vec<u8>) {
    (200, String::new(), b"behind".to_vec())
}

/// A real issuer and a server that fall and rise in turn, and both at once, while clients ask with
/// a good token, one that was revoked, and one of a stranger. Whoever has keys goes on without the
/// issuer; without the server nobody gets an answer, and nobody a wrong one.
///
/// # Panics
/// When the issuer or Envoy does not do what it is asked for.
#[must_use]
pub fn chaos(duration: Duration, workers: usize) -> Run {
    let mut issuer = Issuer::start("RS256");
    let mut upstream = Some(Server::start(upstream_answer));
    let behind = upstream.as_ref().expect("a server").address;
    let clusters = [("upstream", behind), ("issuer", issuer.service.address())];
    let envoy = Envoy::of_workers(workers, &plugin(issuer.url()).to_string(), &clusters, |_| {});

    let (main, ending) = (issuer.log_in("ada"), issuer.log_in("ada"));
    let revoked = issuer.micro_token(&ending, "orders");
    let good = Arc::new(std::sync::Mutex::new(issuer.micro_token(&main, "orders")));
    let ended = issuer.call("DELETE", "/v1/sessions/current", Some(&ending), &json!({}));
    assert_eq!(ended.status, 204, "{ended:?}");
    let now = crate::issuer::now();
    let stranger = TestKey::named("rsa-2").token(&micro_claims(issuer.url(), now));
    // The workers know by now, each for itself.
    let end = Instant::now() + Duration::from_secs(PROMISED);
    let request = Request::with_token("/orders", &revoked);
    while (0..20).any(|_| envoy.send(&request).status != 401) {
        assert!(Instant::now() < end, "a revoked token is accepted after {PROMISED} s");
    }

    let is_away = Arc::new(AtomicBool::new(false));
    let passed = Arc::new(AtomicU64::new(0));
    let (away, counted, asked) = (is_away.clone(), passed.clone(), good.clone());
    let traffic = Traffic::paced(4, envoy.address(), PACE, move |kept, turn| {
        let was_away = away.load(Ordering::SeqCst);
        let good = asked.lock().expect("the token").clone();
        let (token, wanted) = match turn % 4 {
            0 => (&revoked, (401, "revoked")),
            1 => (&stranger, (401, "key_not_found")),
            _ => (&good, (200, "")),
        };
        let answer = kept.send(&Request::with_token("/orders", token));
        let answer = answer.map_err(|error| format!("lost: {error}"))?;
        let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
        let got = (answer.status, code.as_str());
        if got == wanted {
            counted.fetch_add(u64::from(got.0 == 200), Ordering::SeqCst);
            return Ok(());
        }
        // Envoy's own word that there is nobody behind it; it has no code.
        let may_miss = was_away || away.load(Ordering::SeqCst);
        if wanted.0 == 200 && may_miss && got == (503, "") {
            return Ok(());
        }
        Err(format!("{got:?}, not {wanted:?}; the server is away: {may_miss}"))
    });

    let well_again = |passed: &AtomicU64| {
        let (end, before) = (Instant::now() + PATIENCE, passed.load(Ordering::SeqCst));
        while passed.load(Ordering::SeqCst) < before + 20 && Instant::now() < end {
            thread::sleep(Duration::from_millis(10));
        }
        assert!(Instant::now() < end, "nobody is served after {PATIENCE:?}");
    };
    let (begin, mut falls) = (Instant::now(), [0, 0]);
    for turn in 0.. {
        if begin.elapsed() >= duration || !traffic.wrong().is_empty() {
            break;
        }
        let (issuer_falls, server_falls) = (turn % 3 != 1, turn % 3 != 0);
        if issuer_falls {
            falls[0] += 1;
            issuer.kill();
        }
        if server_falls {
            falls[1] += 1;
            is_away.store(true, Ordering::SeqCst);
            drop(upstream.take());
        } else {
            // Without the issuer everybody is served as before.
            well_again(&passed);
        }
        thread::sleep(AWAY);
        if server_falls {
            upstream = Some(Server::start_at(behind, upstream_answer));
            thread::sleep(Duration::from_millis(200));
            is_away.store(false, Ordering::SeqCst);
        }
        if issuer_falls {
            issuer.restart();
            *good.lock().expect("the token") = issuer.micro_token(&main, "orders");
        }
        well_again(&passed);
        thread::sleep(PAUSE);
    }
    let (requests, wrong) = traffic.end();
    let [issuers, servers] = falls;
    let result = format!(
        "issuer killed {issuers} times, the server behind {servers} times, during {requests} \
         requests by 4 clients through {workers} workers: {} good ones served, none refused while \
         the server was there, none of a revoked token or a stranger let through",
        passed.load(Ordering::SeqCst)
    );
    Run { result, wrong }
}
