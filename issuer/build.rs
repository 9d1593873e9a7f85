//! Says what to do where the page is to be built in and is not there.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_PAGE").is_none() {
        return;
    }
    println!("cargo::rerun-if-changed=../target/www");
    if !Path::new("../target/www/index.html").is_file() {
        println!("cargo::error=the page is not in `target/www`: run cargo xtask build");
    }
}
