//! No address, code or password is logged on the way of a mail, at any level.

use std::io;
use std::sync::{Arc, Mutex};

use laika_issuer::mail;
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;

use crate::post::{
    SECOND, change_email, forgot, issuer, only_mail, register, registered, reset, tidy, verify,
};
use crate::sink::Sink;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn nothing_secret_reaches_the_log() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // With one subscriber alone, an event that another test's thread meets first is never asked for
    // again: tracing then asks the subscriber of that thread, which has none.
    let _second =
        tracing::Dispatch::new(tracing_subscriber::fmt().with_writer(std::io::sink).finish());
    let _guard = tracing::subscriber::set_default(subscriber);

    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    let main = registered(&issuer, &sink, "belka", "belka@example.com").await;
    register(&issuer, "refused", "refused@example.com").await.expect(202);
    register(&issuer, "later", "later@example.com").await.expect(202);
    mail::deliver(&issuer.app).await.unwrap();
    change_email(&issuer, &main, "new@example.com").await.expect(202);
    mail::deliver(&issuer.app).await.unwrap();
    let mut mails = [sink.next(), sink.next()];
    mails.sort_by(|one, two| one.to.cmp(&two.to));
    let (undo, change) = (mails[0].code("undo"), mails[1].code("verify"));
    verify(&issuer, &change).await.expect(204);
    issuer.post("/v1/email/undo", None, json!({ "code": undo })).await.expect(204);
    let first = only_mail(&issuer, &sink).await.code("reset");
    forgot(&issuer, "belka@example.com").await.expect(202);
    let second = only_mail(&issuer, &sink).await.code("reset");
    reset(&issuer, &second, "a brand new one 1961").await.expect(204);
    reset(&issuer, &first, "a brand new one 1962").await.problem(422, "code_invalid");
    tidy(&issuer).await;

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("gave a mail up"), "the log was not caught: {log}");
    assert!(log.contains("a mail was not taken"), "the log was not caught: {log}");
    let new = "a brand new one";
    let codes = [&*undo, &*change, &*first, &*second];
    for secret in
        [SECOND, new, "@example.com", "laika_mail_", "$argon2id$"].into_iter().chain(codes)
    {
        assert!(!log.contains(secret), "`{secret}` is in the log");
    }
}
