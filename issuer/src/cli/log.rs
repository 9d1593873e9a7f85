//! The log: lines to read or JSON, to standard error.

use std::io::IsTerminal as _;

use tracing::Subscriber;
#[cfg(feature = "otel")]
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, fmt, registry};

use super::exit::Failure;
use crate::config::settings::LogFormat;
use crate::config::{ConfigError, Settings};
#[cfg(feature = "otel")]
use crate::traces::{self, Traces};

/// Starts the log that the settings ask for.
///
/// # Errors
/// The filter is none.
pub(super) fn start(settings: &Settings) -> Result<(), Failure> {
    registry().with(lines(settings)?).init();
    Ok(())
}

/// The same, and the export of requests' spans where the settings ask for it.
///
/// # Errors
/// As [`start`]; or what exports can't be made.
#[cfg(feature = "otel")]
pub(super) fn start_with_traces(settings: &Settings) -> Result<Option<Traces>, Failure> {
    let traces = settings.otel_endpoint.as_ref().map(Traces::to).transpose();
    let traces = traces.map_err(|error| Failure::Failed(format!("otel_endpoint: {error}")))?;
    // The fields of a request that the lines show are not those of the span that is exported.
    let shown = filter_fn(|metadata| metadata.target() != traces::TARGET);
    let exported = traces.as_ref().map(Traces::layer);
    registry().with(lines(settings)?.with_filter(shown)).with(exported).init();
    Ok(traces)
}

fn lines<S>(settings: &Settings) -> Result<impl Layer<S> + use<S>, Failure>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let filter = EnvFilter::try_new(&settings.log)
        .map_err(|error| ConfigError::new("log", error.to_string()))?;
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match settings.log_format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
        // The request's fields beside those of the line, so that nothing must be searched for.
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    Ok(lines.with_filter(filter))
}
