//! Policies that are listed, explained and tested.

use serde_json::json;

use crate::support::{Folder, Vector};

const POLICY: &str = r#"{ "version": 1,
  "rules": [
    { "id": "health", "path": "/health", "require": "anyone" },
    { "id": "list", "methods": ["GET"], "path": "/orders", "require": "orders:read" },
    { "id": "cancel", "methods": ["DELETE"], "path": "/orders/{id}",
      "require": { "any": ["orders:cancel", "role:admin"] } },
    { "id": "own", "path": "/users/{user}", "require": { "claim": "sub", "equals": { "path": "user" } } }
  ] }"#;

const CLERK: &str = r#"{ "sub": "u1", "permissions": ["orders:read"], "roles": ["orders/clerk"] }"#;

#[test]
fn a_policy_is_listed_or_refused_with_line_and_column() {
    let bad = POLICY.replace("\"orders:read\"", "\"orders\"");
    let yaml = "version: 1\nrules:\n  - { id: a, path: /a, require: user }\n  - id: a\n    path: /b\n    \
                require: user\n";
    let toml = "version = 1\n[[rules]]\nid = 'a'\npath = 'a'\nrequire = 'user'\n";
    let folder = Folder::with(&[
        ("good.json", POLICY),
        ("bad.json", &bad),
        ("broken.json", "{ \"version\": 1,\n  ]"),
        ("bad.yaml", yaml),
        ("good.yml", &yaml.replace("id: a\n", "id: b\n")),
        ("bad.toml", toml),
        ("good.toml", &toml.replace("'a'\nrequire", "'/a'\nrequire")),
        ("anchors.yaml", "version: 1\notherwise: &x deny\n"),
        (
            "level.json",
            r#"{ "version": 1, "rules": [{ "id": "a", "path": "/", "require": { "level": 5 } }] }"#,
        ),
    ]);
    let check = |file: &str| folder.run(&format!("policy check {file}"), "");
    check("good.json").says(0, &["cancel", "/orders/{id}", "DELETE", "4 rules", "otherwise"]);
    check("good.yml").says(0, &["2 rules"]);
    check("good.toml").says(0, &["1 rules"]);
    check("bad.json").says(5, &["bad.json:4:", "`rules[1].require`", "`orders` is neither"]);
    check("broken.json").says(5, &["broken.json:2:3", "line 2 column 3"]);
    check("bad.yaml").says(5, &["bad.yaml:4:5", "`rules[1].id`", "already the id"]);
    check("bad.toml").says(5, &["bad.toml:4:1", "`rules[0].path`", "write `/a`"]);
    check("anchors.yaml").says(5, &["anchors.yaml:2:", "anchors are not read"]);
    check("nowhere.json").says(5, &["nowhere.json"]);
    check("level.json").says(0, &["{\"level\":5}"]);
    check("level.json --several-issuers").says(5, &["needs its issuer"]);
    let listed = check("good.json --json").json();
    assert_eq!((&listed["valid"], &listed["rules"][1]["id"]), (&json!(true), &json!("list")));
    let refused = check("bad.json --json").json();
    assert_eq!((&refused["valid"], &refused["line"]), (&json!(false), &json!(4)));
}

