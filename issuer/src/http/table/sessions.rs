//! Sessions: log-in, renewal, list, end.

use laika_claims::IssuerCode;

use crate::http::endpoint::{Auth, Endpoint, delete, get, post};
use crate::http::endpoints::{log_in, log_out, renew, sessions};
use crate::http::page::Paged;
use crate::http::tokens::Tokens;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        post("/v1/sessions", log_in::handle)
            .summary("log in")
            .body::<log_in::Request>()
            .answer::<Tokens>(201)
            .refuses(&[
                IssuerCode::CredentialsInvalid,
                IssuerCode::EmailUnverified,
                IssuerCode::OriginRefused,
                IssuerCode::TokenOverBudget,
            ]),
        get("/v1/sessions", sessions::handle)
            .summary("list your sessions")
            .auth(Auth::Main)
            .query::<sessions::Page>()
            .answer::<Paged<sessions::Item>>(200),
        delete("/v1/sessions/current", log_out::handle)
            .summary("log out")
            .auth(Auth::Main)
            .empty(204),
        post("/v1/sessions/current/renew", renew::handle)
            .summary("renew the main token")
            .auth(Auth::Main)
            .answer::<Tokens>(200),
    ]
}
