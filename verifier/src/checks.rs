//! The header's type and the claims of a token whose signature holds, in the order that
//! `docs/contract/verifier.md` fixes: types, presence, issuer, audience, type, times.

use std::fmt;

use laika_claims::json::{Object, Seen};
use laika_claims::principal::{Kind, Principal};
use laika_claims::time::Seconds;
use laika_claims::token::SERVICE_ACCOUNT_PREFIX;
use laika_claims::{ErrorCode, Timestamp};
use serde_json::Value;

use crate::error::VerifyError;
use crate::options::{IssuerRules, Limits};
use crate::place::{Single, texts_at};
use crate::profile::{Profile, is_typ};
use crate::status;

/// Refuses a header whose `typ` this issuer's tokens do not have.
pub(crate) fn check_typ(typ: Option<&str>, issuer: &IssuerRules) -> Result<(), VerifyError> {
    let fits = |accepted: &Option<String>| match (accepted, typ) {
        (Some(accepted), Some(typ)) => is_typ(accepted, typ),
        (accepted, typ) => accepted.is_none() && typ.is_none(),
    };
    if issuer.typ.iter().any(fits) {
        return Ok(());
    }
    Err(other_typ(typ, issuer))
}

#[cold]
#[inline(never)]
fn other_typ(typ: Option<&str>, issuer: &IssuerRules) -> VerifyError {
    let message = format_args!("the header's `typ` says that this is another kind of token");
    let accepted = issuer.typ.iter().map(|typ| typ.clone().map_or(Value::Null, Value::String));
    VerifyError::new(ErrorCode::TypeMismatch, message)
        .expecting(Value::Array(accepted.collect()), typ.map(Value::from))
}

/// A token whose claims have passed every check but that of its status.
#[derive(Debug)]
pub(crate) struct Checked {
    /// Whom it speaks for.
    pub(crate) principal: Principal,
    pub(crate) times: Times,
    /// What it says of its status, where the issuer's rules look at that.
    pub(crate) status: Option<status::Claim>,
    /// Whether the principal has what the claims of Laika's own names say, and all of it.
    pub(crate) plain: bool,
}

/// When a token is valid, by its own word.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    pub(crate) exp: Timestamp,
    nbf: Option<Timestamp>,
    iat: Option<Timestamp>,
}

/// Checks every claim but the status, in the fixed order.
pub(crate) fn check_claims(
    claims: Object,
    issuer: &IssuerRules,
    limits: Limits,
    now: Timestamp,
) -> Result<Checked, VerifyError> {
    let typed = Typed::read(&claims, issuer)?;
    let audience_claim = issuer.profile.audience_claim();
    let required = ["iss", "sub", audience_claim, "exp"].into_iter();
    let required = required.chain(issuer.required_claims.iter().map(String::as_str));
    let required = required.chain(issuer.max_token_age.map(|_| "iat"));
    for name in required.chain(issuer.status.is_required().then_some("status")) {
        if !claims.has(name) {
            let message = format_args!("the claim `{name}` is missing");
            return Err(VerifyError::claim(ErrorCode::ClaimMissing, name, message));
        }
    }
    if !issuer.is_issuer(typed.iss) {
        return Err(other_issuer(&claims, issuer));
    }
    if typed.ours.is_empty() {
        return Err(other_audience(&claims, issuer));
    }
    issuer.profile.check_kind(&claims, &issuer.typ)?;
    check_times(typed.times, issuer, limits, now)?;
    let (times, status) = (typed.times, typed.status);
    let mut principal = Principal {
        issuer: issuer.issuer.clone(),
        subject: typed.sub.to_owned(),
        kind: typed.kind,
        permissions: typed.permissions,
        roles: typed.roles,
        level: typed.level,
        wildcards: issuer.profile.has_wildcards(),
        claims,
    };
    if let Some(may_assert) = &issuer.may_assert {
        may_assert.restrict(&mut principal);
    }
    Ok(Checked { principal, times, status, plain: issuer.is_plain })
}

// What refuses stands apart: engines make code of what is called, and most tokens are good.

#[cold]
#[inline(never)]
fn other_issuer(claims: &Object, issuer: &IssuerRules) -> VerifyError {
    let message = format_args!("the token was made by another issuer");
    VerifyError::claim(ErrorCode::IssuerMismatch, "iss", message)
        .expecting(issuer.issuer.clone().into(), claims.member("iss").map(Seen::to_value))
}

#[cold]
#[inline(never)]
fn other_audience(claims: &Object, issuer: &IssuerRules) -> VerifyError {
    let name = issuer.profile.audience_claim();
    let message = format_args!("the token was made for another service");
    VerifyError::claim(ErrorCode::AudienceMismatch, name, message)
        .expecting(issuer.audiences.clone().into(), claims.member(name).map(Seen::to_value))
}

#[cold]
#[inline(never)]
fn of_another_type(name: &str, kind: &str, value: Seen<'_>) -> VerifyError {
    let message = format_args!("the claim `{name}` is not {kind}");
    VerifyError::claim(ErrorCode::ClaimInvalid, name, message)
        .expecting(kind.into(), Some(value.to_value()))
}

