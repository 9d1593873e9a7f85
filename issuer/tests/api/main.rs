//! The issuer's API, driven through its real router on a real SQLite file, with a clock that the
//! tests hold in their hand.

#![forbid(unsafe_code)]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests: what goes wrong must stop the test"
)]

mod anonymous;
mod bad_input;
mod cookies;
mod credentials;
mod entitlements;
mod invitation;
mod logs;
mod oauth2;
mod overload;
mod page;
mod published;
mod rotation;
mod second_opinion;
mod services;
mod story;
mod support;
