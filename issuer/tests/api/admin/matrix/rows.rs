//! Every route of administration, and how it is called.

use serde_json::{Value, json};

use super::Kind;
use super::scene::Stage;
use crate::support::START;

/// A route, and how it is called: `{user}` and so on stand for the target of the call.
pub(super) struct Row {
    pub(super) verb: &'static str,
    pub(super) path: &'static str,
    pub(super) kind: Kind,
    /// What is to be put for the parameters, in terms of [`Stage`].
    pub(super) filled: &'static str,
    pub(super) body: fn(&Stage) -> Option<Value>,
    pub(super) status: u16,
}

const fn row(
    verb: &'static str,
    path: &'static str,
    kind: Kind,
    filled: &'static str,
    status: u16,
) -> Row {
    Row { verb, path, kind, filled, body: |_| None, status }
}

fn with(row: Row, body: fn(&Stage) -> Option<Value>) -> Row {
    Row { body, ..row }
}

/// Every route, once at least.
pub(super) fn rows() -> Vec<Row> {
    use Kind::{ActsOnUser, HandsOutRole, Reads, TouchesRole, TouchesService};
    let user = "/v1/admin/users/{user}";
    vec![
        row("GET", "/v1/admin/users", Reads, "/v1/admin/users", 200),
        row("GET", user, Reads, "/v1/admin/users/USER", 200),
        row("DELETE", user, ActsOnUser, "/v1/admin/users/USER", 204),
        row(
            "POST",
            "/v1/admin/users/{user}/disable",
            ActsOnUser,
            "/v1/admin/users/USER/disable",
            204,
        ),
        row(
            "POST",
            "/v1/admin/users/{user}/enable",
            ActsOnUser,
            "/v1/admin/users/USER/enable",
            204,
        ),
        row("POST", "/v1/admin/users/{user}/erase", ActsOnUser, "/v1/admin/users/USER/erase", 204),
        row("GET", "/v1/admin/users/{user}/roles", Reads, "/v1/admin/users/USER/roles", 200),
        row(
            "PUT",
            "/v1/admin/users/{user}/roles/{role}",
            ActsOnUser,
            "/v1/admin/users/USER/roles/weakest",
            204,
        ),
        row(
            "PUT",
            "/v1/admin/users/{user}/roles/{role}",
            HandsOutRole,
            "/v1/admin/users/NOBODY/roles/ROLE",
            204,
        ),
        row(
            "DELETE",
            "/v1/admin/users/{user}/roles/{role}",
            ActsOnUser,
            "/v1/admin/users/USER/roles/weak",
            204,
        ),
        row(
            "DELETE",
            "/v1/admin/users/{user}/roles/{role}",
            TouchesRole,
            // `nobody` holds a service's role of that level: rule (b) has no objection.
            "/v1/admin/users/NOBODY/roles/orders%2FROLE",
            204,
        ),
        row("GET", "/v1/admin/users/{user}/grants", Reads, "/v1/admin/users/USER/grants", 200),
        row("GET", "/v1/admin/users/{user}/sessions", Reads, "/v1/admin/users/USER/sessions", 200),
        row(
            "DELETE",
            "/v1/admin/users/{user}/sessions",
            ActsOnUser,
            "/v1/admin/users/USER/sessions",
            204,
        ),
        row(
            "DELETE",
            "/v1/admin/users/{user}/factors",
            ActsOnUser,
            "/v1/admin/users/USER/factors",
            204,
        ),
        with(
            row(
                "PATCH",
                "/v1/admin/users/{user}/sessions/{session}",
                ActsOnUser,
                "/v1/admin/users/USER/sessions/SESSION",
                200,
            ),
            |_| Some(json!({ "ends_at": START + 600 })),
        ),
        row(
            "DELETE",
            "/v1/admin/users/{user}/sessions/{session}",
            ActsOnUser,
            "/v1/admin/users/USER/sessions/SESSION",
            204,
        ),
        row("GET", "/v1/admin/roles", Reads, "/v1/admin/roles", 200),
        with(row("POST", "/v1/admin/roles", HandsOutRole, "/v1/admin/roles", 201), |stage| {
            let permissions = ["orders:read"];
            Some(json!({ "name": stage.fresh, "level": stage.level, "permissions": permissions }))
        }),
        row("GET", "/v1/admin/roles/{role}", Reads, "/v1/admin/roles/ROLE", 200),
        with(
            row("PATCH", "/v1/admin/roles/{role}", TouchesRole, "/v1/admin/roles/ROLE", 200),
            |_| Some(json!({ "permissions": ["orders:read", "orders:create"] })),
        ),
        row("DELETE", "/v1/admin/roles/{role}", TouchesRole, "/v1/admin/roles/ROLE", 204),
        row("GET", "/v1/admin/roles/{role}/users", Reads, "/v1/admin/roles/ROLE/users", 200),
        row("GET", "/v1/admin/services", Reads, "/v1/admin/services", 200),
        with(
            row("POST", "/v1/admin/services", TouchesService, "/v1/admin/services", 201),
            |stage| Some(json!({ "name": stage.fresh })),
        ),
        row("GET", "/v1/admin/services/{service}", Reads, "/v1/admin/services/depot", 200),
        with(
            row(
                "PATCH",
                "/v1/admin/services/{service}",
                TouchesService,
                "/v1/admin/services/depot",
                200,
            ),
            |_| Some(json!({ "token_lifetime": 120 })),
        ),
        row(
            "DELETE",
            "/v1/admin/services/{service}",
            TouchesService,
            "/v1/admin/services/depot",
            204,
        ),
        row("GET", "/v1/admin/service-accounts", Reads, "/v1/admin/service-accounts", 200),
        with(
            row(
                "POST",
                "/v1/admin/service-accounts",
                HandsOutRole,
                "/v1/admin/service-accounts",
                201,
            ),
            |stage| Some(json!({ "name": stage.fresh, "roles": [stage.role] })),
        ),
        row(
            "GET",
            "/v1/admin/service-accounts/{account}",
            Reads,
            "/v1/admin/service-accounts/ACCOUNT",
            200,
        ),
        row(
            "DELETE",
            "/v1/admin/service-accounts/{account}",
            HandsOutRole,
            "/v1/admin/service-accounts/ACCOUNT",
            204,
        ),
        with(
            row(
                "PUT",
                "/v1/admin/service-accounts/{account}/roles",
                HandsOutRole,
                "/v1/admin/service-accounts/ACCOUNT/roles",
                204,
            ),
            |_| Some(json!({ "roles": ["weakest"] })),
        ),
        with(
            row(
                "POST",
                "/v1/admin/service-accounts/{account}/secret",
                HandsOutRole,
                "/v1/admin/service-accounts/ACCOUNT/secret",
                200,
            ),
            |_| Some(json!({})),
        ),
        row(
            "POST",
            "/v1/admin/service-accounts/{account}/disable",
            HandsOutRole,
            "/v1/admin/service-accounts/ACCOUNT/disable",
            204,
        ),
        row(
            "POST",
            "/v1/admin/service-accounts/{account}/enable",
            HandsOutRole,
            "/v1/admin/service-accounts/ACCOUNT/enable",
            204,
        ),
        row("GET", "/v1/admin/clients", Reads, "/v1/admin/clients", 200),
        with(row("POST", "/v1/admin/clients", TouchesService, "/v1/admin/clients", 201), |stage| {
            Some(json!({ "client_id": stage.fresh, "name": "A", "kind": "public" }))
        }),
        row("GET", "/v1/admin/clients/{client}", Reads, "/v1/admin/clients/CLIENT", 200),
        with(
            row(
                "PATCH",
                "/v1/admin/clients/{client}",
                TouchesService,
                "/v1/admin/clients/CLIENT",
                200,
            ),
            |_| Some(json!({ "name": "B" })),
        ),
        row(
            "DELETE",
            "/v1/admin/clients/{client}",
            TouchesService,
            "/v1/admin/clients/CLIENT",
            204,
        ),
        row(
            "POST",
            "/v1/admin/clients/{client}/secret",
            TouchesService,
            "/v1/admin/clients/CLIENT/secret",
            200,
        ),
        row("GET", "/v1/admin/keys", TouchesService, "/v1/admin/keys", 200),
        with(
            row("POST", "/v1/admin/keys/rotate", TouchesService, "/v1/admin/keys/rotate", 200),
            |_| Some(json!({ "algorithm": "EdDSA" })),
        ),
        row(
            "POST",
            "/v1/admin/keys/{kid}/revoke",
            TouchesService,
            "/v1/admin/keys/KEY/revoke",
            200,
        ),
        row("GET", "/v1/admin/grants", Reads, "/v1/admin/grants", 200),
        with(row("POST", "/v1/admin/grants", ActsOnUser, "/v1/admin/grants", 204), |stage| {
            let holder = format!("user:{}", stage.user.id);
            Some(json!({ "holder": holder, "permission": "orders:cancel" }))
        }),
        row(
            "DELETE",
            "/v1/admin/grants/{holder}/{permission}",
            ActsOnUser,
            "/v1/admin/grants/user:USER/orders:read",
            204,
        ),
        row("GET", "/v1/admin/hooks", Reads, "/v1/admin/hooks", 200),
        with(row("POST", "/v1/admin/hooks", TouchesService, "/v1/admin/hooks", 201), |_| {
            Some(json!({ "url": "https://hooks.example.com/" }))
        }),
        row("GET", "/v1/admin/hooks/{hook}", Reads, "/v1/admin/hooks/HOOK", 200),
        with(
            row("PATCH", "/v1/admin/hooks/{hook}", TouchesService, "/v1/admin/hooks/HOOK", 200),
            |_| Some(json!({ "enabled": false })),
        ),
        row("DELETE", "/v1/admin/hooks/{hook}", TouchesService, "/v1/admin/hooks/HOOK", 204),
        with(
            row(
                "POST",
                "/v1/admin/hooks/{hook}/secret",
                TouchesService,
                "/v1/admin/hooks/HOOK/secret",
                200,
            ),
            |_| Some(json!({})),
        ),
        row(
            "GET",
            "/v1/admin/hooks/{hook}/deliveries",
            Reads,
            "/v1/admin/hooks/HOOK/deliveries",
            200,
        ),
        row(
            "POST",
            "/v1/admin/hooks/{hook}/deliveries/{event}/repeat",
            TouchesService,
            "/v1/admin/hooks/HOOK/deliveries/EVENT/repeat",
            204,
        ),
        row(
            "POST",
            "/v1/admin/hooks/{hook}/repeat",
            TouchesService,
            "/v1/admin/hooks/HOOK/repeat",
            200,
        ),
        with(
            row(
                "POST",
                "/v1/admin/services/{service}/provider-secret",
                TouchesService,
                "/v1/admin/services/depot/provider-secret",
                200,
            ),
            |_| Some(json!({})),
        ),
        row("GET", "/v1/admin/mail", Reads, "/v1/admin/mail", 200),
        row("GET", "/v1/admin/audit", Reads, "/v1/admin/audit", 200),
    ]
}
