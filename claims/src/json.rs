//! JSON read strictly.
//!
//! Two parsers that disagree about one document are how a proxy lets through what a backend
//! refuses. So duplicate members are an error (RFC 7515 section 4, RFC 8725 section 2.4), depth
//! and number of members are bounded, and nothing may follow the value.

mod double;
mod object;
mod position;
mod read;
mod scan;
mod write;

use std::fmt;

pub use object::{Object, Seen};
pub use position::Position;
use serde_json::{Map, Number, Value};
pub use write::{push_text, push_value};

/// Bounds of a document.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How deep arrays and objects may nest; a bare object has depth 1.
    pub depth: usize,
    /// How many members all objects of the document may have together.
    pub members: usize,
}

/// Bounds of a token's header and payload.
pub const TOKEN_LIMITS: Limits = Limits { depth: 16, members: 512 };

/// Bounds of a document that comes from an operator: a policy, options, a key set.
pub const DOCUMENT_LIMITS: Limits = Limits { depth: 64, members: 1_000_000 };

/// Why a text is not the JSON it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    /// What is wrong, with line and column.
    pub message: String,
    /// Where the reader stopped; absent for good JSON that is not an object.
    pub position: Option<Position>,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for JsonError {}

/// Reads one JSON value, strictly.
///
/// # Errors
/// Not UTF-8, not JSON, duplicate members, beyond `limits`, or anything but white space after it.
pub fn parse(text: &[u8], limits: Limits) -> Result<Value, JsonError> {
    read::read(text, limits)
}

/// Reads one JSON object, strictly.
///
/// # Errors
/// As [`parse`], and when the value is not an object.
pub fn parse_object(text: &[u8], limits: Limits) -> Result<Map<String, Value>, JsonError> {
    match parse(text, limits)? {
        Value::Object(object) => Ok(object),
        _ => Err(JsonError { message: "expected a JSON object".to_owned(), position: None }),
    }
}

/// The value a JSON pointer (RFC 6901) or a plain member name leads to.
///
/// `name` that begins with `/` is a pointer, anything else the name of a member.
#[must_use]
pub fn look_up<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let Some(pointer) = name.strip_prefix('/') else {
        return object.get(name);
    };
    let mut segments = pointer.split('/').map(unescaped);
    let first = object.get(&segments.next()?)?;
    segments.try_fold(first, |value, segment| match value {
        Value::Object(members) => members.get(&segment),
        Value::Array(items) => items.get(index(&segment)?),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    })
}

/// The member that a name or a JSON pointer, as [`look_up`] takes them, leads to or into.
#[must_use]
pub fn member_of(name: &str) -> String {
    match name.strip_prefix('/') {
        Some(pointer) => unescaped(pointer.split('/').next().unwrap_or_default()),
        None => name.to_owned(),
    }
}

/// A segment of a pointer as the name that it stands for (RFC 6901 section 4).
fn unescaped(segment: &str) -> String {
    let mut name = String::with_capacity(segment.len());
    let mut chars = segment.chars();
    while let Some(char) = chars.next() {
        let (meant, escaped) = match (char, chars.clone().next()) {
            ('~', Some('0')) => ('~', true),
            ('~', Some('1')) => ('/', true),
            _ => (char, false),
        };
        if escaped {
            chars.next();
        }
        name.push(meant);
    }
    name
}

/// The place in an array that a segment of a pointer names: digits without leading zeros.
fn index(segment: &str) -> Option<usize> {
    let usual = !segment.starts_with('+') && (segment == "0" || !segment.starts_with('0'));
    usual.then(|| segment.parse().ok()).flatten()
}

/// Whether two JSON values are the same: numbers by value (`1` is `1.0`), all else by type and
/// content.
#[must_use]
pub fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => same_number(left, right),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(l, r)| same(l, r))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, l)| right.get(name).is_some_and(|r| same(l, r)))
        }
        _ => left == right,
    }
}

