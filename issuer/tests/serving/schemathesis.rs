//! The real binary against its own OpenAPI document, by a tool of another language: schemathesis
//! makes requests of the document, good and bad ones, and holds every answer against it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Server, call};

/// What must hold for every answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance,unsupported_method";

const PASSWORD: &str = "seven lanterns over water";

/// Those who call, and what they may lose. Roles are global: the tool writes `orders/clerk` into a
/// path as two segments where it tries methods that are not there.
const SEED: &str = r#"
[[services]]
name = "orders"
permissions = ["orders:read", "orders:create"]
anonymous = { permissions = ["orders:read"] }

[[services]]
name = "spare"
permissions = ["spare:read"]

[[roles]]
name = "strongest"
level = 0

[[roles]]
name = "keeper"
level = 800

[[roles]]
name = "spare"
level = 900

[[users]]
username = "ada"
email = "ada@example.com"
password = "seven lanterns over water"
roles = ["strongest"]

[[users]]
username = "bob"
email = "bob@example.com"
password = "seven lanterns over water"
roles = ["keeper"]

[[users]]
username = "eve"
email = "eve@example.com"
password = "seven lanterns over water"

[[users]]
username = "mia"
email = "mia@example.com"
password = "seven lanterns over water"
"#;

/// After these the caller, or what others need, is gone: each has a run of its own.
const ENDS_OTHERS: &[&str] = &[
    "deleteAdminClientsClient",
    "deleteAdminServiceAccountsAccount",
    "deleteAdminUsersUser",
    "deleteAdminRolesRole",
    "deleteAdminServicesService",
    "postAdminUsersUserErase",
];
const ENDS_CALLER: &[&str] = &[
    "deleteMe",
    "deleteSessions",
    "deleteSessionsCurrent",
    "putMePassword",
    "postSessionsCurrentRenew",
];

/// What need not succeed, because no request made of the document alone can guess a password, a code
/// of a mail, a token, the id of a session, a permission of the catalogue or a name that fits, or
/// because there is no mail here and no provider, or because the few requests of a run did not hit it.
/// They are answered 4xx; `tests/api/` has their successes.
const NOT_TO_BE_GUESSED: &[&str] = &[
    "DELETE /v1/admin/grants/{holder}/{permission}",
    "DELETE /v1/admin/users/{user}/sessions/{session}",
    "DELETE /v1/me",
    "DELETE /v1/me/identities/{identity}",
    "DELETE /v1/sessions/{id}",
    "GET /status/{alg}/{shard}",
    "GET /v1/login/{provider}",
    "GET /v1/login/{provider}/callback",
    "GET /v1/users/{username}",
    "PATCH /v1/admin/users/{user}/sessions/{session}",
    "POST /oauth2/introspect",
    "POST /oauth2/token",
    "POST /v1/admin/clients",
    "POST /v1/admin/grants",
    "POST /v1/admin/roles",
    "POST /v1/admin/service-accounts",
    "POST /v1/email/resend",
    "POST /v1/email/undo",
    "POST /v1/email/verify",
    "POST /v1/login/exchange",
    "POST /v1/login/{provider}/finish",
    "POST /v1/login/{provider}/start",
    "POST /v1/me/identities/{identity}",
    "POST /v1/password/forgot",
    "POST /v1/password/reset",
    "POST /v1/sessions",
    "POST /v1/tokens/micro",
    "POST /v1/users",
    "PUT /v1/me/email",
    "PUT /v1/me/password",
    "PUT /v1/me/username",
];

const LIMITS: &[&str] = &[
    "LOGIN",
    "LOGIN_ACCOUNT",
    "LOGIN_ADDRESS",
    "SECOND_FACTOR",
    "REGISTRATION",
    "EXTERNAL_LOGIN",
    "RESET",
    "RESEND",
    "ANONYMOUS",
    "VERIFICATION",
    "CLIENT_CREDENTIALS",
    "REQUESTS",
];

