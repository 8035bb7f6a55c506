//! Channels: where somebody wants to be told.

use lettre::Address;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use super::error::InvalidValue;
use super::secret::SecretRef;

/// One way to tell somebody, as it stands in a job's definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Channel {
    /// A mail with a plain and an HTML text.
    Email {
        /// Addresses (RFC 5321), 1 to 50.
        to: Vec<String>,
    },
    /// A signed `POST` of the notice as JSON; [`webhook`](super::webhook) says how to check it.
    Webhook {
        /// Where to.
        url: HookUrl,
        /// The key of the signature; without it nothing is signed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret: Option<SecretRef>,
    },
    /// An incoming webhook of Slack, or of a chat that understands Slack's messages.
    Slack {
        /// Where to. Whoever has Slack's address can write to the channel: better a reference.
        url: HookUrl,
    },
}

/// A web address, or the [reference](SecretRef) to a secret that is one. Shown without what comes after
/// the host, where many services put a token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, example = "https://hooks.example.org/nbpress")]
pub struct HookUrl(String);

const MOST_RECIPIENTS: usize = 50;
const LONGEST_URL: usize = 2048;

impl Channel {
    /// Whether a message could be sent this way, as far as that can be seen without sending one.
    ///
    /// # Errors
    /// The first field that is wrong.
    pub fn validate(&self) -> Result<(), InvalidValue> {
        match self {
            Self::Email { to } => check_recipients(to),
            Self::Webhook { url, .. } | Self::Slack { url } => url.validate(),
        }
    }

    /// Whose addresses it has. Each of several gets a message of its own: everybody else is told when one
    /// address is refused, and only what did not get through is repeated.
    pub fn recipients(&self) -> &[String] {
        match self {
            Self::Email { to } => to,
            Self::Webhook { .. } | Self::Slack { .. } => &[],
        }
    }

    /// The same channel for one of its recipients.
    pub fn only(&self, recipient: &str) -> Option<Self> {
        let recipient = self.recipients().iter().find(|one| *one == recipient)?;
        Some(Self::Email {
            to: vec![recipient.clone()],
        })
    }
}

fn check_recipients(to: &[String]) -> Result<(), InvalidValue> {
    if to.is_empty() || to.len() > MOST_RECIPIENTS {
        return Err(InvalidValue::new(
            "to",
            format!("{} recipients", to.len()),
            format!("give 1 to {MOST_RECIPIENTS} addresses"),
        ));
    }
    for (at, address) in to.iter().enumerate() {
        if address.parse::<Address>().is_err() {
            return Err(InvalidValue::new(
                format!("to[{at}]"),
                format!("{address:?} is not an e-mail address"),
                "write it as `name@example.org`, without a display name",
            ));
        }
    }
    Ok(())
}

impl HookUrl {
    /// An address, or a reference to one; [`Channel::validate`] says whether it can be used.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Where the address is kept, if it is not here.
    pub(super) fn reference(&self) -> Option<SecretRef> {
        SecretRef::parse(&self.0).ok()
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    fn validate(&self) -> Result<(), InvalidValue> {
        match self.reference() {
            Some(_) => Ok(()),
            None => parse_url("url", &self.0).map(drop),
        }
    }
}

impl std::fmt::Debug for HookUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.reference(), Url::parse(&self.0)) {
            (Some(reference), _) => write!(f, "{}", reference.as_str()),
            (None, Ok(url)) => write!(f, "{}/…", origin(&url)),
            (None, Err(_)) => write!(f, "(not a URL)"),
        }
    }
}

