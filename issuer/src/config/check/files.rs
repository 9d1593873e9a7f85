//! Files: who may read them, and what their times say.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use toml::Value;

use super::{Facts, Finding};
use crate::config::environment;
use crate::config::secret::readable_by_others;

/// Seconds by which a file may be ahead of the clock.
const CLOCK_TOLERANCE: i64 = 60;

/// Every file of a secret: whatever setting is called `…_file`, and the settings file itself where a
/// secret stands in it.
pub(super) fn secrets(facts: &Facts<'_>) -> Vec<Finding> {
    let mut files = vec![("master_key_file".to_owned(), facts.settings.master_key_file.clone())];
    let mut holds_secret = false;
    for known in environment::known().values() {
        let Some(Value::String(text)) = known.find(&facts.written) else { continue };
        let name = known.name();
        holds_secret |= known.secret;
        if name.ends_with("_file") && name != "master_key_file" {
            files.push((name, PathBuf::from(text)));
        }
    }
    let providers = facts.written.get("providers").and_then(Value::as_table);
    for (name, provider) in providers.into_iter().flatten() {
        holds_secret |= provider.get("client_secret").is_some();
        if let Some(file) = provider.get("client_secret_file").and_then(Value::as_str) {
            files.push((format!("providers.{name}.client_secret_file"), PathBuf::from(file)));
        }
    }
    if let Some(file) = facts.file.filter(|_| holds_secret) {
        files.push(("the settings file".to_owned(), file.to_owned()));
    }
    files.into_iter().filter_map(|(name, file)| exposed(name, &file)).collect()
}

fn exposed(setting: String, file: &Path) -> Option<Finding> {
    if readable_by_others(file) != Some(true) {
        return None;
    }
    let shown = file.display();
    let message = format!(
        "every user of this machine may read `{shown}`, and a secret is in it; run `chmod 600 {shown}`"
    );
    Some(Finding::error(setting, message))
}

pub(super) fn data_dir(facts: &Facts<'_>) -> Vec<Finding> {
    let folder = &facts.settings.data_dir;
    if readable_by_others(folder) != Some(true) {
        return Vec::new();
    }
    let shown = folder.display();
    let message = format!(
        "every user of this machine may look into `{shown}`, where database and master key lie; run \
         `chmod 700 {shown}`"
    );
    vec![Finding::warning("data_dir", message)]
}

/// Files that were written in the future: the clock has been set back since, or is wrong now, and
/// tokens and sessions would live too long.
pub(super) fn clock(facts: &Facts<'_>) -> Vec<Finding> {
    let folder = &facts.settings.data_dir;
    let newest = ["laika.db", "laika.db-wal", "master.key"]
        .iter()
        .filter_map(|name| written_at(&folder.join(name)))
        .max();
    match newest {
        Some(newest) if newest - facts.now > CLOCK_TOLERANCE => {
            let message = format!(
                "the clock of this machine is {} s behind the newest file in `{}`; set it right, or \
                 tokens live too long",
                newest - facts.now,
                folder.display()
            );
            vec![Finding::error("the clock", message)]
        }
        _ => Vec::new(),
    }
}

fn written_at(file: &Path) -> Option<i64> {
    let modified = std::fs::metadata(file).ok()?.modified().ok()?;
    i64::try_from(modified.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use toml::Table;

    use super::super::{Level, find};
    use super::*;
    use crate::config::Settings;
    use crate::config::file::File;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn what_others_may_read_is_found_and_what_is_private_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        for name in ["master.key", "password", "laika.toml"] {
            fs::write(data.join(name), "x").unwrap();
            set_mode(&data.join(name), 0o600);
        }
        let text =
            format!("data_dir = '{0}'\n[database]\npassword_file = '{0}/password'", data.display());
        let inline = format!("data_dir = '{}'\n[database]\npassword = 'x'", data.display());
        let provider = |how: &str| {
            format!("data_dir = '{}'\n[providers.github]\nclient_id = 'a'\n{how}", data.display())
        };
        let by_file = provider(&format!("client_secret_file = '{}/password'", data.display()));
        let by_value = provider("client_secret = 'x'");
        let found = |text: &str, now: i64| {
            let file: File = toml::from_str(text).unwrap();
            let written = Table::try_from(&file).unwrap();
            let settings = Settings::check(file).unwrap();
            let file = data.join("laika.toml");
            let facts =
                Facts { settings: &settings, written, file: Some(&file), memory: None, now };
            let found = find(&facts).into_iter();
            found.map(|finding| (finding.level, finding.setting)).collect::<Vec<_>>()
        };
        let later = i64::MAX;
        set_mode(data, 0o700);
        assert_eq!(found(&text, later), []);
        assert_eq!(found(&text, 0), [(Level::Error, "the clock".to_owned())]);
        for (path, mode, text, level, setting) in [
            (data.to_owned(), 0o755, &text, Level::Warning, "data_dir"),
            (data.join("master.key"), 0o644, &text, Level::Error, "master_key_file"),
            (data.join("password"), 0o604, &text, Level::Error, "database.password_file"),
            (data.join("laika.toml"), 0o644, &inline, Level::Error, "the settings file"),
            (
                data.join("password"),
                0o604,
                &by_file,
                Level::Error,
                "providers.github.client_secret_file",
            ),
            (data.join("laika.toml"), 0o644, &by_value, Level::Error, "the settings file"),
        ] {
            set_mode(&path, mode);
            assert_eq!(found(text, later), [(level, setting.to_owned())]);
            set_mode(&path, if path == data { 0o700 } else { 0o600 });
        }
    }
}
