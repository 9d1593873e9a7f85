//! Hashes as they lie in the database: our own Argon2id, and those of other systems, which came by
//! `laika import` and are replaced at the next log-in.
//!
//! Whoever brings a hash also brings its cost. [`StoredHash::parse`] refuses what would occupy a
//! worker for many seconds or take all memory, so nothing of the kind ever reaches a log-in.

use std::num::NonZeroU32;

use argon2::password_hash::PasswordVerifier as _;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::{constant_time, digest, pbkdf2};
use zeroize::Zeroizing;

use super::foreign;
use super::workspace::Workspace;
use crate::one_time_code::hex;

/// A password hash, taken apart, with a cost that can be borne.
#[derive(Debug, Clone)]
pub enum StoredHash {
    /// Argon2, in any of its kinds and with any parameters; a PHC string.
    Argon2(String),
    /// bcrypt; cuts a password at 72 bytes, as it does everywhere.
    Bcrypt {
        /// `$2b$…`
        hash: String,
        /// Whether it was made of the hexadecimal SHA-256 of the password, as Django does.
        of_sha256: bool,
    },
    /// PBKDF2 (RFC 8018).
    Pbkdf2 {
        /// Its pseudo-random function.
        prf: Prf,
        /// Its rounds.
        rounds: NonZeroU32,
        /// Its salt.
        salt: Vec<u8>,
        /// What it gave.
        output: Vec<u8>,
    },
    /// scrypt (RFC 7914).
    Scrypt {
        /// N, r and p.
        params: scrypt::Params,
        /// Its salt.
        salt: Vec<u8>,
        /// What it gave.
        output: Vec<u8>,
    },
    /// glibc's `sha256_crypt` and `sha512_crypt`: `$5$…`, `$6$…`.
    ShaCrypt(String),
}

/// The pseudo-random function of PBKDF2: HMAC over one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prf {
    /// SHA-1, which is sound in this place.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Prf {
    fn algorithm(self) -> pbkdf2::Algorithm {
        match self {
            Self::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }

    /// Bytes it gives.
    pub(super) fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

/// A text that is no password hash this issuer can check.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Of no kind that is known, or damaged.
    #[error(
        "the hash is of no kind that is known, or is damaged; known are Argon2, bcrypt, scrypt, \
         PBKDF2 and sha512_crypt as Django, Werkzeug, passlib and PHC strings write them"
    )]
    Unknown,
    /// It costs more than a log-in may.
    #[error("the hash costs too much to check: {0}")]
    TooCostly(&'static str),
}

impl StoredHash {
    /// Takes a hash apart.
    ///
    /// # Errors
    /// It is of no known kind, damaged, or too costly.
    pub fn parse(text: &str) -> Result<Self, HashError> {
        foreign::parse(text)
    }

    /// Whether `password` fits; takes its time.
    ///
    /// # Errors
    /// The hash is damaged.
    pub(super) fn verify(
        &self,
        password: &[u8],
        workspace: &mut Workspace,
    ) -> Result<bool, HashError> {
        match self {
            Self::Argon2(text) => argon2(text, password, workspace).ok_or(HashError::Unknown),
            Self::Bcrypt { hash, of_sha256 } => {
                let digested = Zeroizing::new(match of_sha256 {
                    true => hex(digest::digest(&digest::SHA256, password).as_ref()).into_bytes(),
                    false => password.to_vec(),
                });
                bcrypt::verify(&*digested, hash).map_err(|_| HashError::Unknown)
            }
            Self::Pbkdf2 { prf, rounds, salt, output } => {
                Ok(pbkdf2::verify(prf.algorithm(), *rounds, salt, password, output).is_ok())
            }
            Self::Scrypt { params, salt, output } => {
                let mut found = Zeroizing::new(vec![0; output.len()]);
                scrypt::scrypt(password, salt, params, &mut found)
                    .map_err(|_| HashError::Unknown)?;
                Ok(constant_time::verify_slices_are_equal(&found, output).is_ok())
            }
            Self::ShaCrypt(text) => {
                Ok(sha_crypt::ShaCrypt::default().verify_password(password, text.as_str()).is_ok())
            }
        }
    }

    /// Whether it was made with these parameters of Argon2id; all others are replaced when the
    /// password is known, at a log-in.
    #[must_use]
    pub fn is_made_with(&self, params: &Params) -> bool {
        let Self::Argon2(text) = self else { return false };
        let Ok(hash) = PasswordHash::new(text) else { return false };
        let made = Params::try_from(&hash).ok();
        hash.algorithm == Algorithm::Argon2id.ident()
            && made.is_some_and(|made| {
                (made.m_cost(), made.t_cost(), made.p_cost())
                    == (params.m_cost(), params.t_cost(), params.p_cost())
            })
    }
}

/// Whether `password` fits a PHC string of Argon2; `None` where the string is damaged.
fn argon2(text: &str, password: &[u8], workspace: &mut Workspace) -> Option<bool> {
    let hash = PasswordHash::new(text).ok()?;
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    // PHC strings without a version are older than versions.
    let version = hash.version.map_or(Ok(Version::V0x10), Version::try_from).ok()?;
    let argon2 = Argon2::new(algorithm, version, Params::try_from(&hash).ok()?);
    let (salt, expected) = (hash.salt?, hash.hash?);
    let mut found = Zeroizing::new(vec![0; expected.as_bytes().len()]);
    workspace.compute(&argon2, password, &salt, &mut found).ok()?;
    Some(constant_time::verify_slices_are_equal(&found, expected.as_bytes()).is_ok())
}
