//! One issuer of the options.

use laika_claims::text::{list, quoted};
use serde_json::Value;

use super::members::{self, Members};
use crate::error::OptionsError;
use crate::keys::{Discovery, Key, KeySet, KeySource};
use crate::may_assert::MayAssert;
use crate::place::Place;
use crate::profile::Profile;
use crate::uri;
use laika_signature::base64url;
use laika_signature::hmac::HmacKey;
use laika_signature::{Algorithm, Family};

/// One issuer, read and checked.
#[derive(Debug)]
pub(crate) struct IssuerOptions {
    pub(crate) keys: KeysFrom,
    pub(crate) rules: IssuerRules,
}

/// What is asked of an issuer's tokens.
#[derive(Debug)]
pub(crate) struct IssuerRules {
    pub(crate) issuer: String,
    pub(crate) audiences: Vec<String>,
    pub(crate) profile: Profile,
    /// `None`: what the keys say.
    pub(crate) algorithms: Option<Vec<Algorithm>>,
    /// Header `typ`, any of these; `None` is a header without one.
    pub(crate) typ: Vec<Option<String>>,
    /// Claims that must be there besides those of the profile.
    pub(crate) required_claims: Vec<String>,
    /// Seconds since `iat`.
    pub(crate) max_token_age: Option<f64>,
    /// Where permissions are.
    pub(crate) permission_claims: Vec<Place>,
    /// Where roles are.
    pub(crate) role_claims: Vec<Place>,
    /// Bounds of what a token may grant.
    pub(crate) may_assert: Option<MayAssert>,
    /// Whether a principal has what the claims of Laika's own names say, and all of it.
    pub(crate) is_plain: bool,
    pub(crate) status: StatusRules,
}

/// What is asked of a token's revocation status.
#[derive(Debug)]
pub(crate) struct StatusRules {
    mode: Status,
    /// Origins and URLs from which lists may be fetched.
    uris: Vec<String>,
    /// Origins that may be http.
    insecure: Vec<String>,
    /// Seconds that a list goes on while its endpoint fails.
    pub(crate) max_stale: f64,
}

impl StatusRules {
    /// Whether a token's status is not looked at.
    pub(crate) fn is_off(&self) -> bool {
        self.mode == Status::Off
    }

    /// Whether a token without a status is refused.
    pub(crate) fn is_required(&self) -> bool {
        self.mode == Status::Required
    }

    /// Whether the list at `uri` may be fetched.
    pub(crate) fn may_fetch(&self, uri: &str) -> bool {
        let named = |known: &String| known == uri || uri::origin(uri) == Some(known);
        self.uris.iter().any(named) && uri::may_fetch(uri, &self.insecure)
    }
}

/// Where the keys of an issuer come from.
#[derive(Debug)]
pub(crate) enum KeysFrom {
    Set(KeySet),
    One(Key),
    Secret(HmacKey),
    /// Keys to be fetched, and what an RSA key there that does not name its algorithm is used with.
    Remote(KeySource, Vec<Algorithm>),
}

/// An issuer as it was written, every member of its type.
#[derive(Debug, Default)]
struct RawIssuer<'a> {
    issuer: &'a str,
    audiences: Vec<String>,
    jwks: Option<&'a Value>,
    jwks_uri: Option<&'a str>,
    discover: Option<bool>,
    public_key: Option<&'a str>,
    secret: Option<&'a str>,
    algorithms: Option<Vec<Algorithm>>,
    profile: Option<Profile>,
    typ: Option<Vec<Option<String>>>,
    required_claims: Option<Vec<String>>,
    max_token_age: Option<f64>,
    permission_claims: Option<Vec<String>>,
    role_claims: Option<Vec<String>>,
    may_assert: Option<MayAssert>,
    status: Option<Status>,
    status_uris: Option<Vec<String>>,
    status_max_stale: Option<f64>,
    insecure_http: Option<Vec<String>>,
}

const MEMBERS: [&str; 19] = [
    "issuer",
    "audience",
    "jwks",
    "jwks_uri",
    "discover",
    "public_key",
    "secret",
    "algorithms",
    "profile",
    "typ",
    "required_claims",
    "max_token_age",
    "permission_claims",
    "role_claims",
    "may_assert",
    "status",
    "status_uris",
    "status_max_stale",
    "insecure_http",
];

