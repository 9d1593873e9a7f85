//! The master key: wraps the private keys in the database, so that a copy of the database alone
//! signs nothing.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::KeyError;
use crate::random::{self, Random};

const KEY_LENGTH: usize = 32;

/// A random 32-byte key for AES-256-GCM.
pub struct MasterKey(LessSafeKey);

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey")
    }
}

impl MasterKey {
    /// Reads the key in `file`, or makes one there with mode 0600 when there is none and
    /// `may_make` allows it.
    ///
    /// # Errors
    /// The file can't be read or made, or holds something else.
    pub fn open(file: &Path, may_make: bool, random: &dyn Random) -> Result<Self, KeyError> {
        let at = |source| KeyError::MasterKeyFile { file: file.to_owned(), source };
        let text = match fs::read_to_string(file) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound && may_make => {
                let bytes = Zeroizing::new(random::bytes::<KEY_LENGTH>(random)?);
                let text = Zeroizing::new(URL_SAFE_NO_PAD.encode(*bytes));
                make(file, &text).map_err(at)?;
                text
            }
            Err(error) => return Err(at(error)),
        };
        let bytes = Zeroizing::new(
            URL_SAFE_NO_PAD.decode(text.trim()).map_err(|_| KeyError::MasterKeyForm)?,
        );
        let key = UnboundKey::new(&AES_256_GCM, &bytes).map_err(|_| KeyError::MasterKeyForm)?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Wraps `secret`; `name` is bound to it, so that two wrapped keys can't be exchanged.
    ///
    /// # Errors
    /// No random numbers, or the library refused.
    pub fn wrap(&self, name: &str, secret: &[u8], random: &dyn Random) -> Result<String, KeyError> {
        let nonce: [u8; NONCE_LEN] = random::bytes(random)?;
        let mut sealed = Zeroizing::new(secret.to_vec());
        self.0.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(name.as_bytes()),
            &mut *sealed,
        )?;
        Ok(URL_SAFE_NO_PAD.encode([&nonce[..], &sealed[..]].concat()))
    }

    /// Unwraps what [`wrap`](Self::wrap) made under the same name.
    ///
    /// # Errors
    /// Another master key or name, or a damaged text.
    pub fn unwrap(&self, name: &str, wrapped: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let refused = || KeyError::Unwrap(name.to_owned());
        let mut bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(wrapped).map_err(|_| refused())?);
        let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN).ok_or_else(refused)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| refused())?;
        let secret = self
            .0
            .open_in_place(nonce, Aad::from(name.as_bytes()), sealed)
            .map_err(|_| refused())?;
        Ok(Zeroizing::new(secret.to_vec()))
    }
}

fn make(file: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    // `create_new`: of two processes that start at once, one makes the key and the other fails.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    #[test]
    fn the_file_is_made_once_and_only_for_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("master.key");
        let key = MasterKey::open(&file, true, &SystemRandom).unwrap();
        let wrapped = key.wrap("name", b"secret", &SystemRandom).unwrap();
        let again = MasterKey::open(&file, false, &SystemRandom).unwrap();
        assert_eq!(&**again.unwrap("name", &wrapped).unwrap(), b"secret");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn no_key_is_made_where_none_may_be() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("master.key");
        assert!(MasterKey::open(&file, false, &SystemRandom).is_err());
        assert!(!file.exists());
    }

    #[test]
    fn another_name_another_key_or_a_flipped_bit_unwraps_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let key = MasterKey::open(&folder.path().join("a"), true, &SystemRandom).unwrap();
        let other = MasterKey::open(&folder.path().join("b"), true, &SystemRandom).unwrap();
        let wrapped = key.wrap("name", b"secret", &SystemRandom).unwrap();
        assert!(key.unwrap("eman", &wrapped).is_err());
        assert!(other.unwrap("name", &wrapped).is_err());
        let mut bytes = URL_SAFE_NO_PAD.decode(&wrapped).unwrap();
        for index in 0..bytes.len() {
            bytes[index] ^= 1;
            assert!(key.unwrap("name", &URL_SAFE_NO_PAD.encode(&bytes)).is_err());
            bytes[index] ^= 1;
        }
        assert!(key.unwrap("name", "AAAA").is_err());
    }

    #[test]
    fn a_file_with_something_else_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("master.key");
        fs::write(&file, "short").unwrap();
        assert!(matches!(
            MasterKey::open(&file, true, &SystemRandom),
            Err(KeyError::MasterKeyForm)
        ));
    }
}
