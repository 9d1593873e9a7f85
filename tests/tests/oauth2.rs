//! Foreign clients, unmodified, against the real issuer: what the standards call by name works as
//! the standards say.

use std::os::unix::fs::symlink;
use std::process::Command;

use laika_tests::issuer::Issuer;
use laika_tests::process::artifact;
use serde_json::Value;

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/faces");

#[test]
fn npm_openid_client_works_against_the_issuer() {
    let folder = tempfile::tempdir().unwrap();
    let tools = artifact("LAIKA_TOOLS").join("node_modules");
    symlink(tools, folder.path().join("node_modules")).unwrap();
    // Beside the packages: a script imports what is installed where it lies.
    let script = folder.path().join("openid-client.mjs");
    std::fs::copy(format!("{SCRIPTS}/openid-client.mjs"), &script).unwrap();
    let mut node = Command::new("node");
    node.arg(script);
    check(node);
}

#[test]
fn pypi_authlib_works_against_the_issuer() {
    let mut python = Command::new(artifact("LAIKA_AUTHLIB"));
    python.arg(format!("{SCRIPTS}/authlib-client.py"));
    check(python);
}

fn check(mut client: Command) {
    let issuer = Issuer::start("EdDSA");
    let account = issuer.command(&[
        "service-account",
        "create",
        "backend",
        "--service",
        "orders",
        "--role",
        "orders/clerk",
    ]);
    let shop = issuer.command(&["client", "create", "shop", "--name", "Shop"]);
    assert_eq!(shop, "", "a public client has no secret");
    let main = issuer.log_in("ada");
    let output = client.args([issuer.url(), account.trim(), &main]).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let got: Value = serde_json::from_slice(&output.stdout).unwrap();

    assert_eq!(got["byBasic"]["scope"], "orders:create orders:read");
    assert_eq!(got["byPost"]["scope"], "orders:read");
    assert_eq!(got["refreshed"]["expires_in"], 300);
    assert_ne!(got["refreshed"]["refresh_token"], main.as_str());
    assert_eq!(got["exchanged"]["scope"], "orders:create orders:read");
    let before = &got["before"];
    assert_eq!((&before["active"], &before["username"]), (&true.into(), &"ada".into()));
    assert_eq!(before["act"]["sub"], "svc:backend");
    assert_eq!(got["after"]["active"], false);
    assert_eq!(got["refused"], "invalid_grant");
}
