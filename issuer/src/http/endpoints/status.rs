//! `GET /status/{alg}/{shard}`: a status list (draft-ietf-oauth-status-list section 8).

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use laika_claims::IssuerCode;

use crate::app::App;
use crate::http::extract::Path;
use crate::keys::Family;
use crate::problem::Problem;

/// The list, signed, of half a second ago at most.
///
/// # Errors
/// 404 where no token names such a list, 503 where the database does not answer.
pub async fn handle(
    State(app): State<App>,
    Path((family, shard)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let list = match (Family::from_name(&family), number(&shard)) {
        (Some(family), Some(shard)) => app.status.get(&app, family, shard).await?,
        (_, _) => None,
    };
    let list =
        list.ok_or_else(|| Problem::issuer(IssuerCode::NotFound, "there is no such status list"))?;
    Ok(list.answer(&headers))
}

/// A number in its one spelling: a list has one address, which is its `sub`.
fn number(text: &str) -> Option<i64> {
    text.parse().ok().filter(|number: &i64| number.to_string() == text)
}
