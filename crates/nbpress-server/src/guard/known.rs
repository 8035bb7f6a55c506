//! What was read of users, tokens and share links, for a few seconds: a request costs no statement.
//!
//! A change made by this server holds at once: it forgets everything. One made by another server that shares the
//! database holds within [`LASTS`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use nbpress_runs::StoreError;
use nbpress_runs::store::{Holder, SHARE_BEGINS, SIGN_IN_BEGINS, Share, TOKEN_BEGINS};
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::App;
use crate::guard::who::Member;

/// How long something is taken for true after it was read.
pub(crate) const LASTS: Duration = Duration::from_secs(5);
/// How long it is taken for true that a token was used.
const USE: Duration = Duration::from_mins(1);
/// The most that is known at a time.
const MOST: usize = 10_000;

/// Of each secret its hash: what is compared byte by byte says nothing about the secret.
type Key = [u8; 32];

/// What is known at the moment.
#[derive(Debug, Default)]
pub(crate) struct Known {
    kept: Mutex<Kept>,
    changes: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Kept {
    members: HashMap<Key, (Instant, Arc<Member>)>,
    shares: HashMap<Key, (Instant, Arc<Share>)>,
    /// When each token was noted as used.
    used: HashMap<String, Instant>,
    /// In which workspace something is, which never changes.
    workspaces: HashMap<String, Arc<str>>,
}

impl Known {
    /// Forgets everything that may have changed, and tells those who wait for it.
    pub(crate) fn forget(&self) {
        let mut kept = self.lock();
        kept.members.clear();
        kept.shares.clear();
        // Under the lock: who read before this cannot keep it after.
        self.changes.send_modify(|change| *change += 1);
    }

    /// Told of every change.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Who shows a secret; none for what opens nothing.
    ///
    /// # Errors
    /// The database fails.
    pub(crate) async fn member(app: &App, secret: &str) -> Result<Option<Arc<Member>>, StoreError> {
        let now = Timestamp::now();
        let known = app.known.lock().members.get(&key(secret)).and_then(fresh);
        let member = match known {
            None => read_anew(app, secret, now).await?,
            known => known,
        };
        let Some(member) = member else {
            return Ok(None);
        };
        let is_over = member.holder.until.is_some_and(|until| until <= now);
        if is_over {
            return Ok(None);
        }
        note_use(app, &member, now).await;
        Ok(Some(member))
    }

    /// The share link of a secret, also when it shows nothing any more.
    ///
    /// # Errors
    /// The database fails.
    pub(crate) async fn share(app: &App, secret: &str) -> Result<Option<Arc<Share>>, StoreError> {
        if !secret.starts_with(SHARE_BEGINS) {
            return Ok(None);
        }
        let key = key(secret);
        let known = app.known.lock().shares.get(&key).and_then(fresh);
        if known.is_some() {
            return Ok(known);
        }
        let change = *app.known.changes.borrow();
        let Some(share) = app.store.share_of_secret(secret).await? else {
            return Ok(None);
        };
        let share = Arc::new(share);
        let mut kept = app.known.lock();
        if *app.known.changes.borrow() == change {
            make_room(&mut kept.shares);
            let entry = (Instant::now(), Arc::clone(&share));
            kept.shares.insert(key, entry);
        }
        Ok(Some(share))
    }

    /// The workspace of something that was looked up before.
    pub(crate) fn workspace(&self, id: &str) -> Option<Arc<str>> {
        self.lock().workspaces.get(id).cloned()
    }

    /// Remembers in which workspace something is.
    pub(crate) fn note_workspace(&self, id: &str, workspace: &str) -> Arc<str> {
        let mut kept = self.lock();
        make_room(&mut kept.workspaces);
        let workspace = Arc::from(workspace);
        kept.workspaces
            .insert(id.to_owned(), Arc::clone(&workspace));
        workspace
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads who shows a secret, and keeps it for the next request.
async fn read_anew(
    app: &App,
    secret: &str,
    now: Timestamp,
) -> Result<Option<Arc<Member>>, StoreError> {
    let change = *app.known.changes.borrow();
    let Some(holder) = read(app, secret, now).await? else {
        return Ok(None);
    };
    let member = Arc::new(Member::new(holder, secret));
    let mut kept = app.known.lock();
    // What was changed meanwhile may not have been read yet.
    if *app.known.changes.borrow() == change {
        make_room(&mut kept.members);
        let entry = (Instant::now(), Arc::clone(&member));
        kept.members.insert(key(secret), entry);
    }
    Ok(Some(member))
}

async fn read(app: &App, secret: &str, now: Timestamp) -> Result<Option<Holder>, StoreError> {
    // The beginning says what it is: nothing is asked for what cannot be one of ours.
    if secret.starts_with(TOKEN_BEGINS) {
        app.store.holder_of_token(secret, now).await
    } else if secret.starts_with(SIGN_IN_BEGINS) {
        app.store.holder_of_sign_in(secret, now).await
    } else {
        Ok(None)
    }
}

/// Notes in the database that a token is used, once a minute.
async fn note_use(app: &App, member: &Member, now: Timestamp) {
    let Some(token) = &member.holder.token else {
        return;
    };
    {
        let mut kept = app.known.lock();
        let used = kept.used.get(token);
        if used.is_some_and(|at| at.elapsed() < USE) {
            return;
        }
        make_room(&mut kept.used);
        kept.used.insert(token.clone(), Instant::now());
    }
    // It is for people who look for tokens that nobody needs: no request fails for it.
    let _not_noted = app.store.token_used(token, now).await;
}

fn key(secret: &str) -> Key {
    Sha256::digest(secret).into()
}

fn fresh<T>((read_at, value): &(Instant, Arc<T>)) -> Option<Arc<T>> {
    (read_at.elapsed() < LASTS).then(|| Arc::clone(value))
}

/// Whoever comes with very many secrets makes us read them again, and fills no memory.
fn make_room<K, V>(map: &mut HashMap<K, V>) {
    if map.len() >= MOST {
        map.clear();
    }
}
