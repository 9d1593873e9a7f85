//! The command line.
//!
//! Data goes to standard output, as lines or with `--json` as JSON; everything else to standard
//! error. Exit codes are in [`exit`].

mod administration;
mod arguments;
mod audit;
mod clients;
pub mod exit;
mod grants;
mod import;
mod keys;
mod log;
mod offline;
mod output;
mod roles;
mod service_accounts;
mod services;
mod users;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;

use self::arguments::{Arguments, Command, ConfigCommand, KeyCommand};
use self::exit::Failure;
use crate::app::App;
use crate::config::{self, Settings};
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
    runtime.block_on(dispatch(arguments))
}

async fn dispatch(arguments: Arguments) -> Result<(), Failure> {
    let settings = || settings(arguments.config.as_deref());
    match arguments.command {
        Command::Serve => Ok(serve::serve(settings()?).await?),
        Command::Migrate => {
            // Opening brings the tables up to date.
            open(settings()?).await?.db.close().await;
            output::line("the database is up to date")
        }
        Command::Import { file, json } => import::run(&open(settings()?).await?, &file, json).await,
        Command::User(command) => users::run(&open(settings()?).await?, command).await,
        Command::Role(command) => roles::run(&open(settings()?).await?, command).await,
        Command::Service(command) => services::run(&open(settings()?).await?, command).await,
        Command::ServiceAccount(command) => {
            service_accounts::run(&open(settings()?).await?, command).await
        }
        Command::Client(command) => clients::run(&open(settings()?).await?, command).await,
        Command::Grant(command) => grants::run(&open(settings()?).await?, command).await,
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
        Command::Token(command) => offline::token::run(command).await,
        Command::Policy(command) => offline::policy::run(command),
        Command::Config(ConfigCommand::Check) => {
            settings()?;
            output::line("the settings are good")
        }
    }
}

/// Reads the settings, and starts the log that they ask for.
fn settings(file: Option<&Path>) -> Result<Settings, Failure> {
    let settings = config::load(file, config::process_environment())?;
    log::start(&settings)?;
    Ok(settings)
}

async fn open(settings: Settings) -> Result<App, Failure> {
    let local = settings.listen;
    Ok(serve::open(settings, local).await?)
}
