//! `POST /v1/login/{provider}/start`: a log-in of a client without a browser of its own.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ProviderName, check_next};
use crate::app::App;
use crate::external::flow::{self, Begin};
use crate::http::extract::{Body, ClientAddress, Path};
use crate::limits::{self, Key, Limited};
use crate::problem::Problem;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Where the provider sends its answer, which the client takes there itself; in the setting
    /// `allowed_next`.
    redirect_uri: String,
}

/// Where the person goes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Answer {
    /// To be opened in a browser.
    url: String,
    /// What comes back with the provider's answer, and with nobody else's. To be kept.
    state: String,
    /// Seconds until it is given up.
    expires_in: i64,
}

/// Begins a log-in: 200.
///
/// # Errors
/// 404 for a provider that is not configured, 422 for an address that is not allowed, 502 where the
/// provider does not say where to go.
pub async fn handle(
    State(app): State<App>,
    Path(ProviderName(name)): Path<ProviderName>,
    address: ClientAddress,
    Body(request): Body<Request>,
) -> Result<Json<Answer>, Problem> {
    let known = app.providers.get(&name)?;
    check_next(&app, "redirect_uri", &request.redirect_uri)?;
    limits::take_now(&app, &[(Limited::ExternalLogin, Key::address(address.address))]).await?;
    let begin = Begin::Headless { redirect_uri: request.redirect_uri };
    let begun = flow::begin(&app, known, begin, None).await?;
    let (url, state) = (begun.url, begun.state.reveal().to_owned());
    Ok(Json(Answer { url, state, expires_in: flow::STATE_LIFETIME }))
}
