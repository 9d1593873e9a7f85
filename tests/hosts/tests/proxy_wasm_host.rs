//! The filter in `proxy-wasm-host`, a host on Wasmtime that others have written: what a proxy needs
//! of it, and the golden vectors.

use std::path::Path;

use laika_hosts::{Fate, Proxy, Worker};
use serde_json::{Value, json};

/// A policy for vectors about tokens alone.
const ANY_TOKEN: &str = r#"{ "version": 1, "otherwise": "any_token" }"#;

fn file(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors");
    serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap()
}

/// What the vectors `verify.json` are verified by, with its first good token, at its time.
fn scene() -> (Value, String, u64) {
    let file = file("verify.json");
    let cases = file["cases"].as_array().unwrap();
    let good = cases.iter().find(|case| case["expect"]["ok"].is_object()).unwrap();
    let token = good["token"].as_str().unwrap().to_owned();
    (file["options"].clone(), token, good["now"].as_u64().unwrap())
}

fn nothing(url: &str) -> (u16, String) {
    panic!("nobody asked for {url}")
}

fn get<'a>(path: &'a str, authorization: &'a str) -> Vec<(&'a str, &'a str)> {
    let all = [
        (":method", "GET"),
        (":path", path),
        (":authority", "orders"),
        ("authorization", authorization),
    ];
    all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

fn code_of(fate: &Fate) -> (u32, String) {
    match fate {
        Fate::Sent(_) => (200, String::new()),
        Fate::Answered { status, body, .. } => {
            let body: Value = serde_json::from_str(body).unwrap();
            (*status, body["code"].as_str().unwrap_or_default().to_owned())
        }
    }
}

#[test]
fn it_allows_denies_and_hands_the_claims_on() {
    let (mut configuration, token, now) = scene();
    configuration["policy"] = json!({ "version": 1, "rules": [
        { "id": "health", "path": "/health", "require": "anyone" },
        { "id": "list", "path": "/orders", "require": "any_token" },
        { "id": "raze", "path": "/raze", "require": "nobody:raze" },
    ]});
    configuration["forward"] = json!({ "headers": { "x-user-id": "sub" } });
    configuration["realm"] = json!("orders");
    let proxy = Proxy::new();
    proxy.at(now);
    let mut worker = proxy.worker(&configuration.to_string());
    let bearer = format!("Bearer {token}");

    let mut forged = get("/orders", &bearer);
    forged.push(("x-user-id", "root"));
    forged.push(("x_user_id", "root"));
    let Fate::Sent(headers) = worker.send(&forged, &nothing) else { panic!("it was refused") };
    let users: Vec<_> = headers.iter().filter(|(name, _)| name.contains("user")).collect();
    assert_eq!(users.len(), 1, "{headers:?}");
    assert_ne!(users[0].1, "root");

    let mut ask = |path, authorization| code_of(&worker.send(&get(path, authorization), &nothing));
    assert_eq!(ask("/health", ""), (200, String::new()));
    assert_eq!(ask("/orders", ""), (401, "token_missing".to_owned()));
    assert_eq!(ask("/orders", "Bearer a.b.c"), (401, "token_malformed".to_owned()));
    assert_eq!(ask("/raze", &bearer), (403, "permission_denied".to_owned()));
    assert_eq!(ask("/%2e%2e/orders", &bearer), (400, "request_invalid".to_owned()));
    let Fate::Answered { headers, .. } = worker.send(&get("/orders", ""), &nothing) else {
        panic!()
    };
    assert!(
        headers.contains(&("www-authenticate".to_owned(), "Bearer realm=\"orders\"".to_owned())),
        "{headers:?}"
    );
}

#[test]
fn a_bad_configuration_refuses_every_request_and_says_why() {
    let proxy = Proxy::new();
    for bad in ["", "{", r#"{ "issuers": [] }"#, r#"{ "polcy": {} }"#] {
        let mut worker = proxy.worker(bad);
        assert_eq!(code_of(&worker.send(&get("/health", ""), &nothing)).0, 503, "{bad}");
    }
    assert!(proxy.log().contains("polcy"), "{}", proxy.log());
}

