//! Accounts by mail: the real router and the real outbox, over real SMTP, to a server in another
//! language; the clock is in the tests' hand.

#![forbid(unsafe_code)]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests: what goes wrong must stop the test"
)]

mod attacks;
mod closed;
mod delivery;
mod languages;
mod logs;
mod operator;
mod post;
#[path = "../api/scratch.rs"]
mod scratch;
mod sink;
mod story;
#[expect(dead_code, reason = "shared with the tests of the API, which use the rest")]
#[path = "../api/support.rs"]
mod support;
