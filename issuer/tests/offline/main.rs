//! The commands that need no database, as they are met on a command line: tokens, policies, keys.

#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "helpers of tests: what goes wrong must stop the test")]
#![expect(clippy::indexing_slicing, reason = "as above: a JSON member that is absent is null")]

mod keys;
mod policies;
mod support;
mod tokens;

use support::Folder;

#[test]
fn every_command_helps_with_an_example() {
    let folder = Folder::with(&[]);
    for command in [
        "token inspect",
        "token verify",
        "policy check",
        "policy explain",
        "policy test",
        "key jwk",
    ] {
        folder.run(&format!("{command} --help"), "").says(0, &["Usage:"]);
        let help = folder.run(&format!("{command} --help"), "").output;
        assert!(help.contains(&format!("laika {command} ")) || help.contains("cases:"), "{help}");
    }
}
