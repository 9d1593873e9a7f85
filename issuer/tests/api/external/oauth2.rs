//! Providers without ID tokens: GitHub as a preset, against an emulation of it.

use serde_json::{Value, json};

use super::browser::{Browser, exchange, text};
use super::github::GitHub;
use crate::support::Issuer;

async fn stage(section: &str) -> (Issuer, GitHub) {
    let github = GitHub::start().await;
    let url = &github.url;
    let text = format!(
        "allowed_next = ['https://app.example.com/in']\n\
         [outgoing]\nprivate_networks = ['127.0.0.0/8']\n\
         [providers.github]\nclient_id = 'laika'\nclient_secret = 'secret'\n\
         authorization_endpoint = '{url}/login/oauth/authorize'\n\
         token_endpoint = '{url}/login/oauth/access_token'\n\
         user_endpoint = '{url}/user'\nemails_endpoint = '{url}/user/emails'\n{section}"
    );
    (Issuer::configured(&text, &[]).await, github)
}

async fn log_in(issuer: &Issuer, github: &GitHub) -> Value {
    let mut browser = Browser::default();
    let location = browser.begin(issuer, "github").await;
    let code = browser.code(issuer, &github.authorize(&location)).await;
    exchange(issuer, &code, None).await.expect(201)
}

#[tokio::test]
async fn a_private_primary_e_mail_is_found_and_a_public_one_passed_over() {
    let (issuer, github) = stage("").await;
    let tokens = log_in(&issuer, &github).await;
    assert_eq!(tokens["user"]["username"], "octocat");
    assert_eq!(tokens["user"]["email"], "octocat@example.com");
    assert_eq!(tokens["user"]["email_verified"], true);
    assert_eq!(tokens["user"]["avatar_url"], "https://avatars.example.com/u/583231");
    let main = text(&tokens, "/main_token");
    let identities = issuer.get("/v1/me/identities", Some(&main)).await.expect(200);
    assert_eq!(identities["items"][0]["subject"], "583231");
}

#[tokio::test]
async fn another_primary_e_mail_is_the_same_person() {
    let (issuer, github) = stage("").await;
    let first = log_in(&issuer, &github).await;
    github.said().user["login"] = json!("renamed");
    github.said().emails =
        json!([{ "email": "new@example.com", "primary": true, "verified": true }]);
    let again = log_in(&issuer, &github).await;
    assert_eq!(again["user"]["id"], first["user"]["id"]);
    assert_eq!(again["user"]["email"], "octocat@example.com");
}

#[tokio::test]
async fn an_unverified_primary_e_mail_is_no_proof() {
    let (issuer, github) = stage("").await;
    github.said().emails = json!([
        { "email": "laika@example.com", "primary": true, "verified": false },
        { "email": "other@example.com", "primary": false, "verified": true },
    ]);
    let tokens = log_in(&issuer, &github).await;
    // It is the seeded user's.
    assert_eq!(tokens["user"].get("email"), None);
    assert_eq!(tokens["user"]["username"], "octocat");
}

#[tokio::test]
async fn a_refusal_with_status_200_is_a_refusal() {
    let (issuer, github) = stage("").await;
    let mut browser = Browser::default();
    let location = browser.begin(&issuer, "github").await;
    let back = github.authorize(&location).replace("code-0", "code-1");
    let told = browser.come_back(&issuer, &back).await;
    assert_eq!(told, ("error".to_owned(), "provider_failed".to_owned()));
}

#[tokio::test]
async fn whose_answers_say_nobody_log_nobody_in() {
    let (issuer, github) = stage("").await;
    for user in [json!({ "login": "x" }), json!({ "id": 1.5 }), json!({ "id": "" }), json!([])] {
        github.said().user = user.clone();
        let mut browser = Browser::default();
        let location = browser.begin(&issuer, "github").await;
        let told = browser.come_back(&issuer, &github.authorize(&location)).await;
        assert_eq!(told.1, "provider_failed", "{user}");
    }
}

#[tokio::test]
async fn members_are_where_the_settings_say() {
    let section = "scopes = ['read:user', 'user:email']\n\
                   claims = { subject = '/node/id', username = '/node/handle' }";
    let (issuer, github) = stage(section).await;
    github.said().user = json!({ "node": { "id": "n-7", "handle": "belka" } });
    let tokens = log_in(&issuer, &github).await;
    assert_eq!(tokens["user"]["username"], "belka");
}
