//! Keys rotate and sessions end while requests come.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{PACE, PROMISED, Run, plugin};
use crate::envoy::Envoy;
use crate::http::{Kept, Request, Server};
use crate::issuer::Issuer;
use crate::traffic::Traffic;

/// Between the publication of a key and its first signature: what the issuer takes to notice
/// (2 s), the age of a status list that names the key set (9 s), and a second.
const PUBLISHED: Duration = Duration::from_secs(12);
/// Between new tokens, and between sessions that end.
const MINT: Duration = Duration::from_millis(250);
const REVOKE: Duration = Duration::from_secs(2);
/// Tokens live for 300 s; older ones than this are no longer asked about.
const YOUNG: Duration = Duration::from_secs(200);

/// A token, and what has become of it.
struct Entry {
    request: Request,
    session: usize,
    minted: Instant,
    revoked: Mutex<Revoked>,
}

/// When that was asked for, and when the issuer had said that it is done.
#[derive(Debug, Default, Clone, Copy)]
struct Revoked {
    begun: Option<Instant>,
    acknowledged: Option<Instant>,
}

#[derive(Default)]
struct Tokens(Mutex<Vec<Arc<Entry>>>);

impl Tokens {
    fn all(&self) -> Vec<Arc<Entry>> {
        self.0.lock().expect("the tokens").clone()
    }

    fn pick(&self, turn: u64) -> Arc<Entry> {
        let tokens = self.0.lock().expect("the tokens");
        // The newest as often as all others: with them comes what is new.
        let last = tokens.len() - 1;
        let at = if turn.is_multiple_of(2) {
            last
        } else {
            usize::try_from(turn).unwrap_or(0) % (last + 1)
        };
        tokens[at].clone()
    }
}

/// One request with one of the tokens.
fn ask(kept: &mut Kept, entry: &Entry) -> Result<(), String> {
    let begun = Instant::now();
    let answer = kept.send(&entry.request).map_err(|error| format!("lost: {error}"))?;
    let revoked = *entry.revoked.lock().expect("what became of it");
    let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
    let passed = revoked.acknowledged.map(|then| begun.saturating_duration_since(then));
    match (answer.status, code.as_str()) {
        (200, _) if passed.is_none_or(|passed| passed < Duration::from_secs(PROMISED)) => Ok(()),
        (401, "revoked") if revoked.begun.is_some() => Ok(()),
        (status, code) => {
            let age = entry.minted.elapsed();
            Err(format!("{status} {code} for a token {age:?} old, revoked {passed:?} ago"))
        }
    }
}

/// A real issuer whose key for ES256 rotates as often as that may cost nothing, and whose sessions
/// end one after the other, while clients use every token that is young.
///
/// # Panics
/// When the issuer or Envoy does not do what it is asked for.
#[must_use]
pub fn rotation(duration: Duration, workers: usize) -> Run {
    let issuer = Issuer::start("ES256");
    let rotate = |how: &[&str]| drop(issuer.command(&[&["key", "rotate"], how].concat()));
    // The next key is there before anybody asks, so the first change can come at once.
    rotate(&[]);
    thread::sleep(Duration::from_secs(3));
    let upstream = Server::start(|_| (200, String::new(), Vec::new()));
    let clusters = [("upstream", upstream.address), ("issuer", issuer.service.address())];
    let envoy = Envoy::of_workers(workers, &plugin(issuer.url()).to_string(), &clusters, |_| {});

    let tokens = Arc::<Tokens>::default();
    let mut sessions = vec![issuer.log_in("ada")];
    let mint = |sessions: &[String]| {
        let session = sessions.len() - 1;
        let token = issuer.micro_token(&sessions[session], "orders");
        let request = Request::with_token("/orders", &token);
        let revoked = Mutex::default();
        let mut all = tokens.0.lock().expect("the tokens");
        all.retain(|entry| entry.minted.elapsed() < YOUNG);
        all.push(Arc::new(Entry { request, session, minted: Instant::now(), revoked }));
    };
    mint(&sessions);
    sessions.push(issuer.log_in("ada"));
    mint(&sessions);

    let asked = tokens.clone();
    let traffic =
        Traffic::paced(4, envoy.address(), PACE, move |kept, turn| ask(kept, &asked.pick(turn)));
    let begin = Instant::now();
    let (mut rotations, mut due) = (0, begin + Duration::from_secs(1));
    let (mut ended, mut last_end) = (0, begin);
    while begin.elapsed() < duration && traffic.wrong().is_empty() {
        thread::sleep(MINT);
        mint(&sessions);
        if Instant::now() > due {
            rotate(&["--now"]);
            rotations += 1;
            rotate(&[]);
            due = Instant::now() + PUBLISHED;
        }
        if last_end.elapsed() > REVOKE && begin.elapsed() + REVOKE < duration {
            last_end = Instant::now();
            let mut of_session = tokens.all();
            of_session.retain(|entry| entry.session == ended);
            let note = |change: fn(&mut Revoked)| {
                for entry in &of_session {
                    change(&mut entry.revoked.lock().expect("what became of it"));
                }
            };
            note(|revoked| revoked.begun = Some(Instant::now()));
            let main = &sessions[ended];
            let answer = issuer.call("DELETE", "/v1/sessions/current", Some(main), &json!({}));
            assert_eq!(answer.status, 204, "{answer:?}");
            note(|revoked| revoked.acknowledged = Some(Instant::now()));
            ended += 1;
            sessions.push(issuer.log_in("ada"));
        }
    }
    let (requests, wrong) = traffic.end();
    let result = format!(
        "{requests} requests by 4 clients through {workers} workers while the key was changed \
         {rotations} times and {ended} sessions ended: no good token refused, none accepted \
         {PROMISED} s after it was revoked"
    );
    Run { result, wrong }
}
