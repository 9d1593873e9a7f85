//! A crash between commit and answer: `laika serve` is killed under load, again and again, and
//! started on the same data. What was acknowledged is still there, and everybody can go on with the
//! token they hold.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::slow::now;
use crate::support::{Home, Server, call};

const PASSWORD: &str = "seven muddy paws on the moon";
const KILLS: u64 = 6;
const CLIENTS: usize = 4;
/// Answers that a round waits for before the kill, and how long at most.
const ANSWERS: usize = 40;
const PATIENCE: Duration = Duration::from_secs(60);

/// What a client was told.
#[derive(Default)]
struct Told {
    /// Accounts that were acknowledged.
    accounts: Vec<String>,
    /// The token it holds, and whose session that is.
    main: Option<String>,
    /// Tokens of sessions whose end was acknowledged.
    ended: Vec<String>,
    /// Rotations that were acknowledged.
    rotations: usize,
}

impl Told {
    /// Everything that was acknowledged.
    fn count(&self) -> usize {
        self.accounts.len() + self.rotations + self.ended.len()
    }
}

#[test]
fn nothing_acknowledged_is_lost_when_the_issuer_is_killed_under_load() {
    let home = Home::new();
    let variables = [
        ("LAIKA_PASSWORD_MEMORY", "7168"),
        ("LAIKA_PASSWORD_PASSES", "1"),
        ("LAIKA_LIMITS_REGISTRATION", "off"),
        ("LAIKA_LIMITS_LOGIN", "off"),
        ("LAIKA_LIMITS_LOGIN_ADDRESS", "off"),
        ("LAIKA_LIMITS_LOGIN_ACCOUNT", "off"),
    ];
    let mut told: Vec<Told> = (0..CLIENTS).map(|_| Told::default()).collect();
    for round in 0..KILLS {
        let mut server = Server::start(&home, &variables);
        for told in &told {
            inspect(&server.address, told, 5);
        }
        let (gone, answers) = (AtomicBool::new(false), AtomicUsize::new(0));
        thread::scope(|scope| {
            for (number, told) in told.iter_mut().enumerate() {
                let (address, gone, answers) = (server.address.clone(), &gone, &answers);
                scope.spawn(move || work(&address, number, round, told, gone, answers));
            }
            // However slow the machine is, something was acknowledged; then at no special moment.
            let begun = now();
            while answers.load(Ordering::SeqCst) < ANSWERS && begun.elapsed() < PATIENCE {
                thread::sleep(Duration::from_millis(5));
            }
            thread::sleep(Duration::from_millis(17 * round));
            server.kill();
            gone.store(true, Ordering::SeqCst);
        });
    }
    let server = Server::start(&home, &variables);
    for told in &told {
        inspect(&server.address, told, usize::MAX);
    }
    let accounts: usize = told.iter().map(|told| told.accounts.len()).sum();
    let rotations: usize = told.iter().map(|told| told.rotations).sum();
    let ended: usize = told.iter().map(|told| told.ended.len()).sum();
    println!(
        "{KILLS} kills: {accounts} accounts, {rotations} rotations, {ended} ends acknowledged"
    );
    assert!(accounts > CLIENTS && rotations > CLIENTS && ended > CLIENTS);
}

/// Registers, rotates, logs in and out until the issuer is gone.
fn work(
    address: &str,
    number: usize,
    round: u64,
    told: &mut Told,
    gone: &AtomicBool,
    answers: &AtomicUsize,
) {
    for turn in 0.. {
        let before = told.count();
        let step = step(address, number, round, turn, told);
        answers.fetch_add(told.count() - before, Ordering::SeqCst);
        if gone.load(Ordering::SeqCst) || step.is_none() {
            return;
        }
    }
}

