//! What is limited, and what it is counted by.

use std::net::IpAddr;

use uuid::Uuid;

use super::block;
use crate::config::limits::{Limits, Rate};
use crate::one_time_code::sha256_hex;

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limited {
    /// Failed log-ins of an account from an address block: [`Key::account_at`].
    LogIn,
    /// Failed log-ins of an account from everywhere: [`Key::account`].
    LogInAccount,
    /// Failed log-ins from an address block: [`Key::address`].
    LogInAddress,
    /// Failed log-ins from a browser that is known: [`Key::device`].
    LogInDevice,
    /// Failed second factors: of the log-ins of an account, [`Key::account`], and of a session,
    /// [`Key::session`].
    SecondFactor,
    /// What is shown in a session to prove anew whose it is, and is wrong: [`Key::session`].
    Proof,
    /// The same in all sessions of an account: [`Key::account`].
    ProofAccount,
    /// Registrations: [`Key::address`].
    Registration,
    /// Log-ins at providers that are begun: [`Key::address`].
    ExternalLogin,
    /// Sign-ins by passkey that are begun: [`Key::address`].
    Passkey,
    /// Resets of a password: [`Key::account`] and [`Key::address`].
    Reset,
    /// Mails that are asked for again, and those of changes of an e-mail: [`Key::account`] and
    /// [`Key::address`]; those of registrations, of which the address is counted apart: the first.
    Resend,
    /// Anonymous tokens: [`Key::address`].
    Anonymous,
    /// Codes of mails that are tried: [`Key::address`].
    Verification,
    /// Failures of a client or service account to prove itself: [`Key::account_at`] of its name.
    ClientCredentials,
}

/// What something is counted by. It is stored as a hash, so the table names nobody and a long name
/// takes no more room than a short one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// An address, by its block; every client of unknown address shares one.
    #[must_use]
    pub fn address(address: Option<IpAddr>) -> Self {
        Self(format!("address\0{}", block_of(address)))
    }

    /// An account: its folded name, or whatever else names it. Take what the caller wrote, not what
    /// was found: a limit that name and e-mail share would tell that they belong together.
    #[must_use]
    pub fn account(name: &str) -> Self {
        Self(format!("account\0{name}"))
    }

    /// An account from an address block.
    #[must_use]
    pub fn account_at(name: &str, address: Option<IpAddr>) -> Self {
        Self(format!("account\0{name}\0{}", block_of(address)))
    }

    /// A session.
    #[must_use]
    pub fn session(id: Uuid) -> Self {
        Self(format!("session\0{id}"))
    }

    /// A browser, by the hash of its cookie.
    #[must_use]
    pub fn device(hash: &str) -> Self {
        Self(format!("device\0{hash}"))
    }

    /// The row that counts it for `kind`.
    pub(super) fn row(&self, kind: Limited) -> String {
        sha256_hex(format!("{}\0{}", kind.as_str(), self.0).as_bytes())
    }
}

impl Limited {
    /// Its name in logs and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LogIn => "login",
            Self::LogInAccount => "login_account",
            Self::LogInAddress => "login_address",
            Self::LogInDevice => "login_device",
            Self::SecondFactor => "second_factor",
            Self::Proof => "proof",
            Self::ProofAccount => "proof_account",
            Self::Registration => "registration",
            Self::ExternalLogin => "external_login",
            Self::Passkey => "passkey",
            Self::Reset => "reset",
            Self::Resend => "resend",
            Self::Anonymous => "anonymous",
            Self::Verification => "verification",
            Self::ClientCredentials => "client_credentials",
        }
    }

    /// Its limit; `None` where there is none.
    pub(super) fn rate(self, limits: &Limits) -> Option<Rate> {
        match self {
            // A known browser has as many failures as any other, of its own, and so has a session.
            Self::LogIn | Self::LogInDevice | Self::Proof => limits.login,
            Self::LogInAccount | Self::ProofAccount => limits.login_account,
            Self::LogInAddress => limits.login_address,
            Self::SecondFactor => limits.second_factor,
            Self::Registration => limits.registration,
            Self::ExternalLogin => limits.external_login,
            Self::Passkey => limits.passkey,
            Self::Reset => limits.reset,
            Self::Resend => limits.resend,
            Self::Anonymous => limits.anonymous,
            Self::Verification => limits.verification,
            Self::ClientCredentials => limits.client_credentials,
        }
    }
}

fn block_of(address: Option<IpAddr>) -> String {
    address.map_or_else(|| "unknown".to_owned(), block)
}
