//! Databases as programs of earlier versions left them: they are opened, and what is in them goes on.
//!
//! `samples/version_N.sqlite.sql` is what `.dump` makes of such a database. A new version of the tables adds one.

use sqlx::{Connection as _, SqliteConnection};

use super::*;

async fn opened(dump: &'static str) -> (Store, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/old.db", folder.path().display());
    let mut connection = SqliteConnection::connect(&format!("{url}?mode=rwc"))
        .await
        .unwrap();
    sqlx::raw_sql(dump).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    (Store::open(&url).await.unwrap(), folder)
}

#[tokio::test]
async fn users_and_tokens_of_a_database_of_version_2_are_still_there() {
    let (store, _folder) = opened(include_str!("samples/version_2.sqlite.sql")).await;
    let ada = store.user("ada").await.unwrap();
    assert_eq!(ada.role_in("main"), Some(nbpress_runs::Role::Editor));
    let holder = store.holder_of_token("nbp_sample", Timestamp::now()).await;
    assert_eq!(holder.unwrap().unwrap().user, ada);
    store.close().await;
}

#[tokio::test]
async fn a_database_of_version_1_is_opened_and_goes_on() {
    let (store, _folder) = opened(include_str!("samples/version_1.sqlite.sql")).await;
    let run = store.run("run_01m8b0mmbxe0vbekxbsw8wgn5k").await.unwrap();
    assert_eq!(run.state, RunState::Succeeded);
    assert!(run.job.is_some());
    while store.seal().await.unwrap() > 0 {}
    assert_eq!(store.verify_audit().await.unwrap().damaged, None);
    // Its schedule still fires: a day after the sample was made.
    let now = Timestamp::now() + SignedDuration::from_hours(24);
    let fired = store.fire_schedules(10, now).await.unwrap();
    assert_eq!(fired.len(), 1);
    store.close().await;
}
