//! Private keys that `openssl` made, in every form in which it writes them: `laika key import` takes
//! them, and what they sign is verified.

use std::path::Path;
use std::process::{Command, Output};

use laika_issuer::background;
use laika_issuer::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};

use crate::support::{Issuer, PUBLIC_URL, START, claims, header};
use crate::verifiers::Service;

const PASSPHRASE: &str = "ночь, sputnik & co";

/// Each key is made by `openssl` with the first words and written again with those after it.
const RSA: &[&str] = &["genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048"];
const LARGE_RSA: &[&str] = &["genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072"];
const PKCS1: &[&str] = &[RSA[0], "rsa -traditional"];
const P256: &[&str] = &["genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256"];
const SEC1: &[&str] = &[P256[0], "ec"];
/// Two blocks of PEM: the name of the curve stands before the key.
const SEC1_AFTER_ITS_CURVE: &[&str] = &["ecparam -name prime256v1 -genkey"];
const ED25519: &[&str] = &["genpkey -algorithm ED25519"];

/// PBES2, as `openssl` does it now, with scrypt, and as it did it for other tools.
const SEALED: [&str; 4] = [
    "pkcs8 -topk8 -v2 aes-256-cbc",
    "pkcs8 -topk8 -scrypt",
    "pkcs8 -topk8 -v2 aes-128-cbc -v2prf hmacWithSHA512 -iter 10000",
    "pkcs8 -topk8 -v2 des3 -v2prf hmacWithSHA1",
];

/// An issuer with a service for each algorithm, and the command line on its data.
struct Scene {
    issuer: Issuer,
    folder: tempfile::TempDir,
    main: String,
}

