//! Claims as headers for the service behind the proxy, and forged ones removed.

use laika_claims::json::{self, look_up, push_value};
use laika_verifier::VerifiedToken;
use laika_verifier::bearer::same_header;
use serde_json::Value;

/// Which claims go on in which headers.
#[derive(Debug, Default)]
pub struct Forward {
    /// Name of a header, and the claim (name or JSON pointer) whose value it gets.
    pub headers: Vec<(String, String)>,
    /// Name of the header that gets all claims, as a JSON object.
    pub payload_header: Option<String>,
}

/// What a token grants. It is forwarded as the verifier made it of the claims, never as they stand.
const GRANTS: [&str; 3] = ["roles", "permissions", "level"];

impl Forward {
    /// Every header that the service behind may trust.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let claims = self.headers.iter().map(|(name, _)| name.as_str());
        claims.chain(self.payload_header.as_deref())
    }

    /// Those of `names` that pass for a header of ours, in any spelling.
    #[must_use]
    pub fn forged<'n>(&self, names: impl Iterator<Item = &'n [u8]>) -> Vec<String> {
        if self.names().next().is_none() {
            return Vec::new();
        }
        let ours = |name: &&[u8]| self.names().any(|ours| same_header(ours, name));
        // What is spelled like a name of ours is ASCII.
        names.filter(ours).map(|name| String::from_utf8_lossy(name).into_owned()).collect()
    }

    /// Adds the headers that `token` fills. A claim that is absent or null fills none.
    pub fn fill(&self, set: &mut Vec<(String, Vec<u8>)>, token: &VerifiedToken) {
        for (name, claim) in &self.headers {
            let value = claim_of(token, claim).and_then(|claim| header_value(&claim));
            set.extend(value.map(|value| (name.clone(), value.into_bytes())));
        }
        if let Some(name) = &self.payload_header {
            let claims = ascii_json(&token.claims().clone().into());
            set.push((name.clone(), claims.into_bytes()));
        }
    }

    /// Whether a backend would learn who somebody is but not who says so: with several issuers a
    /// subject of one could pass for that of another.
    #[must_use]
    pub fn names_subject_alone(&self) -> bool {
        let forwards = |claim: &str| {
            let name =
                |(_, name): &(String, String)| name.strip_prefix('/').unwrap_or(name) == claim;
            self.headers.iter().any(name)
        };
        forwards("sub") && !forwards("iss")
    }
}

/// What a token grants that a JSON pointer leads to or into.
pub(crate) fn granted_behind(pointer: &str) -> Option<&'static str> {
    let first = pointer.starts_with('/').then(|| json::member_of(pointer))?;
    GRANTS.into_iter().find(|granted| *granted == first)
}

/// Whether a claim, or what a JSON pointer leads to, is what permissions or roles are read from: one
/// of `grants`, or `scope`.
pub(crate) fn is_granted_by(claim: &str, grants: &[String]) -> bool {
    if GRANTS.contains(&claim) {
        return false;
    }
    let name = json::member_of(claim);
    name == "scope" || grants.contains(&name)
}

/// What `token` says under the name of a claim or behind a JSON pointer. What it grants is what the
/// verifier made of it: an issuer may not be allowed to assert all that its tokens say.
fn claim_of(token: &VerifiedToken, claim: &str) -> Option<Value> {
    let principal = token.principal();
    match claim {
        "permissions" => Some(principal.permissions.clone().into()),
        "roles" => Some(principal.roles.clone().into()),
        "level" => principal.level.map(Value::from),
        other => look_up(token.claims(), other).cloned(),
    }
}

/// Decoding percent escapes leads back to the exact value, whatever its type: in text `%` is
/// escaped too, in JSON it does not occur.
fn header_value(claim: &Value) -> Option<String> {
    match claim {
        Value::Null => None,
        Value::String(text) => Some(percent_encode(text)),
        other => Some(ascii_json(other)),
    }
}

fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if is_plain(byte.into()) {
            encoded.push(byte.into());
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// JSON in visible ASCII: whatever is not plain stands inside a string, where it may be escaped.
fn ascii_json(value: &Value) -> String {
    let (mut text, mut escaped) = (String::new(), String::new());
    push_value(&mut text, value);
    for letter in text.chars() {
        if is_plain(letter) {
            escaped.push(letter);
        } else {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    escaped
}

fn is_plain(letter: char) -> bool {
    letter.is_ascii_graphic() && letter != '%'
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_visible_ascii_and_can_be_read_back() {
        for (claim, value) in [
            (json!("b3f1c6f0-alice@example.com"), "b3f1c6f0-alice@example.com"),
            (json!(""), ""),
            (json!("Jürgen Ö"), "J%C3%BCrgen%20%C3%96"),
            (json!("100%\r\nx-admin: 1\0\u{7f}"), "100%25%0D%0Ax-admin:%201%00%7F"),
            (json!(42), "42"),
            (json!(true), "true"),
            (json!(["a,b", "c d", "50%"]), r#"["a,b","c\u0020d","50\u0025"]"#),
            (json!(["ü", "🐕", "\u{7f}\n"]), r#"["\u00fc","\ud83d\udc15","\u007f\n"]"#),
            (json!({ "a b": null }), r#"{"a\u0020b":null}"#),
        ] {
            let encoded = header_value(&claim).unwrap();
            assert_eq!(encoded, value);
            assert!(encoded.bytes().all(|byte| byte.is_ascii_graphic()), "{encoded}");
            if !claim.is_string() {
                assert_eq!(serde_json::from_str::<Value>(&encoded).unwrap(), claim);
            }
        }
        assert_eq!(header_value(&Value::Null), None);
    }
}
