//! What every request goes through, from the outside in: client, request id, log line and problem
//! bodies; security headers; panics caught; a time limit. Then, within the answers' CORS headers,
//! whether it is worked on at all.

mod admission;
mod cors;
mod guard;
mod headers;
mod trace;

use axum::Router;
use axum::middleware::from_fn_with_state;
use tower_http::catch_panic::CatchPanicLayer;

pub use cors::cors;

use crate::app::App;

/// `router` with every layer round it.
pub fn around(router: Router<App>, app: &App) -> Router<App> {
    // The layer that is added last is the outermost.
    router
        .layer(from_fn_with_state(app.clone(), guard::time_limit))
        .layer(CatchPanicLayer::custom(guard::caught))
        .layer(from_fn_with_state(app.clone(), headers::secure))
        .layer(from_fn_with_state(app.clone(), trace::trace))
}

/// `routes` behind admission: [`cors`] goes round it, so that a page can read why it was refused.
pub fn admitted(routes: Router<App>, app: &App) -> Router<App> {
    routes.layer(from_fn_with_state(app.clone(), admission::admit))
}
