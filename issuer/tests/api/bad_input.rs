//! Bad input to every endpoint: a problem that says what is wrong, never a fault of the service.

use axum::body::Body;
use axum::http::{Method, Request};
use laika_issuer::db;
use laika_issuer::problem::Problem;
use serde_json::{Value, json};

use crate::support::{Issuer, PASSWORD};

/// Every endpoint with a body, and one that it takes.
fn bodies() -> [(&'static str, Value); 3] {
    [
        (
            "/v1/users",
            json!({
                "username": "belka", "email": "belka@example.com",
                "password": "there and back again 1960", "service": "orders",
                "transport": "body", "invitation": "x",
            }),
        ),
        (
            "/v1/sessions",
            json!({
                "login": "laika", "password": PASSWORD, "client": "test",
                "service": "orders", "transport": "body",
            }),
        ),
        ("/v1/tokens/micro", json!({ "services": ["orders"], "permissions": ["orders:read"] })),
    ]
}

const NEEDED: [&str; 6] = ["username", "email", "password", "login", "services", "permission"];

#[tokio::test]
async fn a_member_of_another_type_or_one_too_many_or_missing_is_named() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    for (path, body) in bodies() {
        for name in body.as_object().unwrap().keys() {
            for wrong in
                [json!(7), json!(-1.5), json!(true), json!({}), json!([[]]), json!("\u{0}")]
            {
                let mut body = body.clone();
                body[name] = wrong.clone();
                let answer = issuer.post(path, Some(&main), body).await;
                let text_was_fine = wrong.is_string();
                let status = answer.status.as_u16();
                assert!(status < 500, "{path} {name} {wrong}: {}", answer.text);
                if !text_was_fine {
                    let problem = answer.problem(422, "fields_invalid");
                    let field = problem["fields"][0]["field"].as_str().unwrap();
                    assert!(field.starts_with(name), "{path} {name} {wrong}: {problem}");
                }
            }
            let mut without = body.clone();
            without.as_object_mut().unwrap().remove(name);
            if NEEDED.contains(&name.as_str()) {
                let problem = issuer.post(path, Some(&main), without).await;
                let problem = problem.problem(422, "fields_invalid");
                assert_eq!(problem["fields"][0]["field"], name.as_str());
                assert_eq!(problem["fields"][0]["code"], "missing");
            }
        }
        let mut unknown = body.clone();
        unknown["admin"] = json!(true);
        let problem = issuer.post(path, Some(&main), unknown).await.problem(422, "fields_invalid");
        assert_eq!(problem["fields"][0]["field"], "admin");
        assert_eq!(problem["fields"][0]["code"], "unknown");
    }
}

