//! What services set: claim templates, and how soon a change is seen.

use laika_issuer::seed::{self, Seed};
use serde_json::json;

use crate::support::{Issuer, claims};

async fn import(issuer: &Issuer, text: &str) -> Result<(), laika_issuer::problem::Problem> {
    let seed: Seed = toml::from_str(text).unwrap();
    seed::import(&issuer.app, &seed).await.map(|_| ())
}

#[tokio::test]
async fn a_claim_template_adds_what_the_service_wants() {
    let issuer = Issuer::start().await;
    let text = "[[services]]\nname = \"orders\"\n[services.claim_template]\nemail = \"$user.email\"\n\
                picture = \"$user.avatar_url\"\ntenant = { name = \"north\", tier = 2 }\n";
    import(&issuer, text).await.unwrap();
    let main = issuer.log_in().await;
    let token = claims(&issuer.micro(&main, "orders").await.text_of("micro_token"));
    assert_eq!(token["email"], "laika@example.com");
    assert_eq!(token["tenant"], json!({ "name": "north", "tier": 2 }));
    assert!(token.get("picture").is_none(), "what is absent is left out");
    let other = claims(&issuer.micro(&main, "billing").await.text_of("micro_token"));
    assert!(other.get("tenant").is_none());
}

#[tokio::test]
async fn a_template_that_overwrites_sub_is_refused() {
    let issuer = Issuer::start().await;
    for claim in ["sub", "permissions", "aud", "anonymous", "status", "act"] {
        let text =
            format!("[[services]]\nname = \"orders\"\nclaim_template = {{ {claim} = \"x\" }}");
        let problem = import(&issuer, &text).await.unwrap_err();
        assert_eq!(problem.fields[0].field, format!("claim_template.{claim}"));
    }
    let text = "[[services]]\nname = \"orders\"\nclaim_template = { a = \"$user.password_hash\" }";
    assert_eq!(import(&issuer, text).await.unwrap_err().fields[0].field, "claim_template.a");
}

#[tokio::test]
async fn one_text_never_means_two_services() {
    let issuer = Issuer::start().await;
    let taken = "[[services]]\nname = \"other\"\naudience = \"orders\"";
    assert_eq!(import(&issuer, taken).await.unwrap_err().fields[0].field, "audience");
    import(&issuer, "[[services]]\nname = \"depot\"\naudience = \"stock\"").await.unwrap();
    let named = import(&issuer, "[[services]]\nname = \"stock\"\naudience = \"elsewhere\"").await;
    assert_eq!(named.unwrap_err().fields[0].field, "name");
    // Asked for by its audience, it is that service and no stranger of the name.
    let main = issuer.log_in().await;
    let token = claims(&issuer.micro(&main, "stock").await.text_of("micro_token"));
    assert_eq!(token["aud"], json!(["stock"]));
}

#[tokio::test]
async fn a_change_by_another_process_is_seen_within_two_seconds() {
    let issuer = Issuer::start().await;
    issuer.clock.advance(10);
    let main = issuer.log_in().await;
    let life = async || issuer.micro(&main, "orders").await.expect(200)["expires_in"].clone();
    assert_eq!(life().await, 300);
    let mut tx = issuer.app.db.write().await.unwrap();
    for statement in [
        "UPDATE services SET token_lifetime = 77 WHERE name = 'orders'",
        "UPDATE generations SET value = value + 1 WHERE name = 'services'",
    ] {
        sqlx::query(statement).execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
    issuer.clock.advance(1);
    assert_eq!(life().await, 300, "services are in memory");
    issuer.clock.advance(1);
    assert_eq!(life().await, 77);
    import(&issuer, "[[services]]\nname = \"orders\"\ntoken_lifetime = 55").await.unwrap();
    assert_eq!(life().await, 55, "what this process writes counts at once");
}
