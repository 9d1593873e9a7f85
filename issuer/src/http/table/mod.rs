//! The table of endpoints, a file for each family.

mod accounts;
mod admin;
mod external;
mod factors;
mod operation;
mod passkeys;
mod sessions;
mod standard;
mod tokens;

use super::endpoint::Endpoint;

/// Endpoints that belong together.
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// What its endpoints are about, in a sentence.
    pub about: &'static str,
    /// The endpoints.
    pub endpoints: Vec<Endpoint>,
}

/// Every endpoint of the API, by family.
#[must_use]
pub fn families() -> Vec<Family> {
    vec![
        family("accounts", "Registration, profile, password, e-mail.", accounts::endpoints()),
        family("sessions", "Log-in, renewal, list, end.", sessions::endpoints()),
        family("factors", "Second factors.", factors::endpoints()),
        family("passkeys", "Passkeys.", passkeys::endpoints()),
        family("external", "Log-ins at other providers.", external::endpoints()),
        family("tokens", "Micro tokens, for services.", tokens::endpoints()),
        family(
            "administration",
            "Users, roles, services, keys, grants, audit.",
            admin::endpoints(),
        ),
        family("standard", "What standards name: keys and metadata.", standard::endpoints()),
        family("operation", "Health, and what there is.", operation::endpoints()),
    ]
}

/// Every endpoint of the API.
#[must_use]
pub fn table() -> Vec<Endpoint> {
    families().into_iter().flat_map(|family| family.endpoints).collect()
}

