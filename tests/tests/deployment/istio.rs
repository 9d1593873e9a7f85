//! `deploy/istio/wasmplugin.yaml` against Istio's schema, and what is in it against our own.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use laika_edge_filter::Filter;
use laika_tests::process::artifact;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{documents, refused, run};

/// Istio's definition of the resource (release 1.29), as an npm package has compiled it.
const VALIDATE: &str = r#"
import { WasmPlugin } from "@kubernetes-models/istio/extensions.istio.io/v1alpha1";
import { DestinationRule, ServiceEntry } from "@kubernetes-models/istio/networking.istio.io/v1";
import { readFileSync } from "node:fs";
const document = JSON.parse(readFileSync(process.argv[2], "utf8"));
new { WasmPlugin, DestinationRule, ServiceEntry }[document.kind](document).validate();
"#;

/// The definition lets unknown members pass, as it does in a cluster, which drops them; the types
/// of the same package don't.
const TYPES: &str = r#"
import type { IWasmPlugin } from "@kubernetes-models/istio/extensions.istio.io/v1alpha1";
export const plugin: IWasmPlugin = "#;

/// A project with that package.
struct Project(TempDir);

impl Project {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let modules = artifact("LAIKA_TOOLS").join("node_modules");
        symlink(modules, folder.path().join("node_modules")).expect("a link");
        let project = Self(folder);
        project.write("package.json", r#"{ "type": "module" }"#);
        project.write("validate.mjs", VALIDATE);
        project
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).expect("it is written");
    }

    /// Holds it against the definition.
    fn validate(&self, plugin: &Value) -> Command {
        self.write("plugin.json", &plugin.to_string());
        let mut command = Command::new("node");
        command.current_dir(&self.0).args(["validate.mjs", "plugin.json"]);
        command
    }

    /// Holds it against the types.
    fn compile(&self, plugin: &Value) -> Command {
        self.write("plugin.ts", &format!("{TYPES}{plugin};\n"));
        let pkg = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pkg/node_modules");
        let mut command = Command::new("node");
        command.current_dir(&self.0).arg(pkg.join("typescript/bin/tsc"));
        command.args("--noEmit --strict --skipLibCheck --module nodenext plugin.ts".split(' '));
        command
    }
}

fn document(kind: &str) -> Value {
    let mut documents = documents("istio/wasmplugin.yaml").into_iter();
    documents.find(|document| document["kind"] == kind).expect("a document of that kind")
}

fn plugin() -> Value {
    document("WasmPlugin")
}

#[test]
fn istio_s_own_definition_takes_the_plugin() {
    let project = Project::new();
    let plugin = plugin();
    run(&mut project.validate(&plugin));
    run(&mut project.compile(&plugin));

    let mut other = plugin.clone();
    other["spec"]["failStrategy"] = json!("FAIL_SHUT");
    assert!(refused(&mut project.validate(&other)).contains("failStrategy"));
    let mut other = plugin;
    other["spec"]["failstrategy"] = json!("FAIL_RELOAD");
    assert!(refused(&mut project.compile(&other)).contains("failstrategy"));
}

#[test]
fn keys_come_by_tls_from_a_server_that_shows_its_name() {
    let project = Project::new();
    let (entry, rule) = (document("ServiceEntry"), document("DestinationRule"));
    run(&mut project.validate(&entry));
    run(&mut project.validate(&rule));
    let mut other = rule.clone();
    other["spec"]["trafficPolicy"]["tls"]["mode"] = json!("PLAIN");
    assert!(refused(&mut project.validate(&other)).contains("mode"));

    let issuer = &plugin()["spec"]["pluginConfig"]["issuers"][0];
    let host = "id.example.com";
    assert_eq!(issuer["cluster"], format!("outbound|443||{host}"));
    assert_eq!(entry["spec"]["hosts"], json!([host]));
    assert_eq!(entry["spec"]["ports"][0]["number"], 443);
    assert_eq!(rule["spec"]["host"], host);
    let tls = &rule["spec"]["trafficPolicy"]["tls"];
    assert_eq!((&tls["mode"], &tls["subjectAltNames"]), (&json!("SIMPLE"), &json!([host])));
}

#[test]
fn the_filter_takes_its_configuration() {
    let plugin = plugin();
    let spec = &plugin["spec"];
    // Istio hands it over as JSON.
    let configuration = spec["pluginConfig"].to_string();
    assert!(Filter::from_json(configuration.as_bytes()).is_ok(), "{configuration}");
    let other = configuration.replace("\"cluster\"", "\"culster\"");
    assert!(Filter::from_json(other.as_bytes()).is_err());
    assert_eq!(spec["failStrategy"], "FAIL_RELOAD", "no request may pass a broken filter");
}
