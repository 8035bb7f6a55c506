//! Pages of runs by filter, newest first.
//!
//! A page costs about as much with a million runs as with a hundred: every filter has an index in the
//! order of the list, which is read until the page is full. Of several parameters and labels the rarest
//! one leads, since neither database knows how often a value occurs: SQLite keeps no such numbers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nbpress_record::RunId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{Invalid, StoreError};
use crate::run::Run;
use crate::state::{FailureClass, RunState};
use crate::store::Store;
use crate::store::database::Args;
use crate::store::row::{self, FROM_RUN, RUN};

/// Most runs of a page.
const LARGEST_PAGE: i64 = 500;

/// Which runs a list shows; everything that is given must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunFilter {
    /// Of this workspace.
    pub workspace: String,
    /// Of this job, by id.
    pub job: Option<String>,
    /// In this state.
    pub state: Option<RunState>,
    /// Failed with this class.
    pub class: Option<FailureClass>,
    /// Of this sweep or backfill.
    pub batch: Option<String>,
    /// Tasks of this run; without it tasks are not listed.
    pub parent: Option<String>,
    /// With these parameters, values as text.
    pub parameters: BTreeMap<String, String>,
    /// With these labels.
    pub tags: BTreeMap<String, String>,
    /// Made at or after.
    pub since: Option<Timestamp>,
    /// Made before.
    pub until: Option<Timestamp>,
}

/// Some runs, and where the next ones are.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RunPage {
    /// Newest first.
    pub runs: Vec<Run>,
    /// What to ask for the next page with; absent on the last one.
    pub next: Option<String>,
}

/// How far is counted to find what is rare.
const FEW: i64 = 500;

impl Store {
    /// A page of runs, newest first.
    ///
    /// # Errors
    /// The cursor is not one of ours, or the database fails.
    pub async fn list_runs(
        &self,
        filter: &RunFilter,
        cursor: Option<&str>,
        most: i64,
    ) -> Result<RunPage, StoreError> {
        if let Some(cursor) = cursor.filter(|cursor| !cursor.starts_with("run_")) {
            let message = format!("`{cursor}` is not a cursor");
            return Err(Invalid::new("cursor", message)
                .with_hint("pass on `next` of a page")
                .into());
        }
        let most = most.clamp(1, LARGEST_PAGE);
        let mut query = Query::default();
        let lead = self.lead(filter).await?;
        let (from, order) = match lead {
            // A cross join, since SQLite keeps the order of its tables, and so that of the index.
            Some(label) => (
                format!("{} AS lead CROSS JOIN {FROM_RUN}", label.table),
                "lead.run",
            ),
            None => (FROM_RUN.to_owned(), "run.id"),
        };
        if let Some(label) = lead {
            query.add("lead.name = ?", label.name);
            query.add("lead.value = ?", label.value);
            query.conditions.push("run.id = lead.run".to_owned());
        }
        query.add_filter(filter);
        query.add_range(order, filter, cursor);
        for label in labels(filter).filter(|label| Some(*label) != lead) {
            query.add_label(label);
        }
        let (conditions, limit) = (query.conditions.join(" AND "), query.count + 1);
        let sql = format!(
            "SELECT {RUN} FROM {from} WHERE {conditions} ORDER BY {order} DESC LIMIT ${limit}"
        );
        query.values.push(most + 1);
        let rows = self.database.rows(&sql, query.values).await?;
        let mut runs = rows.iter().map(row::run).collect::<Result<Vec<_>, _>>()?;
        let size = usize::try_from(most).unwrap_or(usize::MAX);
        let next = (runs.len() > size).then(|| runs[size - 1].id.clone());
        runs.truncate(size);
        Ok(RunPage { runs, next })
    }

