//! The machine under a scripted clock and endpoint.

use serde_json::json;

use super::*;

const URI: &str = "https://id.example/status/0";

/// A scripted clock round the machine.
struct Script {
    lists: Lists,
    now: f64,
    ids: Ids,
}

impl Script {
    fn new() -> Self {
        Self { lists: Lists::new(0, 300.0), now: 1e9, ids: Ids::default() }
    }

    /// A script that holds a list fetched just now, in which the slots 0 to 3 have the values 0 to 3.
    fn fetched() -> Self {
        let mut script = Self::new();
        let id = script.missed(URI).unwrap();
        script.answer(id, 1e9, &[0b1110_0100]).unwrap();
        script
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.now).unwrap()
    }

    fn get(&self, index: u64) -> Result<Status, Silence> {
        self.lists.get(&Reference { uri: URI.to_owned(), index }, self.now())
    }

    /// The id of the fetch for the list at `uri`, which was missed.
    fn missed(&mut self, uri: &str) -> Option<u32> {
        let now = self.now();
        self.lists.fetches(Some(uri), now, &mut self.ids).first().map(|fetch| fetch.id)
    }

    /// The id of the fetch that use has made due.
    fn due(&mut self) -> Option<u32> {
        let now = self.now();
        self.lists.fetches(None, now, &mut self.ids).first().map(|fetch| fetch.id)
    }

    fn wait(&self) -> Option<f64> {
        self.lists.wait(URI, self.now())
    }

    fn answer(&mut self, id: u32, iat: f64, bytes: &[u8]) -> Result<(), FetchFailure> {
        let claims = json!({
            "sub": URI, "iat": iat, "status_list": { "bits": 2, "lst": "AA" },
            "exp": iat + 100_000.0,
        });
        let (now, latest) = (self.now(), self.now().plus(60.0));
        let list = ListToken::read(claims.as_object().unwrap(), URI, now, latest).unwrap();
        assert_eq!(self.lists.take(id, list)?.id, id);
        self.lists.inflated(id, bytes, now)
    }
}

#[test]
fn slots_say_what_became_of_their_tokens() {
    let script = Script::fetched();
    assert_eq!(script.get(0), Ok(Status::Valid));
    assert_eq!(script.get(1), Ok(Status::Revoked));
    assert_eq!(script.get(2), Ok(Status::Revoked));
    assert_eq!(script.get(3), Ok(Status::Stale));
    assert_eq!(script.get(4), Err(Silence::TooShort));
    assert_eq!(script.lists.fetched(), 1);
}

#[test]
fn a_list_ages_from_fresh_over_usable_to_absent() {
    let mut script = Script::fetched();
    script.now += 4.9;
    assert!(script.get(0).is_ok());
    assert_eq!(script.due(), None, "fresh");
    script.now += 0.1;
    assert_eq!(script.due(), None, "driven by use");
    assert!(script.get(0).is_ok());
    assert!(script.lists.is_due());
    assert!(script.due().is_some(), "in the background");
    assert!(!script.lists.is_due());
    assert!(script.get(0).is_ok() && !script.lists.is_due(), "one fetch");
    script.now += 1.0;
    let mut idle = Script::fetched();
    idle.now += 9.0;
    assert_eq!(idle.get(0), Err(Silence::Absent));
    let id = idle.missed(URI).unwrap();
    assert_eq!(idle.wait(), Some(2.0));
    idle.answer(id, 1e9, &[0]).unwrap();
    assert_eq!(idle.get(1), Ok(Status::Valid));
}

#[test]
fn the_age_of_a_list_begins_with_the_question() {
    let mut script = Script::fetched();
    script.now += 6.0;
    assert!(script.get(0).is_ok());
    let id = script.due().unwrap();
    script.now += 4.0;
    script.answer(id, 1e9, &[0]).unwrap();
    script.now += 1.0;
    assert!(script.get(0).is_ok());
    assert!(script.due().is_some(), "5 s after it was asked for");
}

#[test]
fn a_request_waits_two_seconds_and_then_the_last_list_goes_on() {
    let mut script = Script::fetched();
    script.now += 10.0;
    assert_eq!(script.get(1), Err(Silence::Absent));
    let id = script.missed(URI).unwrap();
    script.now += 1.5;
    assert_eq!(script.wait(), Some(0.5));
    assert_eq!(script.get(1), Err(Silence::Absent));
    script.now += 0.5;
    assert_eq!(script.wait(), None);
    assert_eq!(script.get(1), Ok(Status::Revoked));
    assert_eq!(script.lists.stale_uses(), 1);
    script.lists.fail(id);
    assert_eq!(script.get(1), Ok(Status::Revoked), "a fetch has failed");
}

#[test]
fn without_its_endpoint_a_list_goes_on_for_five_minutes() {
    let mut script = Script::fetched();
    let start = script.now;
    let mut attempts = 0;
    let mut waits = 0;
    loop {
        script.now += 0.5;
        if script.get(1) == Err(Silence::Absent) {
            let Some(id) = script.missed(URI) else { break };
            waits += 1;
            script.lists.fail(id);
            if script.get(1) == Err(Silence::Absent) {
                break;
            }
        }
        if let Some(id) = script.due() {
            attempts += 1;
            script.lists.fail(id);
        }
    }
    assert_eq!(script.now - start, 300.0);
    assert_eq!(waits, 0, "used all the time, it is fetched in the background");
    assert!((60..=70).contains(&attempts), "{attempts} attempts, every 5 s in the end");
    assert!(script.lists.stale_uses() > 500);
    script.now += 5.0;
    let id = script.missed(URI).unwrap();
    script.answer(id, 1e9, &[0]).unwrap();
    assert_eq!(script.get(1), Ok(Status::Valid), "and back again");
}

