//! The long runs of the filter in Envoy, for `cargo xtask soak`. Each prints its outcome as a line
//! of JSON.
//!
//! ```sh
//! cargo run -p laika-tests --bin endurance -- rotation 600
//! cargo run -p laika-tests --bin endurance -- chaos 600
//! cargo run -p laika-tests --bin endurance -- memory 1000000
//! ```

use std::time::Duration;

use laika_tests::endurance::{chaos, memory, rotation};
use serde_json::json;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [name, amount] = arguments.as_slice() else {
        panic!("`rotation SECONDS`, `chaos SECONDS` or `memory REQUESTS`");
    };
    let amount: u64 = amount.parse().expect("a number");
    let (what, run) = match *name {
        "rotation" => (
            "keys and sessions of an issuer change, filter in Envoy",
            rotation(Duration::from_secs(amount), 2),
        ),
        "chaos" => {
            ("issuer and server killed, filter in Envoy", chaos(Duration::from_secs(amount), 2))
        }
        "memory" => ("memory of Envoy with the filter", memory(amount, 4)),
        other => panic!("there is no run `{other}`"),
    };
    for wrong in &run.wrong {
        println!("{wrong}");
    }
    println!("{}", json!({ "what": what, "result": run.result, "ok": run.wrong.is_empty() }));
}
