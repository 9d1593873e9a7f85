//! For some seconds what `cargo xtask soak` does for long.

use std::time::Duration;

use laika_tests::endurance::{Run, chaos, memory, rotation};

#[track_caller]
fn assert_held(run: &Run) {
    println!("{}", run.result);
    assert!(run.wrong.is_empty(), "{}: {:#?}", run.result, run.wrong);
}

#[test]
fn keys_rotate_and_sessions_end_under_load_without_one_wrong_answer() {
    assert_held(&rotation(Duration::from_secs(15), 2));
}

#[test]
fn issuer_and_server_fall_and_rise_without_one_wrong_answer() {
    assert_held(&chaos(Duration::from_secs(10), 2));
}

#[test]
fn memory_is_flat() {
    assert_held(&memory(10_000, 2));
}
