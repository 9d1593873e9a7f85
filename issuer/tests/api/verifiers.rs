//! Verifiers of our own, with the hosts that fetch for them: what a service does with a token.

use laika_verifier::{
    ErrorCode, Fetch, Inflate, Landed, Options, Response, Timestamp, VerifiedToken, Verifier,
};
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use serde_json::json;

use crate::support::{Issuer, PUBLIC_URL};

/// More questions than one token leads to.
const ROUNDS: usize = 8;

/// A service that fetches keys and status lists, by the issuer's own clock.
pub(crate) struct Service {
    verifier: Verifier,
    /// How many key sets it has asked for.
    pub(crate) key_sets: usize,
}

impl Service {
    /// A service with this audience.
    pub(crate) fn of(audience: &str) -> Self {
        let options = json!({ "issuers": [{
            "issuer": PUBLIC_URL, "audience": audience,
            "jwks_uri": format!("{PUBLIC_URL}/.well-known/jwks.json"),
        }]});
        let options = Options::from_json(&options.to_string()).unwrap();
        Self { verifier: Verifier::new(options), key_sets: 0 }
    }

    /// A service with this audience that shares a secret with the issuer.
    pub(crate) fn sharing(audience: &str, secret: &str) -> Self {
        let options = json!({ "issuers": [{
            "issuer": PUBLIC_URL, "audience": audience, "secret": secret, "status": "required",
        }]});
        let options = Options::from_json(&options.to_string()).unwrap();
        Self { verifier: Verifier::new(options), key_sets: 0 }
    }

    /// What it makes of a token. It fetches from `issuer`, and waits for what it fetches.
    pub(crate) async fn judge(
        &mut self,
        issuer: &Issuer,
        token: &str,
    ) -> Result<VerifiedToken, ErrorCode> {
        let now = Timestamp::from_seconds(issuer.app.clock.now() as f64).unwrap();
        for _ in 0..ROUNDS {
            let judged = self.verifier.verify(token, now);
            let mut due = self.verifier.fetches(judged.as_ref().err(), now);
            if due.is_empty() {
                return judged.map_err(|error| error.code());
            }
            while let Some(fetch) = due.pop() {
                due.extend(self.fetch(issuer, &fetch, now).await);
            }
        }
        panic!("the verifier never ends asking");
    }

    async fn fetch(&mut self, issuer: &Issuer, fetch: &Fetch, now: Timestamp) -> Vec<Fetch> {
        let path = fetch.uri.strip_prefix(PUBLIC_URL).unwrap();
        self.key_sets += usize::from(path.ends_with("jwks.json"));
        let answer = issuer.get(path, None).await;
        let response = Response {
            status: answer.status.as_u16(),
            cache_control: Some(answer.header("cache-control")),
            body: answer.text.as_bytes(),
        };
        // Why an answer is not used shows in what the verifier then says of the token.
        let Landed { fetches, inflate, .. } = self.verifier.fetched(fetch.id, response, now);
        if let Some(Inflate { id, data, limit }) = inflate {
            let bytes = decompress_to_vec_zlib_with_limit(&data, limit).unwrap();
            self.verifier.inflated(id, &bytes, now).unwrap();
        }
        fetches
    }
}
