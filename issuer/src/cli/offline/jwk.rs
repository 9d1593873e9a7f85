//! `laika key jwk`: a public key in PEM, or that of a certificate, as a JWK (RFC 7517).

use std::io::{self, Read as _};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use laika_verifier::keys::Key;
use laika_verifier::{Algorithm, Timestamp};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use spki::der::pem::{self, LineEnding};
use spki::der::{Decode as _, Encode as _};
use spki::{ObjectIdentifier, SubjectPublicKeyInfoRef};
use x509_cert::Certificate;

use super::arguments::JwkArguments;
use super::moment;
use crate::cli::exit::Failure;
use crate::cli::output;

/// RFC 8017 appendix C.
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// RFC 8410 section 3.
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// RFC 5480 section 2.1.1.1.
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

pub(in crate::cli) fn run(arguments: &JwkArguments) -> Result<(), Failure> {
    let shown = arguments.file.display();
    let refuse = |why: &str| Failure::Refused(format!("`{shown}` can't be used: {why}"));
    let mut text = String::new();
    let read = if arguments.file.as_os_str() == "-" {
        io::stdin().read_to_string(&mut text)
    } else {
        std::fs::File::open(&arguments.file).and_then(|mut file| file.read_to_string(&mut text))
    };
    read.map_err(|error| refuse(&error.to_string()))?;
    if text.contains("-----BEGIN CERTIFICATE-----") {
        text = key_of_certificate(&text).map_err(|why| refuse(&why))?;
    }
    let jwk = to_jwk(&text, arguments.alg.as_deref()).map_err(|why| refuse(&why))?;
    output::value(&if arguments.set { json!({ "keys": [jwk] }) } else { jwk })
}

/// The public key of the first certificate, as PEM.
fn key_of_certificate(text: &str) -> Result<String, String> {
    let broken = |error: spki::der::Error| format!("it is not a certificate: {error}");
    let chain = Certificate::load_pem_chain(text.as_bytes()).map_err(broken)?;
    let Some(Certificate { tbs_certificate: first, .. }) = chain.first() else {
        return Err("there is no certificate in it".to_owned());
    };
    if chain.len() > 1 {
        output::remark("there are several certificates; the key is that of the first");
    }
    let seconds = |time: x509_cert::time::Time| {
        Timestamp::from_seconds(time.to_unix_duration().as_secs_f64()).unwrap_or(Timestamp::EPOCH)
    };
    let now = moment::now();
    let (begins, ends) = (seconds(first.validity.not_before), seconds(first.validity.not_after));
    if ends < now {
        output::remark(&format!("the certificate has expired: {}", moment::in_words(ends, now)));
    } else if begins > now {
        output::remark(&format!("the certificate begins later: {}", moment::in_words(begins, now)));
    }
    let der = first.subject_public_key_info.to_der().map_err(broken)?;
    pem::encode_string("PUBLIC KEY", LineEnding::LF, &der).map_err(|error| error.to_string())
}

/// The key as a JWK whose `kid` is its thumbprint (RFC 7638), if a verifier takes it.
fn to_jwk(text: &str, alg: Option<&str>) -> Result<Value, String> {
    let wanted = alg.map(|name| {
        Algorithm::from_name(name).ok_or_else(|| {
            let known = Algorithm::ALL.map(Algorithm::as_str).join(", ");
            format!("`{name}` is no algorithm of this verifier; there are {known}")
        })
    });
    let wanted = wanted.transpose()?;
    // The verifier's own reading decides whether the key is good, and for what.
    let key = Key::from_pem(text, &[wanted.unwrap_or(Algorithm::Rs256)])?;
    let family = key.material?.family();
    let alg = wanted.or(key.algorithms.first().copied()).filter(|alg| alg.family() == family);
    let alg = alg.ok_or("the key is of another kind than `--alg` needs")?;
    let thumbed = members(text).ok_or("its members can't be read")?;
    // `serde_json` keeps members sorted and writes no white space, as RFC 7638 section 3 asks.
    let thumbprint = Sha256::digest(Value::Object(thumbed.clone()).to_string());
    let mut jwk = thumbed;
    for (name, value) in [
        ("kid", URL_SAFE_NO_PAD.encode(thumbprint)),
        ("use", "sig".to_owned()),
        ("alg", alg.as_str().to_owned()),
    ] {
        jwk.insert(name.to_owned(), value.into());
    }
    Ok(Value::Object(jwk))
}

/// The members that make the key: those of its thumbprint.
fn members(text: &str) -> Option<Map<String, Value>> {
    let (label, der) = pem::decode_vec(text.trim().as_bytes()).ok()?;
    let value = if label == "RSA PUBLIC KEY" {
        rsa(&der)?
    } else {
        let info = SubjectPublicKeyInfoRef::from_der(&der).ok()?;
        let bits = info.subject_public_key.as_bytes()?;
        match (info.algorithm.oid, info.algorithm.parameters_oid().ok()) {
            (RSA, _) => rsa(bits)?,
            (ED25519, _) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(bits) })
            }
            (_, curve) => {
                let crv = if curve == Some(P256) { "P-256" } else { "P-384" };
                // SEC 1 section 2.3.3: 4, then both coordinates.
                let (x, y) = bits.get(1..)?.split_at_checked(bits.len() / 2)?;
                let [x, y] = [x, y].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate));
                json!({ "kty": "EC", "crv": crv, "x": x, "y": y })
            }
        }
    };
    match value {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

fn rsa(der: &[u8]) -> Option<Value> {
    let key = pkcs1::RsaPublicKey::from_der(der).ok()?;
    let [n, e] =
        [key.modulus, key.public_exponent].map(|number| URL_SAFE_NO_PAD.encode(number.as_bytes()));
    Some(json!({ "kty": "RSA", "n": n, "e": e }))
}
