//! Pools and profiles: how much may run at once, and how large.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::{Invalid, StoreError};
use crate::job::{JobDefinition, RunSettings, Task, check_name};
use crate::profile::{DEFAULT_PROFILE, Profile};
use crate::store::Store;
use crate::store::audit::audit;
use crate::store::database::{Row, Tx, args};
use crate::store::insert::Insert;

/// Most slots of a pool.
const MOST_SLOTS: i64 = 10_000;

/// A number of slots; a run that names the pool holds one while it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Pool {
    /// Its name.
    pub name: String,
    /// How many runs may run at once. Lowering it lets those that run end first.
    pub slots: i64,
    /// The slots that are held.
    pub held: Vec<PoolSlot>,
    /// Runs that wait for one.
    pub waiting: i64,
}

/// A slot and who holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PoolSlot {
    /// Its number.
    pub n: i64,
    /// The run.
    pub run: String,
}

impl Store {
    /// Makes a pool, or changes its number of slots. Slots that are held go when their run ends.
    ///
    /// # Errors
    /// The name or number is not usable, or the database fails.
    pub async fn set_pool(
        &self,
        name: &str,
        slots: i64,
        actor: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        check_name("name", name)?;
        if !(0..=MOST_SLOTS).contains(&slots) {
            let message = format!("`{slots}` is not between 0 and {MOST_SLOTS}");
            return Err(Invalid::new("slots", message).into());
        }
        transaction!(self, |tx| {
            let sql = "INSERT INTO pool (name, slots) VALUES ($1, $2)
                       ON CONFLICT (name) DO UPDATE SET slots = excluded.slots";
            tx.run(sql, args![name.to_owned(), slots]).await?;
            trim_pool(tx, name).await?;
            let mut rows = Insert::new("INSERT INTO slot (pool, n)", "ON CONFLICT DO NOTHING");
            for n in 1..=slots {
                rows.push(name.to_owned()).push(n);
                rows.end_row();
            }
            rows.write(tx).await?;
            audit(
                tx,
                (actor, now),
                "set",
                ("pool", name),
                &format!("{slots} slots"),
            )
            .await
        })
    }

    /// Removes a pool that no job names, and that no run waits for or holds.
    ///
    /// # Errors
    /// It is in use or unknown, or the database fails.
    pub async fn delete_pool(
        &self,
        name: &str,
        actor: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let pools = self.pools().await?;
        let pool = pools.into_iter().find(|pool| pool.name == name);
        let pool = pool.ok_or_else(|| StoreError::not_found("pool", name))?;
        if pool.waiting > 0 || !pool.held.is_empty() {
            let message = format!("runs hold or wait for slots of the pool `{name}`");
            return Err(StoreError::conflict("in_use", message));
        }
        transaction!(self, |tx| {
            unnamed(tx, "pool", name, |settings| &settings.pool).await?;
            tx.run("DELETE FROM slot WHERE pool = $1", args![name.to_owned()])
                .await?;
            tx.run("DELETE FROM pool WHERE name = $1", args![name.to_owned()])
                .await?;
            audit(tx, (actor, now), "deleted", ("pool", name), "").await
        })
    }

    /// Every pool, with who holds its slots.
    ///
    /// # Errors
    /// The database fails.
    pub async fn pools(&self) -> Result<Vec<Pool>, StoreError> {
        let sql =
            "SELECT name, slots, (SELECT COUNT(*) FROM ready WHERE pool = pool.name) AS waiting
                   FROM pool ORDER BY name";
        let mut pools = Vec::new();
        for row in self.database.rows(sql, args![]).await? {
            let name = row.text("name")?;
            let sql = "SELECT n, run FROM slot WHERE pool = $1 AND run IS NOT NULL ORDER BY n";
            let held = self.database.rows(sql, args![name.clone()]).await?;
            let slot = |row: &Row| {
                Ok::<_, StoreError>(PoolSlot {
                    n: row.int("n")?,
                    run: row.text("run")?,
                })
            };
            pools.push(Pool {
                slots: row.int("slots")?,
                held: held.iter().map(slot).collect::<Result<_, _>>()?,
                waiting: row.int("waiting")?,
                name,
            });
        }
        Ok(pools)
    }

