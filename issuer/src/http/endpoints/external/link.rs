//! `POST /v1/me/identities/{provider}`: link the account with a log-in at a provider.

use axum::Json;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use http::HeaderMap;
use http::header::SET_COOKIE;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ProviderName, check_challenge, check_next};
use crate::accounts::prove_anew;
use crate::app::App;
use crate::external::flow::{self, Begin};
use crate::http::cookie;
use crate::http::extract::{Body, ClientAddress, MainCaller, Path};
use crate::limits::{self, Key, Limited};
use crate::problem::{FieldCode, Problem};
use crate::secret::Secret;

/// What is sent: `next` and `code_challenge` by a page, or `redirect_uri` by a client without a
/// browser of its own.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Where the browser is sent with a one-time code, which the same session exchanges.
    next: Option<String>,
    /// SHA-256 of a secret that the client keeps, in base64url (RFC 7636, S256).
    code_challenge: Option<String>,
    /// Where the provider sends its answer, which the same session brings to
    /// `/v1/login/{provider}/finish`.
    redirect_uri: Option<String>,
    /// Needed where the last log-in is more than 15 minutes ago.
    password: Option<Secret>,
}

/// How somebody comes back from the provider.
enum Back {
    ToPage { next: String, challenge: String },
    ToClient { redirect_uri: String },
}

impl Back {
    fn read(app: &App, request: &mut Request) -> Result<Self, Problem> {
        let (next, challenge) = (request.next.take(), request.code_challenge.take());
        match (next, challenge, request.redirect_uri.take()) {
            (Some(next), Some(challenge), None) => {
                check_next(app, "next", &next)?;
                check_challenge(&challenge)?;
                Ok(Self::ToPage { next, challenge })
            }
            (None, None, Some(redirect_uri)) => {
                check_next(app, "redirect_uri", &redirect_uri)?;
                Ok(Self::ToClient { redirect_uri })
            }
            (_, _, Some(_)) => {
                let detail = "either `redirect_uri`, or `next` and `code_challenge`";
                Err(Problem::field("redirect_uri", FieldCode::NotAllowed, detail))
            }
            (next, _, None) => {
                let field = if next.is_none() { "next" } else { "code_challenge" };
                let detail = "`next` and `code_challenge` are needed, or `redirect_uri` alone";
                Err(Problem::field(field, FieldCode::Missing, detail))
            }
        }
    }
}

/// Where the person goes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Answer {
    /// To be opened in a browser; for a page in this one, which a cookie ties to it.
    url: String,
    /// For a client without a browser: what it keeps and brings back with the provider's answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    /// Seconds until it is given up.
    expires_in: i64,
}

/// Begins a log-in that ends in a link: 200.
///
/// # Errors
/// 401 `authentication_too_old` or `credentials_invalid`, 404 for a provider that is not configured,
/// 422 for an address that is not allowed, 502 where the provider does not say where to go.
pub async fn handle(
    State(app): State<App>,
    Path(ProviderName(name)): Path<ProviderName>,
    headers: HeaderMap,
    address: ClientAddress,
    caller: MainCaller,
    Body(mut request): Body<Request>,
) -> Result<Response, Problem> {
    let known = app.providers.get(&name)?;
    let back = Back::read(&app, &mut request)?;
    limits::take_now(&app, &[(Limited::ExternalLogin, Key::address(address.address))]).await?;
    let password = request.password.as_ref();
    let proved = Some(prove_anew(&app, &caller.user, &caller.session, password).await?);
    let expires_in = flow::STATE_LIFETIME;
    match back {
        Back::ToPage { next, challenge } => {
            let binding = flow::binding(&app, cookie::binding(&app, &headers))?;
            let begin = Begin::Browser { binding: &binding, next, challenge };
            let url = flow::begin(&app, known, begin, proved).await?.url;
            let cookie = AppendHeaders([(SET_COOKIE, cookie::store_binding(&app, &binding)?)]);
            Ok((cookie, Json(Answer { url, state: None, expires_in })).into_response())
        }
        Back::ToClient { redirect_uri } => {
            let begun = flow::begin(&app, known, Begin::Headless { redirect_uri }, proved).await?;
            let state = Some(begun.state.reveal().to_owned());
            Ok(Json(Answer { url: begun.url, state, expires_in }).into_response())
        }
    }
}
