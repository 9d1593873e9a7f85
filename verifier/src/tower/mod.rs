//! The layer for Rust backends: verifies the bearer token of each request, decides it by the
//! policy, and answers the denials itself. A handler finds the
//! [`VerifiedToken`] among the request's extensions.
//!
//! Put it round the outermost router: the policy judges the request target as the client sent it,
//! and a nested router sees another one. (But for a fragment, which `http::Uri` drops when it reads
//! the target: neither the policy nor a handler ever sees it.)
//!
//! ```
//! use laika_verifier::tower::LaikaLayer;
//! use laika_verifier::{Options, Verifier, VerifiedToken};
//!
//! async fn list(token: axum::Extension<VerifiedToken>) -> String {
//!     format!("orders of {}", token.subject())
//! }
//!
//! let options = Options::from_json(r#"{
//!     "issuers": [{
//!         "issuer": "https://id.example.com",
//!         "audience": "orders",
//!         "jwks_uri": "https://id.example.com/.well-known/jwks.json"
//!     }],
//!     "policy": { "version": 1, "rules": [
//!         { "id": "list", "methods": ["GET"], "path": "/orders", "require": "orders:read" }
//!     ]}
//! }"#)?;
//! let app: axum::Router = axum::Router::new()
//!     .route("/orders", axum::routing::get(list))
//!     .layer(LaikaLayer::new(Verifier::new(options))?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod keeper;
mod read;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode};
use tower::{Layer, Service};

use crate::bearer;
use crate::{VerifiedToken, Verifier};
use keeper::Keeper;

/// Makes [`LaikaService`]s that share one verifier.
#[derive(Debug, Clone)]
pub struct LaikaLayer {
    keeper: Arc<Keeper>,
}

/// A service behind a verifier.
#[derive(Debug, Clone)]
pub struct LaikaService<S> {
    inner: S,
    keeper: Arc<Keeper>,
}

impl LaikaLayer {
    /// A layer round `verifier`, which needs a policy: without one every request is answered 503.
    ///
    /// # Errors
    /// When the HTTP client that fetches keys can't be made: there is no TLS on this machine.
    pub fn new(verifier: Verifier) -> Result<Self, reqwest::Error> {
        Keeper::new(verifier, None).map(|keeper| Self { keeper: Arc::new(keeper) })
    }

    /// The same, and challenges name `realm` (RFC 9110 section 11.5).
    ///
    /// # Errors
    /// As [`LaikaLayer::new`].
    pub fn with_realm(verifier: Verifier, realm: &str) -> Result<Self, reqwest::Error> {
        let keeper = Keeper::new(verifier, Some(realm.to_owned()))?;
        Ok(Self { keeper: Arc::new(keeper) })
    }
}

impl<S> Layer<S> for LaikaLayer {
    type Service = LaikaService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        LaikaService { inner, keeper: Arc::clone(&self.keeper) }
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for LaikaService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone + Send + 'static,
    S::Future: Send,
    ReqBody: Send + 'static,
    ResBody: From<String>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        // The clone was not polled; the service that was goes with the request.
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        let keeper = Arc::clone(&self.keeper);
        Box::pin(async move {
            let facts = read::facts(&request);
            match keeper.judge(facts).await {
                Ok(token) => {
                    // Another layer may have left one that this verifier has not proved.
                    let extensions = request.extensions_mut();
                    extensions.remove::<VerifiedToken>();
                    if let Some(token) = token {
                        extensions.insert(token);
                    }
                    inner.call(request).await
                }
                Err(denial) => Ok(denial.into_response()),
            }
        })
    }
}

/// An answer to a request that may not go on.
#[derive(Debug)]
struct Denial {
    status: u16,
    challenge: Option<String>,
    body: String,
}

impl Denial {
    fn of(decision: &laika_claims::Decision<'_>, realm: Option<&str>) -> Self {
        Self {
            status: decision.status,
            challenge: decision.challenge(realm),
            body: bearer::problem(decision),
        }
    }

    fn into_response<B: From<String>>(self) -> Response<B> {
        let mut response = Response::new(B::from(self.body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(Ok(challenge)) = self.challenge.map(HeaderValue::try_from) {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
