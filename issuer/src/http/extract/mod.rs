//! Facts about a request, each proved by the time a handler sees it.

mod anonymous_holder;
mod body;
mod client_address;
mod credentials;
mod main_caller;
mod origin;
mod query;

pub use anonymous_holder::AnonymousHolder;
pub use body::Body;
pub use client_address::ClientAddress;
pub use credentials::Transport;
pub use main_caller::{MainCaller, MainProof};
pub use origin::refuse_foreign_origin;
pub use query::Query;
