//! Users, roles, tokens, sign-ins and share links: what they open, when they end, and that nobody reads a secret.

use std::collections::BTreeSet;

use jiff::Timestamp;
use nbpress_runs::store::{
    EVERYWHERE, Identity, MOST_SIGN_INS, NewToken, NewUser, Secret, ShareTarget, User, UserChange,
};
use nbpress_runs::{Permission, Role, Store, StoreError};
use sqlx::{AnyConnection, Connection as _, Row as _};

use crate::{Place, at, on_both};

on_both!(
    a_user_has_the_higher_role_of_here_and_everywhere,
    names_and_identities_belong_to_one_user,
    a_token_opens_until_it_ends_in_any_of_four_ways,
    a_token_is_noted_as_used_once_a_minute,
    a_link_signs_in_once_and_for_a_day,
    a_sign_in_ends_with_its_token_and_its_user,
    a_share_shows_one_thing_until_it_ends,
    no_secret_is_in_the_database_and_every_change_is_audited,
);

const DAY: i64 = 24 * 3600;

fn by(seconds: i64) -> (&'static str, Timestamp) {
    ("owner", at(seconds))
}

async fn user(store: &Store, name: &str) -> User {
    let new = NewUser {
        name: name.to_owned(),
        email: Some(format!("{name}@example.org")),
        ..NewUser::default()
    };
    store.create_user(&new, by(0)).await.unwrap()
}

async fn disable(store: &Store, name: &str) {
    let change = UserChange {
        disabled: Some(true),
        ..UserChange::default()
    };
    store.change_user(name, &change, by(5)).await.unwrap();
}

fn new_token(user: &str, expires_at: Option<Timestamp>) -> NewToken {
    NewToken {
        user: user.to_owned(),
        name: "ci".to_owned(),
        scopes: BTreeSet::from([Permission::Read, Permission::Run]),
        expires_at,
    }
}

async fn opens(store: &Store, secret: &Secret, seconds: i64) -> bool {
    let holder = store.holder_of_token(secret.reveal(), at(seconds)).await;
    holder.unwrap().is_some()
}

async fn signed_in(store: &Store, secret: &Secret, seconds: i64) -> bool {
    let holder = store.holder_of_sign_in(secret.reveal(), at(seconds)).await;
    holder.unwrap().is_some()
}

async fn a_user_has_the_higher_role_of_here_and_everywhere(place: Place) {
    let store = &place.store;
    let ada = user(store, "ada").await;
    assert_eq!(ada.display_name, "ada");
    assert_eq!(ada.role_in("main"), None);
    for (workspace, role) in [
        (EVERYWHERE, Some(Role::Viewer)),
        ("main", Some(Role::Admin)),
        ("main", Some(Role::Editor)),
        ("lab", Some(Role::Operator)),
        ("lab", None),
    ] {
        let ada = store.set_role("ada", (workspace, role), by(1)).await;
        assert_eq!(ada.unwrap().roles.get(workspace).copied(), role);
    }
    let ada = store.user("ada").await.unwrap();
    assert_eq!(ada.role_in("main"), Some(Role::Editor));
    assert_eq!(ada.role_in("lab"), Some(Role::Viewer));
    assert!(ada.may(Permission::Write, "main") && !ada.may(Permission::Operate, "main"));
    assert_eq!(store.users().await.unwrap(), std::slice::from_ref(&ada));
    disable(store, "ada").await;
    let ada = store.user("ada").await.unwrap();
    assert!(!ada.may(Permission::Read, "main"));
    let unknown = store.set_role("bob", ("main", None), by(1)).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { .. })));
}

async fn names_and_identities_belong_to_one_user(place: Place) {
    let store = &place.store;
    user(store, "ada").await;
    user(store, "bob").await;
    for name in ["", " ada", "a/b", "owner", "scheduler", "worker:x"] {
        let new = NewUser {
            name: name.to_owned(),
            ..NewUser::default()
        };
        let refused = store.create_user(&new, by(1)).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{name}");
    }
    let again = NewUser {
        name: "ada".to_owned(),
        ..NewUser::default()
    };
    let refused = store.create_user(&again, by(1)).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })));
    let identity = Identity {
        issuer: "https://id.example.org".to_owned(),
        subject: "17".to_owned(),
    };
    for _ in 0..2 {
        store.put_identity("ada", &identity, by(1)).await.unwrap();
    }
    let refused = store.put_identity("bob", &identity, by(1)).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })));
    let Identity { issuer, subject } = &identity;
    let found = store.user_of_identity(issuer, subject).await.unwrap();
    assert_eq!(found.unwrap().name, "ada");
    let none = store.user_of_identity(issuer, "18").await.unwrap();
    assert_eq!(none, None);
}

