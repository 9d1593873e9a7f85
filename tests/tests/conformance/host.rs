//! Signatures that a host computes: Wycheproof's vectors through a library of BoringSSL's family,
//! which is what Envoy has, must be answered as our own code answers them.

use std::sync::atomic::{AtomicUsize, Ordering};

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey,
    VerificationAlgorithm,
};
use laika_verifier::Algorithm;
use laika_verifier::signature::plain::plain;
use laika_verifier::signature::{Host, PublicKey};

/// Counts how often it was asked and could say.
#[derive(Debug, Default)]
struct Library {
    answers: AtomicUsize,
    good: AtomicUsize,
}

impl Host for Library {
    fn verifies(
        &self,
        key: &PublicKey,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Option<bool> {
        let plain = plain(key, algorithm, signature)?;
        let with: &dyn VerificationAlgorithm = match algorithm {
            Algorithm::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
            Algorithm::Rs384 => &RSA_PKCS1_2048_8192_SHA384,
            Algorithm::Rs512 => &RSA_PKCS1_2048_8192_SHA512,
            Algorithm::Es256 => &ECDSA_P256_SHA256_ASN1,
            Algorithm::Es384 => &ECDSA_P384_SHA384_ASN1,
            other => panic!("{other} is nothing to ask a library about"),
        };
        let holds = UnparsedPublicKey::new(with, &plain.key).verify(message, &plain.signature);
        self.answers.fetch_add(1, Ordering::Relaxed);
        self.good.fetch_add(usize::from(holds.is_ok()), Ordering::Relaxed);
        Some(holds.is_ok())
    }
}

#[test]
fn a_host_that_computes_signatures_answers_every_vector_of_wycheproof_as_we_do() {
    let library = Library::default();
    let by_host = laika_conformance::report_by(Some(&library));
    assert_eq!(by_host.disagreements(), 0, "{by_host}");
    assert_eq!(by_host.to_string(), laika_conformance::report().to_string());
    let (answers, good) =
        (library.answers.load(Ordering::Relaxed), library.good.load(Ordering::Relaxed));
    println!("{answers} answers, {good} of them good");
    assert!(answers > 1000 && (200..answers).contains(&good), "{answers}, {good}");
}
