//! The plugin configuration: the verifier's options, and what only a proxy has to know.
//!
//! What neither knows is refused, so nothing in a configuration is ever ignored.

use laika_claims::document::{self, Fault, Members, Node};
use laika_claims::json::{self, DOCUMENT_LIMITS};
use laika_claims::text::{is_token, quoted};
use laika_verifier::bearer::same_header;
use laika_verifier::{Options, OptionsError, Verifier};
use serde_json::{Map, Value};

use crate::forward::{self, Forward};
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
            return Err(fault("", "the filter has no configuration: write one as JSON").into());
        }
        let mut document =
            json::parse(text, DOCUMENT_LIMITS).map_err(|error| fault("", &error.message))?;
        let clusters = match document.get_mut("issuers") {
            Some(issuers) => take_clusters(issuers)?,
            None => Vec::new(),
        };
        let known: Vec<_> = Options::MEMBERS.into_iter().chain(OWN).collect();
        let members = Node::whole(&document).members(&known)?;
        let options = Options::read(&members)?;
        // Of one issuer all that its tokens say may be handed on.
        let grants = (clusters.len() > 1).then(|| options.grants());
        Ok(Self::read(&members, Verifier::new(options), grants.as_deref(), clusters)?)
    }

    fn read(
        members: &Members<'_, '_>,
        verifier: Verifier,
        grants_of_several: Option<&[String]>,
        clusters: Vec<Option<String>>,
    ) -> document::Result<Self> {
        if verifier.policy().is_none() {
            let message = format_args!("write a policy: without one every request is refused");
            return Err(members.refuse("policy", message));
        }
        let switch = |name| members.read_given(name, Node::switch).map(Option::unwrap_or_default);
        let token_from = members.read_given("token_from", read_places)?;
        let token_from = token_from.unwrap_or_else(|| vec![TokenPlace::authorization()]);
        let origins = members.read_given("cookie_origins", |node| read_origins(node, &token_from));
        let forward = members
            .read_given("forward", |node| read_forward(node, &token_from, grants_of_several))?;
        Ok(Self {
            verifier,
            clusters,
            cookie_origins: origins?.unwrap_or_default(),
            forward: forward.unwrap_or_default(),
            strip_token: switch("strip_token")?,
            realm: members.read_given("realm", Node::owned_text)?,
            shadow: switch("shadow")?,
            pass_preflight: switch("pass_preflight")?,
            access_log: switch("access_log")?,
            token_from,
        })
    }
}

