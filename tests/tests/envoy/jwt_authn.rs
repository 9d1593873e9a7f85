//! Envoy's own `jwt_authn` beside the filter, on the same tokens. What both answered is a table in
//! `docs/envoy-jwt-authn.md`, with a reason for each difference.

mod rows;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use laika_tests::envoy::{Envoy, filters};
use laika_tests::http::{Message, Request, Server};
use laika_tests::signing::{TestKey, jwks, micro_claims};
use p256::ecdsa::signature::Signer as _;
use serde_json::{Value, json};
use sha2::Sha256;

use laika_tests::issuer::now;

const ISSUER: &str = "http://127.0.0.1:9";
const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/envoy-jwt-authn.md");

/// A question to both.
struct Row {
    what: &'static str,
    request: Request,
    /// Status and code of ours.
    ours: &'static str,
    /// Status and text of theirs.
    theirs: &'static str,
    /// Why they differ; of those that agree nothing.
    why: &'static str,
}

/// Keys and tokens of the table.
struct Signers {
    rsa: TestKey,
    ed: TestKey,
    ec: p256::ecdsa::SigningKey,
}

impl Signers {
    fn new() -> Self {
        let ec = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
        Self { rsa: TestKey::named("rsa-1"), ed: TestKey::named("ed-1"), ec }
    }

    /// What the endpoint serves, and later with one more.
    fn key_set(&self, more: Option<&TestKey>) -> String {
        let mut set = jwks(&[&self.rsa, &self.ed]);
        let point = self.ec.verifying_key().to_encoded_point(false);
        let number = |bytes: Option<&p256::FieldBytes>| URL_SAFE_NO_PAD.encode(bytes.unwrap());
        let keys = set["keys"].as_array_mut().unwrap();
        keys.push(json!({
            "kty": "EC", "crv": "P-256", "x": number(point.x()), "y": number(point.y()),
            "kid": "ec-1", "alg": "ES256", "use": "sig",
        }));
        keys.extend(more.map(TestKey::public_jwk));
        set.to_string()
    }

    fn rs256(&self, header: impl FnOnce(&mut Value), claims: impl FnOnce(&mut Value)) -> String {
        let (mut head, mut body) = (self.rsa.header(), micro_claims(ISSUER, now()));
        header(&mut head);
        claims(&mut body);
        self.rsa.compact(&head.to_string(), &body.to_string())
    }

    /// Claims as a text that no honest signer would write.
    fn rs256_of(&self, change: impl FnOnce(String) -> String) -> String {
        let claims = change(micro_claims(ISSUER, now()).to_string());
        self.rsa.compact(&self.rsa.header().to_string(), &claims)
    }

    /// Signed with ES256, the signature changed.
    fn es256(&self, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> String {
        let header = json!({ "alg": "ES256", "kid": "ec-1", "typ": "at+jwt" }).to_string();
        let claims = micro_claims(ISSUER, now()).to_string();
        let input =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature: p256::ecdsa::Signature = self.ec.sign(input.as_bytes());
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(change(signature.to_bytes().to_vec())))
    }

    /// Nobody has signed it.
    fn unsigned(&self, alg: &str) -> String {
        let token = self.rs256(|header| header["alg"] = json!(alg), |_| {});
        format!("{}.", token.rsplit_once('.').unwrap().0)
    }

    /// Of another who has the same names.
    fn forged(&self) -> String {
        let claims = micro_claims(ISSUER, now()).to_string();
        TestKey::named("rsa-2").compact(&self.rsa.header().to_string(), &claims)
    }

    /// Of another who brings his key.
    fn with_own_key(&self) -> String {
        let own = TestKey::named("rsa-2");
        let mut header = own.header();
        header["jwk"] = own.public_jwk();
        own.compact(&header.to_string(), &micro_claims(ISSUER, now()).to_string())
    }

    fn es256_der(&self) -> String {
        self.es256(|signature| {
            let signature = p256::ecdsa::Signature::from_slice(&signature).unwrap();
            signature.to_der().as_bytes().to_vec()
        })
    }

    /// The signature in the alphabet of base64 where base64url is due.
    fn other_alphabet(&self) -> String {
        let mut token = self.rs256(|_| {}, |_| {});
        // Of 342 letters hardly any signature has neither of the two; the next second brings another.
        let start = token.rfind('.').unwrap();
        let signature = token[start..].replace('-', "+").replace('_', "/");
        token.replace_range(start.., &signature);
        token
    }

    /// A signature of RSA ends with two letters of which the last says four bits; the others, which
    /// must be zero, are not.
    fn loose_bits(&self) -> String {
        let mut token = self.rs256(|_| {}, |_| {});
        let last = token.pop().unwrap();
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let at = alphabet.find(last).unwrap();
        token.push(char::from(alphabet.as_bytes()[at + 1]));
        token
    }

    fn not_utf8(&self) -> String {
        let mut claims = micro_claims(ISSUER, now()).to_string().into_bytes();
        let at = claims.windows(5).position(|text| text == b"laika").unwrap();
        claims[at] = 0xff;
        self.rsa.compact_bytes(self.rsa.header().to_string().as_bytes(), &claims)
    }

