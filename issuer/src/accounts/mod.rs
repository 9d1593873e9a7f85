//! Accounts: names, e-mails and passwords as they may be written; registration and log-in.

mod email;
mod log_in;
mod names;
mod register;
mod strength;
mod username;

pub use email::Email;
pub use log_in::{LogIn, log_in};
pub use names::{role_name, service_name};
pub use register::{NewUser, Registration, add_user, register};
pub use strength::NewPassword;
pub use username::Username;

use crate::problem::FieldCode;

/// Why a text is not what a field must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What kind of fault.
    pub code: FieldCode,
    /// One sentence.
    pub detail: String,
}

impl Fault {
    fn new(code: FieldCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

/// What a log-in is looked up by: the same folding as names and e-mails get when they are stored.
#[must_use]
pub fn login_key(login: &str) -> String {
    if login.contains('@') { email::fold(login) } else { username::fold(login) }
}
