//! A PostgreSQL for tests and benchmarks, on loopback, which ends and leaves nothing with its value.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::run::{self, Program, Step};
use crate::{files, tools};

/// How often it is asked whether it is ready, twenty times a second.
const ATTEMPTS: usize = 600;

/// A file system in memory, where there is one: each test has a database of its own, whose files,
/// made and removed, were a third of the tests' time on a disk.
const MEMORY: &str = "/dev/shm";

/// Bytes that the databases of tests take at most: a few at one time, and the log of all.
const ROOM: u64 = 2 << 30;

/// Who runs it where the tests run as root, as whom it refuses to run.
const NOBODY: [&str; 4] = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"];

/// What a commit means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Commit {
    /// It is on the disk, as users want it.
    OnDisk,
    /// It is in the memory of the machine: enough for tests, and faster.
    InMemory,
}

impl Commit {
    fn settings(self) -> &'static [&'static str] {
        match self {
            Self::OnDisk => &["fsync=on"],
            Self::InMemory => &["fsync=off", "full_page_writes=off", "max_wal_size=256MB"],
        }
    }
}

/// A running server.
pub(crate) struct Postgres {
    server: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Postgres {
    /// Starts one with an empty database cluster.
    pub(crate) fn start(commit: Commit) -> Result<Self> {
        let programs = tools::postgres()?;
        run::step("PostgreSQL", |step| Self::start_with(&programs, commit, step))
    }

    /// Where its superuser connects, without a database.
    pub(crate) fn url(&self) -> String {
        format!("postgres://laika@127.0.0.1:{}", self.port)
    }

    /// The process above all of its processes.
    pub(crate) fn pid(&self) -> u32 {
        self.server.id()
    }

    fn start_with(programs: &Path, commit: Commit, step: &Step) -> Result<Self> {
        let mut folder = tempfile::Builder::new();
        let folder = match commit {
            Commit::InMemory if files::has_room(Path::new(MEMORY), ROOM) => {
                folder.prefix("laika-postgres-").tempdir_in(MEMORY)?
            }
            _ => folder.prefix("laika-postgres-").tempdir()?,
        };
        if tools::is_root() {
            let owner = Program::new("chown").arg("nobody:nogroup");
            owner.arg(&folder.path().to_string_lossy()).run(step)?;
        }
        let data = folder.path().join("data");
        let data = data.to_string_lossy();
        let (initdb, server) = (programs.join("initdb"), programs.join("postgres"));
        let words = words(&initdb);
        let (first, rest) = words.split_first().context("no program")?;
        Program::new(first)
            .args(rest.iter().map(String::as_str))
            .args(["--username", "laika", "--auth", "trust", "--encoding", "UTF8"])
            .args(["--no-sync", "--pgdata", &data])
            .run(step)
            .context("`initdb` failed")?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let words = self::words(&server);
        let (first, rest) = words.split_first().context("no program")?;
        let server = Command::new(first)
            .args(rest)
            .args(["-D", &data, "-p", &port.to_string(), "-k", &folder.path().to_string_lossy()])
            .args(["-c", "listen_addresses=127.0.0.1"])
            .args(commit.settings().iter().flat_map(|setting| ["-c", setting]))
            .args(["-c", "max_connections=200"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start `postgres`")?;
        let mut postgres = Self { server, port, _folder: folder };
        postgres.wait(&programs.join("pg_isready"))?;
        Ok(postgres)
    }

    fn wait(&mut self, ready: &Path) -> Result<()> {
        for _ in 0..ATTEMPTS {
            if let Some(status) = self.server.try_wait()? {
                bail!("`postgres` ended with {status}");
            }
            let asked = Command::new(ready)
                .args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()])
                .status()?;
            if asked.success() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        bail!("`postgres` is not ready after {} s", ATTEMPTS / 20)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGINT is its "fast shutdown": it drops connections and its children end with it.
        // `setpriv` becomes the server, so the process is the one that was started.
        if let Ok(pid) = i32::try_from(self.server.id())
            && let Some(pid) = rustix::process::Pid::from_raw(pid)
        {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT);
        }
        let _ = self.server.wait();
    }
}

fn words(program: &Path) -> Vec<String> {
    let as_nobody = if tools::is_root() { NOBODY.as_slice() } else { &[] };
    as_nobody
        .iter()
        .map(|&word| word.to_owned())
        .chain([program.to_string_lossy().into_owned()])
        .collect()
}
