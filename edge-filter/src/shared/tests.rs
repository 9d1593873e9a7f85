use std::cell::RefCell;
use std::collections::BTreeMap;

use super::*;

/// Shared data as Envoy has them: a state for each value, which every change counts up.
#[derive(Default)]
struct Shared(RefCell<BTreeMap<String, (Vec<u8>, u32)>>);

impl Store for Shared {
    fn get(&self, name: &str) -> Option<(Vec<u8>, u32)> {
        self.0.borrow().get(name).cloned()
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
    let failed = answer(10.0, 12.0, 503);
    publish(&store, "keys", &failed);
    assert_eq!(plan(&store, waiting, at(12.0)), Plan::Take(failed));
    assert_eq!(plan(&store, wish(Sharing::Lifetime, None, 12.5), at(12.5)), Plan::Ask);
}

#[test]
fn who_is_lost_is_forgotten_and_nobody_takes_the_same_turn() {
    let store = Shared::default();
    prepare(&store);
    let wish = wish(Sharing::Lifetime, None, 10.0);
    assert_eq!(plan(&store, wish, at(10.0)), Plan::Ask);
    assert_eq!(plan(&store, wish, at(19.9)), Plan::Wait);
    assert_eq!(plan(&store, wish, at(20.0)), Plan::Ask);
    // Another wrote in between: our state is no longer the last.
    let (asking, state) = store.get(ASKING).unwrap();
    assert!(store.set(ASKING, &asking, Some(state)));
    assert!(!store.set(ASKING, &asking, Some(state)));
    prepare(&store);
    assert_eq!(plan(&store, wish, at(20.1)), Plan::Wait, "what is there is kept");
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
