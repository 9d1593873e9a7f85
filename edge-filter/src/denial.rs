//! The answer to a request that was denied.

use laika_claims::policy::Decision;
use laika_verifier::{ErrorCode, bearer};

/// The answer to a request that was denied, for whichever protocol the client speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// HTTP status.
    pub status: u16,
    /// Names and values; of a gRPC answer those of [`Denial::challenge`] alone.
    pub headers: Vec<(&'static str, String)>,
    /// `application/problem+json` (RFC 9457).
    pub body: String,
    /// `grpc-message`: the code, and what was missing.
    pub message: String,
}

/// The name of the challenge's header, which a gRPC client may read as well.
const CHALLENGE: &str = "www-authenticate";

impl Denial {
    /// The answer for as long as a configuration is not acceptable. Why it is not is nothing for
    /// clients.
    #[must_use]
    pub fn misconfigured(code: ErrorCode) -> Self {
        Self::new(&Decision::denied(code), None)
    }

    pub(crate) fn new(decision: &Decision<'_>, realm: Option<&str>) -> Self {
        let mut headers = vec![
            ("content-type", "application/problem+json".to_owned()),
            ("cache-control", "no-store".to_owned()),
        ];
        let challenge = decision.challenge(realm);
        headers.extend(challenge.map(|challenge| (CHALLENGE, challenge)));
        let mut message = decision.code.unwrap_or(ErrorCode::PermissionDenied).as_str().to_owned();
        if !decision.missing.is_empty() {
            message.push_str(&format!(": {}", decision.missing.join(", ")));
        }
        Self { status: decision.status, headers, body: bearer::problem(decision), message }
    }

    /// The challenge, where there is one.
    pub fn challenge(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let headers = self.headers.iter().filter(|(name, _)| *name == CHALLENGE);
        headers.map(|(name, value)| (*name, value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grpc_client_is_told_the_code_and_what_is_missing() {
        let denial = Denial::misconfigured(ErrorCode::OptionsInvalid);
        assert_eq!((denial.status, denial.message.as_str()), (503, "options_invalid"));
        assert_eq!(denial.challenge().count(), 0);
        let denial = Denial::new(&Decision::denied(ErrorCode::Expired), Some("orders"));
        assert_eq!(denial.message, "expired");
        assert_eq!(denial.challenge().count(), 1);
        let denial = Denial::new(&Decision::request_invalid("why"), None);
        assert_eq!((denial.status, denial.message.as_str()), (400, "request_invalid: why"));
    }
}
