//! The two wasm modules: compiled, bound to JavaScript or checked against the proxy ABI, optimised.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::json;
use wasm_bindgen_cli_support::Bindgen;

use crate::cargo::{self, WASI, WASM};
use crate::run::{self, Program, Step};
use crate::stamp::Stamp;
use crate::{files, order, silence, tools};

/// Where the bindings and the module of the npm package go.
pub(crate) const PACKAGE_WASM: &str = "pkg/dist/wasm";

/// The module of the npm package with the names of its functions, which are not shipped.
pub(crate) const NAMED: &str = "target/wasm/laika_verifier_named.wasm";

/// The filter for proxies.
pub(crate) const FILTER: &str = "target/wasm/laika_edge_filter.wasm";

/// What is made of it for the npm package.
const SHIPPED: [&str; 2] = ["laika_verifier_wasm_bg.wasm", "laika_verifier_wasm.d.ts"];

/// What the module for JavaScript exports: what is written in `verifier-wasm`, and nothing of what
/// the bindings add, which is for values that are no numbers.
const PACKAGE_EXPORTS: [&str; 8] =
    ["memory", "input", "report", "prove", "recall", "decide", "ask", "release"];

/// What the filter exports: the callbacks that are there, which a proxy calls for each request, and
/// none that a dependency brings.
const FILTER_EXPORTS: [&str; 13] = [
    "_initialize",
    "malloc",
    "memory",
    "proxy_abi_version_0_2_1",
    "proxy_on_configure",
    "proxy_on_context_create",
    "proxy_on_delete",
    "proxy_on_http_call_response",
    "proxy_on_request_body",
    "proxy_on_request_headers",
    "proxy_on_request_trailers",
    "proxy_on_tick",
    "proxy_on_vm_start",
];

/// Vectors of 128 bits, in both modules and in what tests them: every host of the last years has
/// them (Node 16, Safari 16.4, Envoy's V8), and a module that has two kernels would be no smaller.
const SIMD: &str = "-Ctarget-feature=+simd128";

/// How the modules are made smaller where they are compiled. What is marked `#[inline]`, which nearly
/// all of the standard library is, would become part of its callers even where it is large: a tenth of
/// the module for JavaScript, which hardly anything is faster for. With less than this, decisions take
/// longer.
const LESS_INLINED: &str = "-Cllvm-args=-inlinehint-threshold=75";

/// A stack a quarter as large as the linker would give it, of which the deepest documents that are
/// read take less than an eighth. What is constant lies behind it, and where addresses are below
/// 2^20, an instruction that names one is shorter.
const STACK: &str = "-Clink-arg=-zstack-size=262144";

/// Functions that are called in one place stay functions: engines make code of a function when it is
/// called first, and of all of it, so what the first token does not need should stand apart. Compresses
/// better as well; and what Envoy needs to compile the filter, which it keeps, is a third less.
const APART: &str = "--one-caller-inline-max-function-size=0";

/// Compiles a module, by a call of its own: in one call for both, each would have the features that
/// the other asks of the verifier. `last` are flags for the module alone. Cargo knows what has changed.
fn compile(package: &str, last: &[&str]) -> Result<()> {
    run::step(&format!("wasm module `{package}`: compile"), |step| {
        cargo::cargo()
            .words("rustc --profile wasm --lib --target")
            .args([WASM, "-p", package, "--"])
            .args(last.iter().copied())
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", &rust_flags()?)
            .run(step)
    })?;
    Ok(())
}

