//! `deploy/kubernetes/issuer.yaml` against the schemas of Kubernetes, and what it says of the issuer
//! against the issuer.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use laika_tests::http::Request;
use laika_tests::issuer::Issuer;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::container::Image;
use super::{documents, laika, python, refused, run, text};

const FILE: &str = "kubernetes/issuer.yaml";
/// Where secrets are mounted.
const SECRETS: &str = "/run/secrets";

/// The document of this kind.
fn document(kind: &str) -> Value {
    let found = documents(FILE).into_iter().find(|document| document["kind"] == kind);
    found.unwrap_or_else(|| panic!("{FILE} has no {kind}"))
}

/// The pod's template, and its one container.
fn pod() -> (Value, Value) {
    let pod = document("Deployment")["spec"]["template"]["spec"].take();
    let containers = pod["containers"].as_array().expect("containers");
    assert_eq!(containers.len(), 1);
    let container = containers[0].clone();
    (pod, container)
}

fn validator(path: &std::path::Path) -> Command {
    let mut command = Command::new(python().with_file_name("kubernetes-validate"));
    command.arg("--strict").arg(path);
    command
}

#[test]
fn its_schemas_take_every_document() {
    run(&mut validator(&super::example(FILE)));
    let folder = tempfile::tempdir().expect("a scratch folder");
    let file = folder.path().join("wrong.yaml");
    let wrong = text(FILE).replace("readinessProbe:", "readynessProbe:");
    std::fs::write(&file, wrong).expect("it is written");
    assert!(refused(&mut validator(&file)).contains("readynessProbe"));
}

#[test]
fn the_issuer_answers_its_probes() {
    let issuer = Issuer::start("EdDSA");
    let (_, container) = pod();
    let ports = container["ports"].as_array().expect("ports");
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        let get = &container[probe]["httpGet"];
        assert!(ports.iter().any(|port| port["name"] == get["port"]), "{probe}: {get}");
        let path = get["path"].as_str().expect("a path");
        // As the node's agent asks: by the pod's address.
        let request = Request::new("GET", path).header("user-agent", "kube-probe/1.37");
        let answer = request.header("host", "10.1.2.3:8080").send(issuer.service.address());
        assert_eq!(answer.status, 200, "{probe}: {answer:?}");
    }
}

/// The settings of the example, with the secrets in a folder of this machine.
struct Settings {
    folder: TempDir,
    text: String,
    image: Image,
}

impl Settings {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let at = |name: &str| folder.path().join(name);
        let text = document("ConfigMap")["data"]["laika.toml"].take();
        let text = text.as_str().expect("text").to_owned();
        for secret in ["laika/master.key", "laika/database-password", "postgres/ca.crt"] {
            assert!(text.contains(&format!("{SECRETS}/{secret}")), "{secret} is not read");
            std::fs::create_dir_all(at(secret).parent().expect("a folder")).expect("it is made");
            std::fs::write(at(secret), "an-example-of-43-characters-in-base64url-xx")
                .expect("written");
            // As the volume of the example has it.
            let mode = std::fs::Permissions::from_mode(0o440);
            std::fs::set_permissions(at(secret), mode).expect("a mode");
        }
        // The check finds names that are for examples.
        let here = text.replace(SECRETS, &folder.path().to_string_lossy());
        let here = here.replace("id.example.com", "id.kennel.org");
        std::fs::write(at("laika.toml"), here).expect("it is written");
        Self { folder, text, image: Image::of_the_example() }
    }

    /// What `laika config` says, in the image.
    fn config(&self, what: &str) -> String {
        let mut command = laika();
        command
            .envs(&self.image.environment)
            .arg("--config")
            .arg(self.folder.path().join("laika.toml"));
        String::from_utf8(run(command.args(["config", what])).stdout).expect("text")
    }

    /// What holds for this setting.
    fn of(&self, shown: &str, name: &str) -> Value {
        let mut lines = shown.lines().filter_map(|line| line.strip_prefix(name));
        let value =
            lines.find(|rest| rest.starts_with(' ')).unwrap_or_else(|| panic!("no `{name}`"));
        let value = serde_json::Deserializer::from_str(value).into_iter().next();
        value.expect("a value").expect("as JSON")
    }
}

#[test]
fn the_issuer_takes_its_settings() {
    let settings = Settings::new();
    settings.config("check");
    let shown = settings.config("show");
    let of = |name: &str| settings.of(&shown, name);
    let text = |name: &str| of(name).as_str().expect("text").to_owned();
    let (pod, container) = pod();

    // Where it listens is where others ask.
    let port = |name: &str| -> String {
        let ports = container["ports"].as_array().expect("ports").iter();
        let mut ports = ports.filter(|port| port["name"] == name);
        format!(":{}", ports.next().expect("a port of this name")["containerPort"])
    };
    assert!(text("listen").ends_with(&port("http")), "{shown}");
    assert!(text("metrics_listen").ends_with(&port("metrics")), "{shown}");
    assert_eq!(document("Service")["spec"]["ports"][0]["targetPort"], "http");

    // It has the time to end that it takes.
    let seconds = |name: &str| of(name).as_u64().expect("seconds");
    let grace = pod["terminationGracePeriodSeconds"].as_u64().expect("seconds");
    assert!(seconds("shutdown_delay") > 0, "no time to tell the endpoints");
    assert!(grace > seconds("shutdown_delay") + seconds("request_timeout"), "{grace}");

    // All hashes that are computed at once leave half of its memory for the rest.
    let number = |name: &str| of(name).as_u64().expect("a number");
    assert!(settings.text.contains("\nworkers = "), "as many as the node has cores");
    let limit = container["resources"]["limits"]["memory"].as_str().expect("a limit");
    let limit: u64 = limit.strip_suffix("Mi").and_then(|mebi| mebi.parse().ok()).expect("MiB");
    let hashes = number("password.workers") * number("password.memory");
    assert!(hashes <= limit * 1024 / 2, "{hashes} KiB of {limit} MiB");

    // Every file that it reads is mounted, and what it writes is no part of the image.
    let mounts = container["volumeMounts"].as_array().expect("mounts");
    let folders = mounts.iter().filter_map(|mount| mount["mountPath"].as_str());
    let folders: Vec<_> = folders.collect();
    let secrets = settings.text.split('"').flat_map(|text| text.split('='));
    for path in secrets.filter(|text| text.starts_with(SECRETS)).chain([&*text("data_dir")]) {
        assert!(folders.iter().any(|folder| path.starts_with(folder)), "{path}: {folders:?}");
    }
    let volumes = pod["volumes"].as_array().expect("volumes");
    for mount in mounts {
        assert!(volumes.iter().any(|volume| volume["name"] == mount["name"]), "{mount}");
    }
    assert_eq!(pod["securityContext"]["runAsUser"].to_string(), settings.image.user);
    assert_eq!(container["args"], json!(["--config", "/etc/laika/laika.toml", "serve"]));
}
