//! HS256: one service shares a secret with the issuer, and what that must not lead to.

use laika_claims::ErrorCode;
use laika_claims::token::{MAIN_TYP, MICRO_TYP};
use laika_issuer::keys::SharedSecret;
use laika_issuer::keys::jws::{self, Signer};
use laika_issuer::secret::Secret;
use serde_json::{Value, json};

use crate::oauth2::{EXCHANGE, MICRO, account, form};
use crate::status::slot;
use crate::support::{Issuer, PUBLIC_URL, START, claims, header};
use crate::verifiers::Service;

const SECRET: &str = "uVsXkfYPwdWkYyMuZV0hCGcVNGnGm6NIbbyUtFXdHcg";
const OTHER: &str = "Dq8Pz2nuxGzUQ4dmZxXnTk5bm3XgVWlNDh0Mf5eC1z0";

const SEED: &str = r#"
[[services]]
name = "depot"
audience = "https://depot.example.com"
algorithm = "HS256"
permissions = ["depot:open", "depot:close"]
[[roles]]
name = "keeper"
service = "depot"
level = 50
permissions = ["depot:open", "depot:close"]
[[users]]
username = "belka"
email = "belka@example.com"
password = "first in orbit 1957"
roles = ["depot/keeper", "orders/clerk"]
"#;

const DEPOT: &str = "https://depot.example.com";

async fn start() -> (Issuer, String) {
    let issuer = Issuer::with(&[("LAIKA_MICRO_SECRET", SECRET)]).await;
    issuer.import(SEED).await;
    let body = json!({ "login": "belka", "password": crate::support::PASSWORD });
    let main = issuer.post("/v1/sessions", None, body).await.text_of("main_token");
    (issuer, main)
}

async fn micro(issuer: &Issuer, main: &str) -> String {
    issuer.micro(main, "depot").await.text_of("micro_token")
}

/// A token that whoever knows the secret makes of these claims.
fn forge(typ: &str, claims: &Value) -> String {
    let secret = SharedSecret::parse(&Secret::from(SECRET.to_owned())).unwrap();
    jws::sign(Signer::Secret(&secret), typ, claims).unwrap()
}

#[tokio::test]
async fn a_service_that_shares_the_secret_verifies_tokens_and_their_revocation() {
    let (issuer, main) = start().await;
    let mut service = Service::sharing(DEPOT, SECRET);
    let token = micro(&issuer, &main).await;
    assert_eq!(header(&token), json!({ "alg": "HS256", "typ": "at+jwt" }), "a secret has no name");
    let verified = service.judge(&issuer, &token).await.unwrap();
    assert_eq!(verified.subject(), claims(&token)["sub"]);
    assert!(slot(&token).0.starts_with("/status/HS256/"), "{:?}", slot(&token));
    let list = issuer.get(&slot(&token).0, None).await;
    assert_eq!(list.header("content-type"), "application/statuslist+jwt");
    assert_eq!(header(&list.text), json!({ "alg": "HS256", "typ": "statuslist+jwt" }));

    // What is lost makes it stale, and the end of the session revokes it, within ten seconds.
    let weaker = SEED.replace(
        "\nlevel = 50\npermissions = [\"depot:open\", \"depot:close\"]",
        "\nlevel = 50\npermissions = [\"depot:open\"]",
    );
    assert_ne!(weaker, SEED);
    issuer.import(&weaker).await;
    issuer.clock.advance(9);
    assert_eq!(service.judge(&issuer, &token).await.unwrap_err(), ErrorCode::Stale);
    let token = micro(&issuer, &main).await;
    assert_eq!(claims(&token)["permissions"], json!(["depot:open"]));
    service.judge(&issuer, &token).await.unwrap();
    issuer.log_out(&main).await.expect(204);
    issuer.clock.advance(9);
    assert_eq!(service.judge(&issuer, &token).await.unwrap_err(), ErrorCode::Revoked);

    let mut stranger = Service::sharing(DEPOT, OTHER);
    assert_eq!(stranger.judge(&issuer, &token).await.unwrap_err(), ErrorCode::SignatureInvalid);
    let mut public = Service::of(DEPOT);
    assert_eq!(public.judge(&issuer, &token).await.unwrap_err(), ErrorCode::AlgorithmNotAllowed);
}

