//! `token`: any text, and any header and payload, through [`Verifier::verify`].
//!
//! An input is a digit that names the verifier, a letter that names the form, and the rest:
//!
//! | form | rest |
//! |---|---|
//! | `r` | the token itself |
//! | `s` | header, payload and signature, with a zero byte between them, to be encoded |
//! | `e`, `f` | header and payload, to be encoded and signed by `ed-1` or `ed-2` |
//!
//! A token that nobody has signed is never accepted. One that was signed is answered with the code
//! of the first check that fails, as the [reference](super::reference::token) says.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use laika_verifier::jws::UntrustedToken;
use laika_verifier::{Request, Verifier};

use super::fields;
use super::reference::token::{Draft, code};
use super::world::{GOLDENS, SIGNED, golden, now};
use crate::signing::TestKey;

pub(super) fn run(data: &[u8]) {
    let [choice, form, rest @ ..] = data else { return };
    let verifier = &golden(*choice).verifier;
    match form {
        b'r' => {
            if let Ok(token) = std::str::from_utf8(rest) {
                foreign(verifier, token);
            }
        }
        b's' => {
            let segments: [_; 3] = fields(rest).map(|bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes));
            foreign(verifier, &segments.join("."));
        }
        b'e' => signed(fields(rest), "ed-1"),
        b'f' => signed(fields(rest), "ed-2"),
        _ => {}
    }
}

/// A token that only somebody who has the key can have made, or not.
fn foreign(verifier: &Verifier, token: &str) {
    if let Ok(read) = UntrustedToken::parse(token, usize::MAX) {
        let input = std::str::from_utf8(read.signing_input).expect("base64url");
        let parts = [read.header.text.as_bytes(), &read.payload, &read.signature];
        let again = parts.map(|bytes| URL_SAFE_NO_PAD.encode(bytes)).join(".");
        assert_eq!(again, token, "a token has one spelling");
        assert!(token.starts_with(input), "what is signed is what was sent");
    }
    let verified = verifier.verify(token, now());
    if verified.is_ok() {
        assert!(SIGNED.contains(token), "accepted, and nobody has signed it: {token}");
    }
    let request = Request { method: "GET", target: "/orders", host: None };
    let authorization = verifier.authorize(Some(token), &request, now());
    let codes = (verified.as_ref().err(), authorization.error.as_ref());
    if verifier.policy().is_some() {
        assert_eq!(codes.0.map(|e| e.code()), codes.1.map(|e| e.code()), "verify and authorize");
        assert_eq!(authorization.token.is_some(), verified.is_ok());
        assert!(!authorization.decision.allowed || verified.is_ok(), "a bad token goes nowhere");
    }
}

/// A token that was signed, whatever it says.
fn signed([header, payload]: [&[u8]; 2], signer: &'static str) {
    let token = TestKey::named(signer).compact_bytes(header, payload);
    let verified = GOLDENS[0].verifier.verify(&token, now());
    let actual = verified.as_ref().map_or_else(|error| error.code().as_str(), |_| "ok");
    let expected = code(Draft { header, payload, signer });
    assert_eq!(actual, expected, "{} {}", header.escape_ascii(), payload.escape_ascii());
    if let Ok(token) = verified {
        assert_eq!(token.header_text().as_bytes(), header);
        assert_eq!(token.payload_text().as_bytes(), payload);
    }
}