impl<'a> RawIssuer<'a> {
    fn read(value: &'a Value, at: &'a str) -> Result<Self, Box<OptionsError>> {
        let members = Members::read(value, at, &MEMBERS)?;
        let typ = |value: &Value, at: &str| match value {
            Value::Null => Ok(None),
            typ => members::text(typ, at).map(|typ| Some(typ.to_owned())),
        };
        // One after the other into what is there already: an error then has one thing to drop,
        // and not as many as were read before it.
        let issuer = members::text(members.required("issuer")?, &members.path("issuer"))?;
        let mut raw = Self { issuer, ..Self::default() };
        raw.audiences = read_audiences(&members)?;
        raw.jwks = members.get("jwks");
        raw.jwks_uri = members.text("jwks_uri")?;
        raw.discover = members.switch("discover")?;
        raw.public_key = members.text("public_key")?;
        raw.secret = members.text("secret")?;
        raw.algorithms = members.items("algorithms", read_algorithm)?;
        raw.profile = members.word("profile", &Profile::NAMES)?;
        raw.typ = members.items("typ", typ)?;
        raw.required_claims = members.texts("required_claims")?;
        raw.max_token_age = members.number("max_token_age")?;
        raw.permission_claims = members.texts("permission_claims")?;
        raw.role_claims = members.texts("role_claims")?;
        raw.may_assert = members
            .get("may_assert")
            .map(|value| MayAssert::read(value, &members.path("may_assert")))
            .transpose()?;
        raw.status = members.word("status", &Status::NAMES)?;
        raw.status_uris = members.texts("status_uris")?;
        raw.status_max_stale = members.number("status_max_stale")?;
        raw.insecure_http = members.texts("insecure_http")?;
        Ok(raw)
    }
}

fn read_audiences(members: &Members<'_>) -> Result<Vec<String>, Box<OptionsError>> {
    match members.required("audience")? {
        Value::String(audience) => Ok(vec![audience.clone()]),
        Value::Array(_) => Ok(members.texts("audience")?.unwrap_or_default()),
        _ => {
            let message = "expected a string or an array of strings";
            Err(OptionsError::new(&members.path("audience"), message))
        }
    }
}

