//! Paths as rules write them: static segments, `{parameter}`, and a final `{*rest}`.

use super::target::MAX_SEGMENTS;
use crate::document::{self, Fault, Node};
use crate::text::quoted;

/// A path pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) parts: Vec<Part>,
    pub(super) parameters: Vec<Parameter>,
}

/// One segment of a pattern. Parameter names do not count when patterns are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Exactly this text, decoded.
    Static(String),
    /// Any one segment.
    Parameter,
    /// One segment or more, to the end.
    Rest,
}

/// A name for what a pattern matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: String,
    /// Index of the segment it stands for, or of the first one.
    pub(super) index: usize,
    /// Whether it stands for all segments from there on.
    pub(super) rest: bool,
}

impl Pattern {
    /// Reads a pattern such as `/users/{user}/{*rest}`.
    pub(super) fn read(node: &Node<'_, '_>) -> document::Result<Self> {
        let text = node.text()?;
        let Some(path) = text.strip_prefix('/') else {
            return Err(node.refuse(format_args!("a path begins with `/`: write `/{text}`")));
        };
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut pattern = Self { parts: Vec::new(), parameters: Vec::new() };
        if path.is_empty() {
            return if text == "/" { Ok(pattern) } else { Err(no_segment(node, "")) };
        }
        let count = path.split('/').count();
        if count > MAX_SEGMENTS {
            return Err(node.refuse(format_args!("a path has at most {MAX_SEGMENTS} segments")));
        }
        for (index, segment) in path.split('/').enumerate() {
            let inner = segment.strip_prefix('{').and_then(|s| s.strip_suffix('}'));
            let Some(inner) = inner else {
                if matches!(segment, "*" | "**") {
                    let message =
                        format_args!("`{segment}` is no wildcard here: write `{{*rest}}`");
                    return Err(node.refuse(message));
                }
                if !is_static(segment) {
                    return Err(no_segment(node, segment));
                }
                pattern.parts.push(Part::Static(segment.to_owned()));
                continue;
            };
            let rest = inner.starts_with('*');
            let name = inner.strip_prefix('*').unwrap_or(inner);
            if !is_name(name) {
                return Err(node.refuse(format_args!(
                    "`{segment}` is no parameter: a name has letters, digits and `_`, and does \
                     not begin with a digit"
                )));
            }
            if rest && index + 1 != count {
                let message = format_args!("`{segment}` may stand only at the end of a path");
                return Err(node.refuse(message));
            }
            if pattern.parameters.iter().any(|known| known.name == name) {
                let message = format_args!("the parameter `{name}` stands twice in this path");
                return Err(node.refuse(message));
            }
            pattern.parts.push(if rest { Part::Rest } else { Part::Parameter });
            pattern.parameters.push(Parameter { name: name.to_owned(), index, rest });
        }
        Ok(pattern)
    }
}

fn no_segment(node: &Node<'_, '_>, segment: &str) -> Box<Fault> {
    node.refuse(format_args!(
        "`{}` in `{}` is no path segment: write it decoded, without `{{}} % ? # \\ ;`, control \
         characters, dot segments or doubled slashes",
        quoted(segment),
        node.text().unwrap_or_default()
    ))
}

fn is_static(segment: &str) -> bool {
    let forbidden =
        |c: char| c.is_control() || matches!(c, '{' | '}' | '%' | '?' | '#' | '\\' | ';');
    !matches!(segment, "" | "." | "..") && !segment.contains(forbidden)
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> document::Result<Pattern> {
        Pattern::read(&Node::whole(&text.into()))
    }

    #[test]
    fn patterns_are_read_segment_by_segment() {
        let pattern = read("/users/{user}/{*rest}").unwrap();
        assert_eq!(pattern.parts, [Part::Static("users".into()), Part::Parameter, Part::Rest]);
        assert_eq!(pattern.parameters[1].index, 2);
        assert!(pattern.parameters[1].rest);
        assert_eq!(read("/").unwrap().parts, []);
        assert_eq!(read("/a/").unwrap(), read("/a").unwrap());
        assert!(read("/café/a b").is_ok());
    }

    #[test]
    fn bad_patterns_are_refused_with_what_is_wrong() {
        for (text, words) in [
            ("orders", "begins with `/`"),
            ("", "begins with `/`"),
            ("//", "no path segment"),
            ("/a//b", "no path segment"),
            ("/a/../b", "no path segment"),
            ("/a%20b", "decoded"),
            ("/a?b", "no path segment"),
            ("/a;b", "no path segment"),
            ("/a{b}", "no path segment"),
            ("/api/*", "write `{*rest}`"),
            ("/{}", "no parameter"),
            ("/{9a}", "no parameter"),
            ("/{*}", "no parameter"),
            ("/{*rest}/a", "only at the end"),
            ("/{a}/{a}", "stands twice"),
        ] {
            let fault = read(text).unwrap_err();
            assert!(fault.message.contains(words), "{text}: {}", fault.message);
        }
        assert!(read(&"/a".repeat(65)).is_err());
    }
}
