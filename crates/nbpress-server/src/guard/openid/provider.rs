//! The provider: where it is asked what, with which keys it signs, and what it gives for a code.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::Jwk;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, RequestBuilder, StatusCode, redirect};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};

use crate::guard::openid::fault::Fault;
use crate::guard::openid::person::Said;
use crate::guard::openid::{ClientSecret, OpenIdError, OpenIdSettings, is_safe};

/// How long the provider may take for one answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long what it says of itself is believed.
const LASTS: Duration = Duration::from_mins(10);
/// The largest answer that is read.
const LARGEST: usize = 1 << 20;

/// What a provider says of itself (<https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata>).
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Metadata {
    issuer: String,
    #[serde(deserialize_with = "address")]
    pub(super) authorization_endpoint: Url,
    #[serde(deserialize_with = "address")]
    token_endpoint: Url,
    #[serde(deserialize_with = "address")]
    jwks_uri: Url,
    #[serde(default, deserialize_with = "maybe_address")]
    userinfo_endpoint: Option<Url>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// Whether it says with every answer who it is (RFC 9207).
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

/// What is exchanged for tokens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Code<'a> {
    pub(super) value: &'a str,
    pub(super) verifier: &'a str,
    /// Where the code was sent to.
    pub(super) redirect: &'a str,
}

/// What the provider gives for a code.
#[derive(Clone, Deserialize)]
pub(super) struct Tokens {
    pub(super) id_token: String,
    #[serde(default)]
    access_token: Option<String>,
}

/// The provider, and what it last said of itself.
#[derive(Debug)]
pub(super) struct Provider {
    client: Client,
    issuer: String,
    client_id: String,
    secret: Option<ClientSecret>,
    metadata: Kept<Metadata>,
    keys: Kept<Vec<Jwk>>,
}

impl Provider {
    pub(super) fn new(settings: &OpenIdSettings) -> Result<Self, OpenIdError> {
        let client = Client::builder()
            .timeout(PATIENCE)
            // People sign in seldom: a connection that was kept would often be one that the provider just closed.
            .pool_max_idle_per_host(0)
            // Where a code or a secret goes is what the provider says, and nowhere else.
            .redirect(redirect::Policy::none());
        Ok(Self {
            client: client.build().map_err(OpenIdError::Client)?,
            issuer: settings.issuer.clone(),
            client_id: settings.client_id.clone(),
            secret: settings.client_secret.clone(),
            metadata: Kept::default(),
            keys: Kept::default(),
        })
    }

    /// Where it is asked what.
    pub(super) async fn metadata(&self) -> Result<Arc<Metadata>, Fault> {
        if let Some(known) = self.metadata.get() {
            return Ok(known);
        }
        let base = self.issuer.trim_end_matches('/');
        let address = format!("{base}/.well-known/openid-configuration");
        let found: Metadata = self.get(self.client.get(address), "description").await?;
        if found.issuer != self.issuer {
            return Err(Fault::OtherIssuer {
                found: found.issuer,
                expected: self.issuer.clone(),
            });
        }
        let asked = [
            &found.authorization_endpoint,
            &found.token_endpoint,
            &found.jwks_uri,
        ];
        let asked = asked.into_iter().chain(&found.userinfo_endpoint);
        for address in asked {
            if !is_safe(address) {
                return Err(Fault::UnsafeAddress(address.to_string()));
            }
        }
        Ok(self.metadata.put(found))
    }

