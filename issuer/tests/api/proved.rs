//! Tokens that were proved before: what may have changed since is asked at every use.

use serde_json::json;

use crate::keys::revoke;
use crate::oauth2::{account, form};
use crate::support::{Issuer, header};

fn kid(token: &str) -> String {
    header(token)["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_main_token_is_refused_once_its_key_is_revoked() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    for _ in 0..2 {
        issuer.get("/v1/me", Some(&main)).await.expect(200);
    }
    revoke(&issuer.app, &kid(&main)).await.unwrap();
    for _ in 0..2 {
        issuer.get("/v1/me", Some(&main)).await.problem(401, "key_not_found");
    }
}

#[tokio::test]
async fn a_micro_token_is_not_active_once_it_expired_or_its_key_is_revoked() {
    let issuer = Issuer::start().await;
    let secret = account(&issuer, "backend", Some("orders"), &[]).await;
    let main = issuer.log_in().await;
    let ask = async |token: &str| {
        let own = Some(("backend", secret.as_str()));
        form(&issuer, "/oauth2/introspect", own, &[("token", token)]).await.expect(200)
    };
    let old = issuer.micro(&main, "orders").await.text_of("micro_token");
    for _ in 0..2 {
        assert_eq!(ask(&old).await["active"], true);
    }
    issuer.clock.advance(300);
    assert_eq!(ask(&old).await, json!({ "active": false }), "expired");

    let new = issuer.micro(&main, "orders").await.text_of("micro_token");
    for _ in 0..2 {
        assert_eq!(ask(&new).await["active"], true);
    }
    revoke(&issuer.app, &kid(&new)).await.unwrap();
    assert_eq!(ask(&new).await, json!({ "active": false }), "its key is revoked");
}

#[tokio::test]
async fn a_changed_token_and_one_of_another_kind_gain_nothing_by_one_that_was_proved() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let micro = issuer.micro(&main, "orders").await.text_of("micro_token");
    issuer.get("/v1/me", Some(&main)).await.expect(200);
    let (signed, signature) = main.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { "B" } else { "A" };
    let changed = format!("{signed}.{other}{}", &signature[1..]);
    for _ in 0..2 {
        issuer.get("/v1/me", Some(&changed)).await.problem(401, "signature_invalid");
        issuer.get("/v1/me", Some(&micro)).await.problem(401, "type_mismatch");
        issuer.get("/v1/me", Some(&main)).await.expect(200);
    }
}

#[tokio::test]
async fn two_sessions_stay_two() {
    let issuer = Issuer::start().await;
    let mains = [issuer.log_in().await, issuer.log_in().await];
    for _ in 0..2 {
        let sessions =
            [issuer.micro(&mains[0], "orders").await, issuer.micro(&mains[1], "orders").await].map(
                |answer| crate::support::claims(&answer.text_of("micro_token"))["sid"].clone(),
            );
        assert_ne!(sessions[0], sessions[1]);
        for (session, main) in sessions.iter().zip(&mains) {
            assert_eq!(*session, crate::support::claims(main)["sid"]);
        }
    }
}
