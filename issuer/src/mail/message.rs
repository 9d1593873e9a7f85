//! What mails say: English, plain text. The one place to go for other languages.

/// A mail, by what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// The address was used to register: the link completes it.
    ConfirmRegistration {
        /// Name of the account.
        username: String,
        /// `#verify=`
        link: String,
    },
    /// Somebody tried to register with, or change to, an address that has an account.
    AlreadyRegistered {
        /// Where to log in.
        link: String,
    },
    /// The link proves the address of an account that exists.
    ProveEmail {
        /// Name of the account.
        username: String,
        /// `#verify=`
        link: String,
    },
    /// The link gives the account this address.
    ConfirmChange {
        /// Name of the account.
        username: String,
        /// `#verify=`
        link: String,
    },
    /// The account is about to lose this address: the link keeps it.
    ChangeRequested {
        /// Name of the account.
        username: String,
        /// `#undo=`
        link: String,
    },
    /// The link lets a new password be chosen.
    ResetPassword {
        /// Name of the account.
        username: String,
        /// `#reset=`
        link: String,
    },
}

/// A mail as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// A fixed text: nothing that anybody wrote gets into a header.
    pub subject: &'static str,
    /// Lines of text.
    pub body: String,
}

impl Message {
    /// The mail as it is read.
    #[must_use]
    pub fn render(&self) -> Text {
        let (subject, body) = match self {
            Self::ConfirmRegistration { username, link } => (
                "Confirm your e-mail address",
                format!(
                    "Hello {username},\n\nthis address was used to register an account. Open this \
                     link within 24 hours to\nconfirm that it is yours:\n\n{link}\n\nIf you did \
                     not register, do nothing: without the link there is no account.\n"
                ),
            ),
            Self::AlreadyRegistered { link } => (
                "You already have an account",
                format!(
                    "Hello,\n\nsomebody, probably you, wanted to use this address for an account, \
                     but there is\none with it already. Log in here, or ask there for a new \
                     password:\n\n{link}\n\nIf it was not you, do nothing: your account is as it \
                     was.\n"
                ),
            ),
            Self::ProveEmail { username, link } => (
                "Confirm your e-mail address",
                format!(
                    "Hello {username},\n\nopen this link within 24 hours to confirm that this \
                     address is yours:\n\n{link}\n\nIf you have no such account, do nothing.\n"
                ),
            ),
            Self::ConfirmChange { username, link } => (
                "Confirm your new e-mail address",
                format!(
                    "Hello {username},\n\nthis shall be the new address of your account. Open \
                     this link within 24 hours to\nconfirm it:\n\n{link}\n\nIf you did not ask \
                     for this, do nothing: the account keeps its address.\n"
                ),
            ),
            Self::ChangeRequested { username, link } => (
                "The e-mail address of your account is being changed",
                format!(
                    "Hello {username},\n\nsomebody who knows your password asked for another \
                     e-mail address for your account.\nIf it was you, there is nothing to \
                     do.\n\nIf it was not you, open this link within 7 days. It keeps this \
                     address, ends every\nsession and withdraws the password; choose a new one \
                     with the mail that follows:\n\n{link}\n"
                ),
            ),
            Self::ResetPassword { username, link } => (
                "Choose a new password",
                format!(
                    "Hello {username},\n\nopen this link within 20 minutes to choose a new \
                     password. It works once:\n\n{link}\n\nIf you did not ask for it, do nothing: \
                     your password is as it was.\n"
                ),
            ),
        };
        Text { subject, body }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{PROOF_LIFETIME, RESET_LIFETIME, UNDO_LIFETIME};

    #[test]
    fn what_mails_say_about_time_is_what_codes_live() {
        let parts = || (String::from("laika"), String::from("https://x/#y=z"));
        let (username, link) = parts();
        let confirm = Message::ConfirmRegistration { username, link }.render();
        assert!(confirm.body.contains("24 hours") && PROOF_LIFETIME == 24 * 3600);
        let (username, link) = parts();
        let reset = Message::ResetPassword { username, link }.render();
        assert!(reset.body.contains("20 minutes") && RESET_LIFETIME == 20 * 60);
        let (username, link) = parts();
        let undo = Message::ChangeRequested { username, link }.render();
        assert!(undo.body.contains("7 days") && UNDO_LIFETIME == 7 * 24 * 3600);
        assert!(undo.body.contains("\nhttps://x/#y=z\n"));
    }
}
