//! The binary `laika` under what a network and an operating system do to it: slow clients, SIGKILL
//! under load, and in the midst of a migration, a signal to end, a log that is read by others, requests made of
//! its own document.

#![forbid(unsafe_code)]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests: what goes wrong must stop the test"
)]
#![cfg(unix)]

#[path = "serving/crash.rs"]
mod crash;
#[path = "serving/log.rs"]
mod log;
#[path = "serving/migration.rs"]
mod migration;
#[path = "serving/schemathesis.rs"]
mod schemathesis;
#[path = "api/scratch.rs"]
mod scratch;
#[path = "serving/slow.rs"]
mod slow;
#[cfg(feature = "otel")]
#[path = "serving/spans.rs"]
mod spans;
#[path = "serving/support.rs"]
mod support;
