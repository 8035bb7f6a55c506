//! What people are told: written with the change it tells of, delivered afterwards.

use jiff::Timestamp;
use nbpress_record::RunId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::error::StoreError;
use crate::job::{NotifyRule, check_name};
use crate::state::NoticeKind;
use crate::store::Store;
use crate::store::audit::audit;
use crate::store::database::{Row, Tx, args, to_json};
use crate::store::insert::Insert;

/// A notice on its way.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Outgoing {
    /// The same at every try, so that receivers can tell repetitions.
    pub id: String,
    /// The run it is about.
    pub run: String,
    /// What happened.
    pub kind: NoticeKind,
    /// The channel it goes to, by name; with `/` and a recipient where it goes to one of several.
    pub channel: String,
    /// `pending`, `sent` or `dead`.
    pub state: String,
    /// How often it was tried.
    pub tries: i64,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was delivered.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub sent_at: Option<Timestamp>,
}

/// A channel of a workspace, as it was defined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StoredChannel {
    /// Its name in its workspace.
    pub name: String,
    /// What the scheduler reads as a channel.
    #[schema(value_type = Object)]
    pub definition: Value,
}

const HEAD: &str = "INSERT INTO outbox (id, run, kind, channel, state, next_at, created_at)";

/// Writes a notice for each rule that asks for it.
pub(crate) async fn notify(
    tx: &mut Tx,
    run: &str,
    rules: &[NotifyRule],
    kind: NoticeKind,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut rows = Insert::new(HEAD, "");
    for rule in rules.iter().filter(|rule| rule.on.contains(&kind)) {
        let id = RunId::new().to_string().replace("run_", "notice_");
        rows.push(id)
            .push(run.to_owned())
            .push(kind.as_str().to_owned())
            .push(rule.channel.clone())
            .push("pending".to_owned())
            .push(now.as_microsecond())
            .push(now.as_microsecond());
        rows.end_row();
    }
    rows.write(tx).await.map(drop)
}

const COLUMNS: &str = "id, run, kind, channel, state, tries, last_error, created_at, sent_at";

impl Store {
    /// Takes notices that are due. They are due again after `lease_seconds`, should whoever took them
    /// vanish: each is delivered at least once.
    ///
    /// # Errors
    /// The database fails.
    pub async fn take_notices(
        &self,
        most: i64,
        lease_seconds: i64,
        now: Timestamp,
    ) -> Result<Vec<Outgoing>, StoreError> {
        let due = "SELECT id FROM outbox WHERE state = 'pending' AND next_at <= $1
                   ORDER BY next_at, id LIMIT 1";
        if !self.database.has(due, args![now.as_microsecond()]).await? {
            return Ok(Vec::new());
        }
        transaction!(self, |tx| {
            let sql = format!(
                "UPDATE outbox SET next_at = $1, tries = tries + 1 WHERE id IN
                 (SELECT id FROM outbox WHERE state = 'pending' AND next_at <= $2
                  ORDER BY next_at, id LIMIT $3 {{skip}}) RETURNING {COLUMNS}"
            );
            let until = now.as_microsecond() + lease_seconds * 1_000_000;
            let rows = tx
                .rows(&sql, args![until, now.as_microsecond(), most])
                .await?;
            let mut notices = rows.iter().map(outgoing).collect::<Result<Vec<_>, _>>()?;
            notices.sort_by(|a, b| a.id.cmp(&b.id));
            Ok(notices)
        })
    }

    /// A notice was delivered.
    ///
    /// # Errors
    /// The database fails.
    pub async fn notice_sent(&self, id: &str, now: Timestamp) -> Result<(), StoreError> {
        transaction!(self, |tx| {
            let sql =
                "UPDATE outbox SET state = 'sent', sent_at = $1, last_error = NULL WHERE id = $2";
            tx.run(sql, args![now.as_microsecond(), id.to_owned()])
                .await
                .map(drop)
        })
    }

    /// A notice could not be delivered: it is tried again at `again`, or never.
    ///
    /// # Errors
    /// The database fails.
    pub async fn notice_failed(
        &self,
        id: &str,
        error: &str,
        again: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        transaction!(self, |tx| {
            let sql =
                "UPDATE outbox SET state = $1, next_at = COALESCE($2, next_at), last_error = $3
                       WHERE id = $4";
            let state = if again.is_some() { "pending" } else { "dead" };
            let values = args![
                state.to_owned(),
                again.map(Timestamp::as_microsecond),
                error.to_owned(),
                id.to_owned()
            ];
            tx.run(sql, values).await.map(drop)
        })
    }

