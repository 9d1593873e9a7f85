//! Clients that ask again and again, while something is done to whom they ask.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::http::Kept;

/// More than so many wrong answers are not kept.
const ENOUGH: usize = 20;

/// Clients at work; they end with this value.
#[derive(Debug)]
pub struct Traffic {
    shared: Arc<Shared>,
    clients: Vec<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    ended: AtomicBool,
    turns: AtomicU64,
    wrong: Mutex<Vec<String>>,
}

impl Traffic {
    /// So many clients, each with a connection of its own that it keeps. `turn` is one request or
    /// several: it is told the number of the turn, and says what was wrong, if anything was.
    #[must_use]
    pub fn start(
        clients: usize,
        address: SocketAddr,
        turn: impl Fn(&mut Kept, u64) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        Self::paced(clients, address, Duration::ZERO, turn)
    }

    /// As [`Traffic::start`], each client with a pause after each turn: so there is room for what
    /// else has to run.
    #[must_use]
    pub fn paced(
        clients: usize,
        address: SocketAddr,
        pause: Duration,
        turn: impl Fn(&mut Kept, u64) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        let (shared, turn) = (Arc::<Shared>::default(), Arc::new(turn));
        let client = |_| {
            let (shared, turn) = (shared.clone(), turn.clone());
            thread::spawn(move || {
                let mut connection = Kept::new(address);
                while !shared.ended.load(Ordering::SeqCst) {
                    let number = shared.turns.fetch_add(1, Ordering::SeqCst);
                    if let Err(what) = turn(&mut connection, number) {
                        let mut wrong = shared.wrong.lock().expect("what was wrong");
                        if wrong.len() < ENOUGH {
                            wrong.push(format!("turn {number}: {what}"));
                        }
                    }
                    thread::sleep(pause);
                }
            })
        };
        let clients = (0..clients).map(client).collect();
        Self { shared, clients }
    }

    /// How many turns were begun so far.
    #[must_use]
    pub fn turns(&self) -> u64 {
        self.shared.turns.load(Ordering::SeqCst)
    }

    /// What was wrong so far; of much, the first.
    ///
    /// # Panics
    /// When a client did.
    #[must_use]
    pub fn wrong(&self) -> Vec<String> {
        self.shared.wrong.lock().expect("what was wrong").clone()
    }

    /// Ends it: how many turns there were, and what was wrong in them.
    ///
    /// # Panics
    /// When a client did.
    #[must_use]
    pub fn end(mut self) -> (u64, Vec<String>) {
        self.shared.ended.store(true, Ordering::SeqCst);
        for client in self.clients.drain(..) {
            client.join().expect("a client that did not panic");
        }
        (self.turns(), self.wrong())
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        for client in self.clients.drain(..) {
            let _ = client.join();
        }
    }
}
