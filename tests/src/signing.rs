//! A signer for test tokens, which can also make the tokens that no honest signer would.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signer as _;
use rsa::BigUint;
use rsa::RsaPrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::signature::SignatureEncoding as _;
use serde_json::{Value, json};
use sha2::Sha256;

/// A private key of `keys.json`.
#[derive(Debug, Clone)]
pub struct TestKey {
    /// Its name, which is its `kid`.
    pub name: &'static str,
    jwk: Value,
}

impl TestKey {
    /// The key called `name`: `rsa-1`, `rsa-2`, `ed-1` or `ed-2`.
    #[must_use]
    pub fn named(name: &'static str) -> Self {
        let keys: Value = serde_json::from_str(include_str!("keys.json")).expect("keys.json");
        assert!(keys[name].is_object(), "keys.json has no `{name}`");
        Self { name, jwk: keys[name].clone() }
    }

    /// `RS256` or `EdDSA`.
    #[must_use]
    pub fn alg(&self) -> &'static str {
        if self.jwk["kty"] == "RSA" { "RS256" } else { "EdDSA" }
    }

    /// The public JWK, with `kid`, `alg` and `use`.
    #[must_use]
    pub fn public_jwk(&self) -> Value {
        let mut jwk = self.jwk.clone();
        let members = jwk.as_object_mut().expect("a JWK is an object");
        for secret in ["d", "p", "q"] {
            members.remove(secret);
        }
        members.insert("kid".to_owned(), json!(self.name));
        members.insert("alg".to_owned(), json!(self.alg()));
        members.insert("use".to_owned(), json!("sig"));
        jwk
    }

    /// The signature of `message`.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        if self.alg() == "EdDSA" {
            let seed = self.member("d").try_into().expect("32 bytes");
            return ed25519_dalek::SigningKey::from_bytes(&seed).sign(message).to_vec();
        }
        SigningKey::<Sha256>::new(self.rsa()).sign(message).to_vec()
    }

    /// The private key of one that is for RSA.
    #[must_use]
    pub fn rsa(&self) -> RsaPrivateKey {
        let number = |name: &str| BigUint::from_bytes_be(&self.member(name));
        let primes = vec![number("p"), number("q")];
        let key = RsaPrivateKey::from_components(number("n"), number("e"), number("d"), primes);
        key.expect("an RSA key")
    }

    fn member(&self, name: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(self.jwk[name].as_str().expect("a text")).expect("base64url")
    }

    /// The header of an honest micro token.
    #[must_use]
    pub fn header(&self) -> Value {
        json!({ "alg": self.alg(), "kid": self.name, "typ": "at+jwt" })
    }

    /// An honest token with these claims.
    #[must_use]
    pub fn token(&self, claims: &Value) -> String {
        self.compact(&self.header().to_string(), &claims.to_string())
    }

    /// A token of any header and payload.
    #[must_use]
    pub fn compact(&self, header: &str, payload: &str) -> String {
        self.compact_bytes(header.as_bytes(), payload.as_bytes())
    }

    /// A token of any header and payload, also of those that are no text.
    #[must_use]
    pub fn compact_bytes(&self, header: &[u8], payload: &[u8]) -> String {
        let input =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let signature = URL_SAFE_NO_PAD.encode(self.sign(input.as_bytes()));
        format!("{input}.{signature}")
    }
}

/// The JWK Set of the public halves of `keys`.
#[must_use]
pub fn jwks(keys: &[&TestKey]) -> Value {
    json!({ "keys": keys.iter().map(|key| key.public_jwk()).collect::<Vec<_>>() })
}

/// Claims of an honest micro token of `issuer` for `orders`, minted at `now`, good for 300 s.
#[must_use]
pub fn micro_claims(issuer: &str, now: u64) -> Value {
    json!({
        "iss": issuer,
        "sub": "0b4b5d5e-8a38-4c55-9d4f-5a4c7a0d6b11",
        "aud": ["orders"],
        "exp": now + 300,
        "iat": now,
        "jti": "6d0e3b68-2a52-45a3-8f0e-8e21c5c7c1fd",
        "sid": "3f0f4f9e-51a3-4c65-b6f4-28a9d0c9a6d5",
        "type": "micro",
        "username": "laika",
        "roles": ["orders/clerk", "user"],
        "level": 50,
        "permissions": ["orders:read", "orders:create"],
        "scope": "orders:read orders:create",
        "auth_time": now - 60,
        "amr": ["pwd"],
    })
}
