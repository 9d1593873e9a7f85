//! Where in a JSON text a member stands, for messages.

use std::fmt;

use super::read::read_string;

/// A place in a text, as editors count: both from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Column, in characters.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

impl Position {
    /// Where `place`, such as `rules[2].require.any[0]`, stands in `text`: a member where its name
    /// begins, an item or the whole where its value begins. `None` when it is not there.
    ///
    /// `text` is JSON that was read without an error; of another text the answer means nothing.
    #[must_use]
    pub fn of(text: &str, place: &str) -> Option<Self> {
        let before = text.get(..Scanner { text, at: 0 }.find(place)?)?;
        let line = before.rsplit('\n').next().unwrap_or(before);
        Some(Self { line: before.matches('\n').count() + 1, column: line.chars().count() + 1 })
    }
}

/// Walks over JSON that is known to be good.
#[derive(Clone, Copy)]
struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scanner<'t> {
    /// Where `place` stands in the value that comes next.
    fn find(&mut self, place: &str) -> Option<usize> {
        let first = self.peek()?;
        if place.is_empty() {
            return Some(self.at);
        }
        let mut index = 0;
        self.at += 1;
        while !matches!(self.peek()?, b'}' | b']') {
            let start = self.at;
            let inside = match first {
                b'{' => {
                    let name = read_string(self.token()?)?;
                    self.peek().filter(|&colon| colon == b':')?;
                    self.at += 1;
                    place.strip_prefix('.').unwrap_or(place).strip_prefix(name.as_str())
                }
                b'[' => place.strip_prefix(&format!("[{index}]")),
                _ => return None,
            };
            match inside {
                Some("") => return Some(start),
                // A copy walks, since the name may only begin like the one that is looked for.
                Some(inside) if inside.starts_with(['.', '[']) => {
                    let mut copy = *self;
                    if let Some(found) = copy.find(inside) {
                        return Some(found);
                    }
                }
                _ => {}
            }
            self.skip()?;
            if self.peek()? == b',' {
                self.at += 1;
            }
            index += 1;
        }
        None
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.text.get(self.at..)?;
        self.at += rest.len() - rest.trim_start().len();
        self.text.as_bytes().get(self.at).copied()
    }

    /// Goes past the value that comes next.
    fn skip(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.token()? {
                "{" | "[" => depth += 1,
                "}" | "]" => depth = depth.checked_sub(1)?,
                _ => {}
            }
            if depth == 0 {
                return Some(());
            }
        }
    }

    /// The next string, number, word or sign.
    fn token(&mut self) -> Option<&'t str> {
        let first = self.peek()?;
        let rest = self.text.get(self.at..)?;
        let mut escaped = false;
        let length = match first {
            b'"' => {
                2 + rest.bytes().skip(1).position(|byte| {
                    let ends = byte == b'"' && !escaped;
                    escaped = byte == b'\\' && !escaped;
                    ends
                })?
            }
            b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
            _ => rest
                .find(|c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}'))
                .unwrap_or(rest.len()),
        };
        self.at += length;
        rest.get(..length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{ \"version\": 1,\n  \"a\\u0062\": \"é\", \"c\": [ [], {\"x\": \"]\\\"}\"},\n\
                        \t{ \"d\": { \"e.f\": -1.5e3, \"e\": { \"g\": true } } } ] }\n";

    fn place(path: &str) -> Option<(usize, usize)> {
        Position::of(TEXT, path).map(|position| (position.line, position.column))
    }

    #[test]
    fn a_place_is_where_its_name_or_value_begins() {
        for (path, expected) in [
            ("", (1, 1)),
            ("version", (1, 3)),
            ("ab", (2, 3)),
            ("c", (2, 19)),
            ("c[0]", (2, 26)),
            ("c[1]", (2, 30)),
            ("c[1].x", (2, 31)),
            ("c[2]", (3, 2)),
            ("c[2].d", (3, 4)),
            ("c[2].d.e.f", (3, 11)),
            ("c[2].d.e", (3, 26)),
            ("c[2].d.e.g", (3, 33)),
        ] {
            assert_eq!(place(path), Some(expected), "{path}");
        }
    }

    #[test]
    fn what_is_not_there_has_no_place() {
        for path in ["x", "c[3]", "c[0][0]", "version.x", "c[2].d.g", "c.x", "[0]"] {
            assert_eq!(place(path), None, "{path}");
        }
        for broken in ["", "{", "{\"a\"", "{\"a\":", "[1", "{\"a\":\"", "}", "]]", "{:"] {
            assert_eq!(Position::of(broken, "a.b"), None, "{broken}");
        }
    }
}
