//! An issuer under test, and calls to it.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::connect_info::MockConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use laika_issuer::app::App;
use laika_issuer::clock::ManualClock;
use laika_issuer::config::{self, PublicUrl, Settings};
use laika_issuer::db::tables::{self, Cells, TABLES};
use laika_issuer::db::{Db, DbError};
use laika_issuer::random::SeededRandom;
use laika_issuer::seed::{self, Seed};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use tempfile::TempDir;
use tokio::sync::{Mutex, OnceCell};
use tower::ServiceExt as _;

use crate::scratch::Scratch;

pub(crate) const START: i64 = 1_800_000_000;
pub(crate) const PASSWORD: &str = "first in orbit 1957";
pub(crate) const PUBLIC_URL: &str = "http://127.0.0.1:8080";

const SEED: &str = r#"
[[services]]
name = "orders"
permissions = ["orders:read", "orders:create", "orders:cancel"]
[[services]]
name = "billing"
audience = "https://billing.example.com"
token_lifetime = 60
algorithm = "EdDSA"
permissions = ["billing:pay"]
[[roles]]
name = "clerk"
service = "orders"
level = 50
permissions = ["orders:read", "orders:create"]
[[roles]]
name = "payer"
service = "billing"
level = 40
permissions = ["billing:*"]
[[users]]
username = "laika"
email = "laika@example.com"
password = "first in orbit 1957"
roles = ["orders/clerk", "billing/payer"]
"#;

pub(crate) struct Issuer {
    pub(crate) app: App,
    pub(crate) clock: ManualClock,
    router: Router,
    _folder: TempDir,
    _database: Option<Scratch>,
}

/// Variables that change nothing of what an issuer has from the beginning.
const KEEPS_BEGINNINGS: [&str; 5] =
    ["LAIKA_ALLOWED_", "LAIKA_ANONYMOUS_", "LAIKA_LIMITS_", "LAIKA_MAIL_", "LAIKA_TRUSTED_"];

/// What an issuer of these tests has from the beginning: keys, services, roles, a user. It is made
/// once and written again, since an RSA key and the hash of a password take their time.
struct Beginnings {
    rows: Vec<(&'static str, Cells)>,
    master_key: Vec<u8>,
}

impl Beginnings {
    async fn get() -> &'static Self {
        static MADE: OnceCell<Beginnings> = OnceCell::const_new();
        MADE.get_or_init(async || {
            let issuer = Issuer::made(None, "", &[], None).await;
            let mut rows = Vec::new();
            let mut connection = issuer.app.db.read().await.unwrap();
            for (table, _) in TABLES {
                let take = |row| {
                    rows.push((table, row));
                    Ok::<_, DbError>(())
                };
                tables::read(&mut connection, table, take).await.unwrap();
            }
            let master_key = std::fs::read(&issuer.app.settings.master_key_file).unwrap();
            Self { rows, master_key }
        })
        .await
    }

