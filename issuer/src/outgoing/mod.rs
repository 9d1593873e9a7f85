//! Requests that the issuer makes to others, at URLs that somebody wrote down or that others named.
//!
//! One client, whose limits hold for every request: five seconds, a size that the caller names, no
//! redirect, no proxy of the environment. https, or http to this machine; addresses of private
//! networks only where the settings list them, also where a name leads there (server-side request
//! forgery, DNS rebinding): what was checked is what is connected to.
//!
//! Requests to hooks and permission providers are signed as Standard Webhooks say ([`signature`]),
//! and whoever does not answer anybody is not asked for a while ([`breaker`]).

mod address;
pub mod breaker;
mod post;
pub mod signature;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::header::{CACHE_CONTROL, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method};
use ipnet::IpNet;
use laika_verifier::fetch::one_value;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Response, Url};

pub use address::{is_loopback, is_public};
pub use breaker::{Breaker, Unanswered};
pub use post::Post;
pub use signature::{Signer, WebhookSecret, WrappedSecrets};

/// How long a request may take, answer and all.
pub const TIMEOUT: Duration = Duration::from_secs(5);

/// Longest answer with keys, in bytes.
pub const MAX_KEYS: usize = 256 * 1024;

/// Longest other answer, in bytes.
pub const MAX_ANSWER: usize = 1024 * 1024;

/// Longest URL that is written down, in bytes.
const MAX_URL: usize = 2048;

const AGENT: &str = concat!("laika/", env!("CARGO_PKG_VERSION"));

/// Makes requests. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Outgoing {
    client: reqwest::Client,
    reach: Reach,
}

/// A request.
#[derive(Debug)]
pub struct Ask<'a> {
    method: Method,
    url: &'a str,
    headers: HeaderMap,
    body: Vec<u8>,
    limit: usize,
    timeout: Duration,
}

/// What was answered, whatever its status.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `Cache-Control`, where it is text.
    pub cache_control: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there is no answer. It says nothing of what was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutgoingError {
    /// Nothing is sent to such a URL.
    #[error("nothing is sent to this URL: {0}")]
    Url(&'static str),
    /// A name that leads to no address that may be reached.
    #[error(
        "the host leads to no address but those of private networks; list the network in \
         `outgoing.private_networks` if this is meant"
    )]
    Private,
    /// The answer is longer than its limit, in bytes.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    /// It did not come in time.
    #[error("no answer in time")]
    Slow,
    /// Anything else on the way.
    #[error("{0}")]
    Failed(String),
}

/// Which addresses may be reached.
#[derive(Debug, Clone)]
struct Reach(Arc<[IpNet]>);

impl<'a> Ask<'a> {
    /// A GET whose answer has at most `limit` bytes.
    #[must_use]
    pub fn get(url: &'a str, limit: usize) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            body: Vec::new(),
            limit,
            timeout: TIMEOUT,
        }
    }

    /// A POST of `body`.
    #[must_use]
    pub fn post(url: &'a str, body: Vec<u8>, limit: usize) -> Self {
        Self { method: Method::POST, url, headers: HeaderMap::new(), body, limit, timeout: TIMEOUT }
    }

    /// With a header; a value that holds a credential is marked as sensitive by whoever makes it.
    #[must_use]
    pub fn header(mut self, name: http::HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
}

/// That a request may be made to a URL, as far as can be told before its name is resolved; for whoever
/// writes one down that is asked later.
///
/// # Errors
/// It may not.
pub fn check(url: &str, private: &[IpNet]) -> Result<(), OutgoingError> {
    if url.len() > MAX_URL {
        return Err(OutgoingError::Url("it is too long"));
    }
    Reach(private.into()).check(url).map(drop)
}

impl Outgoing {
    /// A client that reaches public addresses, and those of `private`.
    ///
    /// # Errors
    /// TLS can't be used: this machine has no certificates of authorities.
    pub fn new(private: &[IpNet]) -> Result<Self, OutgoingError> {
        let reach = Reach(private.into());
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            // A proxy would resolve names by itself.
            .no_proxy()
            .timeout(TIMEOUT)
            .dns_resolver(Arc::new(reach.clone()))
            .build()
            .map_err(|error| {
                OutgoingError::Failed(format!(
                    "{}; install the certificates of authorities (Debian: `ca-certificates`), or \
                     name their file by `SSL_CERT_FILE`",
                    failed(&error)
                ))
            })?;
        Ok(Self { client, reach })
    }

    /// Makes a request.
    ///
    /// # Errors
    /// The URL may not be asked, no answer came in time, or it is too long.
    pub async fn send(&self, ask: Ask<'_>) -> Result<Answer, OutgoingError> {
        let limit = ask.limit;
        let response = self.begin(ask).await?;
        let status = response.status().as_u16();
        let lines = response.headers().get_all(CACHE_CONTROL).iter();
        let cache_control = one_value(lines.filter_map(|value| value.to_str().ok()));
        Ok(Answer { status, cache_control, body: read(response, limit).await? })
    }

