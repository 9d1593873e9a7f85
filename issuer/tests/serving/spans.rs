//! Spans of requests, as a collector gets them: OTLP, protobuf over HTTP.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::support::{Home, Server, call};

/// A collector on a port of its own.
struct Collector {
    endpoint: String,
    spans: Receiver<Exported>,
}

/// A span with the service that it is of.
#[derive(Debug)]
struct Exported {
    service: String,
    trace: Vec<u8>,
    parent: Vec<u8>,
    name: String,
    kind: u64,
    attributes: Vec<(String, String)>,
    /// All that was sent about it.
    text: String,
}

impl Exported {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
    }
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (sender, spans) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let sender = sender.clone();
                thread::spawn(move || {
                    let mut stream = BufReader::new(stream.unwrap());
                    while let Some(body) = next_export(&mut stream) {
                        for span in exported(&body) {
                            // Nobody listens once the test has what it wants.
                            let _ = sender.send(span);
                        }
                    }
                });
            }
        });
        Self { endpoint, spans }
    }

    /// The span of a request to this route.
    fn of(&self, route: &str) -> Exported {
        loop {
            let span = self.spans.recv_timeout(Duration::from_secs(10)).unwrap();
            if span.get("http.route") == Some(route) {
                return span;
            }
        }
    }
}

/// The body of the next request on a connection, which is answered.
fn next_export(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let head = head.to_ascii_lowercase();
    assert!(head.starts_with("post /v1/traces http/1.1\r\n"), "{head}");
    assert!(head.contains("content-type: application/x-protobuf"), "{head}");
    let length = head.split_once("content-length: ").unwrap().1.lines().next().unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).ok()?;
    stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").ok()?;
    Some(body)
}

/// A field of a protobuf message.
enum Field<'b> {
    Number(u64),
    Bytes(&'b [u8]),
}

/// Number and value of each field of a message.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let field = match key & 7 {
            0 => Field::Number(varint(&mut bytes)),
            1 => Field::Bytes(bytes.split_off(..8).unwrap()),
            2 => {
                let length = usize::try_from(varint(&mut bytes)).unwrap();
                Field::Bytes(bytes.split_off(..length).unwrap())
            }
            5 => Field::Bytes(bytes.split_off(..4).unwrap()),
            wire => panic!("no such wire type: {wire}"),
        };
        fields.push((key >> 3, field));
    }
    fields
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.split_off_first().unwrap();
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    value
}

/// The fields of this number that are messages, texts or bytes.
fn inner(bytes: &[u8], number: u64) -> Vec<&[u8]> {
    let bytes_of = |(at, field)| match field {
        Field::Bytes(bytes) if at == number => Some(bytes),
        Field::Bytes(_) | Field::Number(_) => None,
    };
    fields(bytes).into_iter().filter_map(bytes_of).collect()
}

fn text(bytes: &[u8], number: u64) -> String {
    inner(bytes, number).first().map_or(String::new(), |bytes| utf8(bytes))
}

