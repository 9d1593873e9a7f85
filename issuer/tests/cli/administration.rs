//! Users, roles, services, grants and the audit log.

use std::path::Path;
use std::process::Output;

use laika_issuer::audit::Action;
use serde_json::Value;

use crate::support::{errors, expect, laika};

/// Runs a command, whose input is a password.
fn run(folder: &Path, arguments: &str) -> Output {
    let arguments: Vec<_> = arguments.split(' ').collect();
    laika(folder, &arguments, "there and back again 1960\n")
}

/// What a command that succeeds prints with `--json`.
fn json(folder: &Path, arguments: &str) -> Value {
    serde_json::from_str(&expect(&run(folder, &format!("{arguments} --json")), 0)).unwrap()
}

#[test]
fn services_roles_and_users_can_be_made_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &str| run(folder.path(), arguments);
    for good in [
        "migrate",
        "config check",
        "service create orders --permission orders:read --algorithm EdDSA",
        "role create orders/clerk --level 50 --permission orders:*",
        "user create belka --email belka@example.com --email-verified",
        "role assign BELKA orders/clerk",
    ] {
        expect(&run(good), 0);
    }
    for (bad, code, part) in [
        ("serve --port 80", 2, "--port"),
        ("frobnicate", 2, "frobnicate"),
        ("service create Orders", 5, "`Orders`"),
        ("service create orders --permission billing:pay", 5, "`billing:pay`"),
        ("service create orders --algorithm HS256", 5, "`HS256`"),
        ("role create depot/clerk --level 5", 5, "`depot`"),
        ("role create clerk --level 5 --permission orders", 5, "`orders`"),
        ("role assign nobody orders/clerk", 5, "`nobody`"),
        ("role assign belka orders/boss", 5, "`orders/boss`"),
        ("user create belka --email other@example.com", 5, "username"),
        ("user create strelka --email nowhere", 5, "email"),
        ("import nowhere.toml", 5, "`nowhere.toml`"),
        ("--config nowhere.toml config check", 3, "nowhere.toml"),
    ] {
        let output = run(bad);
        assert_eq!(output.status.code(), Some(code), "{bad}: {}", errors(&output));
        assert!(errors(&output).contains(part), "{bad}: {}", errors(&output));
    }
}

