//! From the document to the compiled policy.

use serde_json::{Map, Value};

use super::fields::{self, Fields};
use super::methods::Methods;
use super::pattern::{Part, Pattern};
use super::place::Place;
use super::requirement::Requirement;
use super::routes::Routes;
use super::target::Reading;
use super::{Context, OTHERWISE, Policy, PolicyError, Rule, host};

const DOCUMENT: [&str; 5] = ["version", "rules", "otherwise", "case", "allow"];
const RULE: [&str; 5] = ["id", "host", "methods", "path", "require"];

pub(super) fn compile(document: &Value, context: Context) -> Result<Policy, Box<PolicyError>> {
    let fields = Fields::read(document, "", &DOCUMENT)?;
    if fields.required("version")?.as_u64() != Some(1) {
        return Err(PolicyError::new("version", "the only version there is so far is `1`"));
    }
    let reading = read_reading(&fields)?;
    let mut policy = Policy {
        rules: Vec::new(),
        requirements: Vec::new(),
        routes: Routes::default(),
        otherwise: read_otherwise(fields.text("otherwise")?)?,
        reading,
    };
    let mut known = Known::default();
    for (at, value) in fields.items("rules")?.unwrap_or_default() {
        add_rule(&mut policy, &mut known, value, &at, context)?;
    }
    Ok(policy)
}

fn read_reading(fields: &Fields<'_>) -> Result<Reading, Box<PolicyError>> {
    let ignore_case = match fields.text("case")? {
        None | Some("sensitive") => false,
        Some("insensitive") => true,
        Some(_) => {
            return Err(PolicyError::new("case", "write `sensitive` or `insensitive`"));
        }
    };
    let mut reading = Reading { ignore_case, ..Reading::default() };
    for (at, item) in fields.items("allow")?.unwrap_or_default() {
        match fields::text(item, &at)? {
            "semicolon" => reading.allow_semicolon = true,
            "percent25" => reading.allow_percent25 = true,
            _ => {
                return Err(PolicyError::new(
                    &at,
                    "only `semicolon` and `percent25` can be allowed",
                ));
            }
        }
    }
    Ok(reading)
}

fn read_otherwise(word: Option<&str>) -> Result<Option<Requirement>, Box<PolicyError>> {
    match word {
        None | Some("deny") => Ok(None),
        Some("user") => Ok(Some(Requirement::User)),
        Some("authenticated") => Ok(Some(Requirement::Authenticated)),
        Some("any_token") => Ok(Some(Requirement::AnyToken)),
        Some("anyone") => Ok(Some(Requirement::Anyone)),
        Some(_) => Err(PolicyError::new(
            OTHERWISE,
            "write `deny`, `user`, `authenticated`, `any_token` or `anyone`",
        )),
    }
}

/// What rules before have said. Maps as documents have them: another type of map would be as much
/// code again.
#[derive(Default)]
struct Known {
    /// Places of rules by id.
    ids: Map<String, Value>,
    /// Places of requirements by the word that they were written as.
    words: Map<String, Value>,
}

fn add_rule(
    policy: &mut Policy,
    known: &mut Known,
    value: &Value,
    at: &str,
    context: Context,
) -> Result<(), Box<PolicyError>> {
    let fields = Fields::read(value, at, &RULE)?;
    let id = fields::text(fields.required("id")?, &fields.path("id"))?;
    if id.is_empty() || id == OTHERWISE {
        return Err(PolicyError::new(
            &fields.path("id"),
            &format!("a rule's id is not empty and not `{OTHERWISE}`"),
        ));
    }
    let too_many = || {
        PolicyError::new(
            at,
            "the paths of the policy are too long or too many: write fewer or shorter segments",
        )
    };
    let number = policy.rules.len();
    if let Some(first) =
        known.ids.insert(id.to_owned(), number.into()).and_then(|first| first.as_u64())
    {
        return Err(PolicyError::new(
            &fields.path("id"),
            &format!("`{id}` is already the id of `rules[{first}]`"),
        ));
    }
    let path = fields.path("path");
    let pattern = Pattern::parse(fields::text(fields.required("path")?, &path)?, &path)?;
    let require = fields.path("require");
    let demanded = fields.required("require")?;
    let known_place = |word| known.words.get(word).and_then(Value::as_u64);
    let place_of = |word| known_place(word).and_then(|place| usize::try_from(place).ok());
    let require = match demanded.as_str().and_then(place_of) {
        Some(place) => place,
        None => {
            let requirement = Requirement::parse(demanded, &require, &pattern.parameters)?;
            requirement.check(&require, context)?;
            policy.requirements.push(requirement);
            let place = policy.requirements.len() - 1;
            if let Some(word) = demanded.as_str() {
                known.words.insert(word.to_owned(), place.into());
            }
            place
        }
    };
    let mut rule = Rule {
        id: id.into(),
        methods: Methods::read(fields.items("methods")?, &fields.path("methods"))?,
        require: Place::of(require).ok_or_else(too_many)?,
        next: None,
    };
    let host = fields.text("host")?;
    if let Some(name) = host
        && host::normalise(name).as_deref() != Some(name)
    {
        return Err(PolicyError::new(
            &fields.path("host"),
            &format!("write `{name}` as a host name in lower case, without port and trailing dot"),
        ));
    }
    let parts = fold_case(pattern.parts, policy.reading);
    let place = Place::of(number).ok_or_else(too_many)?;
    rule.next = policy.routes.begin(host, &parts, place).ok_or_else(too_many)?;
    let other = Policy::rules_from(&policy.rules, rule.next)
        .map(|(_, other)| other)
        .find(|other| other.methods.overlap(&rule.methods));
    if let Some(other) = other {
        return Err(PolicyError::new(
            at,
            &format!(
                "`{id}` and `{}` are for the same path and method: merge them, or give them \
                 different methods",
                other.id
            ),
        ));
    }
    policy.rules.push(rule);
    Ok(())
}

fn fold_case(parts: Vec<Part>, reading: Reading) -> Vec<Part> {
    let fold = |part| match part {
        Part::Static(text) if reading.ignore_case => Part::Static(text.to_ascii_lowercase()),
        other => other,
    };
    parts.into_iter().map(fold).collect()
}
