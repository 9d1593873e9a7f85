//! OAuth 2.0 by the standards' names: programs that authenticate, and what they may ask.
//!
//! | module | what lives there |
//! |---|---|
//! | [`secret`] | secrets of programs: random, typed, with a checksum |
//! | [`service_accounts`] | programs with an account of their own |
//! | [`clients`] | applications that ask for tokens in the name of people |
//! | [`parameters`] | forms, read strictly |
//! | [`client`] | who asks |
//! | [`grants`], [`exchange`] | what is granted to whom |
//! | [`subject`] | micro tokens that come back |
//! | [`inspect`] | introspection and revocation |
//! | [`error`] | refusals, as the standards write them |

pub mod client;
pub mod clients;
pub mod error;
pub mod exchange;
pub mod grants;
pub mod inspect;
pub mod parameters;
pub mod secret;
pub mod service_accounts;
pub mod subject;

pub use client::{Asker, authenticate};
pub use error::{OAuthCode, OAuthError};
pub use parameters::Parameters;
