//! The binary `laika` as an operator meets it: commands, exit codes, start and end.

#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "helpers of tests: what goes wrong must stop the test")]
#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};

use serde_json::Value;

const SEED: &str = r#"
[[services]]
name = "orders"
permissions = ["orders:read"]
[[roles]]
name = "clerk"
service = "orders"
level = 50
permissions = ["orders:read"]
[[users]]
username = "laika"
email = "laika@example.com"
password = "first in orbit 1957"
roles = ["orders/clerk"]
"#;

#[test]
fn serve_without_configuration_prints_ready_and_the_first_administrators_link() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path());
    let answer = get(&server.address, "/livez");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let (code, errors) = server.end();
    assert_eq!(code, Some(0), "{errors}");
    let link = format!("http://{}/#invitation=laika_inv_", server.address);
    assert!(errors.contains(&link), "{errors}");
    assert!(errors.contains("no mail is configured"), "{errors}");

    let data = folder.path().join("laika-data");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&data.join("master.key")), 0o600);
}

#[test]
fn keys_stay_the_same_over_a_restart_and_the_link_stops_with_the_first_administrator() {
    let folder = tempfile::tempdir().unwrap();
    let keys = |address: &str| {
        let answer = get(address, "/.well-known/jwks.json");
        answer.split("\r\n\r\n").nth(1).unwrap().to_owned()
    };
    let mut server = Server::start(folder.path());
    let before = keys(&server.address);
    server.end();
    let create = ["user", "create", "belka", "--email", "belka@example.com"];
    let arguments = [&create[..], &["--role", "administrator"]].concat();
    expect(&laika(folder.path(), &arguments, "there and back again 1960\n"), 0);
    let mut server = Server::start(folder.path());
    assert_eq!(keys(&server.address), before);
    let (_, errors) = server.end();
    assert!(!errors.contains("#invitation="), "{errors}");
}

#[test]
fn an_import_twice_is_an_import_once_and_a_running_service_sees_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("seed.toml"), SEED).unwrap();
    let mut server = Server::start(folder.path());
    let import = |expected: [u64; 4]| {
        let output = laika(folder.path(), &["import", "seed.toml", "--json"], "");
        let done: Value = serde_json::from_str(&expect(&output, 0)).unwrap();
        let numbers = ["services", "roles", "users", "users_present"];
        assert_eq!(numbers.map(|name| done.get(name).unwrap().as_u64().unwrap()), expected);
    };
    import([1, 1, 1, 0]);
    import([1, 1, 0, 1]);
    let body = r#"{"login":"laika","password":"first in orbit 1957","service":"orders"}"#;
    let answer = post(&server.address, "/v1/sessions", body);
    assert!(answer.starts_with("HTTP/1.1 201") && answer.contains("\"micro_token\""), "{answer}");
    server.end();

    let users = expect(&laika(folder.path(), &["user", "list", "--json"], ""), 0);
    let users: Value = serde_json::from_str(&users).unwrap();
    assert_eq!(users.as_array().unwrap().len(), 1);
    let roles = expect(&laika(folder.path(), &["role", "list"], ""), 0);
    assert!(roles.contains("orders/clerk\t50\torders:read"), "{roles}");
    let services = expect(&laika(folder.path(), &["service", "list"], ""), 0);
    assert!(services.contains("orders\torders\t300 s\torders:read"), "{services}");
    let keys = expect(&laika(folder.path(), &["key", "list", "--json"], ""), 0);
    assert!(!keys.contains("wrapped") && keys.contains("\"RS256\""), "{keys}");
}

#[test]
fn an_import_that_fails_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let bad = SEED.replace("roles = [\"orders/clerk\"]", "roles = [\"orders/boss\"]");
    std::fs::write(folder.path().join("seed.toml"), bad).unwrap();
    let output = laika(folder.path(), &["import", "seed.toml"], "");
    assert_eq!(output.status.code(), Some(5));
    assert!(errors(&output).contains("`orders/boss`"), "{}", errors(&output));
    assert_eq!(expect(&laika(folder.path(), &["service", "list"], ""), 0), "");
    assert_eq!(expect(&laika(folder.path(), &["user", "list"], ""), 0), "");
}

