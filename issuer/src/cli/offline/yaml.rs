//! YAML (1.2, core schema) that says what JSON can say, and no more.
//!
//! Refused: anchors and aliases (a few lines of them expand to gigabytes, and hide what a rule
//! says), tags, names that are no text or stand twice, and more than one document.

use std::collections::HashMap;

use laika_claims::json::{DOCUMENT_LIMITS, Position};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput};
use serde_json::{Map, Number, Value};

use super::document::{Unreadable, member};

/// The document, and where its parts stand by their path.
pub(super) fn read(text: &str) -> Result<(Value, HashMap<String, Position>), Unreadable> {
    let mut reader = Reader { parser: Parser::new_from_str(text), places: HashMap::new() };
    let value = reader.document()?;
    Ok((value, reader.places))
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    places: HashMap<String, Position>,
}

impl<'t> Reader<'t> {
    fn document(&mut self) -> Result<Value, Unreadable> {
        let mut value = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(value.unwrap_or(Value::Null)),
                Event::StreamStart | Event::Nothing | Event::DocumentEnd => {}
                Event::DocumentStart(_) if value.is_none() => {
                    let (event, span) = self.next()?;
                    self.places.insert(String::new(), position(&span.start));
                    value = Some(self.value(event, span, "", DOCUMENT_LIMITS.depth)?);
                }
                _ => return Err(refuse("there is more than one document", span)),
            }
        }
    }

    fn value(
        &mut self,
        event: Event<'t>,
        span: Span,
        at: &str,
        depth: usize,
    ) -> Result<Value, Unreadable> {
        let Some(inside) = depth.checked_sub(1) else {
            return Err(refuse("nested too deeply", span));
        };
        match event {
            Event::Alias(_) => Err(refuse("aliases are not read: write it out", span)),
            Event::Scalar(_, _, anchor, _)
            | Event::SequenceStart(anchor, _)
            | Event::MappingStart(anchor, _)
                if anchor > 0 =>
            {
                Err(refuse("anchors are not read: write it out where it is needed", span))
            }
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => Err(refuse("tags are not read", span)),
            Event::Scalar(text, ScalarStyle::Plain, ..) => {
                plain(&text).ok_or_else(|| refuse("JSON has no such number", span))
            }
            Event::Scalar(text, ..) => Ok(Value::String(text.into_owned())),
            Event::SequenceStart(..) => self.sequence(at, inside).map(Value::Array),
            Event::MappingStart(..) => self.mapping(at, inside).map(Value::Object),
            _ => Err(refuse("a value is missing", span)),
        }
    }

    fn sequence(&mut self, at: &str, depth: usize) -> Result<Vec<Value>, Unreadable> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(items);
            }
            let path = format!("{at}[{}]", items.len());
            self.places.insert(path.clone(), position(&span.start));
            items.push(self.value(event, span, &path, depth)?);
        }
    }

    fn mapping(&mut self, at: &str, depth: usize) -> Result<Map<String, Value>, Unreadable> {
        let mut object = Map::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(object);
            }
            let Value::String(name) = self.value(event, span, at, depth)? else {
                return Err(refuse("a name is a text: put it in quotes", span));
            };
            if object.contains_key(&name) {
                return Err(refuse(&format!("duplicate member `{}`", name.escape_debug()), span));
            }
            let path = member(at, &name);
            self.places.insert(path.clone(), position(&span.start));
            let (event, span) = self.next()?;
            object.insert(name, self.value(event, span, &path, depth)?);
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Unreadable> {
        match self.parser.next_event() {
            Some(next) => next.map_err(|error: ScanError| Unreadable {
                message: error.info().to_owned(),
                position: Some(position(error.marker())),
            }),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }
}

