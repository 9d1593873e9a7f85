//! The machine under a scripted clock and endpoint.

use super::*;
use crate::fetch::MAX_BODY;

const SET: &[u8] = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a",
    "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

/// A scripted clock around the machine.
struct Script {
    keys: RemoteKeys,
    now: f64,
    ids: Ids,
}

impl Script {
    fn new() -> Self {
        Self::of(KeySource::Uri("https://id.example/keys".into()))
    }

    fn of(source: KeySource) -> Self {
        Self {
            keys: RemoteKeys::new(0, source, vec![Algorithm::Rs256]),
            now: 1e9,
            ids: Ids::default(),
        }
    }

    fn fetched(max_age: u32) -> Self {
        let mut script = Self::new();
        assert!(script.due());
        script.answer(200, Some(max_age), SET).unwrap();
        script
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.now).unwrap()
    }

    fn due(&mut self) -> bool {
        let now = self.now();
        self.keys.refresh_if_due(now, &mut self.ids).is_some()
    }

    fn unknown(&mut self, kid: &str) -> bool {
        let now = self.now();
        self.keys.refresh_for(kid, now, &mut self.ids).is_some()
    }

    fn answer(
        &mut self,
        status: u16,
        max_age: Option<u32>,
        body: &[u8],
    ) -> Result<Arrival, FetchFailure> {
        let now = self.now();
        let cache_control = max_age.map(|seconds| format!("max-age={seconds}"));
        self.keys.take(
            Response { status, cache_control: cache_control.as_deref(), body },
            now,
            &mut self.ids,
        )
    }

    fn wait(&self) -> Option<f64> {
        self.keys.wait(self.now())
    }

    fn usable(&self) -> bool {
        self.keys.usable(Aged::Refused, self.now()).is_some()
    }
}

#[test]
fn keys_are_fetched_once_and_refreshed_at_80_percent_of_their_age() {
    let mut script = Script::fetched(100);
    assert!(script.usable() && !script.due());
    script.now += 79.0;
    assert!(!script.due());
    script.now += 1.0;
    assert!(script.due());
    assert!(!script.due(), "one is in flight");
    assert!(script.usable(), "and nobody waits for it");
}

#[test]
fn max_age_is_kept_within_bounds() {
    for (said, counted) in [(Some(0), 60.0), (Some(u32::MAX), 3600.0), (None, 300.0)] {
        let mut script = Script::new();
        script.due();
        script.answer(200, said, SET).unwrap();
        script.now += counted * 0.8 - 0.5;
        assert!(!script.due(), "{said:?}");
        script.now += 0.5;
        assert!(script.due(), "{said:?}");
    }
}

#[test]
fn an_unknown_kid_leads_to_one_fetch_in_30_seconds() {
    let mut script = Script::fetched(3600);
    assert!(!script.unknown("b"), "a set just fetched is not fetched again");
    script.now += 30.0;
    assert!(!script.unknown("a"), "a known one");
    assert!(script.unknown("b"));
    assert!(!script.unknown("c"), "one is in flight");
    script.answer(200, Some(3600), SET).unwrap();
    assert!(!script.unknown("c"), "within the cooldown");
    script.now += 30.0;
    assert!(!script.unknown("b"), "remembered");
    assert!(script.unknown("c"));
    script.answer(200, Some(3600), SET).unwrap();
    script.now += 300.0;
    assert!(script.unknown("b"), "forgotten after a while, for a slow replica");
}

#[test]
fn a_flood_of_unknown_kids_is_no_flood_of_fetches() {
    let mut script = Script::fetched(3600);
    let (mut fetches, mut most) = (0, 0);
    for request in 0..100_000 {
        script.now += 0.01;
        if script.unknown(&format!("k{request}")) {
            fetches += 1;
            script.answer(200, Some(3600), SET).unwrap();
        }
        most = most.max(script.keys.unknown.len());
    }
    assert_eq!(fetches, 33, "1,000 seconds");
    assert_eq!(most, 10, "remembered for five minutes");
}

#[test]
fn a_kid_is_remembered_also_after_a_fetch_that_was_lost() {
    let mut script = Script::fetched(3600);
    script.now += 30.0;
    assert!(script.unknown("b"));
    script.now += 30.0;
    assert!(script.unknown("c"), "the fetch before was lost");
    script.answer(200, Some(3600), SET).unwrap();
    script.now += 30.0;
    assert!(!script.unknown("c"), "it was asked for");
    assert!(script.unknown("b"), "and what was lost was not");
}

