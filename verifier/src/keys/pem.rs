//! One public key in PEM (RFC 7468): SubjectPublicKeyInfo (RFC 5280) or PKCS#1 (RFC 8017).

use super::Key;
use super::der::{Der, NULL, OBJECT_IDENTIFIER};
use laika_signature::PublicKey;
use laika_signature::base64url;
use laika_signature::ecdsa::{P256Key, P384Key};
use laika_signature::ed25519::Ed25519Key;
use laika_signature::rsa::RsaKey;
use laika_signature::{Algorithm, Family};

/// 1.2.840.113549.1.1.1 (RFC 8017 appendix C).
const RSA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// 1.2.840.10045.2.1 (RFC 5480 section 2.1.1).
const EC: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// 1.2.840.10045.3.1.7.
const P256: [u8; 8] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
/// 1.3.132.0.34.
const P384: [u8; 5] = [0x2b, 0x81, 0x04, 0x00, 0x22];
/// 1.3.101.112 (RFC 8410 section 3).
const ED25519: [u8; 3] = [0x2b, 0x65, 0x70];

/// Characters of base64 in a line that is not the last (RFC 7468 section 2).
const LINE: usize = 64;

/// Reads the key. An RSA key is used with the algorithms `rsa`, any other with that of its curve.
pub(super) fn read(text: &str, rsa: &[Algorithm]) -> Result<Key, &'static str> {
    let (label, der) = decode(text.trim()).ok_or("it is not PEM")?;
    let material = match label {
        "PUBLIC KEY" => from_spki(&der)?,
        "RSA PUBLIC KEY" => from_pkcs1(&der)?,
        "CERTIFICATE" => return Err("it is a certificate: give the public key in it"),
        _ if label.ends_with("PRIVATE KEY") => {
            return Err("it is a private key: give the public one, and replace this one");
        }
        _ => return Err("its label is neither `PUBLIC KEY` nor `RSA PUBLIC KEY`"),
    };
    let algorithms = match material.family() {
        Family::P256 => vec![Algorithm::Es256],
        Family::P384 => vec![Algorithm::Es384],
        Family::Ed25519 => vec![Algorithm::EdDsa],
        Family::Rsa | Family::Hmac => rsa.to_vec(),
    };
    Ok(Key { kid: None, algorithms, material: Ok(material) })
}

/// Label and content of the one block that `text` ends with.
fn decode(text: &str) -> Option<(&str, Vec<u8>)> {
    let mut lines = text.lines();
    let label = lines.find_map(|line| line.strip_prefix("-----BEGIN "))?.strip_suffix("-----")?;
    let mut base64 = String::with_capacity(text.len());
    let end = loop {
        let line = lines.next()?;
        if let Some(end) = line.strip_prefix("-----END ") {
            break end;
        }
        // Only the last line is shorter.
        let whole = base64.len().is_multiple_of(LINE) && (1..=LINE).contains(&line.len());
        whole.then(|| base64.push_str(line))?;
    };
    (end.strip_suffix("-----") == Some(label) && lines.next().is_none()).then_some(())?;
    Some((label, base64url::decode(&without_padding(&base64)?)?))
}

/// base64 as base64url without its padding, of which there must be as much as is needed.
fn without_padding(base64: &str) -> Option<String> {
    let text = base64.strip_suffix('=').unwrap_or(base64);
    let text = text.strip_suffix('=').unwrap_or(text);
    let foreign = |byte: u8| matches!(byte, b'-' | b'_');
    (base64.len().is_multiple_of(4) && !text.bytes().any(foreign)).then_some(())?;
    let as_url = |char| match char {
        '+' => '-',
        '/' => '_',
        same => same,
    };
    Some(text.chars().map(as_url).collect())
}

