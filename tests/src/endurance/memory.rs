//! A day's worth of requests, and what Envoy's memory is after them.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::Run;
use crate::envoy::{Envoy, manager};
use crate::http::Request;
use crate::signing::{TestKey, jwks, micro_claims};
use crate::traffic::Traffic;

const ISSUER: &str = "https://id.example.com";
/// Most tokens that are sent in turn: more than the filter keeps, so all of its ways are gone.
const TOKENS: u64 = 4000;
/// What may come to memory after the first tenth, in KiB: it has reached its size by then.
const MORE: u64 = 4 * 1024;

/// So many requests to an Envoy that answers by itself: tokens old and new, good and bad, none at
/// all. Memory is looked at after a tenth of them and at the end.
///
/// # Panics
/// When Envoy does not do what it is asked for.
#[must_use]
pub fn memory(requests: u64, clients: usize) -> Run {
    let plugin = json!({
        "issuers": {
            "issuer": ISSUER, "audience": "orders",
            "jwks": jwks(&[&TestKey::named("rsa-1"), &TestKey::named("ed-1")]),
        },
        "policy": { "version": 1, "rules": [
            { "id": "list", "path": "/orders", "require": "orders:read" },
            { "id": "admin", "path": "/admin", "require": "role:admin" },
        ]},
        "forward": { "headers": { "x-user-id": "sub" }, "payload_header": "x-claims" },
        "realm": "orders",
    });
    let nobody = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
    let envoy = Envoy::of_workers(1, &plugin.to_string(), &[("upstream", nobody)], |bootstrap| {
        let route = &mut manager(bootstrap)["route_config"]["virtual_hosts"][0]["routes"][0];
        *route = json!({ "match": { "prefix": "/" }, "direct_response": { "status": 200 } });
    });
    let idle = envoy.memory();

    let claims = |number: usize| {
        let mut claims = micro_claims(ISSUER, crate::issuer::now());
        claims["exp"] = json!(crate::issuer::now() + 86_400);
        claims["jti"] = json!(format!("token {number}"));
        claims
    };
    let keys = ["rsa-1", "ed-1", "rsa-2"].map(TestKey::named);
    // What each is asked for, and what must be the answer.
    let questions: Vec<(Request, u16)> = (0..usize::try_from(TOKENS.min(requests / 50))
        .unwrap_or(0))
        .map(|number| {
            let token = |key: &TestKey| key.token(&claims(number));
            match number % 8 {
                0 => (Request::new("GET", "/orders"), 401),
                1 => (Request::with_token("/orders", &token(&keys[2])), 401),
                2 => (Request::with_token("/admin", &token(&keys[1])), 403),
                3 => (Request::with_token("/orders/../admin", &token(&keys[1])), 400),
                4 | 5 => (Request::with_token("/orders", &token(&keys[0])), 200),
                _ => (Request::with_token("/orders", &token(&keys[1])), 200),
            }
        })
        .collect();

    let traffic = Traffic::start(clients, envoy.address(), move |kept, turn| {
        // Every other turn one of a few, as most requests are of somebody who has just been there.
        let turn = usize::try_from(turn).unwrap_or(0);
        let at = if turn.is_multiple_of(2) { turn % 64 } else { turn % questions.len() };
        let (request, wanted) = &questions[at];
        let answer = kept.send(request).map_err(|error| format!("lost: {error}"))?;
        let got = answer.status;
        (got == *wanted).then_some(()).ok_or_else(|| format!("{got}, not {wanted}: {answer:?}"))
    });
    let until = |turns: u64| {
        while traffic.turns() < turns && traffic.wrong().is_empty() {
            thread::sleep(Duration::from_millis(20));
        }
        envoy.memory()
    };
    let early = until(requests / 10);
    let half = until(requests / 2);
    let late = until(requests);
    let (turns, mut wrong) = traffic.end();
    if late > early + MORE {
        wrong.push(format!("memory grew from {early} to {late} KiB"));
    }
    let mebi = |kibi: u64| kibi as f64 / 1024.0;
    let result = format!(
        "{turns} requests by {clients} clients, none answered wrongly; memory of Envoy {:.1} MiB \
         at first, {:.1} after a tenth of them, {:.1} after half, {:.1} at the end",
        mebi(idle),
        mebi(early),
        mebi(half),
        mebi(late),
    );
    Run { result, wrong }
}
