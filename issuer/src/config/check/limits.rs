//! Times, sizes and strengths that do not go together.

use super::{Facts, Finding, Rows};
use crate::config::Settings;
use crate::keys::steps::{MOST_PUBLISHED, token_life};

/// Bytes of memory that Argon2 walks in a millisecond on a slow core.
const ARGON2_PACE: u64 = 512 * 1024;

pub(super) fn hashing(facts: &Facts<'_>) -> Vec<Finding> {
    let (settings, password) = (facts.settings, &facts.settings.password);
    let mut found = Vec::new();
    let hash = u64::from(password.memory) * 1024;
    let workers = u64::try_from(password.workers).unwrap_or(u64::MAX);
    let all = hash.saturating_mul(workers);
    if let Some(memory) = facts.machine.memory.filter(|memory| all > memory / 2) {
        let message = format!(
            "{workers} workers with {} MiB each take more than half of this machine's {} MiB; lower \
             `password.workers` or `password.memory`",
            hash >> 20,
            memory >> 20
        );
        found.push(match all > memory {
            true => Finding::error("password.workers", message),
            false => Finding::warning("password.workers", message),
        });
    }
    let milliseconds = hash.saturating_mul(password.passes.into()) / ARGON2_PACE;
    let queue = u64::try_from(password.queue).unwrap_or(u64::MAX);
    let timeout = settings.request_timeout.saturating_mul(1000);
    let last = milliseconds.saturating_mul(queue / workers.max(1) + 1);
    if milliseconds > timeout / 2 {
        let message = format!(
            "a password hash may take {milliseconds} ms on a slow core, and a request {timeout} ms: \
             nobody could log in; lower `password.memory` or `password.passes`"
        );
        found.push(Finding::error("request_timeout", message));
    } else if last > timeout {
        let message = format!(
            "whoever is last in a full queue may wait {last} ms for a password hash, and a request \
             may take {timeout} ms: the work is done for nobody; lower `password.queue`"
        );
        found.push(Finding::warning("password.queue", message));
    }
    found
}

pub(super) fn lifetimes(facts: &Facts<'_>) -> Vec<Finding> {
    let settings = facts.settings;
    let mut found = Vec::new();
    if settings.main.lifetime > 366 * 24 * 3600 {
        let message =
            "a session that nobody uses stays open for more than a year; 30 days are usual";
        found.push(Finding::warning("main.lifetime", message));
    }
    if settings.micro.lifetime > 3600 {
        let message = "services that do not look at status lists accept a micro token after the \
                       log-out for more than an hour; 300 s are usual, and renewing costs little";
        found.push(Finding::warning("micro.lifetime", message));
    }
    found
}

/// A key stays published until its last token has expired, and there is room for so many.
pub(super) fn rotation(facts: &Facts<'_>) -> Vec<Finding> {
    let settings = facts.settings;
    let Some(every) = settings.keys.rotate_every else { return Vec::new() };
    // Besides the retired ones, the one that signs and the one that comes.
    let published = token_life(settings) / every + 2;
    if usize::try_from(published).is_ok_and(|published| published <= MOST_PUBLISHED) {
        return Vec::new();
    }
    let message = format!(
        "a key stays published as long as its tokens may live, so with `main.lifetime` there would be \
         {published} of one algorithm, and there is room for {MOST_PUBLISHED} in all: rotation would \
         stop; rotate less often, or shorten `main.lifetime`"
    );
    vec![Finding::error("keys.rotate_every", message)]
}

/// Guesses of secrets, of which nothing limits how many there are.
pub(super) fn guesses(facts: &Facts<'_>) -> Vec<Finding> {
    let limits = &facts.settings.limits;
    let all = [
        ("login", limits.login, "passwords"),
        ("login_account", limits.login_account, "passwords, from many addresses"),
        ("login_address", limits.login_address, "passwords, of many accounts"),
        ("second_factor", limits.second_factor, "second factors"),
        ("verification", limits.verification, "codes of mails"),
        ("client_credentials", limits.client_credentials, "secrets of programs"),
    ];
    let off = all.into_iter().filter(|(_, rate, _)| rate.is_none());
    off.map(|(name, _, what)| {
        let message = format!("nothing limits guesses of {what}; leave it out for the default");
        Finding::warning(format!("limits.{name}"), message)
    })
    .collect()
}

pub(super) fn default_role(facts: &Facts<'_>) -> Vec<Finding> {
    let (role, weakest) = (&facts.settings.default_role, facts.settings.admin.level);
    let mut found = Vec::new();
    if role.level <= weakest {
        let message = format!(
            "everybody who registers gets `{}` with level {}, and levels up to {weakest} are \
             administrators' (`admin.level`); choose a larger number",
            role.name, role.level
        );
        found.push(Finding::error("default_role.level", message));
    }
    if let Rows::Found { default_role: Some(stored), .. } = facts.machine.rows {
        found.extend(stored_default_role(facts.settings, stored));
    }
    found
}

