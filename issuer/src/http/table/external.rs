//! Log-ins at other providers, and what an account is linked with.

use laika_claims::IssuerCode;

use crate::http::endpoint::{Auth, Endpoint, delete, get, post};
use crate::http::endpoints::external::{
    begin, callback, exchange, finish, identities, link, providers, start, unlink,
};
use crate::http::endpoints::factors::SecondFactor;
use crate::http::page::{PageQuery, Paged};
use crate::http::tokens::Tokens;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/v1/providers", providers::handle)
            .summary("where you may log in besides here")
            .query::<providers::Page>()
            .answer::<Paged<providers::Item>>(200),
        get("/v1/login/{provider}", begin::handle)
            .summary("log in at a provider, in a browser")
            .query::<begin::Request>()
            .empty(303),
        get("/v1/login/{provider}/callback", callback::handle)
            .summary("come back from a provider")
            .query::<callback::Request>()
            .empty(303)
            .refuses(&[IssuerCode::CodeInvalid]),
        post("/v1/login/{provider}/start", start::handle)
            .summary("log in at a provider, without a browser of your own")
            .body::<start::Request>()
            .answer::<start::Answer>(200)
            .refuses(&[IssuerCode::ProviderFailed]),
        post("/v1/login/{provider}/finish", finish::handle)
            .summary("bring a provider's answer")
            .auth(Auth::MainOptional)
            .body::<finish::Request>()
            .answer::<identities::Item>(200)
            .answer::<SecondFactor>(200)
            .answer::<Tokens>(201)
            .refuses(&[
                IssuerCode::CodeInvalid,
                IssuerCode::Conflict,
                IssuerCode::NotPermitted,
                IssuerCode::OriginRefused,
                IssuerCode::ProviderFailed,
                IssuerCode::SecondFactorRequired,
                IssuerCode::TokenOverBudget,
            ]),
        post("/v1/login/exchange", exchange::handle)
            .summary("get tokens for the one-time code of a log-in at a provider")
            .auth(Auth::MainOptional)
            .body::<exchange::Request>()
            .answer::<identities::Item>(200)
            .answer::<SecondFactor>(200)
            .answer::<Tokens>(201)
            .refuses(&[
                IssuerCode::CodeInvalid,
                IssuerCode::Conflict,
                IssuerCode::NotPermitted,
                IssuerCode::OriginRefused,
                IssuerCode::SecondFactorRequired,
                IssuerCode::TokenOverBudget,
            ]),
        get("/v1/me/identities", identities::handle)
            .summary("the log-ins at providers that open your account")
            .auth(Auth::Main)
            .query::<PageQuery>()
            .answer::<Paged<identities::Item>>(200),
        post("/v1/me/identities/{identity}", link::handle)
            .summary("link your account with a log-in at the provider of this name")
            .auth(Auth::Main)
            .body::<link::Request>()
            .answer::<link::Answer>(200)
            .refuses(&[
                IssuerCode::AuthenticationTooOld,
                IssuerCode::CredentialsInvalid,
                IssuerCode::ProviderFailed,
                IssuerCode::SecondFactorRequired,
            ]),
        delete("/v1/me/identities/{identity}", unlink::handle)
            .summary("take the log-in of this id off your account")
            .auth(Auth::Main)
            .body_or_nothing::<unlink::Request>()
            .empty(204)
            .refuses(&[
                IssuerCode::AuthenticationTooOld,
                IssuerCode::Conflict,
                IssuerCode::CredentialsInvalid,
                IssuerCode::SecondFactorRequired,
            ]),
    ]
}
