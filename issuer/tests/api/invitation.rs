//! The first administrator's one-time sign-up link.

use laika_issuer::admin::{Act, roles, users};
use serde_json::json;

use crate::accounts;
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
async fn every_link_of_the_last_day_is_good_until_the_first_administrator_came() {
    let issuer = Issuer::start().await;
    let (first, second) = (code(&issuer).await.unwrap(), code(&issuer).await.unwrap());
    register(&issuer, "belka", &first).await.expect(201);
    register(&issuer, "strelka", &second).await.problem(422, "fields_invalid");
}

#[tokio::test]
async fn a_link_is_worth_nothing_once_somebody_else_was_made_the_administrator() {
    let issuer = Issuer::start().await;
    let code = code(&issuer).await.unwrap();
    let main = accounts::register(&issuer, "belka").await;
    let id = claims(&main)["sub"].as_str().unwrap().parse().unwrap();
    let mut act = Act::of_operator(&issuer.app).await.unwrap();
    roles::assign(&mut act, id, "administrator").await.unwrap();
    let invited = users::invite(&mut act, "administrator").await.unwrap();
    act.commit().await.unwrap();
    let problem = register(&issuer, "strelka", &code).await.problem(422, "fields_invalid");
    assert_eq!(problem["fields"][0]["field"], "invitation");
    register(&issuer, "strelka", &invited).await.expect(201);
}

#[tokio::test]
async fn who_was_invited_beside_an_administrator_comes_whatever_starts_and_whoever_else_comes() {
    let issuer = Issuer::start().await;
    let printed = code(&issuer).await.unwrap();
    let mut act = Act::of_operator(&issuer.app).await.unwrap();
    let mut invited = Vec::new();
    for _ in 0..2 {
        invited.push(users::invite(&mut act, "administrator").await.unwrap());
    }
    act.commit().await.unwrap();
    // Printed links are many, and push none out that somebody made.
    for _ in 0..20 {
        code(&issuer).await.unwrap();
    }
    register(&issuer, "belka", &invited[0]).await.expect(201);
    assert_eq!(code(&issuer).await, None, "the service starts again");
    register(&issuer, "strelka", &printed).await.problem(422, "fields_invalid");
    register(&issuer, "strelka", &invited[1]).await.expect(201);
    register(&issuer, "pushok", &invited[1]).await.problem(422, "fields_invalid");
}

#[tokio::test]
async fn a_link_is_good_for_a_day() {
    let issuer = Issuer::start().await;
    let first = code(&issuer).await.unwrap();
    issuer.clock.advance(24 * 3600 - 1);
    let second = code(&issuer).await.unwrap();
    issuer.clock.advance(1);
    register(&issuer, "belka", &first).await.problem(422, "fields_invalid");
    register(&issuer, "belka", &second).await.expect(201);
}

#[tokio::test]
async fn a_service_that_starts_again_and_again_does_not_fill_the_table() {
    let issuer = Issuer::start().await;
    for _ in 0..30 {
        code(&issuer).await.unwrap();
        issuer.clock.advance(1);
    }
    let mut connection = issuer.app.db.read().await.unwrap();
    let open: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM invitations")
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    assert_eq!(open, 20);
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
