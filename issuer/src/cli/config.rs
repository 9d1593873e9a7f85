//! `laika config`.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::arguments::ConfigCommand;
use super::exit::Failure;
use super::output;
use crate::clock::{Clock as _, SystemClock};
use crate::config::check::{self, Level, Machine, Rows};
use crate::config::show::{self, Source};
use crate::config::{self, ConfigError, Settings, file as settings_file};
use crate::db::{Db, DbError, migrate, newest, roles};

/// How long the database may take to say what is asked of it.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn run(command: ConfigCommand, file: Option<&Path>) -> Result<(), Failure> {
    match command {
        ConfigCommand::Check { json } => check(file, json).await,
        ConfigCommand::Show { json } => show(file, json),
        ConfigCommand::Schema => output::value(&settings_file::schema()),
    }
}

async fn check(file: Option<&Path>, json: bool) -> Result<(), Failure> {
    let settings = config::load(file, config::process_environment())?;
    // The filter of the log is part of what is checked.
    super::log::start(&settings)?;
    let machine = Machine::this(rows(&settings).await);
    let found = check::check(file, config::process_environment(), machine, SystemClock.now())?;
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

/// What the database says. It is looked at as it is; one that is not there yet is not made.
async fn rows(settings: &Settings) -> Rows {
    if check::sqlite_file(&settings.database_url).is_some_and(|file| is_to_be_made(&file, settings))
    {
        return Rows::Absent;
    }
    let asked = async {
        let db = Db::connect_as_it_is(&settings.connect()).await?;
        let found = found(&db, &settings.default_role.name).await;
        db.close().await;
        found
    };
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(rows)) => rows,
        // It answers, and has other tables than ours, or none.
        Ok(Err(DbError::Query(_))) => Rows::Absent,
        // It may be up when the issuer is.
        Ok(Err(error @ (DbError::Unavailable(_) | DbError::Undone(_)))) => {
            Rows::Silent(error.to_string())
        }
        Ok(Err(error)) => Rows::Unusable(error.to_string()),
        Err(_) => Rows::Silent(format!("the database did not answer within {PATIENCE:?}")),
    }
}

/// Whether the first start makes this file of SQLite, and the folder of the data around it.
fn is_to_be_made(file: &Path, settings: &Settings) -> bool {
    let made = std::path::absolute(&settings.data_dir).ok();
    let folder = file.parent();
    !file.exists() && (folder.is_some_and(Path::is_dir) || folder == made.as_deref())
}

async fn found(db: &Db, default_role: &str) -> Result<Rows, DbError> {
    let mut connection = db.read().await?;
    migrate::none_newer(&migrate::noted(&mut connection).await?, &migrate::known())?;
    let Some(newest) = newest::written_at(&mut connection).await? else { return Ok(Rows::Absent) };
    let role = roles::by_name(&mut connection, default_role).await?;
    Ok(Rows::Found { newest, default_role: role.map(|role| role.level) })
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
