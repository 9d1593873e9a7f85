//! A passkey that is used (Level 2, section 7.2).

use aws_lc_rs::digest::{SHA256, digest};

use super::authenticator_data::AuthenticatorData;
use super::client_data::{self, Ceremony};
use super::response::credential_id;
use super::{AuthenticationResponse, Backup, Challenge, Fault, PublicKey, RelyingParty, decode};

/// What was signed, by whom it says, for which challenge; the signature is not checked yet.
#[derive(Debug)]
pub struct Assertion {
    /// To be redeemed before the rest is believed.
    pub challenge: Challenge,
    /// The passkey's id.
    pub id: Vec<u8>,
    /// Whose it is, as it was told when it was made.
    pub user_handle: Option<Vec<u8>>,
    /// How often it has signed now; 0: it does not count.
    pub sign_count: u32,
    /// Where it is now.
    pub backup: Backup,
    message: Vec<u8>,
    signature: Vec<u8>,
}

impl Assertion {
    /// Checks all but challenge, passkey and signature.
    ///
    /// # Errors
    /// It is not for this relying party, on a page of it, by a user whom the authenticator has
    /// verified.
    pub fn read(rp: &RelyingParty, response: &AuthenticationResponse) -> Result<Self, Fault> {
        let id = credential_id(&response.id, &response.raw_id, &response.kind)?;
        let response = &response.response;
        let client_data = decode(&response.client_data)?;
        let challenge = client_data::read(&client_data, Ceremony::Get, rp)?;
        let mut message = decode(&response.authenticator_data)?;
        let data = AuthenticatorData::read(&message, rp)?;
        if data.attested.is_some() {
            return Err(Fault::Attested);
        }
        let (sign_count, backup) = (data.sign_count, data.backup);
        message.extend_from_slice(digest(&SHA256, &client_data).as_ref());
        Ok(Self {
            challenge,
            id,
            user_handle: response.user_handle.as_deref().map(decode).transpose()?,
            sign_count,
            backup,
            message,
            signature: decode(&response.signature)?,
        })
    }

    /// Checks it against the passkey that was stored, with what was said of its backups.
    ///
    /// # Errors
    /// It is signed by another key, or can be backed up now and could not be, or the other way round.
    pub fn check(&self, key: &PublicKey, backup: Backup) -> Result<(), Fault> {
        if !key.signed(&self.message, &self.signature) {
            return Err(Fault::Signature);
        }
        if self.backup.is_eligible() != backup.is_eligible() {
            return Err(Fault::Backup);
        }
        Ok(())
    }
}
