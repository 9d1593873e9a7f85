//! The command line.
//!
//! Data goes to standard output, as lines or with `--json` as JSON; everything else to standard
//! error. Exit codes are in [`exit`].

mod administration;
mod arguments;
mod audit;
mod backup;
mod clients;
mod config;
pub mod exit;
mod grants;
mod holders;
mod hooks;
mod import;
mod keys;
mod log;
mod offline;
mod output;
mod roles;
mod service_accounts;
mod services;
mod tokens;
mod users;

use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory as _, Parser as _};

use self::administration::HookCommand;
use self::arguments::{Arguments, Command, KeyCommand, TokenCommand};
use self::exit::Failure;
use crate::app::App;
use crate::config::{Settings, load, process_environment};
use crate::db::migrate::Migrated;
use crate::serve;

/// Runs the command that was given.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match execute(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn execute(arguments: Arguments) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(dispatch(arguments));
    // A name that is being resolved can't be called off, and nobody waits for it any more.
    runtime.shutdown_timeout(Duration::from_secs(1));
    done
}

async fn dispatch(arguments: Arguments) -> Result<(), Failure> {
    let settings = || settings(arguments.config.as_deref());
    match arguments.command {
        Command::Serve => run_service(arguments.config.as_deref()).await,
        Command::Migrate { json } => {
            // Opening brings the tables up to date.
            let app = open(settings()?).await?;
            let migrated = app.db.migrated().clone();
            app.db.close().await;
            report(&migrated, json)
        }
        Command::Backup { file, json } => backup::backup(&settings()?, &file, json).await,
        Command::Restore { file, json } => backup::restore(&settings()?, &file, json).await,
        Command::Import { file, json } => import::run(&open(settings()?).await?, &file, json).await,
        Command::User(command) => users::run(&open(settings()?).await?, command).await,
        Command::Role(command) => roles::run(&open(settings()?).await?, command).await,
        Command::Service(command) => services::run(&open(settings()?).await?, command).await,
        Command::ServiceAccount(command) => {
            service_accounts::run(&open(settings()?).await?, command).await
        }
        Command::Client(command) => clients::run(&open(settings()?).await?, command).await,
        Command::Grant(command) => grants::run(&open(settings()?).await?, command).await,
        Command::Hook(HookCommand::Schema) => hooks::schema(),
        Command::Hook(command) => hooks::run(&open(settings()?).await?, command).await,
        Command::Audit(command) => audit::run(&open(settings()?).await?, command).await,
        Command::Key(KeyCommand::List { json }) => {
            keys::list(&open(settings()?).await?, json).await
        }
        Command::Key(KeyCommand::Rotate(arguments)) => {
            keys::rotate(&open(settings()?).await?, arguments).await
        }
        Command::Key(KeyCommand::Revoke { kid, json }) => {
            keys::revoke(&open(settings()?).await?, &kid, json).await
        }
        Command::Key(KeyCommand::Export(arguments)) => {
            keys::export(&open(settings()?).await?, arguments).await
        }
        Command::Key(KeyCommand::Import(arguments)) => {
            keys::import(&open(settings()?).await?, arguments).await
        }
        Command::Key(KeyCommand::Jwk(arguments)) => offline::jwk::run(&arguments),
        Command::Token(TokenCommand::Mint(arguments)) => {
            tokens::mint(&open(settings()?).await?, arguments).await
        }
        Command::Token(TokenCommand::Offline(command)) => offline::token::run(command).await,
        Command::Policy(command) => offline::policy::run(command),
        Command::Config(command) => config::run(command, arguments.config.as_deref()).await,
        Command::Completion { shell } => {
            clap_complete::generate(shell, &mut Arguments::command(), "laika", &mut io::stdout());
            Ok(())
        }
    }
}

/// Says what was done to the tables.
fn report(migrated: &Migrated, json: bool) -> Result<(), Failure> {
    if json {
        return output::value(migrated);
    }
    let to = migrated.to;
    match (migrated.from, migrated.ran.as_slice()) {
        (_, []) => output::line(&format!("the database was up to date, at migration {to}")),
        (None, _) => output::line(&format!("made the tables, as of migration {to}")),
        (Some(from), ran) => output::line(&format!(
            "brought the database from migration {from} to {to}, in {} steps",
            ran.len()
        )),
    }
}

/// Reads the settings, and starts the log that they ask for.
fn settings(file: Option<&Path>) -> Result<Settings, Failure> {
    let settings = load(file, process_environment())?;
    log::start(&settings)?;
    Ok(settings)
}

#[cfg(not(feature = "otel"))]
async fn run_service(file: Option<&Path>) -> Result<(), Failure> {
    let settings = load(file, process_environment())?;
    let _log = log::start_service(&settings)?;
    Ok(serve::serve(settings).await?)
}

#[cfg(feature = "otel")]
async fn run_service(file: Option<&Path>) -> Result<(), Failure> {
    let settings = load(file, process_environment())?;
    let (_log, traces) = log::start_service(&settings)?;
    let served = serve::serve(settings).await;
    if let Some(traces) = traces {
        // It waits for an answer, which no thread of the runtime may.
        let ended = tokio::task::spawn_blocking(move || traces.end()).await;
        ended.map_err(|error| Failure::Failed(error.to_string()))?;
    }
    Ok(served?)
}

async fn open(settings: Settings) -> Result<App, Failure> {
    let local = settings.listen;
    Ok(serve::open(settings, local).await?)
}
