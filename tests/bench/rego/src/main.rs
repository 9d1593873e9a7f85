//! A decision of ours beside one of `regorus`, an engine of Rego, on the same ten rules: a part of
//! `cargo xtask bench verify`. Both native, in one program, in turns.
//!
//! Rego is asked as it is fastest: the rules compiled before, the input a value that is there
//! already, a clone of which costs nothing, and the resource named by the caller, where ours takes a
//! path apart. Answers with JSON: microseconds, and the median of the
//! ratios of single rounds.

#![forbid(unsafe_code)]

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use laika_claims::Timestamp;
use laika_claims::policy::{Bearer, Context, Policy, Request};
use laika_claims::principal::{Kind, Principal};
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use regorus::{CompiledPolicy, Engine, Value};
use serde_json::{Map, json};

const RULES: usize = 10;
const ROUNDS: usize = 41;
const WARM_UP_ROUNDS: usize = 5;
const DECISIONS: usize = 2_000;
const ENTRY: &str = "data.bench.allow";

/// Who decides, and how; in the order of the report.
const CONTENDERS: [&str; 3] =
    ["laika-claims", "regorus, compiled for its machine", "regorus, its interpreter"];

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let order = order();
    let (policy, who) = (ours()?, clerk());
    let now = Timestamp::from_seconds(1_800_000_000.0).ok_or("not a time")?;
    let targets: Vec<_> = (0..RULES).map(|n| format!("/{}/items/7", name(n))).collect();
    let compiled = theirs()?;
    let mut machine = RegoVM::new();
    machine.load_program(Compiler::compile_from_policy(&compiled, &[ENTRY])?);
    let inputs = (0..RULES).map(input).collect::<Outcome<Vec<_>>>()?;

    let mut times = CONTENDERS.map(|_| Vec::with_capacity(ROUNDS));
    for round in 0..WARM_UP_ROUNDS + ROUNDS {
        let spent = [
            time(&order, |n| {
                let request = Request { method: "GET", target: &targets[n], host: None };
                Ok(match policy.route(&request) {
                    Ok(route) => route.decide(Bearer::Verified(&who), now),
                    Err(decision) => decision,
                }
                .allowed)
            })?,
            time(&order, |n| {
                machine.set_input(inputs[n].clone());
                Ok(machine.execute()? == Value::from(true))
            })?,
            time(
                &order,
                |n| Ok(compiled.eval_with_input(inputs[n].clone())? == Value::from(true)),
            )?,
        ];
        if round >= WARM_UP_ROUNDS {
            times.iter_mut().zip(spent).for_each(|(list, spent)| list.push(spent));
        }
    }
    report(&times);
    Ok(())
}

/// Which rule allows each request, in an order without a pattern.
fn order() -> Vec<usize> {
    let mut state = 1_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize
    };
    (0..DECISIONS).map(|_| random() % RULES).collect()
}

fn name(n: usize) -> String {
    format!("r{n:05}")
}

/// A GET of a resource, for whoever has the permission.
fn ours() -> Outcome<Policy> {
    let rules: Vec<_> = (0..RULES)
        .map(|n| {
            let path = format!("/{}/items/{{id}}", name(n));
            json!({ "id": name(n), "path": path, "methods": ["GET"], "require": "orders:read" })
        })
        .collect();
    Ok(Policy::from_value(&json!({ "version": 1, "rules": rules }), Context::default())?)
}

/// The same rules in Rego.
fn theirs() -> Outcome<CompiledPolicy> {
    let mut text = "package bench\nimport rego.v1\ndefault allow := false\n".to_owned();
    for n in 0..RULES {
        text += &format!(
            "allow if {{ input.action == \"GET\"; input.resource == \"{}\"; \
             \"orders:read\" in input.permissions }}\n",
            name(n)
        );
    }
    let mut engine = Engine::new();
    engine.add_policy("bench.rego".into(), text)?;
    Ok(engine.compile_with_entrypoint(&ENTRY.into())?)
}

fn input(n: usize) -> Outcome<Value> {
    let permissions = ["orders:read", "orders:create"];
    let input = json!({
        "subject": "someone", "action": "GET", "resource": name(n), "permissions": permissions,
    });
    Ok(Value::from_json_str(&input.to_string())?)
}

fn clerk() -> Principal {
    Principal {
        issuer: "https://id.example.com".into(),
        subject: "someone".into(),
        kind: Kind::User,
        permissions: vec!["orders:read".into(), "orders:create".into()],
        roles: Vec::new(),
        level: None,
        wildcards: true,
        claims: Map::new().into(),
    }
}

/// Microseconds for each decision.
fn time(order: &[usize], mut decide: impl FnMut(usize) -> Outcome<bool>) -> Outcome<f64> {
    let start = Instant::now();
    for n in order {
        if !black_box(decide(*n)?) {
            return Err(format!("the request of rule {n} was denied").into());
        }
    }
    Ok(start.elapsed().as_secs_f64() / order.len() as f64 * 1e6)
}

fn report(times: &[Vec<f64>; 3]) {
    let [ours, ..] = times;
    let figures: Map<_, _> = CONTENDERS
        .iter()
        .zip(times)
        .map(|(who, theirs)| {
            let ratios = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
            let [least, median, most] = summary(theirs.clone());
            let mut figures = json!({ "median": median, "least": least, "most": most });
            if *who != CONTENDERS[0] {
                figures["ratio"] = summary(ratios)[1].into();
            }
            ((*who).to_owned(), figures)
        })
        .collect();
    let name = format!("policy of {RULES} rules, verified token, {ROUNDS} rounds");
    let row = json!({ "name": name, "unit": "µs", "figures": figures, "failed": {} });
    println!("{}", json!({ "runtime": "native, beside regorus", "rows": [row] }));
}

/// The least, the median and the most.
fn summary(mut list: Vec<f64>) -> [f64; 3] {
    list.sort_by(f64::total_cmp);
    [list[0], list[list.len() / 2], list[list.len() - 1]]
}
