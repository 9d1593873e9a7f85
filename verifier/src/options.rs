//! What a verifier is told: one struct for every face.
//!
//! Names are snake_case here and in the filter's configuration; the JavaScript face spells them in
//! camelCase. Unknown members are refused, never ignored.

use laika_claims::ErrorCode;
use laika_claims::json::{self, DOCUMENT_LIMITS};
use laika_claims::policy::{Context, Policy};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Error as _};
use serde_json::Value;

use crate::algorithm::{Algorithm, Family};
use crate::error::OptionsError;
use crate::keys::{Key, KeySet};
use crate::signature::hmac::HmacKey;
use crate::{base64url, uri};

/// Options of a [`Verifier`](crate::Verifier), read and checked.
#[derive(Debug)]
pub struct Options {
    pub(crate) issuers: Vec<IssuerOptions>,
    pub(crate) policy: Option<Policy>,
    pub(crate) limits: Limits,
}

/// Bounds that hold for every issuer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Seconds added to `exp`.
    pub(crate) clock_tolerance: f64,
    /// Seconds `nbf` and `iat` may lie ahead.
    pub(crate) clock_skew: f64,
    /// Bytes.
    pub(crate) max_token_size: usize,
}

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
    /// `None`: what the keys say.
    pub(crate) algorithms: Option<Vec<Algorithm>>,
    /// Claims that must be there besides `iss`, `sub`, `aud` and `exp`.
    pub(crate) required_claims: Vec<String>,
    /// Seconds since `iat`.
    pub(crate) max_token_age: Option<f64>,
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
struct RawOptions {
    issuers: Value,
    policy: Option<Value>,
    clock_tolerance: Option<f64>,
    clock_skew: Option<f64>,
    max_token_size: Option<usize>,
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
    required_claims: Option<Vec<String>>,
    max_token_age: Option<f64>,
    status: Option<Status>,
    insecure_http: Option<Vec<String>>,
}

/// What kind of issuer it is. There is one so far.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Profile {
    Laika,
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

/// Most bytes a token may be allowed to have.
const MAX_TOKEN_SIZE: usize = 1024 * 1024;
const DEFAULT_TOKEN_SIZE: usize = 16 * 1024;
const DEFAULT_SKEW: f64 = 60.0;
/// No clock is a day wrong by accident.
const MAX_SECONDS: f64 = 86_400.0;

impl Options {
    /// Reads options from JSON text, strictly.
    ///
    /// # Errors
    /// The first thing that is not understood, where it stands, and how to mend it.
    pub fn from_json(text: &str) -> Result<Self, OptionsError> {
        let document = json::parse(text.as_bytes(), DOCUMENT_LIMITS)
            .map_err(|error| OptionsError::new("", error.message))?;
        Self::from_value(document)
    }

    /// Reads options from a JSON value.
    ///
    /// # Errors
    /// As [`Options::from_json`].
    pub fn from_value(document: Value) -> Result<Self, OptionsError> {
        let raw: RawOptions = read(document, "")?;
        let issuers = match raw.issuers {
            Value::Array(items) => items
                .into_iter()
                .enumerate()
                .map(|(index, item)| read_issuer(item, &format!("issuers[{index}]")))
                .collect::<Result<Vec<_>, _>>()?,
            one => vec![read_issuer(one, "issuers")?],
        };
        match issuers.as_slice() {
            [] => return Err(OptionsError::new("issuers", "name at least one issuer")),
            [_] => {}
            _ => {
                return Err(OptionsError::new(
                    "issuers",
                    "several issuers need `may_assert` for each, which this version does not \
                     have: make one verifier for each issuer",
                ));
            }
        }
        Ok(Self {
            issuers,
            policy: raw.policy.map(read_policy).transpose()?,
            limits: Limits {
                clock_tolerance: seconds(raw.clock_tolerance, 0.0, "clock_tolerance")?,
                clock_skew: seconds(raw.clock_skew, DEFAULT_SKEW, "clock_skew")?,
                max_token_size: match raw.max_token_size {
                    None => DEFAULT_TOKEN_SIZE,
                    Some(bytes @ 1..=MAX_TOKEN_SIZE) => bytes,
                    Some(_) => {
                        return Err(OptionsError::new(
                            "max_token_size",
                            format!("write a number of bytes from 1 to {MAX_TOKEN_SIZE}"),
                        ));
                    }
                },
            },
        })
    }
}