/// What a scalar without quotes means in the core schema (YAML 1.2.2 section 10.3.2); `None` for a
/// number that JSON has not.
fn plain(text: &str) -> Option<Value> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Value::Null),
        "true" | "True" | "TRUE" => return Some(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Some(Value::Bool(false)),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(digits.to_ascii_lowercase().as_str(), ".inf" | ".nan") {
        return None;
    }
    let radix = |prefix, radix| text.strip_prefix(prefix).map(|digits| (digits, radix));
    if let Some((digits, radix)) = radix("0x", 16).or_else(|| radix("0o", 8))
        && !digits.is_empty()
        && digits.chars().all(|digit| digit.is_digit(radix))
    {
        return i64::from_str_radix(digits, radix).ok().map(Value::from);
    }
    let looks_like_a_number = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.contains(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    if !looks_like_a_number {
        return Some(Value::String(text.to_owned()));
    }
    if let Ok(number) = text.parse::<i64>() {
        return Some(number.into());
    }
    match text.parse::<f64>() {
        Ok(number) => Number::from_f64(number).map(Value::Number),
        // A date or a version: `2026-01-01`, `1.2.3`.
        Err(_) => Some(Value::String(text.to_owned())),
    }
}

fn position(marker: &Marker) -> Position {
    Position { line: marker.line(), column: marker.col() + 1 }
}

fn refuse(message: &str, span: Span) -> Unreadable {
    Unreadable { message: message.to_owned(), position: Some(position(&span.start)) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn yaml_is_read_as_json_with_its_places() {
        let text = "# a policy\nversion: 1\nrules:\n  - id: 'a'\n    path: /a/{b}\n    \
                    require: { any: [orders:read, \"x\"] }\n  - {n: [1.5, -2, 0x10, ~, yes, true, \
                    1.2.3, \"7\", 1e3]}\n";
        let (value, places) = read(text).unwrap();
        let first =
            json!({ "id": "a", "path": "/a/{b}", "require": { "any": ["orders:read", "x"] } });
        let second = json!({ "n": [1.5, -2, 16, null, "yes", true, "1.2.3", "7", 1000.0] });
        assert_eq!(value, json!({ "version": 1, "rules": [first, second] }));
        let place = |path: &str| places.get(path).map(|at| (at.line, at.column));
        assert_eq!(place("version"), Some((2, 1)));
        assert_eq!(place("rules[0].path"), Some((5, 5)));
        assert_eq!(place("rules[0].require.any[1]"), Some((6, 35)));
        assert_eq!(read("").unwrap().0, Value::Null);
    }

    #[test]
    fn yaml_that_says_more_than_json_is_refused_with_its_place() {
        let deep = format!("{}{}", "[".repeat(65), "]".repeat(65));
        for (text, words, line) in [
            ("a: 1\nb: 2\na: 3", "duplicate member `a`", 3),
            ("a: &x 1", "anchors", 1),
            ("a: &x [1]\nb: *x", "anchors", 1),
            ("a: &x {}", "anchors", 1),
            ("a: !!str 1", "tags", 1),
            ("\n1: a", "a name is a text", 2),
            ("~: a", "a name is a text", 1),
            ("? [a]\n: b", "a name is a text", 1),
            ("true: a", "a name is a text", 1),
            ("a: .inf", "no such number", 1),
            ("a: -.NaN", "no such number", 1),
            ("a: 1\n---\nb: 2", "more than one document", 2),
            ("a: [1", "", 1),
            (&deep, "nested too deeply", 1),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.message.contains(words), "{text}: {}", error.message);
            assert!(error.position.is_some_and(|at| at.line >= line), "{text}");
        }
        assert!(read("a: *x").is_err());
    }

    #[test]
    fn a_bomb_of_aliases_does_not_go_off() {
        let mut bomb = "a0: &a0 [x, x]\n".to_owned();
        for level in 1..40 {
            let before = level - 1;
            bomb += &format!("a{level}: &a{level} [*a{before}, *a{before}]\n");
        }
        assert!(read(&bomb).unwrap_err().message.contains("anchors"));
    }
}
