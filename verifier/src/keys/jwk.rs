//! One JSON Web Key (RFC 7517, RFC 7518 section 6.3, RFC 8037 section 2).

use serde_json::{Map, Value};

use super::Key;
use laika_signature::Algorithm;
use laika_signature::PublicKey;
use laika_signature::base64url;
use laika_signature::ecdsa::{P256Key, P384Key};
use laika_signature::ed25519::Ed25519Key;
use laika_signature::rsa::RsaKey;

/// The key, or `None` for one of a type, curve or algorithm that is not known here. An RSA key that
/// does not name its algorithm is used with those of `rsa`.
pub(super) fn read(jwk: &Value, rsa: &[Algorithm]) -> Option<Key> {
    let members = jwk.as_object()?;
    let natural: &[Algorithm] = match (text(members, "kty")?, text(members, "crv")) {
        ("RSA", _) => rsa,
        ("EC", Some("P-256")) => &[Algorithm::Es256],
        ("EC", Some("P-384")) => &[Algorithm::Es384],
        ("OKP", Some("Ed25519")) => &[Algorithm::EdDsa],
        _ => return None,
    };
    // A JWK's `alg` binds; without one the type of the key says it.
    let named = match members.get("alg") {
        None => None,
        Some(name) => Some(Algorithm::from_name(name.as_str()?)?),
    };
    let algorithms = named.map_or_else(|| natural.to_vec(), |named| vec![named]);
    let material = check_purpose(members).and_then(|()| material(members)).and_then(|key| {
        let fits = algorithms.iter().all(|algorithm| algorithm.family() == key.family());
        if fits { Ok(key) } else { Err("the `alg` of the key does not fit its type") }
    });
    let kid = members.get("kid").and_then(Value::as_str).map(str::to_owned);
    Some(Key { kid, algorithms, material })
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

fn material(members: &Map<String, Value>) -> Result<PublicKey, &'static str> {
    let bytes = |name| {
        text(members, name)
            .and_then(base64url::decode)
            .ok_or("a member of the key is absent or not canonical base64url")
    };
    Ok(match (text(members, "kty"), text(members, "crv")) {
        (Some("OKP"), _) => PublicKey::Ed25519(Box::new(Ed25519Key::new(&bytes("x")?)?)),
        (Some("EC"), Some("P-256")) => {
            PublicKey::P256(Box::new(P256Key::new(&bytes("x")?, &bytes("y")?)?))
        }
        (Some("EC"), _) => PublicKey::P384(Box::new(P384Key::new(&bytes("x")?, &bytes("y")?)?)),
        _ => PublicKey::Rsa(Box::new(RsaKey::new(&bytes("n")?, &bytes("e")?)?)),
    })
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
            read(&jwk, &[Algorithm::Rs256])
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
            assert!(read_with(name, value.clone()).unwrap().material.is_err(), "{name} {value}");
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
    #[test]
    fn the_type_of_a_key_is_what_it_says_and_not_what_its_curve_says() {
        for (kty, alg) in [("RSA", "EdDSA"), ("RSA", "RS256")] {
            let jwk = json!({ "kty": kty, "crv": "Ed25519", "alg": alg, "x": X });
            let key = read(&jwk, &[Algorithm::Rs256]).unwrap();
            assert!(key.material.is_err(), "{jwk}");
        }
    }
}
