//! Requests that the issuer makes: to hooks and permission providers.
//!
//! Whoever configures a URL must not reach with it what only this machine reaches. So a request goes
//! to public addresses alone, unless a network is listed in `outgoing_networks`; addresses are
//! checked where names are resolved, and the connection goes to one that was checked, so that a name
//! can't mean something else a moment later (DNS rebinding). No redirect is followed, no proxy of the
//! environment is used, an answer is read up to a limit, and everything has its time.
//!
//! | module | what lives there |
//! |---|---|
//! | [`address`] | which addresses are public |
//! | [`target`] | URLs that may be called |
//! | [`signature`] | requests signed as Standard Webhooks say |
//! | [`breaker`] | not asking for a while what does not answer |

pub mod address;
pub mod breaker;
pub mod signature;
pub mod target;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::redirect::Policy;

pub use self::address::Networks;
pub use self::breaker::Breaker;
pub use self::signature::{Signer, WebhookSecret};
pub use self::target::Target;
use crate::problem::Problem;

/// How long a request may take, from the name to the end of the answer.
pub const TIMEOUT: Duration = Duration::from_secs(5);

/// Longest answer that is read, in bytes.
const MAX_ANSWER: usize = 256 * 1024;

/// The client of every request that the issuer makes; cheap to clone.
#[derive(Debug, Clone)]
pub struct Outgoing {
    client: reqwest::Client,
    networks: Networks,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// What was answered.
    pub body: Vec<u8>,
}

/// Why there is no answer. No text of these holds what was sent or answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutgoingError {
    /// The address is not public, and not listed.
    #[error("the address of `{0}` is not public; list its network in `outgoing_networks`")]
    AddressRefused(String),
    /// The time is over.
    #[error("no answer in time")]
    TimedOut,
    /// Nobody answers there, or not in HTTP.
    #[error("no answer: {0}")]
    Unreachable(String),
    /// The answer is longer than anything that is expected.
    #[error("the answer is longer than {MAX_ANSWER} bytes")]
    TooLong,
}

/// What is sent: JSON with a signature over it.
#[derive(Debug, Clone, Copy)]
pub struct Post<'a> {
    /// Where to.
    pub target: &'a Target,
    /// Names the message; the same at every attempt.
    pub id: &'a str,
    /// JSON.
    pub body: &'a [u8],
    /// Who signs.
    pub signer: &'a Signer,
    /// Unix seconds, signed along.
    pub now: i64,
    /// How long it may take; at most [`TIMEOUT`].
    pub timeout: Duration,
}

impl Outgoing {
    /// A client that also reaches these networks.
    ///
    /// # Errors
    /// There is no TLS on this machine.
    pub fn new(networks: &[IpNet]) -> Result<Self, Problem> {
        let networks = Networks::new(networks);
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .timeout(TIMEOUT)
            .pool_idle_timeout(Duration::from_secs(30))
            .user_agent(concat!("laika/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(Resolver(networks.clone())))
            .build()
            .map_err(Problem::internal)?;
        Ok(Self { client, networks })
    }

    /// The networks that may be reached.
    #[must_use]
    pub fn networks(&self) -> &Networks {
        &self.networks
    }

    /// Sends a signed message.
    ///
    /// # Errors
    /// No answer, or one that is too long.
    pub async fn post(&self, post: &Post<'_>) -> Result<Answer, OutgoingError> {
        // An address that is written out is never resolved, so it is checked here.
        if let Some(address) = post.target.address()
            && !self.networks.allow(address)
        {
            return Err(OutgoingError::AddressRefused(post.target.host().to_owned()));
        }
        let mut headers = HeaderMap::new();
        post.signer.sign(post.id, post.now, post.body, &mut headers);
        let request = self
            .client
            .post(post.target.url().clone())
            .header(CONTENT_TYPE, "application/json")
            .headers(headers)
            .timeout(post.timeout.min(TIMEOUT))
            .body(post.body.to_vec());
        let mut response = request.send().await.map_err(failure)?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failure)? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(OutgoingError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, body })
    }
}

/// Names become addresses here, and nowhere else.
#[derive(Debug)]
struct Resolver(Networks);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let networks = self.0.clone();
        Box::pin(async move {
            let host = name.as_str();
            let found: Vec<_> = tokio::net::lookup_host((host, 0)).await?.collect();
            let allowed: Vec<_> =
                found.into_iter().filter(|address| networks.allow(address.ip())).collect();
            if allowed.is_empty() {
                return Err(OutgoingError::AddressRefused(host.to_owned()).into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

fn failure(error: reqwest::Error) -> OutgoingError {
    if error.is_timeout() {
        return OutgoingError::TimedOut;
    }
    let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
    let mut last = String::new();
    while let Some(current) = cause {
        if let Some(refused) = current.downcast_ref::<OutgoingError>() {
            return refused.clone();
        }
        last = current.to_string();
        cause = current.source();
    }
    // The innermost says what is the matter; those around it repeat the URL.
    OutgoingError::Unreachable(last)
}
