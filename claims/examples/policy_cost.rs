//! What a decision costs with 10 rules and with 10,000: `cargo xtask bench policy`.
//!
//! Every policy of a pair has the same kinds of paths and is asked about paths of the same length.
//! One request again and again shows the number of steps, which is the same; requests spread over
//! all rules show the processor's caches as well, which hold ten rules and not ten thousand. Rounds
//! alternate between the two policies, and of each the fastest is printed: what else the machine
//! does only ever makes a round slower.

#![expect(clippy::print_stdout, reason = "a measurement speaks to whoever runs it")]

use std::hint::black_box;
use std::time::Instant;

use laika_claims::policy::{Bearer, Context, Policy, Request};
use laika_claims::principal::{Kind, Principal};
use laika_claims::{Decision, Timestamp};
use serde_json::{Map, Value, json};

const SIZES: [usize; 2] = [10, 10_000];
const ROUNDS: usize = 60;
const DECISIONS: usize = 20_000;

/// A kind of policy: rule `n`, and a request that it decides.
struct Shape {
    name: &'static str,
    rule: fn(usize) -> Value,
    request: fn(usize) -> (String, Option<String>),
}

const SHAPES: [Shape; 3] = [
    Shape {
        name: "siblings: /r00042/items/{id}",
        rule: |n| json!({ "path": format!("/r{n:05}/items/{{id}}") }),
        request: |n| (format!("/r{n:05}/items/7"), None),
    },
    Shape {
        name: "spread: /a4/b2/c0/d0/{*rest}",
        rule: |n| json!({ "path": format!("{}/{{*rest}}", spread(n)) }),
        request: |n| (format!("{}/x", spread(n)), None),
    },
    Shape {
        name: "hosts: h00042.example.com",
        rule: |n| json!({ "host": format!("h{n:05}.example.com"), "path": "/items" }),
        request: |n| ("/items".to_owned(), Some(format!("h{n:05}.example.com"))),
    },
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let now = Timestamp::from_seconds(1_800_000_000.0).ok_or("not a time")?;
    let who = clerk();
    println!("nanoseconds for each decision, fastest of {ROUNDS} rounds of {DECISIONS}");
    for shape in SHAPES {
        let [few, many] = SIZES;
        // Before the policies, so that no text lies in the holes that compiling leaves.
        let one = [1, 1].map(|size| requests(&shape, size));
        let spread = SIZES.map(|size| requests(&shape, size));
        let (small, large) = (compile(&shape, few)?, compile(&shape, many)?);
        for ([to_small, to_large], remark) in [(one, "one request"), (spread, "all rules")] {
            let (mut of_small, mut of_large) = (f64::INFINITY, f64::INFINITY);
            for _ in 0..ROUNDS {
                of_small = of_small.min(measure(&small, &to_small, &who, now)?);
                of_large = of_large.min(measure(&large, &to_large, &who, now)?);
            }
            println!(
                "  {:<28}  {remark:<11}  {few} rules {of_small:4.0}   {many} rules {of_large:4.0}   \
                 ratio {:.2}",
                shape.name,
                of_large / of_small
            );
        }
    }
    Ok(())
}

/// Four segments that together are different for each `n`, ten of each at most.
fn spread(n: usize) -> String {
    let digit = |place: usize| n / place % 10;
    format!("/a{}/b{}/c{}/d{}", digit(1), digit(10), digit(100), digit(1000))
}

fn compile(shape: &Shape, size: usize) -> Result<Policy, Box<dyn std::error::Error>> {
    let rules = (0..size).map(|n| {
        let mut rule = (shape.rule)(n);
        if let Value::Object(members) = &mut rule {
            members.insert("id".into(), format!("rule-{n}").into());
            members.insert("require".into(), "orders:read".into());
        }
        rule
    });
    let document = json!({ "version": 1, "rules": rules.collect::<Vec<_>>() });
    Ok(Policy::from_value(&document, Context::default())?)
}

/// As many requests for either size, in an order without a pattern.
fn requests(shape: &Shape, size: usize) -> Vec<(String, Option<String>)> {
    let mut state = 1_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize
    };
    (0..DECISIONS).map(|_| (shape.request)(random() % size)).collect()
}

fn measure(
    policy: &Policy,
    requests: &[(String, Option<String>)],
    who: &Principal,
    now: Timestamp,
) -> Result<f64, String> {
    let start = clock();
    let mut allowed = 0_u32;
    for (target, host) in requests {
        let request = Request { method: "GET", target, host: host.as_deref() };
        let decision: Decision<'_> = match policy.route(&request) {
            Ok(route) => route.decide(Bearer::Verified(who), now),
            Err(decision) => decision,
        };
        allowed += u32::from(black_box(decision).allowed);
    }
    let spent = start.elapsed().as_secs_f64();
    if allowed as usize != requests.len() {
        return Err(format!("{allowed} of {} requests were allowed", requests.len()));
    }
    Ok(spent / f64::from(allowed) * 1e9)
}

#[expect(clippy::disallowed_methods, reason = "measuring reads a clock")]
fn clock() -> Instant {
    Instant::now()
}

fn clerk() -> Principal {
    Principal {
        issuer: "https://id.example.com".into(),
        subject: "u1".into(),
        kind: Kind::User,
        permissions: vec!["orders:read".into()],
        roles: Vec::new(),
        level: None,
        wildcards: true,
        claims: Map::new().into(),
    }
}
