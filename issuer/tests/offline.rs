//! The commands that need no database, as they are met on a command line: tokens, policies, keys.

#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "helpers of tests: what goes wrong must stop the test")]
#![expect(clippy::indexing_slicing, reason = "as above: a JSON member that is absent is null")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

const POLICY: &str = r#"{ "version": 1,
  "rules": [
    { "id": "health", "path": "/health", "require": "anyone" },
    { "id": "list", "methods": ["GET"], "path": "/orders", "require": "orders:read" },
    { "id": "cancel", "methods": ["DELETE"], "path": "/orders/{id}",
      "require": { "any": ["orders:cancel", "role:admin"] } },
    { "id": "own", "path": "/users/{user}", "require": { "claim": "sub", "equals": { "path": "user" } } }
  ] }"#;

const CLERK: &str = r#"{ "sub": "u1", "permissions": ["orders:read"], "roles": ["orders/clerk"] }"#;

/// A folder with files, in which commands run.
struct Folder(tempfile::TempDir);

impl Folder {
    fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            std::fs::write(folder.0.path().join(name), text).unwrap();
        }
        folder
    }

    /// Runs `laika` with these words and this standard input.
    fn run(&self, arguments: &str, input: &str) -> Answer {
        let mut child = Command::new(env!("CARGO_BIN_EXE_laika"))
            .args(arguments.split(' '))
            .current_dir(self.0.path())
            // Unknown settings stop every command that reads them; these commands read none.
            .env_clear()
            .env("LAIKA_NO_SUCH_SETTING", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that reads nothing may be gone before it is written to.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Answer::from(child.wait_with_output().unwrap())
    }
}

#[derive(Debug)]
struct Answer {
    code: i32,
    output: String,
    errors: String,
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            code: output.status.code().unwrap(),
            output: text(&output.stdout),
            errors: text(&output.stderr),
        }
    }
}

impl Answer {
    /// Ended with `code`, and says all of `parts` somewhere.
    #[track_caller]
    fn says(&self, code: i32, parts: &[&str]) -> &Self {
        assert_eq!(self.code, code, "{self:?}");
        for part in parts {
            let said = self.output.contains(part) || self.errors.contains(part);
            assert!(said, "lacks `{part}`: {self:?}");
        }
        self
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.output).unwrap()
    }
}

/// Options, a good token and the time it is good at, from the golden vectors.
struct Vector {
    file: Value,
    token: String,
    now: u64,
}

impl Vector {
    fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/verify.json");
        let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let cases = file["cases"].as_array().unwrap();
        let good = cases.iter().find(|case| case["expect"]["ok"].is_object()).unwrap();
        let (token, now) =
            (good["token"].as_str().unwrap().to_owned(), good["now"].as_u64().unwrap());
        Self { file, token, now }
    }

    fn issuer(&self) -> &Value {
        match &self.file["options"]["issuers"] {
            Value::Array(several) => &several[0],
            one => one,
        }
    }

    /// `--issuer`, `--audience` and `--at`.
    fn arguments(&self) -> String {
        let issuer = self.issuer();
        let audience = issuer["audience"].as_str().or(issuer["audience"][0].as_str()).unwrap();
        let iss = issuer["issuer"].as_str().unwrap();
        format!("--issuer {iss} --audience {audience} --at {}", self.now)
    }
}