fn read_issuer(value: Value, at: &str) -> Result<IssuerOptions, OptionsError> {
    let raw: RawIssuer = read(value, at)?;
    let refuse =
        |name: &str, message: &str| Err(OptionsError::new(format!("{at}.{name}"), message));
    // There is one profile so far; naming it changes nothing.
    let Profile::Laika = raw.profile.unwrap_or(Profile::Laika);
    if raw.issuer.is_empty() {
        return refuse("issuer", "write the exact `iss` of the issuer's tokens");
    }
    let audiences = match raw.audience {
        OneOrMany::One(audience) => vec![audience],
        OneOrMany::Many(audiences) => audiences,
    };
    if audiences.is_empty() || audiences.iter().any(String::is_empty) {
        return refuse(
            "audience",
            "write the audience of this service, or several of them",
        );
    }
    if raw.algorithms.as_ref().is_some_and(Vec::is_empty) {
        return refuse(
            "algorithms",
            "name at least one algorithm, or leave `algorithms` out",
        );
    }
    let insecure = raw.insecure_http.unwrap_or_default();
    if insecure
        .iter()
        .any(|origin| uri::origin(origin) != Some(origin))
    {
        return refuse(
            "insecure_http",
            "write origins, such as `http://issuer.internal:8080`",
        );
    }
    let algorithms = raw.algorithms.as_deref();
    let keys = match (raw.jwks, raw.jwks_uri, raw.public_key, raw.secret) {
        (Some(set), None, None, None) => match KeySet::from_value(&set, &rsa(algorithms)) {
            Ok(keys) => KeysFrom::Set(keys),
            Err(why) => return refuse("jwks", &why),
        },
        (None, Some(uri), None, None) if uri::may_fetch(&uri, &insecure) => {
            KeysFrom::Uri(uri, rsa(algorithms))
        }
        (None, Some(_), None, None) => {
            return refuse(
                "jwks_uri",
                "keys are fetched by https; plain http needs its origin in `insecure_http`",
            );
        }
        (None, None, Some(pem), None) => match Key::from_pem(&pem, &rsa(algorithms)) {
            Ok(key) => KeysFrom::One(key),
            Err(why) => return refuse("public_key", why),
        },
        (None, None, None, Some(secret)) => match read_secret(&secret, algorithms) {
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
    if let Some(algorithm) = algorithms.unwrap_or_default().iter().find(foreign) {
        return refuse(
            "algorithms",
            &format!("`{algorithm}` can't be used with keys of this kind"),
        );
    }
    let default_status = match keys {
        KeysFrom::Set(_) | KeysFrom::One(_) | KeysFrom::Secret(_) => Status::Off,
        KeysFrom::Uri(..) => Status::IfPresent,
    };
    let rules = IssuerRules {
        issuer: raw.issuer,
        audiences,
        algorithms: raw.algorithms,
        required_claims: raw.required_claims.unwrap_or_default(),
        max_token_age: match raw.max_token_age {
            Some(age) if !(age > 0.0 && age.is_finite()) => {
                return refuse("max_token_age", "write a number of seconds above 0");
            }
            age => age,
        },
        refuse_status: raw.status.unwrap_or(default_status) == Status::IfPresent,
    };
    Ok(IssuerOptions { keys, rules })
}

/// What an RSA key that does not name its algorithm is used with: what the options allow, or RS256.
fn rsa(algorithms: Option<&[Algorithm]>) -> Vec<Algorithm> {
    let Some(named) = algorithms else {
        return vec![Algorithm::Rs256];
    };
    named
        .iter()
        .copied()
        .filter(|algorithm| algorithm.family() == Family::Rsa)
        .collect()
}

fn read_secret(text: &str, algorithms: Option<&[Algorithm]>) -> Result<HmacKey, &'static str> {
    let bytes = base64url::decode(text).ok_or("a secret is written in base64url")?;
    match algorithms {
        None => HmacKey::new(bytes, Algorithm::Hs256),
        Some([algorithm]) => HmacKey::new(bytes, *algorithm),
        Some(_) => Err("a secret is used with one algorithm: name it alone in `algorithms`"),
    }
}

fn read_policy(value: Value) -> Result<Policy, OptionsError> {
    let context = Context::default();
    let policy = match &value {
        Value::String(text) => Policy::from_json(text, context),
        document => Policy::from_value(document, context),
    };
    policy.map_err(|error| {
        let at = if error.at.is_empty() {
            "policy".to_owned()
        } else {
            format!("policy.{}", error.at)
        };
        OptionsError {
            code: ErrorCode::PolicyInvalid,
            at,
            message: error.message,
        }
    })
}

fn seconds(value: Option<f64>, default: f64, at: &str) -> Result<f64, OptionsError> {
    match value {
        None => Ok(default),
        Some(seconds) if (0.0..=MAX_SECONDS).contains(&seconds) => Ok(seconds),
        Some(_) => Err(OptionsError::new(
            at,
            "write a number of seconds from 0 to 86400",
        )),
    }
}

/// Deserialises an object; an error says which member it was.
fn read<T: DeserializeOwned>(value: Value, at: &str) -> Result<T, OptionsError> {
    if !value.is_object() {
        return Err(OptionsError::new(at, "expected an object"));
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let at = match (at, error.path().to_string()) {
            (at, member) if member == "." => at.to_owned(),
            ("", member) => member,
            (at, member) => format!("{at}.{member}"),
        };
        OptionsError::new(at, error.into_inner().to_string())
    })
}

