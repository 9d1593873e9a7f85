//! A real SMTP server in another language, and what it took.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

/// Longer than any mail takes on loopback.
const PATIENCE: Duration = Duration::from_secs(20);

/// Long enough for a mail that must not come.
const SILENCE: Duration = Duration::from_millis(300);

/// aiosmtpd on loopback; it ends with its value.
pub(crate) struct Sink {
    server: Child,
    lines: Receiver<Value>,
    pub(crate) port: u16,
}

/// A mail as it arrived.
#[derive(Debug)]
pub(crate) struct Mail {
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) body: String,
    pub(crate) whole: Value,
}

impl Sink {
    /// A server on a free port.
    pub(crate) fn start() -> Self {
        Self::on(0, &[])
    }

    /// A server on this port, with further arguments of `sink.py`.
    pub(crate) fn on(port: u16, arguments: &[&str]) -> Self {
        let mut server = Command::new(python())
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mail/sink.py"))
            .arg(port.to_string())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let output = BufReader::new(server.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(serde_json::from_str(&line).unwrap()).is_err() {
                    break;
                }
            }
        });
        let first: Value = lines.recv_timeout(PATIENCE).unwrap();
        let port = u16::try_from(first["port"].as_u64().unwrap()).unwrap();
        Self { server, lines, port }
    }

    /// The next mail, which must be there or come soon.
    #[track_caller]
    pub(crate) fn next(&self) -> Mail {
        let whole = self.lines.recv_timeout(PATIENCE).unwrap();
        let header = |name: &str| {
            let headers = whole["headers"].as_array().unwrap();
            let found: Vec<_> = headers.iter().filter(|header| header[0] == name).collect();
            assert_eq!(found.len(), 1, "one `{name}`: {whole}");
            found[0][1].as_str().unwrap().to_owned()
        };
        assert_eq!(whole["to"].as_array().unwrap().len(), 1, "{whole}");
        Mail {
            to: whole["to"][0].as_str().unwrap().to_owned(),
            subject: header("Subject"),
            body: whole["body"].as_str().unwrap().to_owned(),
            whole,
        }
    }

    /// That no further mail comes.
    #[track_caller]
    pub(crate) fn nothing(&self) {
        let more = self.lines.recv_timeout(SILENCE);
        assert!(more.is_err(), "{more:?}");
    }
}

impl Mail {
    /// The code of the link to this page.
    #[track_caller]
    pub(crate) fn code(&self, page: &str) -> String {
        let start = format!("http://127.0.0.1:8080/#{page}=");
        let mut links = self.body.lines().filter_map(|line| line.strip_prefix(&start));
        let code = links.next().unwrap_or_else(|| panic!("no link to `{page}`: {}", self.body));
        assert!(links.next().is_none());
        code.trim_end().to_owned()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn python() -> PathBuf {
    std::env::var_os("LAIKA_AIOSMTPD").map(PathBuf::from).unwrap_or_else(|| {
        panic!(
            "`LAIKA_AIOSMTPD` names no Python that has `aiosmtpd`: run this by `cargo xtask test \
             rust`, or make one by `python3 -m venv DIR && DIR/bin/pip install aiosmtpd` and name \
             `DIR/bin/python`"
        )
    })
}
