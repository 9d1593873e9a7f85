//! `options`: any JSON as the options of a verifier, and a few calls of whatever they make.

use laika_verifier::{ErrorCode, Options, Request, Verifier};

use super::world::{SIGNED, now};

pub(super) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let options = match Options::from_json(text) {
        Ok(options) => options,
        Err(error) => {
            assert!(!error.message.is_empty(), "an error says what is wrong");
            assert!(matches!(error.code, ErrorCode::OptionsInvalid | ErrorCode::PolicyInvalid));
            return;
        }
    };
    let mut verifier = Verifier::new(options);
    let request = Request { method: "GET", target: "/orders", host: None };
    for token in SIGNED.iter().take(3) {
        let error = verifier.verify(token, now()).err();
        let authorization = verifier.authorize(Some(token), &request, now());
        let decision = authorization.decision;
        assert_eq!(decision.allowed, decision.status == 200, "{decision:?}");
        let _ = verifier.fetches(error.as_ref(), now());
    }
}
