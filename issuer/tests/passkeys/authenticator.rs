//! An authenticator in software, with real keys: what a browser would bring of it, and with
//! [`create_with`](Authenticator::create_with) and [`get_with`](Authenticator::get_with) what it never
//! would. Unit tests and tests of the API share it.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value as Cbor;
use serde_json::{Map, Value, json};

pub(crate) const PRESENT: u8 = 1;
pub(crate) const VERIFIED: u8 = 1 << 2;
pub(crate) const ELIGIBLE: u8 = 1 << 3;
pub(crate) const BACKED_UP: u8 = 1 << 4;
pub(crate) const ATTESTED: u8 = 1 << 6;

enum Key {
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
    Rsa(Box<RsaKeyPair>),
}

/// A passkey, and the browser that it is used in.
pub(crate) struct Authenticator {
    key: Key,
    pub(crate) id: Vec<u8>,
    pub(crate) origin: String,
    pub(crate) flags: u8,
    /// How often it signed; 0 and it never counts.
    pub(crate) count: u32,
    handle: Vec<u8>,
}

/// What is about to be said, before it is signed.
pub(crate) struct Saying {
    pub(crate) client_data: Map<String, Value>,
    pub(crate) rp_id: String,
    pub(crate) flags: u8,
    pub(crate) count: u32,
    /// The id in a new key's data.
    pub(crate) id: Vec<u8>,
    /// The new key, in COSE.
    pub(crate) cose: Vec<(Cbor, Cbor)>,
    /// What comes after everything else in the authenticator's data.
    pub(crate) tail: Vec<u8>,
    pub(crate) format: String,
    /// The members of the statement of `packed`, once there is something to sign.
    pub(crate) statement: Vec<(Cbor, Cbor)>,
    /// Whether `packed` gets the signature that it needs.
    pub(crate) vouches: bool,
    /// Members that an attestation object does not have.
    pub(crate) more: Vec<(Cbor, Cbor)>,
    /// What comes after the attestation object.
    pub(crate) after: Vec<u8>,
}

