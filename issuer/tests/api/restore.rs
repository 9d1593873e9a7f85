//! Backup and restore: on one database, and from one to the other.

use std::path::Path;

use laika_issuer::backup::{self, BackupError, Restored};
use laika_issuer::clock::ManualClock;
use laika_issuer::db::{Connect, Db, migrate};
use laika_issuer::random::SystemRandom;
use serde_json::json;
use tempfile::TempDir;

use crate::keys::revoke;
use crate::migration::{self, old_database};
use crate::oauth2::{account, form, own_token};
use crate::scratch::Scratch;
use crate::support::{Issuer, PASSWORD, START, claims, header};
use crate::verifiers::Service;

/// What is backed up: on SQLite always, on PostgreSQL where the tests have one.
async fn sources() -> Vec<Issuer> {
    let mut sources = vec![Issuer::in_database(None, "", &[]).await];
    if let Some(database) = Scratch::database() {
        sources.push(Issuer::in_database(Some(database), "", &[]).await);
    }
    sources
}

/// Where a backup is restored to: a database that goes away with its value.
struct Target {
    url: String,
    _folder: TempDir,
    _database: Option<Scratch>,
}

/// SQLite always, PostgreSQL where the tests have one.
fn targets() -> Vec<Target> {
    let target = |database: Option<Scratch>| {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = || format!("sqlite://{}/restored.db?mode=rwc", folder.path().display());
        let url = database.as_ref().map_or_else(sqlite, Scratch::url);
        Target { url, _folder: folder, _database: database }
    };
    [Some(target(None)), Scratch::database().map(|found| target(Some(found)))]
        .into_iter()
        .flatten()
        .collect()
}

async fn dump(issuer: &Issuer, file: &Path) -> backup::Contents {
    backup::dump(&issuer.app.db, file, START, |_, _| {}).await.unwrap()
}

async fn restore(url: &str, file: &Path, key: &Path) -> Result<Restored, BackupError> {
    let db = Db::connect_as_it_is(&Connect::to(url)).await.unwrap();
    let clock = ManualClock::at(START + 100);
    let restored = backup::restore(&db, file, key, &clock, &SystemRandom, |_, _| {}).await;
    db.close().await;
    restored
}

#[tokio::test]
async fn a_restored_backup_revives_no_session() {
    for issuer in sources().await {
        // One that is logged out later, one that is rotated later, one that is just used.
        let (ended, rotated, kept) =
            (issuer.log_in().await, issuer.log_in().await, issuer.log_in().await);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("laika.backup");
        let contents = dump(&issuer, &file).await;
        assert_eq!((contents.tables["users"], contents.tables["sessions"]), (1, 3));
        issuer.log_out(&ended).await.expect(204);
        let successor = issuer.renew(&rotated).await.text_of("main_token");
        let later = issuer.log_in().await;

        for Target { url, .. } in &targets() {
            let key = &issuer.app.settings.master_key_file;
            let restored = restore(url, &file, key).await.unwrap();
            assert_eq!(restored.sessions_ended, 3);
            assert_eq!(restored.contents, contents);
            let again = issuer.on(url).await;
            for token in [&ended, &rotated, &successor, &kept, &later] {
                again.micro(token, "orders").await.problem(401, "session_ended");
                again.renew(token).await.problem(401, "session_ended");
            }
            // Even where a session is taken up again by hand, no old counter is its current one.
            let mut tx = again.app.db.write().await.unwrap();
            sqlx::query("UPDATE sessions SET ended_at = NULL").execute(&mut *tx).await.unwrap();
            tx.commit().await.unwrap();
            for token in [&ended, &rotated, &successor, &kept, &later] {
                assert_eq!(again.renew(token).await.status, 401);
            }
            // Everything else is there: the password, the roles, the keys.
            let main = again.log_in().await;
            let micro = again.micro(&main, "orders").await;
            assert_eq!(micro.expect(200)["permissions"], json!(["orders:create", "orders:read"]));
            let keys = |issuer: &Issuer| issuer.app.keys.current().jwks_value();
            assert_eq!(keys(&again), keys(&issuer));
            again.app.db.close().await;
        }
    }
}

