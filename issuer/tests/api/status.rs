//! Status lists: which slot a token names, what its list says, and when a slot is given away.

use axum::body::Body;
use axum::http::Request;
use laika_issuer::{background, status};
use laika_verifier::ErrorCode;
use laika_verifier::status::{Status, StatusList};
use serde_json::{Value, json};

use crate::oauth2::{account, interrupt, own_token};
use crate::support::{Answer, Issuer, PUBLIC_URL, claims, header};
use crate::verifiers::Service;

/// Where a token's list is, and which place in it is the token's.
pub(crate) fn slot(token: &str) -> (String, u64) {
    let reference = &claims(token)["status"]["status_list"];
    let uri = reference["uri"].as_str().unwrap();
    (uri.strip_prefix(PUBLIC_URL).unwrap().to_owned(), reference["idx"].as_u64().unwrap())
}

pub(crate) async fn mint(issuer: &Issuer, main: &str) -> String {
    issuer.micro(main, "orders").await.text_of("micro_token")
}

/// What the list says of a token a second from now.
pub(crate) async fn status_of(issuer: &Issuer, token: &str) -> Status {
    issuer.clock.advance(1);
    let (path, index) = slot(token);
    read(&issuer.get(&path, None).await).get(index).unwrap()
}

/// The list in an answer.
fn read(answer: &Answer) -> StatusList {
    use base64::Engine as _;
    let list = &claims(&answer.text)["status_list"];
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(list["lst"].as_str().unwrap())
        .unwrap();
    let bytes = miniz_oxide::inflate::decompress_to_vec_zlib(&bytes).unwrap();
    assert_eq!(bytes.len(), 16 * 1024);
    StatusList::new(u8::try_from(list["bits"].as_u64().unwrap()).unwrap(), bytes).unwrap()
}

async fn rows(issuer: &Issuer) -> Vec<(i64, i64)> {
    let mut connection = issuer.app.db.read().await.unwrap();
    sqlx::query_as("SELECT idx, expires_at FROM status_slots ORDER BY taken_at, idx")
        .fetch_all(&mut *connection)
        .await
        .unwrap()
}

pub(crate) const WEAKER: &str = "[[roles]]\nname = \"clerk\"\nservice = \"orders\"\nlevel = 50\n\
    permissions = [\"orders:read\"]";

#[tokio::test]
async fn tokens_of_a_session_share_a_slot_and_sessions_do_not() {
    let issuer = Issuer::start().await;
    let (one, other) = (issuer.log_in().await, issuer.log_in().await);
    let first = mint(&issuer, &one).await;
    assert!(slot(&first).0.starts_with("/status/RS256/"), "{first}");
    assert_eq!(slot(&mint(&issuer, &one).await), slot(&first));
    assert_ne!(slot(&mint(&issuer, &other).await), slot(&first));
    let billing = issuer.micro(&one, "billing").await.text_of("micro_token");
    assert!(slot(&billing).0.starts_with("/status/EdDSA/"), "whoever checks it can check its list");
    assert_eq!(rows(&issuer).await.len(), 3);
}

#[tokio::test]
async fn a_session_writes_its_slot_once_an_hour_at_most() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    mint(&issuer, &main).await;
    let mut seen = rows(&issuer).await;
    for _ in 0..35 {
        issuer.clock.advance(120);
        // By renewing now and then, as clients do.
        issuer.micro(&main, "orders").await;
        let now = rows(&issuer).await;
        assert_eq!(now.len(), 1);
        if seen.last() != now.last() {
            seen.extend(now);
        }
    }
    assert!(seen.len() <= 3, "{seen:?}");
}

