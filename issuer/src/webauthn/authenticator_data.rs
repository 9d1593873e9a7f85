//! What the authenticator says (Level 2, section 6.1): for whom, whether somebody was there, how often
//! it signed, and a key that it has just made.

use super::{Fault, MAX_CREDENTIAL_ID, PublicKey, RelyingParty, cbor};

/// Whether a passkey is, or can be, on more than one device (Level 3, section 6.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backup {
    /// It never leaves its device.
    Never,
    /// It can be backed up, and is not yet.
    Possible,
    /// It is backed up, or synchronised.
    Done,
}

impl Backup {
    /// As the database writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Possible => "possible",
            Self::Done => "done",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Never, Self::Possible, Self::Done].into_iter().find(|one| one.as_str() == name)
    }

    /// Whether it can be backed up: a passkey never changes that.
    #[must_use]
    pub fn is_eligible(self) -> bool {
        match self {
            Self::Never => false,
            Self::Possible | Self::Done => true,
        }
    }

    fn of(flags: u8) -> Result<Self, Fault> {
        match (flags & ELIGIBLE != 0, flags & BACKED_UP != 0) {
            (false, false) => Ok(Self::Never),
            (true, false) => Ok(Self::Possible),
            (true, true) => Ok(Self::Done),
            (false, true) => Err(Fault::Backup),
        }
    }
}

const PRESENT: u8 = 1;
const VERIFIED: u8 = 1 << 2;
const ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const ATTESTED: u8 = 1 << 6;
const EXTENSIONS: u8 = 1 << 7;

/// What an authenticator says to this relying party of a user whom it has verified.
#[derive(Debug)]
pub(super) struct AuthenticatorData<'a> {
    /// How often it signed; 0: it does not count.
    pub(super) sign_count: u32,
    /// Where the passkey is.
    pub(super) backup: Backup,
    /// A new key.
    pub(super) attested: Option<Attested<'a>>,
}

/// A new key.
#[derive(Debug)]
pub(super) struct Attested<'a> {
    /// The id of the passkey.
    pub(super) id: &'a [u8],
    /// Its key.
    pub(super) key: PublicKey,
}

impl<'a> AuthenticatorData<'a> {
    /// Reads and checks it.
    ///
    /// # Errors
    /// It is broken or for another relying party, or the user was not there or not verified.
    pub(super) fn read(bytes: &'a [u8], rp: &RelyingParty) -> Result<Self, Fault> {
        let (id_hash, rest) = split(bytes, 32)?;
        if id_hash != rp.id_hash() {
            return Err(Fault::RelyingParty);
        }
        let ([flags], rest) = chunk(rest)?;
        let (sign_count, mut rest) = chunk(rest)?;
        if flags & PRESENT == 0 {
            return Err(Fault::UserAbsent);
        }
        if flags & VERIFIED == 0 {
            return Err(Fault::UserUnverified);
        }
        let backup = Backup::of(flags)?;
        let mut attested = None;
        if flags & ATTESTED != 0 {
            let (found, after) = Attested::read(rest)?;
            (attested, rest) = (Some(found), after);
        }
        if flags & EXTENSIONS != 0 {
            let (extensions, after) = cbor::first(rest)?;
            cbor::map(extensions)?;
            rest = after;
        }
        if !rest.is_empty() {
            return Err(Fault::Trailing);
        }
        Ok(Self { sign_count: u32::from_be_bytes(sign_count), backup, attested })
    }
}

impl<'a> Attested<'a> {
    /// Section 6.5.1: the model, the id with its length, the key.
    fn read(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), Fault> {
        let (_model, rest) = split(bytes, 16)?;
        let (length, rest) = chunk(rest)?;
        let length = usize::from(u16::from_be_bytes(length));
        if !(1..=MAX_CREDENTIAL_ID).contains(&length) {
            return Err(Fault::IdLength);
        }
        let (id, rest) = split(rest, length)?;
        let (key, rest) = PublicKey::first(rest)?;
        Ok((Self { id, key }, rest))
    }
}

fn split(bytes: &[u8], length: usize) -> Result<(&[u8], &[u8]), Fault> {
    bytes.split_at_checked(length).ok_or(Fault::Short)
}

fn chunk<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8]), Fault> {
    bytes.split_first_chunk().map(|(first, rest)| (*first, rest)).ok_or(Fault::Short)
}
