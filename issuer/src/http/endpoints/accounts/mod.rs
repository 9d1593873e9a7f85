//! Accounts: proof of an e-mail, recovery, and what owners change.

pub mod change_email;
pub mod change_password;
pub mod change_profile;
pub mod change_username;
pub mod delete;
pub mod export;
pub mod forgot_password;
pub mod profile;
pub mod resend_email;
pub mod reset_password;
pub mod undo_email;
pub mod verify_email;

use schemars::JsonSchema;
use serde::Serialize;

/// A mail with a code is on its way, if there is anything to send.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Sent {
    /// Life of the code in seconds, from when the mail is sent.
    pub expires_in: i64,
}