#[test]
fn keys_are_fetched_once_and_shared_by_the_workers() {
    let (mut configuration, token, now) = scene();
    let issuer = configuration.pointer_mut("/issuers/0").unwrap().as_object_mut().unwrap();
    let keys = issuer.remove("jwks").unwrap().to_string();
    issuer.insert("jwks_uri".to_owned(), json!("https://id.example.com/jwks.json"));
    issuer.insert("cluster".to_owned(), json!("issuer"));
    configuration["policy"] = serde_json::from_str(ANY_TOKEN).unwrap();
    let configuration = configuration.to_string();
    let proxy = Proxy::new();
    proxy.at(now);
    let bearer = format!("Bearer {token}");
    let served = |url: &str| {
        assert_eq!(url, "https://id.example.com/jwks.json");
        (200, keys.clone())
    };
    let mut first = proxy.worker(&configuration);
    assert_eq!(code_of(&first.send(&get("/", &bearer), &served)).0, 200);
    assert_eq!(code_of(&first.send(&get("/", &bearer), &nothing)).0, 200);
    assert_eq!(first.asked().len(), 1);
    let mut second = proxy.worker(&configuration);
    assert_eq!(code_of(&second.send(&get("/", &bearer), &nothing)).0, 200);

    // Another VM shares nothing; and without keys nobody passes.
    let proxy = Proxy::new();
    proxy.at(now);
    let mut worker = proxy.worker(&configuration);
    let away = |_: &str| (500, String::new());
    let answer = code_of(&worker.send(&get("/", &bearer), &away));
    assert_eq!(answer, (503, "keys_unavailable".to_owned()));
}

#[test]
fn it_answers_every_golden_vector() {
    let mut read = 0;
    for entry in
        std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors")).unwrap()
    {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.ends_with(".json") {
            continue;
        }
        let file = file(&name);
        let mut configuration = file["options"].clone();
        if file.get("served").is_some() {
            configuration["issuers"]["cluster"] = json!("issuer");
        }
        let policy = configuration["policy"].take();
        // Each in a proxy of its own: the vectors' time goes back and forth, and what is shared ages.
        let start = |policy: &Value| {
            let mut configuration = configuration.clone();
            configuration["policy"] = policy.clone();
            let proxy = Proxy::new();
            let worker = proxy.worker(&configuration.to_string());
            (proxy, worker)
        };
        let mut tokens = start(&serde_json::from_str(ANY_TOKEN).unwrap());
        let mut requests = (!policy.is_null()).then(|| start(&policy));
        for case in file["cases"].as_array().unwrap() {
            let (proxy, worker) = match case.get("request") {
                Some(_) => requests.as_mut().unwrap(),
                None => &mut tokens,
            };
            proxy.at(case["now"].as_u64().unwrap());
            compare(worker, case, &file["served"], &format!("{name}: {}", case["name"]));
            read += 1;
        }
    }
    println!("{read} vectors");
    assert!(read > 700, "only {read} vectors were found");
}

fn compare(worker: &mut Worker, case: &Value, served: &Value, name: &str) {
    let get = json!({ "method": "GET", "path": "/" });
    let request = case.get("request").unwrap_or(&get);
    let token = case["token"].as_str().map(|token| format!("Bearer {token}"));
    let fields = [
        (":method", request["method"].as_str()),
        (":path", request["path"].as_str()),
        (":authority", request["host"].as_str()),
        ("authorization", token.as_deref()),
    ];
    let headers: Vec<_> =
        fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let fate = worker.send(&headers, &|url| match served.get(url) {
        Some(answer) => {
            let status = answer["status"].as_u64().unwrap().try_into().unwrap();
            (status, answer["body"].as_str().unwrap().to_owned())
        }
        None => (404, String::new()),
    });
    let (status, code) = code_of(&fate);
    match case.get("decision") {
        Some(decision) => {
            assert_eq!(decision["allowed"], status == 200, "{name}: {fate:?}");
            if status != 200 {
                assert_eq!(decision["status"], status, "{name}");
                assert_eq!(decision["code"], code, "{name}");
            }
        }
        None => match case["expect"]["error"].as_str() {
            Some(wanted) => assert_eq!(code, wanted, "{name}"),
            None => assert_eq!(status, 200, "{name}: {fate:?}"),
        },
    }
}
