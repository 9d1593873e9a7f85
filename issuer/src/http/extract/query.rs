//! Query strings, read strictly: no unknown parameters.

use axum::extract::FromRequestParts;
use http::request::Parts;
use laika_claims::IssuerCode;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::problem::Problem;

/// A query string of this type.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        match axum::extract::Query::<T>::try_from_uri(&parts.uri) {
            Ok(axum::extract::Query(query)) => Ok(Self(query)),
            Err(error) => {
                let detail = format!("the query is not acceptable: {}", error.body_text());
                Err(Problem::issuer(IssuerCode::FieldsInvalid, detail))
            }
        }
    }
}
