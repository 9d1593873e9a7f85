//! Attacks by those who administer: each was possible in a system like this one.

use axum::http::Method;
use serde_json::json;

use super::stage::{epoch, of_level, person, role, root};
use crate::support::Issuer;

#[tokio::test]
async fn an_administrator_of_a_lower_level_can_not_make_himself_superadmin() {
    let issuer = Issuer::start().await;
    let admin = of_level(&issuer, 5).await;
    role(&issuer, "boss", 4, &[]).await;
    role(&issuer, "helper", 50, &[]).await;
    let friend = person(&issuer, &[]).await;
    // A role that is stronger, as strong, or even weaker: none for himself.
    for name in ["administrator", "boss", "level-5", "helper"] {
        admin.assigns(&issuer, admin.id, name).await.problem(403, "not_permitted");
    }
    // By way of a friend.
    for name in ["administrator", "boss", "level-5"] {
        admin.assigns(&issuer, friend.id, name).await.problem(403, "not_permitted");
    }
    // By a role of his own making, or by making one that he may touch stronger.
    for level in [0, 4, 5] {
        let body = json!({ "name": format!("mine-{level}"), "level": level });
        admin.sends(&issuer, Method::POST, "/roles", body).await.problem(403, "not_permitted");
        let body = json!({ "level": level });
        let answer = admin.sends(&issuer, Method::PATCH, "/roles/helper", body).await;
        answer.problem(403, "not_permitted");
        let body = json!({ "level": level });
        let answer = admin.sends(&issuer, Method::PATCH, "/roles/level-5", body).await;
        answer.problem(403, "not_permitted");
    }
    let own = issuer.get("/v1/me/roles", Some(&admin.main)).await.expect(200);
    assert_eq!((&own["level"], &own["administrates"]), (&json!(5), &json!(true)));
    assert_eq!(own["roles"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn nobody_hands_out_what_he_does_not_hold() {
    let issuer = Issuer::start().await;
    // Level 0 as well: strength is no permission.
    for level in [0, 5] {
        let admin = of_level(&issuer, level).await;
        let friend = person(&issuer, &[]).await;
        let clerk = format!("clerk-{level}");
        role(&issuer, &clerk, 50, &["orders:read"]).await;
        role(&issuer, "payer", 50, &["billing:pay"]).await;
        for permission in ["billing:pay", "billing:*", "*"] {
            let problem = admin.grants(&issuer, friend.id, permission).await;
            assert_eq!(problem.problem(403, "not_permitted")["missing"], json!([permission]));
            let permissions = ["orders:read", permission];
            let body = json!({ "name": "new", "level": 60, "permissions": permissions });
            admin.sends(&issuer, Method::POST, "/roles", body).await.problem(403, "not_permitted");
            let body = json!({ "permissions": permissions });
            let answer =
                admin.sends(&issuer, Method::PATCH, &format!("/roles/{clerk}"), body).await;
            answer.problem(403, "not_permitted");
        }
        // The permissions of a role count as what is granted by it.
        admin.assigns(&issuer, friend.id, "payer").await.problem(403, "not_permitted");
        let body = json!({ "level": 60 });
        let answer = admin.sends(&issuer, Method::PATCH, "/roles/payer", body).await;
        answer.problem(403, "not_permitted");
        // What he holds, he can give, and to take away needs no permission.
        admin.grants(&issuer, friend.id, "orders:read").await.expect(204);
        admin.assigns(&issuer, friend.id, &clerk).await.expect(204);
        let body = json!({ "permissions": [] });
        admin.sends(&issuer, Method::PATCH, "/roles/payer", body).await.expect(200);
        assert_eq!(friend.permissions(&issuer, "orders").await, json!(["orders:read"]));
        assert_eq!(friend.permissions(&issuer, "billing").await, json!([]));
    }
}

#[tokio::test]
async fn two_administrators_of_equal_level_against_each_other() {
    let issuer = Issuer::start().await;
    for level in [0, 7] {
        let (one, two) = (of_level(&issuer, level).await, of_level(&issuer, level).await);
        role(&issuer, "helper", 50, &[]).await;
        for (from, to) in [(&one, &two), (&two, &one)] {
            let user = format!("/users/{}", to.id);
            for (method, path) in [
                (Method::POST, format!("{user}/disable")),
                (Method::POST, format!("{user}/erase")),
                (Method::DELETE, user.clone()),
                (Method::DELETE, format!("{user}/sessions")),
                (Method::DELETE, format!("{user}/roles/level-{level}")),
                // By way of the role that makes the other one strong.
                (Method::DELETE, format!("/roles/level-{level}")),
            ] {
                from.does(&issuer, method, &path).await.problem(403, "not_permitted");
            }
            let body = json!({ "level": 1000 });
            let path = format!("/roles/level-{level}");
            from.sends(&issuer, Method::PATCH, &path, body).await.problem(403, "not_permitted");
            // Reading is no attack.
            assert_eq!(from.get(&issuer, &user).await.expect(200)["level"], level);
        }
        for person in [one, two] {
            person.get(&issuer, "/users").await.expect(200);
        }
    }
}

#[tokio::test]
async fn a_service_account_that_makes_itself_stronger() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    let body = json!({ "holder": "svc:depot", "permission": "orders:read" });
    // Nobody has made such an account, so nothing can be granted to it ahead of its making.
    root.sends(&issuer, Method::POST, "/grants", body).await.problem(404, "not_found");
    // What it could hold, a micro token, is worth nothing here.
    let micro = issuer.micro(&root.main, "orders").await.text_of("micro_token");
    let body = json!({ "holder": format!("user:{}", root.id), "permission": "orders:read" });
    issuer.post("/v1/admin/grants", Some(&micro), body).await.problem(401, "type_mismatch");
}

#[tokio::test]
async fn a_strong_role_of_a_service_makes_no_administrator() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    let body = json!({ "name": "orders/boss", "level": 0, "permissions": ["orders:*"] });
    root.sends(&issuer, Method::POST, "/roles", body).await.expect(201);
    let boss = person(&issuer, &["orders/boss"]).await;
    boss.get(&issuer, "/users").await.problem(403, "not_permitted");
}

#[tokio::test]
async fn a_page_size_of_0_minus_1_or_a_billion() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    let user = root.id;
    for path in [
        "/users".to_owned(),
        "/roles".to_owned(),
        "/roles/user/users".to_owned(),
        "/services".to_owned(),
        "/grants".to_owned(),
        "/audit".to_owned(),
        format!("/users/{user}/sessions"),
        format!("/users/{user}/grants"),
    ] {
        for bad in ["0", "-1", "101", "1000000000", "9223372036854775808", "x", ""] {
            let answer = root.get(&issuer, &format!("{path}?limit={bad}")).await;
            answer.problem(422, "fields_invalid");
        }
        for bad in ["%00", "x", "1.x", "'%20OR%201=1"] {
            let answer = root.get(&issuer, &format!("{path}?cursor={bad}")).await;
            assert!([200, 422].contains(&answer.status.as_u16()), "{path} {bad}: {}", answer.text);
        }
        root.get(&issuer, &format!("{path}?limit=100")).await.expect(200);
        root.get(&issuer, &format!("{path}?page=2")).await.problem(422, "fields_invalid");
    }
}

