//! The binary, run as a command and as a service.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};

pub(crate) const SEED: &str = r#"
[[services]]
name = "orders"
permissions = ["orders:read"]
[[roles]]
name = "clerk"
service = "orders"
level = 50
permissions = ["orders:read"]
[[users]]
username = "laika"
email = "laika@example.com"
password = "first in orbit 1957"
roles = ["orders/clerk"]
"#;

/// A service under test; it is stopped when it goes away.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    _output: BufReader<ChildStdout>,
    errors: Option<ChildStderr>,
}

impl Server {
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    pub(crate) fn start_with(folder: &Path, variables: &[(&str, &str)]) -> Self {
        let mut child = command(folder, &["serve"])
            .env("LAIKA_LISTEN", "127.0.0.1:0")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("ready http://").unwrap().to_owned();
        let errors = child.stderr.take();
        Self { child, address, _output: output, errors }
    }

    /// Tells it to end, as an operating system does; exit code and what it said.
    pub(crate) fn end(&mut self) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let mut errors = String::new();
        self.errors.take().unwrap().read_to_string(&mut errors).unwrap();
        (self.child.wait().unwrap().code(), errors)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_laika"));
    command.args(arguments).current_dir(folder).env_clear().stdin(Stdio::piped());
    command
}

pub(crate) fn laika(folder: &Path, arguments: &[&str], input: &str) -> Output {
    run(&mut command(folder, arguments), input)
}

/// Runs a command with this standard input.
pub(crate) fn run(command: &mut Command, input: &str) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that reads nothing may be gone before it is written to.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

#[track_caller]
pub(crate) fn expect(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{}", errors(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn get(address: &str, path: &str) -> String {
    exchange(
        address,
        &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
    )
}

pub(crate) fn post(address: &str, path: &str, body: &str) -> String {
    let length = body.len();
    exchange(
        address,
        &format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: \
             application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        ),
    )
}

pub(crate) fn exchange(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
