#![forbid(unsafe_code)]
//! wip
fn main() {}
