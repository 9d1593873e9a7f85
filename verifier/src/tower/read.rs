//! What the policy and the verifier look at in a request.

use http::header::{AUTHORIZATION, HOST};
use http::{Request, Version};

use crate::bearer::{self, Found};

/// A request as the verifier wants it, or why it can't be judged.
pub(super) type Facts = Result<Readable, &'static str>;

/// A request that can be judged.
#[derive(Debug)]
pub(super) struct Readable {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) host: Option<String>,
    pub(super) token: Option<Vec<u8>>,
}

pub(super) fn facts<B>(request: &Request<B>) -> Facts {
    let headers = request.headers();
    if headers.keys().any(|name| bearer::overrides_method(name.as_str())) {
        return Err("a method override is not accepted");
    }
    let found = headers
        .get_all(AUTHORIZATION)
        .iter()
        .map(|value| bearer::tokens_of(value.as_bytes(), bearer::SCHEME))
        .fold(Found::None, Found::and);
    let token = match found {
        Found::None => None,
        Found::One(token) => Some(token.to_vec()),
        Found::Several => return Err("the request has several tokens"),
    };
    let uri = request.uri();
    // In HTTP/2 and later the authority comes beside the path; in HTTP/1 it makes an absolute form.
    let target = if request.version() <= Version::HTTP_11 && uri.authority().is_some() {
        return Err("the request target is in absolute form");
    } else {
        uri.path_and_query().map_or("", |target| target.as_str())
    };
    let mut hosts = headers.get_all(HOST).iter();
    let authority = uri.authority().map(|authority| authority.as_str());
    let host = match (hosts.next(), hosts.next(), authority) {
        (None, _, authority) => authority.map(str::to_owned),
        (Some(host), None, authority) => {
            let host = String::from_utf8_lossy(host.as_bytes()).into_owned();
            // RFC 9113 section 8.3.1: where both are there, they are the same.
            // But for a port, which no rule sees and a URL leaves out where it is the default one.
            let same = |other: &str| without_port(other).eq_ignore_ascii_case(without_port(&host));
            if !authority.is_none_or(same) {
                return Err("the request has several hosts");
            }
            Some(host)
        }
        (Some(_), Some(_), _) => return Err("the request has several hosts"),
    };
    Ok(Readable {
        method: request.method().as_str().to_owned(),
        target: target.to_owned(),
        host,
        token,
    })
}

fn without_port(host: &str) -> &str {
    let rest = host.trim_end_matches(|char: char| char.is_ascii_digit());
    rest.strip_suffix(':').unwrap_or(host)
}
