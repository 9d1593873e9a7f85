//! The relying party of WebAuthn (W3C Web Authentication, Level 2; what Level 3 adds about backups of
//! keys is in it): what a browser brings of a passkey, and whether it is good.
//!
//! # Design
//!
//! * **No state.** [`Registration::read`] and [`Assertion::read`] check all that can be checked without
//!   a database; what they give out holds a [`Challenge`] that its caller must redeem. Challenges,
//!   passkeys and counters live in [`factors::passkeys`](crate::factors::passkeys).
//! * **Own code, and little of it.** The crates that do this whole either bring OpenSSL
//!   (`webauthn-rs`), or read the system's clock and random numbers themselves and keep ceremonies in
//!   the memory of one process (`webauthn_rp`); here both are given, and replicas share a table.
//!   Checking what others signed is what this project is about; CBOR is read by `ciborium`, signatures
//!   are checked by `aws-lc-rs`.
//! * **No word of the maker.** Conveyance is `none`: which model of authenticator somebody has is
//!   nobody's business here, so there are no certificates to trust. Browsers then send `none`, or
//!   `packed` where the passkey vouches for itself (Level 2, section 5.1.3); that is checked.
//! * **The user is verified, always.** By PIN, finger or face, on the authenticator (`UV`). So one
//!   passkey is two factors, and there is no passkey of a lesser kind.
//!
//! | module | what lives there |
//! |---|---|
//! | [`relying_party`] | who asks, and from which pages |
//! | [`options`] | what a browser is asked for |
//! | [`response`] | what it brings, as JSON |
//! | [`client_data`] | what the browser says: kind, challenge, origin |
//! | [`authenticator_data`] | what the authenticator says: flags, counter, a new key |
//! | [`cose`] | public keys, and signatures by them |
//! | [`registration`] | a new passkey |
//! | [`assertion`] | a passkey that is used |

pub mod assertion;
pub mod authenticator_data;
mod cbor;
pub mod client_data;
pub mod cose;
pub mod options;
pub mod registration;
pub mod relying_party;
pub mod response;

#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub use assertion::Assertion;
pub use authenticator_data::Backup;
pub use client_data::Challenge;
pub use cose::PublicKey;
pub use registration::Registration;
pub use relying_party::RelyingParty;
pub use response::{AuthenticationResponse, RegistrationResponse};

/// Longest id of a passkey, in bytes (Level 2, section 4, *Credential ID*).
pub const MAX_CREDENTIAL_ID: usize = 1023;

/// Why something is no passkey, or none of here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A member is not base64url without padding.
    #[error("a member is not base64url")]
    Base64,
    /// `type` is not `public-key`, or `id` and `rawId` differ.
    #[error("the credential's type or id is wrong")]
    Credential,
    /// The client data are not the JSON they must be.
    #[error("the client data are no JSON of WebAuthn")]
    ClientData,
    /// The client data are of another ceremony.
    #[error("the client data are of another ceremony")]
    Ceremony,
    /// The challenge can be none of here.
    #[error("the challenge is none")]
    Challenge,
    /// The page is none that may use passkeys of here.
    #[error("the page's origin may not use passkeys of this issuer")]
    Origin,
    /// The page stood in a frame of another origin.
    #[error("the page stood in a frame of another origin")]
    CrossOrigin,
    /// CBOR that is broken, too deep, or says a thing twice.
    #[error("the CBOR is broken")]
    Cbor,
    /// Bytes after the end.
    #[error("there are bytes after the end")]
    Trailing,
    /// The authenticator's data end early.
    #[error("the authenticator's data end early")]
    Short,
    /// The passkey is of another relying party.
    #[error("the passkey is of another relying party")]
    RelyingParty,
    /// Nobody was there.
    #[error("nobody was there when the passkey was used")]
    UserAbsent,
    /// Somebody was there, and was not verified.
    #[error("the user was not verified by PIN, finger or face")]
    UserUnverified,
    /// The flags about backups contradict each other, or what was said before.
    #[error("the flags about backups contradict each other")]
    Backup,
    /// There is a new key where none belongs, or none where one does.
    #[error("there is a new key where none belongs, or none where one does")]
    Attested,
    /// The id is empty or longer than any.
    #[error("the id is empty or too long")]
    IdLength,
    /// The key is none of the kinds that were asked for, or is broken.
    #[error("the key is none of the kinds that were asked for, or is broken")]
    Key,
    /// The statement about the key is none that was asked for, or is wrong.
    #[error("the attestation is none that was asked for, or is wrong")]
    Attestation,
    /// The signature is not of this key.
    #[error("the signature is wrong")]
    Signature,
}

/// Bytes of a member of a response.
fn decode(text: &str) -> Result<Vec<u8>, Fault> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Fault::Base64)
}

/// Bytes as members are written.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