#[tokio::test]
async fn a_description_is_text_and_is_never_interpreted() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    let script = "<script>alert(1)</script>\n<img src=x onerror=alert(1)>";
    let body = json!({ "name": "clerk", "level": 50, "description": script });
    root.sends(&issuer, Method::POST, "/roles", body).await.expect(201);
    let answer = root.get(&issuer, "/roles/clerk").await;
    assert_eq!(answer.expect(200)["description"], script, "kept as it was written");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    for bad in ["a\u{0}b", "a\u{1b}[2Jb", &"x".repeat(501)] {
        let body = json!({ "description": bad });
        let answer = root.sends(&issuer, Method::PATCH, "/roles/clerk", body).await;
        assert_eq!(answer.problem(422, "fields_invalid")["fields"][0]["field"], "description");
    }
}

#[tokio::test]
async fn names_that_nothing_can_have_reach_no_query() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    let user = root.id;
    for path in [
        "/users/laika".to_owned(),
        "/users/%00".to_owned(),
        "/users/%ff".to_owned(),
        "/roles/%00".to_owned(),
        "/roles/A".to_owned(),
        "/roles/..%2F..".to_owned(),
        "/services/%00".to_owned(),
        "/services/%ff".to_owned(),
        format!("/users/{user}x/roles"),
    ] {
        root.get(&issuer, &path).await.problem(404, "not_found");
    }
    for query in
        ["/users?username=%00", "/users?prefix=%00", "/audit?actor=%00", "/grants?holder=%00"]
    {
        root.get(&issuer, query).await.problem(422, "fields_invalid");
    }
}

#[tokio::test]
async fn a_role_that_shrinks_while_it_is_given_misses_no_new_holder() {
    for _ in 0..5 {
        let issuer = Issuer::start().await;
        let root = root(&issuer).await;
        role(&issuer, "clerk", 50, &["orders:read"]).await;
        let newcomer = person(&issuer, &[]).await;
        let mut tx = issuer.app.db.write().await.unwrap();
        laika_issuer::db::roles::assign(&mut tx, newcomer.id, "clerk", 0).await.unwrap();
        let body = json!({ "permissions": [] });
        // The change begins while the giving is not committed, and must wait for it.
        let shrink = root.sends(&issuer, Method::PATCH, "/roles/clerk", body);
        let give = async {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            tx.commit().await.unwrap();
        };
        let (answer, ()) = tokio::join!(shrink, give);
        answer.expect(200);
        assert_eq!(epoch(&issuer, newcomer.id).await, 1, "their tokens are stale");
    }
}