#[test]
fn services_roles_and_users_can_be_made_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &str| {
        let arguments: Vec<_> = arguments.split(' ').collect();
        laika(folder.path(), &arguments, "there and back again 1960\n")
    };
    for good in [
        "migrate",
        "config check",
        "service create orders --permission orders:read --algorithm EdDSA",
        "role create orders/clerk --level 50 --permission orders:*",
        "user create belka --email belka@example.com",
        "role assign BELKA orders/clerk",
    ] {
        expect(&run(good), 0);
    }
    for (bad, code, part) in [
        ("serve --port 80", 2, "--port"),
        ("frobnicate", 2, "frobnicate"),
        ("service create Orders", 5, "`Orders`"),
        ("service create orders --permission billing:pay", 5, "`billing:pay`"),
        ("service create orders --algorithm HS256", 5, "`HS256`"),
        ("role create depot/clerk --level 5", 5, "`depot`"),
        ("role create clerk --level 5 --permission orders", 5, "`orders`"),
        ("role assign nobody orders/clerk", 5, "`nobody`"),
        ("role assign belka orders/boss", 5, "`orders/boss`"),
        ("user create belka --email other@example.com", 5, "username"),
        ("user create strelka --email nowhere", 5, "email"),
        ("import nowhere.toml", 5, "`nowhere.toml`"),
        ("--config nowhere.toml config check", 3, "nowhere.toml"),
    ] {
        let output = run(bad);
        assert_eq!(output.status.code(), Some(code), "{bad}: {}", errors(&output));
        assert!(errors(&output).contains(part), "{bad}: {}", errors(&output));
    }
}

