//! Import, backup and restore.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::support::{SEED, Server, command, errors, expect, laika, post, run};

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

/// Runs a command on this file of SQLite.
fn on(folder: &Path, database: &str, arguments: &[&str]) -> Output {
    let url = format!("sqlite://{}/{database}", folder.display());
    run(command(folder, arguments).env("LAIKA_DATABASE_URL", url), "")
}

#[test]
fn a_restore_makes_the_database_that_is_not_there_and_a_backup_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    let on = |database: &str, arguments: &[&str]| on(folder.path(), database, arguments);
    std::fs::write(folder.path().join("seed.toml"), SEED).unwrap();
    expect(&on("old.db", &["import", "seed.toml"]), 0);
    expect(&on("old.db", &["backup", "b.laika"]), 0);
    expect(&on("new.db", &["restore", "b.laika"]), 0);
    assert!(expect(&on("new.db", &["user", "list"]), 0).contains("laika@example.com"));

    let output = on("none.db", &["backup", "none.laika"]);
    assert_eq!(output.status.code(), Some(4), "{}", errors(&output));
    assert!(errors(&output).contains("/none.db`") && errors(&output).contains("it must be there"));
    std::fs::write(folder.path().join("empty.db"), "").unwrap();
    let output = on("empty.db", &["backup", "none.laika"]);
    assert_eq!(output.status.code(), Some(5), "{}", errors(&output));
    assert!(errors(&output).contains("no database of laika"), "{}", errors(&output));
    for none in ["none.db", "none.laika", "none.laika.part"] {
        assert!(!folder.path().join(none).exists(), "{none}");
    }
}

#[test]
fn a_backup_leaves_the_tables_of_an_older_version_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let on = |database: &str, arguments: &[&str]| on(folder.path(), database, arguments);
    std::fs::write(folder.path().join("seed.toml"), SEED).unwrap();
    expect(&on("old.db", &["import", "seed.toml"]), 0);
    let open = || rusqlite::Connection::open(folder.path().join("old.db")).unwrap();
    // As the version had it that knew no migration 17.
    let back = "DROP INDEX mails_recipient; DELETE FROM _sqlx_migrations WHERE version > 16";
    open().execute_batch(back).unwrap();
    expect(&on("old.db", &["backup", "b.laika"]), 0);
    let newest = "SELECT MAX(version) FROM _sqlx_migrations";
    let newest: i64 = open().query_row(newest, [], |row| row.get(0)).unwrap();
    assert_eq!(newest, 16);
    let restored = expect(&on("new.db", &["restore", "b.laika", "--json"]), 0);
    let restored: Value = serde_json::from_str(&restored).unwrap();
    assert_eq!(restored.pointer("/migrations/0").unwrap(), 16);
    assert!(expect(&on("new.db", &["user", "list"]), 0).contains("laika@example.com"));

    open().execute("UPDATE _sqlx_migrations SET version = 9999 WHERE version = 1", []).unwrap();
    let output = on("old.db", &["backup", "newer.laika"]);
    assert_eq!(output.status.code(), Some(4), "{}", errors(&output));
    assert!(errors(&output).contains("newer version"), "{}", errors(&output));
}