fn from_spki(der: &[u8]) -> Result<PublicKey, &'static str> {
    let (algorithm, bits) = read_spki(der).ok_or("it is not a public key")?;
    let mut parameters = algorithm;
    let oid = parameters.take(OBJECT_IDENTIFIER).ok_or("it is not a public key")?;
    let absent = parameters.0.is_empty();
    // RFC 3279 section 2.3.1: NULL.
    let null = parameters.0 == [NULL, 0];
    let curve = parameters.take(OBJECT_IDENTIFIER).filter(|_| parameters.0.is_empty());
    let curve = curve.unwrap_or_default();
    Ok(if oid == RSA && null {
        from_pkcs1(bits)?
    } else if oid == ED25519 && absent {
        PublicKey::Ed25519(Box::new(Ed25519Key::new(bits)?))
    } else if oid == EC && curve == P256 {
        PublicKey::P256(Box::new(P256Key::from_sec1(bits)?))
    } else if oid == EC && curve == P384 {
        PublicKey::P384(Box::new(P384Key::from_sec1(bits)?))
    } else {
        return Err("it is a key of another kind than RSA, P-256, P-384 and Ed25519");
    })
}

/// The algorithm and the key of a SubjectPublicKeyInfo.
fn read_spki(der: &[u8]) -> Option<(Der<'_>, &[u8])> {
    let mut whole = Der(der);
    let mut info = whole.sequence()?;
    whole.end()?;
    let (algorithm, bits) = (info.sequence()?, info.bytes()?);
    info.end()?;
    Some((algorithm, bits))
}

fn from_pkcs1(der: &[u8]) -> Result<PublicKey, &'static str> {
    let (modulus, exponent) = read_pkcs1(der).ok_or("it is not an RSA key")?;
    Ok(PublicKey::Rsa(Box::new(RsaKey::new(modulus, exponent)?)))
}

