//! The real binary against its own OpenAPI document, by a tool of another language: schemathesis
//! makes requests of the document, good and bad ones, and holds every answer against it. What can't
//! be guessed, such as the code of a mail, it is told by `hooks.py`.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::support::{Home, Server, call};

/// What must hold for every answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance,\
                      unsupported_method,negative_data_rejection";

/// Who administers, and a service that nobody can remove while it has a role.
const SEED: &str = r#"
[[services]]
name = "orders"
permissions = ["orders:read", "orders:create"]
anonymous = { permissions = ["orders:read"] }

[[roles]]
name = "strongest"
level = 0
permissions = ["*"]

[[roles]]
name = "clerk"
service = "orders"
level = 800

[[users]]
username = "ada"
email = "ada@example.com"
password = "seven lanterns over water"
roles = ["strongest"]
"#;

/// What needs a log-in at a provider, and here is none: `tests/api/external/` and the tests of the page
/// have their successes.
const NEEDS_A_PROVIDER: &[&str] = &[
    "DELETE /v1/me/identities/{identity}",
    "GET /v1/login/{provider}",
    "GET /v1/login/{provider}/callback",
    "POST /v1/login/exchange",
    "POST /v1/login/{provider}/finish",
    "POST /v1/login/{provider}/start",
    "POST /v1/me/identities/{identity}",
];

/// What needs an authenticator, and here is none: `tests/api/factors/passkeys/` and the tests of the page
/// have their successes.
const NEEDS_A_PASSKEY: &[&str] = &[
    "DELETE /v1/me/passkeys/{passkey}",
    "PATCH /v1/me/passkeys/{passkey}",
    "POST /v1/me/passkeys/confirm",
    "POST /v1/sessions/current/step-up/passkey",
    "POST /v1/sessions/passkey/finish",
    "POST /v1/sessions/second-factor/passkey",
];

const LIMITS: &[&str] = &[
    "LOGIN",
    "LOGIN_ACCOUNT",
    "LOGIN_ADDRESS",
    "SECOND_FACTOR",
    "REGISTRATION",
    "EXTERNAL_LOGIN",
    "PASSKEY",
    "RESET",
    "RESEND",
    "ANONYMOUS",
    "VERIFICATION",
    "CLIENT_CREDENTIALS",
    "REQUESTS",
];

#[test]
fn every_answer_to_generated_requests_is_one_that_the_document_announces() {
    let home = Home::new();
    let mails = Mails::take(home.folder());
    let limits: Vec<_> = LIMITS.iter().map(|name| format!("LAIKA_LIMITS_{name}")).collect();
    let mut variables: Vec<_> = limits.iter().map(|name| (name.as_str(), "off")).collect();
    variables.extend([
        ("LAIKA_PASSWORD_MEMORY", "7168"),
        ("LAIKA_PASSWORD_PASSES", "1"),
        ("LAIKA_LOG_FORMAT", "json"),
        // Passkeys belong to a name.
        ("LAIKA_PUBLIC_URL", "http://localhost:8080"),
        ("LAIKA_MAIL_URL", &mails.url),
        ("LAIKA_MAIL_FROM", "Laika <no-reply@example.com>"),
    ]);
    std::fs::write(home.folder().join("seed.toml"), SEED).unwrap();
    laika(&home, &variables, &["import", "seed.toml"]);
    let secret =
        laika(&home, &variables, &["service-account", "create", "depot", "--service", "orders"]);
    let mut server = Server::start(&home, &variables);
    let document = call(&server.address, "GET", "/openapi.json", None, None).unwrap().body;
    let operations = operations(&document);
    let found = schemathesis(home.folder(), &server.address, secret.trim());
    server.terminate();
    let (code, log) = server.ended();
    assert_eq!(code, Some(0), "{log}");
    assert_eq!(found, None, "the issuer's own errors:\n{}", own_errors(&log));
    let (answered, succeeded) = seen(&log);
    let silent: Vec<_> = operations.difference(&answered).collect();
    assert!(silent.is_empty(), "never called: {silent:?}");
    let needs_more = |name: &&String| {
        NEEDS_A_PROVIDER.contains(&name.as_str()) || NEEDS_A_PASSKEY.contains(&name.as_str())
    };
    let missed = operations.difference(&succeeded).filter(|name| !needs_more(name));
    let missed: Vec<_> = missed.collect();
    assert!(missed.is_empty(), "never with success, so nothing of it was proved: {missed:?}");
}

