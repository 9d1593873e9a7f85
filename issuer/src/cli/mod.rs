//! The command line.
//!
//! Data goes to standard output, as lines or with `--json` as JSON; everything else to standard
//! error. Exit codes are in [`exit`].

mod administration;
mod arguments;
mod audit;
pub mod exit;
mod grants;
mod import;
mod keys;
mod offline;
mod output;
mod roles;
mod services;
mod users;

use std::io::IsTerminal as _;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;
use tracing_subscriber::EnvFilter;

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
        Command::Grant(command) => grants::run(&open(settings()?).await?, command).await,
        Command::Audit(command) => audit::run(&open(settings()?).await?, command).await,
        Command::Key(KeyCommand::List { json }) => {
            keys::list(&open(settings()?).await?, json).await
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
    start_log(&settings)?;
    Ok(settings)
}

async fn open(settings: Settings) -> Result<App, Failure> {
    let local = settings.listen;
    Ok(serve::open(settings, local).await?)
}

fn start_log(settings: &Settings) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&settings.log)
        .map_err(|error| config::ConfigError::new("log", error.to_string()))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    Ok(())
}