/// What is wrong with the level that the role of every registered user has in the database. It is the
/// one that counts: the setting is used where there is no such role yet.
pub(crate) fn stored_default_role(settings: &Settings, stored: i64) -> Option<Finding> {
    let (role, weakest) = (&settings.default_role, settings.admin.level);
    let (name, level) = (&role.name, role.level.max(weakest.saturating_add(1)));
    let mend = format!(
        "where there is a role, its setting changes nothing; `laika role create {name} --level {level}`, \
         with the permissions it is to have, does"
    );
    if stored <= weakest {
        let message = format!(
            "everybody who registers gets `{name}`, which has level {stored} in the database, and levels \
             up to {weakest} are administrators' (`admin.level`); {mend}"
        );
        return Some(Finding::error("default_role.level", message));
    }
    let message =
        format!("`{name}` has level {stored} in the database, not {}; {mend}", role.level);
    (stored != role.level).then(|| Finding::warning("default_role.level", message))
}

pub(super) fn log(facts: &Facts<'_>) -> Vec<Finding> {
    let directives = facts.settings.log.split(',').map(str::trim);
    let mut everything = false;
    let mut of_queries = None;
    for directive in directives {
        let (target, level) = directive.split_once('=').unwrap_or(("", directive));
        let loud = matches!(level.to_ascii_lowercase().as_str(), "debug" | "trace");
        match target {
            "" => everything = loud,
            target if target.starts_with("sqlx") => of_queries = Some(loud),
            _ => {}
        }
    }
    if of_queries.unwrap_or(everything) {
        let message = "this logs every query of the database; add `sqlx=warn`";
        return vec![Finding::warning("log", message)];
    }
    Vec::new()
}

/// Bytes of memory of this machine, where it says so.
pub(super) fn memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::super::Level::{Error, Warning};
    use super::super::Machine;
    use super::super::tests::{NOW, each_finds, found_on};
    use super::*;

    #[test]
    fn the_level_that_the_database_has_is_the_one_that_counts() {
        let found = |stored, text| {
            let rows = Rows::Found { newest: NOW, default_role: stored };
            let found = found_on(Machine { rows, ..Machine::default() }, text);
            found.into_iter().map(|finding| (finding.level, finding.message)).collect::<Vec<_>>()
        };
        assert_eq!(found(None, ""), []);
        assert_eq!(found(Some(1000), ""), []);
        let [(Error, message)] = &found(Some(10), "")[..] else { panic!() };
        assert!(message.contains("`laika role create user --level 1000`"), "{message}");
        let [(Warning, message)] = &found(Some(11), "")[..] else { panic!() };
        assert!(message.contains("level 11 in the database, not 1000"), "{message}");
        let [(Error, _), (Error, message)] = &found(Some(5), "[default_role]\nlevel = 5")[..]
        else {
            panic!()
        };
        assert!(message.contains("--level 11`"), "{message}");
    }

    #[test]
    fn what_does_not_go_together_is_found() {
        each_finds(&[
            (
                "[password]\nmemory = 1048576\nworkers = 5\nqueue = 0",
                Warning,
                "password.workers",
                "more than half",
            ),
            (
                "[password]\nmemory = 1048576\nworkers = 9\nqueue = 0",
                Error,
                "password.workers",
                "8192 MiB",
            ),
            (
                "[password]\npasses = 100\nworkers = 2\nqueue = 100",
                Warning,
                "password.queue",
                "last",
            ),
            (
                "request_timeout = 1\n[password]\npasses = 20\nworkers = 1\nqueue = 0",
                Error,
                "request_timeout",
                "nobody",
            ),
            ("[main]\nlifetime = 40000000\nrotate_after = 60", Warning, "main.lifetime", "a year"),
            ("[micro]\nlifetime = 3601", Warning, "micro.lifetime", "an hour"),
            ("[default_role]\nlevel = 10", Error, "default_role.level", "administrators'"),
            ("[admin]\nlevel = 1000", Error, "default_role.level", "up to 1000"),
            (
                "[keys]\nrotate_every = 1\n[main]\nlifetime = 5184000",
                Error,
                "keys.rotate_every",
                "62",
            ),
            ("[limits]\nlogin = 'off'", Warning, "limits.login", "guesses"),
            (
                "[limits]\nclient_credentials = 'off'",
                Warning,
                "limits.client_credentials",
                "guesses",
            ),
            ("log = 'debug'", Warning, "log", "sqlx=warn"),
            ("log = 'info,sqlx::query=TRACE'", Warning, "log", "sqlx=warn"),
        ]);
    }
}
