//! The log of a whole run of the real binary, searched for everything that must not be in it.

use serde_json::{Value, json};

use crate::support::{Home, Server, call};

#[test]
fn no_credential_token_code_or_email_of_a_whole_run_is_in_its_log() {
    for format in ["json", "text"] {
        let home = Home::new();
        // Everything of ours, at its most talkative.
        let variables = [("LAIKA_LOG_FORMAT", format), ("LAIKA_LOG", "trace")];
        let mut server = Server::start(&home, &variables);
        let address = server.address.clone();
        let send = |method: &str, path: &str, token: Option<&str>, body: Option<Value>| {
            call(&address, method, path, token, body.as_ref()).unwrap()
        };
        let password = "there and back again 1960";
        let account = json!({
            "username": "belka", "email": "belka@example.com", "password": password,
            "service": "orders",
        });
        let registered = send("POST", "/v1/users", None, Some(account.clone()));
        assert_eq!(registered.status, 201);
        send("POST", "/v1/users", None, Some(account));
        let main = registered.body["main_token"].as_str().unwrap().to_owned();
        let micro = registered.body["micro_token"].as_str().unwrap().to_owned();
        let renewed = send("POST", "/v1/sessions/current/renew", Some(&main), None);
        let second = renewed.body["main_token"].as_str().unwrap().to_owned();
        for (login, tried) in [
            ("belka", password),
            ("belka@example.com", password),
            ("belka@example.com", "mistyped-password-1"),
            ("stranger@example.org", "mistyped-password-2"),
        ] {
            let body = json!({ "login": login, "password": tried, "transport": "body" });
            send("POST", "/v1/sessions", None, Some(body));
        }
        send("GET", "/v1/me", Some(&second), None);
        send("GET", "/v1/me", Some(&micro), None);
        send("GET", &format!("/v1/sessions?cursor={second}"), Some(&second), None);
        send("GET", &format!("/{micro}"), None, None);
        send("DELETE", &format!("/v1/sessions/{second}"), Some(&second), None);
        let odd = json!({ "login": ["odd@example.net"], "password": { "odd-password": 1 } });
        send("POST", "/v1/sessions", None, Some(odd));
        send("DELETE", "/v1/sessions", Some(&second), None);
        server.terminate();
        let (code, log) = server.ended();
        assert_eq!(code, Some(0), "{log}");

        let lines: Vec<&str> = log.lines().filter(|line| !line.contains("#invitation=")).collect();
        let log = lines.join("\n");
        let signature = |token: &str| token.rsplit('.').next().unwrap().to_owned();
        for secret in [
            password,
            "mistyped-password",
            "odd-password",
            "belka@example.com",
            "stranger@example.org",
            "odd@example.net",
            &signature(&main),
            &signature(&second),
            &signature(&micro),
            "$argon2id$",
            "eyJ",
            "laika_inv_",
            "BEGIN",
            "sqlite://",
            "postgres://",
        ] {
            let found = lines.iter().find(|line| line.contains(secret));
            assert!(found.is_none(), "`{secret}` is in the log: {found:?}");
        }
        assert!(log.contains("/v1/sessions/current/renew"), "{log}");
        if format == "json" {
            request_lines_are_whole(&lines);
        }
    }
}

/// Each line is one JSON object, and each request's has its id, route, status and duration.
fn request_lines_are_whole(lines: &[&str]) {
    let lines: Vec<Value> = lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
        .collect();
    let answered: Vec<&Value> = lines.iter().filter(|line| line["message"] == "request").collect();
    assert!(answered.len() >= 12, "{lines:?}");
    for line in &answered {
        assert!(line["status"].is_u64() && line["took"].is_u64(), "{line}");
        let span = &line["span"];
        assert_eq!(span["id"].as_str().unwrap().len(), 32, "{line}");
        assert!(span["route"].is_string() && span["method"].is_string(), "{line}");
    }
    let refused = answered.iter().find(|line| line["status"] == 409).unwrap();
    assert_eq!(refused["code"], "already_registered");
}
