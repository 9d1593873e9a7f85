//! The attacks on accounts that go by mail, each by its name.

mod before_proof;
mod codes;
mod enumeration;

use data_encoding::BASE32_NOPAD;
use laika_issuer::db::passkeys::Passkey;
use laika_issuer::external::Assertion;
use laika_issuer::factors::totp::TotpSecret;
use laika_issuer::webauthn::Backup;
use serde_json::json;
use uuid::Uuid;

use crate::support::Issuer;

/// Gives somebody a passkey; what it says is tested where passkeys are.
async fn add_passkey(issuer: &Issuer, user: Uuid) {
    let mut tx = issuer.app.db.write().await.unwrap();
    let passkey = Passkey {
        id: laika_issuer::random::uuid(&*issuer.app.random).unwrap(),
        user_id: user,
        credential_id: "AAAA".to_owned(),
        public_key: String::new(),
        sign_count: 0,
        backup: Backup::Never,
        name: "passkey".to_owned(),
        created_at: issuer.app.clock.now(),
        last_used_at: None,
    };
    assert!(laika_issuer::db::passkeys::insert(&mut tx, &passkey).await.unwrap());
    tx.commit().await.unwrap();
}

/// Enrols an authenticator app.
async fn add_app(issuer: &Issuer, main: &str) -> TotpSecret {
    let offer = issuer.post("/v1/me/factors/totp", Some(main), json!({})).await;
    let key = BASE32_NOPAD.decode(offer.text_of("secret").as_bytes()).unwrap();
    let app = TotpSecret::from_bytes(key.into());
    let body = json!({ "code": app.code(issuer.app.clock.now() / 30).to_string() });
    issuer.post("/v1/me/factors/totp/confirm", Some(main), body).await.expect(200);
    app
}

/// Links somebody with who a thief is at a provider.
async fn link(issuer: &Issuer, user: Uuid) {
    let thief = Assertion {
        provider: "kennel".to_owned(),
        authority: "https://kennel.example".to_owned(),
        subject: "thief".to_owned(),
        email: None,
        name: None,
        username: None,
        picture: None,
    };
    let id = laika_issuer::random::uuid(&*issuer.app.random).unwrap();
    let now = issuer.app.clock.now();
    let mut tx = issuer.app.db.write().await.unwrap();
    laika_issuer::db::identities::insert(&mut tx, id, user, &thief, now).await.unwrap();
    tx.commit().await.unwrap();
}