async fn a_token_opens_until_it_ends_in_any_of_four_ways(place: Place) {
    let store = &place.store;
    user(store, "ada").await;
    let made = store.create_token(&new_token("ada", None), by(0)).await;
    let (token, secret) = made.unwrap();
    assert!(secret.reveal().starts_with("nbp_"));
    let holder = store.holder_of_token(secret.reveal(), at(1)).await.unwrap();
    let holder = holder.unwrap();
    assert_eq!(holder.user.name, "ada");
    assert_eq!(holder.scopes, Some(token.scopes.clone()));
    let wrong = store.holder_of_token(&secret.reveal()[1..], at(1)).await;
    assert_eq!(wrong.unwrap(), None);
    // Its time.
    let new = new_token("ada", Some(at(10)));
    let (_, short) = store.create_token(&new, by(0)).await.unwrap();
    assert!(opens(store, &short, 9).await && !opens(store, &short, 10).await);
    // Somebody ends it, and again.
    for _ in 0..2 {
        store.revoke_token(&token.id, by(2)).await.unwrap();
    }
    assert!(!opens(store, &secret, 3).await);
    assert_eq!(store.tokens("ada").await.unwrap().len(), 2);
    let revoked = store.token(&token.id).await.unwrap().revoked_at;
    assert_eq!(revoked, Some(at(2)));
    // Its user.
    disable(store, "ada").await;
    assert!(!opens(store, &short, 4).await);
    for (scopes, expires_at) in [(vec![], None), (vec![Permission::Read], Some(at(0)))] {
        let new = NewToken {
            scopes: scopes.into_iter().collect(),
            expires_at,
            ..new_token("ada", None)
        };
        let refused = store.create_token(&new, by(0)).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))));
    }
}

async fn a_token_is_noted_as_used_once_a_minute(place: Place) {
    let store = &place.store;
    user(store, "ada").await;
    let made = store.create_token(&new_token("ada", None), by(0)).await;
    let (token, _) = made.unwrap();
    for (seconds, noted) in [(100, 100), (159, 100), (160, 160)] {
        store.token_used(&token.id, at(seconds)).await.unwrap();
        let token = store.token(&token.id).await.unwrap();
        assert_eq!(token.last_used_at, Some(at(noted)), "{seconds}");
    }
}

async fn a_link_signs_in_once_and_for_a_day(place: Place) {
    let store = &place.store;
    user(store, "ada").await;
    let link = async || store.create_sign_in_link("ada", by(0)).await.unwrap();
    let uses = async |secret: &Secret, seconds| {
        let user = store.use_sign_in_link(secret.reveal(), at(seconds)).await;
        user.unwrap().map(|user| user.name)
    };
    let first = link().await;
    let second = link().await;
    assert_eq!(uses(&first, 1).await, None, "a newer one was made");
    assert_eq!(uses(&second, 1).await.as_deref(), Some("ada"));
    assert_eq!(uses(&second, 1).await, None, "it was used");
    let third = link().await;
    assert_eq!(uses(&third, DAY).await, None, "its time is over");
    let fourth = link().await;
    disable(store, "ada").await;
    assert_eq!(uses(&fourth, 1).await, None, "the user is disabled");
    let refused = store.create_sign_in_link("ada", by(1)).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })));
}

async fn a_sign_in_ends_with_its_token_and_its_user(place: Place) {
    let store = &place.store;
    let ada = user(store, "ada").await;
    let browser = store.sign_in(&ada, None, at(0)).await.unwrap();
    assert!(signed_in(store, &browser, 30 * DAY - 1).await);
    assert!(!signed_in(store, &browser, 30 * DAY).await);
    let new = new_token("ada", Some(at(100)));
    let (token, _) = store.create_token(&new, by(0)).await.unwrap();
    let with_token = store.sign_in(&ada, Some(&token.id), at(0)).await.unwrap();
    let holder = store.holder_of_sign_in(with_token.reveal(), at(1)).await;
    let holder = holder.unwrap().unwrap();
    assert_eq!(holder.until, Some(at(100)));
    assert_eq!(holder.scopes, Some(token.scopes));
    store.revoke_token(&token.id, by(2)).await.unwrap();
    assert!(!signed_in(store, &with_token, 3).await);
    store.sign_out(browser.reveal(), at(3)).await.unwrap();
    assert!(!signed_in(store, &browser, 3).await);
    let again = store.sign_in(&ada, None, at(4)).await.unwrap();
    for _ in 1..MOST_SIGN_INS {
        store.sign_in(&ada, None, at(5)).await.unwrap();
    }
    assert!(signed_in(store, &again, 5).await);
    store.sign_in(&ada, None, at(6)).await.unwrap();
    assert!(!signed_in(store, &again, 6).await, "there are only so many");
    let again = store.sign_in(&ada, None, at(7)).await.unwrap();
    disable(store, "ada").await;
    assert!(!signed_in(store, &again, 5).await);
    let ada = store.user("ada").await.unwrap();
    let refused = store.sign_in(&ada, None, at(6)).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })));
}

