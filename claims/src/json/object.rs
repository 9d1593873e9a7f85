//! A JSON object that is read strictly in one pass and left where it stands: its members are places
//! in its text, and values are made of those that somebody asks for.

use std::ops::{Deref, Range};
use std::sync::OnceLock;

use serde_json::{Map, Value};

use super::{JsonError, Limits, parse, parse_object, scan};

/// A JSON object. What takes more than places in its text is made when it is asked for, by
/// [`Object::deref`], as a map.
#[derive(Debug, Clone, Default)]
pub struct Object {
    text: String,
    /// Where members stand, if they could be left there; otherwise they are in the map.
    members: Vec<Member>,
    map: OnceLock<Map<String, Value>>,
}

/// Where a member stands.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) name: Name,
    pub(super) value: Range<u32>,
}

/// A name: where it stands, without its quotes, and what tells it from nearly every other at a
/// glance.
#[derive(Debug, Clone)]
pub(super) struct Name {
    pub(super) place: Range<u32>,
    pub(super) tag: u32,
}

impl Name {
    /// Length, first and last letter.
    #[inline(always)]
    pub(super) fn tag(name: &[u8]) -> u32 {
        let letter = |byte: Option<&u8>| byte.map_or(0, |byte| u32::from(*byte));
        (name.len() as u32) << 16 | letter(name.first()) << 8 | letter(name.last())
    }
}

/// One value, where it stands.
#[derive(Debug, Clone, Copy)]
pub enum Seen<'a> {
    /// One that was made.
    Made(&'a Value),
    /// JSON text that was read strictly, in which there is no escape, and no number but integers of
    /// at most 15 digits.
    Plain(&'a str),
}

impl Object {
    /// Reads one JSON object, strictly.
    ///
    /// # Errors
    /// As [`parse_object`].
    pub fn parse(text: Vec<u8>, limits: Limits) -> Result<Self, JsonError> {
        let text = match String::from_utf8(text) {
            Ok(text) => text,
            // What is not UTF-8 is refused there, with its place.
            Err(error) => return parse_object(error.as_bytes(), limits).map(Self::from),
        };
        if let Some(members) = scan::members(&text, limits) {
            return Ok(Self { text, members, map: OnceLock::new() });
        }
        // Escapes and long numbers, or an error, which that reader words.
        let map = parse_object(text.as_bytes(), limits)?;
        Ok(Self { text, members: Vec::new(), map: OnceLock::from(map) })
    }

    /// The object as it was written; empty where it was made of a map.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value of the member of that name.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<Seen<'_>> {
        if self.members.is_empty() {
            return self.deref().get(name).map(Seen::Made);
        }
        let tag = Name::tag(name.as_bytes());
        let is = |found: &Name| found.tag == tag && self.cut(&found.place) == name;
        let found = self.members.iter().find(|member| is(&member.name))?;
        Some(Seen::Plain(self.cut(&found.value)))
    }

    /// Whether there is a member of that name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.member(name).is_some()
    }

    fn cut(&self, place: &Range<u32>) -> &str {
        self.text.get(place.start as usize..place.end as usize).unwrap_or_default()
    }
}

impl Deref for Object {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Map<String, Value> {
        // What was read once is read again: nothing is lost by the default.
        let depth = usize::MAX;
        let limits = Limits { depth, members: usize::MAX };
        self.map.get_or_init(|| parse_object(self.text.as_bytes(), limits).unwrap_or_default())
    }
}

impl From<Map<String, Value>> for Object {
    fn from(map: Map<String, Value>) -> Self {
        Self { map: OnceLock::from(map), ..Self::default() }
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<'a> Seen<'a> {
    /// The text of a string.
    #[must_use]
    pub fn text(self) -> Option<&'a str> {
        match self {
            Self::Made(value) => value.as_str(),
            Self::Plain(json) => match json.as_bytes() {
                [b'"', .., b'"'] => json.get(1..json.len() - 1),
                _ => None,
            },
        }
    }

    /// The texts of an array of strings.
    #[must_use]
    pub fn texts(self) -> Option<Vec<&'a str>> {
        let mut rest = match self {
            Self::Made(value) => return value.as_array()?.iter().map(Value::as_str).collect(),
            Self::Plain(json) => json.strip_prefix('[')?,
        };
        let mut texts = Vec::new();
        loop {
            // What stands between strings is white space and commas, or no string.
            rest = rest.trim_start_matches([' ', '\n', '\r', '\t', ',']);
            if rest == "]" {
                return Some(texts);
            }
            let (text, after) = rest.strip_prefix('"')?.split_once('"')?;
            texts.push(text);
            rest = after;
        }
    }

    /// The value of `true` or `false`.
    #[must_use]
    pub fn switch(self) -> Option<bool> {
        match self {
            Self::Made(value) => value.as_bool(),
            Self::Plain("true") => Some(true),
            Self::Plain("false") => Some(false),
            Self::Plain(_) => None,
        }
    }

    /// A number that was written as an integer, and fits.
    #[must_use]
    pub fn integer(self) -> Option<i64> {
        let json = match self {
            Self::Made(value) => return value.as_i64(),
            Self::Plain(json) => json,
        };
        let digits = json.strip_prefix('-').unwrap_or(json);
        let size = digits.bytes().try_fold(0, |size: i64, byte| {
            byte.is_ascii_digit().then(|| size * 10 + i64::from(byte - b'0'))
        });
        // A value is never empty.
        size.map(|size| if digits.len() < json.len() { -size } else { size })
    }

