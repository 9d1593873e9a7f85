//! What is right, said a second time and as simply as possible: each file follows the text of
//! `docs/contract/verifier.md`, without regard to speed.

pub mod host;
pub mod json;
pub mod path;
pub mod policy;
pub mod requirement;
pub mod status_list;
pub mod token;
