//! Prints what Wycheproof's vectors say about the verifier; exits with 1 where it disagrees. With a
//! path to `json_web_signature_test.json` of a Wycheproof checkout, runs that file instead.

use std::error::Error;
use std::process::ExitCode;

use laika_conformance::Jws;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let good = match std::env::args().nth(1) {
        Some(path) => {
            let jws = Jws::run(&std::fs::read_to_string(path)?)?;
            print!("{jws}");
            jws.is_explained()
        }
        None => {
            let report = laika_conformance::report();
            print!("{report}");
            report.disagreements() == 0
        }
    };
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
