//! Events of the real binary: checked by the library that others check them with, and none lost when
//! the process is killed again and again.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver as Lines, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Home, Server, call};

const PASSWORD: &str = "seven muddy paws on the moon";
const KILLS: u64 = 6;
const CLIENTS: usize = 3;
/// Longer than a lease and the longest pause of an event that failed a few times.
const PATIENCE: Duration = Duration::from_secs(120);

const CHEAP: [(&str, &str); 4] = [
    ("LAIKA_PASSWORD_MEMORY", "7168"),
    ("LAIKA_PASSWORD_PASSES", "1"),
    ("LAIKA_LIMITS_REGISTRATION", "off"),
    ("LAIKA_OUTGOING_PRIVATE_NETWORKS", "127.0.0.0/8"),
];

#[test]
fn no_event_of_what_happened_is_lost_when_the_issuer_is_killed_while_it_sends() {
    let home = Home::new();
    let variables = CHEAP;
    let receiver = Receiver::start();
    let url = receiver.url.clone();
    let create = ["hook", "create", &url, "--event", "user.created", "--event", "user.logout"];
    laika(&home, &variables, &create);

    let acknowledged = AtomicUsize::new(0);
    for round in 0..KILLS {
        let mut server = Server::start(&home, &variables);
        let gone = AtomicBool::new(false);
        thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (address, gone, count) = (server.address.clone(), &gone, &acknowledged);
                scope.spawn(move || come_and_go(&address, client, round, gone, count));
            }
            // By what has happened and not by the clock, which on a busy machine says nothing.
            let (mut slept, before) = (Duration::ZERO, acknowledged.load(Ordering::SeqCst));
            while acknowledged.load(Ordering::SeqCst) < before + 2 * CLIENTS {
                assert!(slept < PATIENCE, "nobody can register");
                thread::sleep(Duration::from_millis(20));
                slept += Duration::from_millis(20);
            }
            // Another moment each time, between one thing and the next.
            thread::sleep(Duration::from_millis(37 * round));
            server.kill();
            gone.store(true, Ordering::SeqCst);
        });
    }
    let acknowledged = acknowledged.into_inner();
    receiver.well.store(true, Ordering::SeqCst);
    let _server = Server::start(&home, &variables);
    // Whoever is in the database was made, whether or not anybody heard so.
    let users = laika(&home, &variables, &["user", "list", "--limit", "10000", "--json"]);
    let users: Vec<Value> = serde_json::from_str(&users).unwrap();
    let made: BTreeSet<_> =
        users.iter().map(|user| user["id"].as_str().unwrap().to_owned()).collect();
    assert!(acknowledged > 2 * CLIENTS && made.len() >= acknowledged, "{acknowledged} {made:?}");
    let mut slept = Duration::ZERO;
    loop {
        let told = receiver.of("user.created");
        if made.is_subset(&told.keys().cloned().collect()) {
            break;
        }
        let missing: Vec<_> = made.iter().filter(|user| !told.contains_key(*user)).collect();
        assert!(slept < PATIENCE, "never told: {missing:?}");
        thread::sleep(Duration::from_millis(200));
        slept += Duration::from_millis(200);
    }
    let (created, ended) = (receiver.of("user.created"), receiver.of("user.logout"));
    for (user, place) in &ended {
        assert!(created[user] < *place, "in order: {user}");
    }
    assert!(ended.len() > CLIENTS);
    let (taken, distinct) = receiver.taken();
    println!("{KILLS} kills: {} users, {taken} events taken, {distinct} distinct", made.len());
}

/// Registers and logs out until the issuer is gone, and counts what was acknowledged.
fn come_and_go(
    address: &str,
    client: usize,
    round: u64,
    gone: &AtomicBool,
    acknowledged: &AtomicUsize,
) {
    for turn in 0.. {
        if gone.load(Ordering::SeqCst) {
            break;
        }
        let name = format!("c{client}x{round}x{turn}");
        let body = json!({
            "username": name, "email": format!("{name}@example.com"), "password": PASSWORD,
        });
        let Some(answer) = call(address, "POST", "/v1/users", None, Some(&body)) else { break };
        assert_eq!(answer.status, 201, "{}", answer.body);
        acknowledged.fetch_add(1, Ordering::SeqCst);
        let main = answer.body["main_token"].as_str().unwrap();
        let path = "/v1/sessions/current";
        if call(address, "DELETE", path, Some(main), None).is_none() {
            break;
        }
    }
}

