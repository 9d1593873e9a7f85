//! A real `laika serve`, and calls to it over real connections.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::scratch::Scratch;

/// Where an issuer keeps what it has: a folder and, with `TEST_POSTGRES` set, a database there.
pub(crate) struct Home {
    folder: TempDir,
    database: Option<Scratch>,
}

/// A service under test; it is stopped when it goes away.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Value,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), database: Scratch::database() }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The program on what is here.
    pub(crate) fn laika(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Command {
        let mut laika = Command::new(env!("CARGO_BIN_EXE_laika"));
        laika.args(arguments).current_dir(self.folder()).env_clear();
        laika.envs(self.database.iter().map(|found| ("LAIKA_DATABASE_URL", found.url())));
        laika.envs(variables.iter().copied());
        laika
    }
}

impl Server {
    pub(crate) fn start(home: &Home, variables: &[(&str, &str)]) -> Self {
        let mut command = home.laika(variables, &["serve"]);
        // The port changes with every start, the issuer's name in its tokens must not.
        if !variables.iter().any(|(name, _)| *name == "LAIKA_PUBLIC_URL") {
            command.env("LAIKA_PUBLIC_URL", "http://127.0.0.1:1");
        }
        let mut child = command
            .env("LAIKA_LISTEN", "127.0.0.1:0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (mut errors, kept) = (BufReader::new(child.stderr.take().unwrap()), Arc::clone(&log));
        let reader = thread::spawn(move || {
            let mut line = Vec::new();
            while errors.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                kept.lock().unwrap().push_str(&String::from_utf8_lossy(&line));
                line.clear();
            }
        });
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("ready http://").map(str::to_owned);
        let address = address.unwrap_or_else(|| {
            thread::sleep(Duration::from_millis(200));
            panic!("did not start: {}", log.lock().unwrap())
        });
        Self { child, address, log, reader: Some(reader) }
    }

    /// As a power failure does it.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// As an operating system does it.
    pub(crate) fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    /// Everything it has logged, once it has ended.
    pub(crate) fn ended(&mut self) -> (Option<i32>, String) {
        let code = self.child.wait().unwrap().code();
        self.reader.take().unwrap().join().unwrap();
        (code, self.log.lock().unwrap().clone())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One request on a connection of its own; `None` where no whole answer came.
pub(crate) fn call(
    address: &str,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&Value>,
) -> Option<Answer> {
    let mut request =
        format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    if let Some(token) = token {
        request += &format!("Authorization: Bearer {token}\r\n");
    }
    let body = body.map(Value::to_string).unwrap_or_default();
    if !body.is_empty() {
        request += "Content-Type: application/json\r\n";
    }
    request += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(request.as_bytes()).ok()?;
    let mut text = Vec::new();
    stream.read_to_end(&mut text).ok()?;
    read(&String::from_utf8(text).ok()?)
}

fn read(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length = head.lines().find_map(|line| {
        line.to_ascii_lowercase().strip_prefix("content-length: ")?.trim().parse::<usize>().ok()
    });
    // An answer that was cut off acknowledges nothing.
    if length.is_some_and(|length| length != body.len()) {
        return None;
    }
    let body =
        if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap_or_default() };
    Some(Answer { status, head: head.to_owned(), body })
}
