//! What every request goes through, from the outside in: request id, log line and problem bodies;
//! panics caught; a time limit; security headers.

mod cors;
mod guard;
mod headers;
mod trace;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use tower_http::catch_panic::CatchPanicLayer;

pub use cors::cors;

use crate::app::App;

/// `router` with every layer round it.
pub fn around(router: Router<App>, app: &App) -> Router<App> {
    // The layer that is added last is the outermost.
    router
        .layer(from_fn_with_state(app.clone(), guard::time_limit))
        .layer(CatchPanicLayer::custom(guard::caught))
        .layer(from_fn(headers::secure))
        .layer(from_fn_with_state(app.clone(), trace::trace))
}