#[tokio::test]
async fn a_restored_backup_revives_no_single_use_code() {
    for issuer in sources().await {
        let link = issuer.app.first_administrator_link().await.unwrap().unwrap();
        let code = link.split('=').next_back().unwrap().to_owned();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("laika.backup");
        dump(&issuer, &file).await;
        for Target { url, .. } in &targets() {
            restore(url, &file, &issuer.app.settings.master_key_file).await.unwrap();
            let again = issuer.on(url).await;
            let body = json!({ "username": "belka", "email": "belka@example.com",
                               "password": "there and back again 1960", "invitation": code });
            again.post("/v1/users", None, body).await.problem(422, "fields_invalid");
            again.app.db.close().await;
        }
    }
}

#[tokio::test]
async fn who_has_no_session_goes_on_after_a_restore() {
    for issuer in sources().await {
        issuer
            .import(
                "[[services]]\nname = \"quiet\"\nstale = false\n[[services]]\nname = \"news\"\n\
                 permissions = [\"news:read\"]\n[services.anonymous]\npermissions = [\"news:read\"]",
            )
            .await;
        let secret = account(&issuer, "depot", Some("orders"), &["orders/clerk"]).await;
        let mint = async |issuer: &Issuer| {
            for service in ["quiet", "unheard-of"] {
                own_token(issuer, ("depot", &secret), service).await.expect(200);
            }
            let ask = json!({ "service": "news" });
            issuer.post("/v1/tokens/anonymous", None, ask).await.expect(200);
            own_token(issuer, ("depot", &secret), "orders").await.text_of("access_token")
        };
        let before = mint(&issuer).await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("laika.backup");
        dump(&issuer, &file).await;
        for Target { url, .. } in &targets() {
            restore(url, &file, &issuer.app.settings.master_key_file).await.unwrap();
            let again = issuer.on(url).await;
            let since = mint(&again).await;
            for (token, active) in [(&before, false), (&since, true)] {
                let own = Some(("depot", secret.as_str()));
                let answer = form(&again, "/oauth2/introspect", own, &[("token", token)]).await;
                assert_eq!(answer.expect(200)["active"], active);
            }
            again.app.db.close().await;
        }
    }
}

#[tokio::test]
async fn a_key_that_was_revoked_keeps_no_backup_from_being_restored() {
    for issuer in sources().await {
        let keys = issuer.app.keys.current();
        let kid = keys.active(keys.default_algorithm()).unwrap().kid();
        revoke(&issuer.app, kid).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("laika.backup");
        dump(&issuer, &file).await;
        for Target { url, .. } in &targets() {
            restore(url, &file, &issuer.app.settings.master_key_file).await.unwrap();
            let again = issuer.on(url).await;
            let jwks = again.app.keys.current().jwks_value();
            assert_eq!(jwks, issuer.app.keys.current().jwks_value());
            again.app.db.close().await;
        }
    }
}

