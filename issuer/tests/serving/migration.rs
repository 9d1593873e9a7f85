//! Migrations that are interrupted, and migrations that meet.

use std::process::{Output, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::Home;

const KILLS: u32 = 10;

/// What a migration did that ran to its end: the number it came from, and how many it ran.
fn done(output: &Output) -> (Value, usize) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let done: Value = serde_json::from_slice(&output.stdout).unwrap();
    (done["from"].clone(), done["ran"].as_array().unwrap().len())
}

fn migrate(home: &Home) -> (Value, usize) {
    done(&home.laika(&[], &["migrate", "--json"]).output().unwrap())
}

#[test]
fn a_migration_that_is_killed_is_whole_or_not_there() {
    let (_, all) = migrate(&Home::new());
    for kill in 0..KILLS {
        let home = Home::new();
        let mut laika = home.laika(&[], &["migrate"]);
        let mut laika = laika.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(12) * kill);
        laika.kill().unwrap();
        laika.wait().unwrap();
        let (from, ran) = migrate(&home);
        let whole = (from.is_i64(), ran) == (true, 0);
        assert!(whole || (from == Value::Null && ran == all), "kill {kill}: {from} {ran} of {all}");
        assert_eq!(migrate(&home).1, 0);
    }
}

#[test]
fn replicas_that_migrate_at_once_migrate_once() {
    let home = Home::new();
    // The key is made beforehand; what meets is the migrations.
    std::fs::create_dir_all(home.folder().join("laika-data")).unwrap();
    let started: Vec<_> = (0..3)
        .map(|_| {
            let mut laika = home.laika(&[], &["migrate", "--json"]);
            laika.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let mut ran: Vec<_> =
        started.into_iter().map(|laika| done(&laika.wait_with_output().unwrap())).collect();
    ran.sort_by_key(|(_, ran)| *ran);
    assert_eq!((ran[0].1, ran[1].1), (0, 0), "{ran:?}");
    assert_eq!(ran[2].0, json!(null), "{ran:?}");
    assert!(ran[2].1 > 0, "{ran:?}");
}
