//! JSON written, to the end of a text that exists.

use std::fmt::Write as _;

use serde_json::Value;

/// Adds `text` as a JSON string.
pub fn push_text(json: &mut String, text: &str) {
    json.push('"');
    let mut rest = text;
    // Bytes below 128 are characters, so each cut is between characters.
    while let Some(at) = rest.bytes().position(|byte| byte < b' ' || matches!(byte, b'"' | b'\\')) {
        let (plain, special) = rest.split_at_checked(at).unwrap_or((rest, ""));
        json.push_str(plain);
        let (special, after) = special.split_at_checked(1).unwrap_or((special, ""));
        match special {
            "\n" => json.push_str("\\n"),
            "\r" => json.push_str("\\r"),
            "\t" => json.push_str("\\t"),
            "\"" => json.push_str("\\\""),
            "\\" => json.push_str("\\\\"),
            control => {
                for byte in control.bytes() {
                    // Writing to a String can't fail.
                    let _ = write!(json, "\\u{byte:04x}");
                }
            }
        }
        rest = after;
    }
    json.push_str(rest);
    json.push('"');
}

/// Adds `value`.
pub fn push_value(json: &mut String, value: &Value) {
    match value {
        Value::Null => json.push_str("null"),
        Value::Bool(true) => json.push_str("true"),
        Value::Bool(false) => json.push_str("false"),
        Value::Number(number) => {
            let _ = write!(json, "{number}");
        }
        Value::String(text) => push_text(json, text),
        Value::Array(items) => {
            json.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    json.push(',');
                }
                push_value(json, item);
            }
            json.push(']');
        }
        Value::Object(members) => {
            json.push('{');
            for (index, (name, member)) in members.iter().enumerate() {
                if index > 0 {
                    json.push(',');
                }
                push_text(json, name);
                json.push(':');
                push_value(json, member);
            }
            json.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_read_back_the_same() {
        let texts: Vec<String> = (0..300_u32)
            .filter_map(char::from_u32)
            .map(|char| format!("a{char}b{char}"))
            .chain(["".to_owned(), "\"".to_owned(), "\\\"\\".to_owned(), "é😀\u{2028}".to_owned()])
            .collect();
        let value = json!({
            "texts": texts, "\"\n": [null, true, false, 0, -1, u64::MAX, 1.5, -0.25e-3, 1e3],
            "deep": { "a": [[], {}, [{ "b": {} }]] },
        });
        let mut json = String::from("x");
        push_value(&mut json, &value);
        let json = json.strip_prefix('x').unwrap();
        assert_eq!(serde_json::from_str::<Value>(json).unwrap(), value);
    }
}