fn same_number(left: &Number, right: &Number) -> bool {
    // Integers are compared exactly: beyond 2⁵³ two of them can share one double.
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => left == right,
        _ => left.as_f64() == right.as_f64(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strict(text: &str) -> Result<Value, JsonError> {
        parse(text.as_bytes(), TOKEN_LIMITS)
    }

    #[test]
    fn duplicate_members_are_refused_at_any_depth_and_in_any_spelling() {
        for text in [r#"{"a":1,"a":1}"#, r#"{"x":[{"a":1,"b":2,"a":3}]}"#, r#"{"a":1,"\u0061":2}"#]
        {
            assert!(strict(text).unwrap_err().message.contains("duplicate member `a`"), "{text}");
        }
    }

    #[test]
    fn limits_hold_exactly() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(strict(&nested(16)).is_ok());
        assert!(strict(&nested(17)).unwrap_err().message.contains("nested too deeply"));
        let members = |n: usize| {
            let members: Vec<_> = (0..n).map(|i| format!("\"m{i}\":0")).collect();
            format!("{{{}}}", members.join(","))
        };
        assert!(strict(&members(512)).is_ok());
        assert!(strict(&members(513)).unwrap_err().message.contains("too many members"));
    }

    #[test]
    fn what_is_not_one_json_value_is_refused() {
        for text in ["", "{", "{} {}", "{}x", "{'a':1}", "{\"a\":1,}", "NaN", "1e999", "\u{feff}{}"]
        {
            assert!(strict(text).is_err(), "{text}");
        }
        assert!(parse(b"\"\xff\"", TOKEN_LIMITS).is_err());
        assert!(strict(r#""\ud800""#).is_err());
        assert!(parse_object(b"[]", TOKEN_LIMITS).is_err());
    }

    #[test]
    fn names_and_pointers_lead_to_members() {
        let object =
            parse_object(br#"{"a":{"b":[1,{"c/d":2}]},"/x":3,"":4}"#, TOKEN_LIMITS).unwrap();
        assert_eq!(look_up(&object, "/a/b/0"), Some(&1.into()));
        assert_eq!(look_up(&object, "/a/b/1/c~1d"), Some(&2.into()));
        assert_eq!(look_up(&object, "/~1x"), Some(&3.into()));
        assert_eq!(look_up(&object, ""), Some(&4.into()));
        assert_eq!(look_up(&object, "b"), None);
        assert_eq!(look_up(&object, "/a/x/0"), None);
        for (name, member) in [("a", "a"), ("/a/b/0", "a"), ("/~1x", "/x"), ("", ""), ("/", "")] {
            assert_eq!(member_of(name), member, "{name}");
        }
        let object = Value::Object(object);
        for pointer in
            ["/a/b/0", "/a/b/00", "/a/b/+1", "/a/b/2", "/a/b/-1", "/a/b/", "/", "/a/b/1/"]
        {
            let members = object.as_object().unwrap();
            assert_eq!(look_up(members, pointer), object.pointer(pointer), "{pointer}");
        }
        for (segment, name) in
            [("~01", "~1"), ("~~1", "~/"), ("~", "~"), ("~2", "~2"), ("é~0", "é~")]
        {
            assert_eq!(unescaped(segment), name);
            assert_eq!(segment.replace("~1", "/").replace("~0", "~"), name);
        }
    }

    #[test]
    fn numbers_are_the_same_by_value_and_large_integers_exactly() {
        let value = |text: &str| strict(text).unwrap();
        assert!(same(&value("[1]"), &value("[1.0]")));
        assert!(same(&value(r#"{"a":1,"b":2}"#), &value(r#"{"b":2,"a":1.0}"#)));
        assert!(!same(&value("9007199254740993"), &value("9007199254740992")));
        assert!(!same(&value("1"), &value("\"1\"")));
        assert!(!same(&value("null"), &value("0")));
    }
}
