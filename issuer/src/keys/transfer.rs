//! Private keys in PEM: PKCS#8, plain or under a passphrase (PBES2, RFC 8018), and the older forms
//! of RSA (PKCS#1) and P-256 (SEC 1) where they come from elsewhere.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use laika_verifier::keys::Key;
use pkcs8::der::Decode as _;
use pkcs8::der::pem;
use pkcs8::pkcs5::pbes2;
use pkcs8::{EncryptedPrivateKeyInfo, LineEnding, PrivateKeyInfo, SecretDocument};
use zeroize::Zeroizing;

use super::{Algorithm, KeyError, SigningKey};
use crate::random::{self, Random};
use crate::secret::Secret;

/// OWASP's number of rounds for PBKDF2 with HMAC-SHA-256.
const ROUNDS: u32 = 600_000;

const PLAIN: &str = "PRIVATE KEY";
const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";

/// Reads a private key for `algorithm`.
///
/// # Errors
/// A sentence that says what is wrong with it, and how to mend it.
pub fn read(
    algorithm: Algorithm,
    text: &str,
    passphrase: Option<&Secret>,
) -> Result<SigningKey, String> {
    let (label, der) = pem::decode_vec(block(text).as_bytes()).map_err(|error| {
        format!(
            "it is no private key in PEM ({error}); one with `Proc-Type` in it is turned into \
             PKCS#8 by `openssl pkcs8 -topk8`"
        )
    })?;
    let der = Zeroizing::new(der);
    let broken = |_| "its structure is broken".to_owned();
    let refused = |_| format!("it is no key for {}", algorithm.as_str());
    let pkcs8 = match (label, passphrase) {
        (PLAIN, _) => der,
        (ENCRYPTED, None) => {
            return Err("it is under a passphrase; name the file of that too".to_owned());
        }
        (ENCRYPTED, Some(passphrase)) => {
            let info = EncryptedPrivateKeyInfo::from_der(&der).map_err(broken)?;
            let opened = info.decrypt(passphrase.reveal()).map_err(|_| {
                "the passphrase does not open it, or its encryption is not PBES2".to_owned()
            })?;
            Zeroizing::new(opened.as_bytes().to_vec())
        }
        ("RSA PRIVATE KEY", _) => {
            let pair = rsa::KeyPair::from_der(&der).map_err(refused)?;
            let pkcs8: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| "it can't be used".to_owned())?;
            Zeroizing::new(pkcs8.as_ref().to_vec())
        }
        ("EC PRIVATE KEY", _) => {
            let scheme = &ECDSA_P256_SHA256_FIXED_SIGNING;
            let pair = EcdsaKeyPair::from_private_key_der(scheme, &der).map_err(refused)?;
            let pkcs8 = pair.to_pkcs8v1().map_err(|_| "it can't be used".to_owned())?;
            Zeroizing::new(pkcs8.as_ref().to_vec())
        }
        (other, _) => return Err(format!("it holds a `{other}`, and no private key")),
    };
    let key = SigningKey::from_pkcs8(algorithm, &pkcs8)
        .map_err(|_| format!("it is no key for {}", algorithm.as_str()))?;
    // What no verifier takes must not sign: too short, too long, a strange exponent.
    let public = Key::from_pem(key.public_pem(), &[laika_verifier::Algorithm::Rs256])?;
    public.material.map_err(str::to_owned)?;
    Ok(key)
}

/// The one private key in a file: `openssl` writes the name of a curve before it, others put its
/// certificates behind it.
fn block(text: &str) -> &str {
    let mut marks = text.match_indices("PRIVATE KEY-----");
    let (Some((head, _)), Some((tail, mark)), None) = (marks.next(), marks.next(), marks.next())
    else {
        return text.trim();
    };
    let start = text.get(..head).and_then(|before| before.rfind("-----BEGIN "));
    text.get(start.unwrap_or_default()..tail + mark.len()).unwrap_or(text)
}

/// Writes a private key as PKCS#8, under the passphrase if there is one.
///
/// # Errors
/// No random numbers, or the key can't be written.
pub fn write(
    key: &SigningKey,
    passphrase: Option<&Secret>,
    random: &dyn Random,
) -> Result<Zeroizing<String>, KeyError> {
    let unusable = |error: pkcs8::Error| KeyError::Unusable(error.to_string());
    let pkcs8 = key.pkcs8()?;
    let (label, document) = match passphrase {
        None => (PLAIN, SecretDocument::try_from(&pkcs8[..]).map_err(|e| unusable(e.into()))?),
        Some(passphrase) => {
            let (salt, iv) = (random::bytes::<16>(random)?, random::bytes::<16>(random)?);
            let scheme = pbes2::Parameters::pbkdf2_sha256_aes256cbc(ROUNDS, &salt, &iv)
                .map_err(|error| KeyError::Unusable(error.to_string()))?;
            let info = PrivateKeyInfo::try_from(&pkcs8[..]).map_err(unusable)?;
            let sealed = info.encrypt_with_params(scheme, passphrase.reveal()).map_err(unusable)?;
            (ENCRYPTED, sealed)
        }
    };
    document.to_pem(label, LineEnding::LF).map_err(|error| unusable(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    #[test]
    fn a_key_survives_its_export_plain_and_under_a_passphrase() {
        let (right, wrong) =
            (Secret::from("sputnik".to_owned()), Secret::from("spotnik".to_owned()));
        for algorithm in Algorithm::ALL {
            let (key, _) = SigningKey::generate(algorithm).unwrap();
            let plain = write(&key, None, &SystemRandom).unwrap();
            assert!(plain.starts_with("-----BEGIN PRIVATE KEY-----\n"));
            assert_eq!(read(algorithm, &plain, None).unwrap().kid(), key.kid());
            let sealed = write(&key, Some(&right), &SystemRandom).unwrap();
            assert!(sealed.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
            assert_eq!(read(algorithm, &sealed, Some(&right)).unwrap().kid(), key.kid());
            assert!(read(algorithm, &sealed, Some(&wrong)).unwrap_err().contains("passphrase"));
            assert!(read(algorithm, &sealed, None).unwrap_err().contains("passphrase"));
        }
    }

    #[test]
    fn what_is_no_private_key_of_the_algorithm_is_refused() {
        let (key, _) = SigningKey::generate(Algorithm::EdDsa).unwrap();
        let text = write(&key, None, &SystemRandom).unwrap();
        for (algorithm, text, said) in [
            (Algorithm::Es256, text.as_str(), "no key for ES256"),
            (Algorithm::EdDsa, key.public_pem(), "`PUBLIC KEY`"),
            (Algorithm::EdDsa, "nonsense", "no private key in PEM"),
            (Algorithm::EdDsa, "", "no private key in PEM"),
        ] {
            let error = read(algorithm, text, None).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