    /// Signed with the public key of `rsa-1` as the secret of HMAC.
    fn confused(&self) -> String {
        let header = json!({ "alg": "HS256", "kid": "rsa-1", "typ": "at+jwt" }).to_string();
        let claims = micro_claims(ISSUER, now()).to_string();
        let input =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let secret = self.rsa.public_jwk()["n"].as_str().unwrap().to_owned();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(input.as_bytes());
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }
}

fn bearer(token: &str) -> Request {
    Request::with_token("/", token)
}

/// One Envoy with both, each behind a listener of its own and with the same key set.
struct Scene {
    envoy: Envoy,
    theirs: SocketAddr,
    set: Arc<Mutex<String>>,
    _keys: Server,
    _upstream: Server,
}

impl Scene {
    fn new(set: String) -> Self {
        let set = Arc::new(Mutex::new(set));
        let served = set.clone();
        let keys =
            Server::start(move |_| (200, String::new(), served.lock().unwrap().clone().into()));
        let upstream = Server::echo();
        let plugin = json!({
            "issuers": {
                "issuer": ISSUER, "audience": "orders", "cluster": "issuer",
                "jwks_uri": format!("{ISSUER}/keys"), "status": "off",
            },
            "policy": { "version": 1, "otherwise": "any_token" },
        });
        let clusters = [("upstream", upstream.address), ("issuer", keys.address)];
        let envoy = Envoy::changed(&plugin.to_string(), &clusters, |bootstrap| {
            let mut copy = bootstrap.clone();
            filters(&mut copy)[0] = jwt_authn();
            let mut listener = copy["static_resources"]["listeners"][0].take();
            listener["name"] = json!("theirs");
            let listeners = &mut bootstrap["static_resources"]["listeners"];
            listeners.as_array_mut().unwrap().push(listener);
        });
        let theirs = envoy.listener("theirs");
        Self { envoy, theirs, set, _keys: keys, _upstream: upstream }
    }

    fn ours(&self, request: &Request) -> String {
        let answer = self.envoy.send(request);
        let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
        verdict(&answer, &code)
    }

    fn theirs(&self, request: &Request) -> String {
        let answer = request.send(self.theirs);
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        verdict(&answer, if answer.status == 200 { "" } else { &text })
    }
}

fn verdict(answer: &Message, more: &str) -> String {
    format!("{} {more}", answer.status).trim().to_owned()
}

fn jwt_authn() -> Value {
    json!({
        "name": "envoy.filters.http.jwt_authn",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
            "providers": { "issuer": {
                "issuer": ISSUER, "audiences": ["orders"], "forward": true, "require_expiration": true,
                "remote_jwks": {
                    "http_uri": { "uri": format!("{ISSUER}/keys"), "cluster": "issuer", "timeout": "5s" },
                    "cache_duration": "300s",
                },
            }},
            "rules": [{ "match": { "prefix": "/" }, "requires": { "provider_name": "issuer" } }],
        },
    })
}

/// The table, as the document has it.
fn table(rows: &[(Row, String, String)]) -> String {
    let mut text =
        "| the request has | `jwt_authn` | this filter | why they differ |\n|---|---|---|---|\n"
            .to_owned();
    for (row, ours, theirs) in rows {
        text.push_str(&format!("| {} | {theirs} | {ours} | {} |\n", row.what, row.why));
    }
    text
}

#[test]
fn the_same_tokens_are_shown_to_jwt_authn_and_each_difference_has_a_reason() {
    let signers = Signers::new();
    let scene = Scene::new(signers.key_set(None));
    let ask = |row: Row| {
        let (ours, theirs) = (scene.ours(&row.request), scene.theirs(&row.request));
        (row, ours, theirs)
    };
    let rows = rows::rows(&signers);
    let mut seen: Vec<_> = rows.into_iter().map(ask).collect();
    let asked = Instant::now();

    // A key that is new: after 30 s ours asks again, theirs when the 300 s of its cache are over.
    let new = TestKey::named("ed-2");
    *scene.set.lock().unwrap() = signers.key_set(Some(&new));
    thread::sleep(Duration::from_secs(31).saturating_sub(asked.elapsed()));
    seen.push(ask(Row {
        what: "a key that came into the set after it was fetched",
        request: bearer(&new.token(&micro_claims(ISSUER, now()))),
        ours: "200",
        theirs: "401 Jwks doesn't have key to match kid or alg from Jwt",
        why: "An unknown `kid` leads to one fetch here, at most one in 30 s. `jwt_authn` refuses \
              until its cache ends, so a rotation has to be announced for as long as that.",
    }));

    let text = table(&seen);
    let mut wrong = String::new();
    for (row, ours, theirs) in &seen {
        let what = row.what;
        if (ours.as_str(), theirs.as_str()) != (row.ours, row.theirs) {
            wrong.push_str(&format!("{what}\n    ours `{ours}`, theirs `{theirs}`\n"));
        }
        let agree = ours.starts_with("200") == theirs.starts_with("200");
        if agree != row.why.is_empty() {
            wrong.push_str(&format!("{what}\n    a difference, and no other, has a reason\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    let document = std::fs::read_to_string(DOCUMENT).unwrap_or_default();
    if !document.contains(&text) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/jwt_authn.md");
        std::fs::write(&file, &text).unwrap();
        panic!("`{DOCUMENT}` has another table than `{}`, which was seen", file.display());
    }
}
