//! `differential`: signatures, signed and then damaged, beside two other libraries.
//!
//! An input is a letter that names the algorithm (`a` is the first of [`Algorithm::ALL`]), a
//! payload up to the first zero byte, and edits of the signature, three bytes each. RSA signs the
//! standard payload alone, once, because signing is slow; a payload of the input then makes a
//! token whose signature must not hold.
//!
//! `jsonwebtoken` computes with `aws-lc`, which shares no code with ours, and must always agree.
//! `jwt-compact` computes with RustCrypto: RSA is ours and so is compared with other code, the
//! curves are checked for the way they are called. ES384 is not in `jwt-compact`.

mod edit;
mod signer;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_compact::alg::{Ed25519, Es256, Hs256, Hs384, Hs512, Rsa};
use jwt_compact::{AlgorithmExt as _, UntrustedToken};
use laika_verifier::{Algorithm, ErrorCode};
use rsa::BigUint;
use serde_json::{Map, Value};

use super::fields;
use super::world::now;
use signer::{SIGNERS, Signer, Verifying};

pub(super) fn run(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let index = usize::from(choice.wrapping_sub(b'a')) % Algorithm::ALL.len();
    let (algorithm, signer) = (Algorithm::ALL[index], &SIGNERS[index]);
    let [payload, edits] = fields(rest);
    let payload = if payload.is_empty() { signer.standard() } else { payload };
    let input = signer.input(payload);
    let signature = edit::apply(edits, signer.sign(&input), signer);
    let encoded = URL_SAFE_NO_PAD.encode(&signature);
    let token = format!("{input}.{encoded}");

    let holds = signer.ours(algorithm, input.as_bytes(), &signature);
    let place = || format!("{algorithm} {token}");
    let code = signer.verifier.verify(&token, now()).err().map(|error| error.code());
    // A signature of no bytes is an empty segment, which is no token.
    let refused = matches!(code, Some(ErrorCode::SignatureInvalid)) || signature.is_empty();
    assert_eq!(refused, !holds, "key and verifier: {code:?} {}", place());

    let foreign = jsonwebtoken::crypto::verify(
        &encoded,
        input.as_bytes(),
        &signer.foreign,
        signer.foreign_algorithm(),
    );
    assert_eq!(foreign.unwrap_or(false), holds, "jsonwebtoken on {}", place());

    // With PSS, `rsa` 0.9 takes a signature that is not below the modulus; RFC 8017 section 5.2.2
    // has it refused.
    let in_range = signer.modulus().is_none_or(|n| BigUint::from_bytes_be(&signature) < *n);
    // It also reads the payload, so it may refuse one that is no set of claims.
    if let Some(accepts) = second_opinion(signer, &token).filter(|_| in_range) {
        assert!(!accepts || holds, "jwt-compact accepts {}", place());
        let is_standard = payload == signer.standard();
        assert!(accepts || !holds || !is_standard, "jwt-compact refuses {}", place());
    }
}

/// What `jwt-compact` says, where it knows the algorithm.
fn second_opinion(signer: &Signer, token: &str) -> Option<bool> {
    match &signer.second {
        Verifying::Rsa(key) => Some(integrity(&Rsa::with_name(signer.name()), key, token)),
        Verifying::P256(key) => Some(integrity(&Es256, key, token)),
        Verifying::Ed25519(key) => Some(integrity(&Ed25519, key, token)),
        Verifying::Hs256(key) => Some(integrity(&Hs256, key, token)),
        Verifying::Hs384(key) => Some(integrity(&Hs384, key, token)),
        Verifying::Hs512(key) => Some(integrity(&Hs512, key, token)),
        Verifying::None => None,
    }
}

fn integrity<A: jwt_compact::Algorithm>(algorithm: &A, key: &A::VerifyingKey, token: &str) -> bool {
    let Ok(untrusted) = UntrustedToken::new(token) else { return false };
    algorithm.validator::<Map<String, Value>>(key).validate(&untrusted).is_ok()
}