#[test]
fn users_roles_services_and_grants_are_administered_and_all_of_it_is_in_the_audit_log() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &str| run(folder.path(), arguments);
    let json = |arguments: &str| json(folder.path(), arguments);
    for good in [
        "service create orders --permission orders:read",
        "role create orders/clerk --level 50 --permission orders:* --description sells",
        "user create belka --email belka@example.com --role administrator",
        "user create strelka --email strelka@example.com",
        "role assign strelka orders/clerk",
        "grant add strelka orders:read",
        "service-account create depot",
        "grant add svc:depot orders:read",
    ] {
        expect(&run(good), 0);
    }
    let shown = json("user show strelka@example.com");
    assert_eq!(shown["roles"], serde_json::json!(["orders/clerk", "user"]));
    assert_eq!(shown["grants"], serde_json::json!(["orders:read"]));
    assert_eq!(shown["level"], 1000);
    let id = shown["id"].as_str().unwrap();
    assert_eq!(json(&format!("user show {id}"))["username"], "strelka");
    assert_eq!(json("user roles strelka")[0]["description"], "sells");
    assert_eq!(json("user sessions strelka"), serde_json::json!([]));
    assert_eq!(json("role show orders/clerk")["permissions"][0], "orders:*");
    assert_eq!(json("service show orders")["audience"], "orders");
    assert_eq!(json("grant list --user strelka")[0]["granted_by"], "command-line");
    let held = json("grant list --holder svc:depot");
    assert_eq!(held.as_array().unwrap().len(), 1);
    assert_eq!(
        (&held[0]["holder"], &held[0]["permission"]),
        (&"svc:depot".into(), &"orders:read".into())
    );
    let minted = json("token mint svc:depot --service orders");
    assert_eq!(minted["permissions"], serde_json::json!(["orders:read"]));
    let link = json("user invite administrator");
    assert!(link["link"].as_str().unwrap().contains("/#invitation=laika_inv_"), "{link}");
    let table = expect(&run("user show belka"), 0);
    assert!(table.contains("level     0"), "{table}");

    for (bad, code, part) in [
        ("user show nobody", 5, "`nobody`"),
        ("user disable belka", 5, "level 0"),
        ("user erase belka", 5, "level 0"),
        ("role unassign belka administrator", 5, "level 0"),
        ("role delete administrator", 5, "level 0"),
        ("role create administrator --level 1", 5, "level 0"),
        ("role delete user", 5, "`default_role.name`"),
        ("role delete nowhere", 5, "`nowhere`"),
        ("role unassign belka orders/clerk", 5, "`orders/clerk`"),
        ("service delete orders", 5, "1 roles"),
        ("service show nowhere", 5, "`nowhere`"),
        ("grant add strelka orders", 5, "`orders`"),
        ("grant remove belka orders:read", 5, "`orders:read`"),
        ("grant remove svc:depot orders:create", 5, "`orders:create`"),
        ("grant add svc:nobody orders:read", 5, "`nobody`"),
        ("grant list --holder svc:nobody", 5, "`nobody`"),
        ("user invite nowhere", 5, "`nowhere`"),
        ("audit list --limit 0", 2, "--limit"),
        ("user sessions belka --limit 1000000000", 2, "--limit"),
    ] {
        let output = run(bad);
        assert_eq!(output.status.code(), Some(code), "{bad}: {}", errors(&output));
        assert!(errors(&output).contains(part), "{bad}: {}", errors(&output));
    }
    for good in [
        "user disable strelka",
        "user enable strelka",
        "user end-sessions strelka",
        "user reset-factors strelka",
        "grant remove strelka orders:read",
        "grant remove svc:depot orders:read",
        "role unassign strelka orders/clerk",
        "role delete orders/clerk",
        "service delete orders",
        "user delete strelka",
        "user erase strelka@example.com",
    ] {
        expect(&run(good), 0);
    }
    assert_eq!(run("user show strelka").status.code(), Some(5), "the name is free again");
    assert_eq!(json(&format!("user show {id}"))["status"], "deleted");
    let log = json("audit list --actor command-line");
    let mut found: Vec<_> =
        log.as_array().unwrap().iter().map(|e| e["action"].as_str().unwrap()).collect();
    let mut expected = vec![
        "service.created",
        "role.created",
        "user.created",
        "role.assigned",
        "user.created",
        "role.assigned",
        "permission.granted",
        "service_account.created",
        "permission.granted",
        "token.minted",
        "invitation.created",
        "user.disabled",
        "user.enabled",
        "user.sessions_ended",
        "permission.withdrawn",
        "permission.withdrawn",
        "role.unassigned",
        "role.deleted",
        "service.deleted",
        "user.deleted",
        "user.erased",
    ];
    // Of two in one second the log keeps no order.
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    let lines = expect(&run("audit list --action user.disabled"), 0);
    assert!(lines.contains("command-line\tuser.disabled"), "{lines}");
    // An event, and no action: nothing would ever be found.
    let output = run("audit list --action user.login");
    assert_eq!(output.status.code(), Some(2));
    assert!(errors(&output).contains("user.registered"), "{}", errors(&output));
    let help = expect(&run("audit list --help"), 0);
    for action in Action::ALL {
        assert!(help.contains(&format!("- {action}:")), "{action}: {help}");
    }
    for command in ["user", "role", "service", "grant", "audit", "key"] {
        let help = expect(&run(&format!("{command} --help")), 0);
        assert!(help.contains("Examples:"), "{help}");
    }
}

