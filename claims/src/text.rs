//! Texts of messages, foreign text in them, and the tokens of HTTP.

use std::fmt::{self, Write as _};

/// `text` as a message may quote it: what is invisible, or would turn the line round, stands
/// escaped, and so do quotes and backslashes.
///
/// What `str::escape_debug` does, without its tables of Unicode's unprintable characters, which are
/// larger than the reader of JSON.
#[must_use]
pub fn quoted(text: &str) -> impl fmt::Display {
    Quoted(text)
}

/// Whether `text` is a token of HTTP, as methods, schemes and names of headers and cookies are
/// (RFC 9110 section 5.6.2).
#[must_use]
pub fn is_token(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(known)
}

/// Names as a message lists them: in backticks, with commas.
#[must_use]
pub fn list(names: &[&str]) -> String {
    let mut text = String::new();
    for name in names {
        let comma = if text.is_empty() { "" } else { ", " };
        // Writing to a String can't fail.
        let _ = write!(text, "{comma}`{name}`");
    }
    text
}

/// The texts, with `between` between them.
///
/// What `join` of the standard library does with five copies of its loop, for what stands between
/// being of 0 to 4 bytes.
#[must_use]
pub fn joined<T: AsRef<str>>(texts: &[T], between: &str) -> String {
    let mut joined = String::new();
    for (place, text) in texts.iter().enumerate() {
        if place > 0 {
            joined.push_str(between);
        }
        joined.push_str(text.as_ref());
    }
    joined
}

/// What comes before the first `end`, a character of ASCII, and what comes after it: all of `text`,
/// and nothing, where there is none.
///
/// What `split_once` does with a search that reads word by word, which takes longer to begin than a
/// short text to be looked through.
#[must_use]
pub fn split_at_first(text: &str, end: u8) -> (&str, Option<&str>) {
    let length = text.bytes().position(|byte| byte == end).unwrap_or(text.len());
    (text.get(..length).unwrap_or(text), text.get(length + 1..))
}

struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for char in self.0.chars() {
            match char {
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                '\0' => f.write_str("\\0")?,
                '"' | '\'' | '\\' => {
                    f.write_char('\\')?;
                    f.write_char(char)?;
                }
                char if is_invisible(char) => write!(f, "\\u{{{:x}}}", u32::from(char))?,
                char => f.write_char(char)?,
            }
        }
        Ok(())
    }
}

/// Control and format characters, separators, surrogates' neighbours that are no characters, and
/// private use.
fn is_invisible(char: char) -> bool {
    matches!(u32::from(char),
        0..=0x1f | 0x7f..=0xa0 | 0xad | 0x34f | 0x61c | 0x115f | 0x1160 | 0x17b4 | 0x17b5
        | 0x180b..=0x180f | 0x2000..=0x200f | 0x2028..=0x202f | 0x205f..=0x206f | 0x3000 | 0x3164
        | 0xe000..=0xf8ff | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xfffb | 0xfffe | 0xffff
        | 0xe_0000..)
}

#[cfg(test)]
mod tests {
    use super::{joined, list, quoted};

    #[test]
    fn texts_stand_one_after_the_other() {
        assert_eq!(list(&[]), "");
        assert_eq!(list(&["a"]), "`a`");
        assert_eq!(list(&["a", "b", "c"]), "`a`, `b`, `c`");
        for texts in [&[] as &[&str], &["a"], &["", ""], &["a", "", "b"]] {
            for between in ["", "/", ", "] {
                assert_eq!(joined(texts, between), texts.join(between));
            }
        }
    }

    #[test]
    fn what_is_seen_stands_and_what_is_not_is_escaped() {
        for (text, shown) in [
            ("orders:read", "orders:read"),
            ("café 😀", "café 😀"),
            ("a\"b'c\\d", "a\\\"b\\'c\\\\d"),
            ("a\nb\r\t\0", "a\\nb\\r\\t\\0"),
            ("\u{1b}[31m\u{7f}\u{85}", "\\u{1b}[31m\\u{7f}\\u{85}"),
            (
                "\u{202e}\u{2066}\u{feff}\u{200d}\u{e0041}",
                "\\u{202e}\\u{2066}\\u{feff}\\u{200d}\\u{e0041}",
            ),
        ] {
            assert_eq!(quoted(text).to_string(), shown);
        }
    }
}
