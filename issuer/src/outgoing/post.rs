//! Signed messages.

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};

use super::{Answer, Ask, Outgoing, OutgoingError, Signer};

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
        let mut headers = HeaderMap::new();
        post.signer.sign(post.id, post.now, post.body, &mut headers);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let ask = Ask {
            headers,
            timeout: post.timeout,
            ..Ask::post(post.url, post.body.to_vec(), MAX_ANSWER)
        };
        self.send(ask).await
    }
}
