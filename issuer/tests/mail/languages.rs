//! Mails in the language of whoever asks, as text and page; and what comes back.

use axum::body::Body;
use axum::http::Request;
use laika_issuer::mail;
use serde_json::{Value, json};

use crate::post::{issuer, issuer_at, only_mail, register, registered, registration};
use crate::sink::Sink;
use crate::support::{Answer, Issuer};

async fn asks(issuer: &Issuer, path: &str, language: &str, body: &Value) -> Answer {
    let request = Request::post(path)
        .header("content-type", "application/json")
        .header("accept-language", language)
        .body(Body::from(body.to_string()))
        .unwrap();
    issuer.call(request).await
}

#[tokio::test]
async fn a_mail_is_in_the_language_of_whoever_asks_with_a_text_and_a_page() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    let body = registration("belka", "belka@example.com");
    asks(&issuer, "/v1/users", "de-AT, en;q=0.5", &body).await.expect(202);
    let mail = only_mail(&issuer, &sink).await;
    assert_eq!(mail.subject, "Bestätige deine E-Mail-Adresse");
    assert!(mail.body.contains("Hallo belka,"), "{}", mail.body);
    let code = mail.code("verify");
    let html = mail.whole["html"].as_str().unwrap();
    assert!(html.contains(&format!("href=\"http://127.0.0.1:8080/#verify={code}\"")), "{html}");
    let content = mail.whole["headers"].as_array().unwrap().iter();
    let content: Vec<_> = content.filter(|header| header[0] == "Content-Type").collect();
    assert!(content[0][1].as_str().unwrap().starts_with("multipart/alternative"), "{content:?}");
    for (language, subject) in
        [("fr", "Confirm your e-mail address"), ("de", "Bestätige deine E-Mail-Adresse")]
    {
        let body = json!({ "email": "belka@example.com" });
        asks(&issuer, "/v1/email/resend", language, &body).await.expect(202);
        assert_eq!(only_mail(&issuer, &sink).await.subject, subject);
    }
}

#[tokio::test]
async fn links_in_mails_lead_to_the_configured_address_whatever_host_is_asked() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    let main = registered(&issuer, &sink, "belka", "belka@example.com").await;
    drop(main);
    let request = Request::post("/v1/password/forgot")
        .header("content-type", "application/json")
        .header("host", "localhost:9999")
        .header("x-forwarded-host", "evil.example.com")
        .header("forwarded", "host=evil.example.com")
        .body(Body::from(json!({ "email": "belka@example.com" }).to_string()))
        .unwrap();
    issuer.call(request).await.expect(202);
    let mail = only_mail(&issuer, &sink).await;
    mail.code("reset");
    for text in [&mail.body, mail.whole["html"].as_str().unwrap()] {
        assert!(!text.contains("evil") && !text.contains("9999"), "{text}");
    }
}

#[tokio::test]
async fn files_replace_a_mail_from_the_next_one_on() {
    let sink = Sink::start();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("fr")).unwrap();
    let path = folder.path().join("fr/confirm_registration.txt");
    std::fs::write(&path, "Subject: Bienvenue\n\nBonjour {{username}}:\n\n{{link}}\n").unwrap();
    let templates = folder.path().display().to_string();
    let more = [("LAIKA_MAIL_TEMPLATES", templates.as_str()), ("LAIKA_MAIL_LANGUAGE", "fr")];
    let issuer = issuer_at(&format!("smtp://127.0.0.1:{}", sink.port), &more).await;
    register(&issuer, "belka", "belka@example.com").await.expect(202);
    let mail = only_mail(&issuer, &sink).await;
    assert_eq!((mail.subject.as_str(), &mail.whole["html"]), ("Bienvenue", &Value::Null));
    mail.code("verify");
    std::fs::write(&path, "Subject: Allons\n\n{{link}}\n").unwrap();
    register(&issuer, "strelka", "strelka@example.com").await.expect(202);
    assert_eq!(only_mail(&issuer, &sink).await.subject, "Allons");
}

#[tokio::test]
async fn a_mail_that_a_server_refuses_for_good_is_shown_and_counted() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    register(&issuer, "belka", "refused@example.com").await.expect(202);
    register(&issuer, "strelka", "later@example.com").await.expect(202);
    mail::deliver(&issuer.app).await.unwrap();
    let text = issuer.app.metrics.text(&issuer.app).await.unwrap();
    for line in [
        "laika_mails{state=\"waiting\"} 1",
        "laika_mails{state=\"failed\"} 1",
        "laika_mails{state=\"bounced\"} 1",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let body = json!({ "login": "laika", "password": crate::support::PASSWORD });
    let refused = issuer.post("/v1/sessions", None, body).await;
    assert_eq!(refused.status, 403, "its e-mail is not proved");
    let mut tx = issuer.app.db.write().await.unwrap();
    let user = laika_issuer::db::users::by_username(&mut tx, "laika").await.unwrap().unwrap();
    laika_issuer::db::roles::assign(&mut tx, user.id, "administrator", 0).await.unwrap();
    let origin = laika_issuer::db::sessions::Origin::default();
    let session = laika_issuer::session::first(
        &issuer.app,
        &mut tx,
        user.id,
        origin,
        laika_issuer::session::Way::Password,
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let main = laika_issuer::mint::main_token::issue(&issuer.app, &session).unwrap().token;
    let failed = issuer.get("/v1/admin/mail?state=failed", Some(&main)).await.expect(200);
    let items = failed["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{failed}");
    assert_eq!(
        (&items[0]["recipient"], &items[0]["bounced"], &items[0]["reply"]),
        (&json!("refused@example.com"), &json!(true), &json!(550))
    );
    assert!(items[0]["error"].as_str().unwrap().contains("no such mailbox"));
    let waiting = issuer.get("/v1/admin/mail?state=queued", Some(&main)).await.expect(200);
    assert_eq!(waiting["items"][0]["bounced"], false);
}
