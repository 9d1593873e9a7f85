//! The HTTP client of hosts that have `reqwest`: one GET within the limits of the contract.

use std::time::Duration;

use crate::fetch::{MAX_BODY, Response, one_value};

/// How long a fetch may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Fetches keys, metadata and status lists. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Client(reqwest::Client);

/// What a GET brought.
#[derive(Debug)]
pub struct Answer {
    status: u16,
    cache_control: Option<String>,
    body: Vec<u8>,
}

impl Client {
    /// A client that follows no redirect, which could lead a fetch anywhere: it counts as a
    /// failure.
    ///
    /// # Errors
    /// When there is no TLS on this machine.
    pub fn new() -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .build()?;
        Ok(Self(client))
    }

    /// One GET; of the body at most a piece more than is accepted.
    ///
    /// # Errors
    /// When no answer came in time.
    pub async fn get(&self, uri: &str) -> Result<Answer, reqwest::Error> {
        let mut response = self.0.get(uri).send().await?;
        let status = response.status().as_u16();
        let lines = response.headers().get_all(http::header::CACHE_CONTROL).iter();
        let cache_control = one_value(lines.filter_map(|value| value.to_str().ok()));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_BODY {
                break;
            }
        }
        Ok(Answer { status, cache_control, body })
    }
}

impl Answer {
    /// As a verifier takes it.
    #[must_use]
    pub fn response(&self) -> Response<'_> {
        let cache_control = self.cache_control.as_deref();
        Response { status: self.status, cache_control, body: &self.body }
    }
}