#[test]
fn users_roles_services_and_grants_are_administered_and_all_of_it_is_in_the_audit_log() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &str| {
        let arguments: Vec<_> = arguments.split(' ').collect();
        laika(folder.path(), &arguments, "there and back again 1960\n")
    };
    let json = |arguments: &str| -> Value {
        serde_json::from_str(&expect(&run(&format!("{arguments} --json")), 0)).unwrap()
    };
    for good in [
        "service create orders --permission orders:read",
        "role create orders/clerk --level 50 --permission orders:* --description sells",
        "user create belka --email belka@example.com --role administrator",
        "user create strelka --email strelka@example.com",
        "role assign strelka orders/clerk",
        "grant add strelka orders:read",
    ] {
        expect(&run(good), 0);
    }
    let shown = json("user show strelka@example.com");
    assert_eq!(shown["roles"], serde_json::json!(["orders/clerk", "user"]));
    assert_eq!(shown["grants"], serde_json::json!(["orders:read"]));
    assert_eq!(shown["level"], 1000);
    let id = shown["id"].as_str().unwrap();
    assert_eq!(json(&format!("user show {id}"))["username"], "strelka");
    assert_eq!(json("user roles strelka")[0]["description"], "sells");
    assert_eq!(json("user sessions strelka"), serde_json::json!([]));
    assert_eq!(json("role show orders/clerk")["permissions"][0], "orders:*");
    assert_eq!(json("service show orders")["audience"], "orders");
    assert_eq!(json("grant list --user strelka")[0]["granted_by"], "command-line");
    let link = json("user invite administrator");
    assert!(link["link"].as_str().unwrap().contains("/#invitation=laika_inv_"), "{link}");
    let table = expect(&run("user show belka"), 0);
    assert!(table.contains("level     0"), "{table}");

    for (bad, code, part) in [
        ("user show nobody", 5, "`nobody`"),
        ("user disable belka", 5, "level 0"),
        ("user erase belka", 5, "level 0"),
        ("role unassign belka administrator", 5, "level 0"),
        ("role delete administrator", 5, "level 0"),
        ("role create administrator --level 1", 5, "level 0"),
        ("role delete user", 5, "`default_role.name`"),
        ("role delete nowhere", 5, "`nowhere`"),
        ("role unassign belka orders/clerk", 5, "`orders/clerk`"),
        ("service delete orders", 5, "1 roles"),
        ("service show nowhere", 5, "`nowhere`"),
        ("grant add strelka orders", 5, "`orders`"),
        ("grant remove belka orders:read", 5, "`orders:read`"),
        ("user invite nowhere", 5, "`nowhere`"),
        ("audit list --limit 0", 2, "--limit"),
        ("user sessions belka --limit 1000000000", 2, "--limit"),
    ] {
        let output = run(bad);
        assert_eq!(output.status.code(), Some(code), "{bad}: {}", errors(&output));
        assert!(errors(&output).contains(part), "{bad}: {}", errors(&output));
    }
    for good in [
        "user disable strelka",
        "user enable strelka",
        "user end-sessions strelka",
        "grant remove strelka orders:read",
        "role unassign strelka orders/clerk",
        "role delete orders/clerk",
        "service delete orders",
        "user delete strelka",
        "user erase strelka@example.com",
    ] {
        expect(&run(good), 0);
    }
    assert_eq!(run("user show strelka").status.code(), Some(5), "the name is free again");
    assert_eq!(json(&format!("user show {id}"))["status"], "deleted");
    let log = json("audit list --actor command-line");
    let mut found: Vec<_> =
        log.as_array().unwrap().iter().map(|e| e["action"].as_str().unwrap()).collect();
    let mut expected = vec![
        "service.created",
        "role.created",
        "user.created",
        "role.assigned",
        "user.created",
        "role.assigned",
        "permission.granted",
        "invitation.created",
        "user.disabled",
        "user.enabled",
        "user.sessions_ended",
        "permission.withdrawn",
        "role.unassigned",
        "role.deleted",
        "service.deleted",
        "user.deleted",
        "user.erased",
    ];
    // Of two in one second the log keeps no order.
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    let lines = expect(&run("audit list --action user.disabled"), 0);
    assert!(lines.contains("command-line\tuser.disabled"), "{lines}");
    for command in ["user", "role", "service", "grant", "audit"] {
        let help = expect(&run(&format!("{command} --help")), 0);
        assert!(help.contains("Examples:"), "{help}");
    }
}

#[test]
fn a_token_of_the_running_service_is_proved_by_its_metadata_and_its_key_set() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("seed.toml"), SEED).unwrap();
    expect(&laika(folder.path(), &["import", "seed.toml"], ""), 0);
    let mut server = Server::start(folder.path());
    let body = r#"{"login":"laika","password":"first in orbit 1957","service":"orders"}"#;
    let answer = post(&server.address, "/v1/sessions", body);
    let (_, after) = answer.split_once("\"micro_token\":\"").unwrap();
    let token = after.split('"').next().unwrap();
    let issuer = format!("http://{}", server.address);
    let keys = format!("{issuer}/.well-known/jwks.json");
    let verify = ["token", "verify", "--issuer", &issuer, "--audience"];
    for rest in [&["orders"][..], &["orders", "--jwks-uri", &keys]] {
        let proved = expect(&laika(folder.path(), &[&verify[..], rest].concat(), token), 0);
        assert!(proved.contains("orders:read") && proved.contains("orders/clerk"), "{proved}");
    }
    let output = laika(folder.path(), &[&verify[..], &["billing"]].concat(), token);
    assert_eq!(output.status.code(), Some(6), "{}", errors(&output));
    server.end();
    let output = laika(folder.path(), &[&verify[..], &["orders"]].concat(), token);
    assert_eq!(output.status.code(), Some(7), "{}", errors(&output));
}

#[test]
fn a_client_that_never_finishes_does_not_keep_the_service_from_ending() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start_with(folder.path(), &[("LAIKA_REQUEST_TIMEOUT", "1")]);
    let mut stuck = TcpStream::connect(&server.address).unwrap();
    stuck.write_all(b"POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Le").unwrap();
    assert!(get(&server.address, "/livez").starts_with("HTTP/1.1 200"));
    let (code, errors) = server.end();
    assert_eq!(code, Some(0), "{errors}");
}