/// The module for JavaScript, `laika_verifier_wasm_bg.wasm`, and the types of its exports, `.d.ts`.
pub(crate) fn bind() -> Result<()> {
    compile("laika-verifier-wasm", &[STACK])?;
    let (name, module) =
        ("wasm module for JavaScript: bind, optimise", compiled("laika_verifier_wasm"));
    let stamp = optimised(Stamp::new("bind"))?
        .text("silent, in order")
        .text(APART)
        .text(&PACKAGE_EXPORTS.join(" "))
        .input(&module)?
        .output(PACKAGE_WASM)
        .output(NAMED);
    if stamp.is_fresh()? {
        run::unchanged(name);
        return Ok(());
    }
    run::step(name, |step| {
        let scratch = tempfile::tempdir_in("target").context("cannot make a folder in `target`")?;
        Bindgen::new()
            .input_path(&module)
            .web(true)?
            .typescript(true)
            .omit_default_module_path(true)
            .remove_producers_section(true)
            .keep_debug(true)
            .demangle(true)
            .generate(scratch.path())
            .context("cannot make the JavaScript bindings of `verifier-wasm`")?;
        let bound = scratch.path().join("laika_verifier_wasm_bg.wasm");
        silence::panics(&bound)?;
        let (fewer, named) = (scratch.path().join("fewer.wasm"), scratch.path().join("named.wasm"));
        keep_exports(step, scratch.path(), &PACKAGE_EXPORTS, &bound, &fewer)?;
        optimise(step, &format!("{APART} -O3 --debuginfo"), &fewer, &named)?;
        let nameless = scratch.path().join("nameless.wasm");
        optimise(step, "--strip-debug --strip-target-features", &named, &nameless)?;
        order::by_likeness(&nameless)?;
        optimise(step, "--reorder-functions-by-name --strip-debug", &nameless, &bound)?;
        files::write(Path::new(NAMED), &files::read(&named)?)?;
        let mut made = std::collections::BTreeMap::new();
        let is_shipped = |path: &Path| SHIPPED.iter().any(|name| path.ends_with(name));
        files::gather(&mut made, scratch.path(), Path::new(""), is_shipped)?;
        files::mirror(Path::new(PACKAGE_WASM), &made)
    })?;
    stamp.save()
}

/// The conformance vectors as a program in WebAssembly.
pub(crate) fn conformance() -> Result<PathBuf> {
    tools::wasi_target()?;
    run::step("conformance vectors in wasm: compile", |step| {
        cargo::cargo()
            .words("build --profile wasm --target")
            .arg(WASI)
            .words("-p laika-conformance")
            .env("CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS", SIMD)
            .run(step)
    })?;
    Ok(Path::new("target").join(WASI).join("wasm/laika-conformance.wasm"))
}

/// A program that holds the arithmetic against other libraries (`kernels`: RSA, `curves`), in
/// WebAssembly: optimised as what is shipped.
pub(crate) fn arithmetic(name: &str) -> Result<PathBuf> {
    tools::node()?;
    tools::npm_packages(tools::NPM_TOOLS)?;
    let compiled = conformance()?.with_file_name(name).with_extension("wasm");
    let made = Path::new("target/wasm").join(name).with_extension("wasm");
    let stamp = optimised(Stamp::new(name))?.input(&compiled)?.output(&made);
    if !stamp.is_fresh()? {
        run::step(&format!("`{name}` in wasm: optimise"), |step| {
            let scratch =
                tempfile::tempdir_in("target").context("cannot make a folder in `target`")?;
            let optimised = scratch.path().join("optimised.wasm");
            optimise(step, "-O3 --strip-debug", &compiled, &optimised)?;
            files::write(&made, &files::read(&optimised)?)
        })?;
        stamp.save()?;
    }
    Ok(made)
}

/// The module for proxies. It may use nothing but what every host of the ABI offers.
pub(crate) fn filter() -> Result<()> {
    compile("laika-edge-filter", &[])?;
    let (name, module) =
        ("wasm module for proxies: optimise, check", compiled("laika_edge_filter"));
    let stamp = optimised(Stamp::new("filter"))?.text(APART).text(&FILTER_EXPORTS.join(" "));
    let stamp = stamp.input(&module)?.output(FILTER);
    if stamp.is_fresh()? {
        run::unchanged(name);
        return Ok(());
    }
    run::step(name, |step| {
        let scratch = tempfile::tempdir_in("target").context("cannot make a folder in `target`")?;
        let (fewer, made) = (scratch.path().join("fewer.wasm"), scratch.path().join("filter.wasm"));
        keep_exports(step, scratch.path(), &FILTER_EXPORTS, &module, &fewer)?;
        optimise(step, &format!("{APART} -O3 --strip-debug"), &fewer, &made)?;
        Program::new("node")
            .words("--input-type=module --eval")
            .script(CHECK_FILTER)
            .arg(&made.to_string_lossy())
            .run(step)
            .context("the filter is no valid proxy-wasm module")?;
        files::write(Path::new(FILTER), &files::read(&made)?)
    })?;
    stamp.save()
}

/// Takes off the module every other export than `exports`, and what only those need.
fn keep_exports(
    step: &Step,
    scratch: &Path,
    exports: &[&str],
    from: &Path,
    to: &Path,
) -> Result<()> {
    let mut graph = vec![json!({ "name": "host", "root": true, "reaches": exports })];
    graph.extend(exports.iter().map(|name| json!({ "name": name, "export": name })));
    let file = scratch.join("exports.json");
    files::write(&file, json!(graph).to_string().as_bytes())?;
    Program::new(tools::npm_tool("wasm-metadce"))
        .arg("--debuginfo")
        .args(features()?.iter().map(String::as_str))
        .args(["--graph-file", &file.to_string_lossy(), &from.to_string_lossy()])
        .args(["--output", &to.to_string_lossy()])
        .run(step)?;
    Ok(())
}

