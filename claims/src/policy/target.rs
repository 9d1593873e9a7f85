//! Reads a request target strictly, so that proxy and backend can't see two different paths.

use std::borrow::Cow;

use crate::text::split_at_first;

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

/// The decoded segments of a path, with slashes between them; none has a slash in it.
#[derive(Debug, Clone)]
pub(super) struct Path<'t>(Cow<'t, str>);

impl Path<'_> {
    /// The segments from that one on, if the path has so many; `/` has none.
    pub(super) fn from(&self, index: usize) -> Option<&str> {
        let all = Some(&*self.0).filter(|path| !path.is_empty());
        (0..index).try_fold(all?, |rest, _| first_and_others(rest).1)
    }

    /// The same in lower case.
    pub(super) fn to_ascii_lowercase(&self) -> Self {
        Self(Cow::Owned(self.0.to_ascii_lowercase()))
    }
}

/// The first of the segments of a path, and the others, if there are any.
pub(super) fn first_and_others(segments: &str) -> (&str, Option<&str>) {
    split_at_first(segments, b'/')
}

/// The path of `target` (all before the first `?`), or what makes it impossible to judge.
pub(super) fn read(target: &str, reading: Reading) -> Result<Path<'_>, &'static str> {
    let Some(path) = target.strip_prefix('/') else {
        return Err("the request target does not begin with `/`");
    };
    let (mut start, mut end, mut count) = (0, path.len(), 0);
    for (at, byte) in path.bytes().enumerate() {
        match byte {
            b'/' => {
                check(path.get(start..at), count)?;
                (start, count) = (at + 1, count + 1);
            }
            b'?' => {
                end = at;
                break;
            }
            byte if is_plain(byte) => {}
            _ => return decode(path, reading).map(|path| Path(Cow::Owned(path))),
        }
    }
    // A slash at the end says nothing.
    if start < end {
        check(path.get(start..end), count)?;
    } else {
        end = start.saturating_sub(1);
    }
    Ok(Path(Cow::Borrowed(path.get(..end).unwrap_or_default())))
}

/// Whether there may be such a segment after so many.
fn check(segment: Option<&str>, before: usize) -> Result<(), &'static str> {
    if before == MAX_SEGMENTS {
        return Err("the path has more than 64 segments");
    }
    match segment.unwrap_or_default() {
        "" => Err("the path has an empty segment"),
        "." | ".." => Err("the path has a dot segment"),
        _ => Ok(()),
    }
}

/// What a path stands for in which not every byte stands for itself.
fn decode(path: &str, reading: Reading) -> Result<String, &'static str> {
    let (path, _) = split_at_first(path, b'?');
    // A slash at the end says nothing here either; before it is the segment that brought us here.
    let path = path.strip_suffix('/').unwrap_or(path);
    let mut decoded = String::with_capacity(path.len());
    for (count, segment) in path.split('/').enumerate() {
        check(Some(segment), count)?;
        if count > 0 {
            decoded.push('/');
        }
        decoded.push_str(&decode_segment(segment, reading)?);
    }
    Ok(decoded)
}

fn decode_segment(raw: &str, reading: Reading) -> Result<String, &'static str> {
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

    /// The segments of a path, one by one.
    fn segments(target: &str, reading: Reading) -> Result<Vec<String>, &'static str> {
        let path = read(target, reading)?;
        let mut segments = Vec::new();
        while let Some(rest) = path.from(segments.len()) {
            segments.push(first_and_others(rest).0.to_owned());
        }
        Ok(segments)
    }

    fn strict(target: &str) -> Result<Vec<String>, &'static str> {
        segments(target, Reading::default())
    }

    #[test]
    fn plain_paths_are_split_and_decoded_once() {
        assert_eq!(strict("/").unwrap(), Vec::<String>::new());
        assert_eq!(strict("/?a=/../b").unwrap(), Vec::<String>::new());
        assert_eq!(strict("/orders/7/").unwrap(), ["orders", "7"]);
        assert_eq!(strict("/orders/7?x=%2f//").unwrap(), ["orders", "7"]);
        assert_eq!(strict("/caf%C3%A9/a%20b/...").unwrap(), ["café", "a b", "..."]);
        assert_eq!(strict("/caf%C3%A9/?/..").unwrap(), ["café"]);
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
            "/%41//",
            "/%41//7",
            "//%41",
            "/%41/..",
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
        assert_eq!(segments("/a;b/c%3bd", semicolon).unwrap(), ["a;b", "c;d"]);
        assert!(read("/a%25b", semicolon).is_err());
        let percent = Reading { allow_percent25: true, ..Reading::default() };
        assert_eq!(segments("/a%252fb", percent).unwrap(), ["a%2fb"]);
        assert!(read("/a;b", percent).is_err());
    }
}