    /// The keys it signs with: those that are known, or those that there are now.
    pub(super) async fn keys(
        &self,
        metadata: &Metadata,
        known_will_do: bool,
    ) -> Result<Arc<Vec<Jwk>>, Fault> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        if let Some(known) = self.keys.get().filter(|_| known_will_do) {
            return Ok(known);
        }
        let request = self.client.get(metadata.jwks_uri.clone());
        let set: Set = self.get(request, "keys").await?;
        // Keys of kinds that are new to us are for others.
        let keys = set.keys.into_iter().map(serde_json::from_value);
        Ok(self.keys.put(keys.filter_map(Result::ok).collect()))
    }

    /// The tokens for a code.
    pub(super) async fn tokens(
        &self,
        metadata: &Metadata,
        code: &Code<'_>,
    ) -> Result<Tokens, Fault> {
        let request = self.exchange(metadata, code);
        self.get(request, "tokens").await
    }

    /// The request for the tokens (RFC 6749, section 4.1.3).
    fn exchange(&self, metadata: &Metadata, code: &Code<'_>) -> RequestBuilder {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code.value)
            .append_pair("redirect_uri", code.redirect)
            .append_pair("code_verifier", code.verifier);
        let mut request = self.client.post(metadata.token_endpoint.clone());
        match &self.secret {
            Some(secret) if metadata.takes_basic() => {
                request = request.header(AUTHORIZATION, basic(&self.client_id, secret));
            }
            secret => {
                form.append_pair("client_id", &self.client_id);
                if let Some(ClientSecret(secret)) = secret {
                    form.append_pair("client_secret", secret);
                }
            }
        }
        request
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.finish())
    }

    /// What else it says of the person of an ID token, where it says more.
    pub(super) async fn more_of(
        &self,
        metadata: &Metadata,
        tokens: &Tokens,
        said: Said,
    ) -> Result<Said, Fault> {
        let (Some(address), Some(token)) = (&metadata.userinfo_endpoint, &tokens.access_token)
        else {
            return Ok(said);
        };
        let request = self.client.get(address.clone()).bearer_auth(token);
        let more: Said = self.get(request, "userinfo").await?;
        // Or one person's address would be believed to be another's.
        if more.sub != said.sub {
            return Err(Fault::OtherPerson);
        }
        Ok(said.or(more))
    }

    async fn get<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        what: &'static str,
    ) -> Result<T, Fault> {
        let request = request.header(ACCEPT, "application/json");
        let mut response = request.send().await.map_err(Fault::Unreachable)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(Fault::Unreachable)? {
            body.extend_from_slice(&piece);
            if body.len() > LARGEST {
                return Err(Fault::TooLarge(what));
            }
        }
        if status != StatusCode::OK {
            return Err(refused(status, what, &body));
        }
        serde_json::from_slice(&body).map_err(|source| Fault::Unreadable { what, source })
    }
}

impl Metadata {
    /// Whether the secret is taken as a header, which is what there is where nothing is said.
    fn takes_basic(&self) -> bool {
        let methods = self.token_endpoint_auth_methods_supported.as_ref();
        methods.is_none_or(|methods| methods.iter().any(|method| method == "client_secret_basic"))
    }
}

fn address<'de, D: Deserializer<'de>>(text: D) -> Result<Url, D::Error> {
    let text = String::deserialize(text)?;
    Url::parse(&text).map_err(D::Error::custom)
}

fn maybe_address<'de, D: Deserializer<'de>>(text: D) -> Result<Option<Url>, D::Error> {
    address(text).map(Some)
}

/// A name and a secret as RFC 6749, section 2.3.1 puts them into a header.
fn basic(client_id: &str, ClientSecret(secret): &ClientSecret) -> String {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encoded(client_id), encoded(secret));
    format!("Basic {}", STANDARD.encode(pair))
}

fn refused(status: StatusCode, what: &'static str, body: &[u8]) -> Fault {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    match body["error"].as_str() {
        Some("invalid_grant") => Fault::CodeIsOver,
        Some(code) if status.is_client_error() => Fault::Refused {
            what,
            code: super::fault::plain(code),
        },
        _ => Fault::Status {
            what,
            status: status.as_u16(),
        },
    }
}

/// Something that is asked for anew after a while.
#[derive(Debug)]
struct Kept<T>(Mutex<Option<(Instant, Arc<T>)>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Kept<T> {
    fn get(&self) -> Option<Arc<T>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, value) = kept.as_ref()?;
        (since.elapsed() < LASTS).then(|| Arc::clone(value))
    }

    fn put(&self, value: T) -> Arc<T> {
        let value = Arc::new(value);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some((Instant::now(), Arc::clone(&value)));
        value
    }
}
