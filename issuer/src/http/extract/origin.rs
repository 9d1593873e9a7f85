//! Where a page that makes a request was loaded from.

use http::header::ORIGIN;
use http::{HeaderMap, Method};
use laika_claims::IssuerCode;

use crate::app::App;
use crate::problem::Problem;

/// Refuses a call with or for a cookie from a page of another origin: a browser sends the cookie
/// along whoever asks for it. Calls that change something must name an allowed origin; browsers
/// leave `Origin` out of same-origin `GET`s, which change nothing, so there it may be absent.
///
/// # Errors
/// The origin is not allowed.
pub(super) fn refuse_foreign_origin(
    app: &App,
    method: &Method,
    headers: &HeaderMap,
) -> Result<(), Problem> {
    let mut origins = headers.get_all(ORIGIN).iter();
    let allowed = match (origins.next(), origins.next()) {
        (None, _) => method.is_safe(),
        (Some(origin), None) => origin.to_str().is_ok_and(|origin| {
            origin == app.issuer.as_str()
                || app.settings.allowed_origins.iter().any(|allowed| allowed == origin)
        }),
        (Some(_), Some(_)) => false,
    };
    if allowed {
        return Ok(());
    }
    let issuer = app.issuer.as_str();
    let detail = format!("a call with a cookie must come from `{issuer}` or an allowed origin");
    Err(Problem::issuer(IssuerCode::OriginRefused, detail))
}
