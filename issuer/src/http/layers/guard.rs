//! What keeps one request from harming others: a time limit, and panics caught.

use std::any::Any;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use laika_claims::IssuerCode;

use crate::app::App;
use crate::problem::Problem;

/// Ends a request that takes too long; what it had begun in the database is undone.
pub(super) async fn time_limit(State(app): State<App>, request: Request, next: Next) -> Response {
    let limit = Duration::from_secs(app.settings.request_timeout);
    tokio::time::timeout(limit, next.run(request)).await.unwrap_or_else(|_| {
        let problem = Problem::issuer(IssuerCode::TimedOut, "the request took too long");
        Problem { retry_after: Some(5), ..problem }.into_response()
    })
}

/// The answer to a request whose handler panicked.
pub(super) fn caught(panic: Box<dyn Any + Send + 'static>) -> Response {
    let said = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    Problem::internal(format!("a handler panicked: {said}")).into_response()
}
