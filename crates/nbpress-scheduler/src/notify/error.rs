//! Why a setting cannot be used, and why a message was not delivered.

use std::time::Duration;

use nbpress_execute::redact::Redactor;

use super::secret::SecretError;
use super::text::one_line;

/// A value somebody gave that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct InvalidValue {
    field: String,
    problem: String,
    hint: String,
}

impl InvalidValue {
    pub(super) fn new(
        field: impl Into<String>,
        problem: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            field: field.into(),
            problem: problem.into(),
            hint: hint.into(),
        }
    }

    /// Which field it is, such as `to[1]`, relative to the value that was checked.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What would be right.
    pub fn hint(&self) -> Option<String> {
        Some(self.hint.clone())
    }
}

/// Why a notice was not delivered. No text of it has a secret in it, nor more of a web address than
/// scheme, host and port.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// Nobody said which mail server to use.
    #[error("there is no mail server to send e-mail with")]
    NoMailServer,
    /// The channel itself is wrong.
    #[error("the channel cannot be used")]
    Channel(#[source] InvalidValue),
    /// A secret could not be had when it was needed.
    #[error("`{reference}` cannot be resolved")]
    Secret {
        /// Where it should have been: `env:NBPRESS_SECRET_NAME` or `file:/path`.
        reference: String,
        /// Why not.
        #[source]
        source: SecretError,
    },
    /// No message can be made of the notice.
    #[error("no message can be made of the notice")]
    Message(#[source] Cause),
    /// The server did not answer in time.
    #[error("`{destination}` did not answer within {} s", .after.as_secs_f64())]
    TimedOut {
        /// The server.
        destination: String,
        /// How long it had.
        after: Duration,
    },
    /// No conversation with the server came about, or it broke off.
    #[error("`{destination}` cannot be reached")]
    Unreachable {
        /// The server.
        destination: String,
        /// What the network said.
        #[source]
        cause: Cause,
    },
    /// The mail server refused.
    #[error("`{destination}` refused: {code} {reply}")]
    MailRefused {
        /// The server: `host:port`.
        destination: String,
        /// Its reply code (RFC 5321, section 4.2).
        code: u16,
        /// Its words, shortened.
        reply: String,
    },
    /// The web server answered with something other than 2xx.
    #[error("`{destination}` answered {status}{}", .word.as_ref().map(|word| format!(" `{word}`")).unwrap_or_default())]
    Status {
        /// The server: scheme, host and port.
        destination: String,
        /// Its HTTP status.
        status: u16,
        /// Slack's word for what is wrong, such as `no_service`.
        word: Option<String>,
        /// How long it asked to be left alone.
        retry_after: Option<Duration>,
    },
}

/// Replies with which a mail server refuses the sender's login, not the message (RFC 4954, section 6):
/// whoever runs this repairs it, and then the message gets through.
const LOGIN_REFUSED: [u16; 4] = [530, 534, 535, 538];

/// 4xx answers that say `later` (RFC 9110, RFC 8470, RFC 6585).
const LATER: [u16; 3] = [408, 425, 429];

impl DeliveryError {
    /// Whether trying again is pointless.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Channel(_) | Self::Message(_) => true,
            Self::MailRefused { code, .. } => {
                (500..600).contains(code) && !LOGIN_REFUSED.contains(code)
            }
            Self::Status { status, .. } => (400..500).contains(status) && !LATER.contains(status),
            // Whoever runs this can still set what is missing.
            Self::NoMailServer | Self::Secret { .. } => false,
            Self::TimedOut { .. } | Self::Unreachable { .. } => false,
        }
    }

    /// How long the receiver asked to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoMailServer => "set a mail server, such as `smtps://user:password@host:465`",
            Self::Channel(invalid) => return invalid.hint(),
            Self::Secret { source, .. } => return source.hint(),
            Self::MailRefused { code, .. } if LOGIN_REFUSED.contains(code) => {
                "check the mail server's user and password"
            }
            Self::Status { status: 410, .. } => "the receiver is gone: remove the channel",
            Self::Status {
                status: 300..=399, ..
            } => "redirects are not followed: give the address it leads to",
            Self::Status {
                status: 401 | 403 | 404,
                ..
            } => "check the address and the secret of the channel",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

/// The innermost cause of a failure, as text from which secrets were removed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Cause(String);

const LONGEST_CAUSE: usize = 300;

impl Cause {
    pub(super) fn of(error: &(dyn std::error::Error + 'static), secrets: &Redactor) -> Self {
        let mut innermost = error;
        while let Some(source) = innermost.source() {
            innermost = source;
        }
        Self(shown(&innermost.to_string(), secrets))
    }
}

/// Somebody else's words about a failure, fit for our own.
pub(super) fn shown(text: &str, secrets: &Redactor) -> String {
    one_line(&secrets.text(text.to_owned()), LONGEST_CAUSE)
}
