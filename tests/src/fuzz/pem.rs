//! `pem`: any text as a public key in PEM. What is taken, other libraries take as well.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::DecodingKey;
use laika_verifier::Algorithm;
use laika_verifier::algorithm::Family;
use laika_verifier::keys::Key;
use rsa::RsaPublicKey;
use rsa::pkcs1::DecodeRsaPublicKey as _;
use rsa::pkcs8::DecodePublicKey as _;
use rsa::traits::PublicKeyParts as _;

use super::jwk::check_rsa;

pub(super) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let key = match Key::from_pem(text, &[Algorithm::Rs256]) {
        Ok(key) => key,
        Err(why) => {
            assert!(!why.is_empty(), "an error says what is wrong");
            return;
        }
    };
    let (label, body) = block(text);
    assert!(matches!(label.as_str(), "PUBLIC KEY" | "RSA PUBLIC KEY"), "{label} in {text:?}");
    let plain = format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
    let family = key.material.expect("a key from PEM can be used").family();
    assert!(key.algorithms.iter().all(|algorithm| algorithm.family() == family), "{text:?}");
    match family {
        Family::Rsa => {
            let der = STANDARD.decode(&body).expect("base64");
            let key = RsaPublicKey::from_public_key_der(&der)
                .ok()
                .or_else(|| RsaPublicKey::from_pkcs1_der(&der).ok());
            let key = key.unwrap_or_else(|| panic!("not a key for `rsa`: {text:?}"));
            check_rsa(&key.n().to_bytes_be(), &key.e().to_bytes_be());
        }
        Family::P256 | Family::P384 => {
            DecodingKey::from_ec_pem(plain.as_bytes())
                .unwrap_or_else(|why| panic!("{why}: {text:?}"));
        }
        Family::Ed25519 => {
            DecodingKey::from_ed_pem(plain.as_bytes())
                .unwrap_or_else(|why| panic!("{why}: {text:?}"));
        }
        Family::Hmac => panic!("a secret from PEM"),
    }
}

/// Label and base64 text of the block, without the text that may stand before it (RFC 7468 section
/// 2) and without white space.
fn block(text: &str) -> (String, String) {
    let text = text.trim();
    let start = if text.starts_with("-----BEGIN ") { Some(0) } else { text.find("\n-----BEGIN ") };
    let block = &text[start.expect("the beginning of a block")..];
    let parts: Vec<&str> = block.trim().split("-----").collect();
    let ["", begin, body, end, ""] = parts[..] else { panic!("not one block: {text:?}") };
    let label = begin.strip_prefix("BEGIN ").expect("a label");
    assert_eq!(end.strip_prefix("END "), Some(label), "{text:?}");
    (label.to_owned(), body.replace(char::is_whitespace, ""))
}
