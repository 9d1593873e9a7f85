//! Accounts: registration, profile, password, e-mail.

use laika_claims::IssuerCode;

use crate::http::endpoint::{Auth, Endpoint, delete, get, patch, post, put};
use crate::http::endpoints::accounts::{
    Sent, change_email, change_password, change_profile, change_username, export, forgot_password,
    profile, resend_email, reset_password, undo_email, verify_email,
};
use crate::http::endpoints::{accounts, me, my_roles, permissions, register};
use crate::http::tokens::{Tokens, UserView};

pub(super) fn endpoints() -> Vec<Endpoint> {
    [open(), own()].into_iter().flatten().collect()
}

/// Who has no account yet, or has lost the way in.
fn open() -> Vec<Endpoint> {
    vec![
        post("/v1/users", register::handle)
            .summary("register")
            .auth(Auth::MainOptional)
            .body::<register::Request>()
            .answer::<Tokens>(201)
            .answer::<Sent>(202)
            .refuses(&[
                IssuerCode::AlreadyRegistered,
                IssuerCode::Conflict,
                IssuerCode::PasswordWeak,
                IssuerCode::OriginRefused,
                IssuerCode::TokenOverBudget,
            ]),
        get("/v1/users/{username}", profile::handle)
            .summary("a public profile")
            .answer::<profile::Profile>(200)
            .refuses(&[IssuerCode::NotFound]),
        post("/v1/email/verify", verify_email::handle)
            .summary("prove an e-mail with the code of a mail")
            .body::<verify_email::Request>()
            .answer::<Tokens>(201)
            .empty(204)
            .refuses(&[
                IssuerCode::AlreadyRegistered,
                IssuerCode::CodeInvalid,
                IssuerCode::OriginRefused,
                IssuerCode::TokenOverBudget,
            ]),
        post("/v1/email/resend", resend_email::handle)
            .summary("have the mail that proves an e-mail sent again")
            .body::<resend_email::Request>()
            .answer::<Sent>(202)
            .refuses(&[IssuerCode::NotFound]),
        post("/v1/email/undo", undo_email::handle)
            .summary("take a change of e-mail back")
            .body::<undo_email::Request>()
            .empty(204)
            .refuses(&[IssuerCode::CodeInvalid]),
        post("/v1/password/forgot", forgot_password::handle)
            .summary("ask for a mail that lets a new password be chosen")
            .body::<forgot_password::Request>()
            .answer::<Sent>(202)
            .refuses(&[IssuerCode::NotFound]),
        post("/v1/password/reset", reset_password::handle)
            .summary("choose a new password with the code of a mail")
            .body::<reset_password::Request>()
            .empty(204)
            .refuses(&[IssuerCode::CodeInvalid, IssuerCode::PasswordWeak]),
    ]
}

/// What is one's own.
fn own() -> Vec<Endpoint> {
    vec![
        get("/v1/me", me::handle).summary("your profile").auth(Auth::Main).answer::<UserView>(200),
        patch("/v1/me", change_profile::handle)
            .summary("change your profile")
            .auth(Auth::Main)
            .body::<change_profile::Request>()
            .answer::<UserView>(200)
            .refuses(&[IssuerCode::NotPermitted]),
        delete("/v1/me", accounts::delete::handle)
            .summary("delete your account")
            .auth(Auth::Main)
            .body_or_nothing::<accounts::delete::Request>()
            .empty(204)
            .refuses(&[
                IssuerCode::AuthenticationTooOld,
                IssuerCode::Conflict,
                IssuerCode::CredentialsInvalid,
                IssuerCode::SecondFactorRequired,
            ]),
        get("/v1/me/export", export::handle)
            .summary("everything that is held about you")
            .auth(Auth::Main)
            .answer::<export::Export>(200),
        put("/v1/me/username", change_username::handle)
            .summary("change your name, once")
            .auth(Auth::Main)
            .body::<change_username::Request>()
            .answer::<UserView>(200)
            .refuses(&[
                IssuerCode::AlreadyRegistered,
                IssuerCode::NotPermitted,
                IssuerCode::UsernameAlreadyChanged,
            ]),
        put("/v1/me/email", change_email::handle)
            .summary("change your e-mail")
            .auth(Auth::Main)
            .body::<change_email::Request>()
            .answer::<Sent>(202)
            .empty(204)
            .refuses(&[
                IssuerCode::AlreadyRegistered,
                IssuerCode::AuthenticationTooOld,
                IssuerCode::CredentialsInvalid,
                IssuerCode::NotPermitted,
                IssuerCode::SecondFactorRequired,
            ]),
        put("/v1/me/password", change_password::handle)
            .summary("change your password; every other session ends")
            .auth(Auth::Main)
            .body::<change_password::Request>()
            .empty(204)
            .refuses(&[
                IssuerCode::CredentialsInvalid,
                IssuerCode::NotPermitted,
                IssuerCode::PasswordWeak,
                IssuerCode::SecondFactorRequired,
            ]),
        get("/v1/me/roles", my_roles::handle)
            .summary("your roles")
            .auth(Auth::Main)
            .answer::<my_roles::Answer>(200),
        get("/v1/me/permissions", permissions::handle)
            .summary("what you may do")
            .auth(Auth::Main)
            .query::<permissions::Which>()
            .answer::<permissions::Answer>(200),
    ]
}
