//! Programs that run until they are stopped: the issuer, the example backend.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::run::{Clock, tail};

const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(10);
const TICK: Duration = Duration::from_millis(100);

/// Ctrl-C and its relatives, noticed instead of obeyed, so that there is time to tidy up.
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    pub(crate) fn watch() -> Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&flag))
                .context("cannot watch for Ctrl-C")?;
        }
        Ok(Self(flag))
    }

    pub(crate) fn came(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A running program that has said `ready http://...`. Dropping it ends it.
pub(crate) struct Service {
    name: String,
    child: Child,
    log: PathBuf,
    /// Where it listens, without a slash at the end.
    pub(crate) url: String,
}

impl Service {
    /// Starts a program and waits for its ready line; everything it says goes to `log`.
    pub(crate) fn start(
        name: &str,
        command: &mut Command,
        log: &Path,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        let file = File::options()
            .create(true)
            .append(true)
            .open(log)
            .with_context(|| format!("cannot write `{}`", log.display()))?;
        let errors = file.try_clone().context("cannot share a log file")?;
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .with_context(|| format!("cannot start the {name}"))?;
        let ready = child.stdout.take().map(|pipe| follow(pipe, file));
        let ready = ready.with_context(|| format!("the {name} has no output"))?;
        let mut service =
            Self { name: name.to_owned(), child, log: log.to_owned(), url: String::new() };
        service.url = service.wait_until_ready(&ready, interrupt)?;
        Ok(service)
    }

    fn wait_until_ready(
        &mut self,
        ready: &mpsc::Receiver<String>,
        interrupt: &Interrupt,
    ) -> Result<String> {
        let clock = Clock::start();
        loop {
            match ready.recv_timeout(TICK) {
                Ok(url) => return Ok(url),
                Err(RecvTimeoutError::Disconnected) => thread::sleep(TICK),
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.check()?;
            if interrupt.came() {
                bail!("interrupted while the {} was starting", self.name);
            }
            if clock.passed() > START_LIMIT {
                bail!("the {} did not become ready\n\n{}", self.name, self.said());
            }
        }
    }

    /// An error, with the program's output, if it has ended by itself.
    pub(crate) fn check(&mut self) -> Result<()> {
        let ended = self.child.try_wait().context("cannot ask for a child process")?;
        match ended {
            None => Ok(()),
            Some(status) => bail!("the {} ended ({status})\n\n{}", self.name, self.said()),
        }
    }

    /// Asks the program to end, and insists after a while.
    pub(crate) fn stop(mut self) -> Result<ExitStatus> {
        self.signal(Signal::TERM);
        let clock = Clock::start();
        while clock.passed() < STOP_LIMIT {
            if let Some(status) = self.child.try_wait().context("cannot ask for a child process")? {
                return Ok(status);
            }
            thread::sleep(TICK);
        }
        bail!("the {} did not end {} s after SIGTERM", self.name, STOP_LIMIT.as_secs())
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // It may have ended on its own in the meantime.
            let _ = rustix::process::kill_process(pid, signal);
        }
    }

    fn said(&self) -> String {
        tail(&std::fs::read_to_string(&self.log).unwrap_or_default())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Copies the output to the log, and hands on the address of the ready line.
fn follow(pipe: impl std::io::Read + Send + 'static, mut log: File) -> mpsc::Receiver<String> {
    let (sender, ready) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let _ = writeln!(log, "{line}");
            if let Some(url) = line.strip_prefix("ready ") {
                let _ = sender.send(url.trim_end_matches('/').to_owned());
            }
        }
    });
    ready
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(script: &str) -> Result<Service> {
        let folder = tempfile::tempdir().unwrap();
        let interrupt = Interrupt(Arc::default());
        let mut shell = Command::new("sh");
        Service::start("shell", shell.args(["-c", script]), &folder.path().join("log"), &interrupt)
    }

    #[test]
    fn a_ready_service_has_an_address_and_ends_when_asked() {
        let service = start("echo ready http://127.0.0.1:1/; exec sleep 60").unwrap();
        assert_eq!(service.url, "http://127.0.0.1:1");
        assert!(!service.stop().unwrap().success());
    }

    #[test]
    fn a_service_that_dies_is_an_error_with_its_last_words() {
        let error = start("echo no such folder >&2; exit 3").err().unwrap().to_string();
        assert!(error.contains("the shell ended") && error.contains("no such folder"), "{error}");
    }
}
