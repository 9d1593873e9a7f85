//! What every request goes through, from the outside in: client, request id, log line and problem
//! bodies; security headers; panics caught; a time limit. Then, within the answers' CORS headers,
//! whether it is worked on at all.

mod admission;
mod cors;
mod guard;
mod headers;
mod trace;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use tracing::Instrument as _;

pub use cors::cors;

use crate::app::App;

/// `router` with every layer round it.
pub fn around(router: Router<App>, app: &App) -> Router<App> {
    router.layer(from_fn_with_state(app.clone(), all))
}

/// All in one layer: each of its own would box every request's future, and clone what it goes round.
async fn all(State(app): State<App>, request: Request, next: Next) -> Response {
    let (traced, request) = match trace::begin(&app, request).await {
        Ok(begun) => begun,
        Err(response) => return response,
    };
    let answer = guard::bounded(&app, next.run(request));
    let mut response = answer.instrument(traced.span()).await;
    headers::secure(&app, response.headers_mut());
    traced.end(&app, response)
}

/// `routes` behind admission: [`cors`] goes round it, so that a page can read why it was refused.
pub fn admitted(routes: Router<App>, app: &App) -> Router<App> {
    routes.layer(from_fn_with_state(app.clone(), admission::admit))
}
