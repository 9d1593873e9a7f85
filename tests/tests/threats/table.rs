//! `docs/threats.md` names every threat of the contract to what is there, in its words, and tests
//! that exist.

use std::collections::BTreeSet;
use std::path::Path;

const SECTIONS: [&str; 5] =
    ["## Tokens and keys", "## Requests and policies", "## Accounts", "## Operation", "## Also"];

/// How threats begin to what is not there yet.
const NOT_YET: [&str; 1] = ["server-side request forgery through hooks"];

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn section<'a>(text: &'a str, name: &str) -> &'a str {
    let rest = text.split_once(&format!("{name}\n")).unwrap_or_else(|| panic!("no `{name}`")).1;
    rest.split_once("\n## ").map_or(rest, |(section, _)| section).trim()
}

/// Threat and tests of each row.
fn rows(section: &str) -> Vec<(&str, &str)> {
    let rows = section.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.skip(1).filter_map(|row| row.rsplit_once(" | ")).filter(|row| row.0 != "---").collect()
}

#[test]
fn every_threat_of_the_contract_has_its_row() {
    let (contract, table) = (read("docs/contract/threats.md"), read("docs/threats.md"));
    for name in SECTIONS {
        let threats = section(&contract, name).trim_end_matches('.').split("; ");
        let there = |threat: &&str| !NOT_YET.iter().any(|start| threat.starts_with(start));
        let threats: Vec<_> = threats.filter(there).collect();
        let named: Vec<_> = rows(section(&table, name)).into_iter().map(|row| row.0).collect();
        assert_eq!(named, threats, "{name}");
    }
}

#[test]
fn the_number_of_hostile_tokens_is_that_of_the_vectors() {
    let vectors: serde_json::Value =
        serde_json::from_str(&read("tests/vectors/hostile.json")).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    let hostile = cases.iter().filter(|case| case["expect"].get("error").is_some()).count();
    assert!(read("docs/threats.md").contains(&format!("holds {hostile} hostile tokens")));
}

#[test]
fn every_test_of_the_table_exists_and_every_test_here_is_in_it() {
    let table = read("docs/threats.md");
    let mut named = BTreeSet::new();
    for (threat, tests) in SECTIONS.iter().flat_map(|name| rows(section(&table, name))) {
        for test in tests.split("; ") {
            let (file, name) = test.trim_matches('`').split_once("` ").unwrap_or_else(|| {
                panic!("{threat}: write `file` and the test's name, not {test}")
            });
            let text = read(file);
            let spellings =
                [format!("fn {name}("), format!("test(\"{name}\""), format!("[\"{name}\",")];
            let found = spellings.iter().any(|spelling| text.contains(spelling));
            assert!(found, "{threat}: `{file}` has no test `{name}`");
            named.insert((file.to_owned(), name.to_owned()));
        }
    }
    for file in ["tokens.rs", "keys.rs", "requests.rs"] {
        let file = format!("tests/tests/threats/{file}");
        let text = read(&file);
        let tests = text.split("#[test]\nfn ").skip(1).filter_map(|rest| rest.split('(').next());
        for test in tests {
            assert!(named.contains(&(file.clone(), test.to_owned())), "`{test}` is in no row");
        }
    }
}
