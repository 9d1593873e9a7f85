//! The path rules: "Paths" of the contract.

/// The decoded segments of the path of a request target, or `None` for one that must be refused.
#[must_use]
pub fn segments(target: &str, semicolon: bool, percent25: bool) -> Option<Vec<String>> {
    let path = target.split('?').next()?;
    if !path.starts_with('/') {
        return None; // absolute, authority and asterisk form
    }
    let lower = path.to_ascii_lowercase();
    let never = ["//", "\\", "#", "%2f", "%5c", "%2e", "%00"];
    if never.iter().any(|text| lower.contains(text))
        || !semicolon && (lower.contains(';') || lower.contains("%3b"))
        || !percent25 && lower.contains("%25")
    {
        return None;
    }
    let closed = format!("{path}/");
    if closed.contains("/./") || closed.contains("/../") {
        return None;
    }
    let decoded = String::from_utf8(percent_decode(path.as_bytes())?).ok()?;
    if decoded.chars().any(char::is_control) {
        return None;
    }
    // No escape can have brought a new slash, so the whole is decoded first and cut then.
    let inner = decoded.trim_matches('/');
    let segments: Vec<String> = match inner {
        "" => Vec::new(),
        _ => inner.split('/').map(str::to_owned).collect(),
    };
    (segments.len() <= 64).then_some(segments)
}

fn percent_decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::new();
    let mut at = 0;
    while at < text.len() {
        if text[at] == b'%' {
            let digits = text.get(at + 1..at + 3)?;
            if !digits.iter().all(u8::is_ascii_hexdigit) {
                return None;
            }
            decoded.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            at += 3;
        } else {
            decoded.push(text[at]);
            at += 1;
        }
    }
    Some(decoded)
}
