//! Browsers: the main token in a cookie, and pages of other origins.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use crate::support::{Answer, Issuer, PASSWORD, PUBLIC_URL};

#[tokio::test]
async fn a_browser_holds_its_main_token_where_script_cannot_read_it() {
    let issuer = Issuer::start().await;
    let answer = log_in(&issuer, Some(PUBLIC_URL)).await;
    let tokens = answer.expect(201);
    assert!(tokens.get("main_token").is_none());
    assert_eq!(tokens["main_expires_in"], 30 * 24 * 3600);
    let set = answer.header("set-cookie");
    let attributes = "; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax";
    assert!(set.starts_with("laika_main=ey") && set.ends_with(attributes), "{set}");

    let cookie = pair(&answer);
    let me = call(&issuer, Method::GET, "/v1/me", &cookie, None, None).await;
    assert_eq!(me.expect(200)["username"], "laika");
    let body = Some(json!({ "services": ["orders"] }));
    let path = "/v1/tokens/micro";
    let micro = call(&issuer, Method::POST, path, &cookie, Some(PUBLIC_URL), body).await;
    assert!(micro.expect(200)["micro_token"].is_string());

    let path = "/v1/sessions/current/renew";
    let renewed = call(&issuer, Method::POST, path, &cookie, Some(PUBLIC_URL), None).await;
    assert!(renewed.expect(200).get("main_token").is_none());
    let fresh = pair(&renewed);
    assert_ne!(fresh, cookie);

    let path = "/v1/sessions/current";
    let out = call(&issuer, Method::DELETE, path, &fresh, Some(PUBLIC_URL), None).await;
    out.expect(204);
    assert!(out.header("set-cookie").starts_with("laika_main=; Path=/; Max-Age=0"));
    let gone = call(&issuer, Method::GET, "/v1/me", &fresh, None, None).await;
    gone.problem(401, "session_ended");
}

#[tokio::test]
async fn over_tls_the_cookie_is_bound_to_the_host() {
    let issuer = Issuer::with(&[("LAIKA_PUBLIC_URL", "https://id.example.com")]).await;
    let answer = log_in(&issuer, Some("https://id.example.com")).await;
    answer.expect(201);
    let set = answer.header("set-cookie");
    assert!(set.starts_with("__Host-laika_main=ey"), "{set}");
    assert!(set.contains("; Secure") && set.contains("; Path=/;") && !set.contains("Domain"));
    // A cookie without the prefix could come from a neighbour; it is not looked at.
    let cookie = pair(&answer).replace("__Host-", "");
    let me = call(&issuer, Method::GET, "/v1/me", &cookie, None, None).await;
    me.problem(401, "token_missing");
}

#[tokio::test]
async fn a_page_of_another_origin_can_neither_use_nor_plant_the_cookie() {
    let issuer = Issuer::start().await;
    let cookie = pair(&log_in(&issuer, Some(PUBLIC_URL)).await);
    for origin in [
        Some("https://evil.example"),
        Some("null"),
        Some("http://127.0.0.1:8081"),
        Some("http://127.0.0.1:8080.evil.example"),
        None,
    ] {
        log_in(&issuer, origin).await.problem(403, "origin_refused");
        let body = Some(json!({ "services": ["orders"] }));
        for (method, path, body) in [
            (Method::POST, "/v1/tokens/micro", body),
            (Method::POST, "/v1/sessions/current/renew", None),
            (Method::DELETE, "/v1/sessions/current", None),
        ] {
            let answer = call(&issuer, method, path, &cookie, origin, body).await;
            answer.problem(403, "origin_refused");
        }
        if origin.is_some() {
            let answer = call(&issuer, Method::GET, "/v1/me", &cookie, origin, None).await;
            answer.problem(403, "origin_refused");
        }
    }
    let still = call(&issuer, Method::GET, "/v1/me", &cookie, None, None).await;
    still.expect(200);
}

#[tokio::test]
async fn a_form_cannot_speak_for_a_browser() {
    let issuer = Issuer::start().await;
    let cookie = pair(&log_in(&issuer, Some(PUBLIC_URL)).await);
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let request = Request::post("/v1/tokens/micro")
            .header("cookie", &cookie)
            .header("origin", PUBLIC_URL)
            .header("content-type", kind)
            .body(Body::from(r#"{"services":["orders"]}"#))
            .unwrap();
        issuer.call(request).await.problem(415, "media_type_unsupported");
    }
}

#[tokio::test]
async fn a_request_with_two_tokens_is_not_guessed_at() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let cookie = pair(&log_in(&issuer, Some(PUBLIC_URL)).await);
    let bearer = format!("Bearer {main}");
    let get = || Request::get("/v1/me");
    for request in [
        get().header("cookie", &cookie).header("authorization", &bearer),
        get().header("authorization", &bearer).header("authorization", &bearer),
        get().header("cookie", format!("{cookie}; {cookie}")),
    ] {
        let answer = issuer.call(request.body(Body::empty()).unwrap()).await;
        answer.problem(400, "request_invalid");
    }
    for scheme in ["Basic bGFpa2E6", "Bearer", main.as_str()] {
        let request = get().header("authorization", scheme).body(Body::empty()).unwrap();
        issuer.call(request).await.problem(401, "token_malformed");
    }
    let request = get().header("authorization", format!("bearer {main}")).body(Body::empty());
    issuer.call(request.unwrap()).await.expect(200);
}

#[tokio::test]
async fn configured_origins_may_call_with_credentials_and_others_may_not() {
    let app = "https://app.example.com";
    let issuer = Issuer::with(&[("LAIKA_ALLOWED_ORIGINS", app)]).await;
    log_in(&issuer, Some(app)).await.expect(201);
    let preflight = |origin: &str| {
        Request::options("/v1/tokens/micro")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type")
            .body(Body::empty())
            .unwrap()
    };
    let answer = issuer.call(preflight(app)).await;
    answer.expect(200);
    assert_eq!(answer.header("access-control-allow-origin"), app);
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
    assert!(answer.header("access-control-allow-headers").contains("authorization"));
    let answer = issuer.call(preflight("https://evil.example")).await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
    // A problem must be readable too, or the page sees only that something failed.
    let request = Request::get("/v1/me").header("origin", app).body(Body::empty()).unwrap();
    let answer = issuer.call(request).await;
    answer.problem(401, "token_missing");
    assert_eq!(answer.header("access-control-allow-origin"), app);
}

async fn log_in(issuer: &Issuer, origin: Option<&str>) -> Answer {
    let body = json!({ "login": "laika", "password": PASSWORD, "transport": "cookie" });
    call(issuer, Method::POST, "/v1/sessions", "", origin, Some(body)).await
}

async fn call(
    issuer: &Issuer,
    method: Method,
    path: &str,
    cookie: &str,
    origin: Option<&str>,
    body: Option<Value>,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if !cookie.is_empty() {
        request = request.header("cookie", format!("theme=dark; {cookie}"));
    }
    if let Some(origin) = origin {
        request = request.header("origin", origin);
    }
    let body = match body {
        Some(body) => {
            request = request.header("content-type", "application/json");
            Body::from(body.to_string())
        }
        None => Body::empty(),
    };
    issuer.call(request.body(body).unwrap()).await
}

/// `name=value` of the cookie that an answer sets.
fn pair(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}
