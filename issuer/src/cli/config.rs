//! `laika config`.

use std::path::Path;

use serde_json::json;

use super::arguments::ConfigCommand;
use super::exit::Failure;
use super::output;
use crate::clock::{Clock as _, SystemClock};
use crate::config::check::{self, Level};
use crate::config::show::{self, Source};
use crate::config::{self, ConfigError, file as settings_file};

pub(super) fn run(command: ConfigCommand, file: Option<&Path>) -> Result<(), Failure> {
    match command {
        ConfigCommand::Check { json } => check(file, json),
        ConfigCommand::Show { json } => show(file, json),
        ConfigCommand::Schema => output::value(&settings_file::schema()),
    }
}

fn check(file: Option<&Path>, json: bool) -> Result<(), Failure> {
    // The filter of the log is part of what is checked.
    super::log::start(&config::load(file, config::process_environment())?)?;
    let found = check::check(file, config::process_environment(), SystemClock.now())?;
    if json {
        output::value(&json!({ "findings": found }))?;
    } else if found.is_empty() {
        output::line("the settings are good")?;
    } else {
        found.iter().try_for_each(|finding| output::line(&finding.to_string()))?;
    }
    match found.iter().filter(|finding| finding.level == Level::Error).count() {
        0 => Ok(()),
        1 => Err(ConfigError::new("the settings", "1 error").into()),
        errors => Err(ConfigError::new("the settings", format!("{errors} errors")).into()),
    }
}

fn show(file: Option<&Path>, json: bool) -> Result<(), Failure> {
    let shown = show::show(file, &config::process_environment().collect())?;
    if json {
        return output::value(&shown);
    }
    let rows: Vec<_> = shown
        .into_iter()
        .map(|setting| {
            let source = match setting.source {
                Source::Default => "default".to_owned(),
                Source::File => "file".to_owned(),
                Source::Environment => setting.variable,
            };
            let value = setting.value.map_or_else(|| "-".to_owned(), |value| value.to_string());
            [setting.name, value, source]
        })
        .collect();
    output::table(&rows)
}
