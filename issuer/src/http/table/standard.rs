//! What standards name: key set, metadata, status lists, and the public key as PEM.

use laika_claims::IssuerCode;

use crate::http::endpoint::{Endpoint, get};
use crate::http::endpoints::{jwks, metadata, public_key, status};
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
    ]
}
