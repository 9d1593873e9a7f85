//! `laika config` and shell completion.

use serde_json::Value;

use crate::support::{command, expect};

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

    let database =
        |url: &str, code| expect(&run(&["config", "check"], &[("LAIKA_DATABASE_URL", url)]), code);
    for (url, part) in [
        ("sqlite://no/such/folder/laika.db", "`no/such/folder/laika.db`"),
        ("sqlite://.", "unable to open"),
        ("mysql://localhost/laika", "neither SQLite nor PostgreSQL"),
        ("postgres://laika@127.0.0.1:99999/laika", "port"),
    ] {
        let found = database(url, 3);
        assert!(found.starts_with("error: database_url: ") && found.contains(part), "{found}");
    }
    // It may be up by the time of the start.
    let away = database("postgres://laika@127.0.0.1:1/laika", 0);
    assert!(away.starts_with("warning: database_url: "), "{away}");
    assert_eq!(database("sqlite://laika.db", 0), "the settings are good\n");

    let secret = [("LAIKA_DATABASE_PASSWORD", "hunter2"), ("LAIKA_MICRO_LIFETIME", "60")];
    let shown = expect(&run(&["config", "show"], &secret), 0);
    assert!(!shown.contains("hunter2") && shown.contains("LAIKA_MICRO_LIFETIME"), "{shown}");
    let schema: Value = serde_json::from_str(&expect(&run(&["config", "schema"], &[]), 0)).unwrap();
    assert!(schema.pointer("/properties/listen").is_some());
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(expect(&run(&["completion", shell], &[]), 0).contains("restore"), "{shell}");
    }
}