/// Checks the times, which is all of the claims that can change while a token is kept.
pub(crate) fn check_times(
    times: Times,
    issuer: &IssuerRules,
    limits: Limits,
    now: Timestamp,
) -> Result<(), VerifyError> {
    let fail = |code, name: &str, message: fmt::Arguments<'_>| {
        Err(VerifyError::claim(code, name, message))
    };
    let expired_for = now.since(times.exp.plus(limits.clock_tolerance));
    if expired_for >= 0.0 {
        let ago = Seconds(expired_for.floor());
        let message = format_args!("the token expired {ago} s ago");
        return fail(ErrorCode::Expired, "exp", message);
    }
    let latest = now.plus(limits.clock_skew);
    if times.nbf.is_some_and(|nbf| nbf > latest) {
        return fail(ErrorCode::NotYetValid, "nbf", format_args!("the token is not valid yet"));
    }
    if times.iat.is_some_and(|iat| iat > latest) {
        let message = format_args!("the token was issued in the future: a clock is wrong");
        return fail(ErrorCode::IssuedInFuture, "iat", message);
    }
    if let (Some(most), Some(iat)) = (issuer.max_token_age, times.iat)
        && now.since(iat) > most
    {
        let most = Seconds(most);
        let message = format_args!("the token is older than {most} s");
        return fail(ErrorCode::TooOld, "iat", message);
    }
    Ok(())
}

/// The claims that are checked or mapped, each of the type that its standard says. Claims that are
/// absent have their empty value here; whether one must be present is asked of the claims
/// themselves.
struct Typed<'a> {
    iss: &'a str,
    sub: &'a str,
    /// Those of our audiences that the token was made for.
    ours: Vec<&'a str>,
    times: Times,
    status: Option<status::Claim>,
    kind: Kind,
    permissions: Vec<String>,
    roles: Vec<String>,
    level: Option<i64>,
}

impl<'a> Typed<'a> {
    fn read(claims: &'a Object, issuer: &'a IssuerRules) -> Result<Self, VerifyError> {
        let reader = Reader(claims);
        for name in ["jti", "sid", "client_id", "username", "scope", "acr", "type"] {
            reader.text(name)?;
        }
        reader.texts("amr")?;
        reader.time("auth_time")?;
        let audience_claim = issuer.profile.audience_claim();
        let named = match claims.member(audience_claim).and_then(Seen::text) {
            Some(one) => vec![one],
            None => reader.texts(audience_claim)?,
        };
        let ours = issuer.audiences.iter().map(String::as_str);
        let ours: Vec<_> = ours.filter(|audience| named.contains(audience)).collect();
        let is_laika = issuer.profile == Profile::Laika;
        let at = |places, single| {
            let single = if is_laika { Single::Refused } else { single };
            texts_at(claims, places, &ours, single)
        };
        let sub = reader.text("sub")?.unwrap_or_default();
        let anonymous =
            is_laika && reader.read("anonymous", "a boolean", Seen::switch)?.unwrap_or_default();
        Ok(Self {
            iss: reader.text("iss")?.unwrap_or_default(),
            sub,
            times: Times {
                exp: reader.time("exp")?.unwrap_or(Timestamp::EPOCH),
                nbf: reader.time("nbf")?,
                iat: reader.time("iat")?,
            },
            status: if issuer.status.is_off() {
                None
            } else {
                {
                    let read = |seen: Seen<'_>| status::Claim::read(&seen.to_value());
                    reader.read("status", "a reference to a status list", read)?
                }
            },
            kind: match is_laika && sub.starts_with(SERVICE_ACCOUNT_PREFIX) {
                _ if anonymous => Kind::Anonymous,
                true => Kind::ServiceAccount,
                false => Kind::User,
            },
            permissions: at(&issuer.permission_claims, Single::Split)?,
            roles: at(&issuer.role_claims, Single::Whole)?,
            level: if is_laika { reader.read("level", "an integer", Seen::integer)? } else { None },
            ours,
        })
    }
}

struct Reader<'a>(&'a Object);

impl<'a> Reader<'a> {
    fn read<T>(
        &self,
        name: &str,
        kind: &str,
        convert: impl Fn(Seen<'a>) -> Option<T>,
    ) -> Result<Option<T>, VerifyError> {
        let Some(value) = self.0.member(name) else {
            return Ok(None);
        };
        convert(value).map(Some).ok_or_else(|| of_another_type(name, kind, value))
    }

    fn text(&self, name: &str) -> Result<Option<&'a str>, VerifyError> {
        self.read(name, "a string", Seen::text)
    }

    fn texts(&self, name: &str) -> Result<Vec<&'a str>, VerifyError> {
        Ok(self.read(name, "an array of strings", Seen::texts)?.unwrap_or_default())
    }

    fn time(&self, name: &str) -> Result<Option<Timestamp>, VerifyError> {
        self.read(name, "a number of seconds from 0 to 2^53", moment)
    }
}

/// A moment as tokens write it (`NumericDate`). An integer just above 2^53 would be rounded to it.
pub(crate) fn moment(seen: Seen<'_>) -> Option<Timestamp> {
    if seen.integer().is_some_and(|integer| integer > 1 << 53) {
        return None;
    }
    seen.number().and_then(Timestamp::from_seconds)
}
