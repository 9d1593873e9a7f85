//! The first administrator's one-time sign-up link.

use serde_json::json;

use crate::support::{Answer, Issuer, PUBLIC_URL, claims};

#[tokio::test]
async fn the_link_makes_one_administrator_and_is_then_worth_nothing() {
    let issuer = Issuer::start().await;
    let code = code(&issuer).await.unwrap();
    let answer = register(&issuer, "belka", &code).await;
    let main = answer.expect(201)["main_token"].as_str().unwrap().to_owned();
    let micro = claims(&issuer.micro(&main, "orders").await.text_of("micro_token"));
    assert_eq!(micro["roles"], json!(["administrator", "user"]));
    assert_eq!(micro["level"], 0);
    assert_eq!(micro["permissions"], json!(["orders:*"]), "what the role holds, at this service");

    let problem = register(&issuer, "strelka", &code).await.problem(422, "fields_invalid");
    assert_eq!(problem["fields"][0]["field"], "invitation");
    assert_eq!(super::invitation::code(&issuer).await, None, "there is an administrator now");
}

#[tokio::test]
async fn a_new_link_replaces_the_one_before() {
    let issuer = Issuer::start().await;
    let (first, second) = (code(&issuer).await.unwrap(), code(&issuer).await.unwrap());
    register(&issuer, "belka", &first).await.problem(422, "fields_invalid");
    register(&issuer, "belka", &second).await.expect(201);
}

#[tokio::test]
async fn what_is_no_invitation_makes_no_account() {
    let issuer = Issuer::start().await;
    code(&issuer).await.unwrap();
    for wrong in ["", "laika_inv_", "laika_inv_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "' OR 1=1 --"] {
        register(&issuer, "belka", wrong).await.problem(422, "fields_invalid");
    }
    let body = json!({ "login": "belka", "password": "there and back again 1960" });
    issuer.post("/v1/sessions", None, body).await.problem(401, "credentials_invalid");
}

#[tokio::test]
async fn an_invitation_is_redeemed_once_even_at_once() {
    let issuer = Issuer::start().await;
    let code = code(&issuer).await.unwrap();
    let (one, two) =
        tokio::join!(register(&issuer, "belka", &code), register(&issuer, "strelka", &code));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422]);
}

async fn code(issuer: &Issuer) -> Option<String> {
    let link = issuer.app.first_administrator_link().await.unwrap()?;
    Some(link.strip_prefix(&format!("{PUBLIC_URL}/#invitation=")).unwrap().to_owned())
}

async fn register(issuer: &Issuer, name: &str, code: &str) -> Answer {
    let body = json!({
        "username": name, "email": format!("{name}@example.com"),
        "password": "there and back again 1960", "invitation": code,
    });
    issuer.post("/v1/users", None, body).await
}
