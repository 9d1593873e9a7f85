//! Prints the OpenAPI document: `cargo run -p laika-issuer --example openapi > docs/openapi.json`.

#![forbid(unsafe_code)]

use std::io::{self, Write as _};

fn main() -> io::Result<()> {
    io::stdout().write_all(laika_issuer::http::openapi::document().as_bytes())
}
