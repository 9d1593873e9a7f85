//! SMTP.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use tokio::sync::Notify;
use uuid::Uuid;

use super::{Composed, Templates, Text};
use crate::clock::{UnixSeconds, claim_seconds};
use crate::config::mail::{Encryption, Mail as Settings};
use crate::problem::Problem;

/// Replies about our user and password (RFC 4954 section 6): the operator's to mend, and then every
/// mail that waits can be sent.
const NOT_LET_IN: [u16; 4] = [530, 534, 535, 538];

/// Whoever sends our mails.
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    timeout: Duration,
    from: Mailbox,
    templates: Templates,
    wake: Notify,
}

/// Why a mail was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Whether trying again is of no use.
    pub for_good: bool,
    /// Whether it is about this mail, and not about the server.
    pub about_mail: bool,
    /// The server's reply code, fit for a log.
    pub code: Option<u16>,
    /// Why; may hold the address.
    pub detail: String,
}

impl Mailer {
    /// A connection to the server of these settings; nothing is connected yet.
    ///
    /// # Errors
    /// The system's trusted certificates can't be used.
    pub fn new(settings: &Settings) -> Result<Self, Problem> {
        let tls = || TlsParameters::new(settings.host.clone()).map_err(Problem::internal);
        let tls = match settings.encryption {
            Encryption::FromTheStart => Tls::Wrapper(tls()?),
            Encryption::Required => Tls::Required(tls()?),
            Encryption::WhereOffered => Tls::Opportunistic(tls()?),
            Encryption::None => Tls::None,
        };
        let timeout = Duration::from_secs(settings.timeout);
        let mut builder =
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(settings.host.clone())
                .port(settings.port)
                .tls(tls)
                .timeout(Some(timeout));
        if let Some((user, password)) = &settings.credentials {
            let password = password.reveal().to_owned();
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        let (from, templates) = (settings.from.clone(), settings.templates.clone());
        Ok(Self { transport: builder.build(), timeout, from, templates, wake: Notify::new() })
    }

    /// How mails read.
    #[must_use]
    pub fn templates(&self) -> &Templates {
        &self.templates
    }

    /// Says that something lies in the outbox.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Waits until [`Self::wake`] is called, or returns at once if it was since the last time.
    pub async fn woken(&self) {
        self.wake.notified().await;
    }

    /// How long [`Self::send`] takes at most.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Sends a mail, in this language where there is one.
    ///
    /// # Errors
    /// The server can't be reached or does not take it, or the address is none to it.
    pub async fn send(
        &self,
        id: Uuid,
        composed: &Composed,
        language: Option<&str>,
        now: UnixSeconds,
    ) -> Result<(), Refused> {
        let unusable =
            |detail: String| Refused { for_good: true, about_mail: true, code: None, detail };
        let to: Address = composed.to.parse().map_err(|error| unusable(format!("{error}")))?;
        let Text { subject, body, html } = self.templates.render(&composed.message, language);
        let message = MessageBuilder::new()
            .from(self.from.clone())
            // Without a name beside it: nothing that anybody wrote gets into a header.
            .to(Mailbox::new(None, to))
            .subject(subject)
            .date(UNIX_EPOCH + Duration::from_secs(claim_seconds(now)))
            // The same at every attempt, so that who gets it twice can tell.
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            // RFC 3834 section 5: no holiday notices in return.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        let message = match html {
            Some(html) => message.multipart(MultiPart::alternative_plain_html(body, html)),
            None => message.header(ContentType::TEXT_PLAIN).body(body),
        };
        let message = message.map_err(|error| unusable(error.to_string()))?;
        // The transport's own limit is for connecting; a server that then says nothing must not
        // hold the outbox up either.
        let Ok(sent) = tokio::time::timeout(self.timeout, self.transport.send(message)).await
        else {
            let detail = "the server did not answer in time".to_owned();
            return Err(Refused { for_good: false, about_mail: false, code: None, detail });
        };
        sent.map(drop).map_err(|error| {
            let code = error.status().map(u16::from);
            let let_in = code.is_none_or(|code| !NOT_LET_IN.contains(&code));
            // The server has no SMTPUTF8 (RFC 6531), and so is not even asked.
            let unsayable = error.is_client() && !composed.to.is_ascii();
            Refused {
                for_good: error.is_permanent() && let_in || unsayable,
                about_mail: (error.is_permanent() || error.is_transient()) && let_in || unsayable,
                code,
                detail: chain(&error),
            }
        })
    }
}

/// An error with what led to it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mailer(..)")
    }
}
