//! One JSON Web Key (RFC 7517, RFC 7518 section 6.3, RFC 8037 section 2).

use serde_json::{Map, Value};

use super::Key;
use crate::algorithm::Algorithm;
use crate::base64url;
use crate::signature::PublicKey;
use crate::signature::ed25519::Ed25519Key;
use crate::signature::rsa::RsaKey;

/// The key, or `None` for one of a type, curve or algorithm that is not known here.
pub(super) fn read(jwk: &Value) -> Option<Key> {
    let members = jwk.as_object()?;
    let natural = match text(members, "kty")? {
        "RSA" => Algorithm::Rs256,
        "OKP" if text(members, "crv") == Some("Ed25519") => Algorithm::EdDsa,
        _ => return None,
    };
    // A JWK's `alg` binds; without one the type of the key says it.
    let algorithm = match members.get("alg") {
        None => natural,
        Some(name) => Algorithm::from_name(name.as_str()?)?,
    };
    let material = if algorithm == natural {
        check_purpose(members).and_then(|()| material(members, algorithm))
    } else {
        Err("the `alg` of the key does not fit its type")
    };
    let kid = members
        .get("kid")
        .and_then(Value::as_str)
        .map(str::to_owned);
    Some(Key {
        kid,
        algorithm,
        material,
    })
}

fn check_purpose(members: &Map<String, Value>) -> Result<(), &'static str> {
    if members.get("use").is_some_and(|purpose| purpose != "sig") {
        return Err("the `use` of the key is not `sig`");
    }
    match members.get("key_ops") {
        None => {}
        Some(Value::Array(ops)) if ops.iter().any(|op| op == "verify") => {}
        Some(_) => return Err("the `key_ops` of the key do not include `verify`"),
    }
    if members.contains_key("d") {
        return Err("it is a private key: publish only its public members, and replace the key");
    }
    Ok(())
}

fn material(members: &Map<String, Value>, algorithm: Algorithm) -> Result<PublicKey, &'static str> {
    let bytes = |name| {
        text(members, name)
            .and_then(base64url::decode)
            .ok_or("a member of the key is absent or not canonical base64url")
    };
    match algorithm {
        Algorithm::Rs256 => {
            RsaKey::new(&bytes("n")?, &bytes("e")?).map(|key| PublicKey::Rsa(Box::new(key)))
        }
        Algorithm::EdDsa => {
            Ed25519Key::new(&bytes("x")?).map(|key| PublicKey::Ed25519(Box::new(key)))
        }
    }
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    members.get(name)?.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    #[test]
    fn purpose_and_algorithm_are_respected() {
        let read_with = |name: &str, value: Value| {
            let mut jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": X });
            jwk[name] = value;
            read(&jwk)
        };
        for (name, value) in [
            ("use", json!("sig")),
            ("key_ops", json!(["verify"])),
            ("alg", json!("EdDSA")),
            ("alg", json!("Ed25519")),
            ("x5c", json!(["ignored"])),
        ] {
            assert!(read_with(name, value).unwrap().material.is_ok(), "{name}");
        }
        for (name, value) in [
            ("use", json!("enc")),
            ("use", json!(1)),
            ("key_ops", json!(["sign"])),
            ("key_ops", json!("verify")),
            ("alg", json!("RS256")),
            ("d", json!(X)),
            ("x", json!("")),
            ("x", json!(1)),
            ("x", json!(format!("{X}="))),
        ] {
            assert!(
                read_with(name, value.clone()).unwrap().material.is_err(),
                "{name} {value}"
            );
        }
        for (name, value) in [
            ("alg", json!("none")),
            ("alg", json!(1)),
            ("crv", json!("Ed448")),
            ("kty", json!("okp")),
        ] {
            assert!(read_with(name, value).is_none(), "{name}");
        }
    }
}
