//! `json`: the strict parsers of `laika-claims` beside `serde_json` with a look for duplicates.

use laika_claims::json::{DOCUMENT_LIMITS, Limits, Object, Seen, TOKEN_LIMITS, parse};
use serde_json::{Map, Value};

use super::reference;

pub(super) fn run(data: &[u8]) {
    for limits in [TOKEN_LIMITS, DOCUMENT_LIMITS] {
        let ours = parse(data, limits);
        let expected = reference::json::strict(data, limits.depth, limits.members);
        assert_eq!(ours.as_ref().ok(), expected.as_ref(), "{:?}", ours.as_ref().err());
        if let Err(error) = ours {
            assert!(!error.message.is_empty(), "an error says what is wrong");
        }
        object(data, limits, expected.as_ref().and_then(Value::as_object));
    }
}

/// The reader that leaves members where they stand.
fn object(data: &[u8], limits: Limits, expected: Option<&Map<String, Value>>) {
    let ours = Object::parse(data.to_vec(), limits);
    assert_eq!(ours.is_ok(), expected.is_some(), "{:?}", ours.as_ref().err());
    let (Ok(ours), Some(expected)) = (ours, expected) else { return };
    assert!(!expected.contains_key("absent") || ours.has("absent"), "nothing is lost");
    for (name, value) in expected {
        let (seen, made) = (ours.member(name).expect("nothing is lost"), Seen::Made(value));
        assert_eq!(seen.to_value(), *value);
        assert_eq!(
            (seen.text(), seen.texts(), seen.switch(), seen.integer(), seen.number()),
            (made.text(), made.texts(), made.switch(), made.integer(), made.number()),
        );
    }
    assert_eq!(*ours, *expected);
}