#[test]
fn keys_past_their_age_go_on_only_where_a_fetch_has_failed_just_now() {
    let mut script = Script::fetched(60);
    script.now += 59.0;
    assert!(script.usable());
    script.now += 3600.0;
    assert!(!script.usable(), "nobody has asked which were withdrawn since");
    assert!(script.due());
    assert!(!script.usable());
    assert_eq!(script.wait(), Some(WAIT), "a request waits for the answer");
    script.keys.fail();
    assert!(script.usable());
    script.now += 3600.0;
    assert!(!script.usable(), "a failure of an hour ago says nothing of now");
    assert!(script.due());
    assert!(!script.usable(), "nor while the next attempt is under way");
    script.answer(200, Some(60), SET).unwrap();
    assert!(script.usable());
}

#[test]
fn a_request_waits_five_seconds_and_then_old_keys_go_on() {
    let mut script = Script::fetched(60);
    script.now += 3600.0;
    assert!(script.due());
    script.now += 4.5;
    assert!(!script.usable());
    assert_eq!(script.wait(), Some(0.5));
    script.now += 0.5;
    assert!(script.usable());
    assert_eq!(script.wait(), None);
    script.now += LOST;
    assert!(!script.usable(), "a fetch that was lost, while the process slept say, is no failure");
    script.now += 3600.0;
    assert!(script.due());
    assert!(!script.usable(), "nor when the next begins");
}

#[test]
fn who_can_not_wait_uses_old_keys_for_a_day() {
    let mut script = Script::fetched(60);
    let usable = |script: &Script| script.keys.usable(Aged::Used, script.now()).is_some();
    script.now += STALE - 1.0;
    assert!(usable(&script) && !script.usable());
    script.now += 1.0;
    assert!(!usable(&script));
    script.now -= 1e6;
    assert!(usable(&script) && !script.usable(), "the clock was set back");
}

#[cfg(feature = "inflate")]
#[test]
fn what_others_have_used_last_goes_on_at_its_true_age() {
    let mut script = Script::new();
    assert!(script.due());
    let asked = script.now().plus(-7200.0);
    script.answer(200, Some(60), SET).unwrap();
    script.keys.date_back(asked, script.now());
    assert!(script.usable(), "the endpoint is away");
    assert!(!script.due(), "and left alone for a while");
    let start = script.now;
    while script.usable() {
        script.now += 1.0;
        if script.due() {
            script.keys.fail();
        }
    }
    assert_eq!(script.now - start, STALE - 7200.0);
}

#[test]
fn a_failing_endpoint_is_asked_less_and_less_and_old_keys_go_on_for_a_day() {
    let mut script = Script::fetched(60);
    let start = script.now;
    let mut attempts = Vec::new();
    while script.usable() {
        script.now += 1.0;
        if script.due() {
            attempts.push(script.now - start);
            script.keys.fail();
        }
    }
    assert_eq!(script.now - start, STALE);
    assert_eq!(attempts[..6], [48.0, 49.0, 51.0, 55.0, 63.0, 79.0]);
    assert!(attempts.windows(2).all(|pair| pair[1] - pair[0] <= MAX_BACK_OFF));
    script.now += MAX_BACK_OFF;
    assert!(script.due());
    script.answer(200, None, SET).unwrap();
    assert!(script.usable(), "and back again");
}

#[test]
fn an_endpoint_that_was_never_there_is_tried_again_after_a_second() {
    let mut script = Script::new();
    assert!(script.due());
    script.keys.fail();
    assert!(!script.due() && !script.usable());
    script.now += 1.0;
    assert!(script.due());
}

#[test]
fn a_fetch_that_is_never_reported_counts_as_lost() {
    let mut script = Script::new();
    assert!(script.due());
    script.now += 9.9;
    assert!(!script.due());
    script.now += 0.1;
    assert!(script.due());
    assert!(!script.keys.awaits(0) && script.keys.awaits(1));
}

