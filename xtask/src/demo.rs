//! `cargo xtask demo`: issuer, example backend and two accounts, until Ctrl-C.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::build;
use crate::run::{self, Program};
use crate::service::{Interrupt, Service};

const SEED: &str = "www/demo/seed.toml";
const POLICY: &str = "www/demo/policy.json";

/// Random characters of a password: 20 of 32 kinds are 100 bits.
const PASSWORD_LENGTH: usize = 20;

/// Letters and digits that nobody mistakes for each other, and no shell for anything else.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789A";

struct Account {
    username: &'static str,
    role: &'static str,
    password: String,
}

pub(crate) fn run() -> Result<()> {
    build::run()?;
    let interrupt = Interrupt::watch()?;
    // Removed when it goes out of scope, after the two services that use it.
    let folder = tempfile::Builder::new()
        .prefix("laika-demo-")
        .tempdir()
        .context("cannot make a temporary folder")?;
    let folder = folder.path();
    let accounts = [Account::new("laika", "clerk")?, Account::new("strelka", "manager")?];
    import(folder, &accounts)?;

    let mut issuer = Service::start(
        "issuer",
        run::without_settings(&mut Command::new(build::ISSUER))
            .arg("serve")
            .env("LAIKA_DATA_DIR", folder.join("data"))
            .env("LAIKA_LISTEN", address(8080)),
        &folder.join("issuer.log"),
        &interrupt,
    )?;
    let mut backend = Service::start(
        "example backend",
        Command::new(build::BACKEND)
            .args(["--issuer", &issuer.url])
            .args(["--listen", &address(8081)])
            .args(["--policy", POLICY]),
        &folder.join("backend.log"),
        &interrupt,
    )?;
    explain(&issuer.url, &backend.url, &accounts);

    while !interrupt.came() {
        issuer.check()?;
        backend.check()?;
        thread::sleep(Duration::from_millis(200));
    }
    backend.stop()?;
    issuer.stop()?;
    println!("\nstopped, nothing left behind");
    Ok(())
}

/// The seed, completed with accounts whose passwords exist nowhere else, loaded into the database.
fn import(folder: &Path, accounts: &[Account]) -> Result<()> {
    let mut seed = fs::read_to_string(SEED).with_context(|| format!("cannot read `{SEED}`"))?;
    for Account { username, role, password } in accounts {
        seed.push_str(&format!(
            "\n[[users]]\nusername = \"{username}\"\nemail = \"{username}@example.com\"\n\
             password = \"{password}\"\nroles = [\"orders/{role}\"]\n"
        ));
    }
    let file = folder.join("seed.toml");
    crate::files::write(&file, seed.as_bytes())?;
    run::step("database with demo service and accounts", |step| {
        Program::new(build::ISSUER)
            .without_settings()
            .args(["import", &file.to_string_lossy()])
            .env("LAIKA_DATA_DIR", &folder.join("data").to_string_lossy())
            .run(step)
    })?;
    Ok(())
}

/// The usual port if it is free, otherwise any.
fn address(port: u16) -> String {
    let free = TcpListener::bind(("127.0.0.1", port)).is_ok();
    format!("127.0.0.1:{}", if free { port } else { 0 })
}

fn explain(issuer: &str, backend: &str, accounts: &[Account]) {
    println!("\nLaika is running. Ctrl-C stops it and leaves nothing behind.\n");
    println!("  page      {issuer}/");
    println!("  backend   {backend}/   guarded by {POLICY}");
    for Account { username, role, password } in accounts {
        println!("  {role:<9} {username:<8} password {password}");
    }
    let Some(Account { username, password, .. }) = accounts.first() else {
        return;
    };
    println!(
        r#"
Paste into another shell. Log in, keep the micro token:

TOKEN=$(curl -s {issuer}/v1/sessions -H 'content-type: application/json' -d '{{"login":"{username}","password":"{password}","service":"orders"}}' | sed -n 's/.*"micro_token":"\([^"]*\)".*/\1/p')

A clerk may read orders (200):

curl -i {backend}/orders -H "authorization: Bearer $TOKEN"

but not cancel one (403; without the token 401):

curl -i -X DELETE {backend}/orders/0 -H "authorization: Bearer $TOKEN"
"#
    );
}

impl Account {
    fn new(username: &'static str, role: &'static str) -> Result<Self> {
        Ok(Self { username, role, password: password()? })
    }
}

fn password() -> Result<String> {
    let mut random = [0; PASSWORD_LENGTH];
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the build draws randomness"
    )]
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    let letters = random.iter().filter_map(|byte| ALPHABET.get(usize::from(byte % 32)));
    Ok(letters.map(|letter| char::from(*letter)).collect())
}