    /// Makes or changes a profile; runs that exist keep their name of it and get its new size.
    ///
    /// # Errors
    /// Its numbers are not usable, its next one is unknown, or the database fails.
    pub async fn set_profile(
        &self,
        profile: &Profile,
        actor: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        profile.validate()?;
        transaction!(self, |tx| {
            if let Some(next) = &profile.next
                && !profiles(tx).await?.contains_key(next)
            {
                let message = format!("there is no profile `{next}`");
                return Err(Invalid::new("next", message).into());
            }
            let sql = "INSERT INTO profile (name, cpus, memory_bytes, next) VALUES ($1, $2, $3, $4)
                       ON CONFLICT (name) DO UPDATE SET cpus = excluded.cpus,
                       memory_bytes = excluded.memory_bytes, next = excluded.next";
            let values = args![
                profile.name.clone(),
                profile.cpus,
                profile.memory_bytes,
                profile.next.clone()
            ];
            tx.run(sql, values).await?;
            audit(tx, (actor, now), "set", ("profile", &profile.name), "").await
        })
    }

    /// Removes a profile that no job names, other than the default one. Runs that name it get the default one.
    ///
    /// # Errors
    /// It is in use, the default one or unknown, or the database fails.
    pub async fn delete_profile(
        &self,
        name: &str,
        actor: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if name == DEFAULT_PROFILE {
            let message = format!("`{name}` is the default profile");
            return Err(StoreError::conflict("in_use", message));
        }
        transaction!(self, |tx| {
            unnamed(tx, "profile", name, |settings| &settings.profile).await?;
            let gone = tx.run(
                "DELETE FROM profile WHERE name = $1",
                args![name.to_owned()],
            );
            if gone.await? == 0 {
                return Err(StoreError::not_found("profile", name));
            }
            audit(tx, (actor, now), "deleted", ("profile", name), "").await
        })
    }

    /// Every profile, smallest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn profiles(&self) -> Result<Vec<Profile>, StoreError> {
        let sql = "SELECT * FROM profile ORDER BY memory_bytes, cpus, name";
        let rows = self.database.rows(sql, args![]).await?;
        rows.iter().map(profile).collect()
    }
}

fn profile(row: &Row) -> Result<Profile, StoreError> {
    Ok(Profile {
        name: row.text("name")?,
        cpus: row.get("cpus")?,
        memory_bytes: row.int("memory_bytes")?,
        next: row.get("next")?,
    })
}

/// Every profile by its name.
pub(crate) async fn profiles(tx: &mut Tx) -> Result<BTreeMap<String, Profile>, StoreError> {
    let rows = tx.rows("SELECT * FROM profile", args![]).await?;
    rows.iter()
        .map(|row| Ok((row.text("name")?, profile(row)?)))
        .collect()
}

/// Whether the pools and profiles that settings name exist; each comes with what its fields begin with.
pub(crate) async fn check_places<'a>(
    tx: &mut Tx,
    settings: impl Iterator<Item = (impl AsRef<str>, &'a RunSettings)>,
) -> Result<(), StoreError> {
    let rows = tx.rows("SELECT name FROM pool", args![]).await?;
    let pools: BTreeSet<String> = rows
        .iter()
        .map(|row| row.text("name"))
        .collect::<Result<_, _>>()?;
    let profiles = profiles(tx).await?;
    for (prefix, settings) in settings {
        let field = |name: &str| format!("{}settings.{name}", prefix.as_ref());
        if let Some(pool) = settings.pool.as_ref().filter(|pool| !pools.contains(*pool)) {
            let message = format!("there is no pool `{pool}`");
            let hint = format!("make it: nbpress pool set {pool} SLOTS");
            return Err(Invalid::new(field("pool"), message).with_hint(hint).into());
        }
        let unknown = |name: &&String| !profiles.contains_key(*name);
        if let Some(profile) = settings.profile.as_ref().filter(unknown) {
            let message = format!("there is no profile `{profile}`");
            let known: Vec<&str> = profiles.keys().map(String::as_str).collect();
            let hint = format!("one of {}", known.join(", "));
            return Err(Invalid::new(field("profile"), message)
                .with_hint(hint)
                .into());
        }
    }
    Ok(())
}

