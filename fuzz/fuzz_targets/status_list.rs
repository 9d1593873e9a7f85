#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| laika_tests::fuzz::run("status_list", data));