#[test]
fn a_decision_is_explained_part_by_part() {
    let folder = Folder::with(&[("p.json", POLICY), ("clerk.json", CLERK), ("no.json", "[]")]);
    let explain = |rest: &str| folder.run(&format!("policy explain p.json {rest}"), "");
    explain("--method GET --path /orders --claims clerk.json")
        .says(0, &["rule       list", "orders:read", "holds", "allowed, 200", "at their word"]);
    explain("--method DELETE --path /orders/7 --claims clerk.json").says(
        0,
        &[
            "rule       cancel",
            "role:admin",
            "fails",
            "roles orders/clerk",
            "denied, 403 permission_denied",
            "missing    orders:cancel, role:admin",
            "insufficient_scope",
        ],
    );
    explain("--method GET --path /users/u2 --claims clerk.json")
        .says(0, &["claim:sub equals path:user", "sub is \"u1\", path:user is \"u2\""]);
    explain("--method GET --path /orders")
        .says(0, &["denied, 401 token_missing", "challenge  Bearer"]);
    explain("--method PUT --path /orders").says(0, &["rule       none", "method:PUT"]);
    explain("--method GET --path /a//b").says(0, &["denied, 400 request_invalid", "empty segment"]);
    explain("--method GET --path /x").says(0, &["rule       otherwise", "denied, 403"]);
    explain("--method GET --path / --claims no.json").says(5, &["claims are an object"]);
    explain("--method GET --path / --claims nowhere.json").says(5, &["`nowhere.json`"]);
    explain("--method GET --path / --token x").says(6, &["token_malformed"]);
    let token = Vector::read().token;
    let by_token =
        folder.run("policy explain p.json --method GET --path /orders --token -", &token);
    by_token.says(0, &["rule       list", "at their word"]);
    let cancel = explain("--method DELETE --path /orders/7 --claims clerk.json --json").json();
    assert_eq!(cancel["missing"], json!(["orders:cancel", "role:admin"]));
    assert_eq!(cancel["requirement"]["parts"][1]["verdict"], "fails");
}

