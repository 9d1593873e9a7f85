//! Token exchange (RFC 8693).

use laika_issuer::seed::{self, Seed};
use serde_json::json;

use super::{EXCHANGE, MAIN, MICRO, account, form, refused};
use crate::accounts::{SECOND, log_in, register};
use crate::factors::{enrol, step_up};
use crate::status::WEAKER;
use crate::support::{Answer, Issuer, claims};

async fn exchange(
    issuer: &Issuer,
    basic: Option<(&str, &str)>,
    (kind, token): (&str, &str),
    more: &[(&str, &str)],
) -> Answer {
    let ask = [("grant_type", EXCHANGE), ("subject_token", token), ("subject_token_type", kind)];
    form(issuer, "/oauth2/token", basic, &[&ask[..], more].concat()).await
}

/// Two services that share tokens; a token for both.
pub(super) async fn shared(issuer: &Issuer) -> String {
    let seed: Seed = toml::from_str(
        "[[services]]\nname = \"orders\"\nmay_share_with = [\"depot\"]\npermissions = \
         [\"orders:read\", \"orders:create\"]\n[[services]]\nname = \"depot\"\nmay_share_with = \
         [\"orders\"]\npermissions = [\"depot:open\"]\n",
    )
    .unwrap();
    seed::import(&issuer.app, &seed).await.unwrap();
    let main = issuer.log_in().await;
    let body = json!({ "services": ["orders", "depot"] });
    issuer.post("/v1/tokens/micro", Some(&main), body).await.text_of("micro_token")
}

#[tokio::test]
async fn a_main_token_is_exchanged_for_a_token_at_a_service() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let answer = exchange(&issuer, None, (MAIN, &main), &[("audience", "orders")]).await;
    let body = answer.expect(200);
    assert_eq!(body["issued_token_type"], MICRO);
    assert!(body.get("refresh_token").is_none());
    let token = claims(body["access_token"].as_str().unwrap());
    assert_eq!((&token["username"], &token["aud"]), (&json!("laika"), &json!(["orders"])));
    assert!(token.get("act").is_none());
    refused(&exchange(&issuer, None, (MAIN, &main), &[]).await, "invalid_target");
    refused(
        &exchange(&issuer, None, (MAIN, "x"), &[("audience", "orders")]).await,
        "invalid_grant",
    );
    let odd = "urn:ietf:params:oauth:token-type:saml2";
    let answer = exchange(&issuer, None, (odd, &main), &[("audience", "orders")]).await;
    refused(&answer, "invalid_request");
}

#[tokio::test]
async fn a_service_passes_a_token_on_and_says_so() {
    let issuer = Issuer::start().await;
    let micro = shared(&issuer).await;
    let secret = account(&issuer, "backend", Some("orders"), &[]).await;
    let own = Some(("backend", secret.as_str()));
    issuer.clock.advance(100);
    let answer = exchange(&issuer, own, (MICRO, &micro), &[("resource", "depot")]).await;
    assert_eq!(answer.expect(200)["expires_in"], 200, "no longer than the token it came from");
    let (before, after) = (claims(&micro), claims(&answer.text_of("access_token")));
    assert_eq!(after["aud"], json!(["depot"]));
    assert_eq!(after["exp"], before["exp"]);
    assert_eq!((&after["sub"], &after["sid"]), (&before["sub"], &before["sid"]));
    assert_eq!(after["act"], json!({ "sub": "svc:backend" }));
    assert_eq!(after["client_id"], "svc:backend");

    // The next one in the chain stands before those that acted earlier; the chain has an end.
    let next = account(&issuer, "warehouse", Some("depot"), &[]).await;
    let mut token = answer.text_of("access_token");
    for length in 2..=4 {
        let own = Some(("warehouse", next.as_str()));
        token = exchange(&issuer, own, (MICRO, &token), &[]).await.text_of("access_token");
        let text = claims(&token)["act"].to_string();
        assert_eq!(text.matches("svc:").count(), length, "{text}");
    }
    let answer = exchange(&issuer, Some(("warehouse", &next)), (MICRO, &token), &[]).await;
    refused(&answer, "invalid_request");
}

