//! Why somebody is not signed in: what the person reads, and what an operator needs to know.

use axum::http::StatusCode;
use nbpress_runs::StoreError;

use crate::guard::openid::id_token::NotBelieved;

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("this server has no OpenID provider")]
    NoProvider,
    /// The browser brings no sign-in that belongs to what the provider sent, or it was over already.
    #[error("this browser began no such sign-in, or ended it already")]
    NotBegun,
    #[error("the sign-in was begun too long ago")]
    TooLate,
    /// The person, or the provider, said no.
    #[error("the provider says `{0}`")]
    Declined(String),
    #[error("the code was used already, or it is too old")]
    CodeIsOver,
    #[error("the provider does not answer")]
    Unreachable(#[source] reqwest::Error),
    #[error("the provider answers {status} when asked for its {what}")]
    Status { what: &'static str, status: u16 },
    #[error("the provider answers `{code}` when asked for its {what}")]
    Refused { what: &'static str, code: String },
    #[error("the provider's {what} cannot be read")]
    Unreadable {
        what: &'static str,
        #[source]
        source: serde_json::Error,
    },
    #[error("the provider's {0} are too large")]
    TooLarge(&'static str),
    #[error("the provider calls itself `{found}`, and not `{expected}`")]
    OtherIssuer { found: String, expected: String },
    #[error("the provider's address `{0}` is read by others on the way")]
    UnsafeAddress(String),
    #[error("the answer came from another provider")]
    OtherProvider,
    #[error("the provider's userinfo is of another person")]
    OtherPerson,
    #[error("the ID token is not believed: {0}")]
    NotBelieved(NotBelieved),
    /// The provider knows them, and this server does not.
    #[error("`{0}` is no user")]
    Stranger(String),
    #[error("the provider has not verified the e-mail address `{0}`")]
    NotVerified(String),
    #[error("the user `{0}` is disabled")]
    Disabled(String),
    #[error("the sign-in could not be kept")]
    Store(#[from] StoreError),
}

impl Fault {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::NoProvider => StatusCode::NOT_FOUND,
            Self::NotBegun | Self::TooLate | Self::CodeIsOver => StatusCode::BAD_REQUEST,
            Self::Declined(_) | Self::Stranger(_) | Self::NotVerified(_) | Self::Disabled(_) => {
                StatusCode::FORBIDDEN
            }
            Self::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unreachable(error) if error.is_timeout() => StatusCode::GATEWAY_TIMEOUT,
            _ => StatusCode::BAD_GATEWAY,
        }
    }

    /// What happened, and what the person can do.
    pub(super) fn said(&self) -> (String, &'static str) {
        let (what, advice) = match self {
            Self::NoProvider => (
                "Nobody can sign in this way here.",
                "Sign in with a token or a link.",
            ),
            Self::NotBegun => (
                "This browser has not begun this sign-in, or it has ended already.",
                "Begin again, and let the browser keep cookies.",
            ),
            Self::TooLate | Self::CodeIsOver => ("The sign-in took too long.", "Begin again."),
            Self::Declined(_) => (
                "The sign-in service did not sign you in.",
                "Begin again, or ask those who run it.",
            ),
            Self::Unreachable(_) | Self::Status { .. } => (
                "The sign-in service does not answer as it should.",
                "Try again in a minute. Whoever is signed in stays so.",
            ),
            Self::NotBelieved(NotBelieved::Expired | NotBelieved::Early) => (
                "The answer of the sign-in service is of another time.",
                "Its clock and that of this server are more than a minute apart: tell an administrator.",
            ),
            Self::NotBelieved(_) | Self::OtherProvider | Self::OtherPerson => (
                "The answer of the sign-in service cannot be trusted.",
                "Begin again. If that does not help, tell an administrator what is written below.",
            ),
            Self::Refused { .. }
            | Self::Unreadable { .. }
            | Self::TooLarge(_)
            | Self::OtherIssuer { .. }
            | Self::UnsafeAddress(_) => (
                "This server and the sign-in service do not fit together.",
                "Tell an administrator what is written below.",
            ),
            Self::Stranger(name) => {
                let what =
                    format!("The sign-in service knows you as {name}. This server does not.");
                return (
                    what,
                    "Ask an administrator to add you with this e-mail address.",
                );
            }
            Self::NotVerified(email) => {
                let what = format!("The sign-in service has not verified that {email} is yours.");
                return (what, "Verify it there, and sign in again.");
            }
            Self::Disabled(_) => (
                "You may not use this server any more.",
                "Ask an administrator.",
            ),
            Self::Store(_) => (
                "The server cannot write down who signs in.",
                "Try again in a minute, or tell an administrator.",
            ),
        };
        (what.to_owned(), advice)
    }

    /// Whether it helps to try again.
    pub(super) fn may_be_tried_again(&self) -> bool {
        !matches!(self, Self::NoProvider | Self::Disabled(_))
    }
}

/// A provider's word as it may stand on a page: whoever makes a link can choose what comes back.
pub(super) fn plain(word: &str) -> String {
    let known = |letter: &char| letter.is_ascii_alphanumeric() || "_-.".contains(*letter);
    word.chars().filter(known).take(40).collect()
}