#[tokio::test]
async fn a_damaged_backup_changes_nothing_and_a_full_database_is_not_overwritten() {
    for issuer in sources().await {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("laika.backup");
        dump(&issuer, &file).await;
        let whole = std::fs::read_to_string(&file).unwrap();
        assert!(!whole.contains(PASSWORD));
        let key = issuer.app.settings.master_key_file.clone();
        let cut = whole.trim_end().rsplit_once('\n').unwrap().0.to_owned() + "\n";
        for bad in [
            String::new(),
            "{}\n".to_owned(),
            cut,
            whole.replace("laika@example.com", "strelka@example.com"),
            whole.replace("\"version\":1", "\"version\":2"),
            whole.clone() + "{\"table\":\"users\",\"row\":{}}\n",
            whole.replace("\"table\":\"roles\"", "\"table\":\"secrets\""),
        ] {
            let bad_file = folder.path().join("bad.backup");
            std::fs::write(&bad_file, bad).unwrap();
            for Target { url, .. } in &targets() {
                let error = restore(url, &bad_file, &key).await.unwrap_err();
                assert!(matches!(error, BackupError::Damaged { .. }), "{error}");
            }
        }
        for Target { url, .. } in &targets() {
            let error = restore(url, &file, Path::new("/nowhere/master.key")).await.unwrap_err();
            assert!(matches!(error, BackupError::MasterKey(_)), "{error}");
            restore(url, &file, &key).await.unwrap();
            let error = restore(url, &file, &key).await.unwrap_err();
            assert!(matches!(error, BackupError::NotEmpty), "{error}");
        }
        let error = backup::dump(&issuer.app.db, &file, START, |_, _| {}).await.unwrap_err();
        assert!(matches!(error, BackupError::File { .. }), "{error}");
    }
}

/// The backup of a database as of migration `number`, which stays as it is.
async fn old_backup(number: i64, file: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let url = old_database(number, None, folder.path()).await;
    let db = Db::connect_as_it_is(&Connect::to(&url)).await.unwrap();
    backup::dump(&db, file, START, |_, _| {}).await.unwrap();
    let noted = migrate::noted(&mut db.read().await.unwrap()).await.unwrap();
    assert_eq!(noted, (1..=number).collect());
    db.close().await;
}

#[tokio::test]
async fn a_backup_of_every_schema_is_restored_into_the_newest() {
    let issuer = Issuer::start().await;
    let folder = tempfile::tempdir().unwrap();
    for number in migration::numbers("tests/schemas") {
        let file = folder.path().join(format!("{number}.backup"));
        old_backup(number, &file).await;
        for Target { url, .. } in &targets() {
            let key = folder.path().join("none.key");
            let restored = restore(url, &file, &key).await.unwrap();
            assert_eq!(restored.migrations, (number, *migrate::known().last().unwrap()));
            assert_eq!((restored.contents.tables["users"], restored.sessions_ended), (2, 1));
            let again = issuer.on(url).await;
            let main = again.log_in().await;
            let micro = again.micro(&main, "orders").await.expect(200);
            assert_eq!(micro["permissions"], json!(["orders:read"]), "{number}");
            let body = json!({ "login": "belka", "password": PASSWORD });
            again.post("/v1/sessions", None, body).await.problem(401, "credentials_invalid");
            again.app.db.close().await;
        }
    }
}

/// `tests/schemas/0009.backup` is what `laika backup` wrote at migration 9, with `0009.key` as the
/// master key: later versions must be able to read it.
#[tokio::test]
async fn a_backup_that_an_older_version_wrote_comes_back_with_its_keys() {
    let issuer = Issuer::start().await;
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas");
    let key = std::fs::read(schemas.join("0009.key")).unwrap();
    std::fs::write(&issuer.app.settings.master_key_file, key).unwrap();
    let file = schemas.join("0009.backup");
    for Target { url, .. } in &targets() {
        let restored = restore(url, &file, &issuer.app.settings.master_key_file).await.unwrap();
        assert_eq!(restored.migrations, (9, *migrate::known().last().unwrap()));
        let again = issuer.on(url).await;
        let main = again.log_in().await;
        let micro = again.micro(&main, "orders").await.expect(200);
        let granted = json!(["orders:cancel", "orders:create", "orders:read"]);
        assert_eq!(micro["permissions"], granted);
        // Signed by a key of then.
        let token = again.micro(&main, "billing").await.text_of("micro_token");
        assert_eq!(header(&token)["kid"], "M9qv-s2JKKePUkDV8Txslsa_efF487EkK1o46J_83yo");
        assert_eq!(claims(&token)["tenant"], "north");
        let mut service = Service::of("https://billing.example.com");
        service.judge(&again, &token).await.unwrap();
        again.app.db.close().await;
    }
}
