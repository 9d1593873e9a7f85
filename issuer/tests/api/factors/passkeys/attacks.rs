//! Attacks on passkeys, each by its name.

use serde_json::{Value, json};

use super::authenticator::{Authenticator, PRESENT, VERIFIED};
use super::{
    ORIGIN, ask_second_factor, ask_step_up, audited, begin, confirm, enrol, finish, offer, sign_in,
    start,
};
use crate::accounts::register;
use crate::factors::{first_step, second_step, step_up};

#[tokio::test]
async fn a_replayed_assertion_opens_nothing_on_any_replica() {
    let issuer = start().await;
    let replica = issuer.replica().await;
    let main = register(&issuer, "belka").await;
    let (mut passkey, _, _) = enrol(&issuer, &main).await;
    let credential = passkey.get(&begin(&issuer).await);
    finish(&issuer, credential.clone()).await.expect(201);
    finish(&issuer, credential.clone()).await.problem(422, "code_invalid");
    finish(&replica, credential).await.problem(422, "code_invalid");
    // Brought at once, by a passkey that does not count.
    passkey.count = 0;
    let mut tx = issuer.app.db.write().await.unwrap();
    sqlx::query("UPDATE passkeys SET sign_count = 0").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    for _ in 0..3 {
        let credential = passkey.get(&begin(&issuer).await);
        let both = (finish(&issuer, credential.clone()), finish(&replica, credential));
        let both = tokio::join!(both.0, both.1);
        let mut statuses = [both.0.status.as_u16(), both.1.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 422], "{} {}", both.0.text, both.1.text);
    }
}

#[tokio::test]
async fn a_challenge_that_has_expired_or_was_never_made_is_none() {
    let issuer = start().await;
    let main = register(&issuer, "belka").await;
    let (mut passkey, _, _) = enrol(&issuer, &main).await;
    let mut options = begin(&issuer).await;
    issuer.clock.advance(299);
    finish(&issuer, passkey.get(&options)).await.expect(201);
    options = begin(&issuer).await;
    issuer.clock.advance(300);
    finish(&issuer, passkey.get(&options)).await.problem(422, "code_invalid");
    options["challenge"] = json!("A".repeat(43));
    finish(&issuer, passkey.get(&options)).await.problem(422, "code_invalid");
}

#[tokio::test]
async fn a_challenge_of_one_ceremony_is_none_of_another() {
    let issuer = start().await;
    let main = register(&issuer, "belka").await;
    let (mut passkey, _, _) = enrol(&issuer, &main).await;
    let id = first_step(&issuer, "belka").await;
    let waits = ask_second_factor(&issuer, &id).await;
    let steps_up = ask_step_up(&issuer, &main).await;
    let signs_in = begin(&issuer).await;
    // An offer's challenge, in the options of a sign-in.
    let offered = offer(&issuer, &main).await.expect(200);
    let enrols = json!({ "rpId": "localhost",
                         "challenge": offered["public_key"]["challenge"] });
    for options in [&waits, &steps_up, &enrols] {
        finish(&issuer, passkey.get(options)).await.problem(422, "code_invalid");
    }
    for options in [&signs_in, &steps_up, &enrols] {
        let body = json!({ "id": id, "passkey": passkey.get(options) });
        second_step(&issuer, body).await.problem(422, "code_invalid");
    }
    for options in [&signs_in, &waits, &enrols] {
        let body = json!({ "passkey": passkey.get(options) });
        step_up(&issuer, &main, body).await.problem(422, "code_invalid");
    }
    let mut other = Authenticator::new(ORIGIN);
    let mut options = offered["public_key"].clone();
    for challenge in [&signs_in, &waits, &steps_up] {
        options["challenge"] = challenge["challenge"].clone();
        let credential = other.create(&options);
        confirm(&issuer, &main, credential).await.problem(422, "code_invalid");
    }
    // A use is no new passkey, and a new passkey no use.
    let use_as_new = other.get_with(&enrols, |_| {});
    let mut credential = other.create(&offered["public_key"]);
    credential["response"]["clientDataJSON"] = use_as_new["response"]["clientDataJSON"].clone();
    confirm(&issuer, &main, credential).await.problem(422, "fields_invalid");
    let new = |said: &mut super::authenticator::Saying| {
        said.client_data.insert("type".to_owned(), json!("webauthn.create"));
    };
    finish(&issuer, passkey.get_with(&signs_in, new)).await.problem(401, "credentials_invalid");
    // None of that used up what was theirs.
    finish(&issuer, passkey.get(&signs_in)).await.expect(201);
}

