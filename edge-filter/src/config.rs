//! The plugin configuration: the verifier's options, and what only a proxy has to know.
//!
//! The members of the filter are taken off the document and the rest is the verifier's. Both halves
//! refuse what they do not know, so nothing in a configuration is ever ignored.

use std::collections::BTreeMap;

use laika_claims::json::{self, DOCUMENT_LIMITS};
use laika_verifier::bearer::same_header;
use laika_verifier::{ErrorCode, Options, OptionsError, Verifier};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::forward::Forward;
use crate::tokens::{COOKIE, TokenPlace};

/// A configuration, read and checked.
#[derive(Debug)]
pub struct Config {
    pub(crate) verifier: Verifier,
    /// For each issuer, the host's name for the servers from which its keys and lists are had.
    pub(crate) clusters: Vec<Option<String>>,
    pub(crate) token_from: Vec<TokenPlace>,
    /// Origins besides the own one whose pages may send the token by cookie.
    pub(crate) cookie_origins: Vec<String>,
    pub(crate) forward: Forward,
    pub(crate) strip_token: bool,
    pub(crate) realm: Option<String>,
    pub(crate) shadow: bool,
    pub(crate) pass_preflight: bool,
    /// Whether the access log is told the rule of each request, not only of those with a fault.
    pub(crate) access_log: bool,
}

