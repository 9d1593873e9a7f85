//! How an issuer writes its access tokens: `typ`, audience, the test that this is an access token,
//! and where permissions and roles stand, all together.

use crate::error::VerifyError;
use laika_claims::ErrorCode;
use laika_claims::json::{Object, Seen};
use laika_claims::token::{MICRO_TYP, MICRO_TYPE};

/// What kind of issuer it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Profile {
    #[default]
    Laika,
    /// RFC 9068.
    Rfc9068,
    Keycloak,
    Auth0,
    /// Amazon Cognito.
    Cognito,
    /// Microsoft Entra ID, versions 1 and 2.
    Entra,
    /// ID tokens (OpenID Connect Core section 2). Not among what options name: an ID token opens no
    /// API. Only [`IdTokens`](crate::id_token::IdTokens) reads them.
    IdToken,
}

/// Claims of ID tokens, log-out tokens and other tokens with the same `typ` (OpenID Connect Core
/// section 2, RFC 8417).
const NOT_OF_ACCESS_TOKENS: [&str; 4] = ["nonce", "at_hash", "c_hash", "events"];

impl Profile {
    /// Every profile by its name in the options.
    pub(crate) const NAMES: [(&str, Self); 6] = [
        ("laika", Self::Laika),
        ("rfc9068", Self::Rfc9068),
        ("keycloak", Self::Keycloak),
        ("auth0", Self::Auth0),
        ("cognito", Self::Cognito),
        ("entra", Self::Entra),
    ];

    /// Header `typ`, where the options do not say another.
    pub(crate) fn typ(self) -> &'static [Option<&'static str>] {
        match self {
            Self::Laika | Self::Rfc9068 => &[Some(MICRO_TYP)],
            Self::Keycloak | Self::Entra => &[Some("JWT")],
            Self::IdToken => &[Some("JWT"), None],
            Self::Auth0 => &[Some(MICRO_TYP), Some("JWT")],
            Self::Cognito => &[None],
        }
    }

    /// Where the audience stands.
    pub(crate) fn audience_claim(self) -> &'static str {
        match self {
            Self::Laika
            | Self::Rfc9068
            | Self::Keycloak
            | Self::Auth0
            | Self::Entra
            | Self::IdToken => "aud",
            Self::Cognito => "client_id",
        }
    }

    /// Where permissions stand: names or JSON pointers.
    pub(crate) fn permission_claims(self) -> &'static [&'static str] {
        match self {
            Self::Laika => &["permissions"],
            Self::Rfc9068 | Self::Keycloak | Self::Cognito => &["scope"],
            Self::Auth0 => &["permissions", "scope"],
            Self::Entra => &["scp"],
            Self::IdToken => &[],
        }
    }

    /// Where roles stand: names or JSON pointers; `{audience}` is each of our audiences.
    pub(crate) fn role_claims(self) -> &'static [&'static str] {
        match self {
            Self::Laika | Self::Rfc9068 | Self::Auth0 | Self::Entra => &["roles"],
            Self::Keycloak => &["/realm_access/roles", "/resource_access/{audience}/roles"],
            Self::Cognito => &["cognito:groups"],
            Self::IdToken => &[],
        }
    }

    /// Whether `*` in a permission is a pattern. In a foreign token it is a letter.
    pub(crate) fn has_wildcards(self) -> bool {
        self == Self::Laika
    }

    /// Whether `iss` is the issuer. Entra writes one tenant in two ways.
    pub(crate) fn is_issuer(self, issuer: &str, iss: &str) -> bool {
        if issuer == iss {
            return true;
        }
        self == Self::Entra && tenant(issuer).is_some_and(|known| tenant(iss) == Some(known))
    }

    /// Refuses a token that is signed by the issuer and is no access token. `accepted` are the
    /// `typ` that its header may have.
    pub(crate) fn check_kind(
        self,
        claims: &Object,
        accepted: &[Option<String>],
    ) -> Result<(), VerifyError> {
        let wanted = match self {
            Self::Laika => Some(("type", MICRO_TYPE)),
            Self::Keycloak => Some(("typ", "Bearer")),
            Self::Cognito => Some(("token_use", "access")),
            Self::Rfc9068 | Self::Auth0 | Self::Entra | Self::IdToken => None,
        };
        if let Some((name, value)) = wanted
            && claims.member(name).and_then(Seen::text) != Some(value)
        {
            let message = format_args!("`{name}` is not `{value}`: this is another kind of token");
            return Err(VerifyError::claim(ErrorCode::TypeMismatch, name, message)
                .expecting(value.into(), claims.member(name).map(Seen::to_value)));
        }
        if self == Self::IdToken {
            // A log-out token has `iss`, `aud` and `sub` as well.
            return match claims.has("events") {
                true => {
                    let message = format_args!("the token has `events`: it is no ID token");
                    Err(VerifyError::claim(ErrorCode::TypeMismatch, "events", message))
                }
                false => Ok(()),
            };
        }
        let says_little =
            |typ: &Option<String>| typ.as_deref().is_none_or(|typ| is_typ(typ, "JWT"));
        if accepted.iter().any(says_little)
            && let Some(name) = NOT_OF_ACCESS_TOKENS.iter().find(|name| claims.has(name))
        {
            let message = format_args!("the token has `{name}`: it is no access token");
            return Err(VerifyError::claim(ErrorCode::TypeMismatch, name, message));
        }
        Ok(())
    }
}

/// Whether two `typ` are the same: without case and without `application/` (RFC 7515 section
/// 4.1.9).
pub(crate) fn is_typ(left: &str, right: &str) -> bool {
    let short = |typ| {
        let prefix = "application/";
        match str::split_at_checked(typ, prefix.len()) {
            Some((start, rest)) if start.eq_ignore_ascii_case(prefix) => rest,
            _ => typ,
        }
    };
    short(left).eq_ignore_ascii_case(short(right))
}

/// The tenant of an issuer of Entra, in either of its two spellings.
fn tenant(issuer: &str) -> Option<&str> {
    let v1 = || issuer.strip_prefix("https://sts.windows.net/")?.strip_suffix('/');
    let v2 = || issuer.strip_prefix("https://login.microsoftonline.com/")?.strip_suffix("/v2.0");
    v1().or_else(v2).filter(|tenant| !tenant.is_empty() && !tenant.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_tenant_are_one_issuer_for_entra_alone() {
        let (v1, v2) = ("https://sts.windows.net/t1/", "https://login.microsoftonline.com/t1/v2.0");
        assert!(Profile::Entra.is_issuer(v1, v2) && Profile::Entra.is_issuer(v2, v1));
        assert!(!Profile::Rfc9068.is_issuer(v1, v2));
        assert!(!Profile::Entra.is_issuer(v1, "https://login.microsoftonline.com/t2/v2.0"));
        assert!(!Profile::Entra.is_issuer(v1, "https://login.microsoftonline.com//v2.0"));
        assert!(!Profile::Entra.is_issuer("https://a/", "https://b/"));
    }

    #[test]
    fn typ_is_compared_without_case_and_application() {
        assert!(is_typ("at+jwt", "Application/AT+JWT"));
        assert!(!is_typ("at+jwt", "jwt"));
        assert!(!is_typ("at+jwt", "application/application/at+jwt"));
    }
}
