//! Hosts: lower case, without port and trailing dot.

/// The host of a request, or `None` where it is in a form that can't be one.
#[must_use]
pub fn host(authority: &str) -> Option<String> {
    let (host, port) = match authority.rfind(']') {
        // RFC 3986 section 3.2.2: an IPv6 address stands in brackets.
        Some(end) => {
            let (address, rest) = (&authority[..=end], &authority[end + 1..]);
            let inside = address.strip_prefix('[')?.strip_suffix(']')?;
            let known = |c: char| c.is_ascii_hexdigit() || c == ':' || c == '.';
            if inside.is_empty() || !inside.chars().all(known) {
                return None;
            }
            (address, if rest.is_empty() { "" } else { rest.strip_prefix(':')? })
        }
        None => {
            let (name, port) = authority.split_once(':').unwrap_or((authority, ""));
            let name = name.strip_suffix('.').unwrap_or(name);
            let is_label = |label: &str| {
                let known = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
                !label.is_empty() && label.chars().all(known)
            };
            if !name.split('.').all(is_label) {
                return None;
            }
            (name, port)
        }
    };
    port.chars().all(|c| c.is_ascii_digit()).then(|| host.to_ascii_lowercase())
}
