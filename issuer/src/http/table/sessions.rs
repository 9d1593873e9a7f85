//! Sessions: log-in, renewal, list, end.

use laika_claims::IssuerCode;

use crate::http::endpoint::{Auth, Endpoint, delete, get, post};
use crate::http::endpoints::factors::SecondFactor;
use crate::http::endpoints::{end_session, log_in, log_out, log_out_everywhere, renew, sessions};
use crate::http::page::{PageQuery, Paged};
use crate::http::tokens::Tokens;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        post("/v1/sessions", log_in::handle)
            .summary("log in")
            .auth(Auth::MainIfGood)
            .body::<log_in::Request>()
            .answer::<SecondFactor>(200)
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
            .query::<PageQuery>()
            .answer::<Paged<sessions::Item>>(200),
        delete("/v1/sessions", log_out_everywhere::handle)
            .summary("log out everywhere, here too")
            .auth(Auth::Main)
            .empty(204),
        delete("/v1/sessions/{id}", end_session::handle)
            .summary("end one of your sessions")
            .auth(Auth::Main)
            .empty(204)
            .refuses(&[IssuerCode::NotFound]),
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
