//! Secrets of programs: random, typed by a prefix, with a checksum, stored only as a hash.
//!
//! The prefix says what a secret opens, to whoever finds it and to scanners of code; the checksum
//! tells a secret from a text that looks like one without a look into the database.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::one_time_code::{hash, sha256_hex};
use crate::problem::Problem;
use crate::random::{self, Random};
use crate::secret::Secret;

/// What a secret opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A service account.
    ServiceAccount,
    /// A confidential client.
    Client,
}

/// Letters of the checksum.
const CHECKSUM: usize = 8;

impl Kind {
    const ALL: [Self; 2] = [Self::ServiceAccount, Self::Client];

    fn prefix(self) -> &'static str {
        match self {
            Self::ServiceAccount => "laika_svc_",
            Self::Client => "laika_cli_",
        }
    }

    /// What `secret` opens, if it is well formed.
    #[must_use]
    pub fn of(secret: &str) -> Option<Self> {
        let kind = Self::ALL.into_iter().find(|kind| secret.starts_with(kind.prefix()))?;
        let (body, sum) = secret.split_at_checked(secret.len().checked_sub(CHECKSUM)?)?;
        (checksum(body) == sum).then_some(kind)
    }
}

/// A fresh secret, and what is stored of it.
///
/// # Errors
/// The source of random numbers failed.
pub fn generate(kind: Kind, random: &dyn Random) -> Result<(Secret, String), Problem> {
    let bytes: [u8; 24] = random::bytes(random)?;
    let body = format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(bytes));
    let secret = format!("{body}{}", checksum(&body));
    let stored = hash(&secret);
    Ok((Secret::from(secret), stored))
}

fn checksum(body: &str) -> String {
    sha256_hex(body.as_bytes()).chars().take(CHECKSUM).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    #[test]
    fn a_secret_says_what_it_opens_and_a_typing_error_shows() {
        for kind in Kind::ALL {
            let (secret, stored) = generate(kind, &SystemRandom).unwrap();
            let secret = secret.reveal();
            assert_eq!((Kind::of(secret), secret.len()), (Some(kind), 50));
            assert_eq!(stored, hash(secret));
            let flip = |c: &str| if c == "A" { "B" } else { "A" }.to_owned();
            for at in 0..secret.len() {
                let (before, rest) = secret.split_at(at);
                let (letter, after) = rest.split_at(1);
                assert_eq!(Kind::of(&format!("{before}{}{after}", flip(letter))), None, "{at}");
            }
        }
        for other in ["", "laika_svc_", "hunter2", "laika_inv_xxxxxxxx", "ä".repeat(5).as_str()] {
            assert_eq!(Kind::of(other), None, "{other}");
        }
    }
}
