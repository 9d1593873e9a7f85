//! The attacks on accounts that go by mail, each by its name.

mod before_proof;
mod codes;
mod enumeration;

use laika_issuer::db::passkeys::Passkey;
use laika_issuer::webauthn::Backup;
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
