//! `docs/errors.md` has a section for every code, with the answer that the one table gives, and no section
//! for a code that does not exist.

use std::collections::BTreeSet;

use laika_claims::code::{ErrorCode, IssuerCode};

const PAGE: &str = include_str!("../../docs/errors.md");

#[test]
fn every_code_has_its_section_and_none_is_invented() {
    let codes = ErrorCode::ALL.iter().map(|code| code.as_str());
    let codes: Vec<&str> = codes.chain(IssuerCode::ALL.iter().map(|code| code.as_str())).collect();
    let titles: Vec<&str> = sections().map(|(title, _)| title).collect();
    let (wanted, found): (BTreeSet<_>, BTreeSet<_>) =
        (codes.iter().collect(), titles.iter().collect());
    let missing: Vec<_> = wanted.difference(&found).collect();
    let invented: Vec<_> = found.difference(&wanted).collect();
    assert!(missing.is_empty(), "`docs/errors.md` has no section for {missing:?}");
    assert!(invented.is_empty(), "`docs/errors.md` has sections for {invented:?}");
    assert_eq!(titles.len(), codes.len(), "a code has two sections");
}

#[test]
fn every_section_says_what_goes_over_http_and_more() {
    for (title, text) in sections() {
        let (status, challenge) = match (ErrorCode::from_name(title), IssuerCode::from_name(title))
        {
            (Some(code), _) => (code.status(), code.challenge()),
            (None, Some(code)) => (code.status(), code.challenge()),
            (None, None) => panic!("there is no code `{title}`"),
        };
        let expected = match challenge.header(None, &[], None) {
            Some(header) => format!("{status} `{header}`"),
            None => format!("{status}, no challenge"),
        };
        assert_eq!(text.lines().next(), Some(expected.as_str()), "`{title}`");
        assert!(text.lines().skip(1).any(|line| line.len() > 40), "`{title}` explains nothing");
    }
}

/// Title and text of each section.
fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    PAGE.split("\n### ").skip(1).map(|section| {
        let (title, text) = section.split_once('\n').expect("a title");
        (title.trim_matches('`'), text)
    })
}
