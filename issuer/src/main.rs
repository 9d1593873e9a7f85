//! The binary `laika`.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    laika_issuer::cli::run()
}
