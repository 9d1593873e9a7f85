//! Request ids, one log line for each request, and the bodies of problems.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts as _, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderName, HeaderValue};
use tracing::Instrument as _;

use crate::app::App;
use crate::http::client::Client;
use crate::http::problem_response::render;
use crate::one_time_code::hex;
use crate::problem::Problem;
use crate::random;
#[cfg(feature = "otel")]
use crate::traces;

/// Carries the id that is also in the log.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id that is taken from a proxy, in bytes.
const MAX_REQUEST_ID: usize = 64;

/// Finds out whom the request is from, gives it an id, logs how it ended, and writes the body where
/// it ended in a problem. The log names the route, not the path: a path may hold what nobody meant
/// to be kept.
pub(super) async fn trace(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let peer = ConnectInfo::<SocketAddr>::from_request_parts(&mut parts, &app).await;
    let peer = peer.ok().map(|ConnectInfo(peer)| peer.ip());
    let client = Client::behind(peer, &parts.headers, &app.settings.trusted_proxies);
    parts.extensions.insert(client);
    let id = match given_id(client, &parts.headers) {
        Some(id) => id,
        None => match random::bytes::<16>(&*app.random) {
            Ok(bytes) => hex(&bytes),
            Err(error) => return render(&error.into(), ""),
        },
    };
    let method = parts.method.clone();
    let route = parts.extensions.get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("-", MatchedPath::as_str);
    let _in_flight = app.metrics.begin();
    let started = app.clock.monotonic();
    // Not of level `info`: every line of a request carries its id, whatever is logged.
    let span = tracing::error_span!(
        "request",
        id,
        %method,
        route,
        status = tracing::field::Empty,
        code = tracing::field::Empty,
    );
    #[cfg(feature = "otel")]
    let exported = traces::begin(client, &parts.headers, &method, route, &id);
    let response = next.run(Request::from_parts(parts, body)).instrument(span.clone()).await;
    let took = app.clock.monotonic().saturating_sub(started);

    let status = response.status().as_u16();
    app.metrics.answered(&method, route, status, took);
    // JSON has no number for 128 bits.
    let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let problem = response.extensions().get::<Arc<Problem>>().cloned();
    let code = problem.as_ref().map(|problem| problem.code.as_str());
    let cause = problem.as_ref().and_then(|problem| problem.cause.as_deref());
    span.in_scope(|| {
        if status >= 500 {
            tracing::error!(status, code, cause, took, "request failed");
        } else {
            tracing::info!(status, code, took, "request");
        }
    });
    span.record("status", status);
    span.record("code", code);
    #[cfg(feature = "otel")]
    traces::end(&exported, status, code);
    let mut response = match problem {
        Some(problem) => with_headers_of(response, render(&problem, &id)),
        None => response,
    };
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
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
