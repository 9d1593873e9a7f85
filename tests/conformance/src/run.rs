//! Which rule a group of vectors falls under, and its answers.

use std::collections::BTreeMap;

use laika_verifier::Algorithm;
use laika_verifier::signature::Host;
use laika_verifier::signature::hmac::HmacKey;
use serde_json::Value;

use crate::files::{File, Kind};
use crate::key::{bytes, import, text};
use crate::report::{How, Line};

/// What is expected of a group.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rule {
    /// What Wycheproof calls valid is accepted, everything else refused: `acceptable` too, which is
    /// a spelling of the padding that RFC 8017 does not know.
    Check(Algorithm),
    /// Everything is refused, for this reason.
    Refuse(Algorithm, &'static str),
    /// There is no such algorithm.
    None(String),
}

/// Cases that stand among those which are all refused, and are good: (file, case, reason).
const GOOD_ALL_THE_SAME: [(&str, u64, &str); 2] = [
    ("RsaPss2048Sha256Mgf1SaltLen0", 69, "its salt was made 32 bytes long, which is PS256"),
    ("RsaPss2048Sha256Mgf1SaltLen0WithParams", 69, "likewise"),
];

/// The lines of a file: one for each rule that its groups fall under.
pub(crate) fn file(file: &File, host: Option<&dyn Host>) -> Vec<Line> {
    let document: Value = serde_json::from_str(file.data).expect("the crate's data are JSON");
    let groups = document["testGroups"].as_array().expect("groups");
    let mut lines = BTreeMap::<Rule, (usize, Vec<String>)>::new();
    for group in groups {
        let rule = rule(file.kind, text(&document, "algorithm"), group);
        let tests = group["tests"].as_array().expect("tests");
        let wrong = disagreements(&rule, file, group, tests, host);
        let (cases, disagreements) = lines.entry(rule).or_default();
        *cases += tests.len();
        disagreements.extend(wrong);
    }
    let total: usize = lines.values().map(|(cases, _)| cases).sum();
    assert_eq!(document["numberOfTests"], total, "{}", file.name);
    let line = |(rule, (cases, disagreements))| {
        let run = |what| How::Run { what, disagreements };
        let how = match rule {
            Rule::Check(algorithm) => run(algorithm.to_string()),
            Rule::Refuse(algorithm, why) => run(format!("{algorithm}, all refused: {why}")),
            Rule::None(why) => How::NotApplicable(why),
        };
        Line { file: file.name.clone(), cases, how }
    };
    lines.into_iter().map(line).collect()
}

fn rule(kind: Kind, algorithm: &str, group: &Value) -> Rule {
    let bits = |name: &str| group[name].as_u64().unwrap_or_default();
    let sha = group["sha"].as_str().unwrap_or_default();
    match kind {
        Kind::Pkcs1 => match rsa(sha) {
            Some((algorithm, ..)) if bits("keySize") <= 4096 => Rule::Check(algorithm),
            Some((algorithm, ..)) => {
                Rule::Refuse(algorithm, "the key has more than 4096 bits, and is not imported")
            }
            None => Rule::None(format!("no PKCS#1 signatures with {sha}")),
        },
        Kind::Pss => match rsa(sha) {
            Some((_, pss, length)) if group["mgfSha"] == sha && bits("sLen") == length => {
                Rule::Check(pss)
            }
            Some((_, pss, _)) => {
                Rule::Refuse(pss, "salt or mask are not as RFC 7518 section 3.5 has them")
            }
            None => Rule::None(format!("no PSS signatures with {sha}")),
        },
        Kind::Ecdsa => {
            let curve = group["publicKey"]["curve"].as_str().unwrap_or_default();
            let algorithm = match (curve, sha) {
                ("secp256r1", "SHA-256") => Algorithm::Es256,
                ("secp384r1", "SHA-384") => Algorithm::Es384,
                _ => return Rule::None(format!("no ECDSA over {curve} with {sha}")),
            };
            match text(group, "type") {
                "EcdsaP1363Verify" => Rule::Check(algorithm),
                _ => Rule::Refuse(algorithm, "the signatures are in DER"),
            }
        }
        Kind::Eddsa => match group["publicKey"]["curve"].as_str().unwrap_or_default() {
            "edwards25519" => Rule::Check(Algorithm::EdDsa),
            curve => Rule::None(format!("no EdDSA over {curve}")),
        },
        Kind::Mac => {
            let (algorithm, length) = match algorithm {
                "HMACSHA256" => (Algorithm::Hs256, 256),
                "HMACSHA384" => (Algorithm::Hs384, 384),
                "HMACSHA512" => (Algorithm::Hs512, 512),
                other => return Rule::None(format!("no {other}")),
            };
            if bits("keySize") < length {
                Rule::Refuse(algorithm, "the secret is shorter than RFC 7518 section 3.2 wants")
            } else if bits("tagSize") < length {
                Rule::Refuse(algorithm, "the tags are cut")
            } else {
                Rule::Check(algorithm)
            }
        }
    }
}

/// The algorithms of RSA with that hash: PKCS#1, PSS, and the salt's bytes.
fn rsa(sha: &str) -> Option<(Algorithm, Algorithm, u64)> {
    match sha {
        "SHA-256" => Some((Algorithm::Rs256, Algorithm::Ps256, 32)),
        "SHA-384" => Some((Algorithm::Rs384, Algorithm::Ps384, 48)),
        "SHA-512" => Some((Algorithm::Rs512, Algorithm::Ps512, 64)),
        _ => None,
    }
}

fn disagreements(
    rule: &Rule,
    file: &File,
    group: &Value,
    tests: &[Value],
    host: Option<&dyn Host>,
) -> Vec<String> {
    let (algorithm, may_hold) = match rule {
        Rule::Check(algorithm) => (*algorithm, true),
        Rule::Refuse(algorithm, _) => (*algorithm, false),
        Rule::None(_) => return Vec::new(),
    };
    let keys = if file.kind == Kind::Mac { Vec::new() } else { import(group, algorithm) };
    let mut wrong = Vec::new();
    for test in tests {
        let message = bytes(text(test, "msg"));
        let answers: Vec<bool> = if file.kind == Kind::Mac {
            let key = HmacKey::new(bytes(text(test, "key")), algorithm);
            vec![key.is_ok_and(|key| key.verifies(&message, &bytes(text(test, "tag"))))]
        } else {
            let signature = bytes(text(test, "sig"));
            let holds = |key: &laika_verifier::keys::Key| {
                let key = key.material_for(algorithm);
                key.is_ok_and(|key| key.verifies_by(host, algorithm, &message, &signature))
            };
            // A key that can't be imported verifies nothing.
            if keys.is_empty() { vec![false] } else { keys.iter().map(holds).collect() }
        };
        let is_good = |(name, case, _): &(&str, u64, &str)| {
            *name == file.name && test["tcId"].as_u64() == Some(*case)
        };
        let wanted = match may_hold {
            true => test["result"] == "valid",
            false => GOOD_ALL_THE_SAME.iter().any(is_good),
        };
        if answers.iter().any(|answer| *answer != wanted) {
            wrong.push(format!("case {}: {}: {answers:?}", test["tcId"], test["comment"]));
        }
    }
    wrong
}
