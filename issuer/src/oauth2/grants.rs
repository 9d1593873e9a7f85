//! `POST /oauth2/token`: the grants (RFC 6749, RFC 8693).

use laika_claims::token::SERVICE_ACCOUNT_PREFIX;

use super::client::Asker;
use super::error::{OAuthCode, OAuthError};
use super::exchange;
use super::parameters::Parameters;
use crate::app::App;
use crate::mint::{Holder, MicroRequest, MicroToken, main_token, micro_token, target};
use crate::session;

/// Token exchange (RFC 8693 section 2.1).
pub const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// The grants there are, as metadata name them.
pub const GRANT_TYPES: [&str; 3] = ["refresh_token", "client_credentials", TOKEN_EXCHANGE];

/// Tokens that were granted.
#[derive(Debug)]
pub struct Granted {
    /// The micro token.
    pub access: MicroToken,
    /// The successor of the main token, where one was brought.
    pub refresh: Option<String>,
    /// Whether a token was exchanged, which the answer says then.
    pub exchanged: bool,
}

/// Grants what is asked for.
///
/// # Errors
/// As RFC 6749 section 5.2 has it.
pub async fn grant(
    app: &App,
    asker: &Asker,
    parameters: &Parameters,
) -> Result<Granted, OAuthError> {
    match parameters.need("grant_type")? {
        "client_credentials" => client_credentials(app, asker, parameters).await,
        "refresh_token" => refresh(app, asker, parameters).await,
        TOKEN_EXCHANGE => exchange::exchange(app, asker, parameters).await,
        _ => {
            let description = format!("choose one of {}", GRANT_TYPES.join(", "));
            Err(OAuthError::new(OAuthCode::UnsupportedGrantType, description))
        }
    }
}

/// The `client_id` of tokens that `asker` gets. Ids of registered clients have no `:`, so that no
/// service account is taken for one.
pub(super) fn client_id(asker: &Asker) -> Option<String> {
    match asker {
        Asker::Nobody => None,
        Asker::Client(client) => Some(client.client_id.clone()),
        Asker::ServiceAccount(account) => Some(format!("{SERVICE_ACCOUNT_PREFIX}{}", account.name)),
    }
}

async fn client_credentials(
    app: &App,
    asker: &Asker,
    parameters: &Parameters,
) -> Result<Granted, OAuthError> {
    let account = match asker {
        Asker::ServiceAccount(account) => account,
        Asker::Client(_) => {
            let description = "only service accounts get tokens of their own";
            return Err(OAuthError::new(OAuthCode::UnauthorizedClient, description));
        }
        Asker::Nobody => {
            let description = "a service account must show its secret";
            return Err(OAuthError::new(OAuthCode::InvalidClient, description));
        }
    };
    let request = request(asker, parameters)?;
    let holder = Holder::ServiceAccount(account);
    let access = micro_token::mint_for(app, &holder, &request).await?;
    Ok(Granted { access, refresh: None, exchanged: false })
}

/// A main token is the refresh token: it is rotated.
async fn refresh(app: &App, asker: &Asker, parameters: &Parameters) -> Result<Granted, OAuthError> {
    if let Asker::ServiceAccount(_) = asker {
        let description = "a service account renews nobody's session";
        return Err(OAuthError::new(OAuthCode::UnauthorizedClient, description));
    }
    let token = parameters.need("refresh_token")?;
    let request = request(asker, parameters)?;
    // What can be refused without rotating is refused before.
    target::resolve(app, &request.services).await?;
    let claims = main_token::prove(app, token).await.map_err(OAuthError::grant)?;
    let caller = session::rotate(app, &claims).await.map_err(OAuthError::grant)?;
    // Refused here, the token that was brought still counts: its successor was never used.
    let access = micro_token::mint_for(app, &Holder::Person(&caller.held), &request).await?;
    let main = main_token::issue(app, &caller.session)?;
    Ok(Granted { access, refresh: Some(main.token), exchanged: false })
}

fn request(asker: &Asker, parameters: &Parameters) -> Result<MicroRequest, OAuthError> {
    Ok(MicroRequest {
        services: parameters.services()?,
        narrow: parameters.scope()?,
        client_id: client_id(asker),
        ..MicroRequest::default()
    })
}