#[test]
fn a_clock_that_is_set_back_stops_nothing() {
    let mut script = Script::new();
    assert!(script.due());
    script.keys.fail();
    script.now -= 1e6;
    assert!(script.due());
    script.answer(200, Some(3600), SET).unwrap();
    script.now += 30.0;
    assert!(script.unknown("b"));
    script.answer(200, Some(3600), SET).unwrap();
    assert!(!script.due());
    script.now -= 0.5;
    assert!(!script.due(), "read just before the keys came");
    script.now -= 1e6;
    assert!(!script.usable(), "nobody knows how old they are");
    assert!(script.due());
    assert_eq!(script.wait(), Some(WAIT), "but new ones are on their way");
    script.keys.fail();
    assert!(script.usable(), "and without those the old ones go on");
    script.now += 1.0;
    assert!(script.due());
    script.answer(200, Some(3600), SET).unwrap();
    script.now += 30.0;
    assert!(script.unknown("b"), "nor how long ago it was asked");
}

#[test]
fn keys_from_before_the_clock_was_set_back_go_on_for_a_day_at_most() {
    let mut script = Script::fetched(60);
    script.now -= 1e6;
    let start = script.now;
    assert!(script.due());
    script.keys.fail();
    let mut attempts = 1;
    while script.usable() {
        if script.due() {
            attempts += 1;
            script.keys.fail();
        }
        script.now += 1.0;
    }
    assert_eq!(script.now - start, STALE - 60.0);
    assert!(f64::from(attempts) > STALE / MAX_BACK_OFF, "{attempts}");
}

#[test]
fn what_is_no_key_set_is_refused_and_the_old_one_goes_on() {
    let huge = vec![b' '; MAX_BODY + 1];
    for (status, body) in
        [(500, SET), (302, SET), (204, SET), (200, b"".as_slice()), (200, b"{}"), (200, &huge)]
    {
        let mut script = Script::fetched(60);
        script.now += 60.0;
        assert!(script.due());
        assert!(script.answer(status, None, body).is_err(), "{status}");
        assert!(script.usable());
    }
}

#[test]
fn a_key_set_without_a_usable_key_withdraws_those_before() {
    let encryption = String::from_utf8_lossy(SET).replace("\"kid\"", "\"use\":\"enc\",\"kid\"");
    let foreign = r#"{"keys":[{"kty":"oct","kid":"a","k":"AAAA"}]}"#;
    for set in [r#"{"keys":[]}"#, foreign, &encryption] {
        let mut script = Script::fetched(60);
        script.now += 60.0;
        assert!(script.due());
        let arrival = script.answer(200, None, set.as_bytes()).unwrap();
        assert!(matches!(arrival, Arrival::Keys(Some(before)) if before.has("a")), "{set}");
        let keys = script.keys.usable(Aged::Refused, script.now()).unwrap();
        assert!(keys.get("a").is_none_or(|key| key.material.is_err()), "{set}");
        assert!(!script.due(), "{set} is no failure");
    }
}

/// The fingerprint of a key set.
fn of(set: &[u8]) -> Fingerprint {
    sha256(set)
}

#[test]
fn a_status_list_that_speaks_of_another_set_leads_to_a_fetch() {
    let mut script = Script::fetched(3600);
    let told = |script: &mut Script, fingerprint| {
        let now = script.now();
        script.keys.refresh_unless(fingerprint, now, &mut script.ids).is_some()
    };
    assert!(!told(&mut script, of(SET)), "the set that is held");
    assert!(told(&mut script, of(b"other")), "at once, whenever the last attempt was");
    assert!(!told(&mut script, of(b"third")), "one is in flight");
    script.answer(200, None, SET).unwrap();
    assert!(!told(&mut script, of(b"other")), "asked, and a cache has answered");
    assert!(told(&mut script, of(b"third")));
    script.keys.fail();
    assert!(!told(&mut script, of(b"third")), "a failing endpoint is left alone for a while");
    script.now += 1.0;
    assert!(told(&mut script, of(b"third")), "but what failed was not asked");
    script.answer(200, None, SET).unwrap();
    script.now += COOLDOWN;
    assert!(told(&mut script, of(b"third")), "the cache may know it by now");
}

#[test]
fn new_keys_come_with_those_they_replace() {
    let mut script = Script::fetched(60);
    script.now += 60.0;
    assert!(script.due());
    let Arrival::Keys(Some(before)) = script.answer(200, None, SET).unwrap() else {
        panic!("keys were held");
    };
    assert!(before.has("a"));
}

const METADATA: &[u8] = br#"{"issuer":"https://id.example","jwks_uri":"https://keys.example/k"}"#;

