//! `laika policy`.

use std::path::Path;

use laika_claims::json::Position;
use laika_claims::policy::{Context, Policy};
use serde_json::{Value, json};

use super::arguments::{PolicyCommand, PolicyFile};
use super::document::Document;
use super::{cases, explain, generate};
use crate::cli::exit::Failure;
use crate::cli::output;

pub(in crate::cli) fn run(command: PolicyCommand) -> Result<(), Failure> {
    match command {
        PolicyCommand::Check { policy, json } => check(&policy, json),
        PolicyCommand::Explain(arguments) => explain::run(&arguments),
        PolicyCommand::Generate { description } => generate::run(&description),
        PolicyCommand::Test { policy, tests, json } => cases::run(&policy, &tests, json),
    }
}

/// What is wrong with a file, and where.
#[derive(Debug)]
struct Fault {
    at: String,
    message: String,
    position: Option<Position>,
}

impl PolicyFile {
    /// The document and the policy that it is.
    pub(super) fn compile(&self) -> Result<(Document, Policy), Failure> {
        self.try_compile().map_err(|fault| fault.of(&self.policy))
    }

    fn try_compile(&self) -> Result<(Document, Policy), Fault> {
        let document = Document::read(&self.policy).map_err(|unreadable| Fault {
            at: String::new(),
            message: unreadable.message,
            position: unreadable.position,
        })?;
        let context = Context { several_issuers: self.several_issuers, ..Context::default() };
        match document.compile(context) {
            Ok(policy) => Ok((document, policy)),
            Err(error) => {
                Err(Fault { at: error.at, message: error.message, position: error.position })
            }
        }
    }
}

impl Fault {
    /// `policy.json:4:12: rules[0].path: what is wrong`, as compilers write it.
    fn of(&self, file: &Path) -> Failure {
        let mut text = file.display().to_string();
        if let Some(position) = self.position {
            text += &format!(":{}:{}", position.line, position.column);
        }
        if !self.at.is_empty() {
            text += &format!(": `{}`", self.at);
        }
        Failure::Refused(format!("{text}: {}", self.message))
    }
}

fn check(file: &PolicyFile, json: bool) -> Result<(), Failure> {
    let (document, policy) = match file.try_compile() {
        Ok(good) => good,
        Err(fault) => {
            if json {
                output::value(&json!({
                    "valid": false, "at": fault.at, "message": fault.message,
                    "line": fault.position.map(|position| position.line),
                    "column": fault.position.map(|position| position.column),
                }))?;
            }
            return Err(fault.of(&file.policy));
        }
    };
    let rules = rules(&document);
    let otherwise = document.value.get("otherwise").map_or("deny".to_owned(), plain);
    if json {
        return output::value(&json!({ "valid": true, "rules": rules, "otherwise": otherwise }));
    }
    let header = ["RULE", "HOST", "METHODS", "PATH", "REQUIRE"].map(str::to_owned);
    let last = ["otherwise", "", "", "", &otherwise].map(str::to_owned);
    let rows = rules.iter().map(row);
    output::table(&[header].into_iter().chain(rows).chain([last]).collect::<Vec<_>>())?;
    output::remark(&format!("the policy is good: {} rules", policy.len()));
    Ok(())
}

fn rules(document: &Document) -> &[Value] {
    document.value.get("rules").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn row(rule: &Value) -> [String; 5] {
    let methods = rule
        .get("methods")
        .and_then(Value::as_array)
        .map(|methods| methods.iter().map(plain).collect::<Vec<_>>().join(" "));
    let text = |name: &str| rule.get(name).map_or(String::new(), plain);
    [
        text("id"),
        text("host"),
        methods.unwrap_or_else(|| "all".to_owned()),
        text("path"),
        text("require"),
    ]
}

/// A text without its quotes, anything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
