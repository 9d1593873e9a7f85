//! The log: lines to read or JSON, to standard error.

use std::io::IsTerminal as _;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, fmt, registry};

use super::exit::Failure;
use crate::config::settings::LogFormat;
use crate::config::{ConfigError, Settings};

/// Starts the log that the settings ask for.
///
/// # Errors
/// The filter is none.
pub(super) fn start(settings: &Settings) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&settings.log)
        .map_err(|error| ConfigError::new("log", error.to_string()))?;
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match settings.log_format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
        // The request's fields beside those of the line, so that nothing must be searched for.
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    registry().with(lines.with_filter(filter)).init();
    Ok(())
}
