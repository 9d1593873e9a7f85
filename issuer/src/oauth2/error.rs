//! What is answered when a request of OAuth 2.0 is refused (RFC 6749 section 5.2).

use laika_claims::IssuerCode;

use crate::problem::{Code, Problem};

/// A refusal, or a failure of the service.
#[derive(Debug, Clone)]
pub enum OAuthError {
    /// The request is refused.
    Refused {
        /// Why, as the standards name it.
        code: OAuthCode,
        /// One sentence for whoever asked.
        description: String,
    },
    /// The service failed, or there were too many requests; answered as everywhere else.
    Failed(Box<Problem>),
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OAuthCode {
    /// A parameter is missing, twice there, or can't be used.
    InvalidRequest,
    /// The client is not who it says it is.
    InvalidClient,
    /// The token that was brought does not hold.
    InvalidGrant,
    /// This client may not use this grant.
    UnauthorizedClient,
    /// There is no such grant here.
    UnsupportedGrantType,
    /// A permission was asked for that is not granted.
    InvalidScope,
    /// No such service, or none was named (RFC 8707 section 2).
    InvalidTarget,
    /// This kind of token can't be revoked (RFC 7009 section 2.2.1).
    UnsupportedTokenType,
}

impl OAuthCode {
    /// As the standards write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::UnsupportedTokenType => "unsupported_token_type",
        }
    }

    /// HTTP status that answers it.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidClient => 401,
            Self::InvalidRequest
            | Self::InvalidGrant
            | Self::UnauthorizedClient
            | Self::UnsupportedGrantType
            | Self::InvalidScope
            | Self::InvalidTarget
            | Self::UnsupportedTokenType => 400,
        }
    }
}

impl OAuthError {
    /// The request is refused.
    #[must_use]
    pub fn new(code: OAuthCode, description: impl Into<String>) -> Self {
        Self::Refused { code, description: description.into() }
    }

    /// The token that was brought does not hold; what went wrong beside that is passed on.
    #[must_use]
    pub fn grant(problem: Problem) -> Self {
        match problem.code.status() {
            400..=428 => Self::new(OAuthCode::InvalidGrant, problem.detail),
            _ => Self::Failed(Box::new(problem)),
        }
    }
}

/// A minting that was refused.
impl From<Problem> for OAuthError {
    fn from(problem: Problem) -> Self {
        let code = match problem.code {
            Code::Issuer(IssuerCode::PermissionNotGranted) => OAuthCode::InvalidScope,
            Code::Issuer(IssuerCode::FieldsInvalid) => OAuthCode::InvalidTarget,
            // The session, or the service account, whose token it would be.
            Code::Issuer(IssuerCode::SessionEnded | IssuerCode::CredentialsInvalid) => {
                OAuthCode::InvalidGrant
            }
            Code::Issuer(IssuerCode::TokenOverBudget) => OAuthCode::InvalidRequest,
            _ => return Self::Failed(Box::new(problem)),
        };
        let detail = problem.fields.first().map_or(problem.detail, |field| field.detail.clone());
        Self::new(code, detail)
    }
}

impl From<crate::db::DbError> for OAuthError {
    fn from(error: crate::db::DbError) -> Self {
        Self::Failed(Box::new(error.into()))
    }
}

impl From<sqlx::Error> for OAuthError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(Box::new(error.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_closed_meanwhile_is_refused_in_the_words_of_the_standard() {
        for code in [IssuerCode::SessionEnded, IssuerCode::CredentialsInvalid] {
            let OAuthError::Refused { code, .. } = Problem::issuer(code, "gone").into() else {
                panic!("{code} is passed on");
            };
            assert_eq!((code, code.status()), (OAuthCode::InvalidGrant, 400));
        }
    }
}
