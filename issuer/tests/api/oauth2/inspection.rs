//! Introspection (RFC 7662), revocation (RFC 7009), metadata (RFC 8414).

use laika_issuer::seed::{self, Seed};
use serde_json::json;

use laika_issuer::keys::jws;

use super::exchange::shared;
use super::{account, form, interrupt, own_token, refused};
use crate::support::{Issuer, PUBLIC_URL, claims};

const INTROSPECT: &str = "/oauth2/introspect";
const REVOKE: &str = "/oauth2/revoke";

#[tokio::test]
async fn a_token_is_active_until_its_session_ends_or_its_holder_loses_something() {
    let issuer = Issuer::start().await;
    let secret = account(&issuer, "backend", Some("orders"), &["orders/clerk"]).await;
    let own = Some(("backend", secret.as_str()));
    let ask = async |token: &str| {
        form(&issuer, INTROSPECT, own, &[("token", token), ("token_type_hint", "x")])
            .await
            .expect(200)
    };
    let main = issuer.log_in().await;
    let micro = issuer.micro(&main, "orders").await.text_of("micro_token");
    let mut expected = claims(&micro);
    expected["active"] = json!(true);
    expected["token_type"] = json!("Bearer");
    assert_eq!(ask(&micro).await, expected);

    let seed: Seed = toml::from_str(
        "[[roles]]\nname = \"clerk\"\nservice = \"orders\"\nlevel = 50\npermissions = \
         [\"orders:read\"]",
    )
    .unwrap();
    seed::import(&issuer.app, &seed).await.unwrap();
    assert_eq!(ask(&micro).await, json!({ "active": false }), "a permission was lost");
    let micro = issuer.micro(&main, "orders").await.text_of("micro_token");
    assert_eq!(ask(&micro).await["active"], true);
    issuer.log_out(&main).await.expect(204);
    assert_eq!(ask(&micro).await, json!({ "active": false }));

    let again = issuer.micro(&issuer.log_in().await, "orders").await.text_of("micro_token");
    issuer.clock.advance(300);
    assert_eq!(ask(&again).await, json!({ "active": false }), "it expired");
    assert_eq!(ask("garbage").await, json!({ "active": false }));
    let own_token = [("grant_type", "client_credentials"), ("resource", "orders")];
    let token = form(&issuer, "/oauth2/token", own, &own_token).await.text_of("access_token");
    assert_eq!(ask(&token).await["sub"], "svc:backend");
}

#[tokio::test]
async fn a_token_whose_slot_is_marked_is_not_active() {
    let issuer = Issuer::start().await;
    let secret = account(&issuer, "backend", Some("orders"), &["orders/clerk"]).await;
    let own = Some(("backend", secret.as_str()));
    let active = async |token: &str| {
        form(&issuer, INTROSPECT, own, &[("token", token)]).await.expect(200)["active"].clone()
    };
    let mint =
        async || own_token(&issuer, ("backend", &secret), "orders").await.text_of("access_token");
    let token = mint().await;
    assert_eq!(active(&token).await, true);
    interrupt(&issuer, "backend").await;
    assert_eq!(active(&token).await, false, "revoked");
    let token = mint().await;
    let main = issuer.log_in().await;
    let micro = issuer.micro(&main, "orders").await.text_of("micro_token");
    assert_eq!((active(&token).await, active(&micro).await), (json!(true), json!(true)));
    issuer
        .import(
            "[[roles]]\nname = \"clerk\"\nservice = \"orders\"\nlevel = 60\npermissions = \
             [\"orders:read\", \"orders:create\"]",
        )
        .await;
    assert_eq!(
        (active(&token).await, active(&micro).await),
        (json!(false), json!(false)),
        "weaker"
    );
}

#[tokio::test]
async fn a_token_for_services_that_share_no_more_is_active_until_it_expires() {
    let issuer = Issuer::start().await;
    let micro = shared(&issuer).await;
    let secret = account(&issuer, "backend", Some("orders"), &[]).await;
    issuer.import("[[services]]\nname = \"orders\"\n[[services]]\nname = \"depot\"").await;
    let own = Some(("backend", secret.as_str()));
    let answer = form(&issuer, INTROSPECT, own, &[("token", &micro)]).await;
    assert_eq!(answer.expect(200)["active"], true);
}

