//! Mails: who can read them, and whether people believe them.

use super::network::{host, site};
use super::{Facts, Finding};
use crate::config::mail::Encryption;
use crate::outgoing::is_loopback;

/// Whoever reads a code of a mail chooses the password of an account.
pub(super) fn encryption(facts: &Facts<'_>) -> Vec<Finding> {
    let Some(mail) = facts.settings.mail.as_ref().filter(|mail| !is_loopback(&mail.host)) else {
        return Vec::new();
    };
    match mail.encryption {
        Encryption::FromTheStart | Encryption::Required => Vec::new(),
        Encryption::WhereOffered | Encryption::None => {
            let message = format!(
                "mails may cross the network to `{}` in the clear, and codes that open accounts are in \
                 them; write `smtps://`, or `smtp://` with `?tls=required`",
                mail.host
            );
            vec![Finding::warning("mail.url", message)]
        }
    }
}

/// Where mails come from, and where their links lead.
pub(super) fn links(facts: &Facts<'_>) -> Vec<Finding> {
    let settings = facts.settings;
    let Some(mail) = settings.mail.as_ref().filter(|mail| !is_loopback(&mail.host)) else {
        return Vec::new();
    };
    let Some(url) = &settings.public_url else {
        let message =
            "mails would lead people to their own machine; write how they reach this issuer";
        return vec![Finding::error("public_url", message)];
    };
    let (from, to) = (mail.from.email.domain().to_ascii_lowercase(), host(url.as_str()));
    if is_loopback(to) || site(&from) == site(to) {
        return Vec::new();
    }
    let message = format!(
        "mails come from `{from}` and their links lead to `{to}`: that is what fraud looks like, to \
         people and to filters; send from an address of `{}`",
        site(to)
    );
    vec![Finding::warning("mail.from", message)]
}

#[cfg(test)]
mod tests {
    use super::super::Level::{Error, Warning};
    use super::super::tests::{each_finds, found_in};

    const HOME: &str =
        "public_url = 'https://id.kennel.org'\ntrusted_proxies = ['127.0.0.1']\n[mail]\n";

    #[test]
    fn mails_that_others_read_or_nobody_believes_are_found() {
        let mail = |rest: &str| format!("{HOME}{rest}");
        let (open, none) = (
            mail("url = 'smtp://mx.kennel.org'\nfrom = 'post@kennel.org'"),
            mail("url = 'smtp://mx.kennel.org?tls=none'\nfrom = 'post@kennel.org'"),
        );
        let foreign =
            mail("url = 'smtp://mx.kennel.org?tls=required'\nfrom = 'Laika <post@kennel.net>'");
        let nowhere = "[mail]\nurl = 'smtp://mx.kennel.org?tls=required'\nfrom = 'post@kennel.org'";
        each_finds(&[
            (&open, Warning, "mail.url", "in the clear"),
            (&none, Warning, "mail.url", "in the clear"),
            (&foreign, Warning, "mail.from", "`kennel.net`"),
            (nowhere, Error, "public_url", "their own machine"),
        ]);
        for good in ["from = 'post@kennel.org'", "from = 'post@mail.KENNEL.org'"] {
            let text = mail(&format!("url = 'smtp://mx.kennel.org?tls=required'\n{good}"));
            assert_eq!(found_in(&text), [], "{good}");
        }
    }
}
