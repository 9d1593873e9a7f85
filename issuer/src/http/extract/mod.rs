//! Facts about a request, each proved by the time a handler sees it.

mod admin_caller;
mod anonymous_holder;
mod body;
mod client_address;
mod credentials;
mod language;
mod main_caller;
mod origin;
mod path;
mod query;

pub use admin_caller::AdminCaller;
pub use anonymous_holder::{AnonymousHolder, merging};
pub use body::Body;
pub use client_address::ClientAddress;
pub use credentials::Transport;
pub use language::Language;
pub use main_caller::{MainCaller, MainProof};
pub use path::{EndpointName, GrantName, HolderName, Id, KeyName, Path, RoleName, ServiceName};
pub use query::Query;

use origin::refuse_foreign_origin;
