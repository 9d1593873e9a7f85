//! Lines of the log on their way out.
//!
//! A service that answers thousands of requests a second would spend a twentieth of its time on
//! writing a line for each. So a line is written at once where none was written a moment before, and
//! those that follow within the moment are written together at its end. A warning or an error goes at
//! once, with all that is before it.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

use crate::clock::{Clock as _, SystemClock};

/// How long a line may wait for others.
const MOMENT: Duration = Duration::from_millis(10);

/// How many bytes may wait.
const MOST: usize = 64 * 1024;

/// Where lines are written.
#[derive(Debug)]
pub(super) struct Lines<W>(Arc<Shared<W>>);

/// Sees to it that no line waits for long. When it is dropped, nothing waits any more, then or later.
#[derive(Debug)]
pub(crate) struct Flusher<W> {
    lines: Arc<Shared<W>>,
    thread: Option<JoinHandle<()>>,
}

/// A line; it is written whole.
#[derive(Debug)]
pub(super) struct Line<'a, W> {
    lines: &'a Shared<W>,
    urgent: bool,
}

#[derive(Debug)]
struct Shared<W> {
    waiting: Mutex<Waiting<W>>,
    /// A line has begun to wait, or none will any more.
    changed: Condvar,
}

#[derive(Debug)]
struct Waiting<W> {
    to: W,
    text: Vec<u8>,
    /// When something was written last, by the monotonic clock.
    written: Option<Duration>,
    ended: bool,
}

impl<W: Write + Send + 'static> Lines<W> {
    /// Lines to `to`, which nothing else writes to.
    ///
    /// # Errors
    /// No thread can be had.
    pub(super) fn to(to: W) -> io::Result<(Self, Flusher<W>)> {
        let waiting = Waiting { to, text: Vec::new(), written: None, ended: false };
        let lines = Arc::new(Shared { waiting: Mutex::new(waiting), changed: Condvar::new() });
        let flushed = Arc::clone(&lines);
        let thread = thread::Builder::new().name("log".to_owned());
        let thread = thread.spawn(move || flushed.flush())?;
        Ok((Self(Arc::clone(&lines)), Flusher { lines, thread: Some(thread) }))
    }
}

impl<'a, W: Write + 'a> MakeWriter<'a> for Lines<W> {
    type Writer = Line<'a, W>;

    fn make_writer(&'a self) -> Line<'a, W> {
        Line { lines: &self.0, urgent: true }
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Line<'a, W> {
        Line { lines: &self.0, urgent: *metadata.level() <= Level::WARN }
    }
}

impl<W: Write> Write for Line<'_, W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.lines.add(line, self.urgent)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W> Drop for Flusher<W> {
    fn drop(&mut self) {
        self.lines.waiting().ended = true;
        self.lines.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // What it panicked with was told by the panic.
            drop(thread.join());
        }
    }
}

impl<W> Shared<W> {
    fn waiting(&self) -> MutexGuard<'_, Waiting<W>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W: Write> Shared<W> {
    fn add(&self, line: &[u8], urgent: bool) -> io::Result<()> {
        let now = SystemClock.monotonic();
        let mut waiting = self.waiting();
        let first = waiting.text.is_empty();
        waiting.text.extend_from_slice(line);
        let calm = waiting.written.is_none_or(|last| now.saturating_sub(last) >= MOMENT);
        if urgent || calm || waiting.ended || waiting.text.len() >= MOST {
            return waiting.write();
        }
        if first {
            self.changed.notify_all();
        }
        Ok(())
    }

    /// Writes what has waited for a moment, until the end, and then what still waits.
    fn flush(&self) {
        let mut waiting = self.waiting();
        loop {
            let idle = |waiting: &mut Waiting<W>| waiting.text.is_empty() && !waiting.ended;
            waiting =
                self.changed.wait_while(waiting, idle).unwrap_or_else(PoisonError::into_inner);
            let lasting = |waiting: &mut Waiting<W>| !waiting.ended;
            let waited = self.changed.wait_timeout_while(waiting, MOMENT, lasting);
            waiting = waited.unwrap_or_else(PoisonError::into_inner).0;
            // There is nobody to tell that the log can't be written.
            drop(waiting.write());
            if waiting.ended {
                return;
            }
        }
    }
}

impl<W: Write> Waiting<W> {
    fn write(&mut self) -> io::Result<()> {
        let written = self.to.write_all(&self.text);
        self.text.clear();
        self.written = Some(SystemClock.monotonic());
        written
    }
}

#[cfg(test)]
mod tests {
    use tracing::subscriber::with_default;

    use super::*;

    /// Every write by itself.
    #[derive(Debug, Clone, Default)]
    struct Writes(Arc<Mutex<Vec<String>>>);

    impl Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().push(String::from_utf8(bytes.to_vec()).unwrap());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Writes {
        fn count(&self) -> usize {
            self.0.lock().unwrap().len()
        }

        fn all(&self) -> String {
            self.0.lock().unwrap().concat()
        }
    }

    fn begin() -> (Writes, Lines<Writes>, Flusher<Writes>) {
        let writes = Writes::default();
        let (lines, flusher) = Lines::to(writes.clone()).unwrap();
        (writes, lines, flusher)
    }

    #[test]
    fn many_lines_go_together_in_order_and_none_is_lost() {
        let (writes, lines, flusher) = begin();
        let line = |number| format!("line {number}\n");
        lines.0.add(line(0).as_bytes(), false).unwrap();
        assert_eq!(writes.all(), line(0), "the first goes at once");
        for number in 1..20_000 {
            lines.0.add(line(number).as_bytes(), false).unwrap();
        }
        drop(flusher);
        assert!(writes.all() == (0..20_000).map(line).collect::<String>());
        assert!(writes.count() < 10_000, "{} writes", writes.count());
        let before = writes.count();
        lines.0.add(b"after the end\n", false).unwrap();
        assert_eq!(writes.count(), before + 1);
    }

    #[test]
    fn an_end_that_comes_before_the_thread_has_begun_loses_nothing() {
        for _ in 0..200 {
            let (writes, lines, flusher) = begin();
            lines.0.add(b"1\n", false).unwrap();
            lines.0.add(b"2\n", false).unwrap();
            drop(flusher);
            assert_eq!(writes.all(), "1\n2\n");
        }
    }

    #[test]
    fn a_line_that_waits_goes_by_itself() {
        let (writes, lines, _flusher) = begin();
        lines.0.add(b"1\n", false).unwrap();
        lines.0.add(b"2\n", false).unwrap();
        while writes.all() != "1\n2\n" {
            thread::sleep(MOMENT);
        }
    }

    #[test]
    fn a_warning_goes_at_once_with_all_before_it() {
        let (writes, lines, _flusher) = begin();
        let subscriber = tracing_subscriber::fmt().with_writer(lines).without_time().finish();
        with_default(subscriber, || {
            for _ in 0..100 {
                tracing::info!("usual");
            }
            tracing::warn!("unusual");
            let all = writes.all();
            assert_eq!(all.matches("usual").count(), 101, "{all}");
        });
    }
}
