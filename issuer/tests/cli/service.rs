//! `laika serve`: start, end, and what keeps it from starting.

use std::io::Write as _;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

use crate::support::{Server, command, errors, expect, get, laika};

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
fn a_machine_without_certificates_is_told_what_to_install() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("nowhere");
    let mut serve = command(folder.path(), &["serve"]);
    serve.env("LAIKA_LISTEN", "127.0.0.1:0");
    let output =
        serve.env("SSL_CERT_FILE", &nowhere).env("SSL_CERT_DIR", &nowhere).output().unwrap();
    expect(&output, 1);
    assert!(errors(&output).contains("`ca-certificates`"), "{}", errors(&output));
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
        ("LAIKA_MICRO_SECRET", "c2hvcnQ", 3, "at least 32"),
        ("LAIKA_MICRO_SECRET", "secretsecretsecretsecretsecretsecretsecretsecret", 3, "`secret`"),
        #[cfg(not(feature = "otel"))]
        ("LAIKA_OTEL_ENDPOINT", "http://127.0.0.1:4318", 3, "build it with `--features otel`"),
    ] {
        let mut command = command(folder.path(), &["serve"]);
        let output = command.env(name, value).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{name}: {}", errors(&output));
        assert!(errors(&output).contains(part), "{name}: {}", errors(&output));
        assert!(output.stdout.is_empty(), "not ready, so it must not say so");
    }
}

#[test]
fn a_default_role_that_makes_administrators_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let ten = [("LAIKA_DEFAULT_ROLE_LEVEL", "10"), ("LAIKA_ADMIN_LEVEL", "5")];
    Server::start_with(folder.path(), &ten).end();
    // The setting is good; what counts is in the database.
    let output = command(folder.path(), &["serve"]).env("LAIKA_LISTEN", "127.0.0.1:0").output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", errors(&output));
    let help = "`laika role create user --level 1000`";
    assert!(errors(&output).contains(help), "{}", errors(&output));
    let found = expect(&laika(folder.path(), &["config", "check"], ""), 3);
    assert!(found.starts_with("error: default_role.level: ") && found.contains(help), "{found}");
    // Commands go on, so that one of them can mend it.
    expect(&laika(folder.path(), &["role", "create", "user", "--level", "500"], ""), 0);
    let (_, log) = Server::start(folder.path()).end();
    assert!(log.contains("level 500 in the database, not 1000"), "{log}");
    let found = expect(&laika(folder.path(), &["config", "check"], ""), 0);
    assert!(found.starts_with("warning: default_role.level: "), "{found}");
    expect(&laika(folder.path(), &["role", "create", "user", "--level", "1000"], ""), 0);
    let (_, log) = Server::start(folder.path()).end();
    assert!(!log.contains("default_role"), "{log}");
}

#[test]
fn a_service_with_hs256_needs_its_secret_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let secret = ("LAIKA_MICRO_SECRET", "uVsXkfYPwdWkYyMuZV0hCGcVNGnGm6NIbbyUtFXdHcg");
    let make = ["service", "create", "depot", "--algorithm", "HS256"];
    let refused = laika(folder.path(), &make, "");
    assert_eq!(refused.status.code(), Some(5));
    assert!(errors(&refused).contains("`micro.secret`"), "{}", errors(&refused));
    expect(&command(folder.path(), &make).envs([secret]).output().unwrap(), 0);
    let mut server = Server::start_with(folder.path(), &[secret]);
    assert_eq!(server.end().0, Some(0));
    let output = command(folder.path(), &["serve"]).env("LAIKA_LISTEN", "127.0.0.1:0").output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", errors(&output));
    assert!(errors(&output).contains("micro.secret: missing, and `depot`"), "{}", errors(&output));
    assert!(output.stdout.is_empty(), "not ready, so it must not say so");
    // Commands go on, so that one of them can mend it.
    let mend = ["service", "create", "depot", "--algorithm", "ES256"];
    expect(&laika(folder.path(), &mend, ""), 0);
    Server::start(folder.path()).end();
}
