//! Micro tokens.

use laika_claims::IssuerCode;

use crate::http::endpoint::{Auth, Endpoint, post};
use crate::http::endpoints::{anonymous_token, micro_token};
use crate::http::tokens::Tokens;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        post("/v1/tokens/micro", micro_token::handle)
            .summary("get a micro token")
            .auth(Auth::Main)
            .body::<micro_token::Request>()
            .answer::<micro_token::Answer>(200)
            .refuses(&[IssuerCode::PermissionNotGranted, IssuerCode::TokenOverBudget]),
        post("/v1/tokens/anonymous", anonymous_token::handle)
            .summary("get tokens without an account")
            .body::<anonymous_token::Request>()
            .answer::<micro_token::Answer>(200)
            .answer::<Tokens>(201)
            .refuses(&[IssuerCode::OriginRefused, IssuerCode::TokenOverBudget]),
    ]
}
