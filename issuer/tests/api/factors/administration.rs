//! Factors of others, and those of whoever administers.

use axum::http::Method;
use serde_json::{Value, json};

use super::{Authenticator, delete, enrol, first_step, second_step, step_up};
use crate::accounts::{SECOND, log_in, register};
use crate::support::Issuer;

/// Registers the first administrator; the main token.
pub(crate) async fn administrator(issuer: &Issuer) -> String {
    let link = issuer.app.first_administrator_link().await.unwrap().unwrap();
    let invitation = link.split_once("#invitation=").unwrap().1;
    let body = json!({ "username": "ada", "email": "ada@example.com", "password": SECOND,
                       "invitation": invitation });
    issuer.post("/v1/users", None, body).await.text_of("main_token")
}

#[tokio::test]
async fn an_administrator_takes_off_what_somebody_has_lost() {
    let issuer = Issuer::start().await;
    let ada = administrator(&issuer).await;
    let main = register(&issuer, "belka").await;
    let me = issuer.get("/v1/me", Some(&main)).await.text_of("id");
    enrol(&issuer, &main).await;
    let waiting = first_step(&issuer, "belka").await;
    let path = format!("/v1/admin/users/{me}/factors");
    delete(&issuer, &path, &main).await.problem(403, "not_permitted");
    delete(&issuer, &path, &ada).await.expect(204);
    // What was lost may be in a session: all have ended, and what waited.
    issuer.get("/v1/me", Some(&main)).await.problem(401, "session_ended");
    let body = json!({ "id": waiting, "totp": "000000" });
    second_step(&issuer, body).await.problem(422, "code_invalid");
    let main = log_in(&issuer, "belka", SECOND).await.text_of("main_token");
    let factors = issuer.get("/v1/me/factors", Some(&main)).await.expect(200);
    assert_eq!(factors, json!({ "totp": null, "passkeys": 0, "backup_codes": 0 }));
    // Once more changes nothing, and ends nothing.
    delete(&issuer, &path, &ada).await.expect(204);
    issuer.get("/v1/me", Some(&main)).await.expect(200);
    let log = issuer.get("/v1/admin/audit?limit=100", Some(&ada)).await.expect(200);
    let entries: Vec<&Value> = log["items"].as_array().unwrap().iter().collect();
    let removed: Vec<_> = entries.iter().filter(|e| e["action"] == "factors.removed").collect();
    assert_eq!(removed.len(), 1);
    assert_eq!(removed[0]["before"], json!({ "totp": true, "passkeys": 0, "backup_codes": 10 }));
}

#[tokio::test]
async fn an_administrator_with_a_factor_changes_nothing_without_it() {
    let issuer = Issuer::start().await;
    let ada = administrator(&issuer).await;
    let older = log_in(&issuer, "ada", SECOND).await.text_of("main_token");
    let (app, _) = enrol(&issuer, &ada).await;
    let main = register(&issuer, "belka").await;
    let belka = issuer.get("/v1/me", Some(&main)).await.text_of("id");
    let path = format!("/v1/admin/users/{belka}/disable");
    let disable = |token: &str| {
        let token = token.to_owned();
        let (issuer, path) = (&issuer, &path);
        async move { issuer.send(Method::POST, path, Some(&token), None).await }
    };
    disable(&older).await.problem(401, "second_factor_required");
    // They may look all the same.
    issuer.get("/v1/admin/users", Some(&older)).await.expect(200);
    step_up(&issuer, &older, json!({ "totp": app.code(&issuer) })).await.expect(200);
    disable(&older).await.expect(204);
    issuer.clock.advance(3601);
    disable(&older).await.problem(401, "authentication_too_old");
    step_up(&issuer, &older, json!({ "totp": app.code(&issuer) })).await.expect(200);
    disable(&older).await.expect(204);
}

#[tokio::test]
async fn a_secret_of_one_person_is_none_of_another() {
    let issuer = Issuer::start().await;
    let belka = register(&issuer, "belka").await;
    let (app, _): (Authenticator, _) = enrol(&issuer, &belka).await;
    let strelka = register(&issuer, "strelka").await;
    enrol(&issuer, &strelka).await;
    // Whoever can write to the database puts their own app in another's place.
    let mut tx = issuer.app.db.write().await.unwrap();
    let copied = "UPDATE totp SET secret = (SELECT t.secret FROM totp t JOIN users u ON \
                  u.id = t.user_id WHERE u.username = 'belka')";
    sqlx::query(copied).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let id = first_step(&issuer, "strelka").await;
    let body = json!({ "id": id, "totp": app.code(&issuer) });
    second_step(&issuer, body).await.problem(500, "internal");
}
