//! Running other programs: one tidy line per step, with its time; their output only on failure.

use std::cell::Cell;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, IsTerminal as _, Read, Write as _};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// Columns for the name of a step; its time follows.
const NAME_WIDTH: usize = 58;

/// Lines of a failed program's output that are shown; all of it is in `target/xtask/log/`.
const SHOWN_LINES: usize = 200;

thread_local! {
    /// Whether this thread works beside the one that draws.
    static BESIDE: Cell<bool> = const { Cell::new(false) };
}

/// Does both at one time, the second in a thread of its own, whose steps show only how they ended.
pub(crate) fn at_one_time<A, B: Send>(
    first: impl FnOnce() -> A,
    second: impl FnOnce() -> B + Send,
) -> (A, B) {
    thread::scope(|scope| {
        let beside = scope.spawn(|| {
            BESIDE.set(true);
            second()
        });
        let first = first();
        match beside.join() {
            Ok(second) => (first, second),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// One line of the report: what is being done, then how long it took.
pub(crate) struct Step {
    name: String,
    terminal: bool,
}

/// Does `work` under a line that ends in the time it took.
pub(crate) fn step<T>(name: &str, work: impl FnOnce(&Step) -> Result<T>) -> Result<T> {
    let step = Step { name: name.to_owned(), terminal: std::io::stdout().is_terminal() };
    let clock = Clock::start();
    step.show("");
    let outcome = work(&step);
    let end = match &outcome {
        Ok(_) => clock.elapsed(),
        Err(_) => format!("{} FAILED", clock.elapsed()),
    };
    step.finish(&end);
    outcome
}

/// The line of a step that has nothing to do.
pub(crate) fn unchanged(name: &str) {
    note(name, "unchanged");
}

/// A line with a remark in place of a time.
pub(crate) fn note(name: &str, remark: &str) {
    println!("  {name:<NAME_WIDTH$} {remark}");
}

impl Step {
    /// On a terminal: says what the step is at, until the next call.
    pub(crate) fn show(&self, doing: &str) {
        let out = &mut std::io::stdout();
        let written = if self.terminal && !BESIDE.get() {
            let doing: String = doing.chars().filter(|c| !c.is_control()).take(70).collect();
            write!(out, "\r\x1b[2K  {:<NAME_WIDTH$} \x1b[2m{doing}\x1b[0m", self.name)
        } else {
            Ok(())
        };
        // A closed terminal must not end the build.
        let _ = written.and_then(|()| out.flush());
    }

    fn finish(&self, end: &str) {
        let back = if self.terminal { "\r\x1b[2K" } else { "" };
        println!("{back}  {:<NAME_WIDTH$} {end}", self.name);
    }
}

/// A time span, for people.
pub(crate) struct Clock(Instant);

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the build reads a clock")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn passed(&self) -> Duration {
        self.0.elapsed()
    }

    /// `7.1 s`, or `3 min 12 s`.
    pub(crate) fn elapsed(&self) -> String {
        human(self.passed())
    }
}

/// A duration as `7.1 s` or `3 min 12 s`, right-aligned for a column.
pub(crate) fn human(duration: Duration) -> String {
    match duration.as_secs() {
        0..60 => format!("{:>7.1} s", duration.as_secs_f32()),
        seconds => format!("{} min {:>2} s", seconds / 60, seconds % 60),
    }
}

/// A program to run to its end.
pub(crate) struct Program {
    command: Command,
    shown: String,
    silent: Option<Duration>,
}

/// What a program that ended has left.
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    /// Standard output and error, in the order they came.
    pub(crate) output: String,
}

/// Keeps the settings of whoever runs this (`LAIKA_*`) from an issuer that is started: they may lead
/// to a database with real people in it.
pub(crate) fn without_settings(command: &mut Command) -> &mut Command {
    let names = std::env::vars_os().map(|(name, _)| name);
    for name in names.filter(|name| name.to_string_lossy().starts_with("LAIKA_")) {
        command.env_remove(name);
    }
    command
}

impl Program {
    pub(crate) fn new(program: impl Into<PathBuf>) -> Self {
        let program = program.into();
        let shown = program.display().to_string();
        let mut command = Command::new(program);
        command.stdin(Stdio::null());
        Self { command, shown, silent: None }
    }

    /// How messages call the program.
    pub(crate) fn named(mut self, name: &str) -> Self {
        self.shown = name.to_owned();
        self
    }

    pub(crate) fn arg(mut self, arg: &str) -> Self {
        let _ = write!(self.shown, " {arg}");
        self.command.arg(arg);
        self
    }

    pub(crate) fn args<'a>(self, args: impl IntoIterator<Item = &'a str>) -> Self {
        args.into_iter().fold(self, Self::arg)
    }

    /// Several arguments at once, separated by single spaces.
    pub(crate) fn words(self, words: &str) -> Self {
        self.args(words.split(' '))
    }

    /// A long argument, such as a script, that an error message leaves out.
    pub(crate) fn script(mut self, text: &str) -> Self {
        self.shown.push_str(" '...'");
        self.command.arg(text);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// See [`without_settings`].
    pub(crate) fn without_settings(mut self) -> Self {
        without_settings(&mut self.command);
        self
    }

    pub(crate) fn env_remove(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub(crate) fn folder(mut self, folder: &str) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Ends the program when it has printed nothing for so long.
    pub(crate) fn silent_at_most(mut self, limit: Duration) -> Self {
        self.silent = Some(limit);
        self
    }

    /// Runs to the end and answers with the output; an error shows the output.
    pub(crate) fn run(self, step: &Step) -> Result<String> {
        let shown = self.shown.clone();
        let finished = self.finish(|line| step.show(line))?;
        if finished.status.success() {
            return Ok(finished.output);
        }
        bail!("`{shown}` failed ({})\n\n{}", finished.status, tail(&finished.output))
    }

    /// Runs to the end quietly; `None` if it can't be started or fails.
    pub(crate) fn try_output(self) -> Option<String> {
        let finished = self.finish(|_| ()).ok()?;
        finished.status.success().then(|| finished.output.trim().to_owned())
    }

    /// Runs to the end, whatever that is.
    pub(crate) fn finish(mut self, mut see: impl FnMut(&str)) -> Result<Finished> {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child =
            self.command.spawn().with_context(|| format!("cannot start `{}`", self.shown))?;
        let (sender, lines) = mpsc::channel();
        let readers = [
            child.stdout.take().map(|pipe| read_lines(pipe, sender.clone())),
            child.stderr.take().map(|pipe| read_lines(pipe, sender)),
        ];
        let limit = self.silent.unwrap_or(Duration::MAX);
        let mut output = String::new();
        loop {
            match lines.recv_timeout(limit) {
                Ok(line) => {
                    see(&line);
                    output.push_str(&line);
                    output.push('\n');
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    child.kill().context("cannot end a program that hangs")?;
                    child.wait().context("cannot wait for a program that hangs")?;
                    let said = tail(&output);
                    bail!(
                        "`{}` was silent for {} and was ended\n\n{said}",
                        self.shown,
                        human(limit)
                    );
                }
            }
        }
        for reader in readers.into_iter().flatten() {
            let _ = reader.join();
        }
        let status = child.wait().with_context(|| format!("cannot wait for `{}`", self.shown))?;
        Ok(Finished { status, output })
    }
}

fn read_lines(
    pipe: impl Read + Send + 'static,
    sender: mpsc::Sender<String>,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while matches!(pipe.read_until(b'\n', &mut line), Ok(1..)) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            line.clear();
            if sender.send(text).is_err() {
                break;
            }
        }
    })
}

/// The last lines of a program's output.
pub(crate) fn tail(output: &str) -> String {
    let lines: Vec<_> = output.lines().collect();
    let skipped = lines.len().saturating_sub(SHOWN_LINES);
    let mut shown = lines.get(skipped..).unwrap_or_default().join("\n");
    if skipped > 0 {
        shown.insert_str(0, &format!("[{skipped} lines before]\n"));
    }
    shown
}