    /// Makes a request, up to the head of the answer.
    async fn begin(&self, ask: Ask<'_>) -> Result<Response, OutgoingError> {
        let url = self.reach.check(ask.url)?;
        let mut headers = ask.headers;
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        let request = self.client.request(ask.method, url).headers(headers).body(ask.body);
        let request = request.timeout(ask.timeout.min(TIMEOUT));
        request.send().await.map_err(|error| failed(&error))
    }
}

/// The body of an answer, of `limit` bytes at most.
async fn read(mut response: Response, limit: usize) -> Result<Vec<u8>, OutgoingError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))? {
        if body.len() + chunk.len() > limit {
            return Err(OutgoingError::TooLong(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

impl Reach {
    fn may(&self, address: IpAddr) -> bool {
        is_public(address) || self.0.iter().any(|network| network.contains(&address))
    }

    /// Reads a URL as the client will: `http://2130706433` is this machine.
    fn check(&self, url: &str) -> Result<Url, OutgoingError> {
        let refused = |why| Err(OutgoingError::Url(why));
        let Ok(url) = url.parse::<Url>() else {
            return refused("it is none");
        };
        if !url.username().is_empty() || url.password().is_some() {
            return refused("it names a user");
        }
        let Some(host) = url.host_str() else {
            return refused("it names no host");
        };
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(host) => {}
            _ => return refused("it is not https"),
        }
        match address {
            Some(address) if !self.may(address) => Err(OutgoingError::Private),
            Some(_) | None => Ok(url),
        }
    }
}

impl Resolve for Reach {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let good: Vec<SocketAddr> = found.filter(|found| reach.may(found.ip())).collect();
            if good.is_empty() {
                return Err(OutgoingError::Private.into());
            }
            Ok(Box::new(good.into_iter()) as Addrs)
        })
    }
}

/// The last cause says what happened; those before it only say that a request failed, and to where.
fn failed(error: &reqwest::Error) -> OutgoingError {
    if error.is_timeout() {
        return OutgoingError::Slow;
    }
    let mut last: &dyn std::error::Error = error;
    while let Some(cause) = last.source() {
        if let Some(known) = cause.downcast_ref::<OutgoingError>() {
            return known.clone();
        }
        last = cause;
    }
    let text: &dyn fmt::Display = if last.source().is_none() { last } else { error };
    OutgoingError::Failed(text.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(private: &[&str]) -> Reach {
        Reach(private.iter().map(|text| text.parse().unwrap()).collect())
    }

    #[test]
    fn only_https_and_only_where_the_settings_let_it() {
        let nothing = reach(&[]);
        for good in ["https://id.example.com/a?b", "https://93.184.216.34/", "https://localhost/"] {
            assert!(nothing.check(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "id.example.com",
            "http://id.example.com/",
            "ftp://id.example.com/",
            "file:///etc/passwd",
            "https://u@id.example.com/",
            "https://u:p@id.example.com/",
            "http://localhost.example.com/",
        ] {
            assert!(matches!(nothing.check(bad), Err(OutgoingError::Url(_))), "{bad}");
        }
        for private in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/latest/meta-data/",
            "https://10.1.2.3/",
            "http://127.0.0.1/",
        ] {
            assert_eq!(nothing.check(private).unwrap_err(), OutgoingError::Private, "{private}");
        }
        let listed = reach(&["127.0.0.0/8", "10.1.0.0/16"]);
        for good in ["http://127.0.0.1:9/", "https://10.1.2.3/"] {
            assert!(listed.check(good).is_ok(), "{good}");
        }
        assert!(listed.check("https://10.2.0.1/").is_err());
        assert!(listed.check("http://10.1.2.3/").is_err(), "listed, and still not this machine");
    }

    #[tokio::test]
    async fn several_lines_of_cache_control_are_one() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let lines = [(CACHE_CONTROL, "public"), (CACHE_CONTROL, "no-store")];
        let answer = axum::response::AppendHeaders(lines);
        let router = axum::Router::new().route("/", axum::routing::get(async move || answer));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let outgoing = Outgoing::new(&["127.0.0.0/8".parse().unwrap()]).unwrap();
        let answer = outgoing.send(Ask::get(&url, 10)).await.unwrap();
        assert_eq!(answer.cache_control.as_deref(), Some("public, no-store"));
    }

    #[tokio::test]
    async fn a_name_that_leads_to_a_private_address_is_not_followed() {
        let outgoing = Outgoing::new(&[]).unwrap();
        let error = outgoing.send(Ask::get("https://localhost:1/", 10)).await.unwrap_err();
        assert_eq!(error, OutgoingError::Private);
    }
}