    /// The parameter or label by whose index a list is read; none where the rest of the filter leaves
    /// fewer runs.
    async fn lead<'a>(&self, filter: &'a RunFilter) -> Result<Option<Label<'a>>, StoreError> {
        let all: Vec<Label<'_>> = labels(filter).collect();
        match all.as_slice() {
            [] => return Ok(None),
            [only] if !filter.narrows() => return Ok(Some(*only)),
            _ => {}
        }
        let mut rarest = (self.count_others(filter).await?, None);
        for label in all {
            let mut query = Query::default();
            query.add("name = ?", label.name);
            query.add("value = ?", label.value);
            let count = self.count(label.table, query).await?;
            // Of two that are frequent, the index that has nothing else in it.
            if count <= rarest.0 {
                rarest = (count, Some(label));
            }
        }
        Ok(rarest.1)
    }

    /// How many runs the filter lets through without its parameters and labels.
    async fn count_others(&self, filter: &RunFilter) -> Result<i64, StoreError> {
        if !filter.narrows() {
            return Ok(i64::MAX);
        }
        let mut query = Query::default();
        query.add_filter(filter);
        self.count(FROM_RUN, query).await
    }

    /// Counts to [`FEW`].
    async fn count(&self, from: &str, query: Query) -> Result<i64, StoreError> {
        let conditions = query.conditions.join(" AND ");
        let sql = format!(
            "SELECT COUNT(*) AS found FROM (SELECT 1 FROM {from} WHERE {conditions} LIMIT {FEW}) AS few"
        );
        let row = self.database.row(&sql, query.values).await?;
        row.map_or(Ok(0), |row| row.int("found"))
    }
}

impl RunFilter {
    /// Whether an index finds what else is asked for.
    fn narrows(&self) -> bool {
        self.job.is_some()
            || self.state.is_some()
            || self.class.is_some()
            || self.batch.is_some()
            || self.parent.is_some()
    }
}

/// A parameter or label that runs must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Label<'a> {
    table: &'static str,
    name: &'a str,
    value: &'a str,
}

fn labels(filter: &RunFilter) -> impl Iterator<Item = Label<'_>> {
    let tables = [("run_param", &filter.parameters), ("run_tag", &filter.tags)];
    tables.into_iter().flat_map(|(table, wanted)| {
        wanted
            .iter()
            .map(move |(name, value)| Label { table, name, value })
    })
}

/// Conditions that must all hold, and their values.
#[derive(Default)]
struct Query {
    conditions: Vec<String>,
    values: Args,
    count: usize,
}

impl Query {
    /// A condition with one value, which stands where `?` is.
    fn add(&mut self, condition: &str, value: &str) {
        let place = self.place(value);
        self.conditions.push(condition.replace('?', &place));
    }

    fn place(&mut self, value: &str) -> String {
        self.count += 1;
        self.values.push(value.to_owned());
        format!("${}", self.count)
    }

    /// Everything but times, parameters and labels.
    fn add_filter(&mut self, filter: &RunFilter) {
        // A job is of one workspace: its own index is better than that of the workspace.
        let workspace = match filter.job {
            Some(_) => "job.workspace = ?",
            None => "run.workspace = ?",
        };
        let word = |state: RunState| state.as_str().to_owned();
        for (condition, value) in [
            (workspace, Some(filter.workspace.clone())),
            ("run.job = ?", filter.job.clone()),
            ("run.state = ?", filter.state.map(word)),
            (
                "run.class = ?",
                filter.class.map(|class| class.as_str().to_owned()),
            ),
            ("run.batch = ?", filter.batch.clone()),
            ("run.parent = ?", filter.parent.clone()),
        ] {
            if let Some(value) = value {
                self.add(condition, &value);
            }
        }
        if filter.parent.is_none() {
            self.conditions.push("run.parent IS NULL".to_owned());
        }
    }

    /// Ids begin with the time, so times are ranges of ids. There is one bound at each end: SQLite would
    /// look for the beginning with one of several and pass over every run between them.
    fn add_range(&mut self, id: &str, filter: &RunFilter, cursor: Option<&str>) {
        let first = |at| RunId::first_at(at).to_string();
        let until = filter.until.map(first);
        let before = match (cursor.map(str::to_owned), until) {
            (Some(cursor), Some(until)) => Some(cursor.min(until)),
            (cursor, until) => cursor.or(until),
        };
        if let Some(before) = before {
            self.add(&format!("{id} < ?"), &before);
        }
        if let Some(since) = filter.since.map(first) {
            self.add(&format!("{id} >= ?"), &since);
        }
    }

    fn add_label(&mut self, label: Label<'_>) {
        let (name, value) = (self.place(label.name), self.place(label.value));
        let table = label.table;
        self.conditions.push(format!(
            "EXISTS (SELECT 1 FROM {table} AS has WHERE has.run = run.id AND has.name = {name} AND has.value = {value})"
        ));
    }
}
