//! `GET /v1/login/{provider}/callback`: a browser comes back from a provider.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{ProviderName, redirect};
use crate::app::App;
use crate::external::answer::Parameters;
use crate::external::exchange::code_invalid;
use crate::external::{flow, next};
use crate::http::cookie;
use crate::http::extract::{ClientAddress, Path, Query};
use crate::limits;
use crate::problem::Problem;
use crate::secret::Secret;

/// What a provider sends along (RFC 6749 section 4.1.2, RFC 9207); others it may add are passed over.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Request {
    /// What the log-in began with.
    state: Secret,
    /// A code of the provider.
    code: Option<Secret>,
    /// Why there is none.
    error: Option<String>,
    /// Who answers.
    iss: Option<String>,
}

/// Asks the provider who it is, and sends the browser to `next` with a one-time code, or with
/// `error`: 303.
///
/// # Errors
/// 422 `code_invalid` where nothing was begun with this state, in this browser, within ten minutes.
pub async fn handle(
    State(app): State<App>,
    Path(ProviderName(name)): Path<ProviderName>,
    headers: HeaderMap,
    address: ClientAddress,
    Query(request): Query<Request>,
) -> Result<Response, Problem> {
    let known = app.providers.get(&name)?;
    let work = async {
        let binding = cookie::binding(&app, &headers).ok_or_else(code_invalid)?;
        let taken = flow::take(&app, &known.provider, &request.state, &binding).await?;
        taken.map(|state| (state, binding)).ok_or_else(code_invalid)
    };
    let (state, binding) = limits::try_code(&app, address.address, work).await?;
    let Some(challenge) = state.challenge.clone() else { return Err(code_invalid()) };
    let answer = Parameters { code: request.code, error: request.error, iss: request.iss };
    let to = state.next.clone();
    match flow::ask(&app, known, &state, &binding, answer).await {
        Ok(said) => {
            let code = flow::code_for(&app, state, challenge, &said).await?;
            redirect(&next::with(&to, "code", code.reveal()))
        }
        Err(error) => redirect(&next::with(&to, "error", error.code())),
    }
}
