//! Which version of a file a client was last told of, for those that do not say so themselves.
//!
//! Nothing hangs on it but that a save is refused which would replace what its client cannot have seen: what is
//! forgotten here, or was known before the server was started again, is saved as Jupyter saves it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use indexmap::IndexMap;
use nbpress_contents::ContentsPath;

use crate::guard::Who;

/// Files that are remembered, of all clients; the longest unseen is forgotten first.
const MOST: usize = 10_000;

/// By what one client is told from others: browsers and scripts of the same person are different clients.
pub(super) fn client(who: &Who, headers: &HeaderMap) -> String {
    let agent = headers
        .get(USER_AGENT)
        .and_then(|agent| agent.to_str().ok());
    format!("{} {}", who.name(), agent.unwrap_or_default())
}

/// What clients were told.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<IndexMap<(String, ContentsPath), String>>);

impl Seen {
    /// A client is told of the version with this etag.
    pub(super) fn note(&self, client: &str, path: &ContentsPath, etag: &str) {
        let mut seen = self.lock();
        let key = (client.to_owned(), path.clone());
        // The newest are at the end.
        seen.shift_remove(&key);
        seen.insert(key, etag.to_owned());
        if seen.len() > MOST {
            seen.drain(..MOST / 10);
        }
    }

    /// The etag that a client was last told of a file.
    pub(super) fn of(&self, client: &str, path: &ContentsPath) -> Option<String> {
        let key = (client.to_owned(), path.clone());
        self.lock().get(&key).cloned()
    }

    pub(super) fn forget(&self, client: &str, path: &ContentsPath) {
        let key = (client.to_owned(), path.clone());
        self.lock().shift_remove(&key);
    }

    fn lock(&self) -> MutexGuard<'_, IndexMap<(String, ContentsPath), String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_unseen_is_forgotten() {
        let seen = Seen::default();
        let path = |number: usize| ContentsPath::parse(&format!("{number}")).unwrap();
        for number in 0..MOST {
            seen.note("a", &path(number), "1");
        }
        seen.note("a", &path(0), "2");
        seen.note("b", &path(0), "3");
        for (client, number, expected) in [
            ("a", 0, Some("2")),
            ("b", 0, Some("3")),
            ("a", 1, None),
            ("a", MOST - 1, Some("1")),
        ] {
            assert_eq!(
                seen.of(client, &path(number)).as_deref(),
                expected,
                "{client} {number}"
            );
        }
        seen.forget("a", &path(0));
        assert_eq!(seen.of("a", &path(0)), None);
    }
}
