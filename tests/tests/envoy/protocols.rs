//! What is spoken through the proxy besides plain requests: gRPC, HTTP/2, WebSocket, cookies and the
//! questions of browsers; and routes that differ.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;
use std::time::Duration;

use laika_tests::envoy::{Envoy, filters, manager};
use laika_tests::http::Request;
use serde_json::{Value, json};

use super::{Scene, assert_denied, good, plugin, token_of, upstream_headers};

#[test]
fn a_grpc_client_gets_its_denial_as_a_grpc_status() {
    let scene = Scene::new(|_| {});
    let call = |path: &str, token: Option<&str>| {
        let request = Request::new("POST", path).header("content-type", "application/grpc+proto");
        let request = match token {
            Some(token) => request.header("authorization", &format!("Bearer {token}")),
            None => request,
        };
        scene.send(request)
    };
    let expired = token_of("ed-1", |claims| claims["exp"] = json!(1));
    for (answer, status, message, challenge) in [
        (call("/orders", None), "16", "token_missing", Some("Bearer realm=\"orders\"")),
        (
            call("/orders", Some(&expired)),
            "16",
            "expired",
            Some("Bearer realm=\"orders\", error=\"invalid_token\""),
        ),
        (
            call("/admin", Some(&good())),
            "7",
            "permission_denied: role:admin",
            Some("Bearer realm=\"orders\", error=\"insufficient_scope\""),
        ),
        (
            call("/orders/..", Some(&good())),
            "3",
            "request_invalid: the path has a dot segment",
            None,
        ),
    ] {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/grpc"));
        assert_eq!(answer.header("grpc-status"), Some(status), "{answer:?}");
        assert_eq!(answer.header("grpc-message"), Some(message), "{answer:?}");
        assert_eq!(answer.header("www-authenticate"), challenge);
        assert_eq!(answer.body, b"", "{answer:?}");
    }
    let passed = call("/orders", Some(&good()));
    assert_eq!(upstream_headers(&passed, "x-user-id").len(), 1);
}

