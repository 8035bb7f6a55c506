//! Sign-in with OpenID Connect: a provider says who somebody is, and this server whether they may come in.
//!
//! The way of a sign-in (<https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth>): [`begun`] remembers
//! in the browser what was asked, [`provider`] is asked for the code's tokens, [`id_token`] decides whether to
//! believe them, [`admission`] finds or makes the user, and [`pages`] is what the person sees of it.

mod admission;
mod begun;
mod fault;
mod id_token;
mod pages;
mod person;
mod provider;
mod signature;

use std::fmt;

use nbpress_runs::Role;
use url::Url;

pub(crate) use pages::{link, routes};

use begun::Ended;
use provider::Provider;

/// What an operator says of the provider, and of whom it vouches for.
#[derive(Clone, Debug)]
pub struct OpenIdSettings {
    /// The provider's address, as it writes it itself (`iss`).
    pub issuer: String,
    /// What the provider calls this server.
    pub client_id: String,
    /// What this server shows the provider; `None` for a client that has no secret.
    pub client_secret: Option<ClientSecret>,
    /// What is asked for besides `openid`.
    pub scopes: Vec<String>,
    /// Whoever has a verified e-mail address of one of these domains becomes a user.
    pub domains: Vec<String>,
    /// What they become in the workspace `main`.
    pub default_role: Role,
    /// Where browsers find this server, its base URL included; where the request came to when absent.
    pub public_url: Option<String>,
}

/// What is in no message and no log.
#[derive(Clone)]
pub struct ClientSecret(String);

impl ClientSecret {
    /// The secret itself, without the line end that files have.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("ClientSecret(…)")
    }
}

/// The settings, and what is known of the provider while the server runs.
#[derive(Debug)]
pub struct OpenId {
    settings: OpenIdSettings,
    provider: Provider,
    ended: Ended,
}

impl OpenId {
    /// The provider is asked for nothing before somebody signs in.
    ///
    /// # Errors
    /// The issuer's address cannot be used, or this machine has no certificates to check it with.
    pub fn new(settings: OpenIdSettings) -> Result<Self, OpenIdError> {
        let unusable = || OpenIdError::Issuer(settings.issuer.clone());
        let issuer = Url::parse(&settings.issuer).map_err(|_| unusable())?;
        if !is_safe(&issuer) || issuer.query().is_some() || issuer.fragment().is_some() {
            return Err(unusable());
        }
        signature::install();
        Ok(Self {
            provider: Provider::new(&settings)?,
            ended: Ended::default(),
            settings,
        })
    }
}

/// Why a provider cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenIdError {
    /// It is reached by nothing that keeps a secret.
    #[error("`{0}` cannot be the address of an OpenID provider")]
    Issuer(String),
    /// There can be no connections.
    #[error("failed to prepare connections to the OpenID provider")]
    Client(#[source] reqwest::Error),
}

impl OpenIdError {
    /// What would be right.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Issuer(_) => {
                "write the issuer as the provider does: `https://HOST/PATH`, or `http://` on this machine"
            }
            Self::Client(_) => "check the certificates that this machine trusts",
        };
        Some(text.to_owned())
    }
}

/// Whether what is sent to an address is read by nobody on the way.
fn is_safe(address: &Url) -> bool {
    let host = address.host_str().unwrap_or_default();
    let loopback = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
    match address.scheme() {
        "https" => !host.is_empty(),
        "http" => loopback,
        _ => false,
    }
}
