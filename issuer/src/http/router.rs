//! The table of endpoints. The router, the list at `GET /v1` and every 405's `Allow` come from it.

use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, get, on};
use laika_claims::IssuerCode;

use super::endpoints::{
    health, index, jwks, log_in, log_out, me, metadata, micro_token, page, permissions, public_key,
    register, renew, sessions,
};
use super::layers;
use crate::app::App;
use crate::problem::Problem;

/// One endpoint.
pub struct Endpoint {
    /// Its method.
    pub verb: Verb,
    /// Its path.
    pub path: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    route: MethodRouter<App>,
}

/// The methods that endpoints have; what answers `GET` also answers `HEAD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Reads.
    Get,
    /// Makes something.
    Post,
    /// Ends something.
    Delete,
}

/// Every endpoint of the API.
#[must_use]
pub fn table() -> Vec<Endpoint> {
    use Verb::{Delete, Get, Post};
    vec![
        endpoint(Post, "/v1/users", "register", register::handle),
        endpoint(Post, "/v1/sessions", "log in", log_in::handle),
        endpoint(Get, "/v1/sessions", "list your sessions", sessions::handle),
        endpoint(Delete, "/v1/sessions/current", "log out", log_out::handle),
        endpoint(Post, "/v1/sessions/current/renew", "renew the main token", renew::handle),
        endpoint(Post, "/v1/tokens/micro", "get a micro token", micro_token::handle),
        endpoint(Get, "/v1/me", "your profile", me::handle),
        endpoint(Get, "/v1/me/permissions", "what you may do", permissions::handle),
        endpoint(Get, "/v1/public-key", "the active public key as PEM", public_key::handle),
        endpoint(Get, "/v1", "this list", index::handle),
        endpoint(Get, "/.well-known/jwks.json", "the key set", jwks::handle),
        endpoint(Get, METADATA, "metadata of this issuer", metadata::handle),
        endpoint(Get, "/livez", "whether the process runs", health::live),
        endpoint(Get, "/readyz", "whether requests can be served", health::ready),
    ]
}

/// RFC 8414 section 3.
const METADATA: &str = "/.well-known/oauth-authorization-server";

/// The whole service.
pub fn router(app: App) -> Router {
    // Cross-origin calls with credentials are for the API alone: key set and metadata are public
    // and say so themselves.
    let (api, open): (Vec<_>, Vec<_>) =
        table().into_iter().partition(|endpoint| is_api(endpoint.path));
    let api = routes(api).layer(layers::cors(&app));
    let router = routes(open)
        .merge(api)
        .route("/", get(page::root).fallback(method_not_allowed))
        .fallback(page::fallback);
    layers::around(router, &app).with_state(app)
}

impl Verb {
    /// As HTTP writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }

    fn filter(self) -> MethodFilter {
        match self {
            Self::Get => MethodFilter::GET,
            Self::Post => MethodFilter::POST,
            Self::Delete => MethodFilter::DELETE,
        }
    }
}

fn endpoint<H, T>(verb: Verb, path: &'static str, summary: &'static str, handler: H) -> Endpoint
where
    H: Handler<T, App>,
    T: 'static,
{
    Endpoint { verb, path, summary, route: on(verb.filter(), handler) }
}

fn routes(endpoints: Vec<Endpoint>) -> Router<App> {
    endpoints
        .into_iter()
        .fold(Router::new(), |router, endpoint| router.route(endpoint.path, endpoint.route))
        // Before any layer is put round these routes: set later, it would replace the layers too.
        .method_not_allowed_fallback(method_not_allowed)
}

fn is_api(path: &str) -> bool {
    path.starts_with("/v1/") && path != "/v1/public-key"
}

async fn method_not_allowed() -> Problem {
    Problem::issuer(IssuerCode::MethodNotAllowed, "not this method; `Allow` lists those there are")
}
