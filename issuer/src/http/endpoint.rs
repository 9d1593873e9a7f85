//! One endpoint of the API, with what its documentation says: the router, the list at `GET /v1`,
//! every 405's `Allow` and `docs/openapi.json` come from the same table.
//!
//! ```text
//! post("/v1/sessions", log_in::handle)
//!     .summary("log in")
//!     .body::<log_in::Request>()
//!     .answer::<Tokens>(201)
//!     .refuses(&[IssuerCode::CredentialsInvalid])
//! ```

use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use laika_claims::IssuerCode;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::app::App;

/// How a type describes itself to a generator of JSON Schemas.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// One endpoint.
pub struct Endpoint {
    /// Its method.
    pub verb: Verb,
    /// Its path, with `{parameters}`.
    pub path: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// Who may call it.
    pub auth: Auth,
    /// What its body holds; absent where it takes none.
    pub body: Option<Body>,
    /// What its query string holds.
    pub query: Option<SchemaOf>,
    /// What it answers when it does what it was asked to do.
    pub answers: Vec<Answer>,
    /// What it refuses by itself, besides what its kind of body, query and caller may lead to.
    pub refusals: Vec<IssuerCode>,
    /// How it is reached.
    pub(super) route: MethodRouter<App>,
}

/// The methods that endpoints have; what answers `GET` also answers `HEAD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Reads.
    Get,
    /// Makes something.
    Post,
    /// Sets something.
    Put,
    /// Changes parts of something.
    Patch,
    /// Ends something.
    Delete,
}

/// Who may call an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// Anybody.
    None,
    /// Whoever shows a main token; others too, with less.
    MainOptional,
    /// Anybody; a main token is looked at where it is good, and else passed over.
    MainIfGood,
    /// Whoever shows a main token.
    Main,
    /// An administrator, by main token.
    Administrator,
    /// A client or service account, by secret (RFC 6749 section 2.3.1).
    Client,
}

/// What a body holds.
#[derive(Clone, Copy)]
pub enum Body {
    /// A JSON object.
    Json(SchemaOf),
    /// A JSON object, or nothing.
    JsonOrNothing(SchemaOf),
    /// `application/x-www-form-urlencoded`, as OAuth 2.0 has it.
    Form(SchemaOf),
}

/// One kind of success.
#[derive(Clone, Copy)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Media type and, where it is JSON, the schema; absent where there is no body.
    pub content: Option<(&'static str, Option<SchemaOf>)>,
}

/// An endpoint that reads.
pub fn get<H: Handler<T, App>, T: 'static>(path: &'static str, handler: H) -> Endpoint {
    Endpoint::new(Verb::Get, path, handler)
}

/// An endpoint that makes something.
pub fn post<H: Handler<T, App>, T: 'static>(path: &'static str, handler: H) -> Endpoint {
    Endpoint::new(Verb::Post, path, handler)
}

/// An endpoint that sets something.
pub fn put<H: Handler<T, App>, T: 'static>(path: &'static str, handler: H) -> Endpoint {
    Endpoint::new(Verb::Put, path, handler)
}

/// An endpoint that changes parts of something.
pub fn patch<H: Handler<T, App>, T: 'static>(path: &'static str, handler: H) -> Endpoint {
    Endpoint::new(Verb::Patch, path, handler)
}

/// An endpoint that ends something.
pub fn delete<H: Handler<T, App>, T: 'static>(path: &'static str, handler: H) -> Endpoint {
    Endpoint::new(Verb::Delete, path, handler)
}

impl Endpoint {
    fn new<H: Handler<T, App>, T: 'static>(verb: Verb, path: &'static str, handler: H) -> Self {
        Self {
            verb,
            path,
            summary: "",
            auth: Auth::None,
            body: None,
            query: None,
            answers: Vec::new(),
            refusals: Vec::new(),
            route: on(verb.filter(), handler),
        }
    }

    /// With what it does, in a few words.
    #[must_use]
    pub fn summary(self, summary: &'static str) -> Self {
        Self { summary, ..self }
    }

    /// For these callers only.
    #[must_use]
    pub fn auth(self, auth: Auth) -> Self {
        Self { auth, ..self }
    }

    /// With a JSON body.
    #[must_use]
    pub fn body<T: JsonSchema>(self) -> Self {
        Self { body: Some(Body::Json(schema_of::<T>)), ..self }
    }

    /// With a JSON body that may be left out.
    #[must_use]
    pub fn body_or_nothing<T: JsonSchema>(self) -> Self {
        Self { body: Some(Body::JsonOrNothing(schema_of::<T>)), ..self }
    }

    /// With a form as body.
    #[must_use]
    pub fn form<T: JsonSchema>(self) -> Self {
        Self { body: Some(Body::Form(schema_of::<T>)), ..self }
    }

    /// With a query string.
    #[must_use]
    pub fn query<T: JsonSchema>(self) -> Self {
        Self { query: Some(schema_of::<T>), ..self }
    }

    /// Answers with JSON.
    #[must_use]
    pub fn answer<T: JsonSchema>(self, status: u16) -> Self {
        self.answers_with(status, Some(("application/json", Some(schema_of::<T>))))
    }

    /// Answers with a text of this media type.
    #[must_use]
    pub fn text(self, status: u16, kind: &'static str) -> Self {
        self.answers_with(status, Some((kind, None)))
    }

    /// Answers without a body.
    #[must_use]
    pub fn empty(self, status: u16) -> Self {
        self.answers_with(status, None)
    }

    /// Refuses with these codes, besides what its kind of body, query and caller may lead to.
    #[must_use]
    pub fn refuses(mut self, codes: &[IssuerCode]) -> Self {
        self.refusals.extend_from_slice(codes);
        self
    }

    fn answers_with(
        mut self,
        status: u16,
        content: Option<(&'static str, Option<SchemaOf>)>,
    ) -> Self {
        self.answers.push(Answer { status, content });
        self
    }
}

fn schema_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

impl Verb {
    /// As HTTP writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    fn filter(self) -> MethodFilter {
        match self {
            Self::Get => MethodFilter::GET,
            Self::Post => MethodFilter::POST,
            Self::Put => MethodFilter::PUT,
            Self::Patch => MethodFilter::PATCH,
            Self::Delete => MethodFilter::DELETE,
        }
    }
}
