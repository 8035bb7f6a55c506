//! Who is signed in: kept in a file, so that a restart signs nobody out, and so that nobody can use what is in it.

use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderValue};
use hmac::{Hmac, Mac as _};
use jiff::{Timestamp, ToSpan as _};
use nbpress_runs::StoreError;
use nbpress_runs::store::{SIGN_IN_BEGINS, User};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::App;
use crate::guard::cookies::{self, Cookie};
use crate::guard::refusal::Refusal;

/// How long a browser stays signed in.
const DAYS: i64 = 30;
/// The most sign-ins; the oldest end first.
const MOST: usize = 1000;

/// Every sign-in that has not ended.
#[derive(Debug)]
pub(crate) struct SignIns {
    file: Option<PathBuf>,
    token: String,
    held: Mutex<Vec<SignIn>>,
}

/// What is known of one.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct SignIn {
    /// A code of the id that can be made only with the server's token: when that changes, all sign-ins end.
    code: String,
    until: Timestamp,
}

impl SignIns {
    /// Those of a state folder; a file that is missing or broken signs everybody out.
    pub(crate) fn open(state: Option<&Path>, token: &str) -> Self {
        let file = state.map(|folder| folder.join("sign-ins.json"));
        #[expect(
            clippy::disallowed_methods,
            reason = "a file of the server's own state"
        )]
        let text = file.as_ref().and_then(|file| std::fs::read(file).ok());
        let held = text
            .and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default();
        Self {
            file,
            token: token.to_owned(),
            held: Mutex::new(held),
        }
    }

    /// Signs a browser in, and answers with the id that it has to bring again.
    fn add(&self, now: Timestamp) -> io::Result<String> {
        let (one, other) = (uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
        let id = format!("{}{}", one.simple(), other.simple());
        let until = now
            .checked_add((24 * DAYS).hours())
            .map_err(io::Error::other)?;
        let code = self.code(&id);
        self.change(|held| {
            held.retain(|sign_in| sign_in.until > now);
            held.drain(..held.len().saturating_sub(MOST - 1));
            held.push(SignIn { code, until });
        })?;
        Ok(id)
    }

    /// Whether an id was given out and has not ended.
    pub(crate) fn holds(&self, id: &str, now: Timestamp) -> bool {
        let code = self.code(id);
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.iter()
            .any(|sign_in| sign_in.code == code && sign_in.until > now)
    }

    /// Ends a sign-in.
    fn remove(&self, id: &str) -> io::Result<()> {
        let code = self.code(id);
        self.change(|held| held.retain(|sign_in| sign_in.code != code))
    }

    fn change(&self, change: impl FnOnce(&mut Vec<SignIn>)) -> io::Result<()> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut held);
        match &self.file {
            Some(file) => write(file, &serde_json::to_vec(&*held)?),
            None => Ok(()),
        }
    }

    fn code(&self, id: &str) -> String {
        let Ok(mut code) = Hmac::<Sha256>::new_from_slice(self.token.as_bytes()) else {
            return String::new();
        };
        code.update(id.as_bytes());
        hex::encode(code.finalize().into_bytes())
    }
}

/// The time at which it is asked whether somebody is signed in.
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// A file that is there as a whole or not at all, and that only we can read.
fn write(file: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let beside = file.with_extension("new");
    let mut new = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)?;
    new.write_all(content)?;
    std::fs::rename(beside, file)
}

/// Signs in whoever showed the server's own token, and answers with the cookie.
pub(super) fn cookie(app: &App, headers: &HeaderMap) -> Result<HeaderValue, Refusal> {
    let id = app.sign_ins.add(now()).map_err(|_| Refusal::NotKept)?;
    Ok(lasting(app, headers, &id))
}

/// Signs in a user, at most for as long as the API token that was shown, and answers with the cookie.
pub(super) async fn cookie_of_user(
    app: &App,
    headers: &HeaderMap,
    user: &User,
    token: Option<&str>,
) -> Result<HeaderValue, StoreError> {
    let secret = app.store.sign_in(user, token, now()).await?;
    Ok(lasting(app, headers, secret.reveal()))
}

fn lasting(app: &App, headers: &HeaderMap, id: &str) -> HeaderValue {
    let cookie = Cookie {
        name: &cookies::sign_in_name(headers),
        value: id,
        max_age_seconds: Some(DAYS * 24 * 3600),
        hidden: true,
    };
    cookies::set(app, headers, &cookie)
}

/// Ends the sign-in of a request, and answers with a cookie that is over.
pub(super) async fn end(app: &App, headers: &HeaderMap) -> HeaderValue {
    let name = cookies::sign_in_name(headers);
    if let Some(id) = cookies::value(headers, &name) {
        // What could not be written down is over until the next start at least.
        let _not_kept = app.sign_ins.remove(id);
        if id.starts_with(SIGN_IN_BEGINS) {
            let _away = app.store.sign_out(id, now()).await;
            app.known.forget();
        }
    }
    let cookie = Cookie {
        name: &name,
        value: "",
        max_age_seconds: Some(0),
        hidden: true,
    };
    cookies::set(app, headers, &cookie)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_signs_nobody_out() {
        let folder = tempfile::tempdir().unwrap();
        let now = Timestamp::now();
        let id = SignIns::open(Some(folder.path()), "token")
            .add(now)
            .unwrap();
        let again = SignIns::open(Some(folder.path()), "token");
        assert!(again.holds(&id, now));
        assert!(!again.holds(&id[1..], now));
        assert!(!again.holds("", now));
        assert!(!again.holds(&id, now + 721.hours()));
        again.remove(&id).unwrap();
        assert!(!again.holds(&id, now));
        assert!(!SignIns::open(Some(folder.path()), "token").holds(&id, now));
    }

    /// CVE-2026-40934: sign-ins outlived a change of what they were made with.
    #[test]
    fn cve_2026_40934_another_token_ends_every_sign_in() {
        let folder = tempfile::tempdir().unwrap();
        let now = Timestamp::now();
        let id = SignIns::open(Some(folder.path()), "one").add(now).unwrap();
        assert!(!SignIns::open(Some(folder.path()), "other").holds(&id, now));
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "what is in the file is the point"
    )]
    fn the_file_gives_nobody_access() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let id = SignIns::open(Some(folder.path()), "secret")
            .add(Timestamp::now())
            .unwrap();
        let file = folder.path().join("sign-ins.json");
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(!text.contains(&id) && !text.contains("secret"), "{text}");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn there_are_only_so_many() {
        let now = Timestamp::now();
        let sign_ins = SignIns::open(None, "token");
        let first = sign_ins.add(now).unwrap();
        let second = sign_ins.add(now).unwrap();
        for _ in 0..MOST - 1 {
            sign_ins.add(now).unwrap();
        }
        assert!(!sign_ins.holds(&first, now));
        assert!(sign_ins.holds(&second, now));
    }
}
