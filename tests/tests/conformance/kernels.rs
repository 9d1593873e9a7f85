//! The verifier's arithmetic against other libraries, inside WebAssembly as well: there it has
//! instructions that the unit tests of the crate, which run natively, do not reach.

use std::process::Command;

use laika_conformance::Kernels;
use laika_tests::process::artifact;
use serde_json::Value;

/// Each size from 2048 to 4096 bits once.
const POWERS: u64 = 257;

#[test]
fn powers_and_verifications_agree_with_other_libraries_natively() {
    let kernels = Kernels::run(POWERS / 8, 200);
    assert_eq!(kernels.wrong, Vec::<String>::new());
    assert!(kernels.held > 50 && kernels.held < 150, "{} of 200 held", kernels.held);
}

#[test]
fn powers_and_verifications_agree_with_other_libraries_in_webassembly() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/conformance/wasi.mjs");
    let program = artifact("LAIKA_KERNELS_WASM");
    let mut node = Command::new("node");
    let node = node.arg("--no-warnings").arg(script).arg(program);
    let output = node.args([POWERS.to_string().as_str(), "1000"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let outcome: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(outcome["ok"], true, "{text}");
    assert!(outcome["result"].as_str().unwrap().contains("verifications by Barrett"), "{text}");
}