fn read_algorithm(value: &Value, at: &str) -> Result<Algorithm, Box<OptionsError>> {
    let name = members::text(value, at)?;
    Algorithm::from_name(name).ok_or_else(|| {
        let known = list(&Algorithm::ALL.map(Algorithm::as_str));
        let name = quoted(name);
        let message = format!("`{name}` is no algorithm of this verifier; there are {known}");
        OptionsError::new(at, &message)
    })
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Status {
    Off,
    IfPresent,
    Required,
}

impl Status {
    const NAMES: [(&str, Self); 3] =
        [("off", Self::Off), ("if-present", Self::IfPresent), ("required", Self::Required)];
}

/// Default and bounds of `status_max_stale`, in seconds.
const MAX_STALE: f64 = 300.0;
const MOST_STALE: f64 = 86_400.0;

/// Reads the issuer that stands at `at`.
pub(super) fn read_issuer(value: &Value, at: &str) -> Result<IssuerOptions, Box<OptionsError>> {
    let raw = RawIssuer::read(value, at)?;
    let keys = read_keys(&raw, at)?;
    let status = read_status(&raw, &keys, at)?;
    let refuse =
        |name: &str, message: &str| Err(OptionsError::new(&format!("{at}.{name}"), message));
    if raw.issuer.is_empty() {
        return refuse("issuer", "write the exact `iss` of the issuer's tokens");
    }
    if raw.audiences.is_empty() || raw.audiences.iter().any(String::is_empty) {
        return refuse("audience", "write the audience of this service, or several of them");
    }
    if raw.typ.as_ref().is_some_and(Vec::is_empty) {
        return refuse("typ", "name at least one `typ`, or leave it out for that of the profile");
    }
    if raw.max_token_age.is_some_and(|age| !(age > 0.0 && age.is_finite())) {
        return refuse("max_token_age", "write a number of seconds above 0");
    }
    let profile = raw.profile.unwrap_or_default();
    let permission_claims = places(raw.permission_claims, profile.permission_claims());
    let role_claims = places(raw.role_claims, profile.role_claims());
    let is_plain = profile == Profile::Laika
        && raw.may_assert.is_none()
        && permission_claims == places(None, profile.permission_claims())
        && role_claims == places(None, profile.role_claims());
    let rules = IssuerRules {
        issuer: raw.issuer.to_owned(),
        audiences: raw.audiences,
        profile,
        algorithms: raw.algorithms,
        typ: raw
            .typ
            .unwrap_or_else(|| profile.typ().iter().map(|typ| typ.map(str::to_owned)).collect()),
        required_claims: raw.required_claims.unwrap_or_default(),
        max_token_age: raw.max_token_age,
        permission_claims,
        role_claims,
        is_plain,
        may_assert: raw.may_assert,
        status,
    };
    Ok(IssuerOptions { keys, rules })
}

/// The places that were named, or those of the profile.
fn places(named: Option<Vec<String>>, defaults: &[&str]) -> Vec<Place> {
    match named {
        Some(named) => named.iter().map(|place| Place::parse(place)).collect(),
        None => defaults.iter().map(|place| Place::parse(place)).collect(),
    }
}

fn read_keys(raw: &RawIssuer<'_>, at: &str) -> Result<KeysFrom, Box<OptionsError>> {
    let refuse =
        |name: &str, message: &str| Err(OptionsError::new(&format!("{at}.{name}"), message));
    let algorithms = raw.algorithms.as_deref();
    if algorithms.is_some_and(<[_]>::is_empty) {
        return refuse("algorithms", "name at least one algorithm, or leave `algorithms` out");
    }
    let insecure = raw.insecure_http.as_deref().unwrap_or_default();
    if insecure.iter().any(|origin| uri::origin(origin) != Some(origin)) {
        return refuse("insecure_http", "write origins, such as `http://issuer.internal:8080`");
    }
    let discover = raw.discover.unwrap_or(false).then_some(());
    let keys = match (raw.jwks, raw.jwks_uri, discover, raw.public_key, raw.secret) {
        (Some(set), None, None, None, None) => match KeySet::from_value(set, &rsa(algorithms)) {
            Ok(keys) => KeysFrom::Set(keys),
            Err(why) => return refuse("jwks", &why),
        },
        (None, Some(uri), None, None, None) if uri::may_fetch(uri, insecure) => {
            KeysFrom::Remote(KeySource::Uri(uri.to_owned()), rsa(algorithms))
        }
        (None, None, Some(()), None, None) => match Discovery::new(raw.issuer, insecure) {
            Some(discovery) => KeysFrom::Remote(KeySource::Discovery(discovery), rsa(algorithms)),
            None => {
                return refuse(
                    "discover",
                    "metadata are fetched from the issuer by https; plain http needs its origin \
                     in `insecure_http`, and an issuer that is no URL needs `jwks_uri`",
                );
            }
        },
        (None, Some(_), None, None, None) => {
            return refuse(
                "jwks_uri",
                "keys are fetched by https; plain http needs its origin in `insecure_http`",
            );
        }
        (None, None, None, Some(pem), None) => match Key::from_pem(pem, &rsa(algorithms)) {
            Ok(key) => KeysFrom::One(key),
            Err(why) => return refuse("public_key", why),
        },
        (None, None, None, None, Some(secret)) => match read_secret(secret, algorithms) {
            Ok(key) => KeysFrom::Secret(key),
            Err(why) => return refuse("secret", why),
        },
        _ => {
            return Err(OptionsError::new(
                at,
                "give the keys by one of `jwks`, `jwks_uri`, `discover`, `public_key` and `secret`",
            ));
        }
    };
    let is_secret = matches!(keys, KeysFrom::Secret(_));
    let foreign = |algorithm: &&Algorithm| (algorithm.family() == Family::Hmac) != is_secret;
    match algorithms.unwrap_or_default().iter().find(foreign) {
        None => Ok(keys),
        Some(algorithm) => {
            refuse("algorithms", &format!("`{algorithm}` can't be used with keys of this kind"))
        }
    }
}

fn read_status(
    raw: &RawIssuer<'_>,
    keys: &KeysFrom,
    at: &str,
) -> Result<StatusRules, Box<OptionsError>> {
    let error = |name: &str, message: &str| OptionsError::new(&format!("{at}.{name}"), message);
    let insecure = raw.insecure_http.clone().unwrap_or_default();
    let named = raw.status_uris.clone().unwrap_or_default();
    if !named.iter().all(|known| uri::may_fetch(known, &insecure)) {
        return Err(error(
            "status_uris",
            "write origins or whole URLs by https; plain http needs its origin in `insecure_http`",
        ));
    }
    let max_stale = raw.status_max_stale.unwrap_or(MAX_STALE);
    if !(0.0..=MOST_STALE).contains(&max_stale) {
        return Err(error("status_max_stale", "write a number of seconds from 0 to 86400"));
    }
    let mode = raw.status.unwrap_or(match keys {
        KeysFrom::Set(_) | KeysFrom::One(_) | KeysFrom::Secret(_) => Status::Off,
        KeysFrom::Remote(..) => Status::IfPresent,
    });
    let origin = uri::origin(raw.issuer).map(str::to_owned);
    let uris = named.into_iter().chain(origin).collect();
    Ok(StatusRules { mode, uris, insecure, max_stale })
}

/// What an RSA key that does not name its algorithm is used with: what the options allow, or RS256.
fn rsa(algorithms: Option<&[Algorithm]>) -> Vec<Algorithm> {
    let Some(named) = algorithms else {
        return vec![Algorithm::Rs256];
    };
    named.iter().copied().filter(|algorithm| algorithm.family() == Family::Rsa).collect()
}

fn read_secret(text: &str, algorithms: Option<&[Algorithm]>) -> Result<HmacKey, &'static str> {
    let bytes = base64url::decode(text).ok_or("a secret is written in base64url")?;
    match algorithms {
        None => HmacKey::new(bytes, Algorithm::Hs256),
        Some([algorithm]) => HmacKey::new(bytes, *algorithm),
        Some(_) => Err("a secret is used with one algorithm: name it alone in `algorithms`"),
    }
}
