//! Writes the golden vectors that this crate makes into `tests/vectors/`.

use laika_tests::vectors;

fn main() -> std::io::Result<()> {
    for file in vectors::files() {
        let path = vectors::folder().join(file.name);
        std::fs::write(&path, vectors::text(&file.content))?;
        println!(
            "{}: {} cases",
            path.display(),
            file.content["cases"].as_array().map_or(0, Vec::len)
        );
    }
    Ok(())
}
