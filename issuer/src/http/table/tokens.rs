//! Micro tokens.

use laika_claims::IssuerCode;

use crate::http::endpoint::{Auth, Endpoint, post};
use crate::http::endpoints::micro_token;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        post("/v1/tokens/micro", micro_token::handle)
            .summary("get a micro token")
            .auth(Auth::Main)
            .body::<micro_token::Request>()
            .answer::<micro_token::Answer>(200)
            .refuses(&[IssuerCode::PermissionNotGranted, IssuerCode::TokenOverBudget]),
    ]
}