#[test]
fn a_list_that_was_never_there_is_tried_again_after_a_second() {
    let mut script = Script::new();
    assert_eq!(script.get(0), Err(Silence::Absent));
    let id = script.missed(URI).unwrap();
    assert_eq!(script.missed(URI), None, "one is in flight");
    script.lists.fail(id);
    assert_eq!((script.missed(URI), script.wait()), (None, None), "nobody waits");
    script.now += 1.0;
    assert!(script.missed(URI).is_some());
    script.now += 10.0;
    assert!(script.missed(URI).is_some(), "a fetch that was never reported is lost");
}

#[test]
fn there_is_no_way_back_to_an_older_list() {
    let mut script = Script::fetched();
    script.now += 6.0;
    script.get(0).unwrap();
    let id = script.due().unwrap();
    assert!(script.answer(id, 1e9 - 1.0, &[0]).unwrap_err().0.contains("older than the one"));
    script.lists.fail(id);
    assert_eq!(script.get(1), Ok(Status::Revoked));
    script.now += 1.0;
    script.get(0).unwrap();
    let id = script.due().unwrap();
    script.answer(id, 1e9, &[0]).unwrap();
    assert_eq!(script.get(1), Ok(Status::Valid), "one of the same second may say more");
}

#[test]
fn a_list_that_has_expired_says_nothing() {
    let mut script = Script::new();
    let id = script.missed(URI).unwrap();
    script.answer(id, 1e9 - 100_000.0 + 3.0, &[0]).unwrap();
    script.now += 2.0;
    assert!(script.get(0).is_ok());
    script.now += 1.0;
    assert_eq!(script.get(0), Err(Silence::Absent));
}

#[test]
fn what_inflates_to_too_much_is_refused() {
    let mut script = Script::fetched();
    script.now += 6.0;
    script.get(0).unwrap();
    let id = script.due().unwrap();
    assert!(script.answer(id, 1e9, &vec![0; MAX_INFLATED + 1]).is_err());
    assert_eq!(script.get(1), Ok(Status::Revoked));
}

#[test]
fn sixty_four_lists_are_kept_and_the_one_longest_unused_goes() {
    let mut script = Script::fetched();
    for number in 1..=64 {
        script.now += 0.01;
        assert!(script.missed(&format!("https://id.example/status/{number}")).is_some());
    }
    assert_eq!(script.lists.shards.len(), MAX_LISTS);
    assert_eq!(script.get(0), Err(Silence::Absent));
    assert!(script.lists.shard_at("https://id.example/status/1").is_some());
}

#[test]
fn a_clock_that_is_set_back_asks_anew() {
    let mut script = Script::fetched();
    script.now -= 3600.0;
    assert_eq!(script.get(0), Err(Silence::Absent));
    assert!(script.missed(URI).is_some());
}

#[test]
fn refresh_brings_what_was_missed_where_nothing_could_be_fetched() {
    let mut script = Script::new();
    assert_eq!(script.get(0), Err(Silence::Absent));
    script.lists.note(URI);
    assert!(script.due().is_none() && script.wait().is_none(), "nothing is asked for by that");
    let now = script.now();
    let fetches = script.lists.refresh(now, &mut script.ids);
    assert_eq!(fetches.iter().map(|fetch| fetch.uri.as_str()).collect::<Vec<_>>(), [URI]);
    script.answer(fetches[0].id, 1e9, &[0]).unwrap();
    assert_eq!(script.get(0), Ok(Status::Valid));
    for number in 0..1000 {
        script.lists.note(&format!("{URI}/{number}"));
    }
    assert_eq!(script.lists.shards.len(), MAX_LISTS);
    assert_eq!(script.get(0), Ok(Status::Valid), "what was fetched stays before what was missed");
}

#[test]
fn refresh_asks_for_every_list_that_is_held() {
    let mut script = Script::fetched();
    let now = script.now();
    assert_eq!(script.lists.refresh(now, &mut script.ids).len(), 1);
    assert_eq!(script.lists.refresh(now, &mut script.ids).len(), 0, "one is in flight");
}

#[test]
fn who_has_read_the_clock_just_before_finds_the_same_fetch_under_way() {
    let mut script = Script::fetched();
    script.now += 60.0;
    let id = script.missed(URI).unwrap();
    script.now -= 0.0005;
    assert_eq!(script.get(1), Err(Silence::Absent));
    assert_eq!(script.missed(URI), None, "one is in flight, and has not failed");
    assert_eq!(script.wait(), Some(2.0));
    assert_eq!(script.get(1), Err(Silence::Absent), "revoked or not, an old list does not say");
    script.answer(id, 1e9, &[0b0000_0100]).unwrap();
    assert_eq!(script.get(1), Ok(Status::Revoked), "fetched just ahead of this request");
    script.now -= 2.0;
    assert_eq!(script.get(1), Err(Silence::Absent), "the clock was set back");
}
