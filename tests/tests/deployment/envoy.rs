//! `deploy/envoy/envoy.yaml` in the real Envoy, in front of a server, with the real issuer.

use std::net::SocketAddr;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use laika_tests::envoy::Envoy;
use laika_tests::http::{Request, Server};
use laika_tests::issuer::Issuer;
use laika_tests::process::artifact;
use serde_json::{Value, json};

use super::{documents, run};

const FILE: &str = "envoy/envoy.yaml";

/// The example with the filter where it lies here, and nothing else changed.
fn bootstrap() -> Value {
    let documents = documents(FILE);
    let [bootstrap] = documents.as_slice() else { panic!("{FILE} is one document") };
    let text = bootstrap.to_string();
    let installed = "/etc/envoy/laika_edge_filter.wasm";
    assert!(text.contains(installed));
    let filter = artifact("LAIKA_FILTER_WASM");
    serde_json::from_str(&text.replace(installed, &filter.to_string_lossy())).expect("JSON")
}

fn point_at(cluster: &mut Value, address: SocketAddr) {
    let endpoint = "/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address";
    let place = cluster.pointer_mut(endpoint).expect("an address");
    *place = json!({ "address": address.ip().to_string(), "port_value": address.port() });
}

#[test]
fn envoy_takes_the_example_as_it_stands() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let file = folder.path().join("envoy.json");
    std::fs::write(&file, bootstrap().to_string()).expect("it is written");
    let envoy = artifact("LAIKA_ENVOY");
    run(Command::new(envoy).args(["--mode", "validate", "--config-path"]).arg(file));
}

#[test]
fn it_guards_a_service_by_the_issuer_s_tokens() {
    let issuer = Issuer::start("RS256");
    let upstream = Server::echo();
    let mut bootstrap = bootstrap();
    let text = bootstrap.to_string().replace("https://id.example.com", issuer.url());
    bootstrap.clone_from(&serde_json::from_str(&text).expect("JSON"));
    // Ports that are free; servers that are here, and speak without TLS.
    bootstrap["admin"]["address"]["socket_address"]["port_value"] = json!(0);
    let listener = &mut bootstrap["static_resources"]["listeners"][0];
    listener["address"]["socket_address"] = json!({ "address": "127.0.0.1", "port_value": 0 });
    for cluster in bootstrap["static_resources"]["clusters"].as_array_mut().expect("clusters") {
        let here = match cluster["name"].as_str() {
            Some("orders") => upstream.address,
            Some("issuer") => issuer.service.address(),
            other => panic!("nothing is here for {other:?}"),
        };
        point_at(cluster, here);
        cluster.as_object_mut().expect("an object").remove("transport_socket");
    }
    let envoy = Envoy::changed("", &[], |standing| *standing = bootstrap);

    assert_eq!(envoy.send(&Request::new("GET", "/orders")).status, 401);
    wait_for_log(&envoy, |log| {
        log.contains(r#""rule":"list""#) && log.contains(r#""code":"token_missing""#)
    });
    let main = issuer.log_in("ada");
    let token = issuer.micro_token(&main, "orders");
    let good = envoy.send(&Request::with_token("/orders", &token).header("x-user-id", "root"));
    assert_eq!(good.status, 200, "{good:?}");
    // The server behind it answers with what it got.
    let seen = good.json();
    let header = |name: &str| {
        let headers = seen["headers"].as_array().expect("headers").iter();
        let values: Vec<_> = headers.filter(|pair| pair[0] == name).map(|pair| &pair[1]).collect();
        assert!(values.len() < 2, "{name}: {values:?}");
        values.first().map(|value| value.as_str().expect("text").to_owned())
    };
    let user = header("x-user-id").expect("a user");
    assert!(user.len() == 36 && user != "root", "{user}");
    assert!(header("x-user-roles").expect("roles").contains("\"orders/clerk\""), "{seen}");
    assert_eq!(header("authorization"), None, "the token goes no further");

    let status = |request: &Request| envoy.send(request).status;
    assert_eq!(status(&Request::new("GET", "/health")), 200);
    assert_eq!(status(&Request::with_token("/orders", &issuer.micro_token(&main, "billing"))), 401);
    assert_eq!(status(&Request::with_token("/elsewhere", &token)), 403);
    // Envoy's own part of the example.
    assert_eq!(status(&Request::with_token("/health%2f..%2forders", &token)), 400);
    assert_eq!(status(&Request::with_token("/orders", &token).header("x_user_id", "root")), 400);
    assert!(!envoy.log().contains(&token), "a token is in the log");
}

/// Envoy writes the first line at once and others some seconds later.
fn wait_for_log(envoy: &Envoy, holds: impl Fn(&str) -> bool) {
    let end = Instant::now() + Duration::from_secs(15);
    while !holds(&envoy.log()) {
        assert!(Instant::now() < end, "{}", envoy.log());
        thread::sleep(Duration::from_millis(20));
    }
}
