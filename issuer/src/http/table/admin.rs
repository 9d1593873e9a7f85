//! Administration: users, roles, services, keys, grants, the audit log.

use laika_claims::IssuerCode::{
    self, AuthenticationTooOld, Conflict, Gone, NotFound, NotPermitted, SecondFactorRequired,
};

use crate::http::endpoint::{Auth, Endpoint, delete, get, patch, post, put};
use crate::http::endpoints::admin::{
    audit, clients, grants, hooks, keys, mail, roles, service_accounts, services, users,
};
use crate::http::page::{PageQuery, Paged};
use crate::keys::{KeyView, Revoked, Rotated};

pub(super) fn endpoints() -> Vec<Endpoint> {
    [
        user_endpoints(),
        role_endpoints(),
        service_endpoints(),
        account_endpoints(),
        client_endpoints(),
        hook_endpoints(),
        key_endpoints(),
        other_endpoints(),
    ]
    .into_iter()
    .flatten()
    .map(|endpoint| endpoint.auth(Auth::Administrator).refuses(&[NotPermitted]))
    .collect()
}

/// What a change may be refused with, besides what its callers and body may lead to.
const WRITE: [IssuerCode; 3] = [AuthenticationTooOld, NotFound, SecondFactorRequired];

fn user_endpoints() -> Vec<Endpoint> {
    vec![
        get("/v1/admin/users", users::list::handle)
            .summary("search users")
            .query::<users::list::Which>()
            .answer::<Paged<users::UserItem>>(200),
        get("/v1/admin/users/{user}", users::read::handle)
            .summary("read a user")
            .answer::<users::read::Answer>(200)
            .refuses(&[NotFound]),
        delete("/v1/admin/users/{user}", users::delete::handle)
            .summary("delete an account")
            .empty(204)
            .refuses(&WRITE)
            .refuses(&[Conflict, Gone]),
        post("/v1/admin/users/{user}/disable", users::disable::handle)
            .summary("close an account")
            .empty(204)
            .refuses(&WRITE)
            .refuses(&[Conflict, Gone]),
        post("/v1/admin/users/{user}/enable", users::enable::handle)
            .summary("open an account")
            .empty(204)
            .refuses(&WRITE)
            .refuses(&[Gone]),
        post("/v1/admin/users/{user}/erase", users::erase::handle)
            .summary("remove what is known of a person for good")
            .empty(204)
            .refuses(&WRITE)
            .refuses(&[Conflict, Gone]),
        get("/v1/admin/users/{user}/roles", users::roles::handle)
            .summary("list a user's roles")
            .answer::<users::roles::Answer>(200)
            .refuses(&[NotFound]),
        put("/v1/admin/users/{user}/roles/{role}", users::assign_role::handle)
            .summary("give a user a role")
            .empty(204)
            .refuses(&WRITE)
            .refuses(&[Gone]),
        delete("/v1/admin/users/{user}/roles/{role}", users::unassign_role::handle)
            .summary("take a role from a user")
            .empty(204)
            .refuses(&WRITE)
            .refuses(&[Conflict, Gone]),
        get("/v1/admin/users/{user}/grants", users::grants::handle)
            .summary("list what a user was granted directly")
            .query::<PageQuery>()
            .answer::<Paged<grants::GrantItem>>(200)
            .refuses(&[NotFound]),
        get("/v1/admin/users/{user}/sessions", users::sessions::handle)
            .summary("list a user's sessions")
            .query::<PageQuery>()
            .answer::<Paged<users::SessionItem>>(200)
            .refuses(&[NotFound]),
        delete("/v1/admin/users/{user}/sessions", users::end_sessions::handle)
            .summary("end a user's sessions")
            .empty(204)
            .refuses(&WRITE),
        delete("/v1/admin/users/{user}/factors", users::reset_factors::handle)
            .summary("take a user's second factors off")
            .empty(204)
            .refuses(&WRITE)
            .refuses(&[Gone]),
        patch("/v1/admin/users/{user}/sessions/{session}", users::schedule_end::handle)
            .summary("set when a session will end")
            .body::<users::schedule_end::Request>()
            .answer::<users::SessionItem>(200)
            .refuses(&WRITE),
        delete("/v1/admin/users/{user}/sessions/{session}", users::end_session::handle)
            .summary("end a session of a user")
            .empty(204)
            .refuses(&WRITE),
    ]
}