#[tokio::test]
async fn the_secret_is_in_no_key_set_no_pem_and_no_list_of_keys() {
    let (issuer, main) = start().await;
    micro(&issuer, &main).await;
    let set = issuer.get("/.well-known/jwks.json", None).await.expect(200);
    for key in set["keys"].as_array().unwrap() {
        assert!(key["kty"] != "oct" && key.get("k").is_none() && key["alg"] != "HS256", "{key}");
    }
    let pem = issuer.get("/v1/public-key", None).await;
    assert!(pem.text.starts_with("-----BEGIN PUBLIC KEY-----"), "{}", pem.text);
    let listed = laika_issuer::keys::list(&issuer.app).await.unwrap();
    assert!(listed.iter().all(|key| key.algorithm != "HS256"), "{listed:?}");
    assert_eq!(header(&main)["alg"], "RS256", "main tokens are signed with a key pair");
    assert!(!format!("{:?}", issuer.app.settings).contains(SECRET));
}

#[tokio::test]
async fn the_service_that_knows_the_secret_makes_no_main_token() {
    let (issuer, main) = start().await;
    let token = forge(MAIN_TYP, &claims(&main));
    for _ in 0..2 {
        issuer.get("/v1/me", Some(&token)).await.problem(401, "key_not_found");
    }
    let micro = forge(MICRO_TYP, &claims(&main));
    issuer.get("/v1/me", Some(&micro)).await.problem(401, "type_mismatch");
}

#[tokio::test]
async fn the_service_that_knows_the_secret_gets_no_token_for_another_service() {
    let (issuer, main) = start().await;
    let secret = account(&issuer, "depot-backend", Some("depot"), &[]).await;
    let own = Some(("depot-backend", secret.as_str()));
    let ask = async |token: &str, resource: &str| {
        let parameters = [
            ("grant_type", EXCHANGE),
            ("subject_token", token),
            ("subject_token_type", MICRO),
            ("resource", resource),
        ];
        form(&issuer, "/oauth2/token", own, &parameters).await
    };
    let token = micro(&issuer, &main).await;
    let granted = ask(&token, "depot").await.expect(200);
    assert_eq!(header(granted["access_token"].as_str().unwrap())["alg"], "HS256");

    // It makes a token for all its visitor's services, and asks for one of a key pair in return.
    let both = |aud: Value| {
        let mut claims = claims(&token);
        claims["aud"] = aud;
        claims["permissions"] = json!(["orders:*", "depot:*"]);
        claims["roles"] = json!(["orders/clerk", "depot/keeper"]);
        forge(MICRO_TYP, &claims)
    };
    for aud in [json!([DEPOT, "orders"]), json!(["orders", DEPOT]), json!(["orders"]), json!([])] {
        let forged = both(aud.clone());
        for resource in ["orders", "depot"] {
            assert_eq!(ask(&forged, resource).await.expect(400)["error"], "invalid_grant", "{aud}");
        }
        let parameters = [("token", forged.as_str())];
        let told = form(&issuer, "/oauth2/introspect", own, &parameters).await.expect(200);
        assert_eq!(told, json!({ "active": false }), "{aud}");
    }
    let told = form(&issuer, "/oauth2/introspect", own, &[("token", &token)]).await.expect(200);
    assert_eq!((&told["active"], &told["aud"]), (&json!(true), &json!([DEPOT])));
}

