//! The last administrator of level 0 can't be removed, by no way and not by two at once.

use axum::http::Method;
use laika_issuer::admin::{self, Act};
use laika_issuer::db;
use laika_issuer::db::users::UserStatus;
use laika_issuer::problem::Problem;
use serde_json::json;
use uuid::Uuid;

use super::stage::{Person, of_level, person, role, root};
use crate::support::Issuer;

/// The ways in which an operator can take an administrator away.
#[derive(Debug, Clone, Copy)]
enum Way {
    Disable,
    Delete,
    Erase,
    Unassign,
}

const WAYS: [Way; 4] = [Way::Disable, Way::Delete, Way::Erase, Way::Unassign];

async fn take(issuer: &Issuer, user: Uuid, way: Way) -> Result<(), Problem> {
    let mut act = Act::of_operator(&issuer.app).await?;
    match way {
        Way::Disable => admin::users::disable(&mut act, user).await?,
        Way::Delete => admin::users::delete(&mut act, user).await?,
        Way::Erase => admin::users::erase(&mut act, user).await?,
        Way::Unassign => admin::roles::unassign(&mut act, user, "administrator").await?,
    }
    act.commit().await
}

#[tokio::test]
async fn no_way_removes_the_last_one_and_every_way_removes_one_of_two() {
    for way in WAYS {
        let issuer = Issuer::start().await;
        let (one, two) = (root(&issuer).await, root(&issuer).await);
        take(&issuer, one.id, way).await.unwrap();
        for way in WAYS {
            let problem = take(&issuer, two.id, way).await.unwrap_err();
            assert_eq!(problem.code.as_str(), "conflict", "{way:?}");
        }
        two.get(&issuer, "/users").await.expect(200);
    }
}

#[tokio::test]
async fn the_role_of_the_last_one_is_neither_removed_nor_weakened() {
    let issuer = Issuer::start().await;
    let last = root(&issuer).await;
    // Somebody who is disabled is nobody to rely on.
    let other = root(&issuer).await;
    take(&issuer, other.id, Way::Disable).await.unwrap();
    let weaken = || async {
        let mut act = Act::of_operator(&issuer.app).await.unwrap();
        let change = admin::roles::Change { level: Some(1), ..admin::roles::Change::default() };
        admin::roles::change(&mut act, "administrator", change).await?;
        act.commit().await
    };
    let remove = || async {
        let mut act = Act::of_operator(&issuer.app).await.unwrap();
        admin::roles::delete(&mut act, "administrator").await?;
        act.commit().await
    };
    assert_eq!(weaken().await.unwrap_err().code.as_str(), "conflict");
    assert_eq!(remove().await.unwrap_err().code.as_str(), "conflict");
    last.get(&issuer, "/users").await.expect(200);
    // With another such role in other hands it is one among two.
    of_level(&issuer, 0).await;
    weaken().await.unwrap();
    remove().await.unwrap();
    last.get(&issuer, "/users").await.problem(403, "not_permitted");
}

#[tokio::test]
async fn two_roles_in_one_hand_are_still_one_administrator() {
    let issuer = Issuer::start().await;
    role(&issuer, "second", 0, &[]).await;
    let last = person(&issuer, &["administrator", "second"]).await;
    // One of the two may go, the person stays at level 0.
    take(&issuer, last.id, Way::Unassign).await.unwrap();
    let mut act = Act::of_operator(&issuer.app).await.unwrap();
    let problem = admin::roles::unassign(&mut act, last.id, "second").await.unwrap_err();
    assert_eq!(problem.code.as_str(), "conflict");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_who_remove_each_other_at_once() {
    let issuer = Issuer::start().await;
    for (first, second) in [
        (Way::Disable, Way::Disable),
        (Way::Delete, Way::Unassign),
        (Way::Erase, Way::Disable),
        (Way::Unassign, Way::Unassign),
    ] {
        let (one, two) = (root(&issuer).await, root(&issuer).await);
        let (a, b) = tokio::join!(take(&issuer, one.id, first), take(&issuer, two.id, second));
        let results = [a.is_ok(), b.is_ok()];
        assert_eq!(results.iter().filter(|good| **good).count(), 1, "{first:?} {second:?}");
        let left = if a.is_ok() { &two } else { &one };
        left.get(&issuer, "/users").await.expect(200);
        // Out of the way of the next round.
        of_level(&issuer, 0).await;
        let mut tx = issuer.app.db.write().await.unwrap();
        db::roles::unassign(&mut tx, left.id, "administrator").await.unwrap();
        db::roles::delete(&mut tx, "level-0").await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// As somebody does who deletes their own account, in an ordinary transaction.
async fn leave(issuer: &Issuer, person: &Person) -> bool {
    let mut tx = issuer.app.db.write().await.unwrap();
    if db::roles::would_remove_last_administrator(&mut tx, person.id, None).await.unwrap() {
        return false;
    }
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    db::users::set_status(&mut tx, person.id, UserStatus::Deleted).await.unwrap();
    tx.commit().await.unwrap();
    true
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_who_leave_at_once() {
    let issuer = Issuer::start().await;
    let (one, two) = (root(&issuer).await, root(&issuer).await);
    let (a, b) = tokio::join!(leave(&issuer, &one), leave(&issuer, &two));
    assert!(a ^ b, "{a} {b}");
    // Others come and go as they like.
    assert!(leave(&issuer, &person(&issuer, &[]).await).await);
}

#[tokio::test]
async fn by_http_nobody_at_level_0_is_removed_at_all() {
    let issuer = Issuer::start().await;
    let (one, two) = (root(&issuer).await, root(&issuer).await);
    for target in [one.id, two.id] {
        let path = format!("/users/{target}");
        one.does(&issuer, Method::DELETE, &path).await.problem(403, "not_permitted");
    }
    let body = json!({ "level": 1 });
    let answer = one.sends(&issuer, Method::PATCH, "/roles/administrator", body).await;
    answer.problem(403, "not_permitted");
}
