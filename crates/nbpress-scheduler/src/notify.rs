//! Notifications: what turns one row of the outbox into a delivered message.
//!
//! A row is put into the outbox in the transaction that changes the run; when it is taken out, it becomes
//! one for each of the [recipients](Channel::recipients) of its [`Channel`]. Of each a [`Notice`] is
//! [prepared](Notice::prepared). A [`Deliverer`] sends it; when that fails, [`next_try`] says when to try
//! again. Delivery is at least once: the id of a notice is in every message, so that whoever gets it twice
//! can tell.

mod channel;
mod email;
mod error;
mod hook;
mod notice;
mod retry;
mod secret;
mod slack;
mod text;
pub mod webhook;
mod wording;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::HeaderMap;
use url::Url;

pub use channel::{Channel, HookUrl};
pub use error::{Cause, DeliveryError, InvalidValue};
pub use notice::{FailingCell, Failure, Notice, NoticeKind};
pub use retry::{next_try, retry_delay};
pub use secret::{NoSecretRef, SecretError, SecretRef};

use email::MailServer;
use hook::Poster;
use secret::Vault;
use wording::Wording;

/// How long a web server may take to answer.
const HOOK_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a mail server may take for one message, from its name to the last reply.
const MAIL_TIMEOUT: Duration = Duration::from_secs(30);

/// What delivering needs to know.
#[derive(Clone)]
pub struct DeliverySettings {
    /// `smtp://user:password@host:port` or `smtps://…`; without it there is no e-mail. For `smtp`,
    /// `?tls=required`, `opportunistic` or `none` says whether STARTTLS is used; a password goes to
    /// another machine only encrypted, unless `none` is said.
    pub smtp: Option<String>,
    /// Who mail comes from: `nbpress <nbpress@example.org>`. Needed with `smtp`.
    pub mail_from: Option<String>,
    /// Where `env:NBPRESS_SECRET_NAME` is looked up; no other variable can be named.
    pub environment: BTreeMap<String, String>,
    /// The folders beneath which files may be named as `file:/path`.
    pub secret_folders: Vec<PathBuf>,
    /// Where this server is for people's browsers; the link to a run is `<link_base>/runs/<run id>`.
    pub link_base: Option<String>,
    /// How long a web server may take to answer: 10 s by default.
    pub hook_timeout: Duration,
    /// How long a mail server may take for one message: 30 s by default.
    pub mail_timeout: Duration,
}

impl Default for DeliverySettings {
    fn default() -> Self {
        Self {
            smtp: None,
            mail_from: None,
            environment: BTreeMap::new(),
            secret_folders: Vec::new(),
            link_base: None,
            hook_timeout: HOOK_TIMEOUT,
            mail_timeout: MAIL_TIMEOUT,
        }
    }
}

impl std::fmt::Debug for DeliverySettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeliverySettings")
            .field("mail_from", &self.mail_from)
            .field("secret_folders", &self.secret_folders)
            .finish_non_exhaustive()
    }
}

/// Sends notices.
#[derive(Debug)]
pub struct Deliverer {
    mail: Option<MailServer>,
    poster: Poster,
    vault: Vault,
    link_base: Option<Url>,
}

impl Deliverer {
    /// A deliverer with these settings; nothing is connected to.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn new(settings: DeliverySettings) -> Result<Self, InvalidValue> {
        let from = settings.mail_from.as_deref();
        let mail = settings.smtp.as_deref();
        let mail = mail.map(|url| MailServer::new(url, from, settings.mail_timeout));
        let poster = Poster::new(settings.hook_timeout);
        let link_base = settings.link_base.as_deref().map(page);
        Ok(Self {
            mail: mail.transpose()?,
            poster,
            vault: Vault {
                environment: settings.environment,
                folders: settings.secret_folders,
            },
            link_base: link_base.transpose()?,
        })
    }

    /// Sends one notice; returns when the other side has taken it.
    ///
    /// A mail with several recipients is taken for all or for none of them.
    ///
    /// # Errors
    /// [`DeliveryError::is_permanent`] says whether trying again is pointless, [`next_try`] when to do it.
    pub async fn deliver(&self, channel: &Channel, notice: &Notice) -> Result<(), DeliveryError> {
        channel.validate().map_err(DeliveryError::Channel)?;
        let notice = notice.clone().shortened();
        let link = self.link(&notice);
        match channel {
            Channel::Email { to } => self.mail(to, &notice, link).await,
            Channel::Webhook { url, secret } => {
                let url = self.address(url).await?;
                let secret = match secret {
                    Some(secret) => Some(self.open(secret).await?),
                    None => None,
                };
                let (link, secret) = (link.as_ref(), secret.as_deref());
                let (headers, body) = webhook::message(&notice, link, secret, Timestamp::now())?;
                self.poster.post(&url, headers, body).await
            }
            Channel::Slack { url } => {
                let url = self.address(url).await?;
                let body = slack::message(&Wording::of(&notice, link)).to_string();
                self.poster.post(&url, HeaderMap::new(), body).await
            }
        }
    }

    async fn mail(
        &self,
        to: &[String],
        notice: &Notice,
        link: Option<Url>,
    ) -> Result<(), DeliveryError> {
        let server = self.mail.as_ref().ok_or(DeliveryError::NoMailServer)?;
        let wording = Wording::of(notice, link);
        let message = email::message(&server.from, to, notice, &wording)?;
        // The connection's state is large, and most notices wait for nothing else.
        Box::pin(server.send(message)).await
    }

    async fn address(&self, url: &HookUrl) -> Result<Url, DeliveryError> {
        let address = match url.reference() {
            Some(reference) => self.open(&reference).await?,
            None => url.as_str().to_owned(),
        };
        channel::parse_url("url", &address).map_err(DeliveryError::Channel)
    }

    async fn open(&self, reference: &SecretRef) -> Result<String, DeliveryError> {
        let opened = self.vault.open(reference).await;
        opened.map_err(|source| DeliveryError::Secret {
            reference: reference.as_str().to_owned(),
            source,
        })
    }

    fn link(&self, notice: &Notice) -> Option<Url> {
        let mut link = self.link_base.clone()?;
        let run = notice.run_id.as_ref()?;
        link.path_segments_mut()
            .ok()?
            .pop_if_empty()
            .extend(["runs", run]);
        Some(link)
    }
}

/// The address of a page that others are beneath.
fn page(text: &str) -> Result<Url, InvalidValue> {
    let url = Url::parse(text).ok();
    let page = url.filter(|url| matches!(url.scheme(), "http" | "https"));
    page.ok_or_else(|| {
        InvalidValue::new(
            "link_base",
            format!("{text:?} is not the address of a web page"),
            "write it as `https://nbpress.example.org`",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_web_pages_or_the_setting_is_refused() {
        for (base, accepted) in [
            ("https://nb.example/base", true),
            ("http://127.0.0.1:7878", true),
            ("nb.example", false),
            ("localhost:7878", false),
            ("ftp://nb.example/", false),
            ("javascript:alert(1)", false),
            ("https://", false),
        ] {
            let made = Deliverer::new(DeliverySettings {
                link_base: Some(base.to_owned()),
                ..DeliverySettings::default()
            });
            assert_eq!(made.is_ok(), accepted, "{base}");
            if let Err(error) = made {
                assert_eq!(error.field(), "link_base");
                assert!(error.to_string().contains(base), "{error}");
            }
        }
    }
}