#[test]
fn every_answer_to_generated_requests_is_one_that_the_document_announces() {
    let folder = tempfile::tempdir().unwrap();
    let limits: Vec<_> = LIMITS.iter().map(|name| format!("LAIKA_LIMITS_{name}")).collect();
    let mut variables: Vec<_> = limits.iter().map(|name| (name.as_str(), "off")).collect();
    variables.extend([("LAIKA_PASSWORD_MEMORY", "7168"), ("LAIKA_LOG_FORMAT", "json")]);
    let seed = folder.path().join("seed.toml");
    std::fs::write(&seed, SEED).unwrap();
    laika(folder.path(), &variables, &["import", &seed.to_string_lossy()]);
    let account = ["service-account", "create", "depot", "--service", "orders"];
    let secret = laika(folder.path(), &variables, &account);
    laika(folder.path(), &variables, &["service-account", "create", "spare"]);
    laika(folder.path(), &variables, &["client", "create", "shop", "--confidential"]);
    let mut server = Server::start(folder.path(), &variables);
    let address = server.address.clone();
    let document = call(&address, "GET", "/openapi.json", None, None).unwrap().body;
    let operations = operations(&document);
    let run = |of: &Parameters<'_>, arguments: &[&str]| {
        schemathesis(folder.path(), &address, of, arguments);
    };
    let [ada, bob, eve, mia] = ["ada", "bob", "eve", "mia"].map(|name| log_in(&address, name));
    let kept = Parameters { user: &bob.id, role: "keeper", service: "orders" };
    let erased = Parameters { user: &mia.id, role: "spare", service: "spare" };
    let lost = Parameters { user: &eve.id, role: "spare", service: "spare" };

    // Nobody.
    run(&kept, &["--max-examples", "2"]);
    // An administrator, who keeps what is needed.
    let ending = one_of(&[ENDS_OTHERS, ENDS_CALLER].concat());
    let administrator = format!("Authorization: Bearer {}", ada.token);
    let own = "^/v1/(me|admin|sessions|tokens)";
    let as_administrator = ["--max-examples", "3", "--header", &administrator];
    let but = ["--include-path-regex", own, "--exclude-operation-id-regex", &ending];
    run(&kept, &[as_administrator, but].concat());
    // A service account.
    let account = format!("depot:{}", secret.trim());
    run(&kept, &["--max-examples", "20", "--auth", &account, "--include-path-regex", "^/oauth2/"]);
    // An administrator, who ends what others have.
    for operation in ENDS_OTHERS {
        let of = if operation.ends_with("Erase") { &erased } else { &lost };
        let only = ["--header", &administrator, "--include-operation-id", operation];
        run(of, &[&only[..], &["--max-examples", "2"]].concat());
    }
    // Somebody who ends what is theirs.
    for operation in ENDS_CALLER {
        let caller = format!("Authorization: Bearer {}", log_in(&address, "ada").token);
        let only = ["--header", &caller, "--include-operation-id", operation];
        run(&lost, &[&only[..], &["--max-examples", "2"]].concat());
    }

    server.terminate();
    let (code, log) = server.ended();
    assert_eq!(code, Some(0), "{log}");
    let (answered, succeeded) = seen(&log);
    let silent: Vec<_> = operations.difference(&answered).collect();
    assert!(silent.is_empty(), "never called: {silent:?}");
    let refused = operations.difference(&succeeded).map(String::as_str);
    let missed: Vec<_> = refused.filter(|name| !NOT_TO_BE_GUESSED.contains(name)).collect();
    assert!(missed.is_empty(), "never with success, so nothing of it was proved: {missed:?}");
}

/// What stands in paths, so that something is found there.
struct Parameters<'a> {
    user: &'a str,
    role: &'a str,
    service: &'a str,
}

struct Person {
    id: String,
    token: String,
}

fn log_in(address: &str, name: &str) -> Person {
    let body = json!({ "login": format!("{name}@example.com"), "password": PASSWORD });
    let answer = call(address, "POST", "/v1/sessions", None, Some(&body)).unwrap();
    assert_eq!(answer.status, 201, "{}", answer.body);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Person { id: text(&answer.body["user"]["id"]), token: text(&answer.body["main_token"]) }
}

/// Runs a command on the same data; what it prints.
fn laika(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_laika"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// One run, which must find nothing.
fn schemathesis(folder: &Path, address: &str, of: &Parameters<'_>, arguments: &[&str]) {
    let program = std::env::var_os("LAIKA_SCHEMATHESIS").unwrap_or_else(|| {
        panic!(
            "`LAIKA_SCHEMATHESIS` is not set: run `cargo xtask test`, or name a Python that has \
             schemathesis"
        )
    });
    let Parameters { user, role, service } = of;
    let parameters = format!(
        "[parameters]\n\"path.user\" = \"{user}\"\n\"path.role\" = \"{role}\"\n\
         \"path.service\" = \"{service}\"\n\"path.holder\" = \"user:{user}\"\n\
         \"path.permission\" = \"orders:read\"\n\"path.username\" = \"ada\"\n\
         \"path.account\" = \"spare\"\n\"path.client\" = \"shop\"\n\
         \"query.service\" = \"orders\"\n"
    );
    let file = folder.join("schemathesis.toml");
    std::fs::write(&file, parameters).unwrap();
    let output = Command::new(program)
        .args(["-m", "schemathesis.cli", "--config-file"])
        .arg(&file)
        .arg("run")
        .arg(format!("http://{address}/openapi.json"))
        .args(["--checks", CHECKS, "--phases", "coverage,fuzzing", "--seed", "1"])
        // No time limits of its own, which a busy machine would pass.
        .args(["--suppress-health-check", "all", "--no-shrink", "--continue-on-failure"])
        .args(arguments)
        .current_dir(folder)
        .env("PYTHONUTF8", "1")
        .output()
        .unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), &output.stderr);
    let errors = String::from_utf8_lossy(errors);
    assert!(output.status.success(), "{said}\n{errors}");
    let cases = said.lines().find(|line| line.contains(" generated, ")).unwrap_or_default();
    assert!(!cases.is_empty(), "nothing was tried:\n{said}\n{errors}");
}

fn one_of(operations: &[&str]) -> String {
    format!("^({})$", operations.join("|"))
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
