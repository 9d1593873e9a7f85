//! A browser and the client in it: cookies, PKCE, and the way through a log-in.

use aws_lc_rs::digest;
use axum::body::Body;
use axum::http::{Method, Request};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::{Answer, Issuer, PUBLIC_URL};

pub(super) const NEXT: &str = "https://app.example.com/in";

/// What the client keeps; any text of the right form.
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

pub(super) fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, VERIFIER.as_bytes()))
}

#[derive(Default)]
pub(super) struct Browser {
    /// `name=value` of the cookie that ties it to its log-ins.
    pub(super) cookie: Option<String>,
}

impl Browser {
    /// Opens a page of the issuer.
    pub(super) async fn open(&mut self, issuer: &Issuer, url: &str) -> Answer {
        let path = url.strip_prefix(PUBLIC_URL).unwrap_or(url);
        let mut request = Request::builder().method(Method::GET).uri(path);
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let answer = issuer.call(request.body(Body::empty()).unwrap()).await;
        self.keep_cookie(&answer);
        answer
    }

    pub(super) fn keep_cookie(&mut self, answer: &Answer) {
        let set = answer.header("set-cookie");
        if let Some((pair, _)) = set.split_once(';') {
            assert!(pair.starts_with("laika_login="), "{set}");
            assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
            self.cookie = Some(pair.to_owned());
        }
    }

    /// Begins a log-in: where the provider is.
    pub(super) async fn begin(&mut self, issuer: &Issuer, provider: &str) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("next", NEXT)
            .append_pair("code_challenge", &challenge())
            .finish();
        let answer = self.open(issuer, &format!("/v1/login/{provider}?{query}")).await;
        location(&answer)
    }

    /// Comes back with `url`: what `next` is told.
    pub(super) async fn come_back(&mut self, issuer: &Issuer, url: &str) -> (String, String) {
        let answer = self.open(issuer, url).await;
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cache-control"), "no-store");
        let location = location(&answer);
        let query = location.strip_prefix(NEXT).unwrap().strip_prefix('?').unwrap();
        let mut pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
        let pair = pairs.next().unwrap();
        assert_eq!(pairs.next(), None);
        pair
    }

    /// The same, where it must lead to a code.
    pub(super) async fn code(&mut self, issuer: &Issuer, url: &str) -> String {
        let (name, code) = self.come_back(issuer, url).await;
        assert_eq!(name, "code", "{code}");
        code
    }
}

/// Where an answer sends the browser.
#[track_caller]
pub(super) fn location(answer: &Answer) -> String {
    assert_eq!(answer.status.as_u16(), 303, "{}", answer.text);
    answer.header("location").to_owned()
}

/// Exchanges a code, as somebody with this main token.
pub(super) async fn exchange(issuer: &Issuer, code: &str, main: Option<&str>) -> Answer {
    let body = json!({ "code": code, "code_verifier": VERIFIER });
    issuer.post("/v1/login/exchange", main, body).await
}

/// The whole way through a log-in at the kennel: a code to be exchanged.
pub(super) async fn through(issuer: &Issuer, kennel: &super::Kennel) -> String {
    let mut browser = Browser::default();
    let location = browser.begin(issuer, "kennel").await;
    browser.code(issuer, &kennel.authorize(&location)).await
}

/// The same, and tokens for it.
pub(super) async fn log_in(issuer: &Issuer, kennel: &super::Kennel) -> Value {
    exchange(issuer, &through(issuer, kennel).await, None).await.expect(201)
}

/// The same, where the provider's answer must not be believed: what `next` is told.
pub(super) async fn fails(issuer: &Issuer, kennel: &super::Kennel) -> String {
    let mut browser = Browser::default();
    let location = browser.begin(issuer, "kennel").await;
    let back = kennel.authorize(&location);
    let (name, error) = browser.come_back(issuer, &back).await;
    assert_eq!(name, "error", "{error}");
    error
}

pub(super) fn text(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no `{pointer}`: {value}")).to_owned()
}
