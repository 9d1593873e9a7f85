//! The forms of texts in requests, as the document states them. Each describes a type that reads the
//! text; a body or query that takes the text as it is refers to it by `#[schemars(with = "..")]`.
//!
//! A form says what a client can know beforehand. Whether a name is reserved or a password too easy
//! is found by asking.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::extract::{GrantName, HolderName, Id, RoleName, ServiceName};
use crate::accounts::{Email, Username};
use crate::keys::{Algorithm, Family};

macro_rules! form {
    ($of:ident, $schema:tt) => {
        impl JsonSchema for $of {
            fn schema_name() -> Cow<'static, str> {
                stringify!($of).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

form!(Id, { "type": "string", "format": "uuid" });
form!(ServiceName, { "type": "string", "pattern": "^[a-z0-9._-]{1,64}$" });
form!(RoleName, {
    "type": "string",
    "pattern": "^([a-z0-9._-]{1,64}/)?[a-z0-9._-]{1,64}$",
});
form!(GrantName, {
    "type": "string",
    "pattern": "^(\\*|[a-z0-9._-]{1,64}(:[a-z0-9._-]{1,64}){0,6}:(\\*|[a-z0-9._-]{1,64}))$",
});
form!(HolderName, {
    "type": "string",
    "pattern": "^(user:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|svc:[a-z0-9._-]{1,64})$",
});
// Letters of any script, in NFKC; in the forms of other normalisations it may be a little longer.
form!(Username, { "type": "string", "minLength": 2, "maxLength": 64 });
form!(Email, { "type": "string", "format": "idn-email", "maxLength": 254 });
form!(Algorithm, { "type": "string", "enum": ["RS256", "PS256", "ES256", "EdDSA"] });
form!(Family, { "type": "string", "enum": ["RS256", "PS256", "ES256", "EdDSA", "HS256"] });

/// The form of what a path's parameter of this name holds.
#[must_use]
pub fn of_path(parameter: &str) -> Value {
    let mut generator = SchemaGenerator::default();
    let schema = match parameter {
        "id" | "session" | "user" => Id::json_schema(&mut generator),
        "account" | "client" | "service" => ServiceName::json_schema(&mut generator),
        "role" => RoleName::json_schema(&mut generator),
        "holder" => HolderName::json_schema(&mut generator),
        "permission" => GrantName::json_schema(&mut generator),
        "username" => Username::json_schema(&mut generator),
        "alg" => Algorithm::json_schema(&mut generator),
        "shard" => json_schema!({ "type": "string", "pattern": "^(0|[1-9][0-9]{0,17})$" }),
        _ => json_schema!({ "type": "string", "minLength": 1 }),
    };
    schema.to_value()
}