#[test]
fn whatever_is_printed_is_printed_as_json_too() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &str| run(folder.path(), arguments);
    let json = |arguments: &str| json(folder.path(), arguments);
    let begins = |value: &Value, start: &str| value.as_str().unwrap().starts_with(start);
    let user = json("user create belka --email belka@example.com");
    assert_eq!((&user["username"], &user["status"]), (&"belka".into(), &"active".into()));
    assert_eq!(json("user show belka")["id"], user["id"]);
    for command in ["service-account create depot", "service-account rotate depot"] {
        let made = json(command);
        assert_eq!(made["name"], "depot");
        assert!(begins(&made["secret"], "laika_"), "{made}");
    }
    for command in ["client create shop --confidential", "client rotate shop"] {
        let made = json(command);
        assert_eq!(made["client_id"], "shop");
        assert!(begins(&made["secret"], "laika_"), "{made}");
    }
    assert_eq!(json("client create page")["secret"], Value::Null);
    let hook = json("hook create https://hooks.example.com/ --event user.created");
    assert!(begins(&hook["secret"], "whsec_"), "{hook}");
    let id = hook["id"].as_str().unwrap();
    assert_eq!(json("hook list")[0]["id"], id);
    assert!(begins(&json(&format!("hook rotate {id}"))["secret"], "whsec_"));
    assert_eq!(json(&format!("hook repeat {id}"))["events"], 0);
    expect(&run("service create storage"), 0);
    let secret = json("service provider-secret storage")["secret"].clone();
    assert!(begins(&secret, "whsec_"), "{secret}");
    let next = expect(&run("service provider-secret storage --overlap 60"), 0);
    assert!(next.starts_with("whsec_") && secret != next.trim(), "{next}");
    let log = json("audit list --action service.provider_secret_rotated");
    assert_eq!(log[0]["after"]["overlap"], 60, "{log}");
    for (bad, part) in [
        ("hook create https://hooks.example.com/ --event user.sneezed", "user.created"),
        ("hook deliveries nobody", "`nobody`"),
        ("hook repeat nobody", "`nobody`"),
        ("service provider-secret nowhere", "`nowhere`"),
        ("service provider-secret storage --overlap 604801", "overlap"),
    ] {
        let output = run(bad);
        assert_eq!(output.status.code(), Some(5), "{bad}: {}", errors(&output));
        assert!(errors(&output).contains(part), "{bad}: {}", errors(&output));
    }
}

#[test]
fn what_is_written_again_keeps_what_is_not_said() {
    let folder = tempfile::tempdir().unwrap();
    let seed = r#"
[[services]]
name = "news"
audience = "https://news.example.com"
token_lifetime = 300
algorithm = "EdDSA"
permissions = ["news:read"]
claim_template = { edition = "evening" }
stale = false
anonymous = { permissions = ["news:read"], token_lifetime = 120 }

[[roles]]
name = "reader"
service = "news"
level = 90
description = "Reads"
permissions = ["news:read"]
"#;
    std::fs::write(folder.path().join("seed.toml"), seed).unwrap();
    expect(&laika(folder.path(), &["import", "seed.toml"], ""), 0);
    let run = |arguments: &str| run(folder.path(), arguments);
    let json = |arguments: &str| json(folder.path(), arguments);
    expect(&run("service create news --permission news:read --permission news:write"), 0);
    let shown = json("service show news");
    assert_eq!(shown["permissions"], serde_json::json!(["news:read", "news:write"]));
    assert_eq!(shown["audience"], "https://news.example.com");
    assert_eq!((&shown["token_lifetime"], &shown["algorithm"]), (&300.into(), &"EdDSA".into()));
    assert_eq!(shown["claim_template"]["edition"], "evening");
    assert_eq!(shown["stale"], false);
    assert_eq!(shown["anonymous"]["token_lifetime"], 120);

    expect(&run("role create news/reader --level 80"), 0);
    let role = json("role show news/reader");
    assert_eq!((&role["level"], &role["description"]), (&80.into(), &"Reads".into()));
    assert_eq!(role["permissions"], serde_json::json!(["news:read"]));
    expect(&run("role create news/reader --no-permissions"), 0);
    let role = json("role show news/reader");
    assert_eq!((&role["level"], &role["permissions"]), (&80.into(), &serde_json::json!([])));
    let new = run("role create news/writer");
    assert_eq!(new.status.code(), Some(5), "{}", errors(&new));
    assert!(errors(&new).contains("`--level`"), "{}", errors(&new));
}