/// `None` where no answer came.
fn step(address: &str, number: usize, round: u64, turn: u64, told: &mut Told) -> Option<()> {
    let name = format!("client{number}x{round}x{turn}");
    let body = json!({
        "username": name, "email": format!("{name}@example.com"), "password": PASSWORD,
    });
    let answer = call(address, "POST", "/v1/users", None, Some(&body))?;
    assert_eq!(answer.status, 201, "{}", answer.body);
    told.accounts.push(name.clone());
    told.main = Some(main_token(&answer.body));
    for _ in 0..6 {
        // Used and replaced: an answer that gets lost leaves us with the token before.
        let main = told.main.clone()?;
        let answer = call(address, "POST", "/v1/sessions/current/renew", Some(&main), None)?;
        assert_eq!(answer.status, 200, "{}", answer.body);
        told.main = Some(main_token(&answer.body));
        told.rotations += 1;
        let main = told.main.clone()?;
        let me = call(address, "GET", "/v1/me", Some(&main), None)?;
        assert_eq!(me.status, 200, "{}", me.body);
    }
    let login = json!({ "login": name, "password": PASSWORD });
    let answer = call(address, "POST", "/v1/sessions", None, Some(&login))?;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let other = main_token(&answer.body);
    let path = format!("/v1/sessions/{}", answer.body["session_id"].as_str()?);
    let main = told.main.clone()?;
    let answer = if turn.is_multiple_of(2) {
        call(address, "DELETE", &path, Some(&main), None)?
    } else {
        call(address, "DELETE", "/v1/sessions/current", Some(&other), None)?
    };
    assert_eq!(answer.status, 204, "{}", answer.body);
    told.ended.push(other);
    Some(())
}

/// That what was told holds; of the accounts, the youngest `accounts`.
fn inspect(address: &str, told: &Told, accounts: usize) {
    let say = |what: &str, answer: Option<crate::support::Answer>, expected: u16| {
        let answer = answer.unwrap();
        assert_eq!(answer.status, expected, "{what}: {} {}", answer.head, answer.body);
    };
    if let Some(main) = &told.main {
        // The token that is held is the current one or the one before it; both lead on.
        let path = "/v1/sessions/current/renew";
        say("renew", call(address, "POST", path, Some(main), None), 200);
    }
    for name in told.accounts.iter().rev().take(accounts) {
        let login = json!({ "login": name, "password": PASSWORD });
        say(name, call(address, "POST", "/v1/sessions", None, Some(&login)), 201);
    }
    for ended in &told.ended {
        say("an ended session", call(address, "GET", "/v1/me", Some(ended), None), 401);
    }
}

fn main_token(body: &Value) -> String {
    body["main_token"].as_str().unwrap().to_owned()
}

#[test]
fn many_tabs_that_rotate_at_once_all_go_on() {
    let home = Home::new();
    let server = Server::start(&home, &[("LAIKA_MAIN_ROTATE_AFTER", "1")]);
    let address = server.address.as_str();
    thread::scope(|scope| {
        for client in 0..6 {
            scope.spawn(move || {
                let body = json!({
                    "username": format!("tabs{client}"), "email": format!("t{client}@example.com"),
                    "password": PASSWORD,
                });
                let answer = call(address, "POST", "/v1/users", None, Some(&body)).unwrap();
                let mut main = main_token(&answer.body);
                for _ in 0..8 {
                    // Several tabs of one browser, each with the token they all hold.
                    let successors: Vec<String> = thread::scope(|scope| {
                        let tabs: Vec<_> = (0..4)
                            .map(|_| {
                                let main = main.clone();
                                scope.spawn(move || {
                                    let path = "/v1/sessions/current/renew";
                                    let answer =
                                        call(address, "POST", path, Some(&main), None).unwrap();
                                    assert_eq!(answer.status, 200, "{}", answer.body);
                                    main_token(&answer.body)
                                })
                            })
                            .collect();
                        tabs.into_iter().map(|tab| tab.join().unwrap()).collect()
                    });
                    assert!(successors.iter().all(|token| *token == successors[0]));
                    assert_ne!(successors[0], main);
                    main.clone_from(&successors[0]);
                    let me = call(address, "GET", "/v1/me", Some(&main), None).unwrap();
                    assert_eq!(me.status, 200, "{}", me.body);
                }
            });
        }
    });
}