/// Answers `requests` requests on loopback, each with `answer`; its address.
fn endpoint(requests: usize, answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(requests) {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            assert!(stream.read(&mut request).unwrap() > 0);
            // Whoever has read enough hangs up.
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

fn http(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

fn key(name: &str) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "keys", name].iter().collect();
    path.to_string_lossy().into_owned()
}

#[test]
fn a_token_is_shown_and_nothing_of_it_is_called_proved() {
    let folder = Folder::with(&[]);
    let token = Vector::read().token;
    for arguments in ["token inspect", "token inspect -"] {
        let shown = folder.run(arguments, &format!("{token}\n"));
        shown.says(
            0,
            &[
                "\"alg\"",
                "\"iss\"",
                "exp        ",
                "Nothing of this was proved",
                "2027-01-15T08:05:00Z, ",
            ],
        );
    }
    let shown = folder.run(&format!("token inspect {token} --json"), "").json();
    assert_eq!((&shown["proved"], &shown["claims"]["type"]), (&json!(false), &json!("micro")));
    assert!(shown["times"]["exp"].as_str().unwrap().contains('T'));
    folder.run("token inspect", "abc").says(6, &["token_malformed"]);
    folder.run("token inspect", "").says(6, &["token_missing"]);
}

#[test]
fn a_token_is_proved_with_options_or_arguments() {
    let vector = Vector::read();
    let (options, keys) = (&vector.file["options"], &vector.issuer()["jwks"]);
    let files = [("options.json", options.to_string()), ("keys.json", keys.to_string())];
    let folder = Folder::with(&files.each_ref().map(|(name, text)| (*name, text.as_str())));
    let by_options = format!("token verify --options options.json --at {}", vector.now);
    let by_arguments = format!("token verify {} --jwks keys.json", vector.arguments());
    for arguments in [&by_options, &by_arguments] {
        folder.run(arguments, &vector.token).says(0, &["valid on ", "issuer ", "permissions "]);
        let proved = folder.run(&format!("{arguments} --json"), &vector.token).json();
        assert_eq!((&proved["valid"], &proved["claims"]["type"]), (&json!(true), &json!("micro")));
    }
    let late = by_arguments.replace(&vector.now.to_string(), "2999-01-01T00:00:00Z");
    folder.run(&late, &vector.token).says(6, &["expired"]);
    let refused = folder.run(&format!("{late} --json"), &vector.token);
    assert_eq!(refused.json()["code"], "expired");
    let other = by_arguments.replace("--audience ", "--audience not-");
    folder.run(&other, &vector.token).says(6, &["audience_mismatch"]);
    folder.run(&by_arguments, &vector.token.replace('.', "")).says(6, &["token_malformed"]);
}

#[test]
fn options_that_are_wrong_have_a_code_of_their_own() {
    let folder =
        Folder::with(&[("options.json", r#"{ "issuers": { "issuer": "x" } }"#), ("bad.json", "{")]);
    for (arguments, code, part) in [
        ("--options options.json", 3, "audience"),
        ("--options bad.json", 3, "`bad.json`"),
        ("--options nowhere.json", 3, "`nowhere.json`"),
        ("--issuer https://id.example --audience a --jwks bad.json", 3, "`bad.json`"),
        (
            "--issuer https://id.example --audience a --profile okta --jwks-uri https://x/k",
            3,
            "profile",
        ),
        ("--issuer https://id.example --audience a --jwks-uri http://id.example/k", 3, "https"),
        ("--issuer http://id.example --audience a", 3, "discover"),
        ("--issuer https://id.example", 2, "--audience"),
        ("--options options.json --issuer https://id.example", 2, "--issuer"),
        ("--options options.json --at soon", 2, "Unix seconds"),
    ] {
        folder.run(&format!("token verify {arguments}"), "x").says(code, &[part]);
    }
}

#[test]
fn keys_are_fetched_within_limits_and_a_failure_is_not_a_refusal() {
    let vector = Vector::read();
    let folder = Folder::with(&[]);
    let verify = |answer: String| {
        let uri = format!("http://{}/keys", endpoint(1, answer));
        folder.run(&format!("token verify {} --jwks-uri {uri}", vector.arguments()), &vector.token)
    };
    let keys = vector.issuer()["jwks"].to_string();
    verify(http("200 OK", "", &keys)).says(0, &["valid on "]);
    let elsewhere = endpoint(0, String::new());
    let redirect = format!("location: http://{elsewhere}/keys\r\n");
    verify(http("302 Found", &redirect, "")).says(7, &["302", "keys_unavailable"]);
    let huge = format!("{}{keys}", " ".repeat(256 * 1024));
    verify(http("200 OK", "", &huge)).says(7, &["longer than", "keys_unavailable"]);
    verify(http("500 Oops", "", &keys)).says(7, &["500", "keys_unavailable"]);
    verify(http("200 OK", "", "{}")).says(7, &["keys_unavailable"]);
    // Nobody listens any more.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let arguments = format!("token verify {} --jwks-uri http://{gone}/", vector.arguments());
    folder.run(&arguments, &vector.token).says(7, &["refused", "keys_unavailable"]);
}

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
    let guide = include_str!("../../docs/policy.md");
    let block = |language: &str| {
        let (_, rest) = guide.split_once(&format!("```{language}\n")).unwrap();
        rest.split("```").next().unwrap()
    };
    let folder = Folder::with(&[("p.json", block("json")), ("tests.yaml", block("yaml"))]);
    let tested = folder.run("policy test p.json tests.yaml", "");
    tested.says(0, &["4 cases, 0 failed", "no case has reached: create"]);
}

#[test]
fn keys_become_jwks_with_their_thumbprint() {
    let folder = Folder::with(&[]);
    let jwk = |name: &str| folder.run(&format!("key jwk {}", key(name)), "");
    let rsa = ["rsa-spki.pem", "rsa-pkcs1.pem", "rsa-certificate.pem"].map(|name| jwk(name).json());
    assert!(rsa[0] == rsa[1] && rsa[0] == rsa[2], "{rsa:?}");
    assert_eq!(
        (&rsa[0]["kty"], &rsa[0]["alg"], &rsa[0]["e"]),
        (&json!("RSA"), &json!("RS256"), &json!("AQAB"))
    );
    for (name, crv, alg) in
        [("ed25519-spki.pem", "Ed25519", "EdDSA"), ("p256-spki.pem", "P-256", "ES256")]
    {
        let jwk = jwk(name).json();
        assert_eq!((&jwk["crv"], &jwk["alg"]), (&json!(crv), &json!(alg)));
        assert_eq!(jwk["kid"].as_str().unwrap().len(), 43);
    }
    let expired = jwk("p384-expired.pem");
    expired.says(0, &["has expired: 2020-01-02T00:00:00Z"]);
    assert_eq!(expired.json()["crv"], "P-384");
    let set = folder.run(&format!("key jwk {} --alg PS384 --set", key("rsa-spki.pem")), "").json();
    assert_eq!(set["keys"][0]["alg"], "PS384");
    for (name, why) in [
        ("rsa-1024.pem", "2048"),
        ("secp256k1.pem", "another kind"),
        ("ed25519-spki.pem --alg RS256", "another kind than `--alg`"),
        ("rsa-spki.pem --alg none", "no algorithm"),
        ("nowhere.pem", "nowhere.pem"),
    ] {
        jwk(name).says(5, &[why]);
    }
    folder
        .run("key jwk -", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n")
        .says(5, &["not a certificate"]);
}

/// The example of RFC 8037 appendix A.3: a key and the thumbprint that the RFC gives for it.
#[test]
fn a_thumbprint_is_that_of_the_rfc() {
    let pem = "-----BEGIN PUBLIC KEY-----\n\
               MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n\
               -----END PUBLIC KEY-----\n";
    let jwk = Folder::with(&[]).run("key jwk -", pem).json();
    assert_eq!(jwk["kid"], "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert_eq!(jwk["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
}

#[test]
fn every_command_helps_with_an_example() {
    let folder = Folder::with(&[]);
    for command in [
        "token inspect",
        "token verify",
        "policy check",
        "policy explain",
        "policy test",
        "key jwk",
    ] {
        folder.run(&format!("{command} --help"), "").says(0, &["Usage:"]);
        let help = folder.run(&format!("{command} --help"), "").output;
        assert!(help.contains(&format!("laika {command} ")) || help.contains("cases:"), "{help}");
    }
}
