//! The router: a table, and the layers round it.

use axum::Router;
use axum::routing::get;
use laika_claims::IssuerCode;

use super::endpoint::Endpoint;
use super::endpoints::page;
use super::layers;
use super::table::table;
use crate::app::App;
use crate::problem::Problem;

/// The whole service.
pub fn router(app: App) -> Router {
    // Cross-origin calls with credentials are for the API alone: key set and metadata are public
    // and say so themselves.
    let (api, open): (Vec<_>, Vec<_>) =
        table().into_iter().partition(|endpoint| is_api(endpoint.path));
    let api = layers::admitted(routes(api), &app).layer(layers::cors(&app));
    let open = routes(open).route("/", get(page::root).fallback(method_not_allowed));
    let router = layers::admitted(open, &app).merge(api).fallback(page::fallback);
    layers::around(router, &app).with_state(app)
}

fn routes(endpoints: Vec<Endpoint>) -> Router<App> {
    endpoints
        .into_iter()
        .fold(Router::new(), |router, endpoint| router.route(endpoint.path, endpoint.route))
        // Before any layer is put round these routes: set later, it would replace the layers too.
        .method_not_allowed_fallback(method_not_allowed)
}

fn is_api(path: &str) -> bool {
    path.starts_with("/oauth2/") || path.starts_with("/v1/") && path != "/v1/public-key"
}

async fn method_not_allowed() -> Problem {
    Problem::issuer(IssuerCode::MethodNotAllowed, "not this method; `Allow` lists those there are")
}
