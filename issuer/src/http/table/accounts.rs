//! Accounts: registration, profile, password, e-mail.

use laika_claims::IssuerCode;

use crate::http::endpoint::{Auth, Endpoint, get, post};
use crate::http::endpoints::{me, my_roles, permissions, register};
use crate::http::tokens::{Tokens, UserView};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        post("/v1/users", register::handle)
            .summary("register")
            .body::<register::Request>()
            .answer::<Tokens>(201)
            .refuses(&[
                IssuerCode::AlreadyRegistered,
                IssuerCode::PasswordWeak,
                IssuerCode::OriginRefused,
                IssuerCode::TokenOverBudget,
            ]),
        get("/v1/me", me::handle).summary("your profile").auth(Auth::Main).answer::<UserView>(200),
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
