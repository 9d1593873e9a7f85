//! Where a request comes from.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::USER_AGENT;
use http::request::Parts;

use crate::app::App;
use crate::db::sessions::Origin;
use crate::http::client::Client;

/// Longest `User-Agent` that is kept, in characters.
const MAX_USER_AGENT: usize = 256;

/// The client's address, through the proxies that are trusted (see [`Client`]), and what it calls
/// itself.
#[derive(Debug, Clone)]
pub struct ClientAddress {
    /// The address; absent where the server does not know, such as on a Unix socket.
    pub address: Option<IpAddr>,
    user_agent: Option<String>,
}

impl ClientAddress {
    /// What a session keeps of where it came from.
    #[must_use]
    pub fn origin(self, client: Option<String>) -> Origin {
        Origin {
            client,
            address: self.address.map(|address| address.to_string()),
            user_agent: self.user_agent,
        }
    }
}

impl FromRequestParts<App> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        // Found once, by the outermost layer.
        let client = parts.extensions.get::<Client>();
        Ok(Self {
            address: client.and_then(|client| client.address),
            user_agent: user_agent(&parts.headers),
        })
    }
}

fn user_agent(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(USER_AGENT)?.to_str().ok()?;
    Some(text.chars().take(MAX_USER_AGENT).collect())
}
