//! The real issuer, and a person who uses it.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http::{Message, Request};
use crate::process::{Service, artifact};

/// What the issuer knows before the first person comes: a service and its roles.
const SEED: &str = r#"
[[services]]
name = "orders"
permissions = ["orders:read", "orders:create", "orders:cancel"]

[[services]]
name = "billing"
permissions = ["billing:read"]

[[services]]
name = "depot"
algorithm = "HS256"
permissions = ["depot:open"]

[[roles]]
name = "clerk"
service = "orders"
level = 50
permissions = ["orders:read", "orders:create"]

[[roles]]
name = "keeper"
service = "depot"
level = 50
permissions = ["depot:open"]

[[users]]
username = "ada"
email = "ada@example.com"
password = "seven lanterns over water"
roles = ["orders/clerk", "depot/keeper"]
"#;

/// An issuer on SQLite in a scratch folder.
#[derive(Debug)]
pub struct Issuer {
    /// The process.
    pub service: Service,
    algorithm: String,
    data: TempDir,
}

impl Issuer {
    /// Starts one that signs with `algorithm`, with the service `orders`, the role `orders/clerk`
    /// and the clerk `ada`, whose password is `seven lanterns over water`.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start(algorithm: &str) -> Self {
        let data = tempfile::tempdir().expect("a scratch folder");
        let seed = data.path().join("seed.toml");
        std::fs::write(&seed, SEED).expect("the seed is written");
        let laika = || laika(data.path(), algorithm);
        let import = laika().arg("import").arg(&seed).output().expect("`laika import` runs");
        let said = String::from_utf8_lossy(&import.stderr);
        assert!(import.status.success(), "`laika import` failed: {said}");
        let service = Service::start("issuer", laika().arg("serve"));
        Self { service, algorithm: algorithm.to_owned(), data }
    }

    /// Runs a command beside the service, as an operator does; what it prints.
    ///
    /// # Panics
    /// When it fails.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> String {
        let mut laika = laika(self.data.path(), &self.algorithm);
        let output = laika.args(arguments).output().expect("`laika` runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "`laika {}` failed: {said}", arguments.join(" "));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Its URL, which is its name.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.service.url
    }

    /// Sends a call with a JSON body, perhaps with a token.
    #[must_use]
    pub fn call(&self, method: &str, path: &str, token: Option<&str>, body: &Value) -> Message {
        let mut request = Request::new(method, path);
        if let Some(token) = token {
            request = request.header("authorization", &format!("Bearer {token}"));
        }
        self.service.send(&request.json(body))
    }

    /// Registers a person; what the issuer answers.
    ///
    /// # Panics
    /// When it refuses.
    #[must_use]
    pub fn register(&self, name: &str) -> Value {
        let email = format!("{name}@example.com");
        let body = json!({ "username": name, "email": email, "password": PASSWORD });
        expect(&self.call("POST", "/v1/users", None, &body), 201)
    }

    /// Logs somebody in; the main token.
    ///
    /// # Panics
    /// When the issuer refuses.
    #[must_use]
    pub fn log_in(&self, login: &str) -> String {
        let body = json!({ "login": login, "password": PASSWORD });
        text(&expect(&self.call("POST", "/v1/sessions", None, &body), 201), "main_token")
    }

    /// Asks for a micro token for `service`.
    ///
    /// # Panics
    /// When the issuer refuses.
    #[must_use]
    pub fn micro_token(&self, main: &str, service: &str) -> String {
        text(&expect(&self.ask_for_micro_token(main, service), 200), "micro_token")
    }

    /// Asks for a micro token; whatever the issuer answers.
    #[must_use]
    pub fn ask_for_micro_token(&self, main: &str, service: &str) -> Message {
        self.call("POST", "/v1/tokens/micro", Some(main), &json!({ "services": [service] }))
    }
}

/// The program with the settings of these tests.
fn laika(data: &Path, algorithm: &str) -> Command {
    let mut command = Command::new(artifact("LAIKA_BIN"));
    // What these tests are told by such variables is no setting of the issuer, which refuses to
    // start with one it does not know.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LAIKA_") {
            command.env_remove(name);
        }
    }
    command
        // What the requests of these tests call every server.
        .env("LAIKA_ALLOWED_HOSTS", "orders.example")
        .env("LAIKA_DATA_DIR", data)
        .env("LAIKA_LISTEN", "127.0.0.1:0")
        .env("LAIKA_MICRO_SECRET", SECRET)
        .env("LAIKA_SIGNING_ALGORITHM", algorithm);
    command
}

/// What the issuer shares with the service `depot`.
pub const SECRET: &str = "uVsXkfYPwdWkYyMuZV0hCGcVNGnGm6NIbbyUtFXdHcg";

/// The password of everybody in these tests.
pub const PASSWORD: &str = "seven lanterns over water";

/// The body of an answer that must have this status.
///
/// # Panics
/// When it has another.
#[must_use]
pub fn expect(answer: &Message, status: u16) -> Value {
    let body = answer.json();
    assert_eq!(answer.status, status, "{body}");
    body
}

/// A text in an answer.
///
/// # Panics
/// When it is not there.
#[must_use]
pub fn text(answer: &Value, member: &str) -> String {
    let text = answer[member].as_str();
    text.unwrap_or_else(|| panic!("no `{member}` in {answer}")).to_owned()
}
