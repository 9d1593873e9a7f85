//! One issuer of the options.

use serde::Deserialize;
use serde_json::Value;

use super::read;
use crate::algorithm::{Algorithm, Family};
use crate::error::OptionsError;
use crate::keys::{Key, KeySet};
use crate::may_assert::MayAssert;
use crate::profile::Profile;
use crate::signature::hmac::HmacKey;
use crate::{base64url, uri};

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
    /// Where permissions are: names or JSON pointers.
    pub(crate) permission_claims: Vec<String>,
    /// Where roles are, likewise.
    pub(crate) role_claims: Vec<String>,
    /// Bounds of what a token may grant.
    pub(crate) may_assert: Option<MayAssert>,
    /// Whether a token that carries a revocation status is refused, because no status list can be
    /// had; otherwise its status is not looked at.
    pub(crate) refuse_status: bool,
}

/// Where the keys of an issuer come from.
#[derive(Debug)]
pub(crate) enum KeysFrom {
    Set(KeySet),
    One(Key),
    Secret(HmacKey),
    /// A URL, and what an RSA key there that does not name its algorithm is used with.
    Uri(String, Vec<Algorithm>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIssuer {
    issuer: String,
    audience: OneOrMany,
    jwks: Option<Value>,
    jwks_uri: Option<String>,
    public_key: Option<String>,
    secret: Option<String>,
    algorithms: Option<Vec<Algorithm>>,
    profile: Option<Profile>,
    typ: Option<Vec<Option<String>>>,
    required_claims: Option<Vec<String>>,
    max_token_age: Option<f64>,
    permission_claims: Option<Vec<String>>,
    role_claims: Option<Vec<String>>,
    may_assert: Option<MayAssert>,
    status: Option<Status>,
    insecure_http: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Status {
    Off,
    IfPresent,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a string or an array of strings")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// Reads the issuer that stands at `at`.
pub(super) fn read_issuer(value: Value, at: &str) -> Result<IssuerOptions, OptionsError> {
    let raw: RawIssuer = read(value, at)?;
    let keys = read_keys(&raw, at)?;
    let refuse =
        |name: &str, message: &str| Err(OptionsError::new(format!("{at}.{name}"), message));
    if raw.issuer.is_empty() {
        return refuse("issuer", "write the exact `iss` of the issuer's tokens");
    }
    let audiences = match raw.audience {
        OneOrMany::One(audience) => vec![audience],
        OneOrMany::Many(audiences) => audiences,
    };
    if audiences.is_empty() || audiences.iter().any(String::is_empty) {
        return refuse("audience", "write the audience of this service, or several of them");
    }
    if raw.typ.as_ref().is_some_and(Vec::is_empty) {
        return refuse("typ", "name at least one `typ`, or leave it out for that of the profile");
    }
    if raw.max_token_age.is_some_and(|age| !(age > 0.0 && age.is_finite())) {
        return refuse("max_token_age", "write a number of seconds above 0");
    }
    let default_status = match keys {
        KeysFrom::Set(_) | KeysFrom::One(_) | KeysFrom::Secret(_) => Status::Off,
        KeysFrom::Uri(..) => Status::IfPresent,
    };
    let profile = raw.profile.unwrap_or_default();
    let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    let rules = IssuerRules {
        issuer: raw.issuer,
        audiences,
        profile,
        algorithms: raw.algorithms,
        typ: raw
            .typ
            .unwrap_or_else(|| profile.typ().iter().map(|typ| typ.map(str::to_owned)).collect()),
        required_claims: raw.required_claims.unwrap_or_default(),
        max_token_age: raw.max_token_age,
        permission_claims: raw
            .permission_claims
            .unwrap_or_else(|| owned(profile.permission_claims())),
        role_claims: raw.role_claims.unwrap_or_else(|| owned(profile.role_claims())),
        may_assert: raw.may_assert,
        refuse_status: raw.status.unwrap_or(default_status) == Status::IfPresent,
    };
    Ok(IssuerOptions { keys, rules })
}

fn read_keys(raw: &RawIssuer, at: &str) -> Result<KeysFrom, OptionsError> {
    let refuse =
        |name: &str, message: &str| Err(OptionsError::new(format!("{at}.{name}"), message));
    let algorithms = raw.algorithms.as_deref();
    if algorithms.is_some_and(<[_]>::is_empty) {
        return refuse("algorithms", "name at least one algorithm, or leave `algorithms` out");
    }
    let insecure = raw.insecure_http.as_deref().unwrap_or_default();
    if insecure.iter().any(|origin| uri::origin(origin) != Some(origin)) {
        return refuse("insecure_http", "write origins, such as `http://issuer.internal:8080`");
    }
    let keys = match (&raw.jwks, &raw.jwks_uri, &raw.public_key, &raw.secret) {
        (Some(set), None, None, None) => match KeySet::from_value(set, &rsa(algorithms)) {
            Ok(keys) => KeysFrom::Set(keys),
            Err(why) => return refuse("jwks", &why),
        },
        (None, Some(uri), None, None) if uri::may_fetch(uri, insecure) => {
            KeysFrom::Uri(uri.clone(), rsa(algorithms))
        }
        (None, Some(_), None, None) => {
            return refuse(
                "jwks_uri",
                "keys are fetched by https; plain http needs its origin in `insecure_http`",
            );
        }
        (None, None, Some(pem), None) => match Key::from_pem(pem, &rsa(algorithms)) {
            Ok(key) => KeysFrom::One(key),
            Err(why) => return refuse("public_key", why),
        },
        (None, None, None, Some(secret)) => match read_secret(secret, algorithms) {
            Ok(key) => KeysFrom::Secret(key),
            Err(why) => return refuse("secret", why),
        },
        _ => {
            return Err(OptionsError::new(
                at,
                "give the keys by one of `jwks`, `jwks_uri`, `public_key` and `secret`",
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