impl Authenticator {
    pub(crate) fn new(origin: &str) -> Self {
        Self::of(Key::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap()), origin)
    }

    pub(crate) fn ed25519(origin: &str) -> Self {
        Self::of(Key::Ed(Ed25519KeyPair::generate().unwrap()), origin)
    }

    pub(crate) fn rsa(origin: &str) -> Self {
        Self::of(Key::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())), origin)
    }

    fn of(key: Key, origin: &str) -> Self {
        let mut authenticator = Self {
            key,
            id: Vec::new(),
            origin: origin.to_owned(),
            flags: PRESENT | VERIFIED,
            count: 1,
            handle: Vec::new(),
        };
        authenticator.id = digest(&SHA256, &bytes_of(authenticator.cose())).as_ref()[..20].to_vec();
        authenticator
    }

    /// What a browser brings for these options of a new passkey.
    pub(crate) fn create(&mut self, options: &Value) -> Value {
        self.create_with(options, |_| {})
    }

    pub(crate) fn create_with(
        &mut self,
        options: &Value,
        twist: impl FnOnce(&mut Saying),
    ) -> Value {
        self.handle = decoded(&options["user"]["id"]);
        let mut saying = self.saying("webauthn.create", options, &options["rp"]["id"]);
        saying.flags |= ATTESTED;
        saying.cose = self.cose();
        twist(&mut saying);
        let mut data = saying.head();
        if saying.flags & ATTESTED != 0 {
            data.extend([0; 16]);
            data.extend(u16::try_from(saying.id.len()).unwrap().to_be_bytes());
            data.extend(&saying.id);
            data.extend(bytes_of(saying.cose));
        }
        data.extend(&saying.tail);
        let client_data = serde_json::to_vec(&saying.client_data).unwrap();
        let mut statement = saying.statement;
        if saying.vouches {
            let signature = self.sign(&signed(&data, &client_data));
            statement.push((text("alg"), Cbor::from(self.algorithm())));
            statement.push((text("sig"), Cbor::Bytes(signature)));
        }
        let mut object = vec![
            (text("fmt"), text(&saying.format)),
            (text("attStmt"), Cbor::Map(statement)),
            (text("authData"), Cbor::Bytes(data)),
        ];
        object.extend(saying.more);
        let mut object = bytes_of(object);
        object.extend(saying.after);
        self.response(json!({
            "clientDataJSON": encoded(&client_data),
            "attestationObject": encoded(&object),
            "transports": ["internal"],
        }))
    }

    /// What a browser brings for these options of a passkey that is used.
    pub(crate) fn get(&mut self, options: &Value) -> Value {
        self.get_with(options, |_| {})
    }

    pub(crate) fn get_with(&mut self, options: &Value, twist: impl FnOnce(&mut Saying)) -> Value {
        if self.count > 0 {
            self.count += 1;
        }
        let mut saying = self.saying("webauthn.get", options, &options["rpId"]);
        twist(&mut saying);
        let mut data = saying.head();
        data.extend(&saying.tail);
        let client_data = serde_json::to_vec(&saying.client_data).unwrap();
        self.response(json!({
            "clientDataJSON": encoded(&client_data),
            "authenticatorData": encoded(&data),
            "signature": encoded(&self.sign(&signed(&data, &client_data))),
            "userHandle": encoded(&self.handle),
        }))
    }

    fn saying(&self, ceremony: &str, options: &Value, rp_id: &Value) -> Saying {
        let client_data = json!({
            "type": ceremony,
            "challenge": options["challenge"],
            "origin": self.origin,
            "crossOrigin": false,
            "other_keys_can_be_added_here": "do not compare clientDataJSON against a template",
        });
        Saying {
            client_data: client_data.as_object().unwrap().clone(),
            rp_id: rp_id.as_str().unwrap().to_owned(),
            flags: self.flags,
            count: self.count,
            id: self.id.clone(),
            cose: Vec::new(),
            tail: Vec::new(),
            format: "none".to_owned(),
            statement: Vec::new(),
            vouches: false,
            more: Vec::new(),
            after: Vec::new(),
        }
    }

    fn response(&self, response: Value) -> Value {
        json!({
            "id": encoded(&self.id),
            "rawId": encoded(&self.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        })
    }

    fn algorithm(&self) -> i64 {
        match self.key {
            Key::Ec(_) => -7,
            Key::Ed(_) => -8,
            Key::Rsa(_) => -257,
        }
    }

    fn cose(&self) -> Vec<(Cbor, Cbor)> {
        let alg = (number(3), Cbor::from(self.algorithm()));
        let bytes = |label: i64, bytes: &[u8]| (number(label), Cbor::Bytes(bytes.to_vec()));
        match &self.key {
            Key::Ec(key) => {
                let point = key.public_key().as_ref();
                let (x, y) = point[1..].split_at(32);
                vec![
                    (number(1), number(2)),
                    alg,
                    (number(-1), number(1)),
                    bytes(-2, x),
                    bytes(-3, y),
                ]
            }
            Key::Ed(key) => {
                let point = key.public_key().as_ref();
                vec![(number(1), number(1)), alg, (number(-1), number(6)), bytes(-2, point)]
            }
            Key::Rsa(key) => {
                let key = key.public_key();
                let modulus = key.modulus().big_endian_without_leading_zero().to_vec();
                vec![(number(1), number(3)), alg, bytes(-1, &modulus), bytes(-2, &[1, 0, 1])]
            }
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.key {
            Key::Ec(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Key::Ed(key) => key.sign(message).as_ref().to_vec(),
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
        }
    }
}

impl Saying {
    fn head(&self) -> Vec<u8> {
        let mut data = digest(&SHA256, self.rp_id.as_bytes()).as_ref().to_vec();
        data.push(self.flags);
        data.extend(self.count.to_be_bytes());
        data
    }
}

fn signed(data: &[u8], client_data: &[u8]) -> Vec<u8> {
    [data, digest(&SHA256, client_data).as_ref()].concat()
}

pub(crate) fn number(number: i64) -> Cbor {
    Cbor::from(number)
}

pub(crate) fn text(text: &str) -> Cbor {
    Cbor::Text(text.to_owned())
}

pub(crate) fn bytes_of(map: Vec<(Cbor, Cbor)>) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(&Cbor::Map(map), &mut bytes).unwrap();
    bytes
}

pub(crate) fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decoded(text: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap()
}