fn discovering() -> Script {
    let mut script =
        Script::of(KeySource::Discovery(Discovery::new("https://id.example", &[]).unwrap()));
    assert_eq!(script.asked(), "https://id.example/.well-known/oauth-authorization-server");
    script
}

impl Script {
    /// What it asks for when it is due.
    fn asked(&mut self) -> String {
        let now = self.now();
        self.keys.refresh_if_due(now, &mut self.ids).unwrap().uri
    }

    /// What it asks for once it has this answer.
    fn next(&mut self, status: u16, body: &[u8]) -> String {
        match self.answer(status, None, body).unwrap() {
            Arrival::Next(fetch) => fetch.uri,
            Arrival::Keys(_) => panic!("keys instead of a question"),
        }
    }
}

#[test]
fn metadata_name_the_key_set() {
    let mut script = discovering();
    assert_eq!(script.next(200, METADATA), "https://keys.example/k");
    assert!(script.wait().is_some() && !script.due(), "one is in flight");
    script.answer(200, Some(60), SET).unwrap();
    assert!(script.usable());
    script.now += 60.0;
    assert_eq!(script.asked(), "https://keys.example/k", "metadata are not read again");
    script.keys.fail();
    script.now += 1.0;
    let first = "https://id.example/.well-known/oauth-authorization-server";
    assert_eq!(script.asked(), first, "unless the set is gone from there");
    assert!(script.usable(), "and old keys go on");
}

#[test]
fn what_the_set_is_wanted_for_says_how_old_it_may_be_behind_metadata_too() {
    let mut script = discovering();
    let sharing = |script: &mut Script| match script.answer(200, None, METADATA).unwrap() {
        Arrival::Next(fetch) => fetch.sharing,
        Arrival::Keys(_) => panic!("keys instead of a question"),
    };
    assert_eq!(sharing(&mut script), Sharing::Lifetime);
    script.answer(200, Some(60), SET).unwrap();
    // Its endpoint fails, and where it is is asked for again.
    script.now += 60.0;
    assert!(script.due());
    script.keys.fail();
    script.now += COOLDOWN;
    assert!(script.unknown("b"));
    assert_eq!(sharing(&mut script), Sharing::Seconds(COOLDOWN));
}

#[test]
fn metadata_are_looked_for_in_both_places() {
    let openid = "https://id.example/.well-known/openid-configuration";
    for (status, body) in [(404, METADATA), (200, b"<html>".as_slice()), (302, METADATA)] {
        let mut script = discovering();
        assert_eq!(script.next(status, body), openid);
        assert_eq!(script.next(200, METADATA), "https://keys.example/k");
        let mut script = discovering();
        assert_eq!(script.next(status, body), openid);
        assert!(script.answer(status, None, body).is_err());
        assert!(!script.due(), "then it rests");
        script.now += 1.0;
        assert!(script.due());
    }
    let mut script = discovering();
    script.keys.fail();
    script.now += 1.0;
    assert_eq!(script.asked(), openid, "no answer: the other next time");
}

#[test]
fn an_issuer_without_metadata_is_asked_less_and_less() {
    let mut script = discovering();
    let start = script.now;
    let mut attempts = Vec::new();
    while attempts.len() < 6 {
        if script.keys.wait(script.now()).is_some() || script.due() {
            attempts.push(script.now - start);
            script.next(404, b"");
            assert!(script.answer(404, None, b"").is_err());
        }
        script.now += 1.0;
    }
    assert_eq!(attempts, [0.0, 1.0, 3.0, 7.0, 15.0, 31.0]);
}

#[test]
fn who_has_read_the_clock_just_before_finds_the_same_fetch_under_way() {
    let mut script = Script::new();
    assert!(script.due());
    script.now -= 0.0005;
    assert!(!script.due(), "one is in flight");
    assert_eq!(script.wait(), Some(LOST));
    script.keys.fail();
    assert!(!script.due(), "and the pause after a failure has just begun");
    script.now += 1.0005;
    assert!(script.due());
    script.answer(200, Some(3600), SET).unwrap();
    script.now += 30.0;
    assert!(script.unknown("b"));
    script.now -= 0.0005;
    assert!(!script.unknown("b"), "it is being looked for");
    assert!(script.wait().is_some(), "and that is worth waiting for");
    script.now -= 10.0;
    assert_eq!(script.wait(), None, "the clock was set back");
}