#[test]
fn a_policy_is_held_against_a_file_of_cases() {
    let good = r#"
now: 1800000000
cases:
  - name: a clerk lists orders
    request: { method: GET, path: /orders }
    claims: { sub: u1, permissions: ["orders:read"] }
    expect: { allowed: true, status: 200, rule: list, code: null }
  - name: a clerk can't cancel
    request: { method: DELETE, path: /orders/7 }
    claims: { sub: u1, permissions: ["orders:read"] }
    expect: { status: 403, code: permission_denied, missing: ["role:admin", "orders:cancel"] }
  - name: nobody changes a list
    request: { method: PUT, path: /orders }
    expect: { status: 403, rule: null }
"#;
    let toml = "[[cases]]\nname = 'a'\nrequest = { method = 'GET', path = '/health' }\nexpect = { rule = 'health' }\n";
    let folder = Folder::with(&[
        ("p.json", POLICY),
        ("good.yaml", good),
        ("good.toml", toml),
        ("bad.yaml", &good.replace("status: 200, rule: list", "status: 401, rule: own")),
        ("typo.yaml", &good.replace("expect: { status: 403, rule", "expect: { state: 403, rule")),
        ("code.yaml", &good.replace("permission_denied", "forbidden")),
        ("member.yaml", &good.replace("    claims:", "    claim:")),
        (
            "type.yaml",
            &good.replace("{ method: PUT, path: /orders }", "{ method: 1, path: /orders }"),
        ),
        ("claims.yaml", &good.replace("sub: u1, permissions", "sub: 1, permissions")),
        ("none.json", r#"{ "cases": [] }"#),
        ("array.json", "[]"),
        ("map.json", r#"{ "cases": {} }"#),
    ]);
    let test = |file: &str| folder.run(&format!("policy test p.json {file}"), "");
    test("good.yaml").says(0, &["3 cases, 0 failed", "no case has reached: health, own"]);
    test("good.toml").says(0, &["1 cases, 0 failed"]);
    test("bad.yaml").says(
        8,
        &[
            "FAILED  a clerk lists orders",
            "- status: 401",
            "+ status: 200",
            "- rule: \"own\"",
            "+ rule: \"list\"",
            "3 cases, 1 failed",
            "1 case is not as expected",
        ],
    );
    let failed = test("bad.yaml --json");
    assert_eq!((failed.code, &failed.json()["failed"]), (8, &json!(1)));
    assert_eq!(failed.json()["failures"][0]["differences"][0]["expected"], "own");
    test("typo.yaml").says(5, &["`nobody changes a list`", "no `state`"]);
    test("code.yaml").says(5, &["an error code"]);
    test("member.yaml").says(5, &["`cases[0].claim`", "line 6"]);
    test("type.yaml").says(5, &["`cases[2].request.method`", "expected a string"]);
    test("claims.yaml").says(5, &["`a clerk lists orders`", "`sub` is not a string"]);
    test("none.json").says(5, &["at least one"]);
    test("array.json").says(5, &["expected an object with `cases`"]);
    test("map.json").says(5, &["`cases`: invalid type: object, expected an array"]);
}

#[test]
fn the_guide_s_policy_passes_the_guide_s_tests() {
    let guide = include_str!("../../../docs/policy.md");
    let block = |language: &str| {
        let (_, rest) = guide.split_once(&format!("```{language}\n")).unwrap();
        rest.split("```").next().unwrap()
    };
    let folder = Folder::with(&[("p.json", block("json")), ("tests.yaml", block("yaml"))]);
    let tested = folder.run("policy test p.json tests.yaml", "");
    tested.says(0, &["4 cases, 0 failed", "no case has reached: create"]);
}

const API: &str = r#"
openapi: 3.1.0
servers:
  - url: https://api.example.com/v2/
security:
  - oauth: ["orders:read"]
paths:
  /orders:
    get: { operationId: list }
    head: { operationId: counted by the rule for GET }
    post:
      operationId: create
      security:
        - oauth: ["orders:create", "orders:read"]
        - key: []
  /orders/{order-id}:
    parameters: []
    delete:
      security:
        - oauth: ["orders:cancel"]
        - partner: ["write_orders"]
  /health:
    get: { operationId: health, security: [] }
"#;

#[test]
fn a_policy_is_made_of_an_openapi_description() {
    let silent = r#"{ "openapi": "3.0.3", "paths": { "/a": { "get": {} } } }"#;
    let partial = silent.replace("/a", "/{id}.json");
    let folder = Folder::with(&[
        ("api.yaml", API),
        ("silent.json", silent),
        ("partial.json", &partial),
        ("old.json", r#"{ "swagger": "2.0", "paths": {} }"#),
    ]);
    let made = folder.run("policy generate api.yaml", "").json();
    let rules = json!([
        { "id": "health", "methods": ["GET"], "path": "/v2/health", "require": "anyone" },
        { "id": "list", "methods": ["GET"], "path": "/v2/orders", "require": "orders:read" },
        { "id": "create", "methods": ["POST"], "path": "/v2/orders",
          "require": { "any": [{ "all": ["orders:create", "orders:read"] }, "authenticated"] } },
        { "id": "delete /orders/{order-id}", "methods": ["DELETE"],
          "path": "/v2/orders/{order_id}",
          "require": { "any": ["orders:cancel", { "permission": "write_orders" }] } },
    ]);
    assert_eq!(made["rules"], rules);
    assert_eq!(made["otherwise"], "deny");
    // What is not said is not open.
    let quiet = folder.run("policy generate silent.json", "");
    quiet.says(0, &["1 operations name no scope"]);
    assert_eq!(quiet.json()["rules"][0]["require"], "authenticated");
    folder.run("policy generate partial.json", "").says(5, &["partial.json", "get /{id}.json"]);
    folder.run("policy generate old.json", "").says(5, &["old.json", "OpenAPI 3"]);
    folder.run("policy generate nowhere.json", "").says(5, &["nowhere.json"]);
    // What can't be read as a requirement opens nothing.
    for odd in [r#"["oauth"]"#, "[null]", r#""oauth""#, "null", r#"[{ "oauth": "orders:read" }]"#] {
        let api = silent.replace(r#""get": {}"#, &format!(r#""get": {{ "security": {odd} }}"#));
        let folder = Folder::with(&[("odd.json", &api)]);
        folder.run("policy generate odd.json", "").says(5, &["odd.json", "get /a", "`security`"]);
    }
    // A description as big as they come: ours.
    let ours = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
    let made = folder.run(&format!("policy generate {ours}"), "").json();
    assert!(made["rules"].as_array().unwrap().len() > 100);
}
