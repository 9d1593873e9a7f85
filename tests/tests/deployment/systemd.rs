//! `deploy/systemd/laika.service`: what systemd says of it, and what the issuer says to systemd.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use laika_tests::process::{Service, artifact};

use super::{laika, refused, run, text};

/// The exposure that `systemd-analyze security` may find, in tenths; its scale ends at 100.
const EXPOSURE: &str = "15";

/// The example with the program where it lies here.
fn unit(folder: &Path, change: impl FnOnce(String) -> String) -> String {
    let installed = "/usr/local/bin/laika";
    let text = text("systemd/laika.service");
    assert!(text.contains(installed));
    let file = folder.join("laika.service");
    let here = artifact("LAIKA_BIN");
    fs::write(&file, change(text.replace(installed, &here.to_string_lossy()))).expect("written");
    file.to_string_lossy().into_owned()
}

fn analyze(arguments: &[&str]) -> Command {
    let mut command = Command::new(artifact("LAIKA_SYSTEMD_ANALYZE"));
    command.args(arguments);
    command
}

#[test]
fn systemd_takes_the_unit_and_finds_little_exposed() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let file = unit(folder.path(), |text| text);
    let output = run(&mut analyze(&["verify", "--man=no", "--recursive-errors=no", &file]));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "it has complaints");
    let threshold = format!("--threshold={EXPOSURE}");
    run(&mut analyze(&["security", "--offline=yes", &threshold, &file]));

    let file = unit(folder.path(), |text| text.replace("DynamicUser=yes", "DynamicUser=sometimes"));
    let output = analyze(&["verify", "--man=no", "--recursive-errors=no", &file]).output();
    let said = String::from_utf8_lossy(&output.expect("it runs").stderr).into_owned();
    assert!(said.contains("boolean value: sometimes"), "{said}");
    let file = unit(folder.path(), |text| text.replace("DynamicUser=yes\nUser=laika\n", ""));
    refused(&mut analyze(&["security", "--offline=yes", &threshold, &file]));
}

#[test]
fn the_issuer_tells_systemd_when_it_is_ready_and_when_it_ends() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).expect("a socket");
    socket.set_read_timeout(Some(Duration::from_secs(30))).expect("a time-out");
    let told = || {
        let mut bytes = [0; 256];
        let length = socket.recv(&mut bytes).expect("it says something");
        String::from_utf8_lossy(&bytes[..length]).trim().to_owned()
    };
    let mut command = laika();
    command.env("NOTIFY_SOCKET", &path).env("LAIKA_DATA_DIR", folder.path().join("data"));
    let mut service =
        Service::start("issuer", command.env("LAIKA_LISTEN", "127.0.0.1:0").arg("serve"));
    assert_eq!(told(), "READY=1");
    assert!(service.stop());
    assert_eq!(told(), "STOPPING=1");
}
