//! Every face of the verifier as an HTTP server: whatever stands behind it, a request gets the
//! status, code and challenge that its policy decided.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::envoy::Envoy;
use crate::http::{Message, Request, Server};
use crate::process::{Service, artifact};

/// Scripts of the JavaScript faces.
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/faces");
/// What they use besides the package.
const TOOLS: [&str; 3] = ["jose", "playwright-core", "workerd"];

/// A folder where scripts import the packed npm package as its users do.
#[derive(Debug)]
pub struct Project(TempDir);

/// Whose tokens the faces verify, and by which policy they decide.
#[derive(Debug)]
pub struct Setting<'a> {
    /// Issuer; its keys are at `/.well-known/jwks.json`.
    pub issuer: &'a str,
    /// The policy, JSON text.
    pub policy: &'a str,
}

/// One face.
#[derive(Debug)]
pub struct Face {
    /// Its name.
    pub name: &'static str,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Program(Service),
    Proxy { envoy: Envoy, _upstream: Server },
}

impl Face {
    /// Sends `request` to it.
    #[must_use]
    pub fn send(&self, request: &Request) -> Message {
        match &self.place {
            Place::Program(service) => service.send(request),
            Place::Proxy { envoy, .. } => envoy.send(request),
        }
    }
}

impl Project {
    /// Unpacks the package and puts the scripts beside it.
    ///
    /// # Panics
    /// When there is no package.
    #[must_use]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let modules = folder.path().join("node_modules");
        let package = modules.join("laika-verifier");
        std::fs::create_dir_all(&package).expect("a folder for the package");
        let tar = Command::new("tar")
            .arg("-xzf")
            .arg(artifact("LAIKA_PKG_TGZ"))
            .args(["--strip-components", "1", "-C"])
            .arg(&package)
            .status();
        assert!(tar.is_ok_and(|status| status.success()), "the package can't be unpacked");
        let tools = artifact("LAIKA_TOOLS").join("node_modules");
        for name in TOOLS {
            symlink(tools.join(name), modules.join(name)).expect("a link to a tool");
        }
        for script in std::fs::read_dir(SCRIPTS).expect("the scripts").flatten() {
            std::fs::copy(script.path(), folder.path().join(script.file_name())).expect("a copy");
        }
        Self(folder)
    }

    /// The command that runs one of the scripts.
    #[must_use]
    pub fn node(&self, script: &str) -> Command {
        let mut command = Command::new("node");
        command.arg(self.0.path().join(script));
        command
    }

    /// Every face there is, in one setting.
    #[must_use]
    pub fn faces(&self, setting: &Setting<'_>) -> Vec<Face> {
        let script = |name, file| self.script(setting, name, file);
        let mut faces = vec![
            script("npm package in Node, CommonJS", "node.cjs"),
            script("npm package in Chromium", "chromium.mjs"),
            script("npm package in workerd", "workerd.mjs"),
        ];
        faces.extend(self.servers(setting));
        faces
    }

    /// The faces that stand in front of services and run for long.
    #[must_use]
    pub fn servers(&self, setting: &Setting<'_>) -> Vec<Face> {
        vec![
            self.script(setting, "npm package in Node, ES module", "node.mjs"),
            backend(setting, self.0.path()),
            proxy(setting, &keys(setting)),
        ]
    }

    /// The npm package in Node, in the service `depot`, which shares a secret with the issuer.
    #[must_use]
    pub fn sharing(&self, setting: &Setting<'_>, secret: &str) -> Face {
        let mut command = self.node("secret.mjs");
        command.args([setting.issuer, secret, setting.policy]);
        let name = "npm package in Node, with a secret";
        Face { name, place: Place::Program(Service::start(name, &mut command)) }
    }

    fn script(&self, setting: &Setting<'_>, name: &'static str, file: &str) -> Face {
        let mut command = self.node(file);
        command.args([setting.issuer, &keys(setting), setting.policy]);
        Face { name, place: Place::Program(Service::start(name, &mut command)) }
    }
}

impl Default for Project {
    fn default() -> Self {
        Self::new()
    }
}

/// Where the issuer's keys are.
fn keys(setting: &Setting<'_>) -> String {
    format!("{}/.well-known/jwks.json", setting.issuer)
}

/// The example backend behind the `tower` layer.
fn backend(setting: &Setting<'_>, folder: &Path) -> Face {
    let policy = folder.join("policy.json");
    std::fs::write(&policy, setting.policy).expect("the policy is written");
    let mut command = Command::new(artifact("LAIKA_ORDERS_BIN"));
    command.args(["--listen", "127.0.0.1:0", "--issuer", setting.issuer, "--policy"]).arg(policy);
    let name = "tower layer";
    Face { name, place: Place::Program(Service::start(name, &mut command)) }
}

/// Envoy with the filter in front of a server that answers 200.
fn proxy(setting: &Setting<'_>, keys: &str) -> Face {
    let policy: Value = serde_json::from_str(setting.policy).expect("the policy is JSON");
    let plugin = json!({
        "issuers": [{
            "issuer": setting.issuer, "audience": "orders", "jwks_uri": keys, "cluster": "issuer",
        }],
        "policy": policy,
    });
    let issuer = setting.issuer.strip_prefix("http://").and_then(|address| address.parse().ok());
    let issuer = issuer.expect("the issuer is at an address");
    let upstream = Server::echo();
    let envoy = Envoy::start(&plugin, &[("upstream", upstream.address), ("issuer", issuer)]);
    Face { name: "filter in Envoy", place: Place::Proxy { envoy, _upstream: upstream } }
}
