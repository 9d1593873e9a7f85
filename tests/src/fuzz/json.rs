//! `json`: the strict parser of `laika-claims` beside `serde_json` with a look for duplicates.

use laika_claims::json::{DOCUMENT_LIMITS, TOKEN_LIMITS, parse};

use super::reference;

pub(super) fn run(data: &[u8]) {
    for limits in [TOKEN_LIMITS, DOCUMENT_LIMITS] {
        let ours = parse(data, limits);
        let expected = reference::json::strict(data, limits.depth, limits.members);
        assert_eq!(ours.as_ref().ok(), expected.as_ref(), "{:?}", ours.as_ref().err());
        if let Err(error) = ours {
            assert!(!error.message.is_empty(), "an error says what is wrong");
        }
    }
}
