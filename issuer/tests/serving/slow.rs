//! Clients that take their time, and an end that is announced.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Home, Server, call};

#[test]
fn a_slow_client_is_let_go_and_keeps_nobody_waiting() {
    let home = Home::new();
    let variables = [
        ("LAIKA_HEADER_TIMEOUT", "1"),
        ("LAIKA_REQUEST_TIMEOUT", "2"),
        ("LAIKA_LIMITS_CONNECTIONS", "8"),
    ];
    let server = Server::start(&home, &variables);
    let begun = now();
    // Headers that never end, a connection that says nothing, a body that never comes: as many as
    // there are places.
    let starts: [&[u8]; 4] = [
        b"GET /v1 HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        b"",
        b"POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
          Content-Length: 100\r\n\r\n{",
        b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ];
    let mut slow: Vec<_> = (0..8)
        .map(|number| {
            let mut stream = TcpStream::connect(&server.address).unwrap();
            stream.write_all(starts[number % 4]).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            stream
        })
        .collect();
    // They are let go, so that this one gets its turn.
    let answer = call(&server.address, "GET", "/livez", None, None).unwrap();
    assert_eq!(answer.status, 200);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    for (number, stream) in slow.iter_mut().enumerate() {
        let mut text = String::new();
        // To the end: the connection was closed.
        stream.read_to_string(&mut text).unwrap();
        match number % 4 {
            2 => assert!(text.starts_with("HTTP/1.1 503") && text.contains("timed_out"), "{text}"),
            3 => assert!(text.starts_with("HTTP/1.1 200"), "{text}"),
            _ => assert!(!text.starts_with("HTTP/1.1 2"), "{text}"),
        }
    }
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[test]
fn headers_without_end_are_refused() {
    let home = Home::new();
    let server = Server::start(&home, &[]);
    for flood in [
        format!("GET /v1 HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(200_000)),
        format!("GET /v1 HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X: y\r\n".repeat(500)),
    ] {
        let mut stream = TcpStream::connect(&server.address).unwrap();
        // It may be closed before all of it was written.
        let _ = stream.write_all(flood.as_bytes());
        let mut text = Vec::new();
        let _ = stream.read_to_end(&mut text);
        let text = String::from_utf8_lossy(&text);
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 431"), "{text}");
    }
    assert_eq!(call(&server.address, "GET", "/livez", None, None).unwrap().status, 200);
}

#[test]
fn readiness_ends_before_listening_does_and_metrics_have_an_address_of_their_own() {
    let home = Home::new();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let operators = format!("127.0.0.1:{port}");
    let variables = [("LAIKA_SHUTDOWN_DELAY", "2"), ("LAIKA_METRICS_LISTEN", operators.as_str())];
    let mut server = Server::start(&home, &variables);
    let ready = |address: &str| call(address, "GET", "/readyz", None, None).map(|a| a.status);
    assert_eq!(ready(&server.address), Some(200));
    assert_eq!(ready(&operators), Some(200));
    let metrics = call(&operators, "GET", "/metrics", None, None).unwrap();
    assert_eq!(metrics.status, 200);
    assert!(metrics.head.contains("application/openmetrics-text"), "{}", metrics.head);
    assert_eq!(call(&server.address, "GET", "/metrics", None, None).unwrap().status, 404);
    server.terminate();
    let told = now();
    while ready(&server.address) == Some(200) {
        assert!(told.elapsed() < Duration::from_secs(2));
    }
    // Not ready, and still there for whoever has not noticed.
    assert_eq!(ready(&server.address), Some(503));
    let login = json!({ "login": "nobody", "password": "whatever it is" });
    let answer = call(&server.address, "POST", "/v1/sessions", None, Some(&login)).unwrap();
    assert_eq!(answer.status, 401);
    let (code, log) = server.ended();
    assert_eq!(code, Some(0), "{log}");
    assert!(told.elapsed() >= Duration::from_secs(2));
}

#[expect(clippy::disallowed_methods, reason = "the test measures real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