/// Refuses to remove a pool or profile that jobs name: their schedules would go on, and their runs wait.
async fn unnamed(
    tx: &mut Tx,
    what: &str,
    name: &str,
    place: impl Fn(&RunSettings) -> &Option<String>,
) -> Result<(), StoreError> {
    let sql = "SELECT job.name, job_version.definition FROM job
               JOIN job_version ON job_version.job = job.id AND job_version.version = job.version
               WHERE job.archived_at IS NULL AND job_version.definition LIKE $1 ORDER BY job.name";
    // Few jobs match this, and a few of these do not name it.
    let letters = name.replace(|char: char| !char.is_alphanumeric(), "%");
    let like = format!("%\"{what}\":\"{letters}\"%");
    let mut jobs = Vec::new();
    for row in tx.rows(sql, args![like]).await? {
        let definition: JobDefinition = row.json("definition")?;
        let names = |task: &Task| place(&task.settings).as_deref() == Some(name);
        if definition.tasks.iter().any(names) {
            jobs.push(format!("`{}`", row.text("name")?));
        }
    }
    if jobs.is_empty() {
        return Ok(());
    }
    let more = jobs.len().saturating_sub(3);
    jobs.truncate(3);
    if more > 0 {
        jobs.push(format!("{more} more"));
    }
    let message = format!("jobs name the {what} `{name}`: {}", jobs.join(", "));
    Err(StoreError::conflict("in_use", message))
}

/// Takes a free slot for a run. Two claims never get the same one: the row is locked.
///
/// Slots beyond the number of a pool that became smaller may still be held. So a slot counts with all
/// above it that are held: the highest one that is taken then leaves no more than the pool's number held,
/// whatever other claims take below it at the same time.
pub(crate) async fn take_slot(tx: &mut Tx, pool: &str, run: &str) -> Result<bool, StoreError> {
    let sql = "UPDATE slot SET run = $1 WHERE pool = $2 AND run IS NULL AND n =
               (SELECT n FROM slot WHERE pool = $2 AND run IS NULL
                AND n + (SELECT COUNT(*) FROM slot AS above
                         WHERE above.pool = $2 AND above.n > slot.n AND above.run IS NOT NULL)
                    <= (SELECT slots FROM pool WHERE name = $2)
                ORDER BY n LIMIT 1 {skip})";
    let taken = tx.run(sql, args![run.to_owned(), pool.to_owned()]).await?;
    Ok(taken == 1)
}

/// Gives a run's slot back, and removes it where the pool has become smaller meanwhile.
pub(crate) async fn free_slot(tx: &mut Tx, run: &str) -> Result<(), StoreError> {
    let sql = "UPDATE slot SET run = NULL WHERE run = $1 RETURNING pool";
    for row in tx.rows(sql, args![run.to_owned()]).await? {
        trim_pool(tx, &row.text("pool")?).await?;
    }
    Ok(())
}

/// Removes free slots beyond the pool's number.
async fn trim_pool(tx: &mut Tx, pool: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM slot WHERE pool = $1 AND run IS NULL
               AND n > (SELECT slots FROM pool WHERE name = $1)";
    tx.run(sql, args![pool.to_owned()]).await.map(drop)
}
