//! Programs that the tests start, talk to, and stop.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::http::{Message, Request};

/// How long a program may take until it is ready, and between two lines it is asked for.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long it may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(5);

/// A program that said `ready http://address` and serves there until this value ends. What it logs
/// is shown if the test fails.
#[derive(Debug)]
pub struct Service {
    name: String,
    child: Child,
    lines: Receiver<String>,
    log: PathBuf,
    _folder: tempfile::TempDir,
    /// `http://address`.
    pub url: String,
}

impl Service {
    /// Starts `command` and waits until it is ready.
    ///
    /// # Panics
    /// When it does not start, or ends, or says nothing for a minute.
    #[must_use]
    pub fn start(name: &str, command: &mut Command) -> Self {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let log = folder.path().join("log");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).expect("a log"))
            .spawn()
            .unwrap_or_else(|error| panic!("can't start {name}: {error}"));
        let output = child.stdout.take().expect("its output");
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // Nobody may be listening any more, and then the rest does not matter.
                let _ = sender.send(line);
            }
        });
        let mut service =
            Self { name: name.to_owned(), child, lines, log, _folder: folder, url: String::new() };
        service.url = loop {
            if let Some(url) = service.line().strip_prefix("ready ") {
                break url.to_owned();
            }
        };
        service
    }

    /// The next line it prints.
    ///
    /// # Panics
    /// When there is none for a minute.
    #[must_use]
    pub fn line(&self) -> String {
        let line = self.lines.recv_timeout(PATIENCE);
        line.unwrap_or_else(|_| panic!("{} says nothing; its log:\n{}", self.name, self.log()))
    }

    /// Where it listens.
    ///
    /// # Panics
    /// When what it said is no address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        let address = self.url.strip_prefix("http://").and_then(|address| address.parse().ok());
        address.unwrap_or_else(|| panic!("`{}` is no address", self.url))
    }

    /// Sends `request` there.
    #[must_use]
    pub fn send(&self, request: &Request) -> Message {
        request.send(self.address())
    }

    /// Everything it has logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Ends it as a fault of the machine would: without a word.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to end, and waits. Whether it ended by itself and well.
    pub fn stop(&mut self) -> bool {
        if let Ok(Some(status)) = self.child.try_wait() {
            return status.success();
        }
        // The library has no other signal than SIGKILL.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let end = Instant::now() + GRACE;
        while Instant::now() < end {
            if let Ok(Some(status)) = self.child.try_wait() {
                return status.success();
            }
            thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        false
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop();
        if thread::panicking() {
            eprintln!("--- log of {} ---\n{}--- end of the log ---", self.name, self.log());
        }
    }
}

/// What `cargo xtask test` says of where an artifact is.
///
/// # Panics
/// When it does not say.
#[must_use]
pub fn artifact(name: &str) -> PathBuf {
    std::env::var_os(name)
        .unwrap_or_else(|| panic!("`{name}` is not set: run `cargo xtask test`"))
        .into()
}