#[tokio::test]
async fn what_a_session_has_lost_shows_in_its_list() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let token = mint(&issuer, &main).await;
    assert_eq!(status_of(&issuer, &token).await, Status::Valid);
    issuer.import(WEAKER).await;
    assert_eq!(status_of(&issuer, &token).await, Status::Stale);
    let renewed = mint(&issuer, &main).await;
    assert_ne!(slot(&renewed), slot(&token));
    assert_eq!(status_of(&issuer, &renewed).await, Status::Valid);
    assert_eq!(claims(&renewed)["permissions"], json!(["orders:read"]));
    issuer.import(WEAKER).await;
    assert_eq!(status_of(&issuer, &renewed).await, Status::Valid, "nothing was lost");

    issuer.log_out(&main).await.expect(204);
    assert_eq!(status_of(&issuer, &renewed).await, Status::Revoked);
    assert_eq!(status_of(&issuer, &token).await, Status::Revoked, "revoked is more than stale");
    let user = claims(&token)["sub"].as_str().unwrap().parse().unwrap();
    let mut tx = issuer.app.db.write().await.unwrap();
    status::user_lost(&mut tx, user).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(status_of(&issuer, &renewed).await, Status::Revoked, "and is not weakened");
}

#[tokio::test]
async fn a_verifier_refuses_within_ten_seconds() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let mut service = Service::of("orders");
    let token = mint(&issuer, &main).await;
    service.judge(&issuer, &token).await.unwrap();
    issuer.import(WEAKER).await;
    issuer.clock.advance(9);
    assert_eq!(service.judge(&issuer, &token).await.unwrap_err(), ErrorCode::Stale);
    let token = mint(&issuer, &main).await;
    service.judge(&issuer, &token).await.unwrap();
    issuer.log_out(&main).await.expect(204);
    issuer.clock.advance(9);
    assert_eq!(service.judge(&issuer, &token).await.unwrap_err(), ErrorCode::Revoked);
}

#[tokio::test]
async fn a_list_is_signed_revalidated_and_open_to_every_origin() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let token = mint(&issuer, &main).await;
    let (path, _) = slot(&token);
    let answer = issuer.get(&path, None).await;
    assert_eq!(answer.header("content-type"), "application/statuslist+jwt");
    assert_eq!(answer.header("cache-control"), "no-cache");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(header(&answer.text)["typ"], "statuslist+jwt");
    assert_eq!(header(&answer.text)["kid"], header(&token)["kid"]);
    let list = claims(&answer.text);
    assert_eq!(list["sub"], format!("{PUBLIC_URL}{path}"));
    assert_eq!(list["iss"], PUBLIC_URL);
    assert_eq!(list["exp"].as_i64().unwrap() - list["iat"].as_i64().unwrap(), 600);
    let tag = answer.header("etag").to_owned();
    let again = Request::get(&path).header("if-none-match", tag).body(Body::empty()).unwrap();
    assert_eq!(issuer.call(again).await.status, 304);
    for unknown in [
        "/status/RS256/1",
        "/status/ES256/0",
        "/status/RS256/00",
        "/status/RS256/-1",
        "/status/RS256/+0",
        "/status/RS256/99999999999999999999",
        "/status/rs256/0",
        "/status/none/0",
    ] {
        issuer.get(unknown, None).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_list_never_goes_back_in_time() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let (path, _) = slot(&mint(&issuer, &main).await);
    let issued = |answer: &Answer| claims(&answer.text)["iat"].as_i64().unwrap();
    let first = issued(&issuer.get(&path, None).await);
    // The wall clock is set back; the monotonic one of a real machine would go on.
    issuer.clock.advance(-100);
    assert_eq!(issued(&issuer.get(&path, None).await), first);
    issuer.clock.advance(102);
    assert_eq!(issued(&issuer.get(&path, None).await), first + 2);
}

#[tokio::test]
async fn a_slot_is_given_away_only_when_nobody_can_ask_for_it() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let token = mint(&issuer, &main).await;
    issuer.log_out(&main).await.expect(204);
    let (_, expires_at) = rows(&issuer).await[0];
    let exp = claims(&token)["exp"].as_i64().unwrap();
    assert!(expires_at >= exp);
    // Its last token has expired, and the last list that says so, and a minute for clocks.
    issuer.clock.advance(expires_at + 660 - issuer.app.clock.now());
    background::run_all(&issuer.app).await.unwrap();
    assert_eq!(status_of(&issuer, &token).await, Status::Revoked);
    issuer.clock.advance(1);
    background::run_all(&issuer.app).await.unwrap();
    assert_eq!(rows(&issuer).await, []);
}

