//! The language of whoever calls.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::header::ACCEPT_LANGUAGE;
use http::request::Parts;

use crate::app::App;

/// The language that whoever calls understands best, of those that mails are in; `None` where there
/// is none of theirs, or no mail.
#[derive(Debug, Clone)]
pub struct Language(pub Option<String>);

impl FromRequestParts<App> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let accepted = parts.headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let chosen = accepted.zip(app.mail.as_ref());
        Ok(Self(chosen.and_then(|(accepted, mail)| mail.templates().choose(accepted))))
    }
}