#[tokio::test]
async fn an_hmac_over_a_public_key_or_under_the_name_of_a_key_proves_nothing() {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let (issuer, main) = start().await;
    let secret = account(&issuer, "backend", Some("depot"), &[]).await;
    let ask = async |token: &str| {
        let own = Some(("backend", secret.as_str()));
        form(&issuer, "/oauth2/introspect", own, &[("token", token)]).await.expect(200)
    };
    let token = micro(&issuer, &main).await;
    assert_eq!(ask(&token).await["active"], true);
    let payload = token.split('.').nth(1).unwrap();
    let signed = |header: Value, key: &[u8]| {
        let message = format!("{}.{payload}", URL_SAFE_NO_PAD.encode(header.to_string()));
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key);
        let tag = aws_lc_rs::hmac::sign(&key, message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
    };
    let good = URL_SAFE_NO_PAD.decode(SECRET).unwrap();
    let header = json!({ "alg": "HS256", "typ": "at+jwt" });
    assert_eq!(ask(&signed(header.clone(), &good)).await["active"], true);
    let pem = issuer.get("/v1/public-key", None).await.text;
    let kid = crate::support::header(&main)["kid"].clone();
    let named = json!({ "alg": "HS256", "typ": "at+jwt", "kid": kid });
    for (header, key) in [
        (header, pem.as_bytes()),
        (named.clone(), pem.as_bytes()),
        (named, &good),
        (json!({ "alg": "RS256", "typ": "at+jwt" }), &good),
        (json!({ "alg": "none", "typ": "at+jwt" }), &good),
        (json!({ "alg": "HS256", "typ": "main+jwt" }), &good),
    ] {
        let forged = signed(header.clone(), key);
        assert_eq!(ask(&forged).await, json!({ "active": false }), "{header}");
    }
}

#[tokio::test]
async fn one_service_may_share_the_secret_and_only_where_there_is_one() {
    let (issuer, _) = start().await;
    let root = crate::admin::stage::root(&issuer).await;
    let send = async |method: &str, path: &str, body: Value| {
        let method = axum::http::Method::from_bytes(method.as_bytes()).unwrap();
        root.sends(&issuer, method, path, body).await
    };
    let second = json!({ "name": "garage", "algorithm": "HS256" });
    let problem = send("POST", "/services", second).await.problem(422, "fields_invalid");
    assert_eq!(problem["fields"][0]["field"], "algorithm");
    assert!(problem["fields"][0]["detail"].as_str().unwrap().contains("`depot`"), "{problem}");
    let hs256 = json!({ "algorithm": "HS256" });
    send("PATCH", "/services/orders", hs256.clone()).await.problem(422, "fields_invalid");
    assert_eq!(
        send("PATCH", "/services/depot", hs256.clone()).await.expect(200)["algorithm"],
        "HS256"
    );
    // Once the first has another one, it is free; old tokens of the first prove nothing then.
    send("PATCH", "/services/depot", json!({ "algorithm": "ES256" })).await.expect(200);
    send("PATCH", "/services/orders", hs256).await.expect(200);

    let without = Issuer::start().await;
    let root = crate::admin::stage::root(&without).await;
    let body = json!({ "name": "depot", "algorithm": "HS256" });
    let answer = root.sends(&without, axum::http::Method::POST, "/services", body).await;
    let problem = answer.problem(422, "fields_invalid");
    assert!(
        problem["fields"][0]["detail"].as_str().unwrap().contains("`micro.secret`"),
        "{problem}"
    );
    without.get("/status/HS256/0", None).await.problem(404, "not_found");
}

#[tokio::test]
async fn tokens_of_a_secret_that_no_service_shares_any_more_prove_nothing() {
    let (issuer, main) = start().await;
    let secret = account(&issuer, "backend", Some("depot"), &[]).await;
    let token = micro(&issuer, &main).await;
    let ask = async || {
        let own = Some(("backend", secret.as_str()));
        form(&issuer, "/oauth2/introspect", own, &[("token", &token)]).await.expect(200)
    };
    assert_eq!(ask().await["active"], true);
    issuer.import(&SEED.replace("HS256", "ES256")).await;
    assert_eq!(ask().await, json!({ "active": false }));
    assert_eq!(claims(&token)["iss"], PUBLIC_URL);
    assert!(claims(&token)["exp"].as_i64().unwrap() > START);
}
