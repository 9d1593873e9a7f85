//! The claims of a token whose signature holds, in the order that `docs/contract/verifier.md`
//! fixes: types, presence, issuer, audience, type, times.

use laika_claims::principal::{Kind, Principal};
use laika_claims::token::{MICRO_TYP, MICRO_TYPE, SERVICE_ACCOUNT_PREFIX};
use laika_claims::{ErrorCode, Timestamp};
use serde_json::{Map, Value, json};

use crate::error::VerifyError;
use crate::options::{IssuerRules, Limits};

/// Claims that every token has (RFC 9068 section 2.2).
const REQUIRED: [&str; 4] = ["iss", "sub", "aud", "exp"];

/// What the header's `typ` must be, compared without case and without `application/` (RFC 7515
/// section 4.1.9).
pub(crate) fn check_typ(typ: Option<&str>) -> Result<(), VerifyError> {
    let accepted = typ.is_some_and(|typ| {
        let prefix = "application/";
        let short = match typ.split_at_checked(prefix.len()) {
            Some((start, rest)) if start.eq_ignore_ascii_case(prefix) => rest,
            _ => typ,
        };
        short.eq_ignore_ascii_case(MICRO_TYP)
    });
    if accepted {
        return Ok(());
    }
    Err(VerifyError::new(
        ErrorCode::TypeMismatch,
        format!("the header's `typ` is not `{MICRO_TYP}`: this is another kind of token"),
    )
    .expecting(json!(MICRO_TYP), typ.map(|typ| json!(typ)).as_ref()))
}

/// Checks every claim, and ends with whom the token speaks for and when it expires.
pub(crate) fn check_claims(
    claims: Map<String, Value>,
    issuer: &IssuerRules,
    limits: Limits,
    now: Timestamp,
) -> Result<(Principal, Timestamp), VerifyError> {
    let typed = Typed::read(&claims)?;
    let required = REQUIRED
        .into_iter()
        .chain(issuer.required_claims.iter().map(String::as_str));
    let required = required.chain(issuer.max_token_age.map(|_| "iat"));
    for name in required {
        if !claims.contains_key(name) {
            return Err(VerifyError::claim(
                ErrorCode::ClaimMissing,
                name,
                format!("the claim `{name}` is missing"),
            ));
        }
    }
    let mismatch = |code, name: &str, message: &str, expected| {
        Err(VerifyError::claim(code, name, message).expecting(expected, claims.get(name)))
    };
    if typed.iss != issuer.issuer {
        return mismatch(
            ErrorCode::IssuerMismatch,
            "iss",
            "the token was made by another issuer",
            json!(issuer.issuer),
        );
    }
    if !typed
        .aud
        .iter()
        .any(|audience| issuer.audiences.iter().any(|ours| ours == audience))
    {
        return mismatch(
            ErrorCode::AudienceMismatch,
            "aud",
            "the token was made for another service",
            json!(issuer.audiences),
        );
    }
    if typed.token_type != Some(MICRO_TYPE) {
        return mismatch(
            ErrorCode::TypeMismatch,
            "type",
            "this is not a micro token",
            json!(MICRO_TYPE),
        );
    }
    check_times(&typed, issuer, limits, now)?;
    if issuer.refuse_status && claims.contains_key("status") {
        return Err(VerifyError::claim(
            ErrorCode::StatusUnavailable,
            "status",
            "the token can be revoked, and its status list is not available; set `status` to \
             `off` to accept it until it expires",
        ));
    }
    let expires_at = typed.exp;
    let kind = if typed.anonymous {
        Kind::Anonymous
    } else if typed.sub.starts_with(SERVICE_ACCOUNT_PREFIX) {
        Kind::ServiceAccount
    } else {
        Kind::User
    };
    let principal = Principal {
        issuer: typed.iss.to_owned(),
        subject: typed.sub.to_owned(),
        kind,
        permissions: owned(&typed.permissions),
        roles: owned(&typed.roles),
        level: typed.level,
        wildcards: true,
        claims,
    };
    Ok((principal, expires_at))
}