#[test]
fn two_processes_that_start_at_once_migrate_once() {
    for _ in 0..3 {
        let folder = tempfile::tempdir().unwrap();
        let start = || {
            let mut command = command(folder.path(), &["migrate", "--json"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let children = [start(), start(), start()];
        let outputs = children.map(|child| child.wait_with_output().unwrap());
        let made = outputs.iter().filter(|output| expect(output, 0).contains("\"from\": null"));
        assert_eq!(made.count(), 1, "one of them made the tables");
        let migrated = expect(&laika(folder.path(), &["migrate"], ""), 0);
        assert!(migrated.contains("up to date"), "{migrated}");
    }
}

#[test]
fn a_backup_is_made_beside_a_running_service_and_restored_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("seed.toml"), SEED).unwrap();
    let mut server = Server::start(folder.path());
    expect(&laika(folder.path(), &["import", "seed.toml"], ""), 0);
    let output = laika(folder.path(), &["backup", "b.laika", "--json"], "");
    let contents: Value = serde_json::from_str(&expect(&output, 0)).unwrap();
    assert_eq!(contents.pointer("/tables/users").unwrap(), 1);
    assert!(errors(&output).contains("master.key"), "{}", errors(&output));
    server.end();
    let mode = std::fs::metadata(folder.path().join("b.laika")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(laika(folder.path(), &["backup", "b.laika"], "").status.code(), Some(5));
    assert_eq!(laika(folder.path(), &["restore", "b.laika"], "").status.code(), Some(5));

    let data = folder.path().join("laika-data");
    std::fs::rename(&data, folder.path().join("lost")).unwrap();
    assert_eq!(laika(folder.path(), &["restore", "b.laika"], "").status.code(), Some(5));
    std::fs::remove_dir_all(&data).unwrap();
    std::fs::create_dir(&data).unwrap();
    std::fs::copy(folder.path().join("lost/master.key"), data.join("master.key")).unwrap();
    let output = laika(folder.path(), &["restore", "b.laika"], "");
    assert!(expect(&output, 0).contains("users"));
    assert!(errors(&output).contains("everybody logs in again"), "{}", errors(&output));
    assert!(expect(&laika(folder.path(), &["user", "list"], ""), 0).contains("laika@example.com"));
}

#[test]
fn settings_are_checked_shown_and_described() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str], variables: &[(&str, &str)]| {
        command(folder.path(), arguments).envs(variables.iter().copied()).output().unwrap()
    };
    assert_eq!(expect(&run(&["config", "check"], &[]), 0), "the settings are good\n");
    let bad = [("LAIKA_PUBLIC_URL", "http://id.kennel.org"), ("LAIKA_LOG", "debug")];
    let output = run(&["config", "check", "--json"], &bad);
    let found: Value = serde_json::from_str(&expect(&output, 3)).unwrap();
    assert_eq!(found.pointer("/findings/0/level").unwrap(), "error");
    assert_eq!(found.pointer("/findings/1/setting").unwrap(), "log");
    let warned = run(&["config", "check"], &[("LAIKA_LOG", "debug")]);
    assert!(expect(&warned, 0).starts_with("warning: log: "));

    let secret = [("LAIKA_DATABASE_PASSWORD", "hunter2"), ("LAIKA_MICRO_LIFETIME", "60")];
    let shown = expect(&run(&["config", "show"], &secret), 0);
    assert!(!shown.contains("hunter2") && shown.contains("LAIKA_MICRO_LIFETIME"), "{shown}");
    let schema: Value = serde_json::from_str(&expect(&run(&["config", "schema"], &[]), 0)).unwrap();
    assert!(schema.pointer("/properties/listen").is_some());
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(expect(&run(&["completion", shell], &[]), 0).contains("restore"), "{shell}");
    }
}

