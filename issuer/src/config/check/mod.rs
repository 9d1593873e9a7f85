//! The classical mistakes: settings that are each within range, and together or in this place are
//! wrong.
//!
//! A check is a small function from [`Facts`] to what it found; `CHECKS` is all of them. A check
//! that needs the machine asks [`Facts`], so that its test can say what the machine is like.

mod clock;
mod files;
mod limits;
mod mail;
mod network;
mod secrets;

use std::fmt;
use std::path::Path;

use serde::Serialize;
use toml::Table;

pub(crate) use self::files::sqlite_file;
pub(crate) use self::limits::stored_default_role;
use super::{ConfigError, Settings, environment};
use crate::clock::UnixSeconds;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It does not work, or is not safe.
    Error,
    /// It may be meant; mostly it is not.
    Warning,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// The setting to change, or the file.
    pub setting: String,
    /// What is wrong, and how to mend it.
    pub message: String,
}

impl Finding {
    fn error(setting: impl Into<String>, message: impl Into<String>) -> Self {
        Self { level: Level::Error, setting: setting.into(), message: message.into() }
    }

    fn warning(setting: impl Into<String>, message: impl Into<String>) -> Self {
        Self { level: Level::Warning, setting: setting.into(), message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        write!(f, "{level}: {}: {}", self.setting, self.message)
    }
}

/// What checks look at.
#[derive(Debug)]
pub struct Facts<'s> {
    /// The settings, each within its range.
    pub settings: &'s Settings,
    /// The settings as they are written, with the variables laid over.
    pub written: Table,
    /// The settings file.
    pub file: Option<&'s Path>,
    /// What the machine is like.
    pub machine: Machine,
    /// The time.
    pub now: UnixSeconds,
}

/// What checks ask the machine; what is not known is not judged.
#[derive(Debug, Default)]
pub struct Machine {
    /// Bytes of memory.
    pub memory: Option<u64>,
    /// What is mounted where, in the form of `/proc/self/mounts`.
    pub mounts: Option<String>,
    /// What the database says.
    pub rows: Rows,
}

/// What the database says of the time, and of what settings alone do not decide.
#[derive(Debug, Default)]
pub enum Rows {
    /// Nothing: there is none yet, or nothing of ours in it.
    #[default]
    Absent,
    /// It answers.
    Found {
        /// When its newest row was written.
        newest: UnixSeconds,
        /// The level of the role of every registered user, if there is one.
        default_role: Option<i64>,
    },
    /// It does not answer, for this reason.
    Silent(String),
    /// It can't be used as it is, for this reason.
    Unusable(String),
}

impl Machine {
    /// This machine; `rows` is for whoever can ask a database.
    #[must_use]
    pub fn this(rows: Rows) -> Self {
        let mounts = std::fs::read_to_string("/proc/self/mounts").ok();
        Self { memory: limits::memory(), mounts, rows }
    }
}

/// A check.
type Check = fn(&Facts<'_>) -> Vec<Finding>;

/// Every check.
const CHECKS: [Check; 22] = [
    network::public_url,
    network::listen,
    network::proxies,
    network::allowed_origins,
    network::passkeys,
    network::metrics,
    network::database,
    network::database_opens,
    files::secrets,
    files::data_dir,
    files::network_drive,
    clock::files,
    clock::rows,
    secrets::passwords,
    mail::encryption,
    mail::links,
    limits::hashing,
    limits::lifetimes,
    limits::rotation,
    limits::guesses,
    limits::default_role,
    limits::log,
];

/// Everything that is wrong with good settings; errors first.
///
/// # Errors
/// The settings can't even be read.
pub fn check(
    path: Option<&Path>,
    variables: impl Iterator<Item = (String, String)>,
    machine: Machine,
    now: UnixSeconds,
) -> Result<Vec<Finding>, ConfigError> {
    let laid_over = environment::lay_over(super::read(path)?, variables)?;
    let written = Table::try_from(&laid_over)
        .map_err(|error| ConfigError::new("the settings", error.to_string()))?;
    let settings = Settings::check(laid_over)?;
    let facts = Facts { settings: &settings, written, file: path, machine, now };
    Ok(find(&facts))
}

fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let mut found: Vec<_> = CHECKS.iter().flat_map(|check| check(facts)).collect();
    found.sort_by_key(|finding| finding.level);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::file::File;

    pub(super) const NOW: UnixSeconds = 1_800_000_000;

    /// What is found in this file, on a machine with 8 GiB.
    pub(super) fn found_in(text: &str) -> Vec<Finding> {
        found_on(Machine { memory: Some(8 << 30), ..Machine::default() }, text)
    }

    /// What is found in this file on this machine.
    pub(super) fn found_on(machine: Machine, text: &str) -> Vec<Finding> {
        let file: File = toml::from_str(text).unwrap();
        let written = Table::try_from(&file).unwrap();
        let settings = Settings::check(file).unwrap();
        find(&Facts { settings: &settings, written, file: None, machine, now: NOW })
    }

    /// That each file leads to one finding of this level, at this setting, that contains this.
    #[track_caller]
    pub(super) fn each_finds(cases: &[(&str, Level, &str, &str)]) {
        for (text, level, setting, part) in cases {
            let found = found_in(text);
            let [finding] = found.as_slice() else { panic!("{text}: {found:?}") };
            assert_eq!((finding.level, finding.setting.as_str()), (*level, *setting), "{text}");
            assert!(finding.message.contains(part), "{finding}");
        }
    }

    #[test]
    fn nothing_is_wrong_with_good_settings() {
        for good in [
            "",
            "public_url = 'https://id.kennel.org'\ntrusted_proxies = ['127.0.0.1']",
            "listen = '0.0.0.0:8080'\npublic_url = 'https://id.kennel.org'\n\
             trusted_proxies = ['10.0.0.0/8']",
            "public_url = 'https://id.kennel.org'\ntrusted_proxies = ['::1']\n\
             allowed_origins = ['https://app.kennel.org']",
            "metrics_listen = '10.0.0.7:9090'",
            "[keys]\nrotate_every = 1",
            "[database]\npassword = 'there and back again 1960'",
            "[mail]\nurl = 'smtp://127.0.0.1'\nfrom = 'post@kennel.net'",
            "listen = '127.0.0.1:0'",
            "allowed_origins = ['https://app.kennel.org', 'http://localhost:3000']",
            "database_url = 'postgres://laika@db.kennel.org/laika?sslmode=verify-full'",
            "database_url = 'postgres://laika@127.0.0.1/laika'",
            "database_url = 'postgres://laika@%2Fvar%2Frun%2Fpostgresql/laika'",
            "log = 'debug,sqlx=warn,hyper=info'",
        ] {
            assert_eq!(found_in(good), [], "{good}");
        }
    }

    #[test]
    fn errors_come_first() {
        let found = found_in("log = 'sqlx=debug'\npublic_url = 'http://id.kennel.org'");
        let levels: Vec<_> = found.iter().map(|finding| finding.level).collect();
        assert_eq!(levels, [Level::Error, Level::Warning]);
    }
}
