//! A key for each algorithm, as every library wants it.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signer as _;
use hmac::Hmac;
use jsonwebtoken::DecodingKey;
use jwt_compact::alg::{Hs256Key, Hs384Key, Hs512Key};
use laika_verifier::signature::PublicKey;
use laika_verifier::signature::ecdsa::{P256Key, P384Key};
use laika_verifier::signature::ed25519::Ed25519Key;
use laika_verifier::signature::hmac::HmacKey;
use laika_verifier::signature::rsa::RsaKey;
use laika_verifier::{Algorithm, Options, Verifier};
use rsa::traits::{PrivateKeyParts as _, PublicKeyParts as _};
use rsa::{BigUint, Pkcs1v15Sign, Pss, RsaPrivateKey, RsaPublicKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::signing::{TestKey, micro_claims};
use crate::vectors::{ISSUER, NOW};

/// A signer of one algorithm, and those who check it.
pub(super) struct Signer {
    algorithm: Algorithm,
    private: Private,
    ours: Ours,
    /// The whole way, with that key alone.
    pub(super) verifier: Verifier,
    /// The key as `jsonwebtoken` has it.
    pub(super) foreign: DecodingKey,
    /// The key as `jwt-compact` has it.
    pub(super) second: Verifying,
    standard: Vec<u8>,
    /// The signature of the standard payload, where signing is slow.
    kept: Option<Vec<u8>>,
}

enum Private {
    Rsa(Box<RsaPrivateKey>),
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    Ed25519(ed25519_dalek::SigningKey),
    Secret,
}

enum Ours {
    Public(PublicKey),
    Secret(HmacKey),
}

/// A key of `jwt-compact`.
pub(super) enum Verifying {
    Rsa(RsaPublicKey),
    P256(p256::ecdsa::VerifyingKey),
    Ed25519(ed25519_dalek::VerifyingKey),
    Hs256(Hs256Key),
    Hs384(Hs384Key),
    Hs512(Hs512Key),
    None,
}

/// Secrets and scalars that protect nothing.
const SECRET: [u8; 64] = *b"a secret for fuzzing only, of sixty-four bytes: long enough, all";
const SCALAR: [u8; 48] = [0x17; 48];

/// One for each of [`Algorithm::ALL`].
pub(super) static SIGNERS: LazyLock<Vec<Signer>> =
    LazyLock::new(|| Algorithm::ALL.into_iter().map(Signer::new).collect());

impl Signer {
    fn new(algorithm: Algorithm) -> Self {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let (private, ours, second, foreign, jwk) = match algorithm {
            Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => {
                let second = match algorithm {
                    Algorithm::Hs256 => Verifying::Hs256(Hs256Key::new(SECRET)),
                    Algorithm::Hs384 => Verifying::Hs384(Hs384Key::new(SECRET)),
                    _ => Verifying::Hs512(Hs512Key::new(SECRET)),
                };
                let ours = Ours::Secret(HmacKey::new(SECRET.to_vec(), algorithm).expect("long"));
                (Private::Secret, ours, second, DecodingKey::from_secret(&SECRET), None)
            }
            Algorithm::EdDsa => {
                let private = ed25519_dalek::SigningKey::from_bytes(&[0x17; 32]);
                let public = private.verifying_key();
                let x = text(public.as_bytes());
                let ours = Ed25519Key::new(public.as_bytes()).expect("a good key");
                let foreign = DecodingKey::from_ed_components(&x).expect("base64url");
                let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": x });
                let ours = Ours::Public(PublicKey::Ed25519(Box::new(ours)));
                (Private::Ed25519(private), ours, Verifying::Ed25519(public), foreign, Some(jwk))
            }
            Algorithm::Es256 => {
                let private = p256::ecdsa::SigningKey::from_slice(&SCALAR[..32]).expect("a scalar");
                let point = private.verifying_key().to_encoded_point(false);
                let second = Verifying::P256(*private.verifying_key());
                let ours = P256Key::from_sec1(point.as_bytes()).expect("a good key");
                let ours = Ours::Public(PublicKey::P256(Box::new(ours)));
                let (x, y) = halves(point.as_bytes());
                let foreign = DecodingKey::from_ec_components(&x, &y).expect("base64url");
                let jwk = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y });
                (Private::P256(private), ours, second, foreign, Some(jwk))
            }
            Algorithm::Es384 => {
                let private = p384::ecdsa::SigningKey::from_slice(&SCALAR).expect("a scalar");
                let point = private.verifying_key().to_encoded_point(false);
                let ours = P384Key::from_sec1(point.as_bytes()).expect("a good key");
                let ours = Ours::Public(PublicKey::P384(Box::new(ours)));
                let (x, y) = halves(point.as_bytes());
                let foreign = DecodingKey::from_ec_components(&x, &y).expect("base64url");
                let jwk = json!({ "kty": "EC", "crv": "P-384", "x": x, "y": y });
                (Private::P384(private), ours, Verifying::None, foreign, Some(jwk))
            }
            _ => {
                let private = TestKey::named("rsa-1").rsa();
                let (n, e) = (private.n().to_bytes_be(), private.e().to_bytes_be());
                let ours = RsaKey::new(&n, &e).expect("a good key");
                let ours = Ours::Public(PublicKey::Rsa(Box::new(ours)));
                let second = Verifying::Rsa(private.to_public_key());
                let foreign = DecodingKey::from_rsa_raw_components(&n, &e);
                let jwk = json!({ "kty": "RSA", "n": text(&n), "e": text(&e) });
                let private = Private::Rsa(Box::new(private));
                (private, ours, second, foreign, Some(jwk))
            }
        };
        let verifier = verifier(algorithm, jwk);
        let standard = micro_claims(ISSUER, NOW).to_string().into_bytes();
        let mut signer =
            Self { algorithm, private, ours, verifier, foreign, second, standard, kept: None };
        if signer.modulus().is_some() {
            signer.keep_a_small_signature();
        }
        signer
    }

    /// Chooses a payload whose signature has room for the modulus to be added to it.
    fn keep_a_small_signature(&mut self) {
        let room = |signature: &[u8]| {
            let sum = BigUint::from_bytes_be(signature) + self.modulus().expect("RSA");
            sum.to_bytes_be().len() == signature.len()
        };
        let mut claims = micro_claims(ISSUER, NOW);
        let mut candidates = (0..).map(|number| {
            claims["jti"] = json!(format!("{number}"));
            let payload = claims.to_string().into_bytes();
            let signature = self.sign(&self.input(&payload));
            (payload, signature)
        });
        let found = candidates.find(|(_, signature)| room(signature));
        let (payload, signature) = found.expect("about one in three");
        (self.standard, self.kept) = (payload, Some(signature));
    }

    /// The payload of an honest token.
    pub(super) fn standard(&self) -> &[u8] {
        &self.standard
    }

    /// The name of the algorithm.
    pub(super) fn name(&self) -> &'static str {
        self.algorithm.as_str()
    }

    pub(super) fn foreign_algorithm(&self) -> jsonwebtoken::Algorithm {
        self.name().parse().expect("a name that both know")
    }

    /// The modulus, where the key is one of RSA.
    pub(super) fn modulus(&self) -> Option<&BigUint> {
        match &self.private {
            Private::Rsa(key) => Some(key.n()),
            _ => None,
        }
    }

    /// What a signature of RSA is a signature of, padding and all; and back.
    pub(super) fn open(&self, signature: &[u8]) -> Option<Vec<u8>> {
        match &self.private {
            Private::Rsa(key) => Some(power(signature, key.e(), key.n())),
            _ => None,
        }
    }

    pub(super) fn close(&self, encoded: &[u8]) -> Vec<u8> {
        match &self.private {
            Private::Rsa(key) => power(encoded, key.d(), key.n()),
            _ => encoded.to_vec(),
        }
    }

    /// What is signed.
    pub(super) fn input(&self, payload: &[u8]) -> String {
        let header = json!({ "alg": self.name(), "typ": "at+jwt" }).to_string();
        format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
    }

    /// Whether our key says that `signature` holds.
    pub(super) fn ours(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match &self.ours {
            Ours::Public(key) => key.verifies(algorithm, message, signature),
            Ours::Secret(key) => key.verifies(message, signature),
        }
    }

    /// The signature of `input`; of RSA always that of the standard payload.
    pub(super) fn sign(&self, input: &str) -> Vec<u8> {
        if let Some(kept) = &self.kept {
            return kept.clone();
        }
        let message = input.as_bytes();
        match &self.private {
            Private::Rsa(key) => sign_rsa(key, self.algorithm, message),
            Private::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
            Private::P384(key) => {
                let signature: p384::ecdsa::Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
            Private::Ed25519(key) => key.sign(message).to_vec(),
            Private::Secret => match self.algorithm {
                Algorithm::Hs256 => tag::<Hmac<Sha256>>(message),
                Algorithm::Hs384 => tag::<Hmac<Sha384>>(message),
                _ => tag::<Hmac<Sha512>>(message),
            },
        }
    }
}