fn role_endpoints() -> Vec<Endpoint> {
    vec![
        get("/v1/admin/roles", roles::list::handle)
            .summary("list roles")
            .query::<roles::list::Which>()
            .answer::<Paged<roles::RoleItem>>(200),
        post("/v1/admin/roles", roles::create::handle)
            .summary("make a role")
            .body::<roles::create::Request>()
            .answer::<roles::RoleItem>(201)
            .refuses(&[AuthenticationTooOld, Conflict]),
        get("/v1/admin/roles/{role}", roles::read::handle)
            .summary("read a role")
            .answer::<roles::RoleItem>(200)
            .refuses(&[NotFound]),
        patch("/v1/admin/roles/{role}", roles::change::handle)
            .summary("change a role")
            .body::<roles::change::Request>()
            .answer::<roles::RoleItem>(200)
            .refuses(&WRITE)
            .refuses(&[Conflict]),
        delete("/v1/admin/roles/{role}", roles::delete::handle)
            .summary("remove a role")
            .empty(204)
            .refuses(&WRITE)
            .refuses(&[Conflict]),
        get("/v1/admin/roles/{role}/users", roles::users::handle)
            .summary("list who holds a role")
            .query::<PageQuery>()
            .answer::<Paged<users::UserItem>>(200)
            .refuses(&[NotFound]),
    ]
}

fn service_endpoints() -> Vec<Endpoint> {
    vec![
        get("/v1/admin/services", services::list::handle)
            .summary("list services")
            .query::<PageQuery>()
            .answer::<Paged<services::ServiceItem>>(200),
        post("/v1/admin/services", services::create::handle)
            .summary("make a service")
            .body::<services::create::Request>()
            .answer::<services::ServiceItem>(201)
            .refuses(&[AuthenticationTooOld, Conflict]),
        get("/v1/admin/services/{service}", services::read::handle)
            .summary("read a service")
            .answer::<services::ServiceItem>(200)
            .refuses(&[NotFound]),
        patch("/v1/admin/services/{service}", services::change::handle)
            .summary("change a service")
            .body::<services::change::Request>()
            .answer::<services::ServiceItem>(200)
            .refuses(&WRITE),
        post("/v1/admin/services/{service}/provider-secret", services::rotate::handle)
            .summary("make a new secret for a service's permission provider")
            .body::<services::rotate::Request>()
            .answer::<services::rotate::Answer>(200)
            .refuses(&WRITE),
        delete("/v1/admin/services/{service}", services::delete::handle)
            .summary("remove a service")
            .empty(204)
            .refuses(&WRITE)
            .refuses(&[Conflict]),
    ]
}

fn account_endpoints() -> Vec<Endpoint> {
    vec![
        get("/v1/admin/service-accounts", service_accounts::list::handle)
            .summary("list service accounts")
            .query::<PageQuery>()
            .answer::<Paged<service_accounts::ServiceAccountItem>>(200),
        post("/v1/admin/service-accounts", service_accounts::create::handle)
            .summary("make a service account")
            .body::<service_accounts::create::Request>()
            .answer::<service_accounts::NewSecret>(201)
            .refuses(&WRITE),
        get("/v1/admin/service-accounts/{account}", service_accounts::read::handle)
            .summary("read a service account")
            .answer::<service_accounts::ServiceAccountItem>(200)
            .refuses(&[NotFound]),
        delete("/v1/admin/service-accounts/{account}", service_accounts::delete::handle)
            .summary("delete a service account")
            .empty(204)
            .refuses(&WRITE),
        put("/v1/admin/service-accounts/{account}/roles", service_accounts::set_roles::handle)
            .summary("replace the roles of a service account")
            .body::<service_accounts::set_roles::Request>()
            .empty(204)
            .refuses(&WRITE),
        post("/v1/admin/service-accounts/{account}/secret", service_accounts::rotate::handle)
            .summary("make a new secret for a service account")
            .body::<service_accounts::rotate::Request>()
            .answer::<service_accounts::NewSecret>(200)
            .refuses(&WRITE),
        post("/v1/admin/service-accounts/{account}/disable", service_accounts::disable::handle)
            .summary("close a service account")
            .empty(204)
            .refuses(&WRITE),
        post("/v1/admin/service-accounts/{account}/enable", service_accounts::enable::handle)
            .summary("open a service account")
            .empty(204)
            .refuses(&WRITE),
    ]
}