#[test]
fn http_2_is_judged_as_http_1_is() {
    let scene = Scene::new(|_| {});
    let foreign = token_of("rsa-2", |_| {});
    let calls = json!([
        { ":method": "GET", ":path": "/orders", "authorization": format!("Bearer {}", good()) },
        { ":method": "GET", ":path": "/orders", "authorization": format!("Bearer {foreign}") },
        { ":method": "GET", ":path": "/orders//7", "authorization": format!("Bearer {}", good()) },
        { ":method": "POST", ":path": "/admin", "authorization": format!("Bearer {}", good()),
          "content-type": "application/grpc", "te": "trailers" },
        { ":method": "POST", ":path": "/orders", "authorization": format!("Bearer {}", good()),
          "x_user_id": "forged" },
    ]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/faces/http2.mjs");
    let origin = format!("http://{}", scene.envoy.address());
    let output = Command::new("node").args([script, &origin, &calls.to_string()]).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let answers: Value = serde_json::from_slice(&output.stdout).unwrap();
    let statuses: Vec<_> =
        (0..5).map(|index| answers[index][":status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [200, 401, 400, 200, 200], "{answers}");
    assert_eq!(answers[1]["code"], "key_not_found");
    assert_eq!(answers[2]["code"], "request_invalid");
    assert_eq!(answers[3]["grpc-status"], "7", "{answers}");
    assert!(!answers[4].to_string().contains("forged"), "{answers}");
}

#[test]
fn a_web_socket_is_opened_by_whoever_the_policy_lets_in() {
    let backend = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = backend.local_addr().unwrap();
    thread::spawn(move || {
        for stream in backend.incoming().flatten() {
            thread::spawn(move || echo_after_upgrade(stream));
        }
    });
    let mut plugin = plugin();
    plugin["token_from"] =
        json!([{ "header": "authorization", "scheme": "Bearer" }, { "cookie": "micro" }]);
    plugin["cookie_origins"] = json!(["https://app.example"]);
    let clusters = [("upstream", address)];
    let envoy = Envoy::changed(&plugin.to_string(), &clusters, |bootstrap| {
        manager(bootstrap)["upgrade_configs"] = json!([{ "upgrade_type": "websocket" }]);
    });
    let open = |headers: &str| {
        let mut stream = TcpStream::connect(envoy.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let head = format!(
            "GET /orders HTTP/1.1\r\nhost: orders.example\r\nconnection: upgrade\r\n\
             upgrade: websocket\r\n{headers}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        (line, reader)
    };
    let bearer = format!("authorization: Bearer {}", good());
    let cookie = format!("cookie: micro={}", good());
    for headers in [bearer, format!("{cookie}\r\norigin: https://app.example")] {
        let (line, mut reader) = open(&headers);
        assert!(line.contains(" 101 "), "{line}");
        while {
            let mut header = String::new();
            reader.read_line(&mut header).unwrap();
            header != "\r\n"
        } {}
        reader.get_mut().write_all(b"ping").unwrap();
        let mut echoed = [0; 4];
        reader.read_exact(&mut echoed).unwrap();
        assert_eq!(&echoed, b"ping");
    }
    for (headers, status) in [
        ("x: y".to_owned(), " 401 "),
        (cookie.clone(), " 400 "),
        (format!("{cookie}\r\norigin: https://evil.example"), " 400 "),
    ] {
        let (line, _) = open(&headers);
        assert!(line.contains(status), "{headers}: {line}");
    }
}

/// Reads a request's head, takes the upgrade, and sends back what comes.
fn echo_after_upgrade(stream: TcpStream) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 0) && line != "\r\n" {
        line.clear();
    }
    let answer =
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    let _ = reader.get_mut().write_all(answer.as_bytes());
    let mut bytes = [0; 64];
    while let Ok(read @ 1..) = reader.read(&mut bytes) {
        if reader.get_mut().write_all(&bytes[..read]).is_err() {
            break;
        }
    }
}

#[test]
fn a_token_from_a_cookie_is_ambient() {
    let scene = Scene::new(|plugin| {
        plugin["token_from"] = json!([{ "cookie": "micro" }]);
        plugin["cookie_origins"] = json!(["https://app.example"]);
        plugin["strip_token"] = json!(true);
    });
    let request = |method: &str| {
        Request::new(method, "/orders").header("cookie", &format!("a=1; micro={}; b=2", good()))
    };
    let answer = scene.send(request("GET"));
    assert_eq!(upstream_headers(&answer, "cookie"), ["a=1; b=2"]);
    assert_eq!(upstream_headers(&answer, "x-user-id").len(), 1);
    assert_denied(&scene.send(request("POST")), 400, "request_invalid", None);
    let evil = request("POST").header("origin", "https://evil.example");
    assert_denied(&scene.send(evil), 400, "request_invalid", None);
    assert_eq!(scene.send(request("POST").header("origin", "https://app.example")).status, 200);
    assert_eq!(scene.send(request("POST").header("sec-fetch-site", "same-origin")).status, 200);
}

#[test]
fn a_preflight_goes_to_the_server_behind_only_where_that_is_wanted() {
    let preflight = || {
        Request::new("OPTIONS", "/orders")
            .header("origin", "https://app.example")
            .header("access-control-request-method", "POST")
            .header("x-user-id", "forged")
    };
    let strict = Scene::new(|_| {});
    assert_eq!(strict.send(preflight()).status, 403, "no rule names OPTIONS");
    let scene = Scene::new(|plugin| plugin["pass_preflight"] = json!(true));
    let answer = scene.send(preflight());
    assert_eq!(upstream_headers(&answer, "x-user-id"), [""; 0]);
    let plain = Request::new("OPTIONS", "/orders");
    assert_eq!(scene.send(plain).status, 403, "not every OPTIONS is a preflight");
}

#[test]
fn preflights_are_answered_by_the_proxy_itself_where_its_cors_filter_comes_first() {
    let scene = Scene::changed(&plugin(), |bootstrap| {
        let cors = "type.googleapis.com/envoy.extensions.filters.http.cors.v3";
        filters(bootstrap).insert(
            0,
            json!({ "name": "envoy.filters.http.cors",
                    "typed_config": { "@type": format!("{cors}.Cors") } }),
        );
        let host = &mut manager(bootstrap)["route_config"]["virtual_hosts"][0];
        host["typed_per_filter_config"] = json!({ "envoy.filters.http.cors": {
            "@type": format!("{cors}.CorsPolicy"),
            "allow_origin_string_match": [{ "exact": "https://app.example" }],
            "allow_methods": "GET, POST",
        }});
    });
    let request = Request::new("OPTIONS", "/orders")
        .header("origin", "https://app.example")
        .header("access-control-request-method", "POST");
    let answer = scene.send(request);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://app.example"));
    let denied = scene.send(Request::new("GET", "/orders").header("origin", "https://app.example"));
    assert_eq!(denied.status, 401);
    let allowed = denied.header("access-control-allow-origin");
    assert_eq!(allowed, Some("https://app.example"), "a page may read why it was denied");
}

#[test]
fn routes_of_one_proxy_may_have_settings_of_their_own() {
    let scene = Scene::changed(&plugin(), |bootstrap| {
        let mut other = plugin();
        other["realm"] = json!("stock");
        other["issuers"][0]["audience"] = json!("stock");
        let filters = filters(bootstrap);
        let mut second = filters[0].clone();
        second["name"] = json!("laika.stock");
        let config = &mut second["typed_config"]["config"];
        config["name"] = json!("laika.stock");
        config["configuration"]["value"] = json!(other.to_string());
        filters.insert(1, second);
        let off = |name: &str| {
            json!({ name: {
                "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": true,
            }})
        };
        let route = |prefix: &str, without: &str| {
            json!({ "match": { "prefix": prefix }, "route": { "cluster": "upstream" },
                    "typed_per_filter_config": off(without) })
        };
        manager(bootstrap)["route_config"]["virtual_hosts"][0]["routes"] =
            json!([route("/orders/stock", "envoy.filters.http.wasm"), route("/", "laika.stock"),]);
    });
    let stock = token_of("ed-1", |claims| claims["aud"] = json!(["stock"]));
    assert_eq!(scene.get("/orders", &good()).status, 200);
    assert_eq!(scene.get("/orders/stock", &stock).status, 200);
    let realm = |name: &str| Some(format!("Bearer realm=\"{name}\", error=\"invalid_token\""));
    let (orders, of_stock) = (realm("orders"), realm("stock"));
    assert_denied(&scene.get("/orders", &stock), 401, "audience_mismatch", orders.as_deref());
    let answer = scene.get("/orders/stock", &good());
    assert_denied(&answer, 401, "audience_mismatch", of_stock.as_deref());
}