#[tokio::test]
async fn a_challenge_of_somebody_else_is_none_of_mine() {
    let issuer = start().await;
    let belka = register(&issuer, "belka").await;
    let strelka = register(&issuer, "strelka").await;
    let (mut passkey, _, _) = enrol(&issuer, &belka).await;
    let (mut theirs, _, _) = enrol(&issuer, &strelka).await;
    // A passkey of a thief under the name of somebody else.
    let options = offer(&issuer, &belka).await.expect(200)["public_key"].clone();
    let mut planted = Authenticator::new(ORIGIN);
    let credential = planted.create(&options);
    confirm(&issuer, &strelka, credential).await.problem(422, "code_invalid");
    // Their step-up and their log-in, by a challenge of mine.
    let mine = ask_step_up(&issuer, &belka).await;
    let body = json!({ "passkey": theirs.get(&mine) });
    step_up(&issuer, &strelka, body).await.problem(422, "code_invalid");
    let (one, other) = (first_step(&issuer, "belka").await, first_step(&issuer, "strelka").await);
    let mine = ask_second_factor(&issuer, &one).await;
    let body = json!({ "id": other, "passkey": passkey.get(&mine) });
    second_step(&issuer, body).await.problem(422, "code_invalid");
}

#[tokio::test]
async fn a_passkey_of_somebody_else_is_none_of_mine() {
    let issuer = start().await;
    let belka = register(&issuer, "belka").await;
    let strelka = register(&issuer, "strelka").await;
    enrol(&issuer, &belka).await;
    let (mut theirs, _, _) = enrol(&issuer, &strelka).await;
    let id = first_step(&issuer, "belka").await;
    let options = ask_second_factor(&issuer, &id).await;
    let body = json!({ "id": id, "passkey": theirs.get(&options) });
    second_step(&issuer, body).await.problem(401, "credentials_invalid");
    let options = ask_step_up(&issuer, &belka).await;
    let body = json!({ "passkey": theirs.get(&options) });
    step_up(&issuer, &belka, body).await.problem(401, "credentials_invalid");
}

#[tokio::test]
async fn what_was_signed_elsewhere_by_nobody_or_by_another_opens_nothing() {
    let issuer = start().await;
    let main = register(&issuer, "belka").await;
    let (mut passkey, _, _) = enrol(&issuer, &main).await;
    let mut other = Authenticator::new(ORIGIN);
    let refused = async |credential: Value| {
        finish(&issuer, credential).await.problem(401, "credentials_invalid")
    };
    let options = begin(&issuer).await;
    let elsewhere = |said: &mut super::authenticator::Saying| {
        said.client_data.insert("origin".to_owned(), json!("https://1ocalhost.example"));
    };
    let said = [
        refused(passkey.get_with(&options, elsewhere)).await,
        refused(passkey.get_with(&options, |said| said.rp_id = "example.org".to_owned())).await,
        refused(passkey.get_with(&options, |said| said.flags &= !VERIFIED)).await,
        refused(passkey.get_with(&options, |said| said.flags &= !PRESENT)).await,
        // Unknown, and by another key under the id of one that is known.
        {
            other.create(&offer(&issuer, &main).await.expect(200)["public_key"]);
            refused(other.get(&begin(&issuer).await)).await
        },
        {
            other.id.clone_from(&passkey.id);
            refused(other.get(&begin(&issuer).await)).await
        },
    ];
    // One answer for all of it.
    assert!(said.iter().all(|answer| answer["detail"] == said[0]["detail"]), "{said:?}");
    for handle in [json!(null), json!(""), json!("AAAAAAAAAAAAAAAAAAAAAA")] {
        let mut credential = passkey.get(&begin(&issuer).await);
        credential["response"]["userHandle"] = handle;
        refused(credential).await;
    }
    sign_in(&issuer, &mut passkey).await.expect(201);
}

#[tokio::test]
async fn a_cloned_passkey_whose_counter_goes_back_is_refused_and_noted() {
    let issuer = start().await;
    let main = register(&issuer, "belka").await;
    let (mut passkey, _, _) = enrol(&issuer, &main).await;
    passkey.count = 10;
    sign_in(&issuer, &mut passkey).await.expect(201);
    let mut seen = 0;
    for count in [11, 5, 0] {
        let options = begin(&issuer).await;
        let cloned = passkey.get_with(&options, |said| said.count = count);
        finish(&issuer, cloned).await.problem(401, "credentials_invalid");
        seen += 1;
        assert_eq!(audited(&issuer, "passkey.count_refused").await, seen);
    }
    // Also as a second step, where the log-in that waits is not ended by it.
    let id = first_step(&issuer, "belka").await;
    let options = ask_second_factor(&issuer, &id).await;
    let cloned = passkey.get_with(&options, |said| said.count = 3);
    let answer = second_step(&issuer, json!({ "id": id, "passkey": cloned })).await;
    answer.problem(401, "credentials_invalid");
    assert_eq!(audited(&issuer, "passkey.count_refused").await, 4);
    passkey.count = 20;
    sign_in(&issuer, &mut passkey).await.expect(201);
}

#[tokio::test]
async fn a_passkey_of_a_closed_account_opens_nothing() {
    let issuer = start().await;
    let main = register(&issuer, "belka").await;
    let (mut passkey, _, _) = enrol(&issuer, &main).await;
    for status in ["disabled", "deleted"] {
        let mut tx = issuer.app.db.write().await.unwrap();
        sqlx::query("UPDATE users SET status = $1 WHERE username = 'belka'")
            .bind(status)
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        sign_in(&issuer, &mut passkey).await.problem(401, "credentials_invalid");
    }
}
