//! Writes what fuzzing begins with: dictionaries into `fuzz/dictionaries/`, which are committed, and
//! inputs made from the golden vectors into `target/fuzz/seeds/`.

use std::fs;
use std::path::Path;

use laika_tests::fuzz::{TARGETS, corpus, seeds};

fn main() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for target in TARGETS {
        let dictionary = seeds::dictionary(target.name);
        let dictionaries = corpus().with_file_name("dictionaries");
        fs::create_dir_all(&dictionaries)?;
        fs::write(dictionaries.join(format!("{}.dict", target.name)), dictionary)?;
        let folder = root.join("target/fuzz/seeds").join(target.name);
        fs::create_dir_all(&folder)?;
        let inputs = seeds::inputs(target.name);
        for input in &inputs {
            fs::write(folder.join(seeds::name(input)), input)?;
        }
        println!("{:<13} {:>4} inputs", target.name, inputs.len());
    }
    Ok(())
}