fn check_times(
    typed: &Typed<'_>,
    issuer: &IssuerRules,
    limits: Limits,
    now: Timestamp,
) -> Result<(), VerifyError> {
    let fail = |code, name: &str, message: String| Err(VerifyError::claim(code, name, message));
    let expired_for = now.since(typed.exp.plus(limits.clock_tolerance));
    if expired_for >= 0.0 {
        return fail(
            ErrorCode::Expired,
            "exp",
            format!("the token expired {} s ago", expired_for.floor()),
        );
    }
    let latest = now.plus(limits.clock_skew);
    if typed.nbf.is_some_and(|nbf| nbf > latest) {
        return fail(
            ErrorCode::NotYetValid,
            "nbf",
            "the token is not valid yet".to_owned(),
        );
    }
    if typed.iat.is_some_and(|iat| iat > latest) {
        return fail(
            ErrorCode::IssuedInFuture,
            "iat",
            "the token was issued in the future: a clock is wrong".to_owned(),
        );
    }
    if let (Some(most), Some(iat)) = (issuer.max_token_age, typed.iat)
        && now.since(iat) > most
    {
        return fail(
            ErrorCode::TooOld,
            "iat",
            format!("the token is older than {most} s"),
        );
    }
    Ok(())
}

/// The registered claims, each of the type that its standard says. Claims that are absent have
/// their empty value here; whether one must be present is asked of the claims themselves.
struct Typed<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: Vec<&'a str>,
    exp: Timestamp,
    nbf: Option<Timestamp>,
    iat: Option<Timestamp>,
    token_type: Option<&'a str>,
    anonymous: bool,
    permissions: Vec<&'a str>,
    roles: Vec<&'a str>,
    level: Option<i64>,
}

impl<'a> Typed<'a> {
    fn read(claims: &'a Map<String, Value>) -> Result<Self, VerifyError> {
        let reader = Reader(claims);
        for name in ["jti", "sid", "client_id", "username", "scope", "acr"] {
            reader.text(name)?;
        }
        reader.texts("amr")?;
        reader.time("auth_time")?;
        Ok(Self {
            iss: reader.text("iss")?.unwrap_or_default(),
            sub: reader.text("sub")?.unwrap_or_default(),
            aud: match claims.get("aud") {
                Some(Value::String(one)) => vec![one],
                _ => reader.texts("aud")?,
            },
            exp: reader.time("exp")?.unwrap_or(Timestamp::EPOCH),
            nbf: reader.time("nbf")?,
            iat: reader.time("iat")?,
            token_type: reader.text("type")?,
            anonymous: reader
                .read("anonymous", "a boolean", Value::as_bool)?
                .unwrap_or_default(),
            permissions: reader.texts("permissions")?,
            roles: reader.texts("roles")?,
            level: reader.read("level", "an integer", Value::as_i64)?,
        })
    }
}

struct Reader<'a>(&'a Map<String, Value>);

impl<'a> Reader<'a> {
    fn read<T>(
        &self,
        name: &str,
        kind: &str,
        convert: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, VerifyError> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        convert(value).map(Some).ok_or_else(|| {
            VerifyError::claim(
                ErrorCode::ClaimInvalid,
                name,
                format!("the claim `{name}` is not {kind}"),
            )
            .expecting(json!(kind), Some(value))
        })
    }

    fn text(&self, name: &str) -> Result<Option<&'a str>, VerifyError> {
        self.read(name, "a string", Value::as_str)
    }

    fn texts(&self, name: &str) -> Result<Vec<&'a str>, VerifyError> {
        let convert = |value: &'a Value| {
            value
                .as_array()?
                .iter()
                .map(Value::as_str)
                .collect::<Option<Vec<_>>>()
        };
        Ok(self
            .read(name, "an array of strings", convert)?
            .unwrap_or_default())
    }

    fn time(&self, name: &str) -> Result<Option<Timestamp>, VerifyError> {
        let convert = |value: &Value| value.as_f64().and_then(Timestamp::from_seconds);
        self.read(name, "a number of seconds from 0 to 2^53", convert)
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}
