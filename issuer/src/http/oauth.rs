//! Requests and answers of the standard endpoints: forms in, JSON out, errors as RFC 6749
//! section 5.2 has them.

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;
use crate::http::extract::ClientAddress;
use crate::oauth2::{Asker, OAuthCode, OAuthError, Parameters, authenticate};

/// Largest form, in bytes.
const MAX_FORM: usize = 64 * 1024;

/// The parameters of a request, and who asks.
#[derive(Debug)]
pub struct OAuthRequest {
    /// The parameters.
    pub parameters: Parameters,
    /// Who asks.
    pub asker: Asker,
}

/// A refusal (RFC 6749 section 5.2).
#[derive(Debug, Serialize, JsonSchema)]
pub struct ErrorBody {
    error: &'static str,
    error_description: String,
}

impl FromRequest<App> for OAuthRequest {
    type Rejection = OAuthError;

    async fn from_request(request: Request, app: &App) -> Result<Self, OAuthError> {
        let (mut parts, body) = request.into_parts();
        let invalid = |text: &str| OAuthError::new(OAuthCode::InvalidRequest, text);
        if !is_form(&parts.headers) {
            return Err(invalid(
                "the body must be a form, with `Content-Type: application/x-www-form-urlencoded`",
            ));
        }
        let form = to_bytes(body, MAX_FORM)
            .await
            .map_err(|_| invalid("the form is cut off or larger than 65536 bytes"))?;
        let parameters = Parameters::parse(&form)?;
        let Ok(from) = ClientAddress::from_request_parts(&mut parts, app).await;
        let asker = authenticate(app, &parts.headers, &parameters, from.address).await?;
        Ok(Self { parameters, asker })
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// An answer that nobody may keep (RFC 6749 section 5.1).
pub fn answer(body: impl Serialize) -> Response {
    let headers = [(CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")];
    (headers, Json(body)).into_response()
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let (code, description) = match self {
            Self::Refused { code, description } => (code, description),
            Self::Failed(problem) => return problem.into_response(),
        };
        // The characters that section 5.2 allows; others could only come from the request.
        let plain = |c: &char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
        let error_description = description.chars().filter(plain).collect();
        let mut response = answer(ErrorBody { error: code.as_str(), error_description });
        *response.status_mut() =
            StatusCode::from_u16(code.status()).unwrap_or(StatusCode::BAD_REQUEST);
        if code.status() == 401 {
            let challenge = HeaderValue::from_static("Basic realm=\"laika\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