impl Scene {
    async fn new() -> Self {
        let issuer = Issuer::with(&[("LAIKA_KEYS_ROTATE_EVERY", "0")]).await;
        // The command line has no other clock than the system's.
        issuer.clock.advance(SystemClock.now() - START);
        for algorithm in ["RS256", "PS256", "ES256", "EdDSA"] {
            issuer
                .import(&format!(
                    "[[services]]\nname = \"{}\"\nalgorithm = \"{algorithm}\"",
                    service(algorithm)
                ))
                .await;
        }
        let main = issuer.log_in().await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("passphrase"), PASSPHRASE).unwrap();
        Self { issuer, folder, main }
    }

    fn laika(&self, arguments: &[&str]) -> Output {
        let settings = &self.issuer.app.settings;
        Command::new(env!("CARGO_BIN_EXE_laika"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("LAIKA_DATA_DIR", &settings.data_dir)
            .env("LAIKA_DATABASE_URL", &settings.database_url)
            .env("LAIKA_PUBLIC_URL", PUBLIC_URL)
            .env("LAIKA_KEYS_ROTATE_EVERY", "0")
            .output()
            .unwrap()
    }

    fn did(&self, arguments: &[&str]) -> Value {
        let output = self.laika(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Imports the key in this file and lets it sign; a token of it must be good.
    async fn take(&self, file: &str, algorithm: &str, sealed: bool) {
        let mut import = vec!["key", "import", file, "--algorithm", algorithm, "--json"];
        if sealed {
            let without = self.laika(&import);
            assert_eq!(without.status.code(), Some(5), "{}", said(&without));
            assert!(said(&without).contains("passphrase"), "{}", said(&without));
            import.extend(["--passphrase-file", "passphrase"]);
        }
        let imported = self.did(&import);
        let kid = imported["key"]["kid"].as_str().unwrap();
        let rotated = self.did(&["key", "rotate", "--algorithm", algorithm, "--now", "--json"]);
        assert_eq!(rotated["key"]["kid"], kid, "{file}");
        background::run_all(&self.issuer.app).await.unwrap();
        let service = service(algorithm);
        let token = self.issuer.micro(&self.main, &service).await.text_of("micro_token");
        let header = header(&token);
        assert_eq!((&header["kid"], &header["alg"]), (&json!(kid), &json!(algorithm)), "{file}");
        let verified = Service::of(&service).judge(&self.issuer, &token).await.unwrap();
        assert_eq!(verified.subject(), claims(&token)["sub"]);
    }
}

/// A service whose tokens are signed so.
fn service(algorithm: &str) -> String {
    format!("of-{}", algorithm.to_lowercase())
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs `openssl` for each of these, the output of one being the input of the next; the last is
/// in the file of this name.
fn make(folder: &Path, file: &str, steps: &[&str]) {
    let mut before: Option<String> = None;
    for (number, step) in steps.iter().enumerate() {
        let out =
            if number + 1 == steps.len() { file.to_owned() } else { format!("{file}.{number}") };
        let mut openssl = Command::new("openssl");
        openssl.args(step.split(' ')).current_dir(folder).args(["-out", &out]);
        if let Some(before) = &before {
            openssl.args(["-in", before]);
        }
        if step.starts_with("pkcs8") {
            openssl.args(["-passout", "file:passphrase"]);
        }
        let output =
            openssl.output().unwrap_or_else(|error| panic!("can't run `openssl`: {error}"));
        assert!(output.status.success(), "openssl {step}: {}", said(&output));
        before = Some(out);
    }
}

#[tokio::test]
async fn keys_that_openssl_wrote_sign_tokens_that_are_good() {
    let scene = Scene::new().await;
    for (number, (algorithm, steps)) in [
        ("RS256", RSA),
        ("RS256", PKCS1),
        ("PS256", LARGE_RSA),
        ("PS256", PKCS1),
        ("ES256", P256),
        ("ES256", SEC1),
        ("ES256", SEC1_AFTER_ITS_CURVE),
        ("EdDSA", ED25519),
    ]
    .into_iter()
    .enumerate()
    {
        let file = format!("plain-{number}.pem");
        make(scene.folder.path(), &file, steps);
        scene.take(&file, algorithm, false).await;
    }
}

#[tokio::test]
async fn keys_that_openssl_put_under_a_passphrase_sign_tokens_that_are_good() {
    let scene = Scene::new().await;
    for (kind, (algorithm, key)) in
        [("RS256", RSA), ("PS256", RSA), ("ES256", P256), ("EdDSA", ED25519)]
            .into_iter()
            .enumerate()
    {
        for (number, sealing) in SEALED.into_iter().enumerate() {
            // An RSA key takes its time to be made; two of its sealings stand for all.
            if key == RSA && number > 1 {
                continue;
            }
            let file = format!("sealed-{kind}-{number}.pem");
            make(scene.folder.path(), &file, &[key, &[sealing]].concat());
            scene.take(&file, algorithm, true).await;
        }
    }
}

#[tokio::test]
async fn keys_of_openssl_that_no_verifier_takes_are_refused_with_a_reason() {
    let scene = Scene::new().await;
    let wrong = scene.folder.path().join("wrong");
    std::fs::write(&wrong, "spotnik").unwrap();
    for (number, (algorithm, steps, passphrase, why)) in [
        (
            "RS256",
            &["genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024"][..],
            None,
            "it is no key for RS256",
        ),
        (
            "ES256",
            &["genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384"],
            None,
            "no key for ES256",
        ),
        ("ES256", &["ecparam -name secp384r1 -genkey", "ec"], None, "no key for ES256"),
        ("EdDSA", &["genpkey -algorithm X25519"], None, "no key for EdDSA"),
        ("EdDSA", RSA, None, "no key for EdDSA"),
        ("EdDSA", &[ED25519[0], "pkey -pubout"], None, "`PUBLIC KEY`"),
        ("EdDSA", &[ED25519[0], SEALED[1]], Some("wrong"), "passphrase does not open it"),
        // Encrypted as before PKCS#8, with a key derived by MD5.
        (
            "ES256",
            &[P256[0], "ec -aes256 -passout file:passphrase"],
            Some("passphrase"),
            "openssl pkcs8 -topk8",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let file = format!("bad-{number}.pem");
        make(scene.folder.path(), &file, steps);
        let mut import = vec!["key", "import", &file, "--algorithm", algorithm];
        import.extend(passphrase.iter().flat_map(|file| ["--passphrase-file", file]));
        let output = scene.laika(&import);
        assert_eq!(output.status.code(), Some(5), "{steps:?}: {}", said(&output));
        assert!(said(&output).contains(why), "{steps:?}: {}", said(&output));
    }
}