#[tokio::test]
async fn a_token_exchange_never_widens() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let body = json!({ "services": ["orders"], "permissions": ["orders:read"] });
    let micro = issuer.post("/v1/tokens/micro", Some(&main), body).await.text_of("micro_token");
    let secret = account(&issuer, "backend", Some("orders"), &[]).await;
    let own = Some(("backend", secret.as_str()));

    let answer = exchange(&issuer, own, (MICRO, &micro), &[]).await;
    let token = claims(&answer.text_of("access_token"));
    assert_eq!(token["permissions"], json!(["orders:read"]), "not what the holder has besides");
    let answer = exchange(&issuer, own, (MICRO, &micro), &[("scope", "orders:create")]).await;
    refused(&answer, "invalid_scope");
    for other in ["billing", "https://billing.example.com", "unheard-of"] {
        let answer = exchange(&issuer, own, (MICRO, &micro), &[("resource", other)]).await;
        refused(&answer, "invalid_target");
    }
    // Neither nobody, nor an account of another service or of none, nor another kind of token.
    refused(&exchange(&issuer, None, (MICRO, &micro), &[]).await, "unauthorized_client");
    for (name, service) in [("stranger", Some("billing")), ("loner", None)] {
        let secret = account(&issuer, name, service, &["orders/clerk"]).await;
        let answer = exchange(&issuer, Some((name, &secret)), (MICRO, &micro), &[]).await;
        refused(&answer, "invalid_grant");
    }
    refused(&exchange(&issuer, own, (MICRO, &main), &[]).await, "invalid_grant");
    refused(
        &exchange(&issuer, own, (MAIN, &micro), &[("audience", "orders")]).await,
        "invalid_grant",
    );
    let with_actor = [("actor_token", micro.as_str()), ("actor_token_type", MICRO)];
    refused(&exchange(&issuer, own, (MICRO, &micro), &with_actor).await, "invalid_request");
    // And nothing once something was lost, or the session is over.
    issuer.import(WEAKER).await;
    refused(&exchange(&issuer, own, (MICRO, &micro), &[]).await, "invalid_grant");
    let micro = issuer.micro(&main, "orders").await.text_of("micro_token");
    exchange(&issuer, own, (MICRO, &micro), &[]).await.expect(200);
    issuer.log_out(&main).await.expect(204);
    refused(&exchange(&issuer, own, (MICRO, &micro), &[]).await, "invalid_grant");
}

#[tokio::test]
async fn what_is_shown_later_is_not_in_what_an_earlier_token_is_exchanged_for() {
    let issuer = Issuer::start().await;
    let first = register(&issuer, "belka").await;
    let main = log_in(&issuer, "belka", SECOND).await.text_of("main_token");
    let (app, _) = enrol(&issuer, &first).await;
    let before = issuer.micro(&main, "orders").await.text_of("micro_token");
    issuer.clock.advance(60);
    let both = json!({ "password": SECOND, "totp": app.code(&issuer) });
    step_up(&issuer, &main, both).await.expect(200);
    let after = issuer.micro(&main, "orders").await.text_of("micro_token");
    let secret = account(&issuer, "backend", Some("orders"), &[]).await;
    for (micro, acr) in [(&before, "aal1"), (&after, "aal2")] {
        let answer = exchange(&issuer, Some(("backend", &secret)), (MICRO, micro), &[]).await;
        let (held, token) = (claims(micro), claims(&answer.text_of("access_token")));
        assert_eq!(token["acr"], acr);
        assert_eq!((&token["auth_time"], &token["amr"]), (&held["auth_time"], &held["amr"]));
    }
    assert_ne!(claims(&before)["auth_time"], claims(&after)["auth_time"]);
}

#[tokio::test]
async fn a_role_that_becomes_stronger_makes_no_earlier_token_stronger() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let micro = issuer.micro(&main, "orders").await.text_of("micro_token");
    issuer
        .import(
            &WEAKER
                .replace("level = 50", "level = 5")
                .replace("[\"orders:read\"]", "[\"orders:read\", \"orders:create\"]"),
        )
        .await;
    let next = issuer.micro(&main, "orders").await.text_of("micro_token");
    assert_eq!(claims(&next)["level"], 5);
    let secret = account(&issuer, "backend", Some("orders"), &[]).await;
    let answer = exchange(&issuer, Some(("backend", &secret)), (MICRO, &micro), &[]).await;
    assert_eq!(claims(&answer.text_of("access_token"))["level"], 50);
}

#[tokio::test]
async fn an_anonymous_holders_token_becomes_no_token_of_the_person_whom_they_have_become() {
    let issuer = Issuer::start().await;
    // No loss marks its tokens.
    let news = "[[services]]\nname = \"news\"\nstale = false\npermissions = [\"news:read\"]\n\
                [services.anonymous]\npermissions = [\"news:read\"]\n";
    issuer.import(news).await;
    let body = json!({ "service": "news", "session": true });
    let tokens = issuer.post("/v1/tokens/anonymous", None, body).await;
    let (main, micro) = (tokens.text_of("main_token"), tokens.text_of("micro_token"));
    let secret = account(&issuer, "backend", Some("news"), &[]).await;
    let own = Some(("backend", secret.as_str()));
    let answer = exchange(&issuer, own, (MICRO, &micro), &[]).await;
    let token = claims(&answer.text_of("access_token"));
    assert_eq!((&token["anonymous"], &token["permissions"]), (&json!(true), &json!(["news:read"])));
    let body = json!({ "username": "belka", "email": "belka@example.com", "password": SECOND });
    issuer.post("/v1/users", Some(&main), body).await.expect(201);
    refused(&exchange(&issuer, own, (MICRO, &micro), &[]).await, "invalid_grant");
}
