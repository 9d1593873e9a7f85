//! Passkeys.

use laika_claims::IssuerCode::{
    AuthenticationTooOld, CodeInvalid, Conflict, CredentialsInvalid, EmailUnverified, NotFound,
    NotPermitted, OriginRefused, SecondFactorRequired, TokenOverBudget,
};

use crate::http::endpoint::{Auth, Endpoint, delete, get, patch, post};
use crate::http::endpoints::factors::Password;
use crate::http::endpoints::passkeys::{
    Creation, Request, begin, confirm, finish, list, offer, remove, rename, second_factor, step_up,
};
use crate::http::page::{PageQuery, Paged};
use crate::http::tokens::Tokens;

pub(super) fn endpoints() -> Vec<Endpoint> {
    [used(), own()].into_iter().flatten().collect()
}

/// How a passkey is used.
fn used() -> Vec<Endpoint> {
    vec![
        post("/v1/sessions/passkey/begin", begin::handle)
            .summary("ask for a passkey to sign in by")
            .answer::<Request>(200)
            .refuses(&[NotFound]),
        post("/v1/sessions/passkey/finish", finish::handle)
            .summary("sign in by a passkey")
            .auth(Auth::MainIfGood)
            .body::<finish::Request>()
            .answer::<Tokens>(201)
            .refuses(&[
                CodeInvalid,
                CredentialsInvalid,
                EmailUnverified,
                NotFound,
                OriginRefused,
                TokenOverBudget,
            ]),
        post("/v1/sessions/second-factor/passkey", second_factor::handle)
            .summary("ask for a passkey as the second factor of a log-in")
            .body::<second_factor::Waiting>()
            .answer::<Request>(200)
            .refuses(&[CodeInvalid, Conflict, NotFound]),
        post("/v1/sessions/current/step-up/passkey", step_up::handle)
            .summary("ask for a passkey to prove anew who you are")
            .auth(Auth::Main)
            .answer::<Request>(200)
            .refuses(&[Conflict, NotFound]),
    ]
}

/// What is one's own.
fn own() -> Vec<Endpoint> {
    vec![
        get("/v1/me/passkeys", list::handle)
            .summary("list your passkeys")
            .auth(Auth::Main)
            .query::<PageQuery>()
            .answer::<Paged<list::Item>>(200),
        post("/v1/me/passkeys", offer::handle)
            .summary("begin with a passkey")
            .auth(Auth::Main)
            .body_or_nothing::<Password>()
            .answer::<Creation>(200)
            .refuses(&[Conflict, NotFound, NotPermitted])
            .refuses(&PROVED),
        post("/v1/me/passkeys/confirm", confirm::handle)
            .summary("confirm a passkey by what the authenticator made")
            .auth(Auth::Main)
            .body::<confirm::Request>()
            .answer::<confirm::Answer>(201)
            .refuses(&[CodeInvalid, Conflict, NotFound, SecondFactorRequired]),
        patch("/v1/me/passkeys/{passkey}", rename::handle)
            .summary("rename one of your passkeys")
            .auth(Auth::Main)
            .body::<rename::Request>()
            .answer::<list::Item>(200)
            .refuses(&[NotFound]),
        delete("/v1/me/passkeys/{passkey}", remove::handle)
            .summary("remove one of your passkeys")
            .auth(Auth::Main)
            .body_or_nothing::<Password>()
            .empty(204)
            .refuses(&[Conflict, NotFound])
            .refuses(&PROVED),
    ]
}

/// What a change of how an account is entered may be refused with.
const PROVED: [laika_claims::IssuerCode; 3] =
    [AuthenticationTooOld, CredentialsInvalid, SecondFactorRequired];
