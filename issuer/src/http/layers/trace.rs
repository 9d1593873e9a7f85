//! Request ids, one log line for each request, and the bodies of problems.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::CONTENT_LENGTH;
use http::{HeaderName, HeaderValue};

use crate::app::App;
use crate::http::problem_response::render;
use crate::one_time_code::hex;
use crate::problem::Problem;
use crate::random;

/// Carries the id that is also in the log.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request an id, logs how it ended, and writes the body where it ended in a problem.
/// The log names the route, not the path: a path may hold what nobody meant to be kept.
pub(super) async fn trace(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = match random::bytes::<16>(&*app.random) {
        Ok(bytes) => hex(&bytes),
        Err(error) => return render(&error.into(), ""),
    };
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("-", MatchedPath::as_str);
    let started = app.clock.monotonic();
    let response = next.run(request).await;
    let took = app.clock.monotonic().saturating_sub(started).as_millis();

    let status = response.status().as_u16();
    let problem = response.extensions().get::<Arc<Problem>>().cloned();
    let code = problem.as_ref().map(|problem| problem.code.as_str());
    let cause = problem.as_ref().and_then(|problem| problem.cause.as_deref());
    if status >= 500 {
        tracing::error!(id, %method, route, status, code, cause, took, "request failed");
    } else {
        tracing::info!(id, %method, route, status, code, took, "request");
    }
    let mut response = match problem {
        Some(problem) => with_headers_of(response, render(&problem, &id)),
        None => response,
    };
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
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
