//! The few questions a verifier asks of a URL before it lets a host fetch it.

/// The origin of `uri` (`scheme://authority`), if it is an absolute http or https URL without user
/// information and fragment.
pub(crate) fn origin(uri: &str) -> Option<&str> {
    let rest = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://"))?;
    let authority = rest.split(['/', '?']).next()?;
    let plain = uri.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\#<>\"".contains(&byte));
    let end = uri.len() - rest.len() + authority.len();
    (plain && !authority.is_empty() && !authority.contains('@')).then(|| uri.get(..end)).flatten()
}

/// Whether keys may be fetched from `uri`: https, or http to this machine or to one of `insecure`.
pub(crate) fn may_fetch(uri: &str, insecure: &[String]) -> bool {
    let Some(origin) = origin(uri) else {
        return false;
    };
    let Some(authority) = origin.strip_prefix("http://") else {
        return true;
    };
    insecure.iter().any(|allowed| allowed == origin) || is_loopback(authority)
}

fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(v6) => return v6.split(']').next() == Some("::1"),
        None => authority.split(':').next().unwrap_or(authority),
    };
    host == "localhost" || is_loopback_v4(host)
}

/// Whether `host` is an address of 127.0.0.0/8 in its usual spelling.
fn is_loopback_v4(host: &str) -> bool {
    let is_number = |part: &str| {
        let digits = part.bytes().all(|byte| byte.is_ascii_digit());
        let usual = digits && part.len() <= 3 && (part == "0" || !part.starts_with('0'));
        usual && part.parse::<u8>().is_ok()
    };
    host.starts_with("127.") && host.split('.').count() == 4 && host.split('.').all(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_only_on_this_machine_or_by_name() {
        for good in [
            "https://id.example.com/keys",
            "http://127.0.0.1:8080/keys",
            "http://localhost/keys",
            "http://[::1]:80/keys",
            "http://127.255.0.9/keys",
            "http://issuer.internal:80/keys?x=1",
        ] {
            assert!(may_fetch(good, &["http://issuer.internal:80".to_owned()]), "{good}");
        }
        for bad in [
            "http://id.example.com/keys",
            "ftp://x/keys",
            "keys",
            "/keys",
            "",
            "https://",
            "https:///keys",
            "https://user@id.example.com/",
            "http://localhost.example.com/",
            "http://127.0.0.1.example.com/",
            "http://issuer.internal/keys",
            "https://a/b#c",
            "https://a\\b/",
            "https://a b/",
            "HTTPS://a/",
            "https://a/\n",
            "http://2130706433/",
            "http://127.0.0/",
            "http://127.0.0.256/",
            "http://127.0.0.01/",
            "http://127.0.0.1.1/",
            "http://127.0.0./",
        ] {
            assert!(!may_fetch(bad, &["http://issuer.internal:80".to_owned()]), "{bad}");
        }
        assert_eq!(origin("https://a:1/b?c"), Some("https://a:1"));
        assert_eq!(origin("https://a?c"), Some("https://a"));
    }
}
