//! Users of a seed file: made once, whatever has become of them since.

use axum::http::Method;
use laika_issuer::db::users::{self, User};
use laika_issuer::problem::Problem;
use laika_issuer::seed::{self, Imported, Seed};
use serde_json::json;

use crate::support::{Issuer, claims};

const PASSWORD: &str = "there and back again 1960";

const ID: &str = "0f9b9f0c-5c1e-4d35-9a55-0d0f3f7a5e11";

/// A user of a seed file, with further lines.
fn user(name: &str, more: &str) -> String {
    format!(
        "[[users]]\nusername = '{name}'\nemail = '{name}@example.com'\n\
         password = '{PASSWORD}'\n{more}\n"
    )
}

async fn import(issuer: &Issuer, text: &str) -> Result<Imported, Problem> {
    let seed: Seed = toml::from_str(text).unwrap();
    seed::import(&issuer.app, &seed).await
}

/// Why an import is refused, as the command line says it.
async fn refused(issuer: &Issuer, text: &str) -> String {
    import(issuer, text).await.unwrap_err().to_string()
}

async fn by_name(issuer: &Issuer, name: &str) -> Option<User> {
    let mut connection = issuer.app.db.read().await.unwrap();
    users::by_username(&mut connection, name).await.unwrap()
}

#[tokio::test]
async fn who_has_another_name_by_now_is_not_made_again() {
    let issuer = Issuer::start().await;
    let text = user("rex", &format!("id = '{ID}'\nroles = ['orders/clerk']"));
    assert_eq!(import(&issuer, &text).await.unwrap().users, 1);
    let body = json!({ "login": "rex", "password": PASSWORD });
    let main = issuer.post("/v1/sessions", None, body).await.text_of("main_token");
    let body = json!({ "username": "max" });
    issuer.send(Method::PUT, "/v1/me/username", Some(&main), Some(body)).await.expect(200);
    // The same file, one in which the e-mail is another, and one that knows them by e-mail alone.
    for text in [text.clone(), text.replace("rex@", "rex57@"), user("rex", "")] {
        let done = import(&issuer, &text).await.unwrap();
        assert_eq!((done.users, done.users_present), (0, 1));
    }
    // Whoever else is to have the name can't, and is not passed over.
    for text in [
        text.replace('0', "1"),
        user("rex", "").replace("rex@", "rex57@"),
        user("rex", "").replace("rex@", "laika@"),
    ] {
        let text = refused(&issuer, &text).await;
        assert!(text.starts_with("users: `rex`: ") && text.contains("taken"), "{text}");
    }
    assert_eq!(by_name(&issuer, "rex").await, None);
}

#[tokio::test]
async fn what_is_wrong_with_a_user_is_said_with_their_name() {
    let issuer = Issuer::start().await;
    let twice = user("rex", "") + &user("max", "").replace("max@", "rex@");
    let text = refused(&issuer, &twice).await;
    assert!(text.contains("users: `max`: ") && text.contains("`email`"), "{text}");
    for (bad, part) in [
        (user("max", "").replace("max@", "max"), "`email`"),
        (user("max", "").replace(PASSWORD, ""), "`password`"),
        (user("max", "password_hash = '$6$x$x'"), "not both"),
        (user("max", "roles = ['orders/boss']"), "`orders/boss`"),
    ] {
        let text = refused(&issuer, &(user("rex", "") + &bad)).await;
        assert!(text.starts_with("users: `max`: ") && text.contains(part), "{text}");
    }
    assert_eq!(by_name(&issuer, "rex").await, None, "all of it, or nothing");
}

#[tokio::test]
async fn a_user_keeps_the_id_that_others_know_them_by() {
    let issuer = Issuer::start().await;
    let text = user("rex", &format!("id = '{}'", ID.to_uppercase()));
    import(&issuer, &text).await.unwrap();
    let body = json!({ "login": "rex", "password": PASSWORD, "service": "orders" });
    let tokens = issuer.post("/v1/sessions", None, body).await.expect(201);
    assert_eq!(claims(tokens["micro_token"].as_str().unwrap())["sub"], ID);
    let before = by_name(&issuer, "rex").await;
    let done = import(&issuer, &text).await.unwrap();
    assert_eq!((done.users, done.users_present), (0, 1));
    assert_eq!(by_name(&issuer, "rex").await, before);

    let taken = refused(&issuer, &user("max", &format!("id = '{ID}'"))).await;
    assert!(taken.starts_with("users: `max`: ") && taken.contains(ID), "{taken}");
    let other = refused(&issuer, &user("rex", &format!("id = '{}'", ID.replace('0', "1")))).await;
    assert!(other.starts_with("users: `rex`: ") && other.contains(ID), "{other}");
}
