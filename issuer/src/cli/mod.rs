//! The command line.
//!
//! Data goes to standard output, as lines or with `--json` as JSON; everything else to standard
//! error. Exit codes are in [`exit`].

mod arguments;
pub mod exit;
mod import;
mod keys;
mod output;
mod roles;
mod services;
mod users;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::Parser as _;
use tracing_subscriber::EnvFilter;

use self::arguments::{Arguments, Command, ConfigCommand};
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
    let settings = config::load(arguments.config.as_deref(), config::process_environment())?;
    start_log(&settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(dispatch(arguments.command, settings))
}

async fn dispatch(command: Command, settings: Settings) -> Result<(), Failure> {
    match command {
        Command::Serve => Ok(serve::serve(settings).await?),
        Command::Migrate => {
            // Opening brings the tables up to date.
            open(settings).await?.db.close().await;
            output::line("the database is up to date")
        }
        Command::Import { file, json } => import::run(&open(settings).await?, &file, json).await,
        Command::User(command) => users::run(&open(settings).await?, command).await,
        Command::Role(command) => roles::run(&open(settings).await?, command).await,
        Command::Service(command) => services::run(&open(settings).await?, command).await,
        Command::Key(command) => keys::run(&open(settings).await?, command).await,
        Command::Config(ConfigCommand::Check) => output::line("the settings are good"),
    }
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
