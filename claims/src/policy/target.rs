//! Reads a request target strictly, so that proxy and backend can't see two different paths.

use std::borrow::Cow;

/// The longest path a request or a rule may have, in segments.
pub(super) const MAX_SEGMENTS: usize = 64;

/// How a policy reads paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Reading {
    /// Upper and lower case ASCII letters are the same.
    pub(super) ignore_case: bool,
    /// `;` and `%3b` are let through.
    pub(super) allow_semicolon: bool,
    /// `%25` is let through, and decoded once.
    pub(super) allow_percent25: bool,
}

/// The decoded segments of a path; none for `/`.
pub(super) type Segments<'a> = Vec<Cow<'a, str>>;

/// The path of `target` (all before the first `?`) as decoded segments, or what makes it
/// impossible to judge.
pub(super) fn read<'t>(target: &'t str, reading: Reading) -> Result<Segments<'t>, &'static str> {
    let Some(path) = target.strip_prefix('/') else {
        return Err("the request target does not begin with `/`");
    };
    // Few paths have more.
    let mut segments = Vec::with_capacity(8);
    let mut add = |raw: Option<&'t str>, plain: bool| {
        if segments.len() == MAX_SEGMENTS {
            return Err("the path has more than 64 segments");
        }
        segments.push(segment(raw.unwrap_or_default(), plain, reading)?);
        Ok(())
    };
    let (mut start, mut end, mut plain) = (0, path.len(), true);
    for (at, byte) in path.bytes().enumerate() {
        match byte {
            b'/' => {
                add(path.get(start..at), plain)?;
                (start, plain) = (at + 1, true);
            }
            b'?' => {
                end = at;
                break;
            }
            byte => plain &= is_plain(byte),
        }
    }
    // A slash at the end says nothing.
    if start < end {
        add(path.get(start..end), plain)?;
    }
    Ok(segments)
}

/// What a segment stands for; `plain` is whether that is what it says.
fn segment(raw: &str, plain: bool, reading: Reading) -> Result<Cow<'_, str>, &'static str> {
    match raw {
        "" => Err("the path has an empty segment"),
        "." | ".." => Err("the path has a dot segment"),
        _ if plain => Ok(Cow::Borrowed(raw)),
        _ => decode(raw, reading).map(Cow::Owned),
    }
}

fn decode(raw: &str, reading: Reading) -> Result<String, &'static str> {
    let mut decoded = Vec::with_capacity(raw.len());
    let mut bytes = raw.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => return Err("the path has a backslash"),
            b'#' => return Err("the path has a fragment"),
            b';' if !reading.allow_semicolon => return Err("the path has a `;`"),
            b'%' => {
                let hex = |byte: Option<u8>| byte.and_then(|b| char::from(b).to_digit(16));
                let (Some(high), Some(low)) = (hex(bytes.next()), hex(bytes.next())) else {
                    return Err("the path has a broken percent escape");
                };
                // Two hexadecimal digits fit into a byte.
                let escaped = u8::try_from(high * 16 + low).unwrap_or_default();
                match escaped {
                    b'/' | b'\\' | b'.' => return Err("the path has an escaped separator or dot"),
                    b';' if !reading.allow_semicolon => return Err("the path has an escaped `;`"),
                    b'%' if !reading.allow_percent25 => return Err("the path has an escaped `%`"),
                    _ => decoded.push(escaped),
                }
            }
            _ => decoded.push(byte),
        }
    }
    let decoded = String::from_utf8(decoded).map_err(|_| "the path is not UTF-8")?;
    if decoded.chars().any(char::is_control) {
        return Err("the path has a control character");
    }
    Ok(decoded)
}

/// Bytes that stand for themselves and need no second look.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'%' | b'\\' | b'#' | b';')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strict(target: &str) -> Result<Segments<'_>, &'static str> {
        read(target, Reading::default())
    }

    #[test]
    fn plain_paths_are_split_and_decoded_once() {
        assert_eq!(strict("/").unwrap(), Vec::<String>::new());
        assert_eq!(strict("/?a=/../b").unwrap(), Vec::<String>::new());
        assert_eq!(strict("/orders/7/").unwrap(), ["orders", "7"]);
        assert_eq!(strict("/orders/7?x=%2f//").unwrap(), ["orders", "7"]);
        assert_eq!(strict("/caf%C3%A9/a%20b/...").unwrap(), ["café", "a b", "..."]);
        assert_eq!(strict("/café").unwrap(), ["café"]);
        assert_eq!(strict("/a+b:c@d,e=f&g!").unwrap(), ["a+b:c@d,e=f&g!"]);
    }

    #[test]
    fn confusing_paths_are_refused() {
        for target in [
            "",
            "*",
            "orders",
            "http://x/orders",
            "x.example:443",
            "//",
            "//orders",
            "/orders//",
            "/orders//7",
            "/./orders",
            "/orders/.",
            "/../orders",
            "/orders/..",
            "/a\\b",
            "/a;b",
            "/a#b",
            "/a\0b",
            "/a\nb",
            "/a\u{7f}b",
            "/a\u{85}b",
            "/a%2fb",
            "/a%2Fb",
            "/a%5cb",
            "/%2e%2e/a",
            "/a%2Eb",
            "/a%25b",
            "/a%252fb",
            "/a%3bb",
            "/a%00b",
            "/a%0ab",
            "/a%7fb",
            "/a%",
            "/a%2",
            "/a%zz",
            "/a%+1",
            "/%ff",
            "/%c3",
            "/%c0%ae",
            "/%ed%a0%80",
            "?",
            "/a%c2%85",
        ] {
            assert!(strict(target).is_err(), "{target:?}");
        }
    }

    #[test]
    fn a_path_has_at_most_64_segments() {
        assert_eq!(strict(&"/a".repeat(64)).unwrap().len(), 64);
        assert!(strict(&"/a".repeat(65)).is_err());
    }

    #[test]
    fn a_policy_may_relax_by_name() {
        let semicolon = Reading { allow_semicolon: true, ..Reading::default() };
        assert_eq!(read("/a;b/c%3bd", semicolon).unwrap(), ["a;b", "c;d"]);
        assert!(read("/a%25b", semicolon).is_err());
        let percent = Reading { allow_percent25: true, ..Reading::default() };
        assert_eq!(read("/a%252fb", percent).unwrap(), ["a%2fb"]);
        assert!(read("/a;b", percent).is_err());
    }
}