    /// A number.
    #[must_use]
    pub fn number(self) -> Option<f64> {
        match self {
            Self::Made(value) => value.as_f64(),
            Self::Plain(_) => self.integer().map(|integer| integer as f64),
        }
    }

    /// A value of its own.
    #[must_use]
    pub fn to_value(self) -> Value {
        let limits = Limits { depth: usize::MAX, members: usize::MAX };
        match self {
            Self::Made(value) => value.clone(),
            Self::Plain(json) => parse(json.as_bytes(), limits).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::TOKEN_LIMITS;

    fn read(text: &str) -> Result<Object, JsonError> {
        Object::parse(text.as_bytes().to_vec(), TOKEN_LIMITS)
    }

    /// Objects that are left where they stand.
    const PLAIN: [&str; 9] = [
        "{}",
        "{ }",
        r#"{"a":1}"#,
        " {\n\"iss\" : \"https://a\",\t\"exp\":1800000000 , \"sub\":\"\" }\r\n",
        r#"{"aud":["a","b"],"none":[],"mixed":["a",1],"deep":[["a"]],"space":[ "a" , "b" ]}"#,
        r#"{"t":true,"f":false,"n":null,"z":0,"m":-7,"big":999999999999999}"#,
        r#"{"o":{"a":{"a":[{"a":1},{"a":2}]}},"a":{"o":1}}"#,
        r#"{"é":"ü😀","":"","{":"}"}"#,
        r#"{"a":[],"b":{},"c":[{}],"d":",","e":["]","[",","]}"#,
    ];

    #[test]
    fn what_is_left_where_it_stands_is_what_another_reader_makes_of_it() {
        for text in PLAIN {
            let object = read(text).unwrap();
            let map = parse_object(text.as_bytes(), TOKEN_LIMITS).unwrap();
            assert_eq!(object.members.len(), map.len(), "{text} is plain");
            assert!(object.map.get().is_none(), "{text}: nobody asked for a map");
            for (name, value) in &map {
                let (seen, made) = (object.member(name).unwrap(), Seen::Made(value));
                assert!(map.is_empty() || matches!(seen, Seen::Plain(_)), "{text}");
                assert_eq!(seen.to_value(), *value, "{text}");
                assert_eq!(seen.text(), made.text(), "{text}");
                assert_eq!(seen.texts(), made.texts(), "{text} {name}");
                assert_eq!(seen.switch(), made.switch(), "{text}");
                assert_eq!(seen.integer(), made.integer(), "{text}");
                assert_eq!(seen.number(), made.number(), "{text}");
            }
            assert!(!object.has("absent"));
            assert_eq!(*object, map);
            assert_eq!(object.text(), text);
        }
    }

    #[test]
    fn what_takes_more_is_read_by_the_other_reader() {
        for text in [
            r#"{"a":"\u0061"}"#,
            r#"{"\u0061":1}"#,
            r#"{"a":1.5}"#,
            r#"{"a":1e3}"#,
            r#"{"a":-0}"#,
            r#"{"a":1234567890123456}"#,
        ] {
            let object = read(text).unwrap();
            assert!(object.members.is_empty() && object.map.get().is_some(), "{text}");
            assert_eq!(object.member("a").unwrap().to_value(), object["a"], "{text}");
        }
    }

    #[test]
    fn errors_are_those_of_the_other_reader() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(16), "]".repeat(16));
        let many: Vec<_> = (0..513).map(|n| format!("\"{n}\":0")).collect();
        let many = format!("{{{}}}", many.join(","));
        for text in [
            "",
            "[]",
            "1",
            "{",
            "{}}",
            "{},",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            r#"{,}"#,
            r#"{"a":1 "b":2}"#,
            r#"{a:1}"#,
            r#"{"a":01}"#,
            r#"{"a":-}"#,
            r#"{"a":1x}"#,
            r#"{"a":tru}"#,
            r#"{"a":truex}"#,
            r#"{"a":[1,]}"#,
            r#"{"a":[,1]}"#,
            r#"{"a":[1 2]}"#,
            r#"{"a":"x}"#,
            "{\"a\":\"\n\"}",
            r#"{"a":1,"a":1}"#,
            r#"{"x":{"b":1,"b":2}}"#,
            r#"{"a":'x'}"#,
            "{\"a\":1}\u{0}",
            "\u{feff}{}",
            r#"{"a":]}"#,
            r#"{"a":[}}"#,
            &deep,
            &many,
        ] {
            let refused = parse_object(text.as_bytes(), TOKEN_LIMITS).unwrap_err();
            assert_eq!(read(text).unwrap_err(), refused, "{text}");
        }
        assert!(Object::parse(b"{\"a\":\"\xff\"}".to_vec(), TOKEN_LIMITS).is_err());
        let most: Vec<_> = (0..60).map(|n| format!("\"{n}\":0")).collect();
        assert_eq!(read(&format!("{{{}}}", most.join(","))).unwrap().len(), 60);
    }

    #[test]
    fn every_prefix_of_an_object_is_refused_by_both() {
        for text in PLAIN {
            for (end, _) in text.trim_end().char_indices() {
                let prefix = text.get(..end).unwrap();
                assert!(scan::members(prefix, TOKEN_LIMITS).is_none(), "{prefix}");
            }
        }
    }
}
