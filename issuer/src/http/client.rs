//! Who is at the other end: the client's address, through proxies that are trusted.
//!
//! Each proxy appends the address it was called from, so a list is read from the right, and only as
//! far as those who wrote it are trusted: what stands further left was written by whoever called.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use http::header::FORWARDED;
use ipnet::IpNet;

const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// The other end of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// Its address, canonical; absent where the server does not know, such as on a Unix socket.
    pub address: Option<IpAddr>,
    /// Whether that may not be its address: a proxy of the list sent headers that say nothing which
    /// can be believed, and the address is the proxy's own.
    pub doubtful: bool,
    /// Whether the request came by a proxy of the list, whose headers may be believed.
    pub by_proxy: bool,
}

impl Client {
    /// The client behind `peer`, the other end of the connection.
    #[must_use]
    pub fn behind(peer: Option<IpAddr>, headers: &HeaderMap, proxies: &[IpNet]) -> Self {
        let peer = peer.map(|peer| peer.to_canonical());
        let trusted = |address: &IpAddr| proxies.iter().any(|network| network.contains(address));
        let Some(peer) = peer.filter(trusted) else {
            return Self { address: peer, doubtful: false, by_proxy: false };
        };
        // A proxy writes one of the two and lets the other pass as it came. Where both are there
        // and do not agree, one of them was forged, and neither is believed.
        let found = match (
            hops(headers, X_FORWARDED_FOR, plain),
            hops(headers, FORWARDED.as_str(), rfc_7239),
        ) {
            (None, None) => Some(peer),
            (Some(hops), None) | (None, Some(hops)) => walk(peer, hops, trusted),
            (Some(one), Some(other)) => {
                let (one, other) = (walk(peer, one, trusted), walk(peer, other, trusted));
                one.filter(|_| one == other)
            }
        };
        Self { address: found.or(Some(peer)), doubtful: found.is_none(), by_proxy: true }
    }
}

/// A list of addresses, first to last; `None` for one that can't be read.
type Hops = Vec<Option<IpAddr>>;

/// From the right, as long as the address that has been reached is trusted; `None` where the list
/// can't be read there.
fn walk(peer: IpAddr, hops: Hops, trusted: impl Fn(&IpAddr) -> bool) -> Option<IpAddr> {
    let mut reached = peer;
    for hop in hops.into_iter().rev() {
        if !trusted(&reached) {
            break;
        }
        reached = hop?;
    }
    Some(reached)
}

/// The elements of a header that may come several times; `None` where it does not come.
fn hops(headers: &HeaderMap, name: &str, read: fn(&str) -> Option<IpAddr>) -> Option<Hops> {
    let values: Vec<_> = headers.get_all(name).iter().collect();
    if values.is_empty() {
        return None;
    }
    let elements = values.into_iter().flat_map(|value| match value.to_str() {
        Ok(text) => text.split(',').map(read).collect(),
        Err(_) => vec![None],
    });
    Some(elements.collect())
}

/// An element of `X-Forwarded-For`: an address, perhaps with a port.
fn plain(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let address = bare.unwrap_or(text).parse::<IpAddr>().ok();
    let address = address.or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()));
    address.map(|address| address.to_canonical())
}

