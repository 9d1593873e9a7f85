//! The issuer's API, driven through its real router on a real SQLite file, with a clock that the
//! tests hold in their hand.

#![forbid(unsafe_code)]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests: what goes wrong must stop the test"
)]

mod accounts;
mod admin;
mod anonymous;
mod bad_input;
mod cookies;
mod credentials;
mod entitlements;
mod events;
mod external;
mod factors;
mod foreign_hashes;
mod foreign_keys;
mod forgetting;
mod imported_users;
mod invitation;
mod keys;
mod limits;
mod logs;
mod migration;
mod oauth2;
mod overload;
mod page;
mod protection;
mod proved;
mod published;
mod restore;
mod rotation;
mod scratch;
mod second_opinion;
mod services;
mod sessions;
mod shared_secret;
mod status;
mod status_races;
mod story;
mod support;
mod verifiers;
