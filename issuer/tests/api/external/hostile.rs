//! A provider that lies, and one that others stand in front of: each attack by its name.

use serde_json::{Value, json};

use super::browser::{Browser, exchange, fails, location, log_in, through};
use super::kennel::{Instead, Script};
use super::{settings, stage, stage_with};
use crate::support::Issuer;

/// That no account comes of this change.
async fn is_refused(change: impl FnOnce(&mut Script)) {
    let (issuer, kennel) = stage().await;
    change(&mut kennel.script());
    assert_eq!(fails(&issuer, &kennel).await, "provider_failed");
    assert_eq!(users(&issuer).await, 1);
}

async fn users(issuer: &Issuer) -> i64 {
    let mut db = issuer.app.db.read().await.unwrap();
    sqlx::query_scalar("SELECT COUNT(*) FROM users").fetch_one(&mut *db).await.unwrap()
}

/// That no account comes of an ID token with these claims.
async fn claims_are_refused(claims: Value) {
    is_refused(|script| script.id_token = claims).await;
}

#[tokio::test]
async fn wrong_iss() {
    claims_are_refused(json!({ "iss": "https://accounts.google.com" })).await;
    claims_are_refused(json!({ "iss": null })).await;
}

#[tokio::test]
async fn wrong_aud() {
    claims_are_refused(json!({ "aud": "another client" })).await;
    claims_are_refused(json!({ "aud": [] })).await;
    claims_are_refused(json!({ "aud": ["laika", "another client"] })).await;
}

#[tokio::test]
async fn wrong_azp() {
    claims_are_refused(json!({ "azp": "another client" })).await;
    claims_are_refused(json!({ "aud": ["laika", "another client"], "azp": "another client" }))
        .await;
}

#[tokio::test]
async fn wrong_nonce() {
    claims_are_refused(json!({ "nonce": "another log-in" })).await;
    claims_are_refused(json!({ "nonce": null })).await;
}

#[tokio::test]
async fn nonce_of_another_log_in_of_the_same_browser() {
    let (issuer, kennel) = stage().await;
    let mut browser = Browser::default();
    let first = browser.begin(&issuer, "kennel").await;
    let second = browser.begin(&issuer, "kennel").await;
    let nonce = |location: &str| {
        let query = location.split_once('?').unwrap().1;
        form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == "nonce")
            .unwrap()
            .1
            .into_owned()
    };
    kennel.script().id_token = json!({ "nonce": nonce(&first) });
    let back = kennel.authorize(&second);
    let (name, error) = browser.come_back(&issuer, &back).await;
    assert_eq!((name.as_str(), error.as_str()), ("error", "provider_failed"));
}

#[tokio::test]
async fn access_token_that_was_swapped() {
    is_refused(|script| script.answer = json!({ "access_token": "somebody else's" })).await;
}

#[tokio::test]
async fn stale_id_token() {
    is_refused(|script| script.ahead = -301).await;
    is_refused(|script| script.ahead = -600).await;
    claims_are_refused(json!({ "exp": null })).await;
    claims_are_refused(json!({ "iat": null })).await;
}

#[tokio::test]
async fn id_token_of_the_future() {
    is_refused(|script| script.ahead = 61).await;
}

#[tokio::test]
async fn alg_none() {
    is_refused(|script| {
        script.header = json!({ "alg": "none", "kid": null });
        script.signed = false;
    })
    .await;
    is_refused(|script| script.signed = false).await;
}

#[tokio::test]
async fn hmac_over_the_public_key() {
    is_refused(|script| script.header = json!({ "alg": "HS256" })).await;
}

#[tokio::test]
async fn key_in_the_header() {
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    is_refused(|script| script.header = json!({ "jwk": jwk, "kid": null, "alg": "RS256" })).await;
}

#[tokio::test]
async fn signature_of_another_key() {
    let (issuer, kennel) = stage().await;
    log_in(&issuer, &kennel).await;
    // The keys that are held are those of seed 7; the new key claims the same `kid`.
    kennel.script().seed = 8;
    kennel.script().header = json!({ "kid": "key-7" });
    assert_eq!(fails(&issuer, &kennel).await, "provider_failed");
}

#[tokio::test]
async fn log_out_token_in_place_of_an_id_token() {
    let events = json!({ "http://schemas.openid.net/event/backchannel-logout": {} });
    claims_are_refused(json!({ "events": events })).await;
}