#[tokio::test]
async fn what_is_not_one_json_object_is_refused() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let deep = format!("{{\"login\":{}1{}}}", "[".repeat(5000), "]".repeat(5000));
    for (path, body) in bodies() {
        let first = body.as_object().unwrap().keys().next().unwrap().clone();
        let text = body.to_string();
        let twice = format!("{{\"{first}\":\"x\",{}", &text[1..]);
        let duplicate = raw(&issuer, path, &main, twice.into_bytes()).await;
        let problem = duplicate.problem(400, "body_invalid");
        assert!(problem["detail"].as_str().unwrap().contains(&format!("`{first}`")), "{problem}");
        for bad in [
            &b""[..],
            b"null",
            b"[]",
            b"{",
            b"not json",
            b"login=laika",
            b"{\"login\":\"\xff\xfe\"}",
            b"{\"login\":\"\\ud800\"}",
            b"{} {}",
            text.as_bytes().split_last().unwrap().1,
            deep.as_bytes(),
        ] {
            raw(&issuer, path, &main, bad.to_vec()).await.problem(400, "body_invalid");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_or_of_another_kind_is_refused() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    for (path, body) in bodies() {
        let huge = format!("{{\"login\":\"{}\"}}", "x".repeat(64 * 1024));
        raw(&issuer, path, &main, huge.into_bytes()).await.problem(413, "body_too_large");
        for kind in [None, Some("text/plain"), Some("application/xml"), Some("\u{7f}")] {
            let mut request = Request::post(path).header("authorization", format!("Bearer {main}"));
            if let Some(Ok(kind)) = kind.map(axum::http::HeaderValue::from_str) {
                request = request.header("content-type", kind);
            }
            let request = request.body(Body::from(body.to_string())).unwrap();
            issuer.call(request).await.problem(415, "media_type_unsupported");
        }
    }
}

#[tokio::test]
async fn names_of_services_are_checked_wherever_they_are_given() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let long = "x".repeat(65);
    for bad in ["", "Orders", "a b", "a:b", "role", "laika", "../x", "<script>", "\u{0}", &long] {
        let body = json!({ "services": [bad] });
        let problem = issuer.post("/v1/tokens/micro", Some(&main), body).await;
        assert_eq!(problem.problem(422, "fields_invalid")["fields"][0]["field"], "services");
        let body = json!({ "login": "laika", "password": PASSWORD, "service": bad });
        let problem = issuer.post("/v1/sessions", None, body).await;
        assert_eq!(problem.problem(422, "fields_invalid")["fields"][0]["field"], "service");
    }
    for list in [json!([]), json!(vec!["orders"; 17])] {
        let body = json!({ "services": list });
        issuer.post("/v1/tokens/micro", Some(&main), body).await.problem(422, "fields_invalid");
    }
    for query in ["", "?service=", "?service=A", "?service=a&x=1", "?service=%ff", "?x=1"] {
        let answer = issuer.get(&format!("/v1/me/permissions{query}"), Some(&main)).await;
        answer.problem(422, "fields_invalid");
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems_too() {
    let issuer = Issuer::start().await;
    for path in ["/nope", "/v1/nope", "/v1/users/x", "//", "/v1/", "/%00", "/../etc/passwd"] {
        issuer.get(path, None).await.problem(404, "not_found");
    }
    let main = issuer.log_in().await;
    for path in ["/status/ES256/%FF", "/status/%FF/0", "/v1/users/%FF"] {
        issuer.get(path, None).await.problem(404, "not_found");
    }
    for path in ["/v1/sessions/%FF", "/v1/sessions/x"] {
        let answer = issuer.send(Method::DELETE, path, Some(&main), None).await;
        answer.problem(404, "not_found");
    }
    let index = issuer.get("/v1", None).await.expect(200);
    for endpoint in index["endpoints"].as_array().unwrap() {
        let path = endpoint["path"].as_str().unwrap();
        let answer = issuer.send(Method::TRACE, path, None, None).await;
        answer.problem(405, "method_not_allowed");
        for method in endpoint["methods"].as_object().unwrap().keys() {
            assert!(answer.header("allow").contains(method.as_str()), "{path} {method}");
        }
    }
}

#[tokio::test]
async fn a_body_where_none_is_taken_harms_nothing() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let answer = issuer.post("/v1/sessions/current/renew", Some(&main), json!({ "x": 1 })).await;
    answer.expect(200);
}

async fn raw(issuer: &Issuer, path: &str, main: &str, body: Vec<u8>) -> crate::support::Answer {
    let request = Request::post(path)
        .header("authorization", format!("Bearer {main}"))
        .header("content-type", "application/json")
        .body(Body::from(body))
        .unwrap();
    issuer.call(request).await
}

#[tokio::test]
async fn a_character_that_postgresql_does_not_keep_is_no_fault_of_the_service() {
    let issuer = Issuer::start().await;
    let mut connection = issuer.app.db.read().await.unwrap();
    match db::clients::by_id(&mut connection, "\u{0}").await {
        // SQLite keeps it.
        Ok(found) => assert!(found.is_none()),
        Err(error) => assert_eq!(Problem::from(error).code.status(), 400),
    }
}
