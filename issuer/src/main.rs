//! The binary `laika`.

#![forbid(unsafe_code)]

use std::process::ExitCode;

/// A request allocates a few hundred times, briefly.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    laika_issuer::cli::run()
}