/// The members of the document that are the filter's own.
const OWN: [&str; 8] = [
    "token_from",
    "cookie_origins",
    "forward",
    "strip_token",
    "realm",
    "shadow",
    "pass_preflight",
    "access_log",
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOwn {
    token_from: Option<Vec<RawPlace>>,
    cookie_origins: Option<Vec<String>>,
    forward: Option<RawForward>,
    strip_token: Option<bool>,
    realm: Option<String>,
    shadow: Option<bool>,
    pass_preflight: Option<bool>,
    access_log: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlace {
    header: Option<String>,
    scheme: Option<String>,
    cookie: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawForward {
    headers: Option<BTreeMap<String, String>>,
    payload_header: Option<String>,
}

/// Headers that say where a message goes and where it ends; a claim in one of them would change the
/// request itself.
const RESERVED: [&str; 10] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

impl Config {
    /// Reads a plugin configuration, strictly.
    ///
    /// # Errors
    /// The first thing that is not understood, where it stands, and how to mend it.
    pub fn from_json(text: &[u8]) -> Result<Self, OptionsError> {
        if text.is_empty() {
            return Err(error("", "the filter has no configuration: write one as JSON"));
        }
        let mut document = json::parse_object(text, DOCUMENT_LIMITS)
            .map_err(|json_error| error("", json_error.message))?;
        let own = take_own(&mut document)?;
        let several =
            matches!(document.get("issuers"), Some(Value::Array(items)) if items.len() > 1);
        let clusters = match document.get_mut("issuers") {
            Some(issuers) => take_clusters(issuers)?,
            None => Vec::new(),
        };
        let options = Options::from_value(Value::Object(document)).map_err(name_own_members)?;
        let verifier = Verifier::new(options);
        if verifier.policy().is_none() {
            return Err(error("policy", "write a policy: without one every request is refused"));
        }
        let token_from = read_places(own.token_from)?;
        let cookie_origins = read_origins(own.cookie_origins, &token_from)?;
        let forward = read_forward(own.forward.unwrap_or_default(), &token_from)?;
        if several && forward.names_subject_alone() {
            return Err(error(
                "forward.headers",
                "with several issuers `sub` says little alone: forward `iss` too",
            ));
        }
        Ok(Self {
            verifier,
            clusters,
            forward,
            token_from,
            cookie_origins,
            strip_token: own.strip_token.unwrap_or(false),
            realm: own.realm,
            shadow: own.shadow.unwrap_or(false),
            pass_preflight: own.pass_preflight.unwrap_or(false),
            access_log: own.access_log.unwrap_or(false),
        })
    }
}

fn take_own(document: &mut Map<String, Value>) -> Result<RawOwn, OptionsError> {
    let own = OWN.into_iter().filter_map(|name| document.remove_entry(name)).collect();
    serde_path_to_error::deserialize(Value::Object(own)).map_err(|failure| {
        let at = failure.path().to_string();
        error(if at == "." { "" } else { &at }, failure.into_inner().to_string())
    })
}

/// Takes `cluster` off each issuer.
fn take_clusters(issuers: &mut Value) -> Result<Vec<Option<String>>, OptionsError> {
    let issuers = match issuers {
        Value::Array(items) => items.as_mut_slice(),
        one => std::slice::from_mut(one),
    };
    let mut clusters = Vec::new();
    for (index, issuer) in issuers.iter_mut().enumerate() {
        let at = format!("issuers[{index}].cluster");
        // What is no object is refused by the verifier.
        let Value::Object(issuer) = issuer else {
            continue;
        };
        clusters.push(match (issuer.remove("cluster"), fetches(issuer)) {
            (None, false) => None,
            (Some(Value::String(cluster)), true) if !cluster.is_empty() => Some(cluster),
            (Some(_), false) => {
                let advice = "remove it: nothing is fetched without `jwks_uri`, `discover` or \
                              `status`";
                return Err(error(at, advice));
            }
            (_, true) => {
                let advice = "name the proxy's cluster through which keys and status lists of \
                              the issuer are fetched";
                return Err(error(at, advice));
            }
        });
    }
    Ok(clusters)
}

/// Whether anything of an issuer is to be fetched.
fn fetches(issuer: &Map<String, Value>) -> bool {
    issuer.contains_key("jwks_uri")
        || issuer.get("discover").is_some_and(|discover| discover == true)
        || issuer.get("status").is_some_and(|status| status != "off")
}

/// The verifier lists the members it knows; the filter knows some more.
fn name_own_members(mut error: OptionsError) -> OptionsError {
    if !error.at.contains('.') && error.message.starts_with("unknown field") {
        let own = OWN.map(|name| format!("`{name}`")).join(", ");
        error.message = format!("{}, {own}", error.message);
    }
    error
}

fn read_places(raw: Option<Vec<RawPlace>>) -> Result<Vec<TokenPlace>, OptionsError> {
    let Some(raw) = raw else {
        return Ok(vec![TokenPlace::authorization()]);
    };
    if raw.is_empty() {
        return Err(error("token_from", "name at least one place, or leave `token_from` out"));
    }
    let places = raw.into_iter().enumerate();
    places.map(|(index, place)| read_place(place, &format!("token_from[{index}]"))).collect()
}

fn read_place(place: RawPlace, at: &str) -> Result<TokenPlace, OptionsError> {
    match place {
        RawPlace { header: None, cookie: None, .. } => {
            Err(error(at, "name the `header` or the `cookie` in which the token stands"))
        }
        RawPlace { header: Some(_), cookie: Some(_), .. } => {
            Err(error(at, "name a `header` or a `cookie`: each place is one of them"))
        }
        RawPlace { scheme: Some(_), cookie: Some(_), .. } => {
            Err(error(format!("{at}.scheme"), "remove it: in a cookie stands the token alone"))
        }
        RawPlace { cookie: Some(cookie), .. } if is_token(&cookie) => {
            Ok(TokenPlace::Cookie(cookie))
        }
        RawPlace { cookie: Some(cookie), .. } => {
            let message = format!("`{}` is no name of a cookie", cookie.escape_debug());
            Err(error(format!("{at}.cookie"), message))
        }
        RawPlace { scheme: Some(scheme), .. } if !is_token(&scheme) => {
            let advice = "write a scheme such as `Bearer`, or leave `scheme` out";
            Err(error(format!("{at}.scheme"), advice))
        }
        RawPlace { header: Some(header), scheme, .. } => {
            let at = format!("{at}.header");
            let name = read_name(&header, &at)?;
            if name == COOKIE {
                return Err(error(at, "name the `cookie` in which the token stands instead"));
            }
            Ok(TokenPlace::Header { name, scheme })
        }
    }
}

fn read_origins(
    raw: Option<Vec<String>>,
    places: &[TokenPlace],
) -> Result<Vec<String>, OptionsError> {
    let Some(origins) = raw else {
        return Ok(Vec::new());
    };
    if !places.iter().any(|place| matches!(place, TokenPlace::Cookie(_))) {
        return Err(error("cookie_origins", "remove it: no token is read from a cookie"));
    }
    match origins.iter().position(|origin| !is_origin(origin)) {
        None => Ok(origins),
        Some(index) => Err(error(
            format!("cookie_origins[{index}]"),
            "write an origin as a browser sends it, such as `https://app.example.com`: scheme, \
             host in lower case, and a port where it is not the scheme's own",
        )),
    }
}

/// Whether a browser would send exactly this as `Origin` (RFC 6454 section 6.2).
fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else {
        return false;
    };
    let own_port = match scheme {
        "https" => "443",
        "http" => "80",
        _ => return false,
    };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let is_port = |port: &str| {
        port != own_port
            && !port.starts_with('0')
            && port.parse::<u16>().is_ok_and(|number| number.to_string() == port)
    };
    let in_host =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte);
    let is_address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_host = match is_address {
        Some(address) => {
            address.parse::<std::net::Ipv6Addr>().is_ok_and(|parsed| parsed.to_string() == address)
        }
        None => !host.is_empty() && host.bytes().all(in_host),
    };
    is_host && port.is_none_or(is_port)
}

fn read_forward(raw: RawForward, places: &[TokenPlace]) -> Result<Forward, OptionsError> {
    let mut forward = Forward::default();
    let check = |forward: &Forward, name: &str, at: &str| {
        let name = read_name(name, at)?;
        if RESERVED.contains(&name.as_str()) {
            return Err(error(at, "choose another name: this header belongs to HTTP itself"));
        }
        if places.iter().any(|place| same_header(place.header(), &name)) {
            return Err(error(at, "choose another name: this header is where the token stands"));
        }
        if forward.names().any(|other| same_header(other, &name)) {
            return Err(error(at, "choose another name: this one is taken"));
        }
        Ok(name)
    };
    for (name, claim) in raw.headers.unwrap_or_default() {
        let at = format!("forward.headers.{}", name.escape_debug());
        let name = check(&forward, &name, &at)?;
        if claim.is_empty() {
            return Err(error(at, "name the claim, or write a JSON pointer to it"));
        }
        forward.headers.push((name, claim));
    }
    if let Some(name) = raw.payload_header {
        forward.payload_header = Some(check(&forward, &name, "forward.payload_header")?);
    }
    Ok(forward)
}

/// A header's name in lower case, as hosts keep it.
fn read_name(name: &str, at: &str) -> Result<String, OptionsError> {
    if is_token(name) {
        Ok(name.to_ascii_lowercase())
    } else {
        Err(error(at, format!("`{}` is no name of a header", name.escape_debug())))
    }
}

/// RFC 9110 section 5.6.2.
fn is_token(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(known)
}

fn error(at: impl Into<String>, message: impl Into<String>) -> OptionsError {
    OptionsError { code: ErrorCode::OptionsInvalid, at: at.into(), message: message.into() }
}

#[cfg(test)]
mod tests;