fn utf8(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// `KeyValue`: a text or a whole number by its name.
fn attribute(bytes: &[u8]) -> (String, String) {
    let value = inner(bytes, 2)[0];
    let value = match fields(value).first() {
        Some((1, Field::Bytes(text))) => utf8(text),
        Some((3, Field::Number(number))) => number.to_string(),
        _ => String::new(),
    };
    (text(bytes, 1), value)
}

/// The spans in an `ExportTraceServiceRequest`.
fn exported(body: &[u8]) -> Vec<Exported> {
    let mut spans = Vec::new();
    for resource_spans in inner(body, 1) {
        let resource = inner(resource_spans, 1)[0];
        let service = inner(resource, 1).into_iter().map(attribute);
        let service = service.filter(|(name, _)| name == "service.name").map(|(_, value)| value);
        let service: String = service.collect();
        for span in inner(resource_spans, 2).into_iter().flat_map(|scope| inner(scope, 2)) {
            let kind = fields(span).into_iter().find_map(|field| match field {
                (6, Field::Number(kind)) => Some(kind),
                _ => None,
            });
            spans.push(Exported {
                service: service.clone(),
                trace: inner(span, 1)[0].to_vec(),
                parent: inner(span, 4).first().map_or(Vec::new(), |id| id.to_vec()),
                name: text(span, 5),
                kind: kind.unwrap_or_default(),
                attributes: inner(span, 9).into_iter().map(attribute).collect(),
                text: String::from_utf8_lossy(span).into_owned(),
            });
        }
    }
    spans
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// A request with a `traceparent`.
fn get_in_trace(address: &str, path: &str) {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         traceparent: 00-{TRACE}-00f067aa0ba902b7-01\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_request_is_a_span_with_route_and_status_and_nothing_secret() {
    let (collector, home) = (Collector::start(), Home::new());
    let variables = [
        ("LAIKA_OTEL_ENDPOINT", collector.endpoint.as_str()),
        ("OTEL_BSP_SCHEDULE_DELAY", "200"),
        ("LAIKA_LOG", "trace"),
    ];
    let mut server = Server::start(&home, &variables);
    let id = "00000000-0000-4000-8000-00000000dead";
    let path = format!("/v1/sessions/{id}");
    call(&server.address, "DELETE", &path, Some("a-token-that-is-none"), None).unwrap();
    let span = collector.of("/v1/sessions/{id}");
    assert_eq!(span.service, "laika");
    assert_eq!((span.name.as_str(), span.kind), ("DELETE /v1/sessions/{id}", 2));
    assert_eq!(span.get("http.request.method"), Some("DELETE"));
    assert_eq!(span.get("http.response.status_code"), Some("401"));
    assert!(span.get("error.type").is_some(), "{span:?}");
    assert!(!span.text.contains(id) && !span.text.contains("a-token-that-is-none"), "{span:?}");

    let login = json!({ "login": "belka@example.com", "password": "wrong-password-here" });
    call(&server.address, "POST", "/v1/sessions", None, Some(&login)).unwrap();
    let span = collector.of("/v1/sessions");
    assert_eq!(span.get("http.response.status_code"), Some("401"));
    assert_eq!(span.get("error.type"), Some("credentials_invalid"));
    assert!(!span.text.contains("belka") && !span.text.contains("wrong-password"), "{span:?}");

    // Whoever is no trusted proxy writes into nobody's trace.
    get_in_trace(&server.address, "/livez");
    let span = collector.of("/livez");
    assert_ne!(hex(&span.trace), TRACE);
    assert!(span.parent.is_empty(), "{span:?}");
    server.terminate();
    let (code, log) = server.ended();
    assert_eq!(code, Some(0), "{log}");
    // The log is as it is without.
    assert!(log.contains("request{id=") && !log.contains("http.route"), "{log}");
}

#[test]
fn a_trusted_proxy_s_trace_is_joined_and_the_last_spans_leave_at_the_end() {
    let (collector, home) = (Collector::start(), Home::new());
    let variables = [
        ("LAIKA_OTEL_ENDPOINT", collector.endpoint.as_str()),
        // Later than this test lasts.
        ("OTEL_BSP_SCHEDULE_DELAY", "600000"),
        ("LAIKA_TRUSTED_PROXIES", "127.0.0.0/8"),
    ];
    let mut server = Server::start(&home, &variables);
    get_in_trace(&server.address, "/livez");
    server.terminate();
    let (code, log) = server.ended();
    assert_eq!(code, Some(0), "{log}");
    let span = collector.of("/livez");
    assert_eq!(
        (hex(&span.trace).as_str(), hex(&span.parent).as_str()),
        (TRACE, "00f067aa0ba902b7")
    );
}

#[test]
fn a_collector_that_is_away_holds_nobody_up() {
    let home = Home::new();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let endpoint = format!("http://127.0.0.1:{port}");
    let variables = [("LAIKA_OTEL_ENDPOINT", endpoint.as_str()), ("OTEL_BSP_SCHEDULE_DELAY", "50")];
    let mut server = Server::start(&home, &variables);
    for _ in 0..20 {
        assert_eq!(call(&server.address, "GET", "/livez", None, None).unwrap().status, 200);
    }
    server.terminate();
    let (code, log) = server.ended();
    assert_eq!(code, Some(0), "{log}");
}
