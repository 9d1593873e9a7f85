//! The committed inputs of the fuzz targets, through the very same functions, on stable Rust.

use std::fs;
use std::panic::catch_unwind;

use laika_tests::fuzz::{self, TARGETS};

#[test]
fn every_committed_input_is_answered_rightly() {
    let mut wrong = Vec::new();
    for target in TARGETS {
        let folder = fuzz::corpus().join(target.name);
        let mut files: Vec<_> = fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("`{}`: {error}", folder.display()))
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        println!("{:<13} {:>4} inputs", target.name, files.len());
        assert!(files.len() >= 5, "`{}` has {} inputs", folder.display(), files.len());
        for file in files {
            let input = fs::read(&file).unwrap();
            if catch_unwind(|| (target.run)(&input)).is_err() {
                wrong.push(format!("{}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "these inputs bring out a defect:\n{}", wrong.join("\n"));
}

#[test]
fn the_dictionaries_are_what_the_generator_makes() {
    for target in TARGETS {
        let file =
            fuzz::corpus().with_file_name("dictionaries").join(format!("{}.dict", target.name));
        let committed = fs::read_to_string(&file).unwrap();
        assert!(
            committed == fuzz::seeds::dictionary(target.name),
            "`{}` is out of date: run `cargo run -p laika-tests --bin seeds`",
            file.display()
        );
    }
}

#[test]
fn every_target_is_a_program_for_libfuzzer_and_back() {
    let fuzz = fuzz::corpus().join("..");
    let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    for target in TARGETS {
        let program =
            fs::read_to_string(fuzz.join(format!("fuzz_targets/{}.rs", target.name))).unwrap();
        assert!(program.contains(&format!("run(\"{}\", data)", target.name)), "{program}");
        assert!(manifest.contains(&format!("\nname = \"{}\"\n", target.name)), "{}", target.name);
    }
    assert_eq!(fs::read_dir(fuzz.join("fuzz_targets")).unwrap().count(), TARGETS.len());
    for folder in fs::read_dir(fuzz::corpus()).unwrap() {
        let name = folder.unwrap().file_name();
        assert!(TARGETS.iter().any(|target| name == target.name), "{name:?} is no target");
    }
}
