//! Import, backup and restore.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::support::{SEED, Server, errors, expect, laika, post};

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
fn a_backup_is_made_beside_a_running_service_and_restored_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("seed.toml"), SEED).unwrap();
    let mut server = Server::start(folder.path());
    expect(&laika(folder.path(), &["import", "seed.toml"], ""), 0);
    // What a backup that was cut off has left, or somebody has put there, lends it no modes.
    let part = folder.path().join("b.laika.part");
    std::fs::write(&part, "").unwrap();
    std::fs::set_permissions(&part, std::fs::Permissions::from_mode(0o644)).unwrap();
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
