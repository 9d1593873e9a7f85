//! One issuer of the options.

use laika_claims::document::{self, Members, Node};
use laika_claims::text::{list, quoted};
use serde_json::Value;

use super::seconds;
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
#[derive(Debug, Default)]
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

impl IssuerRules {
    /// Adds the claims from which its permissions and roles are read.
    pub(super) fn add_grants(&self, grants: &mut Vec<String>) {
        for places in [&self.permission_claims, &self.role_claims] {
            places.iter().for_each(|place| place.add_claims(&self.audiences, grants));
        }
    }

    /// Whether tokens with this `iss` are its own.
    pub(crate) fn is_issuer(&self, iss: &str) -> bool {
        self.profile.is_issuer(&self.issuer, iss)
    }
}

/// What is asked of a token's revocation status.
#[derive(Debug, Default)]
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

/// Everything that an issuer's options may say.
pub(super) const MEMBERS: [&str; 19] = [
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

#[derive(Debug, Clone, Copy, PartialEq, Default)]
enum Status {
    #[default]
    Off,
    IfPresent,
    Required,
}

impl Status {
    const NAMES: [(&str, Self); 3] =
        [("off", Self::Off), ("if-present", Self::IfPresent), ("required", Self::Required)];
}

/// Default of `status_max_stale`, in seconds.
const MAX_STALE: f64 = 300.0;

impl IssuerOptions {
    /// Reads the options of an issuer.
    pub(super) fn read(members: &Members<'_, '_>) -> document::Result<Self> {
        // One after the other into what is there already: a fault then has one thing to drop, and
        // not as many as were read before it.
        let issuer = read_name(&members.required("issuer")?)?;
        let mut rules = IssuerRules { issuer, ..IssuerRules::default() };
        rules.audiences = read_audiences(&members.required("audience")?)?;
        let profile = members.read_given("profile", |node| node.word(&Profile::NAMES))?;
        let profile = profile.unwrap_or_default();
        rules.profile = profile;
        rules.algorithms = members.read_given("algorithms", read_algorithms)?;
        rules.typ = match members.read_given("typ", read_typ)? {
            Some(named) => named,
            None => profile.typ().iter().map(|typ| typ.map(str::to_owned)).collect(),
        };
        let required = members.read_given("required_claims", Node::texts)?;
        rules.required_claims = required.unwrap_or_default();
        rules.max_token_age = members.read_given("max_token_age", read_age)?;
        let permissions = profile.permission_claims();
        rules.permission_claims = read_places(members, "permission_claims", permissions)?;
        rules.role_claims = read_places(members, "role_claims", profile.role_claims())?;
        rules.may_assert = members.read_given("may_assert", MayAssert::read)?;
        rules.is_plain = profile == Profile::Laika
            && rules.may_assert.is_none()
            && rules.permission_claims == places(permissions)
            && rules.role_claims == places(profile.role_claims());
        let insecure = members.read_given("insecure_http", read_origins)?.unwrap_or_default();
        let keys = read_keys(members, &rules, &insecure)?;
        rules.status = read_status(members, &rules.issuer, &keys, insecure)?;
        Ok(Self { keys, rules })
    }
}

fn read_name(node: &Node<'_, '_>) -> document::Result<String> {
    match node.text()? {
        "" => Err(node.refuse(format_args!("write the exact `iss` of the issuer's tokens"))),
        name => Ok(name.to_owned()),
    }
}

fn read_audiences(node: &Node<'_, '_>) -> document::Result<Vec<String>> {
    let audiences = match node.value() {
        Value::String(audience) => vec![audience.clone()],
        Value::Array(_) => node.texts()?,
        _ => return Err(node.unexpected("a string or an array of strings")),
    };
    if audiences.is_empty() || audiences.iter().any(String::is_empty) {
        let message = format_args!("write the audience of this service, or several of them");
        return Err(node.refuse(message));
    }
    Ok(audiences)
}

fn read_algorithms(node: &Node<'_, '_>) -> document::Result<Vec<Algorithm>> {
    let algorithms = node.list(read_algorithm)?;
    if algorithms.is_empty() {
        let message = format_args!("name at least one algorithm, or leave `algorithms` out");
        return Err(node.refuse(message));
    }
    Ok(algorithms)
}

fn read_algorithm(node: &Node<'_, '_>) -> document::Result<Algorithm> {
    let name = node.text()?;
    Algorithm::from_name(name).ok_or_else(|| {
        let known = list(&Algorithm::ALL.map(Algorithm::as_str));
        let name = quoted(name);
        node.refuse(format_args!("`{name}` is no algorithm of this verifier; there are {known}"))
    })
}

/// Any of these; `None` is a header without `typ`.
fn read_typ(node: &Node<'_, '_>) -> document::Result<Vec<Option<String>>> {
    let typ = node.list(|item| match item.value() {
        Value::Null => Ok(None),
        _ => item.owned_text().map(Some),
    })?;
    if typ.is_empty() {
        return Err(node.refuse(format_args!(
            "name at least one `typ`, or leave it out for that of the profile"
        )));
    }
    Ok(typ)
}

fn read_age(node: &Node<'_, '_>) -> document::Result<f64> {
    match node.number()? {
        age if age > 0.0 && age.is_finite() => Ok(age),
        _ => Err(node.refuse(format_args!("write a number of seconds above 0"))),
    }
}

/// The places that the member `name` names, or those of the profile.
fn read_places(
    members: &Members<'_, '_>,
    name: &str,
    defaults: &[&str],
) -> document::Result<Vec<Place>> {
    let named = members.read_given(name, |node| node.list(|item| item.text().map(Place::parse)))?;
    Ok(named.unwrap_or_else(|| places(defaults)))
}

fn places(names: &[&str]) -> Vec<Place> {
    names.iter().map(|place| Place::parse(place)).collect()
}

fn read_origins(node: &Node<'_, '_>) -> document::Result<Vec<String>> {
    let origins = node.texts()?;
    if origins.iter().any(|origin| uri::origin(origin) != Some(origin)) {
        let message = format_args!("write origins, such as `http://issuer.internal:8080`");
        return Err(node.refuse(message));
    }
    Ok(origins)
}

fn read_keys(
    members: &Members<'_, '_>,
    rules: &IssuerRules,
    insecure: &[String],
) -> document::Result<KeysFrom> {
    let algorithms = rules.algorithms.as_deref();
    let sources = (
        members.given("jwks"),
        members.read_given("jwks_uri", Node::text)?,
        members.read_given("discover", Node::switch)?.unwrap_or_default(),
        members.read_given("public_key", Node::text)?,
        members.read_given("secret", Node::text)?,
    );
    let keys = match sources {
        (Some(set), None, false, None, None) => KeySet::from_value(set.value(), &rsa(algorithms))
            .and_then(KeySet::usable)
            .map(KeysFrom::Set)
            .map_err(|why| set.refuse(format_args!("{why}"))),
        (None, Some(uri), false, None, None) if uri::may_fetch(uri, insecure) => {
            Ok(KeysFrom::Remote(KeySource::Uri(uri.to_owned()), rsa(algorithms)))
        }
        (None, Some(_), false, None, None) => Err(members.refuse(
            "jwks_uri",
            format_args!(
                "keys are fetched by https; plain http needs its origin in `insecure_http`"
            ),
        )),
        (None, None, true, None, None) => match Discovery::new(&rules.issuer, insecure) {
            Some(from) => Ok(KeysFrom::Remote(KeySource::Discovery(from), rsa(algorithms))),
            None => Err(members.refuse(
                "discover",
                format_args!(
                    "metadata are fetched from the issuer by https; plain http needs its origin \
                     in `insecure_http`, and an issuer that is no URL needs `jwks_uri`"
                ),
            )),
        },
        (None, None, false, Some(pem), None) => Key::from_pem(pem, &rsa(algorithms))
            .map(KeysFrom::One)
            .map_err(|why| members.refuse("public_key", format_args!("{why}"))),
        (None, None, false, None, Some(secret)) => read_secret(secret, algorithms)
            .map(KeysFrom::Secret)
            .map_err(|why| members.refuse("secret", format_args!("{why}"))),
        _ => Err(members.refuse_all(format_args!(
            "give the keys by one of `jwks`, `jwks_uri`, `discover`, `public_key` and `secret`"
        ))),
    }?;
    let is_secret = matches!(keys, KeysFrom::Secret(_));
    let foreign = |algorithm: &&Algorithm| (algorithm.family() == Family::Hmac) != is_secret;
    match algorithms.unwrap_or_default().iter().find(foreign) {
        None => Ok(keys),
        Some(algorithm) => {
            let message = format_args!("`{algorithm}` can't be used with keys of this kind");
            Err(members.refuse("algorithms", message))
        }
    }
}

fn read_status(
    members: &Members<'_, '_>,
    issuer: &str,
    keys: &KeysFrom,
    insecure: Vec<String>,
) -> document::Result<StatusRules> {
    let mode = members.read_given("status", |node| node.word(&Status::NAMES))?;
    let mode = mode.unwrap_or(match keys {
        KeysFrom::Set(_) | KeysFrom::One(_) | KeysFrom::Secret(_) => Status::Off,
        KeysFrom::Remote(..) => Status::IfPresent,
    });
    let mut uris = members.read_given("status_uris", Node::texts)?.unwrap_or_default();
    if !uris.iter().all(|known| uri::may_fetch(known, &insecure)) {
        return Err(members.refuse(
            "status_uris",
            format_args!(
                "write origins or whole URLs by https; plain http needs its origin in \
                 `insecure_http`"
            ),
        ));
    }
    for known in &mut uris {
        // `https://lists.example/` names an origin as well.
        if known.strip_suffix('/').is_some_and(|start| uri::origin(known) == Some(start)) {
            known.pop();
        }
    }
    uris.extend(uri::origin(issuer).map(str::to_owned));
    let max_stale = members.read_given("status_max_stale", seconds)?.unwrap_or(MAX_STALE);
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