#[tokio::test]
async fn swapped_subject_at_the_userinfo_endpoint() {
    is_refused(|script| script.user_info = json!({ "sub": "dog-2" })).await;
    is_refused(|script| script.user_info = json!({ "sub": null })).await;
}

#[tokio::test]
async fn userinfo_does_not_overrule_what_is_signed() {
    let (issuer, kennel) = stage().await;
    kennel.script().id_token = json!({ "email": "strelka@example.com", "email_verified": true });
    kennel.script().user_info = json!({ "email": "laika@example.com" });
    let tokens = log_in(&issuer, &kennel).await;
    assert_eq!(tokens["user"]["email"], "strelka@example.com");
}

#[tokio::test]
async fn answer_without_an_id_token() {
    is_refused(|script| script.answer = json!({ "id_token": null })).await;
    is_refused(|script| script.answer = json!({ "token_type": "mac" })).await;
}

#[tokio::test]
async fn metadata_of_another_issuer() {
    let (issuer, kennel) = stage().await;
    kennel.script().metadata = json!({ "issuer": "https://accounts.google.com" });
    let path = format!(
        "/v1/login/kennel?next={}&code_challenge={}",
        super::browser::NEXT,
        super::browser::challenge()
    );
    let answer = issuer.get(&path, None).await;
    assert_eq!(location(&answer), "https://app.example.com/in?error=provider_failed");
}

#[tokio::test]
async fn metadata_that_were_never_had_are_asked_for_every_ten_seconds() {
    let (issuer, kennel) = stage().await;
    kennel.script().does("metadata", Instead::Status(500));
    let mut browser = Browser::default();
    for (seconds, asked) in [(0, 1), (9, 1), (1, 2), (5, 2)] {
        issuer.clock.advance(seconds);
        let told = browser.begin(&issuer, "kennel").await;
        assert_eq!(told, "https://app.example.com/in?error=provider_failed");
        assert_eq!(kennel.script().asked["metadata"], asked);
    }
    kennel.script().instead.clear();
    issuer.clock.advance(5);
    kennel.script().ahead += 15;
    log_in(&issuer, &kennel).await;
}

#[tokio::test]
async fn mix_up_by_an_answer_of_another_issuer() {
    let (issuer, kennel) = stage().await;
    let mut browser = Browser::default();
    for (iss, announced, good) in [
        (Some("https://evil.example.com"), false, false),
        (Some("https://evil.example.com"), true, false),
        (None, true, false),
        (None, false, true),
        (Some(kennel.url.as_str()), false, true),
    ] {
        let name = "authorization_response_iss_parameter_supported";
        kennel.script().metadata = json!({ name: announced });
        // Metadata are kept for an hour.
        issuer.clock.advance(3600);
        kennel.script().ahead += 3600;
        let mut back = kennel.authorize(&browser.begin(&issuer, "kennel").await);
        if let Some(iss) = iss {
            let pair =
                form_urlencoded::Serializer::new(String::new()).append_pair("iss", iss).finish();
            back = format!("{back}&{pair}");
        }
        let asked = kennel.script().asked.get("token").copied().unwrap_or_default();
        let (name, _) = browser.come_back(&issuer, &back).await;
        assert_eq!(name == "code", good, "{iss:?} {announced}");
        // Nothing is sent to the provider where the answer is not its own.
        let again = kennel.script().asked.get("token").copied().unwrap_or_default();
        assert_eq!(again - asked, usize::from(good));
    }
}

#[tokio::test]
async fn refusals_of_the_provider_are_told_and_nothing_else_of_it() {
    let (issuer, kennel) = stage().await;
    let mut browser = Browser::default();
    for (error, told) in [
        ("access_denied", "access_denied"),
        ("server_error", "provider_failed"),
        ("<script>alert(1)</script>", "provider_failed"),
    ] {
        let back = kennel.authorize(&browser.begin(&issuer, "kennel").await);
        let (start, query) = back.split_once('?').unwrap();
        let state = query.split('&').find(|pair| pair.starts_with("state=")).unwrap();
        let error =
            form_urlencoded::Serializer::new(String::new()).append_pair("error", error).finish();
        let url = format!("{start}?{state}&{error}&error_description=x");
        assert_eq!(browser.come_back(&issuer, &url).await, ("error".to_owned(), told.to_owned()));
    }
}

#[tokio::test]
async fn key_set_that_redirects() {
    is_refused(|script| script.does("keys", Instead::Redirect)).await;
}

#[tokio::test]
async fn key_set_that_is_huge() {
    is_refused(|script| script.does("keys", Instead::Flood)).await;
}

