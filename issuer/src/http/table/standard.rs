//! What standards name: key set, metadata, and the public key as PEM.

use crate::http::endpoint::{Endpoint, get};
use crate::http::endpoints::{jwks, metadata, public_key};

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
        // RFC 8414 section 3.
        get("/.well-known/oauth-authorization-server", metadata::handle)
            .summary("metadata of this issuer")
            .text(200, "application/json")
            .empty(304),
    ]
}
