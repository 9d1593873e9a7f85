//! OAuth 2.0 providers without ID tokens: the access token leads to the person.

use serde_json::Value;

use super::provider::{OAuth2, Provider};
use super::token::{Grant, ask, ask_for_object, redeem};
use super::{Assertion, ExternalError};
use crate::app::App;

/// Has a code turned into an assertion.
///
/// # Errors
/// Anything that is not as it must be.
pub async fn assertion(
    app: &App,
    provider: &Provider,
    endpoints: &OAuth2,
    grant: Grant<'_>,
) -> Result<Assertion, ExternalError> {
    let outgoing = &app.outgoing;
    let tokens = redeem(outgoing, provider, &endpoints.token, endpoints.auth, grant).await?;
    let user = ask_for_object(outgoing, &endpoints.user, &tokens.access, "user endpoint").await?;
    let emails = match &endpoints.emails {
        Some(url) => match ask(outgoing, url, &tokens.access, "e-mails endpoint").await? {
            Value::Array(emails) => Some(emails),
            _ => return Err(ExternalError::answer("e-mails endpoint", "answers no JSON array")),
        },
        None => None,
    };
    Assertion::read(provider, &user, emails.as_deref())
}
