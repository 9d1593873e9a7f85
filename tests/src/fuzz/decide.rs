//! `decide`: policies, requests and holders made from the input's bytes, so that nearly every
//! input is a decision; small alphabets let paths, hosts, names and values meet.

use arbitrary::{Result, Unstructured};
use laika_claims::ErrorCode;
use laika_claims::policy::{Context, Policy, Request};
use laika_claims::principal::{Kind, Principal};
use serde_json::{Map, Value, json};

use super::policy::compare;
use super::reference::policy::has_tie;
use crate::vectors::NOW;

pub(super) fn run(data: &[u8]) {
    // An input that is too short stands for shorter lists, so there is no error to speak of.
    let _ = play(&mut Unstructured::new(data));
}

fn play(u: &mut Unstructured<'_>) -> Result<()> {
    let document = document(u)?;
    let compiled = Policy::from_value(&document, Context::default());
    let policy = match (compiled, has_tie(&document)) {
        (Ok(policy), false) => policy,
        (Ok(_), true) => panic!("rules that tie were accepted: {document:#}"),
        (Err(error), true) => {
            assert!(error.message.contains("same path and method"), "{error} {document:#}");
            return Ok(());
        }
        (Err(error), false) => panic!("{error}: {document:#}"),
    };
    for _ in 0..u.int_in_range(1..=4)? {
        // What can't be judged is rare, so that the others are many.
        let methods: &[&str] =
            if u.ratio(1, 16)? { &["G T", ""] } else { &["GET", "POST", "HEAD", "DELETE", "get"] };
        let hosts: &[Option<&str>] = if u.ratio(1, 8)? {
            &[Some("a b"), Some("[::1"), Some("[pay.example.com]"), Some("pay.example.com]"), None]
        } else {
            &[
                Some("pay.example.com"),
                Some("PAY.example.com.:8443"),
                Some("other.example"),
                Some("third.example"),
                Some("[::1]:80"),
            ]
        };
        let target = target(u)?;
        let request =
            Request { method: u.choose(methods)?, target: &target, host: *u.choose(hosts)? };
        let holder = holder(u)?;
        let who = match &holder {
            Some(holder) => Ok(holder),
            None => Err(*u.choose(&[
                ErrorCode::TokenMissing,
                ErrorCode::Expired,
                ErrorCode::Stale,
                ErrorCode::KeysUnavailable,
            ])?),
        };
        compare(&policy, &document, &request, who);
    }
    Ok(())
}

fn document(u: &mut Unstructured<'_>) -> Result<Value> {
    let rules = (0..u.int_in_range(0..=7)?).map(|id| rule(u, id)).collect::<Result<Vec<_>>>()?;
    let mut document = json!({ "version": 1, "rules": rules });
    if u.ratio(1, 2)? {
        let words = ["deny", "user", "authenticated", "any_token", "anyone"];
        document["otherwise"] = json!(u.choose(&words)?);
    }
    if u.ratio(1, 4)? {
        document["case"] = json!(u.choose(&["sensitive", "insensitive"])?);
    }
    if u.ratio(1, 4)? {
        document["allow"] = json!([u.choose(&["semicolon", "percent25"])?]);
    }
    Ok(document)
}

fn rule(u: &mut Unstructured<'_>, id: usize) -> Result<Value> {
    let mut path = String::new();
    let mut names = Vec::new();
    for name in ["p", "q", "r"].into_iter().take(u.int_in_range(0..=3)?) {
        path.push('/');
        match u.int_in_range(0..=5)? {
            0 | 1 => {
                path.push_str(&format!("{{{name}}}"));
                names.push(name);
            }
            2 => {
                path.push_str(&format!("{{*{name}}}"));
                names.push(name);
                break;
            }
            _ => path.push_str(u.choose(&["a", "b", "A", "a b", "é"])?),
        }
    }
    if path.is_empty() || u.ratio(1, 8)? {
        path.push('/');
    }
    let mut rule =
        json!({ "id": format!("r{id}"), "path": path, "require": requirement(u, &names, 3)? });
    if u.ratio(1, 3)? {
        rule["host"] = json!(u.choose(&["pay.example.com", "other.example", "[::1]"])?);
    }
    if u.ratio(1, 2)? {
        let sets = [json!(["GET"]), json!(["POST", "GET"]), json!(["HEAD"]), json!(["DELETE"])];
        rule["methods"] = u.choose(&sets)?.clone();
    }
    Ok(rule)
}

