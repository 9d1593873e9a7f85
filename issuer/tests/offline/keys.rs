//! Keys that become key sets.

use std::path::PathBuf;

use serde_json::json;

use crate::support::Folder;

fn key(name: &str) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "keys", name].iter().collect();
    path.to_string_lossy().into_owned()
}

#[test]
fn keys_become_jwks_with_their_thumbprint() {
    let folder = Folder::with(&[]);
    let jwk = |name: &str| folder.run(&format!("key jwk {}", key(name)), "");
    let rsa = ["rsa-spki.pem", "rsa-pkcs1.pem", "rsa-certificate.pem"].map(|name| jwk(name).json());
    assert!(rsa[0] == rsa[1] && rsa[0] == rsa[2], "{rsa:?}");
    assert_eq!(
        (&rsa[0]["kty"], &rsa[0]["alg"], &rsa[0]["e"]),
        (&json!("RSA"), &json!("RS256"), &json!("AQAB"))
    );
    for (name, crv, alg) in
        [("ed25519-spki.pem", "Ed25519", "EdDSA"), ("p256-spki.pem", "P-256", "ES256")]
    {
        let jwk = jwk(name).json();
        assert_eq!((&jwk["crv"], &jwk["alg"]), (&json!(crv), &json!(alg)));
        assert_eq!(jwk["kid"].as_str().unwrap().len(), 43);
    }
    let expired = jwk("p384-expired.pem");
    expired.says(0, &["has expired: 2020-01-02T00:00:00Z"]);
    assert_eq!(expired.json()["crv"], "P-384");
    let set = folder.run(&format!("key jwk {} --alg PS384 --set", key("rsa-spki.pem")), "").json();
    assert_eq!(set["keys"][0]["alg"], "PS384");
    for (name, why) in [
        ("rsa-1024.pem", "2048"),
        ("secp256k1.pem", "another kind"),
        ("ed25519-spki.pem --alg RS256", "another kind than `--alg`"),
        ("rsa-spki.pem --alg none", "no algorithm"),
        ("nowhere.pem", "nowhere.pem"),
    ] {
        jwk(name).says(5, &[why]);
    }
    folder
        .run("key jwk -", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n")
        .says(5, &["not a certificate"]);
}

/// The example of RFC 8037 appendix A.3: a key and the thumbprint that the RFC gives for it.
#[test]
fn a_thumbprint_is_that_of_the_rfc() {
    let pem = "-----BEGIN PUBLIC KEY-----\n\
               MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n\
               -----END PUBLIC KEY-----\n";
    let jwk = Folder::with(&[]).run("key jwk -", pem).json();
    assert_eq!(jwk["kid"], "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert_eq!(jwk["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
}