/// Takes `cluster` off each issuer.
fn take_clusters(issuers: &mut Value) -> document::Result<Vec<Option<String>>> {
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
                return Err(fault(&at, advice));
            }
            (_, true) => {
                let advice = "name the proxy's cluster through which keys and status lists of \
                              the issuer are fetched";
                return Err(fault(&at, advice));
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

fn read_places(node: &Node<'_, '_>) -> document::Result<Vec<TokenPlace>> {
    let places = node.list(read_place)?;
    if places.is_empty() {
        let message = format_args!("name at least one place, or leave `token_from` out");
        return Err(node.refuse(message));
    }
    Ok(places)
}

fn read_place(node: &Node<'_, '_>) -> document::Result<TokenPlace> {
    let members = node.members(&["header", "scheme", "cookie"])?;
    let scheme = members.read_given("scheme", Node::text)?;
    match (members.given("header"), members.given("cookie")) {
        (None, None) => {
            let message =
                format_args!("name the `header` or the `cookie` in which the token stands");
            Err(node.refuse(message))
        }
        (Some(_), Some(_)) => {
            let message = format_args!("name a `header` or a `cookie`: each place is one of them");
            Err(node.refuse(message))
        }
        (None, Some(_)) if scheme.is_some() => {
            let message = format_args!("remove it: in a cookie stands the token alone");
            Err(members.refuse("scheme", message))
        }
        (None, Some(cookie)) => match cookie.text()? {
            name if is_token(name) => Ok(TokenPlace::Cookie(name.to_owned())),
            name => Err(cookie.refuse(format_args!("`{}` is no name of a cookie", quoted(name)))),
        },
        (Some(_), None) if !scheme.is_none_or(is_token) => {
            let message = format_args!("write a scheme such as `Bearer`, or leave `scheme` out");
            Err(members.refuse("scheme", message))
        }
        (Some(header), None) => {
            let name = read_name(&header, header.text()?)?;
            if name == COOKIE {
                let message = format_args!("name the `cookie` in which the token stands instead");
                return Err(header.refuse(message));
            }
            Ok(TokenPlace::Header { name, scheme: scheme.map(str::to_owned) })
        }
    }
}

fn read_origins(node: &Node<'_, '_>, places: &[TokenPlace]) -> document::Result<Vec<String>> {
    if !places.iter().any(|place| matches!(place, TokenPlace::Cookie(_))) {
        return Err(node.refuse(format_args!("remove it: no token is read from a cookie")));
    }
    node.list(|item| match item.text()? {
        origin if is_origin(origin) => Ok(origin.to_owned()),
        _ => Err(item.refuse(format_args!(
            "write an origin as a browser sends it, such as `https://app.example.com`: scheme, \
             host in lower case, and a port where it is not the scheme's own"
        ))),
    })
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

fn read_forward(
    node: &Node<'_, '_>,
    places: &[TokenPlace],
    grants_of_several: Option<&[String]>,
) -> document::Result<Forward> {
    let members = node.members(&["headers", "payload_header"])?;
    let mut forward = Forward::default();
    if let Some(headers) = members.given("headers") {
        for (name, claim) in headers.entries()? {
            let name = read_new_name(&claim, name, &forward, places)?;
            let text = claim.text()?;
            if text.is_empty() {
                let message = format_args!("name the claim, or write a JSON pointer to it");
                return Err(claim.refuse(message));
            }
            if let Some(granted) = forward::granted_behind(text) {
                return Err(claim.refuse(format_args!(
                    "write `{granted}`: a pointer leads to what the token says, which its issuer \
                     may not be allowed to assert"
                )));
            }
            if grants_of_several.is_some_and(|grants| forward::is_granted_by(text, grants)) {
                return Err(claim.refuse(format_args!(
                    "write `permissions` or `roles`: with several issuers `{}` says what its issuer \
                     may not be allowed to assert",
                    quoted(text)
                )));
            }
            forward.headers.push((name, text.to_owned()));
        }
    }
    forward.payload_header = members
        .read_given("payload_header", |node| read_new_name(node, node.text()?, &forward, places))?;
    if grants_of_several.is_some() && forward.names_subject_alone() {
        let message =
            format_args!("with several issuers `sub` says little alone: forward `iss` too");
        return Err(members.refuse("headers", message));
    }
    Ok(forward)
}

/// The name of a header that is forwarded, which `node` is about.
fn read_new_name(
    node: &Node<'_, '_>,
    name: &str,
    forward: &Forward,
    places: &[TokenPlace],
) -> document::Result<String> {
    let name = read_name(node, name)?;
    let why = if RESERVED.iter().any(|known| same_header(known, &name)) {
        "this header belongs to HTTP itself"
    } else if places.iter().any(|place| same_header(place.header(), &name)) {
        "this header is where the token stands"
    } else if forward.names().any(|other| same_header(other, &name)) {
        "this one is taken"
    } else {
        return Ok(name);
    };
    Err(node.refuse(format_args!("choose another name: {why}")))
}

/// A header's name in lower case, as hosts keep it.
fn read_name(node: &Node<'_, '_>, name: &str) -> document::Result<String> {
    if is_token(name) {
        return Ok(name.to_ascii_lowercase());
    }
    Err(node.refuse(format_args!("`{}` is no name of a header", quoted(name))))
}

/// Where no node is: before there are any, and of what the verifier never sees.
fn fault(at: &str, message: &str) -> Box<Fault> {
    Box::new(Fault { at: at.to_owned(), message: message.to_owned() })
}

#[cfg(test)]
mod tests;
