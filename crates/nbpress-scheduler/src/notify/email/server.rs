//! The mail server: how its address is read, and what its refusals mean.

use std::time::Duration;

use lettre::message::{Mailbox, Message};
use lettre::transport::smtp;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use nbpress_execute::Secret;
use nbpress_execute::redact::Redactor;
use url::{Host, Url};

use crate::notify::error::{Cause, DeliveryError, InvalidValue, shown};

/// A mail server and who mail comes from. One connection for each message.
pub(in crate::notify) struct MailServer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    /// `host:port`
    name: String,
    pub(in crate::notify) from: Mailbox,
    /// Takes the login out of what the server says.
    login: Redactor,
    timeout: Duration,
}

impl std::fmt::Debug for MailServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailServer")
            .field("name", &self.name)
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

impl MailServer {
    /// A server at `smtp://` or `smtps://user:password@host:port`.
    ///
    /// `smtps` is encrypted from the first byte. `smtp` is encrypted by STARTTLS as `?tls=` says:
    /// `required`, `opportunistic` or `none`. Without it, a password is sent to another machine only
    /// under `required`; otherwise the mail is encrypted if the server offers it.
    pub(in crate::notify) fn new(
        url: &str,
        from: Option<&str>,
        timeout: Duration,
    ) -> Result<Self, InvalidValue> {
        let from = sender(from)?;
        let mut url = parse(url)?;
        let login = Redactor::new(&login_of(&url));
        let port = url.port().unwrap_or(default_port(&url));
        let _ = url.set_port(Some(port));
        let name = format!("{}:{port}", url.host_str().unwrap_or_default());
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str())
            .map_err(|_| invalid("the address of the mail server cannot be used"))?
            .timeout(Some(timeout))
            .build();
        Ok(Self {
            transport,
            name,
            from,
            login,
            timeout,
        })
    }

    pub(in crate::notify) async fn send(&self, message: Message) -> Result<(), DeliveryError> {
        // The transport's own limit ends only the connecting.
        let sending = tokio::time::timeout(self.timeout, self.transport.send(message));
        match sending.await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(self.failure(&error)),
            Err(_) => Err(DeliveryError::TimedOut {
                destination: self.name.clone(),
                after: self.timeout,
            }),
        }
    }

    fn failure(&self, error: &smtp::Error) -> DeliveryError {
        let destination = self.name.clone();
        if let Some(code) = error.status() {
            let words = std::error::Error::source(error).map(ToString::to_string);
            return DeliveryError::MailRefused {
                destination,
                code: u16::from(code),
                reply: shown(&words.unwrap_or_default(), &self.login),
            };
        }
        let cause = Cause::of(error, &self.login);
        DeliveryError::Unreachable { destination, cause }
    }
}

fn sender(from: Option<&str>) -> Result<Mailbox, InvalidValue> {
    let hint = "write it as `nbpress <nbpress@example.org>`";
    let from = from.ok_or_else(|| {
        InvalidValue::new("mail_from", "mail needs the address it comes from", hint)
    })?;
    from.parse().map_err(|_| {
        InvalidValue::new(
            "mail_from",
            format!("{from:?} is not an address mail can come from"),
            hint,
        )
    })
}

/// The address is not repeated: there may be a password in it.
fn invalid(problem: &str) -> InvalidValue {
    let hint = "write it as `smtps://user:password@host:465` or `smtp://host:587?tls=required`, with \
                special characters percent-encoded";
    InvalidValue::new("smtp", problem, hint)
}

