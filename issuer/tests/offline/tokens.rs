//! Tokens that are shown and proved.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde_json::json;

use crate::support::{Folder, Vector};

/// Answers `requests` requests on loopback, each with `answer`; its address.
fn endpoint(requests: usize, answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(requests) {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            assert!(stream.read(&mut request).unwrap() > 0);
            // Whoever has read enough hangs up.
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

fn http(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

#[test]
fn a_token_is_shown_and_nothing_of_it_is_called_proved() {
    let folder = Folder::with(&[]);
    let token = Vector::read().token;
    for arguments in ["token inspect", "token inspect -"] {
        let shown = folder.run(arguments, &format!("{token}\n"));
        shown.says(
            0,
            &[
                "\"alg\"",
                "\"iss\"",
                "exp        ",
                "Nothing of this was proved",
                "2027-01-15T08:05:00Z, ",
            ],
        );
    }
    let shown = folder.run(&format!("token inspect {token} --json"), "").json();
    assert_eq!((&shown["proved"], &shown["claims"]["type"]), (&json!(false), &json!("micro")));
    assert!(shown["times"]["exp"].as_str().unwrap().contains('T'));
    folder.run("token inspect", "abc").says(6, &["token_malformed"]);
    folder.run("token inspect", "").says(6, &["token_missing"]);
}

#[test]
fn a_token_is_proved_with_options_or_arguments() {
    let vector = Vector::read();
    let (options, keys) = (&vector.file["options"], &vector.issuer()["jwks"]);
    let files = [("options.json", options.to_string()), ("keys.json", keys.to_string())];
    let folder = Folder::with(&files.each_ref().map(|(name, text)| (*name, text.as_str())));
    let by_options = format!("token verify --options options.json --at {}", vector.now);
    let by_arguments = format!("token verify {} --jwks keys.json", vector.arguments());
    for arguments in [&by_options, &by_arguments] {
        folder.run(arguments, &vector.token).says(0, &["valid on ", "issuer ", "permissions "]);
        let proved = folder.run(&format!("{arguments} --json"), &vector.token).json();
        assert_eq!((&proved["valid"], &proved["claims"]["type"]), (&json!(true), &json!("micro")));
    }
    let late = by_arguments.replace(&vector.now.to_string(), "2999-01-01T00:00:00Z");
    folder.run(&late, &vector.token).says(6, &["expired"]);
    let refused = folder.run(&format!("{late} --json"), &vector.token);
    assert_eq!(refused.json()["code"], "expired");
    let other = by_arguments.replace("--audience ", "--audience not-");
    folder.run(&other, &vector.token).says(6, &["audience_mismatch"]);
    folder.run(&by_arguments, &vector.token.replace('.', "")).says(6, &["token_malformed"]);
}

#[test]
fn options_that_are_wrong_have_a_code_of_their_own() {
    let folder =
        Folder::with(&[("options.json", r#"{ "issuers": { "issuer": "x" } }"#), ("bad.json", "{")]);
    for (arguments, code, part) in [
        ("--options options.json", 3, "audience"),
        ("--options bad.json", 3, "`bad.json`"),
        ("--options nowhere.json", 3, "`nowhere.json`"),
        ("--issuer https://id.example --audience a --jwks bad.json", 3, "`bad.json`"),
        (
            "--issuer https://id.example --audience a --profile okta --jwks-uri https://x/k",
            3,
            "profile",
        ),
        ("--issuer https://id.example --audience a --jwks-uri http://id.example/k", 3, "https"),
        ("--issuer http://id.example --audience a", 3, "discover"),
        ("--issuer https://id.example", 2, "--audience"),
        ("--options options.json --issuer https://id.example", 2, "--issuer"),
        ("--options options.json --at soon", 2, "Unix seconds"),
    ] {
        folder.run(&format!("token verify {arguments}"), "x").says(code, &[part]);
    }
}

#[test]
fn keys_are_fetched_within_limits_and_a_failure_is_not_a_refusal() {
    let vector = Vector::read();
    let folder = Folder::with(&[]);
    let verify = |answer: String| {
        let uri = format!("http://{}/keys", endpoint(1, answer));
        folder.run(&format!("token verify {} --jwks-uri {uri}", vector.arguments()), &vector.token)
    };
    let keys = vector.issuer()["jwks"].to_string();
    verify(http("200 OK", "", &keys)).says(0, &["valid on "]);
    let elsewhere = endpoint(0, String::new());
    let redirect = format!("location: http://{elsewhere}/keys\r\n");
    verify(http("302 Found", &redirect, "")).says(7, &["302", "keys_unavailable"]);
    let huge = format!("{}{keys}", " ".repeat(256 * 1024));
    verify(http("200 OK", "", &huge)).says(7, &["longer than", "keys_unavailable"]);
    verify(http("500 Oops", "", &keys)).says(7, &["500", "keys_unavailable"]);
    verify(http("200 OK", "", "{}")).says(7, &["keys_unavailable"]);
    // Nobody listens any more.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let arguments = format!("token verify {} --jwks-uri http://{gone}/", vector.arguments());
    folder.run(&arguments, &vector.token).says(7, &["refused", "keys_unavailable"]);
}
