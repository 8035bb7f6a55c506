//! What `nbpress serve` is told of an OpenID provider.

use anyhow::{bail, ensure};
use clap::Args;
use nbpress_server::{ClientSecret, OpenId, OpenIdSettings};

use crate::commands::users::RoleName;

/// How people sign in with OpenID Connect.
#[derive(Clone, Debug, Args)]
#[expect(
    clippy::struct_field_names,
    reason = "the fields are called as the flags are"
)]
pub(crate) struct OpenIdArgs {
    /// Let people sign in with the OpenID provider of this address, as it writes it itself.
    #[arg(long, value_name = "URL")]
    openid_issuer: Option<String>,
    /// What the provider calls this server.
    #[arg(long, value_name = "ID")]
    openid_client_id: Option<String>,
    /// What this server shows the provider. A setting, because others see flags.
    #[arg(long, value_name = "TEXT", hide = true)]
    openid_client_secret: Option<String>,
    /// What the provider is asked for besides `openid` (repeatable).
    #[arg(long, value_name = "NAME", default_values = ["email", "profile"])]
    openid_scope: Vec<String>,
    /// Whoever has a verified address `…@DOMAIN` becomes a user (repeatable) [default: those whom an admin added].
    #[arg(long, value_name = "DOMAIN")]
    openid_domain: Vec<String>,
    /// What they become.
    #[arg(long, value_name = "ROLE", default_value = "viewer")]
    openid_role: RoleName,
}

impl OpenIdArgs {
    /// The provider, where there is one; `public_url` is where browsers find this server.
    ///
    /// What must be given together is checked here: some of it may be in the file of settings, which `clap` takes for
    /// absent.
    pub(super) fn provider(
        &self,
        public_url: Option<&str>,
        serves_folder: bool,
    ) -> anyhow::Result<Option<OpenId>> {
        let (issuer, client_id) = match (&self.openid_issuer, &self.openid_client_id) {
            (Some(issuer), Some(client_id)) => (issuer, client_id),
            (None, None) => return Ok(None),
            (Some(_), None) => bail!("`openid_issuer` is set and `openid_client_id` is not"),
            (None, Some(_)) => bail!("`openid_client_id` is set and `openid_issuer` is not"),
        };
        ensure!(
            serves_folder,
            "`openid_issuer` is for people who open pages, and no folder is served"
        );
        let openid = OpenId::new(OpenIdSettings {
            issuer: issuer.clone(),
            client_id: client_id.clone(),
            client_secret: self.openid_client_secret.as_deref().map(ClientSecret::new),
            scopes: self.openid_scope.clone(),
            domains: self.openid_domain.clone(),
            default_role: self.openid_role.role(),
            public_url: public_url.map(str::to_owned),
        });
        Ok(Some(openid?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(issuer: Option<&str>, client_id: Option<&str>) -> OpenIdArgs {
        OpenIdArgs {
            openid_issuer: issuer.map(str::to_owned),
            openid_client_id: client_id.map(str::to_owned),
            openid_client_secret: None,
            openid_scope: vec![],
            openid_domain: vec![],
            openid_role: RoleName::Viewer,
        }
    }

    #[test]
    fn what_is_missing_is_named_wherever_the_rest_was_set() {
        let issuer = Some("https://id.example.org");
        for (issuer, client_id, serves_folder, expected) in [
            (None, None, false, Ok(false)),
            (issuer, Some("nbpress"), true, Ok(true)),
            (issuer, None, true, Err("openid_client_id")),
            (None, Some("nbpress"), true, Err("openid_issuer")),
            (issuer, Some("nbpress"), false, Err("no folder")),
        ] {
            let made = args(issuer, client_id).provider(None, serves_folder);
            match (made, expected) {
                (Ok(made), Ok(there)) => assert_eq!(made.is_some(), there),
                (Err(error), Err(named)) => assert!(error.to_string().contains(named), "{error}"),
                (made, expected) => panic!("{made:?} is not {expected:?}"),
            }
        }
    }
}