fn tag<M: hmac::Mac + hmac::digest::KeyInit>(message: &[u8]) -> Vec<u8> {
    let mac = <M as hmac::digest::KeyInit>::new_from_slice(&SECRET).expect("any length will do");
    mac.chain_update(message).finalize().into_bytes().to_vec()
}

/// `number` to the power of `exponent`, as long as the modulus.
fn power(number: &[u8], exponent: &BigUint, modulus: &BigUint) -> Vec<u8> {
    let outcome = BigUint::from_bytes_be(number).modpow(exponent, modulus).to_bytes_be();
    let mut bytes = vec![0; modulus.to_bytes_be().len() - outcome.len()];
    bytes.extend(outcome);
    bytes
}

fn sign_rsa(key: &RsaPrivateKey, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
    let (h256, h384, h512) =
        (Sha256::digest(message), Sha384::digest(message), Sha512::digest(message));
    let pkcs1 = |scheme, hash: &[u8]| key.sign(scheme, hash);
    let pss = |scheme, hash: &[u8]| key.sign_with_rng(&mut Same, scheme, hash);
    let signature = match algorithm {
        Algorithm::Rs256 => pkcs1(Pkcs1v15Sign::new::<Sha256>(), &h256),
        Algorithm::Rs384 => pkcs1(Pkcs1v15Sign::new::<Sha384>(), &h384),
        Algorithm::Rs512 => pkcs1(Pkcs1v15Sign::new::<Sha512>(), &h512),
        Algorithm::Ps256 => pss(Pss::new_with_salt::<Sha256>(32), &h256),
        Algorithm::Ps384 => pss(Pss::new_with_salt::<Sha384>(48), &h384),
        _ => pss(Pss::new_with_salt::<Sha512>(64), &h512),
    };
    signature.expect("a signature")
}

/// The whole way with one key.
fn verifier(algorithm: Algorithm, jwk: Option<Value>) -> Verifier {
    let mut issuer = json!({
        "issuer": ISSUER, "audience": "orders", "algorithms": [algorithm.as_str()],
    });
    match jwk {
        Some(jwk) => issuer["jwks"] = json!({ "keys": [jwk] }),
        None => issuer["secret"] = json!(URL_SAFE_NO_PAD.encode(SECRET)),
    }
    let options = Options::from_value(json!({ "issuers": [issuer] })).expect("good options");
    Verifier::new(options)
}

/// The coordinates of an uncompressed point, in base64url.
fn halves(point: &[u8]) -> (String, String) {
    let (x, y) = point[1..].split_at((point.len() - 1) / 2);
    (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y))
}

/// A source of salt that is the same every time, so that an input always means the same.
struct Same;

impl rsa::rand_core::RngCore for Same {
    fn next_u32(&mut self) -> u32 {
        0x1717_1717
    }

    fn next_u64(&mut self) -> u64 {
        0x1717_1717_1717_1717
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        bytes.fill(0x17);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rsa::rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl rsa::rand_core::CryptoRng for Same {}
