//! The log: lines to read or JSON, to standard error.

mod lines;

use std::io::{IsTerminal as _, Stderr, stderr};

use tracing::Subscriber;
#[cfg(feature = "otel")]
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, fmt, registry};

use self::lines::{Flusher, Lines};
use super::exit::Failure;
use crate::config::settings::LogFormat;
use crate::config::{ConfigError, Settings};
#[cfg(feature = "otel")]
use crate::traces::{self, Traces};

/// What is left to do for the log of a service at its end, which is done when this is dropped.
pub(super) type Running = Flusher<Stderr>;

/// Starts the log that the settings ask for.
///
/// # Errors
/// The filter is none.
pub(super) fn start(settings: &Settings) -> Result<(), Failure> {
    registry().with(layer(settings, stderr)?).init();
    Ok(())
}

/// The same for a service, which writes many lines.
///
/// # Errors
/// As [`start`]; or there is no thread for it.
#[cfg(not(feature = "otel"))]
pub(super) fn start_service(settings: &Settings) -> Result<Running, Failure> {
    let (lines, running) = lines()?;
    registry().with(layer(settings, lines)?).init();
    Ok(running)
}

/// The same for a service, which writes many lines, and the export of requests' spans where the
/// settings ask for it.
///
/// # Errors
/// As [`start`]; there is no thread for it; or what exports can't be made.
#[cfg(feature = "otel")]
pub(super) fn start_service(settings: &Settings) -> Result<(Running, Option<Traces>), Failure> {
    let traces = settings.otel_endpoint.as_ref().map(Traces::to).transpose();
    let traces = traces.map_err(|error| Failure::Failed(format!("otel_endpoint: {error}")))?;
    // The fields of a request that the lines show are not those of the span that is exported.
    let shown = filter_fn(|metadata| metadata.target() != traces::TARGET);
    let exported = traces.as_ref().map(Traces::layer);
    let (lines, running) = lines()?;
    registry().with(layer(settings, lines)?.with_filter(shown)).with(exported).init();
    Ok((running, traces))
}

fn lines() -> Result<(Lines<Stderr>, Running), Failure> {
    Lines::to(stderr()).map_err(|error| Failure::Failed(format!("no thread for the log: {error}")))
}

fn layer<S, W>(settings: &Settings, to: W) -> Result<impl Layer<S> + use<S, W>, Failure>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(&settings.log)
        .map_err(|error| ConfigError::new("log", error.to_string()))?;
    let lines = fmt::layer().with_writer(to);
    let lines = match settings.log_format {
        LogFormat::Text => lines.with_ansi(stderr().is_terminal()).boxed(),
        // The request's fields beside those of the line, so that nothing must be searched for.
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    Ok(lines.with_filter(filter))
}
