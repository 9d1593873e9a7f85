//! Option names: camelCase in JavaScript, snake_case in Rust. Policies, keys and values are passed
//! on as they are.

use std::mem;

use laika_claims::ErrorCode;
use laika_claims::text::joined;
use laika_verifier::OptionsError;
use serde_json::{Map, Value};

/// The options with their names, and those of each issuer, in snake_case.
///
/// # Errors
/// A name that is not camelCase.
pub(crate) fn to_snake_case(options: Value) -> Result<Value, OptionsError> {
    let Value::Object(options) = options else {
        return Ok(options);
    };
    let mut renamed = rename(options)?;
    if let Some(Value::Object(cache)) = renamed.get_mut("cache") {
        *cache = rename(mem::take(cache))?;
    }
    if let Some(issuers) = renamed.get_mut("issuers") {
        *issuers = match issuers.take() {
            Value::Array(items) => {
                Value::Array(items.into_iter().map(issuer).collect::<Result<_, _>>()?)
            }
            one => issuer(one)?,
        };
    }
    Ok(Value::Object(renamed))
}

/// A path or name in camelCase.
pub(crate) fn to_camel_case(text: &str) -> String {
    let mut camel = String::with_capacity(text.len());
    let mut upper = false;
    for c in text.chars() {
        match c {
            '_' => upper = true,
            c if upper => {
                camel.push(c.to_ascii_uppercase());
                upper = false;
            }
            c => camel.push(c),
        }
    }
    camel
}

/// A message about options, with the names of options that it quotes in camelCase. What else it
/// quotes (a permission, a word of the policy language) stands as it was written.
pub(crate) fn quoted_to_camel_case(message: &str) -> String {
    let is_name = |part: &str| part.contains('_') && part.bytes().all(is_of_name);
    let parts: Vec<_> =
        message
            .split('`')
            .enumerate()
            .map(|(index, part)| {
                if index % 2 == 1 && is_name(part) { to_camel_case(part) } else { part.to_owned() }
            })
            .collect();
    joined(&parts, "`")
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte == b'_'
}

fn issuer(value: Value) -> Result<Value, OptionsError> {
    match value {
        Value::Object(members) => {
            let mut renamed = rename(members)?;
            if let Some(secret) = renamed.get_mut("secret") {
                let text = bytes(secret).ok_or_else(|| OptionsError {
                    code: ErrorCode::OptionsInvalid,
                    at: "issuers.secret".to_owned(),
                    message: "a secret is a `Uint8Array`, not text".to_owned(),
                })?;
                *secret = text.into();
            }
            Ok(Value::Object(renamed))
        }
        other => Ok(other),
    }
}

/// The text of what was a `Uint8Array`: base64url. No option has a member of this name, so nothing
/// else can be mistaken for bytes.
fn bytes(value: &Value) -> Option<&str> {
    value.as_object()?.get("bytes")?.as_str()
}

fn rename(members: Map<String, Value>) -> Result<Map<String, Value>, OptionsError> {
    let mut renamed = Map::new();
    for (name, value) in members {
        if name.contains('_') {
            return Err(OptionsError {
                code: ErrorCode::OptionsInvalid,
                message: "there is no such option: names are written in camelCase".to_owned(),
                at: name,
            });
        }
        renamed.insert(snake(&name), value);
    }
    Ok(renamed)
}

fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 2);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_of_options_and_issuers_change_and_nothing_else_does() {
        let options = json!({
            "clockSkew": 1, "policy": { "someName": 1 }, "cache": { "maxBytes": 1 },
            "issuers": [{ "jwksUri": "u", "jwks": { "keyOps": 1 } }],
        });
        assert_eq!(
            to_snake_case(options).unwrap(),
            json!({
                "clock_skew": 1, "policy": { "someName": 1 }, "cache": { "max_bytes": 1 },
                "issuers": [{ "jwks_uri": "u", "jwks": { "keyOps": 1 } }],
            })
        );
        let one = to_snake_case(json!({ "issuers": { "maxTokenAge": 1 } })).unwrap();
        assert_eq!(one, json!({ "issuers": { "max_token_age": 1 } }));
        assert!(to_snake_case(json!({ "clock_skew": 1 })).is_err());
        assert!(to_snake_case(json!({ "issuers": [{ "jwks_uri": "u" }] })).is_err());
        assert_eq!(to_snake_case(json!(7)).unwrap(), json!(7));
        let secret = |secret| to_snake_case(json!({ "issuers": { "secret": secret } }));
        let renamed = secret(json!({ "bytes": "AAAA" })).unwrap();
        assert_eq!(renamed, json!({ "issuers": { "secret": "AAAA" } }));
        assert!(secret(json!("AAAA")).is_err());
    }

    #[test]
    fn messages_speak_of_the_names_that_were_written() {
        assert_eq!(to_camel_case("issuers[0].jwks_uri"), "issuers[0].jwksUri");
        assert_eq!(
            quoted_to_camel_case("give `jwks` or `jwks_uri`, a_b"),
            "give `jwks` or `jwksUri`, a_b"
        );
        let alphabet = "characters of `a-z 0-9 . _ -`";
        assert_eq!(quoted_to_camel_case(alphabet), alphabet);
    }
}
