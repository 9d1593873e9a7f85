//! Files: who may read them, and where they lie.

use std::path::{Path, PathBuf};

use toml::Value;

use super::{Facts, Finding};
use crate::config::environment;
use crate::config::secret::readable_by_others;

/// Kinds of file systems whose files lie on another machine.
const NETWORK_DRIVES: [&str; 14] = [
    "9p",
    "afs",
    "ceph",
    "cifs",
    "coda",
    "fuse.glusterfs",
    "fuse.s3fs",
    "fuse.sshfs",
    "glusterfs",
    "nfs",
    "nfs4",
    "smb3",
    "smbfs",
    "virtiofs",
];

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

/// SQLite on a drive of another machine: its locks do not hold there, and two processes damage the
/// file.
pub(super) fn network_drive(facts: &Facts<'_>) -> Vec<Finding> {
    let (Some(mounts), Some(file)) =
        (&facts.machine.mounts, sqlite_file(&facts.settings.database_url))
    else {
        return Vec::new();
    };
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        // A space in a name is written as its octal number.
        Some((words.next()?.replace("\\040", " "), words.next()?))
    });
    // Of what is mounted below another mount, the inner one counts; of two at one place, the later.
    let holding = mounts.filter(|(place, _)| file.starts_with(place));
    let Some((place, kind)) = holding.max_by_key(|(place, _)| place.len()) else {
        return Vec::new();
    };
    if !NETWORK_DRIVES.contains(&kind) {
        return Vec::new();
    }
    let message = format!(
        "`{}` lies on the network drive `{place}` ({kind}), where SQLite's locks do not hold and two \
         processes damage the file; choose a local `data_dir`, or PostgreSQL",
        file.display()
    );
    vec![Finding::error("database_url", message)]
}

/// The file of a SQLite database, as an absolute path.
pub(crate) fn sqlite_file(url: &str) -> Option<PathBuf> {
    let rest = url.strip_prefix("sqlite:")?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    if path.is_empty() || path == ":memory:" {
        return None;
    }
    // What was encoded as in a query is decoded like it; a plus means itself in a path.
    let pair = format!("p={}", path.replace('+', "%2B"));
    let (_, path) = form_urlencoded::parse(pair.as_bytes()).next()?;
    std::path::absolute(path.as_ref()).ok()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use toml::Table;

    use super::super::tests::found_on;
    use super::super::{Level, Machine, find};
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
            fs::write(data.join(name), "x7kQ9vTz2m").unwrap();
            set_mode(&data.join(name), 0o600);
        }
        let text =
            format!("data_dir = '{0}'\n[database]\npassword_file = '{0}/password'", data.display());
        let inline =
            format!("data_dir = '{}'\n[database]\npassword = 'x7kQ9vTz2m'", data.display());
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
            let machine = Machine::default();
            let facts = Facts { settings: &settings, written, file: Some(&file), machine, now };
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

    #[test]
    fn a_database_on_a_network_drive_is_found_and_one_on_a_disk_is_not() {
        let mounts = "/dev/sda1 / ext4 rw 0 0\nnas:/export /srv/far nfs4 rw 0 0\n\
                      /dev/sdb1 /srv/far/near ext4 rw 0 0\nnas:/x /srv/a\\040b cifs rw 0 0\n";
        for (url, drive) in [
            ("sqlite:///var/lib/laika/laika.db?mode=rwc", None),
            ("sqlite:///srv/far/laika.db?mode=rwc", Some("`/srv/far` (nfs4)")),
            ("sqlite:///srv/far/near/laika.db", None),
            ("sqlite:///srv/farther/laika.db", None),
            ("sqlite:///srv/a%20b/laika.db", Some("`/srv/a b` (cifs)")),
            ("postgres://laika@127.0.0.1/srv/far", None),
        ] {
            let machine = Machine { mounts: Some(mounts.to_owned()), ..Machine::default() };
            let found = found_on(machine, &format!("database_url = '{url}'"));
            match drive {
                None => assert_eq!(found, [], "{url}"),
                Some(drive) => {
                    let [finding] = found.as_slice() else { panic!("{url}: {found:?}") };
                    assert_eq!((finding.level, &*finding.setting), (Level::Error, "database_url"));
                    assert!(finding.message.contains(drive), "{finding}");
                }
            }
        }
    }
}
