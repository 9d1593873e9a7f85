//! Request ids, one log line for each request, and the bodies of problems.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, FromRequestParts as _, MatchedPath, Request};
use axum::response::Response;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use tracing::Span;

use crate::app::App;
use crate::http::client::Client;
use crate::http::problem_response::render;
use crate::metrics::InFlight;
use crate::one_time_code::hex;
use crate::problem::Problem;
use crate::random;
#[cfg(feature = "otel")]
use crate::traces;

/// Carries the id that is also in the log.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id that is taken from a proxy, in bytes.
const MAX_REQUEST_ID: usize = 64;

/// A request that is being answered.
#[derive(Debug)]
pub(super) struct Traced {
    id: String,
    method: Method,
    route: Option<MatchedPath>,
    /// When it began, by the monotonic clock.
    started: Duration,
    span: Span,
    #[cfg(feature = "otel")]
    exported: Span,
    _in_flight: InFlight,
}

/// Finds out whom the request is from, and gives it an id.
///
/// # Errors
/// The answer, where there is no id to give.
pub(super) async fn begin(app: &App, request: Request) -> Result<(Traced, Request), Response> {
    let (mut parts, body) = request.into_parts();
    let peer = ConnectInfo::<SocketAddr>::from_request_parts(&mut parts, app).await;
    let peer = peer.ok().map(|ConnectInfo(peer)| peer.ip());
    let client = Client::behind(peer, &parts.headers, &app.settings.trusted_proxies);
    parts.extensions.insert(client);
    let id = match given_id(client, &parts.headers) {
        Some(id) => id,
        None => match random::bytes::<16>(&*app.random) {
            Ok(bytes) => hex(&bytes),
            Err(error) => return Err(render(&error.into(), "")),
        },
    };
    let method = parts.method.clone();
    let route = parts.extensions.get::<MatchedPath>().cloned();
    let shown = shown(route.as_ref());
    // Not of level `info`: every line of a request carries its id, whatever is logged.
    let span = tracing::error_span!("request", id, %method, route = shown);
    #[cfg(feature = "otel")]
    let exported = traces::begin(client, &parts.headers, &method, shown, &id);
    let traced = Traced {
        started: app.clock.monotonic(),
        id,
        method,
        route,
        span,
        #[cfg(feature = "otel")]
        exported,
        _in_flight: app.metrics.begin(),
    };
    Ok((traced, Request::from_parts(parts, body)))
}

impl Traced {
    /// In which everything is logged that is said of the request.
    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Logs how the request ended, and writes the body where it ended in a problem. The log names
    /// the route, not the path: a path may hold what nobody meant to be kept.
    pub(super) fn end(self, app: &App, response: Response) -> Response {
        let took = app.clock.monotonic().saturating_sub(self.started);
        let status = response.status().as_u16();
        app.metrics.answered(&self.method, shown(self.route.as_ref()), status, took);
        // JSON has no number for 128 bits.
        let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let problem = response.extensions().get::<Arc<Problem>>().cloned();
        let code = problem.as_ref().map(|problem| problem.code.as_str());
        let cause = problem.as_ref().and_then(|problem| problem.cause.as_deref());
        self.span.in_scope(|| {
            if status >= 500 {
                tracing::error!(status, code, cause, took, "request failed");
            } else {
                tracing::info!(status, code, took, "request");
            }
        });
        #[cfg(feature = "otel")]
        traces::end(&self.exported, status, code);
        let mut response = match problem {
            Some(problem) => with_headers_of(response, render(&problem, &self.id)),
            None => response,
        };
        if let Ok(id) = HeaderValue::from_str(&self.id) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    }
}

/// A route as logs and metrics name it.
fn shown(route: Option<&MatchedPath>) -> &str {
    route.map_or("-", MatchedPath::as_str)
}

/// The id that a trusted proxy gave the request, so that its log and ours can be laid side by side.
fn given_id(client: Client, headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID).filter(|_| client.by_proxy)?.to_str().ok()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let good = (1..=MAX_REQUEST_ID).contains(&id.len()) && id.bytes().all(plain);
    good.then(|| id.to_owned())
}

/// `rendered`, with what the layers in between have added.
fn with_headers_of(response: Response, mut rendered: Response) -> Response {
    for (name, value) in response.headers() {
        if name != CONTENT_LENGTH && !rendered.headers().contains_key(name) {
            rendered.headers_mut().append(name, value.clone());
        }
    }
    rendered
}
