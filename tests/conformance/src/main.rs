//! Prints what Wycheproof's vectors say about the verifier; exits with 1 where it disagrees.

use std::process::ExitCode;

fn main() -> ExitCode {
    let report = laika_conformance::report();
    print!("{report}");
    if report.disagreements() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
