//! Takes the messages of panics out of the module for JavaScript.
//!
//! Nobody can read them there: the standard library writes them to a standard error that WebAssembly
//! does not have, and then traps, which is all that JavaScript sees. Without the writing, the code
//! that puts messages together has no caller any more, and `wasm-opt` removes it. A build of the
//! standard library that does the same takes a nightly compiler.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use walrus::{FunctionKind, Module};

/// Functions of the standard library that end in a panic, whatever they are called for.
const PANICS: [&str; 4] =
    ["::panicking::", "::slice_error_fail", "::slice_index_fail", "::handle_alloc_error"];

/// The one part of them that only counts.
const COUNTS: &str = "::panic_count::";

/// Makes a trap of everything that panics in the module at `path`.
pub(crate) fn panics(path: &Path) -> Result<()> {
    let read = Module::from_file(path);
    let mut module = read.with_context(|| format!("cannot read `{}`", path.display()))?;
    let mut silenced = 0;
    for function in module.funcs.iter_mut() {
        if let FunctionKind::Local(local) = &mut function.kind
            && function.name.as_deref().is_some_and(is_panic)
        {
            let mut body = local.builder_mut().func_body();
            body.instrs_mut().clear();
            body.unreachable();
            silenced += 1;
        }
    }
    ensure!(silenced > 0, "found no function that panics: have their names changed?");
    module.emit_wasm_file(path).with_context(|| format!("cannot write `{}`", path.display()))
}

fn is_panic(name: &str) -> bool {
    let standard = ["core", "alloc", "std"];
    standard.iter().any(|library| name.starts_with(library))
        && PANICS.iter().any(|part| name.contains(part))
        && !name.contains(COUNTS)
}