async fn a_share_shows_one_thing_until_it_ends(place: Place) {
    let store = &place.store;
    let file = |path: &str| ShareTarget::File {
        path: path.to_owned(),
    };
    for path in ["", "/a", "a//b", "a/../b", ".git/x", "a\\b", "a\0b"] {
        let refused = store.create_share("main", &file(path), at(10), by(0)).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{path}");
    }
    let target = file("reports/daily.ipynb");
    let made = store.create_share("main", &target, at(10), by(0)).await;
    let (share, secret) = made.unwrap();
    let found = store.share_of_secret(secret.reveal()).await.unwrap();
    assert_eq!(found.as_ref(), Some(&share));
    assert!(share.is_open(at(9)) && !share.is_open(at(10)));
    store.revoke_share(&share.id, by(1)).await.unwrap();
    let shares = store.shares("main").await.unwrap();
    assert!(!shares[0].is_open(at(2)));
    assert_eq!(store.shares("other").await.unwrap(), []);
    assert_eq!(store.share_of_secret("nbs_x").await.unwrap(), None);
    let late = store.create_share("main", &target, at(0), by(0)).await;
    assert!(matches!(late, Err(StoreError::Invalid(_))));
}

async fn no_secret_is_in_the_database_and_every_change_is_audited(place: Place) {
    let store = &place.store;
    let ada = user(store, "ada").await;
    let role = ("main", Some(Role::Editor));
    store.set_role("ada", role, by(1)).await.unwrap();
    let made = store.create_token(&new_token("ada", None), by(2)).await;
    let (token, secret) = made.unwrap();
    let link = store.create_sign_in_link("ada", by(3)).await.unwrap();
    let browser = store.sign_in(&ada, None, at(4)).await.unwrap();
    let target = ShareTarget::Job {
        job: "daily".to_owned(),
    };
    let made = store.create_share("main", &target, at(10), by(5)).await;
    let (share, shared) = made.unwrap();
    store.revoke_token(&token.id, by(6)).await.unwrap();
    store.revoke_share(&share.id, by(7)).await.unwrap();
    while store.seal().await.unwrap() > 0 {}
    let audit = store.audit_after(0, 100).await.unwrap();
    let told: Vec<String> = audit
        .iter()
        .map(|entry| format!("{} {} {}", entry.actor, entry.action, entry.what))
        .collect();
    assert_eq!(
        told,
        [
            "owner created user",
            "owner granted user",
            "owner created token",
            "owner invited user",
            "ada signed in user",
            "owner created share",
            "owner revoked token",
            "owner revoked share",
        ]
    );
    let secrets = [&secret, &link, &browser, &shared].map(|secret| secret.reveal().to_owned());
    let everything = everything(&place.url).await;
    assert!(everything.contains("ada@example.org"));
    for secret in secrets {
        let bare = &secret[4..];
        assert!(!everything.contains(bare), "{everything}");
        assert!(!format!("{audit:?}").contains(bare));
    }
}

/// Every value of the tables that have to do with secrets.
async fn everything(url: &str) -> String {
    let mut connection = AnyConnection::connect(url).await.unwrap();
    let mut text = String::new();
    for sql in [
        "SELECT id || name || COALESCE(email, '') FROM users",
        "SELECT id || user_id || name || sha256 || scopes FROM token",
        "SELECT sha256 || user_id FROM sign_in_link",
        "SELECT sha256 || user_id || COALESCE(token, '') FROM sign_in",
        "SELECT id || sha256 || target || created_by FROM share",
        "SELECT actor || action || what || object || detail FROM audit",
    ] {
        let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
        assert!(!rows.is_empty(), "{sql}");
        text.extend(rows.iter().map(|row| row.get::<String, _>(0)));
    }
    connection.close().await.unwrap();
    text
}
