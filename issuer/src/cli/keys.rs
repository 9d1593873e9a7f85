//! `laika key list`, `rotate`, `revoke`, `export` and `import`.

use std::path::Path;

use zeroize::Zeroizing;

use super::arguments::{KeyExport, KeyImport, KeyRotate};
use super::exit::Failure;
use super::output;
use crate::admin::{self, Act};
use crate::app::App;
use crate::keys::{self, Algorithm, KeyView, Rotated, transfer};
use crate::secret::Secret;

pub(super) async fn list(app: &App, json: bool) -> Result<(), Failure> {
    let rows = keys::list(app).await?;
    output::list(&rows, json, |row| {
        vec![row.kid.clone(), row.algorithm.to_owned(), row.state.as_str().to_owned()]
    })
}

pub(super) async fn rotate(app: &App, arguments: KeyRotate) -> Result<(), Failure> {
    let algorithm = match &arguments.algorithm {
        Some(name) => parse_algorithm(name)?,
        None => app.settings.signing_algorithm,
    };
    let act = Act::of_operator(app).await?;
    let rotated = admin::keys::rotate(act, algorithm, arguments.now).await?;
    rotated.cost.into_iter().for_each(output::remark);
    if arguments.json { output::value(&rotated) } else { say(&rotated.key) }
}

pub(super) async fn revoke(app: &App, kid: &str, json: bool) -> Result<(), Failure> {
    let revoked = admin::keys::revoke(Act::of_operator(app).await?, kid).await?;
    output::remark(&format!("what becomes of its tokens: {}", revoked.tokens));
    revoked.cost.into_iter().for_each(output::remark);
    if json {
        return output::value(&revoked);
    }
    revoked.successor.as_ref().map_or(Ok(()), say)
}

pub(super) async fn export(app: &App, arguments: KeyExport) -> Result<(), Failure> {
    let passphrase = arguments.passphrase_file.as_deref().map(passphrase).transpose()?;
    if passphrase.is_none() {
        output::remark("the key is not encrypted; `--passphrase-file` puts it under a passphrase");
    }
    let key = admin::keys::export(Act::of_operator(app).await?, &arguments.kid).await?;
    let pem = transfer::write(&key, passphrase.as_ref(), &*app.random)
        .map_err(|error| Failure::Failed(error.to_string()))?;
    output::line(pem.trim_end())
}

pub(super) async fn import(app: &App, arguments: KeyImport) -> Result<(), Failure> {
    let algorithm = parse_algorithm(&arguments.algorithm)?;
    let passphrase = arguments.passphrase_file.as_deref().map(passphrase).transpose()?;
    let text = read(&arguments.file)?;
    let key = transfer::read(algorithm, &text, passphrase.as_ref()).map_err(|why| {
        Failure::Refused(format!("`{}` can't be imported: {why}", arguments.file.display()))
    })?;
    let key = admin::keys::import(Act::of_operator(app).await?, &key).await?;
    if arguments.json { output::value(&Rotated { key, cost: None }) } else { say(&key) }
}

fn parse_algorithm(name: &str) -> Result<Algorithm, Failure> {
    Algorithm::from_name(name).ok_or_else(|| {
        Failure::Refused(format!("`{name}` is not supported; choose {}", Algorithm::NAMES))
    })
}

/// Says which key signs, and from when on.
fn say(key: &KeyView) -> Result<(), Failure> {
    let from = key.signs_from.and_then(|at| u64::try_from(at).ok()).unwrap_or_default();
    let from = std::time::UNIX_EPOCH + std::time::Duration::from_secs(from);
    let from = humantime::format_rfc3339_seconds(from);
    output::line(&format!(
        "{}\t{}\t{}\tsigns from {from}",
        key.kid,
        key.algorithm,
        key.state.as_str()
    ))
}

/// The first line of a file.
fn passphrase(file: &Path) -> Result<Secret, Failure> {
    let text = read(file)?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(Failure::Refused(format!("`{}` holds no passphrase", file.display())));
    }
    Ok(Secret::from(line.to_owned()))
}

fn read(file: &Path) -> Result<Zeroizing<String>, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::Refused(format!("`{}` can't be read: {error}", file.display()))
    })?;
    Ok(Zeroizing::new(text))
}
