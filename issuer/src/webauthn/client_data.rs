//! What the browser says (Level 2, section 5.8.1): which ceremony, for which challenge, on which page.

use serde::Deserialize;

use super::{Fault, RelyingParty, decode};

/// Bytes of a challenge: at least 16 (Level 2, section 13.4.3).
pub const CHALLENGE_LENGTH: usize = 32;

/// The challenge that something was signed for, in base64url. Whoever reads one redeems it: until
/// then it may be of another time, person or ceremony.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge(String);

impl Challenge {
    /// One of these random bytes.
    #[must_use]
    pub fn new(bytes: [u8; CHALLENGE_LENGTH]) -> Self {
        Self(super::encode(&bytes))
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which of the two ceremonies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ceremony {
    /// A passkey is made.
    Create,
    /// One is used.
    Get,
}

impl Ceremony {
    /// Its name in `type`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "webauthn.create",
            Self::Get => "webauthn.get",
        }
    }
}

/// The members that matter; browsers may add others, and are told to (section 5.8.1.1).
#[derive(Deserialize)]
struct Written {
    #[serde(rename = "type")]
    ceremony: String,
    challenge: String,
    origin: String,
    #[serde(rename = "crossOrigin", default)]
    cross_origin: bool,
    #[serde(rename = "topOrigin")]
    top_origin: Option<String>,
}

/// Checks client data of one's own page and this ceremony; the challenge in them.
///
/// # Errors
/// They are of another ceremony or page, or no client data.
pub(super) fn read(
    bytes: &[u8],
    ceremony: Ceremony,
    rp: &RelyingParty,
) -> Result<Challenge, Fault> {
    let written: Written = serde_json::from_slice(bytes).map_err(|_| Fault::ClientData)?;
    if written.ceremony != ceremony.as_str() {
        return Err(Fault::Ceremony);
    }
    if !rp.allows(&written.origin) {
        return Err(Fault::Origin);
    }
    if written.cross_origin || written.top_origin.is_some_and(|top| top != written.origin) {
        return Err(Fault::CrossOrigin);
    }
    match decode(&written.challenge) {
        Ok(challenge) if challenge.len() == CHALLENGE_LENGTH => Ok(Challenge(written.challenge)),
        _ => Err(Fault::Challenge),
    }
}
