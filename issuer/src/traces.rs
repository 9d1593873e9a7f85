//! A span of each request for OpenTelemetry, by OTLP over HTTP.
//!
//! The span is one of its own beside that of the log, with the names of OpenTelemetry's semantic
//! conventions. It has the route, never the path, and nothing of a header or a body. It joins the
//! trace of a `traceparent` (W3C Trace Context) that a trusted proxy sent; from anybody else it
//! would let a stranger write into traces that are not theirs.

use std::time::Duration;

use http::{HeaderMap, Method};
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use crate::config::PublicUrl;
use crate::http::client::Client;

/// The target of the spans that are exported, and that no log shows.
pub const TARGET: &str = "laika_traces";

/// How long one export may take, and the last one at the end of the service.
const PATIENCE: Duration = Duration::from_secs(5);

/// What collects spans and sends them off in batches, on a thread of its own.
#[derive(Debug, Clone)]
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Sends to the collector at `endpoint`, by its path `/v1/traces`.
    ///
    /// # Errors
    /// The HTTP client can't be made.
    pub fn to(endpoint: &PublicUrl) -> Result<Self, ExporterBuildError> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/traces", endpoint.as_str()))
            .with_timeout(PATIENCE)
            .build()?;
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let resource =
            Resource::builder().with_service_name("laika").with_attribute(version).build();
        let provider =
            SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource);
        Ok(Self(provider.build()))
    }

    /// The layer that takes requests' spans, and nothing else of what is traced.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("laika"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_target(false)
            .with_filter(filter_fn(|metadata| metadata.target() == TARGET))
    }

    /// Sends what is left. Blocks, for as long as an export may take.
    pub fn end(&self) {
        if let Err(error) = self.0.shutdown_with_timeout(PATIENCE) {
            tracing::warn!(%error, "the last spans did not reach `otel_endpoint`");
        }
    }
}

/// The span of a request to `route`, with the `id` that its log lines have.
pub(crate) fn begin(
    client: Client,
    headers: &HeaderMap,
    method: &Method,
    route: &str,
    id: &str,
) -> Span {
    let span = tracing::info_span!(
        target: TARGET,
        "request",
        "otel.name" = format!("{method} {route}"),
        "otel.kind" = "server",
        "otel.status_code" = tracing::field::Empty,
        "http.request.method" = %method,
        "http.route" = route,
        "http.response.status_code" = tracing::field::Empty,
        "error.type" = tracing::field::Empty,
        "laika.request_id" = id,
    );
    if client.by_proxy && !span.is_disabled() {
        let parent =
            TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(headers));
        // Refused where no layer exports: there is nothing to join then.
        let _ = span.set_parent(parent);
    }
    span
}

/// How the request ended: its status, and the code of its problem.
pub(crate) fn end(span: &Span, status: u16, code: Option<&str>) {
    span.record("http.response.status_code", status);
    span.record("error.type", code);
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
}

/// The headers of a request, as OpenTelemetry reads them.
struct Headers<'h>(&'h HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}
