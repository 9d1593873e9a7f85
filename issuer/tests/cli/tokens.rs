//! Tokens: minted, and proved with what the running service publishes.

use serde_json::{Value, json};

use crate::support::{SEED, Server, errors, expect, laika, post};

#[test]
fn a_token_of_the_running_service_is_proved_by_its_metadata_and_its_key_set() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("seed.toml"), SEED).unwrap();
    expect(&laika(folder.path(), &["import", "seed.toml"], ""), 0);
    let mut server = Server::start(folder.path());
    let body = r#"{"login":"laika","password":"first in orbit 1957","service":"orders"}"#;
    let answer = post(&server.address, "/v1/sessions", body);
    let (_, after) = answer.split_once("\"micro_token\":\"").unwrap();
    let token = after.split('"').next().unwrap();
    let issuer = format!("http://{}", server.address);
    let keys = format!("{issuer}/.well-known/jwks.json");
    let verify = ["token", "verify", "--issuer", &issuer, "--audience"];
    for rest in [&["orders"][..], &["orders", "--jwks-uri", &keys]] {
        let proved = expect(&laika(folder.path(), &[&verify[..], rest].concat(), token), 0);
        assert!(proved.contains("orders:read") && proved.contains("orders/clerk"), "{proved}");
    }
    let output = laika(folder.path(), &[&verify[..], &["billing"]].concat(), token);
    assert_eq!(output.status.code(), Some(6), "{}", errors(&output));
    server.end();
    let output = laika(folder.path(), &[&verify[..], &["orders"]].concat(), token);
    assert_eq!(output.status.code(), Some(7), "{}", errors(&output));
}

/// The issuer serves a list for half a second before it looks again.
fn wait_for_lists() {
    std::thread::sleep(std::time::Duration::from_millis(600));
}

#[test]
fn a_token_is_minted_for_a_user_or_a_service_account_and_can_be_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("seed.toml"), SEED).unwrap();
    let mut server = Server::start(folder.path());
    let url = format!("http://{}", server.address);
    let run = |arguments: &str, input: &str| {
        let arguments: Vec<_> = arguments.split(' ').collect();
        let mut command = crate::support::command(folder.path(), &arguments);
        crate::support::run(command.env("LAIKA_PUBLIC_URL", &url), input)
    };
    let read = |arguments: &str| -> Value {
        serde_json::from_str(&expect(&run(&format!("{arguments} --json"), ""), 0)).unwrap()
    };
    expect(&run("import seed.toml", ""), 0);
    expect(&run("service-account create depot --role orders/clerk", ""), 0);

    let minted = read("token mint laika --service orders");
    assert_eq!(minted["permissions"], json!(["orders:read"]));
    assert_eq!(minted["expires_in"], 300);
    let token = minted["micro_token"].as_str().unwrap();
    let verify = format!("token verify --issuer {url} --audience orders");
    let proved = expect(&run(&verify, token), 0);
    assert!(proved.contains("orders/clerk"), "{proved}");
    let inspected: Value =
        serde_json::from_str(&expect(&run("token inspect --json", token), 0)).unwrap();
    let claims = &inspected["claims"];
    assert_eq!((&claims["sid"], &claims["username"]), (&minted["session_id"], &json!("laika")));
    assert!(claims.get("auth_time").is_none() && claims.get("amr").is_none(), "{claims}");
    // The user sees the session, and ending it takes the token back.
    let sessions = read("user sessions laika");
    assert_eq!(sessions[0]["client"], "laika token mint");
    assert_eq!(sessions[0]["id"], minted["session_id"]);
    expect(&run("user end-sessions laika", ""), 0);
    wait_for_lists();
    let gone = run(&verify, token);
    assert_eq!(gone.status.code(), Some(6), "{}", errors(&gone));
    assert!(errors(&gone).contains("revoked"), "{}", errors(&gone));

    // A service account's is bound to the account; permissions narrow.
    let plain =
        expect(&run("token mint svc:depot --service orders --permission orders:read", ""), 0);
    assert!(expect(&run(&verify, plain.trim()), 0).contains("svc:depot"));
    expect(&run("service-account disable depot", ""), 0);
    wait_for_lists();
    assert_eq!(run(&verify, plain.trim()).status.code(), Some(6));

    for (bad, code, part) in [
        ("token mint laika", 2, "--service"),
        ("token mint nobody --service orders", 5, "`nobody`"),
        ("token mint svc:nobody --service orders", 5, "`nobody`"),
        ("token mint svc:depot --service orders", 5, "disabled"),
        ("token mint laika --service Orders", 5, "`Orders`"),
        ("token mint laika --service orders --permission orders:delete", 5, "`orders:delete`"),
        ("token mint laika --service orders --permission orders", 5, "permissions"),
    ] {
        let output = run(bad, "");
        assert_eq!(output.status.code(), Some(code), "{bad}: {}", errors(&output));
        assert!(errors(&output).contains(part), "{bad}: {}", errors(&output));
        assert!(output.stdout.is_empty(), "{bad}");
    }
    assert_eq!(read("user sessions laika"), json!([]), "a refusal leaves no session behind");
    for (state, part) in [("disable", "disabled"), ("delete", "deleted")] {
        expect(&run(&format!("user {state} laika"), ""), 0);
        let output = run("token mint laika --service orders", "");
        assert_eq!(output.status.code(), Some(5));
        assert!(errors(&output).contains(part), "{}", errors(&output));
    }
    let log = read("audit list --action token.minted");
    assert_eq!(log.as_array().unwrap().len(), 2, "{log}");
    assert!(log.as_array().unwrap().iter().all(|entry| entry["actor"] == "command-line"), "{log}");
    assert!(!log.to_string().contains("eyJ"), "{log}");
    server.end();

    let nameless = ["token", "mint", "svc:depot", "--service", "orders"];
    let mut command = crate::support::command(folder.path(), &nameless);
    let output = crate::support::run(command.env("LAIKA_LISTEN", "127.0.0.1:0"), "");
    assert_eq!(output.status.code(), Some(5));
    assert!(errors(&output).contains("`public_url`"), "{}", errors(&output));
}
