//! Minting: main tokens from sessions, micro tokens from what their holders may do.
//!
//! | module | what lives there |
//! |---|---|
//! | [`main_token`] | main tokens: issued, and proved when they come back |
//! | [`micro_token`] | micro tokens: read everything once, then sign |
//! | [`holder`] | whom a micro token speaks for |
//! | [`target`] | the services a micro token is for |
//! | [`catalogue`] | every service, in memory |
//! | [`template`] | claims that a service wants in its tokens besides |
//! | [`before_token`] | somebody else's word on what a token says besides |
//! | [`grants`] | which of the holder's roles and permissions reach into it |
//! | [`anonymous`], [`turnstile`] | tokens without an account, one after the other |
//! | [`budget`] | the size a token may have |

pub mod anonymous;
pub mod before_token;
pub mod budget;
pub mod catalogue;
pub mod grants;
pub mod holder;
pub mod main_token;
pub mod micro_token;
pub mod target;
pub mod template;
pub mod turnstile;

pub use catalogue::ServiceCatalogue;
pub use holder::Holder;
pub use main_token::MainToken;
pub use micro_token::{MicroRequest, MicroToken};