/// The least that a filter can do, and the least that one can do which decides: ours is measured
/// beside both.
pub(crate) fn floors() -> Result<[PathBuf; 2]> {
    let assemble = |name: &str| -> Result<PathBuf> {
        let text = Path::new("tests/bench/edge").join(name).with_extension("wat");
        let made = Path::new("target/wasm").join(name).with_extension("wasm");
        run::step(&format!("least filter `{name}`: assemble"), |step| {
            let program = Program::new(tools::npm_tool("wasm-as")).arg(&text.to_string_lossy());
            program.args(["--output", &made.to_string_lossy()]).run(step)
        })?;
        Ok(made)
    };
    Ok([assemble("one-header")?, assemble("three-headers")?])
}

/// Proxies offer the proxy-wasm host calls and WASI; an import of anything else (bindings for
/// JavaScript, say, that a dependency brings) would fail only when a proxy loads the module.
const CHECK_FILTER: &str = r#"
import { readFileSync } from "node:fs";
const module = new WebAssembly.Module(readFileSync(process.argv[1]));
const foreign = WebAssembly.Module.imports(module).filter(({ module, name }) =>
  !(module === "env" && name.startsWith("proxy_")) && module !== "wasi_snapshot_preview1");
const exported = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
const missing = ["proxy_abi_version_0_2_1", "proxy_on_context_create", "proxy_on_request_headers",
  "memory"].filter((name) => !exported.has(name));
if (!exported.has("malloc") && !exported.has("proxy_on_memory_allocate")) missing.push("malloc");
for (const { module, name } of foreign) console.log(`imports \`${module}.${name}\`, which no proxy has`);
for (const name of missing) console.log(`does not export \`${name}\``);
process.exitCode = foreign.length + missing.length > 0 ? 1 : 0;
"#;

fn compiled(name: &str) -> PathBuf {
    Path::new("target").join(WASM).join("wasm").join(name).with_extension("wasm")
}

fn optimised(stamp: Stamp) -> Result<Stamp> {
    let stamp = stamp.text(&features()?.join(" "));
    stamp.input(Path::new(tools::NPM_TOOLS).join("package-lock.json"))
}

fn optimise(step: &Step, passes: &str, from: &Path, to: &Path) -> Result<()> {
    let features = features()?;
    Program::new(tools::npm_tool("wasm-opt"))
        .words(passes)
        // Nothing lies below 1 KiB (the end of the stack is there), so an offset that is added to
        // an address may become part of the instruction, which is worth a fifth of RSA.
        .words("--low-memory-unused --strip-producers --strip-dwarf --mvp-features")
        .args(features.iter().map(String::as_str))
        .arg(&from.to_string_lossy())
        .args(["--output", &to.to_string_lossy()])
        .run(step)?;
    Ok(())
}

/// The wasm features that rustc compiles for, as flags of `wasm-opt`.
fn features() -> Result<Vec<String>> {
    let settings = tools::rustc(&["--print", "cfg", "--target", WASM, SIMD])?;
    let enabled = settings.lines().filter_map(|line| {
        let name = line.strip_prefix("target_feature=\"")?.strip_suffix('"')?;
        Some(match name {
            "nontrapping-fptoint" => "--enable-nontrapping-float-to-int".to_owned(),
            "simd128" => "--enable-simd".to_owned(),
            "atomics" => "--enable-threads".to_owned(),
            name => format!("--enable-{name}"),
        })
    });
    Ok(enabled.collect())
}

/// Vectors, less inlined, and no path of this machine in what is shipped: panics name their source
/// file.
fn rust_flags() -> Result<String> {
    let root = std::env::current_dir().context("cannot tell the current folder")?;
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let home = home.context("cannot tell cargo's folder: set `CARGO_HOME`")?;
    let mut flags = vec![remap(&home, "cargo"), remap(&root, "laika")];
    // The compiler takes the last that fits; this one leaves out the name of the registry too.
    for sources in std::fs::read_dir(home.join("registry/src")).into_iter().flatten().flatten() {
        flags.push(remap(&sources.path(), "crates"));
    }
    flags.sort_by_key(String::len);
    Ok(format!("{SIMD} {LESS_INLINED} {}", flags.join(" ")))
}

fn remap(from: &Path, to: &str) -> String {
    format!("--remap-path-prefix={}={to}", from.display())
}
