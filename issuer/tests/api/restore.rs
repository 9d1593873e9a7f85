//! Backup and restore: on one database, and from one to the other.

use std::path::Path;

use laika_issuer::backup::{self, BackupError, Restored};
use laika_issuer::clock::ManualClock;
use laika_issuer::db::Db;
use laika_issuer::random::SystemRandom;
use serde_json::json;

use crate::support::{Issuer, PASSWORD, START, scratch_postgres};

/// Where a backup is restored to: SQLite always, PostgreSQL where the tests have one.
async fn targets(folder: &Path) -> Vec<String> {
    let sqlite = format!("sqlite://{}/restored.db?mode=rwc", folder.display());
    [Some(sqlite), scratch_postgres(folder).await].into_iter().flatten().collect()
}

async fn dump(issuer: &Issuer, file: &Path) -> backup::Contents {
    backup::dump(&issuer.app.db, file, START, |_, _| {}).await.unwrap()
}

async fn restore(url: &str, file: &Path, key: &Path) -> Result<Restored, BackupError> {
    let db = Db::connect_as_it_is(&laika_issuer::db::Connect::to(url)).await.unwrap();
    let clock = ManualClock::at(START + 100);
    let restored = backup::restore(&db, file, key, &clock, &SystemRandom, |_, _| {}).await;
    db.close().await;
    restored
}

#[tokio::test]
async fn a_restored_backup_revives_no_session() {
    let issuer = Issuer::start().await;
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

    for url in targets(folder.path()).await {
        let key = &issuer.app.settings.master_key_file;
        let restored = restore(&url, &file, key).await.unwrap();
        assert_eq!(restored.sessions_ended, 3);
        assert_eq!(restored.contents, contents);
        let again = issuer.on(&url).await;
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

#[tokio::test]
async fn a_restored_backup_revives_no_single_use_code() {
    let issuer = Issuer::start().await;
    let link = issuer.app.first_administrator_link().await.unwrap().unwrap();
    let code = link.split('=').next_back().unwrap().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("laika.backup");
    dump(&issuer, &file).await;
    for url in targets(folder.path()).await {
        restore(&url, &file, &issuer.app.settings.master_key_file).await.unwrap();
        let again = issuer.on(&url).await;
        let body = json!({ "username": "belka", "email": "belka@example.com",
                           "password": "there and back again 1960", "invitation": code });
        again.post("/v1/users", None, body).await.problem(422, "fields_invalid");
        again.app.db.close().await;
    }
}

#[tokio::test]
async fn a_damaged_backup_changes_nothing_and_a_full_database_is_not_overwritten() {
    let issuer = Issuer::start().await;
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
        for url in targets(folder.path()).await {
            let error = restore(&url, &bad_file, &key).await.unwrap_err();
            assert!(matches!(error, BackupError::Damaged { .. }), "{error}");
        }
    }
    for url in targets(folder.path()).await {
        let error = restore(&url, &file, Path::new("/nowhere/master.key")).await.unwrap_err();
        assert!(matches!(error, BackupError::MasterKey(_)), "{error}");
        restore(&url, &file, &key).await.unwrap();
        let error = restore(&url, &file, &key).await.unwrap_err();
        assert!(matches!(error, BackupError::NotEmpty), "{error}");
    }
    let error = backup::dump(&issuer.app.db, &file, START, |_, _| {}).await.unwrap_err();
    assert!(matches!(error, BackupError::File { .. }), "{error}");
}