impl<'de> Deserialize<'de> for Options {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({ "issuers": [{
            "issuer": "https://id.example", "audience": "orders",
            "jwks_uri": "https://id.example/.well-known/jwks.json",
        }]})
    }

    #[test]
    fn defaults_are_the_contract() {
        let options = Options::from_value(document()).unwrap();
        assert_eq!(options.limits.clock_tolerance, 0.0);
        assert_eq!(options.limits.clock_skew, 60.0);
        assert_eq!(options.limits.max_token_size, 16_384);
        assert!(options.policy.is_none());
        assert!(options.issuers[0].rules.refuse_status);
        let one = document()["issuers"][0].clone();
        assert!(Options::from_value(json!({ "issuers": one })).is_ok());
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_place() {
        let top = |name: &str, value: Value| {
            let mut document = document();
            document[name] = value;
            Options::from_value(document).unwrap_err()
        };
        let inner = |name: &str, value: Value| {
            let mut document = document();
            document["issuers"][0][name] = value;
            Options::from_value(document).unwrap_err()
        };
        for (error, at, words) in [
            (top("polciy", json!({})), "polciy", "unknown field `polciy`"),
            (top("issuers", json!([])), "issuers", "at least one"),
            (top("issuers", json!("x")), "issuers", "expected an object"),
            (top("clock_skew", json!(-1)), "clock_skew", "seconds"),
            (
                top("clock_tolerance", json!("1")),
                "clock_tolerance",
                "invalid type",
            ),
            (top("max_token_size", json!(0)), "max_token_size", "bytes"),
            (
                top("policy", json!({ "version": 2 })),
                "policy.version",
                "only version",
            ),
            (top("policy", json!("{")), "policy", "EOF"),
            (
                inner("issuer", json!("")),
                "issuers[0].issuer",
                "exact `iss`",
            ),
            (
                inner("audience", json!([])),
                "issuers[0].audience",
                "audience",
            ),
            (
                inner("audience", json!([""])),
                "issuers[0].audience",
                "audience",
            ),
            (
                inner("audience", Value::Null),
                "issuers[0].audience",
                "a string or an array",
            ),
            (
                inner("jwks", json!({ "keys": [] })),
                "issuers[0]",
                "one of `jwks`",
            ),
            (
                inner("jwks_uri", json!("http://id.example/")),
                "issuers[0].jwks_uri",
                "insecure_http",
            ),
            (
                inner("jwks_uri", Value::Null),
                "issuers[0]",
                "one of `jwks`",
            ),
            (
                inner("algorithms", json!([])),
                "issuers[0].algorithms",
                "at least one",
            ),
            (
                inner("algorithms", json!(["none"])),
                "issuers[0].algorithms[0]",
                "`none` is no algorithm",
            ),
            (
                inner("profile", json!("okta")),
                "issuers[0].profile",
                "unknown variant `okta`",
            ),
            (
                inner("status", json!("required")),
                "issuers[0].status",
                "unknown variant `required`",
            ),
            (
                inner("max_token_age", json!(0)),
                "issuers[0].max_token_age",
                "above 0",
            ),
            (
                inner("insecure_http", json!(["x"])),
                "issuers[0].insecure_http",
                "origins",
            ),
            (
                inner("audiance", json!("x")),
                "issuers[0].audiance",
                "unknown field `audiance`",
            ),
        ] {
            assert_eq!(error.at, at, "{error}");
            assert!(error.message.contains(words), "{error}");
        }
        assert_eq!(top("policy", json!({})).code, ErrorCode::PolicyInvalid);
    }
}
