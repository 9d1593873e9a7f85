//! Each check is broken alone, by an authenticator with real keys.

use ciborium::Value as Cbor;
use serde_json::{Value, json};

#[path = "../../tests/passkeys/authenticator.rs"]
mod authenticator;

use authenticator::{
    ATTESTED, Authenticator, BACKED_UP, ELIGIBLE, PRESENT, Saying, VERIFIED, bytes_of, encoded,
    number, text,
};

use super::cose::Algorithm;
use super::options::{CreationOptions, RequestOptions};
use super::*;
use crate::config::{self, PublicUrl, Settings};

const ORIGIN: &str = "https://id.kennel.org";

/// The flag that there are extensions.
const EXTENSIONS: u8 = 1 << 7;

fn rp() -> RelyingParty {
    let variables = [("LAIKA_PUBLIC_URL", ORIGIN), ("LAIKA_DATA_DIR", "/nowhere")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let settings: Settings = config::load(None, variables.into_iter()).unwrap();
    RelyingParty::of(&PublicUrl::parse(ORIGIN, "x").unwrap(), &settings).unwrap()
}

fn challenge() -> Challenge {
    Challenge::new([7; 32])
}

fn creation() -> Value {
    let known = [encode(b"known")];
    let options = CreationOptions::new(&rp(), &challenge(), (&[9; 16], "laika"), &known, 300);
    serde_json::to_value(options).unwrap()
}

fn request() -> Value {
    serde_json::to_value(RequestOptions::new(&rp(), &challenge(), &[], 300)).unwrap()
}

fn register(response: Value) -> Result<Registration, Fault> {
    Registration::read(&rp(), &serde_json::from_value(response).unwrap())
}

fn assert(response: Value) -> Result<Assertion, Fault> {
    Assertion::read(&rp(), &serde_json::from_value(response).unwrap())
}

/// A registration with one thing changed.
fn twisted(twist: impl FnOnce(&mut Saying)) -> Result<Registration, Fault> {
    register(Authenticator::new(ORIGIN).create_with(&creation(), twist))
}

/// A use with one thing changed.
fn used(twist: impl FnOnce(&mut Saying)) -> Result<Assertion, Fault> {
    let mut passkey = Authenticator::new(ORIGIN);
    passkey.create(&creation());
    assert(passkey.get_with(&request(), twist))
}

fn say(name: &'static str, value: Value) -> impl Fn(&mut Saying) {
    move |saying| drop(saying.client_data.insert(name.to_owned(), value.clone()))
}

#[test]
fn a_browser_is_asked_for_what_the_standard_names() {
    let options = creation();
    assert_eq!(options["rp"], json!({ "id": "id.kennel.org", "name": "id.kennel.org" }));
    assert_eq!(options["user"]["displayName"], "laika");
    let offered = options["pubKeyCredParams"].as_array().unwrap();
    assert_eq!(offered[0], json!({ "type": "public-key", "alg": -8 }));
    assert_eq!(options["excludeCredentials"][0]["id"], encode(b"known"));
    assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
    assert_eq!(options["attestation"], "none");
    let options = request();
    assert_eq!((&options["rpId"], &options["timeout"]), (&json!("id.kennel.org"), &json!(300_000)));
    assert_eq!(options["userVerification"], "required");
}

#[test]
fn a_passkey_of_each_kind_is_made_and_used() {
    let kinds = [
        (Authenticator::new(ORIGIN), Algorithm::Es256),
        (Authenticator::ed25519(ORIGIN), Algorithm::EdDsa),
        (Authenticator::rsa(ORIGIN), Algorithm::Rs256),
    ];
    for (mut passkey, algorithm) in kinds {
        let made = register(passkey.create(&creation())).unwrap();
        assert_eq!((&made.challenge, &made.id), (&challenge(), &passkey.id));
        assert_eq!((made.sign_count, made.backup), (1, Backup::Never));
        assert_eq!(made.key.algorithm(), algorithm);
        let stored = PublicKey::stored(made.key.as_cose()).unwrap();
        let shown = assert(passkey.get(&request())).unwrap();
        assert_eq!(shown.check(&stored, Backup::Never), Ok(()));
        assert_eq!((shown.sign_count, shown.user_handle.as_deref()), (2, Some(&[9; 16][..])));
        assert_eq!(shown.check(&stored, Backup::Possible), Err(Fault::Backup));
        let other = register(Authenticator::new(ORIGIN).create(&creation())).unwrap();
        assert_eq!(shown.check(&other.key, Backup::Never), Err(Fault::Signature));
    }
}

#[test]
fn what_a_browser_says_is_checked_at_both_ceremonies() {
    let frame = "https://kennel.org.evil.net";
    for (name, value, fault) in [
        ("type", json!("payment.get"), Fault::Ceremony),
        ("type", json!(""), Fault::Ceremony),
        ("type", json!(7), Fault::ClientData),
        ("origin", json!("https://kennel.org"), Fault::Origin),
        ("origin", json!("https://id.kennel.org:444"), Fault::Origin),
        ("origin", json!("http://id.kennel.org"), Fault::Origin),
        ("origin", json!("https://id.kennel.org."), Fault::Origin),
        ("origin", json!("https://id.kennel.org.evil.net"), Fault::Origin),
        ("origin", json!("null"), Fault::Origin),
        ("crossOrigin", json!(true), Fault::CrossOrigin),
        ("crossOrigin", json!("false"), Fault::ClientData),
        ("topOrigin", json!(frame), Fault::CrossOrigin),
        ("challenge", json!(""), Fault::Challenge),
        ("challenge", json!(encoded(&[7; 31])), Fault::Challenge),
        ("challenge", json!(format!("{}=", encoded(&[7; 32]))), Fault::Challenge),
    ] {
        assert_eq!(twisted(say(name, value.clone())).unwrap_err(), fault, "{name} {value}");
        assert_eq!(used(say(name, value.clone())).unwrap_err(), fault, "{name} {value}");
    }
    assert_eq!(twisted(say("type", json!("webauthn.get"))).unwrap_err(), Fault::Ceremony);
    assert_eq!(used(say("type", json!("webauthn.create"))).unwrap_err(), Fault::Ceremony);
    for name in ["type", "challenge", "origin"] {
        let missing = |saying: &mut Saying| drop(saying.client_data.remove(name));
        assert_eq!(twisted(missing).unwrap_err(), Fault::ClientData);
        assert_eq!(used(missing).unwrap_err(), Fault::ClientData);
    }
    let quiet = used(|saying| drop(saying.client_data.remove("crossOrigin")));
    quiet.unwrap();
}

#[test]
fn a_member_of_the_client_data_that_stands_twice_is_refused() {
    let mut passkey = Authenticator::new(ORIGIN);
    let mut response = passkey.create(&creation());
    let twice = format!(
        "{{\"type\":\"webauthn.create\",\"challenge\":\"{0}\",\"origin\":\"{ORIGIN}\",\
         \"origin\":\"{ORIGIN}\"}}",
        challenge().as_str()
    );
    for text in [twice.as_str(), "", "{}", "[]", "\u{feff}{}"] {
        response["response"]["clientDataJSON"] = json!(encoded(text.as_bytes()));
        assert_eq!(register(response.clone()).unwrap_err(), Fault::ClientData, "{text}");
    }
}

#[test]
fn what_an_authenticator_says_is_checked_at_both_ceremonies() {
    type Twist = fn(&mut Saying);
    let cases: [(Twist, Fault); 8] = [
        (|said| said.rp_id = "kennel.org".to_owned(), Fault::RelyingParty),
        (|said| said.flags &= !PRESENT, Fault::UserAbsent),
        (|said| said.flags &= !VERIFIED, Fault::UserUnverified),
        (|said| said.flags |= BACKED_UP, Fault::Backup),
        (|said| said.tail = vec![0], Fault::Trailing),
        (|said| said.flags |= EXTENSIONS, Fault::Cbor),
        (|said| (said.flags, said.tail) = (said.flags | EXTENSIONS, vec![1]), Fault::Cbor),
        (
            |said| (said.flags, said.tail) = (said.flags | EXTENSIONS, vec![0xa0, 0]),
            Fault::Trailing,
        ),
    ];
    for (place, (twist, fault)) in cases.into_iter().enumerate() {
        assert_eq!(twisted(twist).unwrap_err(), fault, "{place}");
        assert_eq!(used(twist).unwrap_err(), fault, "{place}");
    }
    let extended: Twist = |said| {
        (said.flags, said.tail) =
            (said.flags | EXTENSIONS, bytes_of(vec![(text("credProtect"), number(2))]));
    };
    twisted(extended).unwrap();
    used(extended).unwrap();
    for (flags, backup) in [(ELIGIBLE, Backup::Possible), (ELIGIBLE | BACKED_UP, Backup::Done)] {
        assert_eq!(twisted(|said| said.flags |= flags).unwrap().backup, backup);
        assert_eq!(used(|said| said.flags |= flags).unwrap().backup, backup);
    }
}

#[test]
fn an_authenticators_data_that_end_early_are_refused() {
    let mut passkey = Authenticator::new(ORIGIN);
    passkey.create(&creation());
    let mut response = passkey.get(&request());
    let whole = decode(response["response"]["authenticatorData"].as_str().unwrap()).unwrap();
    assert_eq!(whole.len(), 37);
    for length in 0..37 {
        response["response"]["authenticatorData"] = json!(encoded(&whole[..length]));
        assert_eq!(assert(response.clone()).unwrap_err(), Fault::Short, "{length}");
    }
}

#[test]
fn a_new_key_stands_where_one_is_made_and_nowhere_else() {
    assert_eq!(twisted(|said| said.flags &= !ATTESTED).unwrap_err(), Fault::Attested);
    let smuggled = |said: &mut Saying| {
        let mut data = vec![0; 16];
        data.extend([0, 1, 7]);
        let point = vec![1; 32];
        let key = [(1, number(1)), (3, number(-8)), (-1, number(6)), (-2, Cbor::Bytes(point))];
        data.extend(bytes_of(key.map(|(label, value)| (number(label), value)).to_vec()));
        (said.flags, said.tail) = (said.flags | ATTESTED, data);
    };
    assert_eq!(used(smuggled).unwrap_err(), Fault::Attested);
}

#[test]
fn ids_are_the_same_wherever_they_stand_and_no_longer_than_any() {
    assert_eq!(twisted(|said| said.id = vec![1; 20]).unwrap_err(), Fault::Credential);
    assert_eq!(twisted(|said| said.id = Vec::new()).unwrap_err(), Fault::IdLength);
    assert_eq!(twisted(|said| said.id = vec![1; 1024]).unwrap_err(), Fault::IdLength);
    let mut long = Authenticator::new(ORIGIN);
    long.id = vec![1; 1023];
    assert_eq!(register(long.create(&creation())).unwrap().id.len(), 1023);
    long.id.push(1);
    assert_eq!(register(long.create(&creation())).unwrap_err(), Fault::IdLength);
    for (member, value, fault) in [
        ("id", "b3RoZXI", Fault::Credential),
        ("rawId", "b3RoZXI", Fault::Credential),
        ("type", "password", Fault::Credential),
    ] {
        let mut passkey = Authenticator::new(ORIGIN);
        let mut made = passkey.create(&creation());
        let mut shown = passkey.get(&request());
        (made[member], shown[member]) = (json!(value), json!(value));
        assert_eq!(register(made).unwrap_err(), fault, "{member}");
        assert_eq!(assert(shown).unwrap_err(), fault, "{member}");
    }
    let mut passkey = Authenticator::new(ORIGIN);
    for bad in ["a", "a==", "a+b/", "ab cd"] {
        let mut made = passkey.create(&creation());
        (made["id"], made["rawId"]) = (json!(bad), json!(bad));
        assert_eq!(register(made).unwrap_err(), Fault::Base64, "{bad}");
        let mut shown = passkey.get(&request());
        shown["response"]["signature"] = json!(bad);
        assert_eq!(assert(shown).unwrap_err(), Fault::Base64, "{bad}");
    }
}

/// The key of a passkey with one member changed; `None` takes it out.
fn keyed(mut passkey: Authenticator, label: i64, value: Option<Cbor>) -> Result<(), Fault> {
    let response = passkey.create_with(&creation(), |said| {
        said.cose.retain(|(name, _)| *name != number(label));
        said.cose.extend(value.map(|value| (number(label), value)));
    });
    register(response).map(|_| ())
}

#[test]
fn keys_are_of_the_kinds_that_were_asked_for_and_whole() {
    let ec = || Authenticator::new(ORIGIN);
    let bytes = |length: usize| Some(Cbor::Bytes(vec![1; length]));
    for (label, value) in [
        (1, Some(number(1))),
        (1, Some(number(3))),
        (1, None),
        (3, Some(number(-8))),
        (3, Some(number(-257))),
        (3, Some(number(-35))),
        (3, Some(number(-65535))),
        (3, Some(text("ES256"))),
        (3, None),
        (-1, Some(number(2))),
        (-1, Some(number(8))),
        (-1, None),
        // Not on the curve, of another length, compressed, not bytes.
        (-2, bytes(32)),
        (-2, bytes(31)),
        (-2, bytes(33)),
        (-2, Some(text("x"))),
        (-2, None),
        (-3, bytes(32)),
        (-3, Some(Cbor::Bool(true))),
        (-3, None),
        // More than there must be: an id, operations, a private key.
        (2, bytes(4)),
        (4, Some(number(2))),
        (-4, bytes(32)),
    ] {
        assert_eq!(keyed(ec(), label, value.clone()), Err(Fault::Key), "{label} {value:?}");
    }
    for (label, value) in [(-1, Some(number(4))), (-2, bytes(31)), (-2, bytes(33)), (-3, bytes(32))]
    {
        let ed = Authenticator::ed25519(ORIGIN);
        assert_eq!(keyed(ed, label, value.clone()), Err(Fault::Key), "{label} {value:?}");
    }
    let odd = |length: usize, first: u8, last: u8| {
        let mut modulus = vec![first; length];
        modulus[length - 1] = last;
        Some(Cbor::Bytes(modulus))
    };
    for (label, value) in [
        (-1, odd(128, 0x80, 1)),
        (-1, odd(255, 0x80, 1)),
        (-1, odd(513, 0x80, 1)),
        (-1, odd(256, 0x00, 1)),
        (-1, odd(256, 0x80, 2)),
        (-2, Some(Cbor::Bytes(vec![3]))),
        (-2, Some(Cbor::Bytes(vec![0, 1, 0, 1]))),
        (-3, bytes(32)),
    ] {
        let rsa = Authenticator::rsa(ORIGIN);
        assert_eq!(keyed(rsa, label, value.clone()), Err(Fault::Key), "{label} {value:?}");
    }
}

#[test]
fn a_member_of_a_key_or_an_object_that_stands_twice_is_refused() {
    let twice = twisted(|said| said.cose.push((number(3), number(-7))));
    assert_eq!(twice.unwrap_err(), Fault::Cbor);
    let twice = twisted(|said| said.more.push((text("fmt"), text("none"))));
    assert_eq!(twice.unwrap_err(), Fault::Cbor);
}

#[test]
fn attestation_is_none_or_by_the_key_itself() {
    let packed = |said: &mut Saying| (said.format, said.vouches) = ("packed".to_owned(), true);
    twisted(packed).unwrap();
    type Twist = fn(&mut Saying);
    let cases: [(Twist, Fault); 9] = [
        (|said| said.format = "None".to_owned(), Fault::Attestation),
        (|said| said.format = "fido-u2f".to_owned(), Fault::Attestation),
        (|said| said.format = "tpm".to_owned(), Fault::Attestation),
        (|said| said.format = "packed".to_owned(), Fault::Attestation),
        (|said| said.statement = vec![(text("sig"), number(1))], Fault::Attestation),
        // A certificate: nobody asked for one.
        (
            |said| {
                (said.format, said.vouches) = ("packed".to_owned(), true);
                said.statement = vec![(text("x5c"), Cbor::Array(Vec::new()))];
            },
            Fault::Attestation,
        ),
        (
            |said| {
                said.format = "packed".to_owned();
                let signature = Cbor::Bytes(vec![0x30; 70]);
                said.statement = vec![(text("alg"), number(-7)), (text("sig"), signature)];
            },
            Fault::Attestation,
        ),
        (|said| said.more = vec![(text("ep"), Cbor::Bool(true))], Fault::Attestation),
        (|said| said.after = vec![0], Fault::Trailing),
    ];
    for (place, (twist, fault)) in cases.into_iter().enumerate() {
        assert_eq!(twisted(twist).unwrap_err(), fault, "{place}");
    }
    let mut passkey = Authenticator::new(ORIGIN);
    let mut response = passkey.create(&creation());
    let broken = [
        bytes_of(vec![(text("fmt"), text("none"))]),
        bytes_of(vec![
            (text("fmt"), number(1)),
            (text("attStmt"), Cbor::Map(Vec::new())),
            (text("authData"), text("x")),
        ]),
    ];
    for object in broken {
        response["response"]["attestationObject"] = json!(encoded(&object));
        assert_eq!(register(response.clone()).unwrap_err(), Fault::Attestation);
    }
}

#[test]
fn a_signature_is_over_all_that_was_said() {
    let mut passkey = Authenticator::new(ORIGIN);
    let made = register(passkey.create(&creation())).unwrap();
    let response = passkey.get(&request());
    let check = |response: Value| assert(response).unwrap().check(&made.key, Backup::Never);
    assert_eq!(check(response.clone()), Ok(()));
    // Another counter, and a client data that says more.
    let mut other = response.clone();
    let mut data = decode(other["response"]["authenticatorData"].as_str().unwrap()).unwrap();
    data[36] ^= 1;
    other["response"]["authenticatorData"] = json!(encoded(&data));
    assert_eq!(check(other), Err(Fault::Signature));
    let mut other = response.clone();
    let mut said = decode(other["response"]["clientDataJSON"].as_str().unwrap()).unwrap();
    said.push(b' ');
    other["response"]["clientDataJSON"] = json!(encoded(&said));
    assert_eq!(check(other), Err(Fault::Signature));
    for signature in [&[][..], &[0x30, 0x06, 2, 1, 0, 2, 1, 0], &[0; 64]] {
        let mut other = response.clone();
        other["response"]["signature"] = json!(encoded(signature));
        assert_eq!(check(other), Err(Fault::Signature));
    }
}
