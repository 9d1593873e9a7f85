//! Host names as rules write them and as requests bring them.

use std::borrow::Cow;

/// The host of a request: lower case, without port and trailing dot; `None` when it can't be one.
///
/// A host in an unusual spelling must not slip past the rules that name it, so what is not plainly
/// a host name or an IPv6 address in brackets (RFC 9110 section 4.2.3) is refused.
pub(super) fn normalise(authority: &str) -> Option<Cow<'_, str>> {
    if authority.starts_with('[') {
        let end = authority.find(']')?;
        let (address, rest) = authority.split_at_checked(end + 1)?;
        let inside = address.strip_prefix('[')?.strip_suffix(']')?;
        let known = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
        let good = is_port(rest) && !inside.is_empty() && inside.bytes().all(known);
        return good.then(|| address.to_ascii_lowercase().into());
    }
    let (mut before, mut is_lower, mut end) = (b'.', true, authority.len());
    for (at, byte) in authority.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => {}
            b'A'..=b'Z' => is_lower = false,
            b'.' if before != b'.' => {}
            b':' => {
                end = at;
                break;
            }
            _ => return None,
        }
        before = byte;
    }
    let (host, port) = authority.split_at_checked(end)?;
    let host = host.strip_suffix('.').unwrap_or(host);
    if host.is_empty() || !is_port(port) {
        return None;
    }
    Some(if is_lower { Cow::Borrowed(host) } else { Cow::Owned(host.to_ascii_lowercase()) })
}

fn is_port(rest: &str) -> bool {
    rest.is_empty()
        || rest.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::normalise;

    #[test]
    fn every_spelling_of_a_host_is_one_host() {
        for spelling in
            ["pay.example.com", "PAY.example.COM", "pay.example.com.", "pay.example.com:8443"]
        {
            assert_eq!(normalise(spelling).as_deref(), Some("pay.example.com"), "{spelling}");
        }
        assert_eq!(normalise("[2001:DB8::1]:443").as_deref(), Some("[2001:db8::1]"));
        assert_eq!(normalise("pay.example.com.:443").as_deref(), Some("pay.example.com"));
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for bad in [
            "",
            ".",
            "..",
            "a..b",
            ".a",
            "a:b",
            "a:1:2",
            "user@a",
            "a/b",
            "a b",
            "[::1",
            "[::1]x",
            "[::1].",
            "[]",
            "[a.example]",
            "pay.example.com]",
            "pay[.example.com",
            "é.example",
            "a..",
            "a%2e",
        ] {
            assert_eq!(normalise(bad), None, "{bad}");
        }
    }
}