    /// Makes of a notice to a channel with several recipients one for each of them, due at once. Each has
    /// a life of its own then: what one recipient refuses reaches the others, and nobody gets it again.
    ///
    /// # Errors
    /// The database fails.
    pub async fn split_notice(
        &self,
        notice: &Outgoing,
        recipients: &[String],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some((first, others)) = recipients.split_first() else {
            return Ok(());
        };
        let to = |recipient: &str| format!("{}/{recipient}", notice.channel);
        transaction!(self, |tx| {
            let sql = "UPDATE outbox SET channel = $1, next_at = $2, tries = 0
                       WHERE id = $3 AND channel = $4 AND state = 'pending'";
            let values = args![
                to(first),
                now.as_microsecond(),
                notice.id.clone(),
                notice.channel.clone()
            ];
            if tx.run(sql, values).await? == 0 {
                // Another server was faster.
                return Ok(());
            }
            let mut rows = Insert::new(HEAD, "");
            for (at, recipient) in others.iter().enumerate() {
                rows.push(format!("{}_{}", notice.id, at + 2))
                    .push(notice.run.clone())
                    .push(notice.kind.as_str().to_owned())
                    .push(to(recipient))
                    .push("pending".to_owned())
                    .push(now.as_microsecond())
                    .push(notice.created_at.as_microsecond());
                rows.end_row();
            }
            rows.write(tx).await.map(drop)
        })
    }

    /// The notices of a run, oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn notices_of(&self, run: &str) -> Result<Vec<Outgoing>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM outbox WHERE run = $1 ORDER BY id");
        let rows = self.database.rows(&sql, args![run.to_owned()]).await?;
        rows.iter().map(outgoing).collect()
    }

    /// Makes or changes a channel.
    ///
    /// # Errors
    /// The name is not usable, or the database fails.
    pub async fn set_channel(
        &self,
        workspace: &str,
        channel: &StoredChannel,
        actor: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        check_name("name", &channel.name)?;
        let definition = to_json(&channel.definition)?;
        transaction!(self, |tx| {
            let sql = "INSERT INTO channel (workspace, name, definition) VALUES ($1, $2, $3)
                       ON CONFLICT (workspace, name) DO UPDATE SET definition = excluded.definition";
            let values = args![
                workspace.to_owned(),
                channel.name.clone(),
                definition.clone()
            ];
            tx.run(sql, values).await?;
            audit(tx, (actor, now), "set", ("channel", &channel.name), "").await
        })
    }

    /// Removes a channel; notices on their way to it will not arrive.
    ///
    /// # Errors
    /// It is unknown, or the database fails.
    pub async fn delete_channel(
        &self,
        workspace: &str,
        name: &str,
        actor: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        transaction!(self, |tx| {
            let sql = "DELETE FROM channel WHERE workspace = $1 AND name = $2";
            if tx
                .run(sql, args![workspace.to_owned(), name.to_owned()])
                .await?
                == 0
            {
                return Err(StoreError::not_found("channel", name));
            }
            audit(tx, (actor, now), "deleted", ("channel", name), "").await
        })
    }

    /// The channels of a workspace.
    ///
    /// # Errors
    /// The database fails.
    pub async fn channels(&self, workspace: &str) -> Result<Vec<StoredChannel>, StoreError> {
        let sql = "SELECT name, definition FROM channel WHERE workspace = $1 ORDER BY name";
        let rows = self.database.rows(sql, args![workspace.to_owned()]).await?;
        rows.iter()
            .map(|row| {
                Ok(StoredChannel {
                    name: row.text("name")?,
                    definition: row.json("definition")?,
                })
            })
            .collect()
    }
}

fn outgoing(row: &Row) -> Result<Outgoing, StoreError> {
    Ok(Outgoing {
        id: row.text("id")?,
        run: row.text("run")?,
        kind: row.word("kind")?,
        channel: row.text("channel")?,
        state: row.text("state")?,
        tries: row.int("tries")?,
        last_error: row.get("last_error")?,
        created_at: row.time("created_at")?,
        sent_at: row.opt_time("sent_at")?,
    })
}
