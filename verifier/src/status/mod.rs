//! Revocation by status lists (draft-ietf-oauth-status-list): a token names a slot of a list, and
//! the list, signed by the issuer and fetched every few seconds, says what became of it.
//!
//! | file | what lives there |
//! |---|---|
//! | `reference` | the slot that a token names |
//! | `list` | the values of a list |
//! | `token` | a list as it is signed |
//! | `lists` | the lists of one issuer: what is fresh enough, and what to fetch |

mod list;
mod lists;
mod reference;
mod token;

pub use list::{Status, StatusList};
pub(crate) use lists::{Lists, Silence};
pub(crate) use reference::{Claim, Reference};
pub(crate) use token::ListToken;

/// Most bytes of an inflated list: four million slots of two bits.
pub const MAX_INFLATED: usize = 1024 * 1024;
