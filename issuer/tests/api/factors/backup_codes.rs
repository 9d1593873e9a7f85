//! Codes for whoever has lost the rest.

use axum::http::Method;
use serde_json::{Value, json};

use super::{enrol, first_step, second_step, texts};
use crate::accounts::register;
use crate::support::Issuer;

#[tokio::test]
async fn a_backup_code_twice() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    let (_, codes) = enrol(&issuer, &main).await;
    // However it is typed.
    let typed = codes[3].to_uppercase().replace('-', " ");
    let (first, second) = (first_step(&issuer, "belka").await, first_step(&issuer, "belka").await);
    second_step(&issuer, json!({ "id": first, "backup_code": typed })).await.expect(201);
    let again = json!({ "id": second, "backup_code": codes[3] });
    second_step(&issuer, again).await.problem(401, "credentials_invalid");
    let factors = issuer.get("/v1/me/factors", Some(&main)).await.expect(200);
    assert_eq!(factors["backup_codes"], 9);
    let body = json!({ "id": second, "backup_code": codes[4] });
    second_step(&issuer, body).await.expect(201);
}

#[tokio::test]
async fn a_backup_code_twice_at_once_on_two_replicas() {
    let issuer = Issuer::start().await;
    let replica = issuer.replica().await;
    let main = register(&issuer, "belka").await;
    let (_, codes) = enrol(&issuer, &main).await;
    for code in codes.iter().take(5) {
        let ids = [first_step(&issuer, "belka").await, first_step(&replica, "belka").await];
        let [here, there] = ids.map(|id| json!({ "id": id, "backup_code": code }));
        let both = tokio::join!(second_step(&issuer, here), second_step(&replica, there));
        let mut statuses = [both.0.status.as_u16(), both.1.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 401], "{} {}", both.0.text, both.1.text);
    }
}

#[tokio::test]
async fn fresh_codes_take_the_place_of_the_old() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    let path = "/v1/me/factors/backup-codes";
    let renew = || issuer.send(Method::POST, path, Some(&main), None);
    renew().await.problem(409, "conflict");
    let (_, old) = enrol(&issuer, &main).await;
    let fresh = texts(&renew().await.expect(200)["backup_codes"]);
    assert_eq!(fresh.len(), 10);
    assert!(fresh.iter().all(|code| !old.contains(code)));
    let id = first_step(&issuer, "belka").await;
    let stale = json!({ "id": id, "backup_code": old[0] });
    second_step(&issuer, stale).await.problem(401, "credentials_invalid");
    second_step(&issuer, json!({ "id": id, "backup_code": fresh[0] })).await.expect(201);
    issuer.clock.advance(15 * 60 + 1);
    renew().await.problem(401, "authentication_too_old");
}

#[tokio::test]
async fn codes_lie_in_the_database_as_hashes_and_their_use_in_the_log() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    let (_, codes) = enrol(&issuer, &main).await;
    let stored: Vec<String> = {
        let mut connection = issuer.app.db.read().await.unwrap();
        let query = sqlx::query_scalar("SELECT code_hash FROM backup_codes");
        query.fetch_all(&mut *connection).await.unwrap()
    };
    assert_eq!(stored.len(), 10);
    let plain: Vec<_> = codes.iter().map(|code| code.replace('-', "")).collect();
    assert!(stored.iter().all(|hash| hash.len() == 64 && !plain.contains(hash)));
    let id = first_step(&issuer, "belka").await;
    second_step(&issuer, json!({ "id": id, "backup_code": codes[0] })).await.expect(201);
    let export = issuer.get("/v1/me/export", Some(&main)).await.expect(200);
    assert_eq!(export["factors"]["backup_codes"], 9);
    let actions: Vec<&Value> =
        export["audit"].as_array().unwrap().iter().map(|entry| &entry["action"]).collect();
    for action in ["totp.added", "backup_code.used"] {
        assert!(actions.contains(&&json!(action)), "{actions:?}");
    }
    assert!(!export.to_string().contains(&codes[0]));
}