    async fn write(&self, db: &Db, settings: &Settings) {
        let mut file = OpenOptions::new();
        file.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
        file.open(&settings.master_key_file).unwrap().write_all(&self.master_key).unwrap();
        let mut tx = db.write().await.unwrap();
        let all = TABLES.iter().map(|(table, _)| (*table).to_owned()).collect();
        tables::clear(&mut tx, &all).await.unwrap();
        for (table, row) in &self.rows {
            tables::write(&mut tx, table, row).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
}

/// A database on PostgreSQL with its tables, copied: to make them each time was a twelfth of the time of
/// all tests. `None` where they run on SQLite.
async fn database() -> Option<Scratch> {
    static TEMPLATE: Mutex<Weak<Scratch>> = Mutex::const_new(Weak::new());
    let mut made = TEMPLATE.lock().await;
    let template = match made.upgrade() {
        Some(template) => template,
        None => {
            let template = Scratch::database()?;
            Db::open(&template.url()).await.unwrap().close().await;
            Arc::new(template)
        }
    };
    *made = Arc::downgrade(&template);
    drop(made);
    Scratch::copy(Some(template))
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Issuer {
    /// An issuer with the services, roles and the user of [`SEED`].
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// The same with these variables set.
    pub(crate) async fn with(variables: &[(&str, &str)]) -> Self {
        Self::configured("", variables).await
    }

    /// The same with this settings file.
    pub(crate) async fn configured(file: &str, variables: &[(&str, &str)]) -> Self {
        Self::in_database(database().await, file, variables).await
    }

    /// The same with keys and ids of its own, whoever else there is.
    pub(crate) async fn stranger() -> Self {
        Self::made(database().await, "", &[], None).await
    }

    /// The same in this database, or on SQLite.
    pub(crate) async fn in_database(
        database: Option<Scratch>,
        file: &str,
        variables: &[(&str, &str)],
    ) -> Self {
        let keeps = |name: &str| KEEPS_BEGINNINGS.iter().any(|start| name.starts_with(start));
        let beginnings = match variables.iter().all(|(name, _)| keeps(name)) {
            true => Some(Beginnings::get().await),
            false => None,
        };
        Self::made(database, file, variables, beginnings).await
    }

    async fn made(
        database: Option<Scratch>,
        file: &str,
        variables: &[(&str, &str)],
        beginnings: Option<&Beginnings>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("laika.toml");
        std::fs::write(&path, file).unwrap();
        let mut all = vec![
            ("LAIKA_DATA_DIR".to_owned(), folder.path().display().to_string()),
            ("LAIKA_PUBLIC_URL".to_owned(), PUBLIC_URL.to_owned()),
        ];
        if let Some(database) = &database {
            all.push(("LAIKA_DATABASE_URL".to_owned(), database.url()));
        }
        all.extend(variables.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        let settings: Settings = config::load(Some(&path), all.into_iter()).unwrap();
        let issuer: PublicUrl = settings.public_url.clone().unwrap();
        let db = Db::open(&settings.database_url).await.unwrap();
        if let Some(beginnings) = beginnings {
            beginnings.write(&db, &settings).await;
        }
        let clock = ManualClock::at(START);
        // Another one than that of the beginnings, whose ids would come again.
        let random = SeededRandom::new(if beginnings.is_some() { 59 } else { 57 });
        let random = Arc::new(random);
        let app = App::new(settings, issuer, db, Arc::new(clock.clone()), random).await.unwrap();
        if beginnings.is_none() {
            let seed: Seed = toml::from_str(SEED).unwrap();
            seed::import(&app, &seed).await.unwrap();
        }
        let peer = SocketAddr::from(([192, 0, 2, 7], 4242));
        let router = laika_issuer::http::router(app.clone()).layer(MockConnectInfo(peer));
        Self { app, clock, router, _folder: folder, _database: database }
    }

    /// Another replica on the same database, with the same clock.
    pub(crate) async fn replica(&self) -> Self {
        let settings = self.app.settings.clone();
        let db = Db::open(&settings.database_url).await.unwrap();
        let clock = self.clock.clone();
        let random = Arc::new(SeededRandom::new(58));
        let issuer = self.app.issuer.clone();
        let app = App::new(settings, issuer, db, Arc::new(clock.clone()), random).await.unwrap();
        let router = laika_issuer::http::router(app.clone())
            .layer(MockConnectInfo(SocketAddr::from(([192, 0, 2, 7], 4242))));
        Self { app, clock, router, _folder: tempfile::tempdir().unwrap(), _database: None }
    }

    /// Brings what a TOML text describes into the database.
    pub(crate) async fn import(&self, text: &str) {
        let seed: Seed = toml::from_str(text).unwrap();
        seed::import(&self.app, &seed).await.unwrap();
    }

    /// Another one with the same settings, on the database at `url`.
    pub(crate) async fn on(&self, url: &str) -> Self {
        let settings = Settings { database_url: url.to_owned(), ..self.app.settings.clone() };
        let db = Db::open(url).await.unwrap();
        let clock = ManualClock::at(START + 200);
        let random = Arc::new(SeededRandom::new(61));
        let issuer = self.app.issuer.clone();
        let app = App::new(settings, issuer, db, Arc::new(clock.clone()), random).await.unwrap();
        let peer = SocketAddr::from(([192, 0, 2, 7], 4242));
        let router = laika_issuer::http::router(app.clone()).layer(MockConnectInfo(peer));
        Self { app, clock, router, _folder: tempfile::tempdir().unwrap(), _database: None }
    }

    pub(crate) fn on_sqlite(&self) -> bool {
        self.app.settings.database_url.starts_with("sqlite")
    }

    /// Has every write fail from now on that is of this kind (`UPDATE OF .. ON ..`), of rows for which this
    /// holds.
    pub(crate) async fn fails_at(&self, write: &str, when: &str) {
        let trigger = format!("CREATE TRIGGER fails BEFORE {write} FOR EACH ROW WHEN ({when})");
        let statements = if self.on_sqlite() {
            vec![format!("{trigger} BEGIN SELECT RAISE(ABORT, 'x'); END")]
        } else {
            let function = "CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS \
                            $$ BEGIN RAISE EXCEPTION 'x'; END $$";
            vec![function.to_owned(), format!("{trigger} EXECUTE FUNCTION fails()")]
        };
        self.alter(statements).await;
    }

    /// Has it succeed again.
    pub(crate) async fn fails_no_more(&self) {
        let sql =
            if self.on_sqlite() { "DROP TRIGGER fails" } else { "DROP FUNCTION fails CASCADE" };
        self.alter(vec![sql.to_owned()]).await;
    }

    async fn alter(&self, statements: Vec<String>) {
        let mut tx = self.app.db.write().await.unwrap();
        for sql in statements {
            sqlx::query(AssertSqlSafe(sql)).execute(&mut *tx).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    pub(crate) async fn call(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = match body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        self.call(request.unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str, token: Option<&str>) -> Answer {
        self.send(Method::GET, path, token, None).await
    }

    pub(crate) async fn post(&self, path: &str, token: Option<&str>, body: Value) -> Answer {
        self.send(Method::POST, path, token, Some(body)).await
    }

    /// Logs the seeded user in; the main token.
    pub(crate) async fn log_in(&self) -> String {
        let body = json!({ "login": "laika", "password": PASSWORD });
        let answer = self.post("/v1/sessions", None, body).await;
        answer.expect(201)["main_token"].as_str().unwrap().to_owned()
    }

    /// Logs somebody in from a browser, which is known for theirs from then on.
    pub(crate) async fn log_in_by_browser(&self, login: &str, password: &str) -> Answer {
        let body = json!({ "login": login, "password": password, "transport": "cookie" });
        let request = Request::post("/v1/sessions")
            .header("content-type", "application/json")
            .header("origin", PUBLIC_URL)
            .body(Body::from(body.to_string()));
        self.call(request.unwrap()).await
    }

    pub(crate) async fn micro(&self, main: &str, service: &str) -> Answer {
        self.post("/v1/tokens/micro", Some(main), json!({ "services": [service] })).await
    }

    pub(crate) async fn renew(&self, main: &str) -> Answer {
        self.send(Method::POST, "/v1/sessions/current/renew", Some(main), None).await
    }

    pub(crate) async fn log_out(&self, main: &str) -> Answer {
        self.send(Method::DELETE, "/v1/sessions/current", Some(main), None).await
    }
}

impl Answer {
    /// The body, of an answer that must have this status.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { serde_json::from_str(&self.text).unwrap() }
    }

    /// The body of a problem that must have this status and code.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        let body = self.expect(status);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(body["code"], code, "{}", self.text);
        assert_eq!(body["status"], status);
        assert_eq!(body["request_id"], self.header("x-request-id"));
        for member in ["type", "title", "detail"] {
            assert!(body[member].is_string(), "{}", self.text);
        }
        let challenged = self.headers.contains_key("www-authenticate");
        assert_eq!(challenged, matches!(code, "permission_not_granted") || status == 401);
        body
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(crate) fn text_of(&self, member: &str) -> String {
        let body: Value = serde_json::from_str(&self.text).unwrap();
        body[member].as_str().unwrap_or_else(|| panic!("no `{member}`: {}", self.text)).to_owned()
    }
}

/// The claims of a token, as they are written.
#[track_caller]
pub(crate) fn claims(token: &str) -> Value {
    segment(token, 1)
}

/// The header of a token, as it is written.
#[track_caller]
pub(crate) fn header(token: &str) -> Value {
    segment(token, 0)
}

fn segment(token: &str, index: usize) -> Value {
    use base64::Engine as _;
    let text = token.split('.').nth(index).unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}
