//! Why a log-in at a provider came to nothing.

use laika_claims::IssuerCode;
use laika_verifier::VerifyError;

use crate::outgoing::OutgoingError;
use crate::problem::Problem;

/// Why a provider's answer leads nowhere. It holds no token, no code and no e-mail.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ExternalError {
    /// The person, or the provider, said no.
    #[error("the provider refused: `{0}`")]
    Refused(&'static str),
    /// The provider can't be asked.
    #[error("asking the {what}: {error}")]
    Unreachable {
        /// Which of its endpoints.
        what: &'static str,
        /// Why.
        error: OutgoingError,
    },
    /// It answered with another status than 200.
    #[error("the {what} answered {status}{said}")]
    Status {
        /// Which of its endpoints.
        what: &'static str,
        /// The status.
        status: u16,
        /// The error code that it named, if it is a plain one.
        said: String,
    },
    /// It answered what can't be used.
    #[error("the {what} {why}")]
    Answer {
        /// Which of its endpoints.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// Its ID token does not hold.
    #[error("the ID token: {0}")]
    IdToken(VerifyError),
    /// The answer came from another issuer (RFC 9207).
    #[error("the answer came from another issuer than the one that was asked")]
    Issuer,
}

impl ExternalError {
    /// What the endpoint `what` answered can't be used.
    pub(super) fn answer(what: &'static str, why: impl Into<String>) -> Self {
        Self::Answer { what, why: why.into() }
    }

    /// What a browser's address bar may show.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(code) => code,
            Self::Unreachable { .. }
            | Self::Status { .. }
            | Self::Answer { .. }
            | Self::IdToken(_)
            | Self::Issuer => IssuerCode::ProviderFailed.as_str(),
        }
    }

    /// Written to the log, once, where the flow ends.
    pub(super) fn log(&self, provider: &str) {
        match self {
            Self::Refused(_) => tracing::info!(provider, error = %self, "a log-in was refused"),
            Self::Unreachable { .. }
            | Self::Status { .. }
            | Self::Answer { .. }
            | Self::IdToken(_)
            | Self::Issuer => tracing::warn!(provider, error = %self, "a log-in failed"),
        }
    }
}

impl From<ExternalError> for Problem {
    fn from(error: ExternalError) -> Self {
        let detail = match &error {
            ExternalError::Refused(_) => "the provider refused the log-in",
            ExternalError::Unreachable { .. }
            | ExternalError::Status { .. }
            | ExternalError::Answer { .. }
            | ExternalError::IdToken(_)
            | ExternalError::Issuer => {
                "the provider did not answer as it must; its answer is not believed"
            }
        };
        let problem = Self::issuer(IssuerCode::ProviderFailed, detail);
        Self { cause: Some(error.to_string()), ..problem }
    }
}
