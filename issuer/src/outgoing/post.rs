//! Signed messages.

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};

use super::{Answer, Ask, Outgoing, OutgoingError, Signer, read};

/// Longest answer to a message, in bytes.
const MAX_ANSWER: usize = 256 * 1024;

/// A message: JSON with a signature over it.
#[derive(Debug, Clone, Copy)]
pub struct Post<'a> {
    /// Where to.
    pub url: &'a str,
    /// Names the message; the same at every attempt.
    pub id: &'a str,
    /// JSON.
    pub body: &'a [u8],
    /// Who signs.
    pub signer: &'a Signer,
    /// Unix seconds, signed along.
    pub now: i64,
    /// How long it may take; at most [`super::TIMEOUT`].
    pub timeout: Duration,
}

impl Outgoing {
    /// Sends a message.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn post(&self, post: &Post<'_>) -> Result<Answer, OutgoingError> {
        self.send(post.ask()).await
    }

    /// Sends a message of which only the status is of use.
    ///
    /// # Errors
    /// As [`send`](Self::send), but whatever the body is.
    pub async fn tell(&self, post: &Post<'_>) -> Result<u16, OutgoingError> {
        let response = self.begin(post.ask()).await?;
        let status = response.status().as_u16();
        // So that the connection can be used again, where it can.
        let _ = read(response, MAX_ANSWER).await;
        Ok(status)
    }
}

impl<'a> Post<'a> {
    fn ask(&self) -> Ask<'a> {
        let mut headers = HeaderMap::new();
        self.signer.sign(self.id, self.now, self.body, &mut headers);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let ask = Ask::post(self.url, self.body.to_vec(), MAX_ANSWER);
        Ask { headers, timeout: self.timeout, ..ask }
    }
}
