//! The committed inputs of the fuzz targets, and those made from the golden vectors, through the
//! very same functions, on stable Rust.

use std::fs;
use std::panic::catch_unwind;

use laika_tests::fuzz::{self, TARGETS};

#[test]
fn every_known_input_is_answered_rightly() {
    let mut wrong = Vec::new();
    for target in TARGETS {
        let folder = fuzz::corpus().join(target.name);
        let committed: Vec<_> = fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("`{}`: {error}", folder.display()))
            .map(|entry| entry.unwrap().path())
            .map(|file| (file.display().to_string(), fs::read(&file).unwrap()))
            .collect();
        assert!(committed.len() > 20, "`{}` has {} inputs", folder.display(), committed.len());
        let made = fuzz::seeds::inputs(target.name).into_iter();
        let made = made.map(|input| (format!("{} made", target.name), input));
        for (name, input) in committed.into_iter().chain(made) {
            if catch_unwind(|| (target.run)(&input)).is_err() {
                wrong.push(format!("{name}: {}", input.escape_ascii()));
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