/// What of an address may be shown: scheme, host and port.
pub(super) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// An `http` or `https` address without credentials in it. The text of the error does not repeat it.
pub(super) fn parse_url(field: &str, text: &str) -> Result<Url, InvalidValue> {
    let invalid = |problem: String, hint: &str| InvalidValue::new(field, problem, hint);
    let example = "write it as `https://host/path`, or where it is kept: `env:NBPRESS_SECRET_NAME`, `file:/path`";
    if text.len() > LONGEST_URL {
        let problem = format!("the address has more than {LONGEST_URL} bytes");
        return Err(invalid(problem, example));
    }
    let url = Url::parse(text)
        .map_err(|error| invalid(format!("the address is not a URL: {error}"), example))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid(
            "only `http` and `https` addresses can be posted to".to_owned(),
            example,
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid(
            "the address has a user or password in it".to_owned(),
            "remove what stands before the `@`; keep the whole address as a secret if it is one",
        ));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn problem(channel: &Value) -> Option<(String, String)> {
        let channel: Channel = serde_json::from_value(channel.clone()).unwrap();
        let invalid = channel.validate().err()?;
        assert!(invalid.hint().is_some(), "{invalid}");
        Some((invalid.field().to_owned(), invalid.to_string()))
    }

    #[test]
    fn usable_channels_are_accepted_and_read_back() {
        for channel in [
            json!({"kind": "email", "to": ["ops@example.org", "a+b@sub.example.org"]}),
            json!({"kind": "webhook", "url": "https://hooks.example.org/x?y=z"}),
            json!({"kind": "webhook", "url": "http://127.0.0.1:8080/", "secret": "env:NBPRESS_SECRET_KEY"}),
            json!({"kind": "slack", "url": "env:NBPRESS_SECRET_SLACK"}),
            json!({"kind": "slack", "url": "file:/run/secrets/slack"}),
        ] {
            assert_eq!(problem(&channel), None);
            let parsed: Channel = serde_json::from_value(channel.clone()).unwrap();
            assert_eq!(serde_json::to_value(parsed).unwrap(), channel);
        }
    }

    #[test]
    fn unusable_channels_say_which_field_and_what_would_be_right() {
        let email = |to: &[&str]| json!({"kind": "email", "to": to});
        let webhook = |url: &str| json!({"kind": "webhook", "url": url});
        for (channel, field, part) in [
            (email(&[]), "to", "0 recipients"),
            (email(&["a@b.example"; 51]), "to", "51 recipients"),
            (email(&["a@b.example", "ops"]), "to[1]", "\"ops\""),
            (
                email(&["a@b.example\r\nBcc: x@y.example"]),
                "to[0]",
                "\\r\\nBcc",
            ),
            (email(&["Ops <ops@example.org>"]), "to[0]", "not an e-mail"),
            (webhook("hooks.example.org"), "url", "not a URL"),
            (webhook("ftp://example.org/"), "url", "only `http`"),
            (webhook("javascript:alert(1)"), "url", "only `http`"),
            (webhook("https://me:pw@example.org/"), "url", "password"),
            (webhook("https://me@example.org/"), "url", "user"),
            (
                webhook(&format!("https://h/{}", "x".repeat(3000))),
                "url",
                "2048",
            ),
            (
                json!({"kind": "slack", "url": "env:NBPRESS_TOKEN"}),
                "url",
                "only `http`",
            ),
        ] {
            let (found, text) = problem(&channel).unwrap_or_else(|| panic!("{channel}"));
            assert_eq!(found, field, "{channel}");
            assert!(text.contains(part), "{text}");
            assert!(!text.contains("me:pw"), "{text}");
        }
    }

    #[test]
    fn unknown_fields_kinds_and_plain_secrets_are_refused() {
        for (channel, part) in [
            (
                json!({"kind": "email", "to": [], "cc": []}),
                "unknown field `cc`",
            ),
            (
                json!({"kind": "pager", "to": []}),
                "unknown variant `pager`",
            ),
            (
                json!({"kind": "webhook", "url": "https://h/", "secret": "s3cret"}),
                "never the secret itself",
            ),
        ] {
            let error = serde_json::from_value::<Channel>(channel).unwrap_err();
            let text = error.to_string();
            assert!(text.contains(part) && !text.contains("s3cret"), "{text}");
        }
    }

    #[test]
    fn tokens_in_addresses_are_not_shown() {
        let url = HookUrl::new("https://hooks.slack.com/services/T0/B0/token?x=token");
        let channel = Channel::Slack { url };
        assert_eq!(
            format!("{channel:?}"),
            "Slack { url: https://hooks.slack.com/… }"
        );
    }

    #[test]
    fn a_channel_can_be_narrowed_to_each_of_its_recipients_and_nobody_else() {
        let to = ["a@example.org", "b@example.org"].map(str::to_owned);
        let both = Channel::Email { to: to.to_vec() };
        assert_eq!(both.recipients(), to);
        for one in &to {
            let only = both.only(one).unwrap();
            assert_eq!(only.recipients(), std::slice::from_ref(one));
        }
        assert_eq!(both.only("c@example.org"), None);
        let slack = Channel::Slack {
            url: HookUrl::new("https://h/"),
        };
        assert_eq!(slack.only("a@example.org"), None);
    }
}
