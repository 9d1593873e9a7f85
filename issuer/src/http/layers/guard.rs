//! What keeps one request from harming others: a time limit, and panics caught.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use laika_claims::IssuerCode;
use tokio::time::timeout;

use crate::app::App;
use crate::problem::Problem;

/// The answer, unless it takes too long or its handler panics; what the request had begun in the
/// database is undone then.
pub(super) async fn bounded(app: &App, answer: impl Future<Output = Response>) -> Response {
    let limit = Duration::from_secs(app.settings.request_timeout);
    // Nothing of the request is looked at again after a panic.
    match AssertUnwindSafe(timeout(limit, answer)).catch_unwind().await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => too_long(),
        Err(panic) => caught(&*panic),
    }
}

fn too_long() -> Response {
    let problem = Problem::issuer(IssuerCode::TimedOut, "the request took too long");
    Problem { retry_after: Some(5), ..problem }.into_response()
}

/// The answer to a request whose handler panicked.
fn caught(panic: &(dyn Any + Send)) -> Response {
    let said = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    Problem::internal(format!("a handler panicked: {said}")).into_response()
}