/// An SMTP server that writes what it takes into a file; it ends with its value.
struct Mails {
    server: Child,
    url: String,
}

impl Mails {
    fn take(folder: &Path) -> Self {
        let file = folder.join("mails");
        let server = Command::new(python("LAIKA_AIOSMTPD", "aiosmtpd"))
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mail/sink.py"))
            .arg("0")
            .stdin(Stdio::piped())
            .stdout(File::create(&file).unwrap())
            .spawn()
            .unwrap();
        let mut mails = Self { server, url: String::new() };
        for _ in 0..200 {
            let mut first = String::new();
            BufReader::new(File::open(&file).unwrap()).read_line(&mut first).unwrap();
            if first.ends_with('\n') {
                let first: Value = serde_json::from_str(&first).unwrap();
                mails.url = format!("smtp://127.0.0.1:{}", first["port"]);
                return mails;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("the SMTP server does not start")
    }
}

impl Drop for Mails {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A Python that has this package.
fn python(variable: &str, package: &str) -> std::ffi::OsString {
    std::env::var_os(variable).unwrap_or_else(|| {
        panic!(
            "`{variable}` is not set: run `cargo xtask test`, or name a Python that has {package}"
        )
    })
}

/// Runs a command on the same data; what it prints.
fn laika(home: &Home, variables: &[(&str, &str)], arguments: &[&str]) -> String {
    let output = home.laika(variables, arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// One run; what it found, if anything.
fn schemathesis(folder: &Path, address: &str, secret: &str) -> Option<String> {
    let output = Command::new(python("LAIKA_SCHEMATHESIS", "schemathesis"))
        .args(["-m", "schemathesis.cli", "run"])
        .arg(format!("http://{address}/openapi.json"))
        .args(["--checks", CHECKS, "--phases", "coverage,fuzzing", "--seed", "1"])
        .args(["--max-examples", "4"])
        // No time limits that a busy machine would pass; without the second it is 10 s.
        .args(["--suppress-health-check", "all", "--request-timeout", "120"])
        .args(["--no-shrink", "--continue-on-failure"])
        .current_dir(folder)
        .env("PYTHONUTF8", "1")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONPATH", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/serving"))
        .env("SCHEMATHESIS_HOOKS", "hooks")
        .env("ISSUER", format!("http://{address}"))
        .env("MAILS", folder.join("mails"))
        .env("DEPOT", secret)
        .output()
        .unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), &output.stderr);
    let errors = String::from_utf8_lossy(errors);
    let cases = said.lines().find(|line| line.contains(" generated, ")).unwrap_or_default();
    assert!(!cases.is_empty(), "nothing was tried:\n{said}\n{errors}");
    // How far it came is said first, line by line; what was wrong is below a line of its own.
    let wrong = said.find("= ERRORS =").or_else(|| said.find("= FAILURES ="));
    let wrong = wrong.and_then(|start| said.get(start..)).unwrap_or(&said);
    (!output.status.success()).then(|| format!("{wrong}\n{errors}"))
}

/// The lines of the log that tell of answers with a status of 500 and more.
fn own_errors(log: &str) -> String {
    let is_own = |line: &&str| {
        let line = serde_json::from_str::<Value>(line).unwrap_or_default();
        line["status"].as_u64().is_some_and(|status| status >= 500)
    };
    log.lines().filter(is_own).fold(String::new(), |all, line| all + line + "\n")
}

/// Method and path of each operation of the document.
fn operations(document: &Value) -> BTreeSet<String> {
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().keys();
        methods.map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    all.collect()
}

/// The routes that were called, and those that did what they were asked to.
fn seen(log: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut answered, mut succeeded) = (BTreeSet::new(), BTreeSet::new());
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    for line in lines.filter(|line| line["message"] == "request") {
        let span = &line["span"];
        let (Some(method), Some(route)) = (span["method"].as_str(), span["route"].as_str()) else {
            continue;
        };
        let operation = format!("{method} {route}");
        if line["status"].as_u64().is_some_and(|status| (200..300).contains(&status)) {
            succeeded.insert(operation.clone());
        }
        answered.insert(operation);
    }
    (answered, succeeded)
}
