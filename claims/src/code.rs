//! Every error code, and the one table from code to HTTP status and challenge.
//!
//! The codes are a contract: TypeScript's union, the filter's answers and the issuer's problem
//! documents are compared with these lists in the tests.

use std::fmt::{self, Write as _};

use crate::text::joined;

/// Declares an enum of codes with their wire names and answers, in one list.
macro_rules! codes {
    (
        $(#[$meta:meta])*
        $name:ident {
            $( $(#[$vmeta:meta])* $variant:ident = $text:literal => $status:literal, $challenge:expr; )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $( $(#[$vmeta])* $variant, )+ }

        impl $name {
            /// Every code, in the order of the contract.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];

            /// The code as it is written on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $text, )+ }
            }

            /// HTTP status that answers it.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $( Self::$variant => $status, )+ }
            }

            /// The challenge that goes with a 401 or 403.
            #[must_use]
            pub const fn challenge(self) -> Challenge {
                match self { $( Self::$variant => $challenge, )+ }
            }

            /// The code of that name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.as_str() == name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

/// What a `WWW-Authenticate` header says (RFC 6750 section 3, RFC 9470 section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Challenge {
    /// No header: trying again with another token would not help.
    None,
    /// `Bearer` alone: no token came.
    Bare,
    /// `error="invalid_token"`: the token is not good; get another.
    InvalidToken,
    /// `error="invalid_token"` with `error_description="stale"`: renew, don't log in.
    Stale,
    /// `error="insufficient_scope"`: the token is good and does not reach.
    InsufficientScope,
    /// `error="insufficient_user_authentication"`: log in again, more strongly or more recently.
    InsufficientAuthentication,
}

codes! {
    /// What can be wrong with a token, a request, a policy or a verifier's options.
    ErrorCode {
        /// No token came with the request.
        TokenMissing = "token_missing" => 401, Challenge::Bare;
        /// Not a JWS in compact form, or its header or payload is not strict JSON.
        TokenMalformed = "token_malformed" => 401, Challenge::InvalidToken;
        /// Longer than the verifier accepts.
        TokenTooLarge = "token_too_large" => 401, Challenge::InvalidToken;
        /// The header names an algorithm that is unknown or that no key here may be used with.
        AlgorithmNotAllowed = "algorithm_not_allowed" => 401, Challenge::InvalidToken;
        /// The header has a `crit` member (RFC 7515 section 4.1.11); none is understood.
        CriticalHeaderUnsupported = "critical_header_unsupported" => 401, Challenge::InvalidToken;
        /// Another kind of token: an ID token, a main token, a status list.
        TypeMismatch = "type_mismatch" => 401, Challenge::InvalidToken;
        /// No key of the issuer has this `kid`, or the token has none and several keys fit.
        KeyNotFound = "key_not_found" => 401, Challenge::InvalidToken;
        /// The key that is named can't be used.
        KeyInvalid = "key_invalid" => 401, Challenge::InvalidToken;
        /// The issuer's keys are not here yet and could not be fetched.
        KeysUnavailable = "keys_unavailable" => 503, Challenge::None;
        /// The signature does not hold.
        SignatureInvalid = "signature_invalid" => 401, Challenge::InvalidToken;
        /// A required claim is absent.
        ClaimMissing = "claim_missing" => 401, Challenge::InvalidToken;
        /// A claim has another type than its standard says.
        ClaimInvalid = "claim_invalid" => 401, Challenge::InvalidToken;
        /// Made by another issuer.
        IssuerMismatch = "issuer_mismatch" => 401, Challenge::InvalidToken;
        /// Made for another service.
        AudienceMismatch = "audience_mismatch" => 401, Challenge::InvalidToken;
        /// `exp` has passed.
        Expired = "expired" => 401, Challenge::InvalidToken;
        /// `nbf` lies ahead.
        NotYetValid = "not_yet_valid" => 401, Challenge::InvalidToken;
        /// `iat` lies ahead.
        IssuedInFuture = "issued_in_future" => 401, Challenge::InvalidToken;
        /// Older than the verifier accepts.
        TooOld = "too_old" => 401, Challenge::InvalidToken;
        /// Its session was ended.
        Revoked = "revoked" => 401, Challenge::InvalidToken;
        /// Its holder lost a permission since: renew.
        Stale = "stale" => 401, Challenge::Stale;
        /// The revocation status is not here and could not be fetched.
        StatusUnavailable = "status_unavailable" => 503, Challenge::None;
        /// A good token that lacks what the policy demands.
        PermissionDenied = "permission_denied" => 403, Challenge::InsufficientScope;
        /// A request that can't be judged without guessing.
        RequestInvalid = "request_invalid" => 400, Challenge::None;
        /// The policy does not compile.
        PolicyInvalid = "policy_invalid" => 503, Challenge::None;
        /// The verifier's options are not acceptable.
        OptionsInvalid = "options_invalid" => 503, Challenge::None;
    }
}

codes! {
    /// What only the issuer says, besides the codes of [`ErrorCode`].
    IssuerCode {
        /// The body is not the JSON object this endpoint takes.
        BodyInvalid = "body_invalid" => 400, Challenge::None;
        /// One or more fields are not acceptable; `fields` names them.
        FieldsInvalid = "fields_invalid" => 422, Challenge::None;
        /// The password is too easy to guess.
        PasswordWeak = "password_weak" => 422, Challenge::None;
        /// The user name or e-mail is taken or reserved.
        AlreadyRegistered = "already_registered" => 409, Challenge::None;
        /// Unknown user or wrong password; the answer does not say which.
        CredentialsInvalid = "credentials_invalid" => 401, Challenge::Bare;
        /// The session behind this main token has ended.
        SessionEnded = "session_ended" => 401, Challenge::InvalidToken;
        /// A main token was used again after it had been replaced: the session has been ended.
        TokenReused = "token_reused" => 401, Challenge::InvalidToken;
        /// A permission was asked for that is not granted.
        PermissionNotGranted = "permission_not_granted" => 403, Challenge::InsufficientScope;
        /// A call by cookie came from an origin that is not allowed.
        OriginRefused = "origin_refused" => 403, Challenge::None;
        /// The request names a host that is not this issuer's.
        HostRefused = "host_refused" => 421, Challenge::None;
        /// The user name was changed before; it can be changed once.
        UsernameAlreadyChanged = "username_already_changed" => 409, Challenge::None;
        /// The e-mail of the account is not verified yet.
        EmailUnverified = "email_unverified" => 403, Challenge::None;
        /// A code of a mail or link that is unknown, used or expired; the answer does not say which.
        CodeInvalid = "code_invalid" => 422, Challenge::None;
        /// This needs an authentication that is more recent than that of the session.
        AuthenticationTooOld = "authentication_too_old" => 401, Challenge::InsufficientAuthentication;
        /// The account has a second factor, which this session has not shown.
        SecondFactorRequired = "second_factor_required" => 401, Challenge::InsufficientAuthentication;
        /// The caller may not do this, whatever token they show.
        NotPermitted = "not_permitted" => 403, Challenge::None;
        /// The resource exists already, or something else still needs it.
        Conflict = "conflict" => 409, Challenge::None;
        /// The resource was deleted before.
        Gone = "gone" => 410, Challenge::None;
        /// The token would be larger than its budget.
        TokenOverBudget = "token_over_budget" => 422, Challenge::None;
        /// No such resource.
        NotFound = "not_found" => 404, Challenge::None;
        /// The resource does not have this method.
        MethodNotAllowed = "method_not_allowed" => 405, Challenge::None;
        /// The body is larger than accepted.
        BodyTooLarge = "body_too_large" => 413, Challenge::None;
        /// The body is not `application/json`.
        MediaTypeUnsupported = "media_type_unsupported" => 415, Challenge::None;
        /// Too many requests; `Retry-After` says when to come back.
        RateLimited = "rate_limited" => 429, Challenge::None;
        /// A fault of the service, described in its log under the request id.
        Internal = "internal" => 500, Challenge::None;
        /// Another provider did not answer as it must, or refused.
        ProviderFailed = "provider_failed" => 502, Challenge::None;
        /// Too much to do; `Retry-After` says when to come back.
        Overloaded = "overloaded" => 503, Challenge::None;
        /// The database does not answer.
        DatabaseUnavailable = "database_unavailable" => 503, Challenge::None;
        /// The request took too long.
        TimedOut = "timed_out" => 503, Challenge::None;
    }
}

impl Challenge {
    /// The value of `WWW-Authenticate`, or `None` where there is none.
    ///
    /// `realm` names the protected space, `scope` what an `insufficient_scope` lacks (permissions,
    /// which contain no character that needs escaping), `max_age` how recent an authentication is
    /// demanded, in seconds. Characters of `realm` outside visible ASCII, quotes and backslashes
    /// are left out.
    #[must_use]
    pub fn header(
        self,
        realm: Option<&str>,
        scope: &[&str],
        max_age: Option<u64>,
    ) -> Option<String> {
        let mut parts = Vec::new();
        if let Some(realm) = realm {
            let plain = |c: &char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
            parts.push(format!("realm=\"{}\"", realm.chars().filter(plain).collect::<String>()));
        }
        match self {
            Self::None => return None,
            Self::Bare => {}
            Self::InvalidToken => parts.push("error=\"invalid_token\"".to_owned()),
            Self::Stale => {
                parts.push("error=\"invalid_token\", error_description=\"stale\"".to_owned());
            }
            Self::InsufficientScope => {
                let mut part = "error=\"insufficient_scope\"".to_owned();
                if !scope.is_empty() {
                    // Writing to a String can't fail.
                    let _ = write!(part, ", scope=\"{}\"", joined(scope, " "));
                }
                parts.push(part);
            }
            Self::InsufficientAuthentication => {
                let mut part = "error=\"insufficient_user_authentication\"".to_owned();
                if let Some(seconds) = max_age {
                    let _ = write!(part, ", max_age={seconds}");
                }
                parts.push(part);
            }
        }
        Some(if parts.is_empty() {
            "Bearer".to_owned()
        } else {
            format!("Bearer {}", joined(&parts, ", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The list of `docs/contract/verifier.md`, word for word.
    const CONTRACT: &str = "token_missing token_malformed token_too_large algorithm_not_allowed \
        critical_header_unsupported type_mismatch key_not_found key_invalid keys_unavailable \
        signature_invalid claim_missing claim_invalid issuer_mismatch audience_mismatch expired \
        not_yet_valid issued_in_future too_old revoked stale status_unavailable permission_denied \
        request_invalid policy_invalid options_invalid";

    #[test]
    fn the_list_is_the_contract() {
        let names: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names, CONTRACT.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn names_lead_back_to_codes() {
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::from_name(code.as_str()), Some(*code));
        }
        for code in IssuerCode::ALL {
            assert_eq!(IssuerCode::from_name(code.as_str()), Some(*code));
            assert_eq!(ErrorCode::from_name(code.as_str()), None, "{code} is in both lists");
        }
    }

    #[test]
    fn every_401_and_only_401_and_403_challenge() {
        for (code, status, challenge) in
            (ErrorCode::ALL.iter().map(|c| (c.as_str(), c.status(), c.challenge())))
                .chain(IssuerCode::ALL.iter().map(|c| (c.as_str(), c.status(), c.challenge())))
        {
            match status {
                401 => assert_ne!(challenge, Challenge::None, "{code}"),
                403 => {}
                _ => assert_eq!(challenge, Challenge::None, "{code}"),
            }
        }
    }

    #[test]
    fn challenges_read_as_the_rfcs_write_them() {
        assert_eq!(Challenge::None.header(Some("x"), &[], None), None);
        assert_eq!(Challenge::Bare.header(None, &[], None).unwrap(), "Bearer");
        assert_eq!(
            Challenge::InvalidToken.header(Some("or\"d\\ers\r\n"), &[], None).unwrap(),
            "Bearer realm=\"orders\", error=\"invalid_token\""
        );
        assert_eq!(
            Challenge::Stale.header(None, &[], None).unwrap(),
            "Bearer error=\"invalid_token\", error_description=\"stale\""
        );
        assert_eq!(
            Challenge::InsufficientScope.header(None, &["a:b", "c:d"], None).unwrap(),
            "Bearer error=\"insufficient_scope\", scope=\"a:b c:d\""
        );
        assert_eq!(
            Challenge::InsufficientAuthentication.header(None, &[], Some(900)).unwrap(),
            "Bearer error=\"insufficient_user_authentication\", max_age=900"
        );
    }
}
