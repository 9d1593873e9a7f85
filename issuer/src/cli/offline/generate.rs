//! `laika policy generate`: the rules of a policy, of what an OpenAPI description says. What it does
//! not say is never open: an operation is for anyone only where the description says so.

use std::path::Path;

use laika_claims::Permission;
use laika_claims::policy::{Context, Policy};
use serde_json::{Value, json};

use super::document::Document;
use crate::cli::exit::Failure;
use crate::cli::output;

/// What a description may say an operation for (OpenAPI 3, *Path Item Object*), HEAD last: a rule
/// for GET covers it.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "patch", "trace", "head"];

/// What is wrong with a `security` that says nothing that can be read.
const NO_REQUIREMENTS: &str =
    "`security` is a list of schemes with their scopes, such as `[{\"login\": [\"orders:read\"]}]`";

/// What an operation needs that names no scope.
const LOGGED_IN: &str = "authenticated";

pub(super) fn run(file: &Path) -> Result<(), Failure> {
    let refused = |message: String| Failure::Refused(format!("{}: {message}", file.display()));
    let description = Document::read(file).map_err(|unreadable| refused(unreadable.message))?;
    let rules = rules(&description.value).map_err(refused)?;
    let any_log_in = |rule: &&Value| rule.get("require").is_some_and(|needs| needs == LOGGED_IN);
    let unnamed = rules.iter().filter(any_log_in).count();
    let policy = json!({ "version": 1, "rules": rules, "otherwise": "deny" });
    Policy::from_value(&policy, Context::default()).map_err(|error| {
        let rule = policy.pointer(&pointer(&error.at)).and_then(|rule| rule.get("id")?.as_str());
        refused(format!("`{}`: {}", rule.unwrap_or(&error.at), error.message))
    })?;
    output::value(&policy)?;
    if unnamed > 0 {
        output::remark(&format!(
            "{unnamed} operations name no scope, so that any log-in will do: write what they need"
        ));
    }
    Ok(())
}

/// The rule that a fault is in, which is said at `rules[2].path`.
fn pointer(at: &str) -> String {
    let number = at.strip_prefix("rules[").and_then(|rest| rest.split(']').next());
    number.map_or_else(String::new, |number| format!("/rules/{number}"))
}

fn rules(description: &Value) -> Result<Vec<Value>, String> {
    let version = description.get("openapi").and_then(Value::as_str).unwrap_or_default();
    let paths = description.get("paths").and_then(Value::as_object);
    let Some(paths) = paths.filter(|_| version.starts_with("3.")) else {
        return Err("this is no OpenAPI 3 description with `paths`".to_owned());
    };
    let base = base(description);
    let mut rules = Vec::new();
    for (path, item) in paths {
        if item.get("$ref").is_some() {
            return Err(format!("`{path}` is told elsewhere (`$ref`), which is not looked up"));
        }
        let operations = METHODS.into_iter().filter_map(|method| Some((method, item.get(method)?)));
        for (method, operation) in operations {
            if method == "head" && item.get("get").is_some() {
                continue;
            }
            let id = operation.get("operationId").and_then(Value::as_str);
            let id = id.map_or_else(|| format!("{method} {path}"), str::to_owned);
            let security = operation.get("security").or_else(|| description.get("security"));
            rules.push(json!({
                "id": id,
                "methods": [method.to_ascii_uppercase()],
                "path": format!("{base}{}", with_parameters(path)),
                "require": requirement(security).map_err(|fault| format!("`{id}`: {fault}"))?,
            }));
        }
    }
    Ok(rules)
}

/// The path before all others, of the first server.
fn base(description: &Value) -> &str {
    let url = description.pointer("/servers/0/url").and_then(Value::as_str).unwrap_or_default();
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default(),
        None => url,
    };
    path.trim_end_matches('/')
}

/// A path whose parameters have names that a policy can have: letters, digits and `_`.
fn with_parameters(path: &str) -> String {
    let mut inside = false;
    let letter = |letter: char| {
        inside = letter == '{' || (inside && letter != '}');
        let kept = !inside || letter == '{' || letter.is_ascii_alphanumeric();
        if kept { letter } else { '_' }
    };
    path.chars().map(letter).collect()
}

/// What whoever calls must have (OpenAPI 3, *Security Requirement Object*): one of several, each of
/// which is every scope that it names. What is not written as that is refused: left out, it would
/// make an operation more open than it is meant.
fn requirement(security: Option<&Value>) -> Result<Value, String> {
    let Some(security) = security else { return Ok(LOGGED_IN.into()) };
    let ways = security.as_array().ok_or(NO_REQUIREMENTS)?;
    let ways = ways.iter().map(way).collect::<Result<Vec<_>, String>>()?;
    // Nothing that is needed at all is said by no way, or by one without a scheme.
    Ok(joined("any", ways).unwrap_or_else(|| "anyone".into()))
}

fn way(schemes: &Value) -> Result<Value, String> {
    let schemes = schemes.as_object().ok_or(NO_REQUIREMENTS)?;
    if schemes.is_empty() {
        return Ok("anyone".into());
    }
    let mut needed = Vec::new();
    for scopes in schemes.values() {
        for scope in scopes.as_array().ok_or(NO_REQUIREMENTS)? {
            let scope = scope.as_str().ok_or(NO_REQUIREMENTS)?;
            needed.push(match Permission::parse(scope) {
                Ok(_) => Value::from(scope),
                // As another issuer spells it.
                Err(_) => json!({ "permission": scope }),
            });
        }
    }
    Ok(joined("all", needed).unwrap_or_else(|| LOGGED_IN.into()))
}

/// Several as one; `None` for none.
fn joined(how: &str, mut all: Vec<Value>) -> Option<Value> {
    let mut seen = Vec::new();
    all.retain(|one| {
        let new = !seen.contains(one);
        seen.extend(new.then(|| one.clone()));
        new
    });
    match all.len() {
        0 | 1 => all.pop(),
        _ => Some(json!({ how: all })),
    }
}
