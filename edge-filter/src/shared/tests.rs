use std::cell::RefCell;
use std::collections::BTreeMap;

use super::*;

/// Shared data as Envoy has them: a state for each value, which every change counts up. A value that
/// is empty is none.
#[derive(Default)]
struct Shared(RefCell<BTreeMap<String, (Vec<u8>, u32)>>);

impl Store for Shared {
    fn get(&self, name: &str) -> Option<(Vec<u8>, u32)> {
        self.0.borrow().get(name).filter(|(value, _)| !value.is_empty()).cloned()
    }

    fn set(&self, name: &str, value: &[u8], state: Option<u32>) -> bool {
        let mut all = self.0.borrow_mut();
        let before = all.get(name).map_or(0, |(_, state)| *state);
        if state.is_some_and(|state| state != before) {
            return false;
        }
        all.insert(name.to_owned(), (value.to_vec(), before + 1));
        true
    }
}

fn at(seconds: f64) -> Timestamp {
    Timestamp::from_seconds(seconds).unwrap()
}

fn wish(sharing: Sharing, took: Option<f64>, since: f64) -> Wish<'static> {
    Wish { name: "keys", sharing, took: took.map(at), since: at(since) }
}

fn answer(asked: f64, came: f64, status: u16) -> Answer {
    let cache_control = Some("max-age=100".to_owned());
    Answer { asked: at(asked), came: at(came), status, cache_control, body: b"body".to_vec() }
}

#[test]
fn one_asks_and_the_others_take_its_answer() {
    let store = Shared::default();
    prepare(&store);
    let first = wish(Sharing::Lifetime, None, 10.0);
    assert_eq!(plan(&store, first, at(10.0)), Plan::Ask);
    assert_eq!(plan(&store, first, at(10.1)), Plan::Wait);
    let other = Wish { name: "list", ..first };
    assert_eq!(plan(&store, other, at(10.1)), Plan::Ask, "another thing is another turn");
    let got = answer(10.0, 11.0, 200);
    publish(&store, "keys", &got);
    assert_eq!(plan(&store, first, at(11.0)), Plan::Take(got.clone()));
    let later = |seconds| Wish { since: at(seconds), ..first };
    assert_eq!(plan(&store, later(80.0), at(80.0)), Plan::Take(got), "for 80 % of its age");
    assert_eq!(plan(&store, later(90.1), at(90.1)), Plan::Ask, "not when it is due itself");
}

#[test]
fn an_answer_that_this_worker_has_is_no_news() {
    let store = Shared::default();
    prepare(&store);
    publish(&store, "keys", &answer(10.0, 11.0, 200));
    assert_eq!(plan(&store, wish(Sharing::Lifetime, Some(10.0), 15.0), at(15.0)), Plan::Ask);
    publish(&store, "keys", &answer(16.0, 17.0, 200));
    let old = wish(Sharing::Lifetime, Some(10.0), 18.0);
    assert!(matches!(plan(&store, old, at(18.0)), Plan::Take(_)));
}

#[test]
fn what_must_be_new_is_not_taken_from_before() {
    let store = Shared::default();
    prepare(&store);
    publish(&store, "keys", &answer(10.0, 11.0, 200));
    let pressing = wish(Sharing::Seconds(1.0), None, 12.0);
    assert_eq!(plan(&store, pressing, at(12.0)), Plan::Ask);
    assert_eq!(plan(&store, pressing, at(12.1)), Plan::Wait);
    publish(&store, "keys", &answer(12.0, 14.0, 200));
    assert!(matches!(plan(&store, pressing, at(14.0)), Plan::Take(_)), "it was asked for since");
}

#[test]
fn a_failure_counts_for_those_who_were_waiting() {
    let store = Shared::default();
    prepare(&store);
    let waiting = wish(Sharing::Lifetime, None, 10.0);
    assert_eq!(plan(&store, waiting, at(10.0)), Plan::Ask);
    publish_failure(&store, "keys", &answer(10.0, 12.0, 503));
    let failed = Answer { body: Vec::new(), ..answer(10.0, 12.0, 503) };
    assert_eq!(plan(&store, waiting, at(12.0)), Plan::Take(failed));
    assert_eq!(plan(&store, wish(Sharing::Lifetime, None, 12.5), at(12.5)), Plan::Ask);
}

#[test]
fn a_failure_takes_nothing_from_the_last_good_answer() {
    for status in [0, 404, 503, 200] {
        let store = Shared::default();
        prepare(&store);
        let good = answer(10.0, 11.0, 200);
        publish(&store, "keys", &good);
        publish_failure(&store, "keys", &answer(12.0, 13.0, status));
        let cold = wish(Sharing::Lifetime, None, 20.0);
        assert_eq!(plan(&store, cold, at(20.0)), Plan::Take(good.clone()), "{status}");
        let kept = |name: &str| store.get(name).is_some();
        assert!(kept("laika failure keys"));
        publish(&store, "keys", &answer(21.0, 22.0, 200));
        assert!(!kept("laika failure keys"), "that is over");
    }
}