fn client_endpoints() -> Vec<Endpoint> {
    vec![
        get("/v1/admin/clients", clients::list::handle)
            .summary("list clients")
            .query::<PageQuery>()
            .answer::<Paged<clients::ClientItem>>(200),
        post("/v1/admin/clients", clients::create::handle)
            .summary("register a client")
            .body::<clients::create::Request>()
            .answer::<clients::WithSecret>(201)
            .refuses(&[AuthenticationTooOld]),
        get("/v1/admin/clients/{client}", clients::read::handle)
            .summary("read a client")
            .answer::<clients::ClientItem>(200)
            .refuses(&[NotFound]),
        patch("/v1/admin/clients/{client}", clients::rename::handle)
            .summary("rename a client")
            .body::<clients::rename::Request>()
            .answer::<clients::ClientItem>(200)
            .refuses(&WRITE),
        delete("/v1/admin/clients/{client}", clients::delete::handle)
            .summary("remove a client")
            .empty(204)
            .refuses(&WRITE),
        post("/v1/admin/clients/{client}/secret", clients::rotate::handle)
            .summary("make a new secret for a client")
            .answer::<clients::WithSecret>(200)
            .refuses(&WRITE)
            .refuses(&[Conflict]),
    ]
}

fn hook_endpoints() -> Vec<Endpoint> {
    vec![
        get("/v1/admin/hooks", hooks::list::handle)
            .summary("list endpoints of events")
            .query::<PageQuery>()
            .answer::<Paged<hooks::HookItem>>(200),
        post("/v1/admin/hooks", hooks::create::handle)
            .summary("make an endpoint of events")
            .body::<hooks::create::Request>()
            .answer::<hooks::WithSecret>(201)
            .refuses(&[AuthenticationTooOld, Conflict]),
        get("/v1/admin/hooks/{hook}", hooks::read::handle)
            .summary("read an endpoint of events")
            .answer::<hooks::HookItem>(200)
            .refuses(&[NotFound]),
        patch("/v1/admin/hooks/{hook}", hooks::change::handle)
            .summary("change an endpoint of events")
            .body::<hooks::change::Request>()
            .answer::<hooks::HookItem>(200)
            .refuses(&WRITE),
        delete("/v1/admin/hooks/{hook}", hooks::delete::handle)
            .summary("remove an endpoint of events")
            .empty(204)
            .refuses(&WRITE),
        post("/v1/admin/hooks/{hook}/secret", hooks::rotate::handle)
            .summary("make a new secret for an endpoint of events")
            .body::<hooks::rotate::Request>()
            .answer::<hooks::WithSecret>(200)
            .refuses(&WRITE),
        get("/v1/admin/hooks/{hook}/deliveries", hooks::deliveries::handle)
            .summary("list what is sent to an endpoint")
            .query::<hooks::deliveries::Which>()
            .answer::<Paged<hooks::deliveries::DeliveryItem>>(200)
            .refuses(&[NotFound]),
        post("/v1/admin/hooks/{hook}/deliveries/{event}/repeat", hooks::repeat::handle)
            .summary("have an event sent again")
            .empty(204)
            .refuses(&WRITE),
        post("/v1/admin/hooks/{hook}/repeat", hooks::repeat_all::handle)
            .summary("have everything sent again that was given up")
            .answer::<hooks::repeat_all::Answer>(200)
            .refuses(&WRITE),
    ]
}

fn key_endpoints() -> Vec<Endpoint> {
    vec![
        get("/v1/admin/keys", keys::list::handle)
            .summary("list signing keys")
            .query::<PageQuery>()
            .answer::<Paged<KeyView>>(200),
        post("/v1/admin/keys/rotate", keys::rotate::handle)
            .summary("publish the next signing key")
            .body::<keys::rotate::Request>()
            .answer::<Rotated>(200)
            .refuses(&[AuthenticationTooOld, Conflict]),
        post("/v1/admin/keys/{kid}/revoke", keys::revoke::handle)
            .summary("take a signing key back")
            .answer::<Revoked>(200)
            .refuses(&WRITE)
            .refuses(&[Conflict]),
    ]
}

fn other_endpoints() -> Vec<Endpoint> {
    vec![
        get("/v1/admin/grants", grants::list::handle)
            .summary("list direct grants")
            .query::<grants::list::Which>()
            .answer::<Paged<grants::GrantItem>>(200),
        post("/v1/admin/grants", grants::add::handle)
            .summary("grant a permission")
            .body::<grants::add::Request>()
            .empty(204)
            .refuses(&WRITE)
            .refuses(&[Gone]),
        delete("/v1/admin/grants/{holder}/{permission}", grants::remove::handle)
            .summary("take a permission away")
            .empty(204)
            .refuses(&WRITE)
            .refuses(&[Gone]),
        get("/v1/admin/mail", mail::handle)
            .summary("list mails that are sent, and what came back")
            .query::<mail::Which>()
            .answer::<Paged<mail::MailItem>>(200),
        get("/v1/admin/audit", audit::handle)
            .summary("who did what, to whom, when")
            .query::<audit::Which>()
            .answer::<Paged<audit::Item>>(200),
    ]
}
