//! What a micro token grants: services, narrowing, sharing, size.

use laika_issuer::seed::{self, Seed};
use serde_json::json;

use crate::admin::stage::{person, role};
use crate::support::{Issuer, claims, header};

#[tokio::test]
async fn narrowing_takes_away_and_never_adds() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let ask = |permissions: serde_json::Value| json!({ "services": ["orders"], "permissions": permissions });
    let answer = issuer.post("/v1/tokens/micro", Some(&main), ask(json!(["orders:read"]))).await;
    let claims = claims(&answer.text_of("micro_token"));
    assert_eq!(claims["permissions"], json!(["orders:read"]));
    assert_eq!(claims["scope"], "orders:read");

    for refused in ["orders:cancel", "orders:*", "billing:pay", "*"] {
        let answer = issuer.post("/v1/tokens/micro", Some(&main), ask(json!([refused]))).await;
        let problem = answer.problem(403, "permission_not_granted");
        assert_eq!(problem["missing"], json!([refused]));
        let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{refused}\"");
        assert_eq!(answer.header("www-authenticate"), challenge);
    }
    let answer = issuer.post("/v1/tokens/micro", Some(&main), ask(json!(["Orders"]))).await;
    assert_eq!(answer.problem(422, "fields_invalid")["fields"][0]["field"], "permissions");
}

#[tokio::test]
async fn a_service_sets_audience_life_and_algorithm() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let answer = issuer.micro(&main, "billing").await;
    assert_eq!(answer.expect(200)["expires_in"], 60);
    let token = answer.text_of("micro_token");
    assert_eq!(header(&token)["alg"], "EdDSA");
    let claims = claims(&token);
    assert_eq!(claims["aud"], json!(["https://billing.example.com"]));
    assert_eq!(claims["roles"], json!(["billing/payer", "user"]));
    assert_eq!(claims["permissions"], json!(["billing:*"]));
    assert_eq!(claims["scope"], "billing:pay", "patterns are expanded against the catalogue");
}

#[tokio::test]
async fn an_unknown_service_is_its_own_audience_and_grants_nothing() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let claims = claims(&issuer.micro(&main, "unheard-of").await.text_of("micro_token"));
    assert_eq!(claims["aud"], json!(["unheard-of"]));
    assert_eq!(claims["permissions"], json!([]));
    assert_eq!(claims["roles"], json!(["user"]));
    // Not even to whoever holds everything, or something that is called so.
    role(&issuer, "reader", 60, &["unheard-of:read"]).await;
    for held in ["administrator", "reader"] {
        let holder = person(&issuer, &[held]).await;
        assert_eq!(holder.permissions(&issuer, "unheard-of").await, json!([]), "{held}");
        let told = issuer.get("/v1/me/permissions?service=unheard-of", Some(&holder.main)).await;
        assert_eq!(told.expect(200)["permissions"], json!([]), "{held}");
        let ask = json!({ "services": ["unheard-of"], "permissions": ["unheard-of:read"] });
        let answer = issuer.post("/v1/tokens/micro", Some(&holder.main), ask).await;
        answer.problem(403, "permission_not_granted");
    }
    // Once it is registered, both count.
    import(&issuer, "[[services]]\nname = \"unheard-of\"").await;
    for (held, granted) in [("administrator", "unheard-of:*"), ("reader", "unheard-of:read")] {
        let holder = person(&issuer, &[held]).await;
        assert_eq!(holder.permissions(&issuer, "unheard-of").await, json!([granted]), "{held}");
    }
}

#[tokio::test]
async fn services_share_a_token_only_where_both_say_so() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let both = json!({ "services": ["orders", "depot"] });
    let depot = |share: &str| {
        format!("[[services]]\nname = \"depot\"\ntoken_lifetime = 100\nmay_share_with = [{share}]")
    };
    import(&issuer, &depot("\"orders\"")).await;
    let answer = issuer.post("/v1/tokens/micro", Some(&main), both.clone()).await;
    let problem = answer.problem(422, "fields_invalid");
    assert_eq!(problem["fields"][0]["field"], "services");

    import(
        &issuer,
        "[[services]]\nname = \"orders\"\nmay_share_with = [\"depot\"]\npermissions = [\"orders:read\"]",
    )
    .await;
    let answer = issuer.post("/v1/tokens/micro", Some(&main), both).await;
    assert_eq!(answer.expect(200)["expires_in"], 100, "the shortest of their lives");
    assert_eq!(claims(&answer.text_of("micro_token"))["aud"], json!(["orders", "depot"]));
    let different = json!({ "services": ["orders", "billing"] });
    issuer.post("/v1/tokens/micro", Some(&main), different).await.problem(422, "fields_invalid");
}

#[tokio::test]
async fn a_change_of_roles_shows_in_the_next_token() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let role = "[[roles]]\nname = \"clerk\"\nservice = \"orders\"\nlevel = 7\n";
    import(&issuer, &format!("{role}permissions = [\"orders:cancel\"]")).await;
    let claims = claims(&issuer.micro(&main, "orders").await.text_of("micro_token"));
    assert_eq!(claims["permissions"], json!(["orders:cancel"]));
    assert_eq!(claims["level"], 7);
    let now = issuer.get("/v1/me/permissions?service=orders", Some(&main)).await.expect(200);
    assert_eq!(now["permissions"], json!(["orders:cancel"]));
}

#[tokio::test]
async fn a_token_over_its_budget_first_loses_scope_and_is_then_refused() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let seed = |count: usize| {
        let list: Vec<_> = (0..count).map(|i| format!("\"orders:permission-{i:04}\"")).collect();
        let list = list.join(", ");
        format!(
            "[[services]]\nname = \"orders\"\npermissions = [{list}]\n[[roles]]\nname = \
             \"clerk\"\nservice = \"orders\"\nlevel = 5\npermissions = [{list}]"
        )
    };
    import(&issuer, &seed(70)).await;
    let token = issuer.micro(&main, "orders").await.text_of("micro_token");
    assert!(token.len() <= 4096, "{}", token.len());
    assert!(claims(&token).get("scope").is_none());
    import(&issuer, &seed(200)).await;
    let problem = issuer.micro(&main, "orders").await.problem(422, "token_over_budget");
    assert!(problem["detail"].as_str().unwrap().contains("`permissions`"), "{problem}");
}

async fn import(issuer: &Issuer, text: &str) {
    let seed: Seed = toml::from_str(text).unwrap();
    seed::import(&issuer.app, &seed).await.unwrap();
}
