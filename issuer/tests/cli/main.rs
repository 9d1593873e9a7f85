//! The binary `laika` as an operator meets it: commands, exit codes, start and end.

#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "helpers of tests: what goes wrong must stop the test")]
#![cfg(unix)]

mod administration;
mod data;
mod service;
mod settings;
mod support;
mod tokens;
