//! What lies in the module's memory for the package to write and to read.

use laika_verifier::VerifiedToken;

/// The place for what is written, and what is left to be read.
#[derive(Debug)]
pub(crate) struct Memory {
    input: Vec<u8>,
    /// Address and length of the claims, then of the answer, and the token's serial.
    report: [f64; 5],
    /// The token that the report is about, whose claims stay where they are as long as it is here.
    token: Option<VerifiedToken>,
    answer: String,
}

impl Memory {
    pub(crate) const fn new() -> Self {
        Self { input: Vec::new(), report: [0.0; 5], token: None, answer: String::new() }
    }

    /// See [`crate::input`].
    pub(crate) fn input(&mut self, bytes: usize) -> *mut u8 {
        if bytes == 0 {
            self.input = Vec::new();
        } else if bytes > self.input.len() {
            self.input.resize(bytes, 0);
        }
        self.input.as_mut_ptr()
    }

    /// See [`crate::report`].
    pub(crate) const fn report(&self) -> *const f64 {
        self.report.as_ptr()
    }

    /// So many bytes that were written last.
    pub(crate) fn bytes(&self, length: usize) -> &[u8] {
        self.input.get(..length).unwrap_or_default()
    }

    /// The same as text.
    pub(crate) fn text(&self, length: usize) -> &str {
        // Whoever writes encodes a string, so what is no UTF-8 never stands for anything.
        std::str::from_utf8(self.bytes(length)).unwrap_or(".")
    }

    /// The question and the bytes that were written after it.
    pub(crate) fn question(&self, length: usize, bytes: usize) -> (&[u8], &[u8]) {
        let (question, rest) = self.input.split_at_checked(length).unwrap_or_default();
        (question, rest.get(..bytes).unwrap_or_default())
    }

    /// Leaves the claims of `token`.
    pub(crate) fn claims(&mut self, token: VerifiedToken) {
        let [address, length, _, _, serial] = &mut self.report;
        let claims = token.payload_text();
        *address = claims.as_ptr().addr() as f64;
        *length = claims.len() as f64;
        *serial = token.serial() as f64;
        self.token = Some(token);
    }

    /// Leaves an answer, which is JSON text.
    pub(crate) fn answer(&mut self, answer: String) {
        let [_, _, address, length, _] = &mut self.report;
        *address = answer.as_ptr().addr() as f64;
        *length = answer.len() as f64;
        self.answer = answer;
    }
}