#[tokio::test]
async fn a_service_account_that_is_enabled_again_goes_on_with_another_slot() {
    let issuer = Issuer::start().await;
    issuer.import("[[services]]\nname = \"quiet\"\nstale = false").await;
    let secret = account(&issuer, "depot", None, &["orders/clerk"]).await;
    let mint = async |service: &str| {
        own_token(&issuer, ("depot", &secret), service).await.text_of("access_token")
    };
    for service in ["quiet", "orders", "unheard-of"] {
        let mut before = mint(service).await;
        // More than once: what is left over is in nobody's way.
        for _ in 0..3 {
            interrupt(&issuer, "depot").await;
            let after = mint(service).await;
            assert_ne!(slot(&before), slot(&after), "{service}");
            assert_eq!(status_of(&issuer, &before).await, Status::Revoked, "{service}");
            assert_eq!(status_of(&issuer, &after).await, Status::Valid, "{service}");
            before = after;
        }
    }
}

#[tokio::test]
async fn what_is_lost_shows_in_tokens_for_services_that_are_not_registered() {
    let issuer = Issuer::start().await;
    let boss = |level| format!("[[roles]]\nname = \"boss\"\nlevel = {level}\n");
    let user = "[[users]]\nusername = \"laika\"\nemail = \"laika@example.com\"\n\
        password = \"first in orbit 1957\"\nroles = [\"boss\"]";
    issuer.import(&(boss(30) + user)).await;
    let main = issuer.log_in().await;
    let token = issuer.micro(&main, "unheard-of").await.text_of("micro_token");
    assert_eq!(claims(&token)["level"], 30);
    issuer.import(&boss(40)).await;
    assert_eq!(status_of(&issuer, &token).await, Status::Stale);
}

#[tokio::test]
async fn a_full_shard_is_left_for_the_next() {
    let issuer = Issuer::start().await;
    fill(&issuer, 62_000).await;
    let mut shards = Vec::<String>::new();
    for _ in 0..6 {
        let main = issuer.log_in().await;
        shards.push(slot(&mint(&issuer, &main).await).0);
    }
    assert!(shards.contains(&"/status/RS256/1".to_owned()), "{shards:?}");
    let list = issuer.get("/status/RS256/0", None).await;
    assert!(list.text.len() < 64 * 1024, "{}", list.text.len());
    let list = read(&list);
    let marked = (0..65_536).filter(|index| list.get(*index) != Some(Status::Valid)).count();
    assert_eq!(marked, 41_333, "two of three");
}

/// Takes the first slots of the first shard, of which two of three are marked.
async fn fill(issuer: &Issuer, count: i64) {
    let mut tx = issuer.app.db.write().await.unwrap();
    sqlx::query(
        "WITH RECURSIVE n(i) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n \
         WHERE i + 1 < $1) \
         INSERT INTO status_slots (family, shard, idx, holder, subject, epoch, state, taken_at, \
         expires_at) SELECT 'RS256', 0, i, 'h' || i, 'user:' || i, 0, \
         CASE i % 3 WHEN 0 THEN 0 WHEN 1 THEN 1 ELSE 3 END, 0, 9000000000 FROM n",
    )
    .bind(count)
    .execute(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_token_says_nothing_else_than_before_but_for_its_slot() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let claims = claims(&mint(&issuer, &main).await);
    let names: Vec<&str> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    assert!(names.contains(&"status"));
    let reference = claims["status"].as_object().unwrap();
    assert_eq!(reference.keys().collect::<Vec<_>>(), ["status_list"]);
    assert!(matches!(reference["status_list"]["idx"], Value::Number(_)));
}
