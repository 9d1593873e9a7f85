//! Claims to try a policy with are read as the verifier reads those that it has proved.

use laika_claims::Principal;
use laika_tests::vectors;
use laika_verifier::{Options, Timestamp, Verifier};
use serde_json::Value;

#[test]
fn a_principal_of_unproved_claims_is_that_of_the_verified_token() {
    let text = std::fs::read_to_string(vectors::folder().join("verify.json")).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    let verifier = Verifier::new(Options::from_value(file["options"].clone()).unwrap());
    let mut compared = 0;
    for case in file["cases"].as_array().unwrap() {
        let now = Timestamp::from_seconds(case["now"].as_f64().unwrap()).unwrap();
        let Some(Ok(token)) = case["token"].as_str().map(|token| verifier.verify(token, now))
        else {
            continue;
        };
        let unproved = Principal::from_unproved_claims(token.claims().clone()).unwrap();
        assert_eq!(unproved, *token.principal(), "{}", case["name"]);
        compared += 1;
    }
    println!("{compared} tokens");
    assert!(compared >= 3, "only {compared} tokens");
}
