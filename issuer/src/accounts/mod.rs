//! Accounts: names, e-mails and passwords as they may be written; registration, log-in, proof of an
//! e-mail, recovery by mail, and what owners change.
//!
//! Names are compared in NFKC and without regard to case, e-mails and passwords in NFC, the former
//! without regard to case; what was written is what is shown.

mod anew;
mod email;
mod log_in;
mod merge;
mod names;
mod owner;
mod profile;
mod proof;
mod recovery;
mod register;
mod strength;
mod username;
mod ways_in;

pub use anew::{FRESH, ProvedAnew, check_password, hold, prove_anew};
pub use email::Email;
pub use log_in::{LogIn, admissible, log_in};
pub use merge::merge;
pub use names::{role_name, service_name};
pub use owner::{
    EmailChange, NewEmail, change_email, change_password, change_username, delete_account,
};
pub use profile::{ProfileChange, change_profile, is_picture, public_profile};
pub(crate) use proof::claim;
pub use proof::{Proved, undo_email, verify_email};
pub use recovery::{forgot_password, resend_proof, reset_password};
pub use register::{NewUser, Registered, Registration, add_user, is_free_name, register};
pub(crate) use register::{refuse_taken_name, taken};
pub use strength::NewPassword;
pub use username::Username;
pub use ways_in::WaysIn;

use uuid::Uuid;

use crate::db::users::User;
use crate::db::{self, Connection};
use crate::problem::{FieldCode, Problem};

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

/// The user of this id, who is there for as long as the caller's transaction holds them.
///
/// # Errors
/// The database failed.
pub(crate) async fn held_user(db: &mut Connection, id: Uuid) -> Result<User, Problem> {
    let user = db::users::by_id(db, id).await?;
    user.ok_or_else(|| Problem::internal("a user is gone within a transaction"))
}

/// What a log-in is looked up by: the same folding as names and e-mails get when they are stored.
#[must_use]
pub fn login_key(login: &str) -> String {
    if login.contains('@') { email::fold(login) } else { username::fold(login) }
}
