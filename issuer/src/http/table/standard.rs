//! What standards name: key set, metadata, status lists, and the public key as PEM.

use laika_claims::IssuerCode;

use crate::http::endpoint::{Auth, Endpoint, get, post};
use crate::http::endpoints::oauth2::{introspect, revoke, token};
use crate::http::endpoints::{jwks, metadata, public_key, status};
use crate::http::oauth::ErrorBody;
use crate::status::lists;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/v1/public-key", public_key::handle)
            .summary("the active public key as PEM")
            .text(200, "application/x-pem-file")
            .empty(304),
        get("/.well-known/jwks.json", jwks::handle)
            .summary("the key set")
            .text(200, "application/jwk-set+json")
            .empty(304),
        get("/status/{alg}/{shard}", status::handle)
            .summary("a status list: which micro tokens are worth nothing any more")
            .text(200, lists::MEDIA_TYPE)
            .empty(304)
            .refuses(&[IssuerCode::NotFound]),
        // RFC 8414 section 3.
        get("/.well-known/oauth-authorization-server", metadata::handle)
            .summary("metadata of this issuer")
            .text(200, "application/json")
            .empty(304),
        post("/oauth2/token", token::handle)
            .summary("tokens by the standards")
            .auth(Auth::Client)
            .form::<token::Request>()
            .answer::<token::Answer>(200)
            .answer::<ErrorBody>(400)
            .answer::<ErrorBody>(401),
        post("/oauth2/introspect", introspect::handle)
            .summary("whether a token counts")
            .auth(Auth::Client)
            .form::<introspect::Request>()
            .answer::<introspect::Answer<'_>>(200)
            .answer::<ErrorBody>(400)
            .answer::<ErrorBody>(401),
        post("/oauth2/revoke", revoke::handle)
            .summary("end the session of a main token")
            .auth(Auth::Client)
            .form::<revoke::Request>()
            .empty(200)
            .answer::<ErrorBody>(400)
            .answer::<ErrorBody>(401),
    ]
}