/// Modulus and exponent of an RSAPublicKey.
fn read_pkcs1(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut whole = Der(der);
    let mut key = whole.sequence()?;
    whole.end()?;
    let (modulus, exponent) = (key.unsigned()?, key.unsigned()?);
    key.end()?;
    Some((modulus, exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Made by `openssl genpkey -algorithm ed25519 | openssl pkey -pubout` and
    // `openssl ecparam -name prime256v1 -genkey | openssl ec -pubout`.
    const ED25519_PEM: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA+09AXrAA/RccLYv3cYWDOg5Q58Lf2qv4dq0MaQA4zUA=
-----END PUBLIC KEY-----";
    const P256_PEM: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAETEHwBhr210VI2eW/9IKQimEMquPM
H9S5qFgNYy7RF3hH1qq2NqtJPcJvdcxrOlBCEYo/uJYEfsPjTfy7ii3/+Q==
-----END PUBLIC KEY-----";
    const P384_PEM: &str = "-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE+k6zR4OYql2R0JtsGvTl7UQeg2+380cP
HnNqlvCFBpeKGf7KDeBmHgfTMQTjnZNVz/k3rmxhuAe07s3vGV9RLW0m7m+LePOX
ELuo9gP6H1pwc71l+0lOjvK6fmd9kjDF
-----END PUBLIC KEY-----";
    const RSA_PEM: &str = "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzovR2sauibkifB+n7grd
b2uqBnCMzHwNue3Zh8Xn9NI1psNHdPKDZTDJYFrfayCeUUTrOw5REXA+mse+YP+G
nX+gGbsgmP8V/nhfmHadiVBCrRPH+xCu00ihF9zLNJwFAt01NEwNJ+XK0ylXRTj9
DnYSVU922Sd1XvHUz2akdqJTCPWNIjpNwJf/ZGJ2WXCPWejYeFBwVw0ft8JL2FEf
mtj3iIJKjWqDDqUVfG39e20JjuZjHRvmM1sMcPLGE3xCaQBR/3I+dcbDPaECsxaJ
fgXv6YgJixegOeM6fk8uJnO3XLHNZjX6ufyl5wttyM8bqxLXZwDfcixFRmJiBYlm
pQIDAQAB
-----END PUBLIC KEY-----";
    const PKCS1_PEM: &str = "-----BEGIN RSA PUBLIC KEY-----
MIIBCgKCAQEAzovR2sauibkifB+n7grdb2uqBnCMzHwNue3Zh8Xn9NI1psNHdPKD
ZTDJYFrfayCeUUTrOw5REXA+mse+YP+GnX+gGbsgmP8V/nhfmHadiVBCrRPH+xCu
00ihF9zLNJwFAt01NEwNJ+XK0ylXRTj9DnYSVU922Sd1XvHUz2akdqJTCPWNIjpN
wJf/ZGJ2WXCPWejYeFBwVw0ft8JL2FEfmtj3iIJKjWqDDqUVfG39e20JjuZjHRvm
M1sMcPLGE3xCaQBR/3I+dcbDPaECsxaJfgXv6YgJixegOeM6fk8uJnO3XLHNZjX6
ufyl5wttyM8bqxLXZwDfcixFRmJiBYlmpQIDAQAB
-----END RSA PUBLIC KEY-----";

    #[test]
    fn the_type_of_the_key_says_the_algorithm() {
        let read = |text| read(text, &[Algorithm::Ps256]).map(|key| key.algorithms);
        assert_eq!(read(ED25519_PEM), Ok(vec![Algorithm::EdDsa]));
        assert_eq!(read(P256_PEM), Ok(vec![Algorithm::Es256]));
        assert_eq!(read(P384_PEM), Ok(vec![Algorithm::Es384]));
        assert_eq!(read(RSA_PEM), Ok(vec![Algorithm::Ps256]));
        assert_eq!(read(PKCS1_PEM), Ok(vec![Algorithm::Ps256]));
        assert_eq!(read(&format!("\n{P256_PEM}\n\n")), Ok(vec![Algorithm::Es256]));
    }

    #[test]
    fn the_armour_has_one_spelling_too() {
        let good = |text: &str| read(text, &[Algorithm::Rs256]).is_ok();
        assert!(good(&P256_PEM.replace('\n', "\r\n")));
        assert!(good(&format!("what openssl says of it\n{P256_PEM}")));
        for bad in [
            P256_PEM.replace("/+Q==", "/+Q="),
            P256_PEM.replace("/+Q==", "/+Q"),
            P256_PEM.replace("/+Q==", "/+R=="),
            P256_PEM.replace("/+Q==", "_-Q=="),
            P256_PEM.replace("\nH9S", "H9\nS"),
            P256_PEM.replace("\nH9S", "\n H9S"),
            P256_PEM.replace("\nH9S", "\n\nH9S"),
            P256_PEM.replace("END PUBLIC", "END RSA PUBLIC"),
            P256_PEM.replace("-----END PUBLIC KEY-----", ""),
            format!("{P256_PEM}\nx"),
        ] {
            assert!(!good(&bad), "{bad}");
        }
    }

    #[test]
    fn parameters_of_the_algorithm_are_those_of_its_standard() {
        // An empty INTEGER in place of NULL, and NULL where nothing belongs.
        let rsa = RSA_PEM.replace("AQEFAAOC", "AQECAAOC");
        let ed25519 = "-----BEGIN PUBLIC KEY-----
MCwwBwYDK2VwBQADIQD7T0BesAD9Fxwti/dxhYM6DlDnwt/aq/h2rQxpADjNQA==
-----END PUBLIC KEY-----";
        for text in [rsa.as_str(), ed25519] {
            assert!(
                read(text, &[Algorithm::Rs256]).unwrap_err().contains("another kind"),
                "{text}"
            );
        }
    }

    #[test]
    fn everything_else_is_refused_with_what_it_is() {
        let relabelled = |label: &str| P256_PEM.replace("PUBLIC KEY", label);
        for (text, words) in [
            (String::new(), "not PEM"),
            ("x".to_owned(), "not PEM"),
            (relabelled("CERTIFICATE"), "a certificate"),
            (relabelled("EC PRIVATE KEY"), "a private key"),
            (relabelled("PGP"), "its label"),
            (relabelled("RSA PUBLIC KEY"), "not an RSA key"),
            (P256_PEM.replace("\nM", "\nN"), ""),
        ] {
            let error = read(&text, &[Algorithm::Rs256]).map(|key| key.algorithms).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }
}
