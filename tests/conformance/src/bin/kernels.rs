//! Holds the arithmetic of the verifier against other libraries on the machine it runs on: so many
//! powers, so many verifications. The last line is the outcome as JSON; exits with 1 where they
//! disagree. With `time` and a number, prints the microseconds of one RSA power over so many.

use std::error::Error;
use std::process::ExitCode;

use laika_conformance::{Kernels, time_of_power};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let kernels = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["time", repeats] => {
            println!("{}", time_of_power(repeats.parse()?));
            return Ok(ExitCode::SUCCESS);
        }
        [powers, verifications] => Kernels::run(powers.parse()?, verifications.parse()?),
        _ => return Err("usage: kernels POWERS VERIFICATIONS, or kernels time REPEATS".into()),
    };
    for wrong in &kernels.wrong {
        println!("WRONG {wrong}");
    }
    println!("{}", kernels.to_json());
    Ok(if kernels.wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
