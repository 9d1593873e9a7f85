//! A clock that was set back, or is wrong now: tokens and sessions would live too long, and what was
//! refused for its time would be accepted.

use std::path::Path;
use std::time::UNIX_EPOCH;

use super::{Facts, Finding, Rows};

/// Seconds by which something may be ahead of the clock: replicas do not agree to the second.
const TOLERANCE: i64 = 60;

/// Files that were written in the future.
pub(super) fn files(facts: &Facts<'_>) -> Vec<Finding> {
    let folder = &facts.settings.data_dir;
    let newest = ["laika.db", "laika.db-wal", "master.key"]
        .iter()
        .filter_map(|name| written_at(&folder.join(name)))
        .max();
    newest
        .and_then(|at| behind(facts, at, &format!("file in `{}`", folder.display())))
        .into_iter()
        .collect()
}

/// Rows of the database that were written in the future.
pub(super) fn rows(facts: &Facts<'_>) -> Vec<Finding> {
    match &facts.machine.rows {
        Rows::Absent | Rows::Unusable(_) => Vec::new(),
        Rows::Found { newest, .. } => {
            behind(facts, *newest, "row of the database").into_iter().collect()
        }
        Rows::Silent(why) => {
            let message = format!("the clock was not held against its rows: {why}");
            vec![Finding::warning("database_url", message)]
        }
    }
}

fn behind(facts: &Facts<'_>, newest: i64, what: &str) -> Option<Finding> {
    let seconds = newest.saturating_sub(facts.now);
    let message = format!(
        "the clock of this machine is {seconds} s behind the newest {what}; set it right, or tokens \
         live too long"
    );
    (seconds > TOLERANCE).then(|| Finding::error("the clock", message))
}

fn written_at(file: &Path) -> Option<i64> {
    let modified = std::fs::metadata(file).ok()?.modified().ok()?;
    i64::try_from(modified.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NOW, found_on};
    use super::super::{Level, Machine};
    use super::*;

    #[test]
    fn a_clock_behind_the_rows_is_found_and_one_within_a_minute_is_not() {
        let found = |rows| found_on(Machine { rows, ..Machine::default() }, "");
        let newest = |newest| Rows::Found { newest, default_role: None };
        for good in [Rows::Absent, newest(NOW - 1), newest(NOW + 60)] {
            assert_eq!(found(good), []);
        }
        let behind = found(newest(NOW + 61));
        assert_eq!((behind[0].level, &*behind[0].setting), (Level::Error, "the clock"));
        assert!(behind[0].message.contains("61 s behind the newest row"), "{}", behind[0]);
        let silent = found(Rows::Silent("it is asleep".to_owned()));
        assert_eq!((silent[0].level, &*silent[0].setting), (Level::Warning, "database_url"));
        assert!(silent[0].message.contains("asleep"), "{}", silent[0]);
    }
}
