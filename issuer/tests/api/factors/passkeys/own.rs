//! What owners and administrators do with passkeys.

use axum::http::Method;
use serde_json::json;

use super::{audited, enrol, sign_in, start};
use crate::accounts::{SECOND, log_in, register};
use crate::factors::delete;

#[tokio::test]
async fn owners_list_and_rename_their_passkeys_and_nobody_elses() {
    let issuer = start().await;
    let belka = register(&issuer, "belka").await;
    let strelka = register(&issuer, "strelka").await;
    let (_, id, _) = enrol(&issuer, &belka).await;
    enrol(&issuer, &belka).await;
    let first = issuer.get("/v1/me/passkeys?limit=1", Some(&belka)).await.expect(200);
    let next = format!("/v1/me/passkeys?cursor={}", first["next_cursor"].as_str().unwrap());
    let rest = issuer.get(&next, Some(&belka)).await.expect(200);
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    assert_ne!(first["items"][0]["id"], rest["items"][0]["id"]);
    let path = format!("/v1/me/passkeys/{id}");
    let rename = async |main: &str, name: &str| {
        issuer.send(Method::PATCH, &path, Some(main), Some(json!({ "name": name }))).await
    };
    assert_eq!(rename(&belka, " key of the shed ").await.text_of("name"), "key of the shed");
    rename(&strelka, "mine").await.problem(404, "not_found");
    for bad in ["", "  ", "a\u{0}b", "a\nb", &"x".repeat(65)] {
        rename(&belka, bad).await.problem(422, "fields_invalid");
    }
    assert_eq!(audited(&issuer, "passkey.renamed").await, 1);
    let mine = issuer.get("/v1/me/passkeys", Some(&strelka)).await.expect(200);
    assert_eq!(mine, json!({ "items": [], "next_cursor": null }));
    delete(&issuer, &path, &strelka).await.problem(404, "not_found");
    let export = issuer.get("/v1/me/export", Some(&belka)).await;
    assert_eq!(export.expect(200)["passkeys"].as_array().unwrap().len(), 2);
    assert!(!export.text.contains("public_key"));
}

#[tokio::test]
async fn a_passkey_that_was_removed_opens_nothing_and_the_last_takes_the_backup_codes_along() {
    let issuer = start().await;
    let main = register(&issuer, "belka").await;
    let (mut passkey, id, _) = enrol(&issuer, &main).await;
    let path = format!("/v1/me/passkeys/{id}");
    issuer.clock.advance(15 * 60 + 1);
    delete(&issuer, &path, &main).await.problem(401, "authentication_too_old");
    let body = json!({ "password": SECOND });
    issuer.send(Method::DELETE, &path, Some(&main), Some(body)).await.expect(204);
    sign_in(&issuer, &mut passkey).await.problem(401, "credentials_invalid");
    let factors = issuer.get("/v1/me/factors", Some(&main)).await.expect(200);
    assert_eq!(factors, json!({ "totp": null, "passkeys": 0, "backup_codes": 0 }));
    log_in(&issuer, "belka", SECOND).await.expect(201);
    assert_eq!(audited(&issuer, "passkey.removed").await, 1);
}

#[tokio::test]
async fn the_last_way_in_is_not_removed() {
    let issuer = start().await;
    let main = register(&issuer, "belka").await;
    let (mut passkey, id, _) = enrol(&issuer, &main).await;
    let mut tx = issuer.app.db.write().await.unwrap();
    let gone = "UPDATE users SET password_hash = NULL WHERE username = 'belka'";
    sqlx::query(gone).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let path = format!("/v1/me/passkeys/{id}");
    delete(&issuer, &path, &main).await.problem(409, "conflict");
    let (_, second, _) = enrol(&issuer, &main).await;
    delete(&issuer, &path, &main).await.expect(204);
    sign_in(&issuer, &mut passkey).await.problem(401, "credentials_invalid");
    let path = format!("/v1/me/passkeys/{second}");
    delete(&issuer, &path, &main).await.problem(409, "conflict");
}

#[tokio::test]
async fn an_administrator_takes_passkeys_off_with_the_rest() {
    let issuer = start().await;
    let ada = crate::factors::administration::administrator(&issuer).await;
    let main = register(&issuer, "belka").await;
    let me = issuer.get("/v1/me", Some(&main)).await.text_of("id");
    let (mut passkey, _, _) = enrol(&issuer, &main).await;
    let path = format!("/v1/admin/users/{me}/factors");
    delete(&issuer, &path, &ada).await.expect(204);
    issuer.get("/v1/me", Some(&main)).await.problem(401, "session_ended");
    sign_in(&issuer, &mut passkey).await.problem(401, "credentials_invalid");
    log_in(&issuer, "belka", SECOND).await.expect(201);
}