/// The address as the transport reads it: `tls` is there when encryption is wanted, and only then.
fn parse(text: &str) -> Result<Url, InvalidValue> {
    let mut url = Url::parse(text)
        .map_err(|error| invalid(&format!("the mail server's address is not a URL: {error}")))?;
    if !matches!(url.scheme(), "smtp" | "smtps") {
        return Err(invalid("mail is sent by `smtp` or `smtps`"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(invalid("the mail server's address has no host"));
    }
    if url.query_pairs().any(|(name, _)| name != "tls") {
        return Err(invalid("`tls` is all that can be said after the `?`"));
    }
    let asked = url
        .query_pairs()
        .next()
        .map(|(_, value)| value.into_owned());
    let tls = match asked.as_deref() {
        _ if url.scheme() == "smtps" => None,
        None if url.password().is_some() && !is_this_machine(&url) => Some("required"),
        None | Some("opportunistic") => Some("opportunistic"),
        Some("required") => Some("required"),
        Some("none") => None,
        Some(_) => return Err(invalid("`tls` is `required`, `opportunistic` or `none`")),
    };
    url.set_query(tls.map(|tls| format!("tls={tls}")).as_deref());
    Ok(url)
}

fn default_port(url: &Url) -> u16 {
    match (url.scheme(), url.query()) {
        ("smtps", _) => 465,
        (_, Some("tls=required")) => 587,
        _ => 25,
    }
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    match Host::parse(host) {
        Ok(Host::Domain(name)) => name == "localhost",
        Ok(Host::Ipv4(address)) => address.is_loopback(),
        Ok(Host::Ipv6(address)) => address.is_loopback(),
        Err(_) => false,
    }
}

fn login_of(url: &Url) -> Vec<Secret> {
    let Some(password) = url.password() else {
        return Vec::new();
    };
    let both = [url.username(), password].map(percent_decoded);
    // As it is sent by AUTH PLAIN (RFC 4616), and alone.
    let plain = format!("\0{}\0{}", both[0], both[1]);
    let secret = |value: &String| Secret {
        name: "password".to_owned(),
        value: value.clone(),
    };
    [&plain, &both[1]].map(secret).into()
}

fn percent_decoded(text: &str) -> String {
    // Forms give some characters a meaning that they do not have here.
    let text = text.replace('+', "%2B").replace('&', "%26");
    let decoded = url::form_urlencoded::parse(text.as_bytes()).next();
    decoded
        .map(|(name, value)| {
            if value.is_empty() {
                name.into_owned()
            } else {
                format!("{name}={value}")
            }
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<String, String> {
        let url = parse(text).map_err(|invalid| invalid.to_string())?;
        Ok(format!("{url} {}", default_port(&url)))
    }

    #[test]
    fn passwords_go_to_other_machines_only_encrypted() {
        for (text, expected) in [
            ("smtps://u:p@mail.example", "smtps://u:p@mail.example 465"),
            (
                "smtp://u:p@mail.example",
                "smtp://u:p@mail.example?tls=required 587",
            ),
            (
                "smtp://u:p@127.0.0.1",
                "smtp://u:p@127.0.0.1?tls=opportunistic 25",
            ),
            (
                "smtp://u:p@localhost",
                "smtp://u:p@localhost?tls=opportunistic 25",
            ),
            (
                "smtp://u:p@localhost.evil",
                "smtp://u:p@localhost.evil?tls=required 587",
            ),
            ("smtp://u:p@[::1]", "smtp://u:p@[::1]?tls=opportunistic 25"),
            (
                "smtp://mail.example",
                "smtp://mail.example?tls=opportunistic 25",
            ),
            (
                "smtp://u:p@mail.example?tls=none",
                "smtp://u:p@mail.example 25",
            ),
        ] {
            assert_eq!(parsed(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn unusable_settings_say_what_would_be_right_and_no_password() {
        let new = |url: &str, from: Option<&str>| {
            MailServer::new(url, from, Duration::from_secs(1)).unwrap_err()
        };
        let from = Some("nbpress@example.org");
        for (url, from, field, part) in [
            ("mail.example", from, "smtp", "not a URL"),
            (
                "http://u:hunter2@mail.example",
                from,
                "smtp",
                "`smtp` or `smtps`",
            ),
            ("smtp://", from, "smtp", "no host"),
            (
                "smtp://u:hunter2@h?tls=maybe",
                from,
                "smtp",
                "`tls` is `required`",
            ),
            (
                "smtp://u:hunter2@h?starttls=1",
                from,
                "smtp",
                "after the `?`",
            ),
            ("smtp://u:hunter2@h:99999", from, "smtp", "not a URL"),
            ("smtp://h", None, "mail_from", "comes from"),
            ("smtp://h", Some("x\r\nBcc: y@z"), "mail_from", "\\r\\nBcc"),
        ] {
            let invalid = new(url, from);
            assert_eq!(invalid.field(), field, "{url}");
            assert!(invalid.to_string().contains(part), "{invalid}");
            let all = format!("{invalid} {invalid:?} {:?}", invalid.hint());
            assert!(!all.contains("hunter2"), "{all}");
        }
    }

    #[test]
    fn passwords_are_decoded_as_the_transport_does() {
        for (text, expected) in [
            ("a%40b", "a@b"),
            ("a+b", "a+b"),
            ("a&b=c", "a&b=c"),
            ("%C3%A9", "é"),
            ("", ""),
        ] {
            assert_eq!(percent_decoded(text), expected);
        }
    }
}