fn family(name: &'static str, about: &'static str, endpoints: Vec<Endpoint>) -> Family {
    Family { name, about, endpoints }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use laika_claims::IssuerCode;

    use super::*;
    use crate::http::endpoint::{Auth, Body, Verb};

    /// Runs `check` on every endpoint; all that is wrong is told at once.
    fn each(check: impl Fn(&Endpoint) -> Option<String>) {
        let faults: Vec<_> = table()
            .iter()
            .filter_map(|endpoint| {
                let (verb, path) = (endpoint.verb.as_str(), endpoint.path);
                Some(format!("`{verb} {path}` {}", check(endpoint)?))
            })
            .collect();
        assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
    }

    #[test]
    fn every_endpoint_says_what_it_does_and_answers() {
        each(|endpoint| {
            let summary = endpoint.summary;
            if summary.is_empty() {
                return Some("does not say what it does; add `.summary(\"..\")`".to_owned());
            }
            if summary.ends_with('.') || summary.starts_with(char::is_uppercase) {
                return Some(format!("has the summary `{summary}`; lower case, no full stop"));
            }
            if endpoint.answers.is_empty() {
                return Some(
                    "has no answer; add `.answer::<T>(200)`, `.text(..)` or `.empty(204)`".into(),
                );
            }
            None
        });
    }

    #[test]
    fn every_answer_has_a_status_once_for_each_kind() {
        each(|endpoint| {
            let mut seen = BTreeSet::new();
            let twice = endpoint.answers.iter().find(|answer| {
                let kind = answer.content.map(|(kind, schema)| (kind, schema.is_some()));
                // Two JSON answers of one status are two shapes.
                !seen.insert((answer.status, kind)) && kind.is_none_or(|(_, schema)| !schema)
            });
            if let Some(answer) = twice {
                return Some(format!(
                    "says twice that it answers {}; once is enough",
                    answer.status
                ));
            }
            let odd = endpoint.answers.iter().find(|answer| {
                let empty = matches!(answer.status, 204 | 304);
                answer.status < 200
                    || (empty && answer.content.is_some())
                    || (answer.status >= 400 && answer.content.is_none())
            });
            odd.map(|answer| {
                let status = answer.status;
                format!(
                    "answers {status} in a way that can't be: 204 and 304 have no body, so \
                     `.empty({status})`; refusals have one, so `.refuses(&[..])`"
                )
            })
        });
    }

    #[test]
    fn every_path_is_written_one_way_and_every_method_of_it_stands_once() {
        let mut seen = BTreeSet::new();
        for endpoint in table() {
            let (verb, path) = (endpoint.verb.as_str(), endpoint.path);
            assert!(seen.insert((path, verb)), "`{verb} {path}` stands twice; remove one");
            let plain = path.split('/').skip(1).all(|segment| {
                let name = segment.trim_start_matches('{').trim_end_matches('}');
                !name.is_empty()
                    && name.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-' | '_' | '.'))
            });
            assert!(
                path.starts_with('/') && plain,
                "`{path}`: write `/lower-case/segments/{{parameter}}` without a slash at the end"
            );
        }
    }

    #[test]
    fn a_parameter_of_one_place_has_one_name() {
        let mut places = BTreeMap::<String, &str>::new();
        for endpoint in table() {
            let path = endpoint.path;
            for (at, _) in path.match_indices('{') {
                let (before, rest) = path.split_at(at);
                let name = rest.split_inclusive('}').next().unwrap();
                let known = places.entry(before.to_owned()).or_insert(name);
                assert_eq!(
                    *known, name,
                    "`{path}`: what follows `{before}` is called `{known}` elsewhere; the router \
                     and whoever reads want one name"
                );
            }
        }
    }

    #[test]
    fn bodies_are_where_methods_have_them() {
        each(|endpoint| match endpoint.verb {
            // What is put may be named by the path alone: that somebody has a role.
            Verb::Put if endpoint.path.ends_with('}') => None,
            Verb::Put | Verb::Patch if endpoint.body.is_none() => {
                Some("sets something and takes no body; add `.body::<T>()`".to_owned())
            }
            Verb::Get if endpoint.body.is_some() => {
                Some("reads, and so takes no body; use `.query::<T>()`".to_owned())
            }
            Verb::Delete if matches!(endpoint.body, Some(Body::Json(_) | Body::Form(_))) => Some(
                "needs a body, which many clients send with no DELETE; use \
                      `.body_or_nothing::<T>()`"
                    .to_owned(),
            ),
            Verb::Get | Verb::Post | Verb::Put | Verb::Patch | Verb::Delete => None,
        });
    }

    #[test]
    fn what_is_refused_fits_whoever_may_call() {
        each(|endpoint| {
            let known = !matches!(endpoint.auth, Auth::None | Auth::MainIfGood | Auth::Client);
            endpoint.refusals.iter().find_map(|code| {
                let advice = match code {
                    IssuerCode::RateLimited
                    | IssuerCode::HostRefused
                    | IssuerCode::Internal
                    | IssuerCode::Overloaded
                    | IssuerCode::DatabaseUnavailable
                    | IssuerCode::TimedOut => "everything does; leave it out of `.refuses(..)`",
                    IssuerCode::MethodNotAllowed => "its path does; leave it out of `.refuses(..)`",
                    IssuerCode::BodyTooLarge
                    | IssuerCode::BodyInvalid
                    | IssuerCode::MediaTypeUnsupported
                        if endpoint.body.is_none() =>
                    {
                        "it takes no body; add `.body::<T>()` or `.form::<T>()`"
                    }
                    IssuerCode::SessionEnded
                    | IssuerCode::TokenReused
                    | IssuerCode::AuthenticationTooOld
                    | IssuerCode::SecondFactorRequired
                        if !known =>
                    {
                        "it asks for no main token; add `.auth(Auth::Main)`, or `MainOptional`"
                    }
                    IssuerCode::BodyInvalid
                    | IssuerCode::FieldsInvalid
                    | IssuerCode::PasswordWeak
                    | IssuerCode::AlreadyRegistered
                    | IssuerCode::CredentialsInvalid
                    | IssuerCode::SessionEnded
                    | IssuerCode::TokenReused
                    | IssuerCode::PermissionNotGranted
                    | IssuerCode::OriginRefused
                    | IssuerCode::UsernameAlreadyChanged
                    | IssuerCode::EmailUnverified
                    | IssuerCode::CodeInvalid
                    | IssuerCode::AuthenticationTooOld
                    | IssuerCode::SecondFactorRequired
                    | IssuerCode::NotPermitted
                    | IssuerCode::Conflict
                    | IssuerCode::Gone
                    | IssuerCode::TokenOverBudget
                    | IssuerCode::NotFound
                    | IssuerCode::ProviderFailed
                    | IssuerCode::BodyTooLarge
                    | IssuerCode::MediaTypeUnsupported => return None,
                };
                Some(format!("says that it refuses with `{code}`: {advice}"))
            })
        });
    }
}
