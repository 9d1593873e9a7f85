//! A new passkey (Level 2, section 7.1).

use aws_lc_rs::digest::{SHA256, digest};
use ciborium::Value;

use super::authenticator_data::{Attested, AuthenticatorData};
use super::client_data::{self, Ceremony};
use super::response::credential_id;
use super::{
    Backup, Challenge, Fault, PublicKey, RegistrationResponse, RelyingParty, cbor, decode,
};

/// A passkey that was made for a challenge.
#[derive(Debug)]
pub struct Registration {
    /// To be redeemed before the rest is believed.
    pub challenge: Challenge,
    /// The passkey's id.
    pub id: Vec<u8>,
    /// Its key.
    pub key: PublicKey,
    /// How often it signed; 0: it does not count.
    pub sign_count: u32,
    /// Where it is.
    pub backup: Backup,
}

impl Registration {
    /// Checks all but the challenge, and whether the id is new.
    ///
    /// # Errors
    /// It is no passkey for this relying party, on a page of it, by a user whom the authenticator has
    /// verified.
    pub fn read(rp: &RelyingParty, response: &RegistrationResponse) -> Result<Self, Fault> {
        let id = credential_id(&response.id, &response.raw_id, &response.kind)?;
        let client_data = decode(&response.response.client_data)?;
        let challenge = client_data::read(&client_data, Ceremony::Create, rp)?;
        let object = Object::read(&decode(&response.response.attestation)?)?;
        let data = AuthenticatorData::read(&object.authenticator_data, rp)?;
        let Some(Attested { id: attested, key }) = data.attested else {
            return Err(Fault::Attested);
        };
        if attested != id {
            return Err(Fault::Credential);
        }
        let hash = digest(&SHA256, &client_data);
        object.check_statement(&key, hash.as_ref())?;
        let (sign_count, backup) = (data.sign_count, data.backup);
        Ok(Self { challenge, id, key, sign_count, backup })
    }
}

/// An attestation object (Level 2, section 6.5.4).
struct Object {
    format: String,
    statement: Vec<(Value, Value)>,
    authenticator_data: Vec<u8>,
}

impl Object {
    fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let mut members = cbor::map(cbor::only(bytes)?)?;
        let mut take = |name: &str| {
            let found = members.iter().position(|(key, _)| key.as_text() == Some(name));
            found.map(|place| members.swap_remove(place).1).ok_or(Fault::Attestation)
        };
        let (format, statement) = (take("fmt")?, take("attStmt")?);
        let authenticator_data = take("authData")?;
        if !members.is_empty() {
            return Err(Fault::Attestation);
        }
        Ok(Self {
            format: format.into_text().map_err(|_| Fault::Attestation)?,
            statement: statement.into_map().map_err(|_| Fault::Attestation)?,
            authenticator_data: authenticator_data.into_bytes().map_err(|_| Fault::Attestation)?,
        })
    }

    /// Section 8.7, `none`; section 8.2, `packed`, by the passkey's own key.
    fn check_statement(&self, key: &PublicKey, client_data_hash: &[u8]) -> Result<(), Fault> {
        let good = match (self.format.as_str(), self.statement.as_slice()) {
            ("none", []) => true,
            ("packed", [_, _]) => {
                let algorithm = self
                    .member("alg")
                    .is_some_and(|number| *number == Value::from(key.algorithm().number()));
                let signature = self.member("sig").and_then(Value::as_bytes);
                let signed = [self.authenticator_data.as_slice(), client_data_hash].concat();
                algorithm && signature.is_some_and(|signature| key.signed(&signed, signature))
            }
            _ => false,
        };
        if good { Ok(()) } else { Err(Fault::Attestation) }
    }

    fn member(&self, name: &str) -> Option<&Value> {
        let found = self.statement.iter().find(|(key, _)| key.as_text() == Some(name));
        found.map(|(_, value)| value)
    }
}
