//! What mails are about. How they read is in templates.

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
    /// The link proves the address of an account that exists, by a new password.
    ProveEmail {
        /// Name of the account.
        username: String,
        /// `#reset=`
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

impl Message {
    /// Every mail, as its template is called.
    pub const NAMES: [&str; 6] = [
        "confirm_registration",
        "already_registered",
        "prove_email",
        "confirm_change",
        "change_requested",
        "reset_password",
    ];

    /// As its template is called.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::ConfirmRegistration { .. } => "confirm_registration",
            Self::AlreadyRegistered { .. } => "already_registered",
            Self::ProveEmail { .. } => "prove_email",
            Self::ConfirmChange { .. } => "confirm_change",
            Self::ChangeRequested { .. } => "change_requested",
            Self::ResetPassword { .. } => "reset_password",
        }
    }

    /// Name of the account, where the mail says it.
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        match self {
            Self::AlreadyRegistered { .. } => None,
            Self::ConfirmRegistration { username, .. }
            | Self::ProveEmail { username, .. }
            | Self::ConfirmChange { username, .. }
            | Self::ChangeRequested { username, .. }
            | Self::ResetPassword { username, .. } => Some(username),
        }
    }

    /// Where it leads.
    #[must_use]
    pub fn link(&self) -> &str {
        match self {
            Self::AlreadyRegistered { link }
            | Self::ConfirmRegistration { link, .. }
            | Self::ProveEmail { link, .. }
            | Self::ConfirmChange { link, .. }
            | Self::ChangeRequested { link, .. }
            | Self::ResetPassword { link, .. } => link,
        }
    }
}