#[tokio::test]
async fn key_set_that_is_slow() {
    is_refused(|script| script.does("keys", Instead::Wait)).await;
}

#[tokio::test]
async fn key_set_that_is_away() {
    is_refused(|script| script.does("keys", Instead::Status(500))).await;
    is_refused(|script| script.does("keys", Instead::Garbage)).await;
}

#[tokio::test]
async fn token_endpoint_that_redirects_floods_or_fails() {
    for instead in [
        Instead::Redirect,
        Instead::Flood,
        Instead::Garbage,
        Instead::Status(500),
        Instead::Status(204),
    ] {
        is_refused(|script| script.does("token", instead)).await;
    }
}

#[tokio::test]
async fn userinfo_endpoint_that_redirects_floods_or_fails() {
    for instead in [Instead::Redirect, Instead::Flood, Instead::Garbage, Instead::Status(403)] {
        is_refused(|script| script.does("me", instead)).await;
    }
}

#[tokio::test]
async fn unknown_kid_flood_is_no_fetch_flood() {
    let (issuer, kennel) = stage().await;
    log_in(&issuer, &kennel).await;
    let before = kennel.script().asked["keys"];
    for number in 0..10 {
        kennel.script().header = json!({ "kid": format!("invented-{number}") });
        assert_eq!(fails(&issuer, &kennel).await, "provider_failed");
    }
    let asked = kennel.script().asked["keys"] - before;
    assert!(asked <= 1, "{asked} fetches");
}

#[tokio::test]
async fn new_key_of_the_provider_is_found() {
    let (issuer, kennel) = stage().await;
    log_in(&issuer, &kennel).await;
    issuer.clock.advance(60);
    kennel.script().ahead = 60;
    kennel.script().seed = 9;
    log_in(&issuer, &kennel).await;
}

#[tokio::test]
async fn private_addresses_are_not_asked_unless_they_are_listed() {
    let kennel = super::Kennel::start().await;
    let text = settings(&kennel, "").replace("private_networks = ['127.0.0.0/8']", "");
    let issuer = Issuer::configured(&text, &[]).await;
    let mut browser = Browser::default();
    let told = browser.begin(&issuer, "kennel").await;
    assert_eq!(told, "https://app.example.com/in?error=provider_failed");
    assert_eq!(kennel.script().asked.len(), 0);
}

#[tokio::test]
async fn endpoints_that_metadata_point_into_a_private_network() {
    let (issuer, kennel) = stage().await;
    for name in ["token_endpoint", "userinfo_endpoint", "jwks_uri"] {
        for url in ["https://10.0.0.1/x", "https://169.254.169.254/x", "http://example.com/x"] {
            kennel.script().metadata = json!({ name: url });
            issuer.clock.advance(3600);
            kennel.script().ahead += 3600;
            assert_eq!(fails(&issuer, &kennel).await, "provider_failed", "{name} {url}");
        }
    }
}

#[tokio::test]
async fn a_token_of_the_provider_is_never_taken() {
    let (issuer, kennel) = stage().await;
    let code = through(&issuer, &kennel).await;
    for name in ["id_token", "access_token"] {
        let body = json!({ "code": code, "code_verifier": super::browser::VERIFIER, name: "x" });
        let answer = issuer.post("/v1/login/exchange", None, body).await;
        assert_eq!(answer.problem(422, "fields_invalid")["fields"][0]["field"], name);
        let body = json!({ "code": "x", "state": "x", name: "x" });
        let answer = issuer.post("/v1/login/kennel/finish", None, body).await;
        assert_eq!(answer.problem(422, "fields_invalid")["fields"][0]["field"], name);
    }
}

#[tokio::test]
async fn a_provider_that_was_pointed_elsewhere_opens_nothing_that_it_opened() {
    let (issuer, kennel) = stage_with("", &[]).await;
    let before = log_in(&issuer, &kennel).await;
    let other = super::Kennel::start().await;
    let text = settings(&other, "");
    let folder = issuer.app.settings.data_dir.display().to_string();
    let url = issuer.app.settings.database_url.clone();
    let variables = [("LAIKA_DATA_DIR", folder.as_str()), ("LAIKA_DATABASE_URL", url.as_str())];
    let again = Issuer::configured(&text, &variables).await;
    // The same database, and the same subject at another authority.
    let after = exchange(&again, &through(&again, &other).await, None).await.expect(201);
    assert_ne!(after["user"]["id"], before["user"]["id"]);
}
