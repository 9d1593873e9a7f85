//! `hostile.json`: tokens that a strict verifier refuses (RFC 7515, RFC 7519, RFC 8725), each with
//! the code of the first check that it fails. Every one of them would be accepted but for the one
//! thing that its name says.
//!
//! A name is `class: what is hostile`. The classes are those of `docs/contract/threats.md`.

mod claims;
mod forge;
mod form;
mod json;
mod keys;
mod signatures;

use serde_json::{Value, json};

use super::{ISSUER, NOW};
use forge::Key;

/// A token and the code of the first check that it fails.
struct Hostile {
    name: String,
    token: String,
    code: &'static str,
}

impl Hostile {
    fn new(
        class: &str,
        name: impl AsRef<str>,
        token: impl Into<String>,
        code: &'static str,
    ) -> Self {
        Self { name: format!("{class}: {}", name.as_ref()), token: token.into(), code }
    }

    fn case(self) -> Value {
        let expect = json!({ "error": self.code });
        json!({ "name": self.name, "now": NOW, "token": self.token, "expect": expect })
    }
}

/// An honest token of that key.
fn good(key: Key) -> Value {
    let claims = forge::claims();
    let expect = json!({ "ok": {
        "issuer": claims["iss"], "subject": claims["sub"], "permissions": claims["permissions"],
        "roles": claims["roles"], "expires_at": claims["exp"], "claims": claims, "header": key.header(),
    }});
    let name = format!("good: {}, or all of this would prove nothing", key.alg());
    json!({ "name": name, "now": NOW, "token": key.token(), "expect": expect })
}

pub(super) fn content() -> Value {
    let hostile = form::cases()
        .into_iter()
        .chain(json::cases())
        .chain(keys::cases())
        .chain(signatures::cases())
        .chain(claims::cases());
    let cases: Vec<_> = Key::ALL.into_iter().map(good).chain(hostile.map(Hostile::case)).collect();
    json!({
        "comment": "made by `cargo run -p laika-tests --bin vectors`",
        "options": {
            "issuers": [{ "issuer": ISSUER, "audience": "orders", "jwks": keys::set() }],
        },
        "cases": cases,
    })
}