fn requirement(u: &mut Unstructured<'_>, names: &[&str], depth: u8) -> Result<Value> {
    let words = [
        "anyone",
        "any_token",
        "authenticated",
        "user",
        "o:read",
        "o:read:own",
        "p:x",
        "role:admin",
        "role:o/clerk",
    ];
    let most = if depth == 0 { 4 } else { 7 };
    Ok(match u.int_in_range(0..=most)? {
        0 | 1 => json!(u.choose(&words)?),
        2 => json!({ "permission": u.choose(&["*", "o:*", "o:read", "Foreign.Read"])? }),
        3 => match u.int_in_range(0..=1)? {
            0 => json!({ "issuer": u.choose(&["https://a", "https://b"])? }),
            _ => json!({ "level": u.int_in_range(-1..=11)? }),
        },
        4 => claim_test(u, names)?,
        5 => json!({ "not": requirement(u, names, depth - 1)? }),
        kind => {
            let count = u.int_in_range(1..=3)?;
            let parts = (0..count).map(|_| requirement(u, names, depth - 1));
            let parts = parts.collect::<Result<Vec<_>>>()?;
            json!({ if kind == 6 { "all" } else { "any" }: parts })
        }
    })
}

const CLAIMS: [&str; 8] =
    ["sub", "amr", "auth_time", "n", "/deep/list/0", "/deep/list/01", "/n", "absent"];

fn claim_test(u: &mut Unstructured<'_>, names: &[&str]) -> Result<Value> {
    let mut test = json!({ "claim": u.choose(&CLAIMS)? });
    let name =
        *u.choose(&["equals", "in", "contains", "atLeast", "atMost", "within", "present"])?;
    test[name] = match name {
        "present" => json!(u.ratio(1, 2)?),
        "within" => json!(*u.choose(&[0, 60, 900, u64::MAX])?),
        _ if u.ratio(1, 4)? => json!({ "claim": u.choose(&CLAIMS)? }),
        "in" => json!([value(u)?, value(u)?]),
        "equals" | "contains" if !names.is_empty() && u.ratio(1, 2)? => {
            json!({ "path": u.choose(names)? })
        }
        "equals" | "contains" => value(u)?,
        _ => number(u)?,
    };
    Ok(test)
}

fn number(u: &mut Unstructured<'_>) -> Result<Value> {
    let numbers = [
        json!(0),
        json!(1),
        json!(1.0),
        json!(1.5),
        json!(-1),
        json!(9_007_199_254_740_993_u64),
        json!(9_007_199_254_740_992.0),
        json!(u64::MAX),
        json!(NOW),
        json!(NOW - 900),
        json!(NOW + 60),
        json!(NOW + 61),
    ];
    Ok(u.choose(&numbers)?.clone())
}

/// A value that may stand in a claim and, as no object, in a policy.
fn value(u: &mut Unstructured<'_>) -> Result<Value> {
    let values = [
        json!("a"),
        json!("b"),
        json!("A"),
        json!("a/b"),
        json!("mfa"),
        json!(""),
        json!(true),
        json!(null),
        json!(["a"]),
        json!(["mfa", 1]),
        json!([]),
    ];
    if u.ratio(1, 3)? { number(u) } else { Ok(u.choose(&values)?.clone()) }
}

fn holder(u: &mut Unstructured<'_>) -> Result<Option<Principal>> {
    if u.ratio(1, 5)? {
        return Ok(None);
    }
    let some = |u: &mut Unstructured<'_>, from: &[&str]| -> Result<Vec<String>> {
        (0..u.int_in_range(0..=2)?).map(|_| Ok((*u.choose(from)?).to_owned())).collect()
    };
    let mut claims = Map::new();
    for name in ["sub", "amr", "auth_time", "n", "acr"] {
        if u.ratio(2, 3)? {
            claims.insert(name.to_owned(), value(u)?);
        }
    }
    claims.insert("deep".to_owned(), json!({ "list": [value(u)?, value(u)?] }));
    let grants = ["*", "o:*", "o:read", "o:read:*", "p:x", "o*", "Foreign.Read"];
    Ok(Some(Principal {
        issuer: (*u.choose(&["https://a", "https://b"])?).to_owned(),
        subject: "s".to_owned(),
        kind: *u.choose(&[Kind::User, Kind::User, Kind::Anonymous, Kind::ServiceAccount])?,
        permissions: some(u, &grants)?,
        roles: some(u, &["admin", "o/clerk", "Admin"])?,
        level: if u.ratio(1, 2)? { Some(u.int_in_range(-1..=11)?) } else { None },
        wildcards: u.ratio(3, 4)?,
        claims: claims.into(),
    }))
}

fn target(u: &mut Unstructured<'_>) -> Result<String> {
    let good = ["/a", "/a", "/b", "/A", "/%61", "/a%20b", "/%C3%A9", "/c"];
    let odd = ["/", "/..", "/a;b", "/%25", "//", "?x=/..", "/%2F"];
    let mut target: String =
        (0..u.int_in_range(1..=3)?).map(|_| u.choose(&good).copied()).collect::<Result<_>>()?;
    if u.ratio(1, 8)? {
        target.push_str(u.choose(&odd)?);
    }
    Ok(target)
}
