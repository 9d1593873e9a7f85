//! OAuth 2.0 by the standards' names: programs that authenticate, and what they may ask.
//!
//! | module | what lives there |
//! |---|---|
//! | [`secret`] | secrets of programs: random, typed, with a checksum |
//! | [`service_accounts`] | programs with an account of their own |
//! | [`clients`] | applications that ask for tokens in the name of people |

pub mod clients;
pub mod secret;
pub mod service_accounts;