/// An element of `Forwarded` (RFC 7239 section 4): its parameter `for`, once.
fn rfc_7239(element: &str) -> Option<IpAddr> {
    let mut found = None;
    for pair in element.split(';') {
        let (name, value) = pair.split_once('=')?;
        if name.trim().eq_ignore_ascii_case("for") {
            let value = value.trim();
            let bare = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
            if found.replace(plain(bare.unwrap_or(value))?).is_some() {
                return None;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn client(peer: &str, headers: &[(&'static str, &str)]) -> String {
        behind(peer, headers).address.unwrap().to_string()
    }

    fn behind(peer: &str, headers: &[(&'static str, &str)]) -> Client {
        let proxies = ["10.0.0.0/8", "2001:db8:ffff::/48"].map(|text| text.parse().unwrap());
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        Client::behind(Some(peer.parse().unwrap()), &map, &proxies)
    }

    #[test]
    fn whoever_has_a_proxy_say_what_is_not_believed_is_not_taken_for_the_proxy() {
        let xff = "x-forwarded-for";
        for (headers, doubtful) in [
            (&[][..], false),
            (&[(xff, "192.0.2.7")], false),
            (&[(xff, "192.0.2.7"), ("forwarded", "for=192.0.2.7")], false),
            (&[(xff, "192.0.2.7"), ("forwarded", "for=10.0.0.1")], true),
            (&[(xff, "192.0.2.7"), ("forwarded", "proto=https")], true),
            (&[(xff, "unknown")], true),
            (&[("forwarded", "for=_hidden")], true),
        ] {
            let client = behind("10.0.0.1", headers);
            assert_eq!(client.doubtful, doubtful, "{headers:?}");
        }
        assert!(!behind("192.0.2.7", &[(xff, "unknown")]).doubtful, "it is no proxy");
    }

    #[test]
    fn a_forged_x_forwarded_for_moves_nobody() {
        let xff = "x-forwarded-for";
        for (peer, headers, expected) in [
            // Whoever is no proxy may write what they like.
            ("192.0.2.7", &[(xff, "198.51.100.1")][..], "192.0.2.7"),
            ("192.0.2.7", &[("forwarded", "for=198.51.100.1")], "192.0.2.7"),
            // Through a proxy only what the proxy itself appended counts.
            ("10.0.0.1", &[(xff, "198.51.100.1, 192.0.2.7")], "192.0.2.7"),
            ("10.0.0.1", &[(xff, "198.51.100.1"), (xff, "192.0.2.7")], "192.0.2.7"),
            ("10.0.0.1", &[(xff, "198.51.100.1, 192.0.2.7, 10.0.0.9")], "192.0.2.7"),
            ("::ffff:10.0.0.1", &[(xff, "192.0.2.7")], "192.0.2.7"),
            ("10.0.0.1", &[(xff, "10.0.0.3, 10.0.0.2")], "10.0.0.3"),
            ("10.0.0.1", &[], "10.0.0.1"),
            // Both, where they do not agree: one was let through as it came.
            ("10.0.0.1", &[(xff, "192.0.2.7"), ("forwarded", "for=198.51.100.1")], "10.0.0.1"),
            ("10.0.0.1", &[(xff, "192.0.2.7"), ("forwarded", "for=192.0.2.7")], "192.0.2.7"),
        ] {
            assert_eq!(client(peer, headers), expected, "{peer} {headers:?}");
        }
    }

    #[test]
    fn textual_aliases_of_an_address_are_one_address_or_none() {
        for (written, expected) in [
            ("192.0.2.7:4711", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("[::FFFF:C000:0207]:80", "192.0.2.7"),
            ("2001:DB8:0:0::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            // Octal, hexadecimal, short forms, names: not an address, so the peer's own counts.
            ("0300.0.2.7", "10.0.0.1"),
            ("0xc0.0.2.7", "10.0.0.1"),
            ("192.0.519", "10.0.0.1"),
            ("3221225991", "10.0.0.1"),
            ("192.0.2.7%eth0", "10.0.0.1"),
            ("unknown", "10.0.0.1"),
            ("", "10.0.0.1"),
            ("192.0.2.7,", "10.0.0.1"),
        ] {
            assert_eq!(client("10.0.0.1", &[("x-forwarded-for", written)]), expected, "{written}");
        }
    }

    #[test]
    fn forwarded_is_read_as_rfc_7239_writes_it() {
        for (written, expected) in [
            ("for=192.0.2.7", "192.0.2.7"),
            ("For=\"192.0.2.7:47011\";proto=https", "192.0.2.7"),
            ("by=10.0.0.1; for=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("for=198.51.100.1, for=192.0.2.7", "192.0.2.7"),
            ("for=_hidden", "10.0.0.1"),
            ("for=unknown", "10.0.0.1"),
            ("for=192.0.2.7;for=192.0.2.8", "10.0.0.1"),
            ("proto=https", "10.0.0.1"),
            ("192.0.2.7", "10.0.0.1"),
        ] {
            assert_eq!(client("10.0.0.1", &[("forwarded", written)]), expected, "{written}");
        }
    }
}