#[test]
fn who_has_nothing_goes_on_with_the_last_good_answer_while_the_endpoint_is_away() {
    let store = Shared::default();
    prepare(&store);
    let good = answer(10.0, 11.0, 200);
    publish(&store, "keys", &good);
    // Older than it may be: the endpoint is asked, and fails.
    let (cold, warm) =
        (wish(Sharing::Lifetime, None, 1000.0), wish(Sharing::Lifetime, Some(10.0), 1000.0));
    assert_eq!(plan(&store, cold, at(1000.0)), Plan::Ask);
    assert_eq!(plan(&store, warm, at(1001.0)), Plan::Wait);
    let failure = Answer::none(at(1000.0), at(1005.0));
    publish_failure(&store, "keys", &failure);
    for since in [1000.0, 1005.0, 1014.0] {
        let cold = Wish { since: at(since), ..cold };
        assert_eq!(plan(&store, cold, at(since.max(1005.0))), Plan::Take(good.clone()), "{since}");
    }
    assert_eq!(plan(&store, warm, at(1005.0)), Plan::Take(failure), "it has that one");
    let later = Wish { since: at(1015.0), ..cold };
    assert_eq!(plan(&store, later, at(1015.0)), Plan::Ask, "it may be back");
}

#[test]
fn nobody_waits_for_an_answer_that_nobody_will_hear() {
    let store = Shared::default();
    prepare(&store);
    let wish = wish(Sharing::Lifetime, None, 10.0);
    assert_eq!(plan(&store, wish, at(10.0)), Plan::Ask);
    assert_eq!(plan(&store, Wish { name: "list", ..wish }, at(10.0)), Plan::Ask);
    withdraw(&store, "keys", at(10.5));
    assert_eq!(plan(&store, wish, at(10.5)), Plan::Ask);
    assert_eq!(plan(&store, Wish { name: "list", ..wish }, at(10.5)), Plan::Wait, "another's");
}

#[test]
fn of_all_that_was_ever_fetched_a_part_is_kept() {
    let store = Shared::default();
    prepare(&store);
    let lists: Vec<_> = (0..MOST + 40).map(|number| format!("list {number}")).collect();
    for (list, now) in lists.iter().zip(1_u32..) {
        let now = f64::from(now);
        publish(&store, list, &answer(now, now, 200));
        // This one is in use.
        publish(&store, "keys", &answer(now, now, 200));
    }
    publish_failure(&store, "away", &answer(1e3, 1e3, 503));
    let kept = |name: &str| store.get(name).is_some();
    let lists = lists.iter().filter(|list| kept(&answer_of(list))).count();
    assert_eq!(lists, MOST - 2);
    assert!(kept(&answer_of("keys")) && kept(&failure_of("away")) && !kept(&answer_of("list 0")));
}

#[test]
fn who_is_lost_is_forgotten_and_nobody_takes_the_same_turn() {
    let store = Shared::default();
    prepare(&store);
    let wish = wish(Sharing::Lifetime, None, 10.0);
    assert_eq!(plan(&store, wish, at(10.0)), Plan::Ask);
    assert_eq!(plan(&store, wish, at(15.9)), Plan::Wait);
    assert_eq!(plan(&store, wish, at(16.0)), Plan::Ask);
    // Another wrote in between: our state is no longer the last.
    let (asking, state) = store.get(ASKING).unwrap();
    assert!(store.set(ASKING, &asking, Some(state)));
    assert!(!store.set(ASKING, &asking, Some(state)));
    prepare(&store);
    assert_eq!(plan(&store, wish, at(16.1)), Plan::Wait, "what is there is kept");
}

#[test]
fn a_host_that_shares_nothing_asks_for_every_worker() {
    struct Nothing;
    impl Store for Nothing {
        fn get(&self, _: &str) -> Option<(Vec<u8>, u32)> {
            None
        }
        fn set(&self, _: &str, _: &[u8], _: Option<u32>) -> bool {
            false
        }
    }
    prepare(&Nothing);
    let wish = wish(Sharing::Lifetime, None, 10.0);
    assert_eq!(plan(&Nothing, wish, at(10.0)), Plan::Ask);
    publish(&Nothing, "keys", &answer(10.0, 11.0, 200));
    publish_failure(&Nothing, "keys", &answer(10.0, 11.0, 503));
    assert_eq!(plan(&Nothing, wish, at(11.0)), Plan::Ask);
}

#[test]
fn answers_are_read_as_they_were_written_and_nothing_else_is() {
    for cache_control in [None, Some(String::new()), Some("no-store".to_owned())] {
        let answer = Answer { cache_control, ..answer(1.5, 2.5, 200) };
        assert_eq!(Answer::decode(&answer.encode()), Some(answer.clone()));
        for end in 0..22 {
            assert_eq!(Answer::decode(&answer.encode()[..end]), None);
        }
    }
    assert_eq!(Answer::decode(&[0xff; 22]), None);
    assert!(read_asking(b"nonsense", at(1.0)).is_empty());
}

#[test]
fn a_failure_from_ahead_speaks_for_nobody_after_the_clock_was_set_back() {
    let store = Shared::default();
    prepare(&store);
    publish_failure(&store, "keys", &answer(7000.0, 7001.0, 503));
    assert_eq!(plan(&store, wish(Sharing::Lifetime, None, 10.0), at(10.0)), Plan::Ask);
}

#[test]
fn who_has_read_the_clock_just_before_does_not_ask_as_well() {
    let store = Shared::default();
    prepare(&store);
    assert_eq!(plan(&store, wish(Sharing::Lifetime, None, 10.0), at(10.0)), Plan::Ask);
    let before = wish(Sharing::Lifetime, None, 9.9995);
    assert_eq!(plan(&store, before, at(9.9995)), Plan::Wait);
    assert_eq!(plan(&store, wish(Sharing::Lifetime, None, 5.0), at(5.0)), Plan::Ask, "set back");
}