/// Somebody who is told, refuses each third time, and remembers what they took.
struct Receiver {
    url: String,
    heard: Arc<Mutex<Vec<(String, Value)>>>,
    /// Takes everything from now on.
    well: Arc<AtomicBool>,
    ends: Arc<AtomicBool>,
}

impl Receiver {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (well, ends) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (kept, takes, stops) = (Arc::clone(&heard), Arc::clone(&well), Arc::clone(&ends));
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                if stops.load(Ordering::SeqCst) {
                    return;
                }
                let take = takes.load(Ordering::SeqCst) || number % 3 != 0;
                let kept = Arc::clone(&kept);
                thread::spawn(move || hear(&stream.unwrap(), take, &kept));
            }
        });
        Self { url, heard, well, ends }
    }

    /// Users that were told of by events of this name, with the place of the first one.
    fn of(&self, name: &str) -> BTreeMap<String, usize> {
        let mut found = BTreeMap::new();
        for (place, (_, body)) in self.heard.lock().unwrap().iter().enumerate() {
            if body["type"] == name {
                let user = body["data"]["user"].as_str().unwrap().to_owned();
                found.entry(user).or_insert(place);
            }
        }
        found
    }

    fn taken(&self) -> (usize, usize) {
        let heard = self.heard.lock().unwrap();
        (heard.len(), heard.iter().map(|(id, _)| id).collect::<BTreeSet<_>>().len())
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        let address = self.url.trim_start_matches("http://").trim_end_matches('/');
        let _ = TcpStream::connect(address);
    }
}

/// One request; `None` where whoever sent it was killed meanwhile.
fn hear(stream: &TcpStream, take: bool, heard: &Mutex<Vec<(String, Value)>>) -> Option<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let mut reader = BufReader::new(stream);
    let (mut id, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("webhook-id: ") {
            id = value.to_owned();
        }
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let status = if take { "204 No Content" } else { "500 Busy" };
    if take {
        heard.lock().unwrap().push((id, serde_json::from_slice(&body).unwrap()));
    }
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    (&*stream).write_all(head.as_bytes()).ok()
}

#[test]
fn the_library_of_standard_webhooks_takes_our_signatures_also_while_secrets_change() {
    let home = Home::new();
    let tools = std::env::var_os("LAIKA_TOOLS").map(PathBuf::from).unwrap_or_else(|| {
        panic!(
            "`LAIKA_TOOLS` names no folder with the npm packages of `tests/tools`: run `cargo \
             xtask test`, or `npm ci` there"
        )
    });
    let mut checker = Command::new("node")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/serving/webhooks.mjs"))
        .env("LAIKA_TOOLS", std::path::absolute(tools).unwrap())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = lines(BufReader::new(checker.stdout.take().unwrap()));
    let next = || -> Value { lines.recv_timeout(PATIENCE).unwrap() };
    let url = format!("http://127.0.0.1:{}/", next()["port"]);
    let mut orders = checker.stdin.take().unwrap();
    let mut trusts = |secret: &str| {
        writeln!(orders, "{secret}").unwrap();
        assert_eq!(next()["trusts"], secret);
    };
    let made = laika(&home, &CHEAP, &["hook", "create", &url, "--event", "user.created"]);
    let (hook, old) = made.trim_end().split_once('\n').unwrap();
    let server = Server::start(&home, &CHEAP);
    let register = |name: &str| {
        let body = json!({
            "username": name, "email": format!("{name}@example.com"), "password": PASSWORD,
        });
        let answer = call(&server.address, "POST", "/v1/users", None, Some(&body)).unwrap();
        assert_eq!(answer.status, 201, "{}", answer.body);
    };
    trusts(old);
    register("first");
    let told = next();
    assert_eq!(
        (&told["good"], &told["event"]["data"]["username"]),
        (&json!(true), &json!("first"))
    );
    let new = laika(&home, &CHEAP, &["hook", "rotate", hook]);
    let new = new.trim_end();
    for (number, secret) in [old, new].into_iter().enumerate() {
        trusts(secret);
        register(&format!("between{number}"));
        assert_eq!(next()["good"], true, "both sign");
    }
    trusts("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    register("stranger");
    assert_eq!(next()["good"], false, "and nobody else does");
    drop(orders);
    assert!(checker.wait().unwrap().success());
}

fn lines(output: impl std::io::BufRead + Send + 'static) -> Lines<Value> {
    let (sender, lines) = channel();
    thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            if sender.send(serde_json::from_str(&line).unwrap()).is_err() {
                break;
            }
        }
    });
    lines
}

/// Runs a command on the same data; what it prints.
fn laika(home: &Home, variables: &[(&str, &str)], arguments: &[&str]) -> String {
    let output = home.laika(variables, arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