#[test]
fn a_data_folder_may_have_any_name() {
    for name in ["with space", "50%20off", "what?mode=ro", "a#b", "ünï", "x/../y"] {
        let folder = tempfile::tempdir().unwrap();
        let output =
            command(folder.path(), &["migrate"]).env("LAIKA_DATA_DIR", name).output().unwrap();
        expect(&output, 0);
        assert!(folder.path().join(name).join("laika.db").is_file(), "{name}");
    }
}

#[test]
fn what_cannot_start_says_why() {
    let folder = tempfile::tempdir().unwrap();
    for (name, value, code, part) in [
        ("LAIKA_LISTEN", "nowhere", 3, "`nowhere`"),
        ("LAIKA_TYPO", "1", 3, "LAIKA_TYPO"),
        ("LAIKA_LOG", "loud=very", 3, "log"),
        ("LAIKA_DATABASE_URL", "mysql://localhost/laika", 4, "SQLite"),
        ("LAIKA_DATABASE_URL", "postgres://laika@127.0.0.1:1/laika", 4, "refused"),
        ("LAIKA_DATABASE_URL", "sqlite:///nowhere/at/all.db", 4, "database"),
        ("LAIKA_LISTEN", "192.0.2.1:1", 1, "192.0.2.1:1"),
    ] {
        let mut command = command(folder.path(), &["serve"]);
        let output = command.env(name, value).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{name}: {}", errors(&output));
        assert!(errors(&output).contains(part), "{name}: {}", errors(&output));
        assert!(output.stdout.is_empty(), "not ready, so it must not say so");
    }
}

/// A service under test; it is stopped when it goes away.
struct Server {
    child: Child,
    address: String,
    _output: BufReader<ChildStdout>,
    errors: Option<ChildStderr>,
}

impl Server {
    fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    fn start_with(folder: &Path, variables: &[(&str, &str)]) -> Self {
        let mut child = command(folder, &["serve"])
            .env("LAIKA_LISTEN", "127.0.0.1:0")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("ready http://").unwrap().to_owned();
        let errors = child.stderr.take();
        Self { child, address, _output: output, errors }
    }

    /// Tells it to end, as an operating system does; exit code and what it said.
    fn end(&mut self) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let mut errors = String::new();
        self.errors.take().unwrap().read_to_string(&mut errors).unwrap();
        (self.child.wait().unwrap().code(), errors)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_laika"));
    command.args(arguments).current_dir(folder).env_clear().stdin(Stdio::piped());
    command
}

fn laika(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child =
        command(folder, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that reads nothing may be gone before it is written to.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

#[track_caller]
fn expect(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{}", errors(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn get(address: &str, path: &str) -> String {
    exchange(
        address,
        &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
    )
}

fn post(address: &str, path: &str, body: &str) -> String {
    let length = body.len();
    exchange(
        address,
        &format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: \
             application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        ),
    )
}

fn exchange(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_service_that_is_written_again_keeps_what_the_command_line_can_not_say() {
    let folder = tempfile::tempdir().unwrap();
    let seed = r#"
[[services]]
name = "news"
permissions = ["news:read"]
claim_template = { edition = "evening" }
stale = false
anonymous = { permissions = ["news:read"], token_lifetime = 120 }
"#;
    std::fs::write(folder.path().join("seed.toml"), seed).unwrap();
    expect(&laika(folder.path(), &["import", "seed.toml"], ""), 0);
    let again = "service create news --permission news:read --permission news:write";
    let again: Vec<_> = again.split(' ').collect();
    expect(&laika(folder.path(), &again, ""), 0);
    let shown = expect(&laika(folder.path(), &["service", "show", "news", "--json"], ""), 0);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["permissions"], serde_json::json!(["news:read", "news:write"]));
    assert_eq!(shown["claim_template"]["edition"], "evening");
    assert_eq!(shown["stale"], false);
    assert_eq!(shown["anonymous"]["token_lifetime"], 120);
}
