//! Second factors.

use laika_claims::IssuerCode::{
    AuthenticationTooOld, CodeInvalid, Conflict, CredentialsInvalid, NotFound, NotPermitted,
    OriginRefused, SecondFactorRequired, TokenOverBudget,
};

use crate::http::endpoint::{Auth, Endpoint, delete, get, post};
use crate::http::endpoints::factors::{
    Codes, Password, backup_codes, confirm_totp, offer_totp, overview, remove_totp, second_factor,
    step_up,
};
use crate::http::tokens::Tokens;

pub(super) fn endpoints() -> Vec<Endpoint> {
    [shown(), own()].into_iter().flatten().collect()
}

/// How a factor is shown.
fn shown() -> Vec<Endpoint> {
    vec![
        post("/v1/sessions/second-factor", second_factor::handle)
            .summary("show the second factor of a log-in")
            .body::<second_factor::Request>()
            .answer::<Tokens>(201)
            .refuses(&[
                CodeInvalid,
                CredentialsInvalid,
                NotFound,
                NotPermitted,
                OriginRefused,
                TokenOverBudget,
            ]),
        post("/v1/sessions/current/step-up", step_up::handle)
            .summary("prove anew who you are")
            .auth(Auth::Main)
            .body::<step_up::Request>()
            .answer::<step_up::Answer>(200)
            .refuses(&[CodeInvalid, CredentialsInvalid, NotFound, SecondFactorRequired]),
    ]
}

/// What is one's own.
fn own() -> Vec<Endpoint> {
    vec![
        get("/v1/me/factors", overview::handle)
            .summary("what you can show besides your password")
            .auth(Auth::Main)
            .answer::<overview::Answer>(200),
        post("/v1/me/factors/totp", offer_totp::handle)
            .summary("begin with an authenticator app")
            .auth(Auth::Main)
            .body_or_nothing::<Password>()
            .answer::<offer_totp::Answer>(200)
            .refuses(&[Conflict, NotPermitted])
            .refuses(&PROVED),
        post("/v1/me/factors/totp/confirm", confirm_totp::handle)
            .summary("confirm an authenticator app by its first code")
            .auth(Auth::Main)
            .body::<confirm_totp::Request>()
            .answer::<Codes>(200)
            .refuses(&[Conflict, SecondFactorRequired]),
        delete("/v1/me/factors/totp", remove_totp::handle)
            .summary("remove your authenticator app")
            .auth(Auth::Main)
            .body_or_nothing::<Password>()
            .empty(204)
            .refuses(&[NotFound])
            .refuses(&PROVED),
        post("/v1/me/factors/backup-codes", backup_codes::handle)
            .summary("get fresh backup codes")
            .auth(Auth::Main)
            .body_or_nothing::<Password>()
            .answer::<Codes>(200)
            .refuses(&[Conflict])
            .refuses(&PROVED),
    ]
}

/// What a change of how an account is entered may be refused with.
const PROVED: [laika_claims::IssuerCode; 3] =
    [AuthenticationTooOld, CredentialsInvalid, SecondFactorRequired];