#[tokio::test]
async fn no_claim_of_a_token_stands_beside_what_introspection_says() {
    let issuer = Issuer::start().await;
    let secret = account(&issuer, "backend", Some("orders"), &[]).await;
    let micro = issuer.micro(&issuer.log_in().await, "orders").await.text_of("micro_token");
    // As older versions let a template have it.
    let mut said = claims(&micro);
    said["active"] = json!(false);
    said["token_type"] = json!("mac");
    let keys = issuer.app.keys.current();
    let key = keys.active(keys.default_algorithm()).unwrap();
    let token = jws::sign(key, "at+jwt", &said).unwrap();
    let own = Some(("backend", secret.as_str()));
    let answer = form(&issuer, INTROSPECT, own, &[("token", &token)]).await;
    let body = answer.expect(200);
    assert_eq!((&body["active"], &body["token_type"]), (&json!(true), &json!("Bearer")));
    for name in ["\"active\"", "\"token_type\""] {
        assert_eq!(answer.text.matches(name).count(), 1, "{}", answer.text);
    }
}

#[tokio::test]
async fn introspection_tells_a_service_nothing_of_other_services_tokens() {
    let issuer = Issuer::start().await;
    let secret = account(&issuer, "backend", Some("billing"), &[]).await;
    let loner = account(&issuer, "loner", None, &["administrator"]).await;
    let main = issuer.log_in().await;
    let orders = issuer.micro(&main, "orders").await.text_of("micro_token");
    let billing = issuer.micro(&main, "billing").await.text_of("micro_token");
    let ask = async |id: &str, secret: &str, token: &str| {
        form(&issuer, INTROSPECT, Some((id, secret)), &[("token", token)]).await.expect(200)
    };
    assert_eq!(ask("backend", &secret, &billing).await["active"], true);
    assert_eq!(ask("backend", &secret, &orders).await, json!({ "active": false }));
    assert_eq!(ask("backend", &secret, &main).await, json!({ "active": false }), "a main token");
    assert_eq!(ask("loner", &loner, &orders).await, json!({ "active": false }));
    refused(&form(&issuer, INTROSPECT, None, &[("token", &orders)]).await, "invalid_client");
    let own = Some(("backend", secret.as_str()));
    refused(&form(&issuer, INTROSPECT, own, &[]).await, "invalid_request");
    let bearer = issuer.post(INTROSPECT, Some(&main), json!({})).await;
    refused(&bearer, "invalid_request");
}

#[tokio::test]
async fn a_token_of_which_nothing_is_known_at_the_moment_is_not_taken_for_revoked() {
    let issuer = Issuer::start().await;
    let main = Issuer::stranger().await.log_in().await;
    issuer.clock.advance(10);
    assert_eq!(form(&issuer, REVOKE, None, &[("token", &main)]).await.status, 200);
    // Its key may be one that another replica signs with since a moment ago.
    issuer.clock.advance(10);
    issuer.app.db.close().await;
    let answer = form(&issuer, REVOKE, None, &[("token", &main)]).await;
    answer.problem(503, "database_unavailable");
}

#[tokio::test]
async fn a_main_token_is_revoked_and_a_micro_token_is_not() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let micro = issuer.micro(&main, "orders").await.text_of("micro_token");
    refused(&form(&issuer, REVOKE, None, &[("token", &micro)]).await, "unsupported_token_type");
    issuer.get("/v1/me", Some(&main)).await.expect(200);
    let next = issuer.renew(&main).await.text_of("main_token");
    for _ in 0..2 {
        // The token before counts as well: its holder wants the session to end.
        assert_eq!(form(&issuer, REVOKE, None, &[("token", &main)]).await.status, 200);
        issuer.get("/v1/me", Some(&next)).await.problem(401, "session_ended");
    }
    assert_eq!(form(&issuer, REVOKE, None, &[("token", "garbage")]).await.status, 200);
    refused(&form(&issuer, REVOKE, None, &[]).await, "invalid_request");
    let wrong = Some(("nobody", "laika_svc_x"));
    refused(&form(&issuer, REVOKE, wrong, &[("token", &main)]).await, "invalid_client");
}

#[tokio::test]
async fn metadata_name_every_endpoint() {
    let issuer = Issuer::start().await;
    let metadata = issuer.get("/.well-known/oauth-authorization-server", None).await.expect(200);
    for (name, path) in [
        ("token_endpoint", "/oauth2/token"),
        ("introspection_endpoint", INTROSPECT),
        ("revocation_endpoint", REVOKE),
    ] {
        assert_eq!(metadata[name], format!("{PUBLIC_URL}{path}"));
        issuer.get(path, None).await.problem(405, "method_not_allowed");
    }
    assert_eq!(metadata["grant_types_supported"].as_array().unwrap().len(), 3);
    issuer.get("/.well-known/openid-configuration", None).await.problem(404, "not_found");
}
