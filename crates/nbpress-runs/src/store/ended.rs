//! Runs in the order in which they ended, for whoever reads each of them once.

use jiff::Timestamp;

use crate::error::StoreError;
use crate::run::Run;
use crate::store::Store;
use crate::store::database::{Args, Row, args};
use crate::store::row::{self, FROM_RUN, RUN};

/// Most runs that are looked at together.
const LARGEST_PAGE: usize = 500;

impl Store {
    /// Runs that ended after an instant, or at it and follow the run of that id; tasks too, in the order of
    /// their ends. A run whose end another server wrote down more slowly than a later one can be missing: look again
    /// a little further back.
    ///
    /// # Errors
    /// The database fails.
    pub async fn ended_after(
        &self,
        ended_at: Timestamp,
        id: &str,
        most: usize,
    ) -> Result<Vec<Run>, StoreError> {
        let sql = format!(
            "SELECT {RUN} FROM {FROM_RUN} WHERE run.ended_at >= $1 AND (run.ended_at > $1 OR run.id > $2)
             ORDER BY run.ended_at, run.id LIMIT {}",
            most.min(LARGEST_PAGE)
        );
        let args = args![ended_at.as_microsecond(), id.to_owned()];
        let rows = self.database.rows(&sql, args).await?;
        rows.iter().map(row::run).collect()
    }

    /// Those of the runs that are there, of the first 500.
    ///
    /// # Errors
    /// The database fails.
    pub async fn which_are_there(&self, ids: &[String]) -> Result<Vec<String>, StoreError> {
        let ids = &ids[..ids.len().min(LARGEST_PAGE)];
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut args = Args::default();
        let places: Vec<String> = (1..=ids.len()).map(|place| format!("${place}")).collect();
        for id in ids {
            args.push(id.clone());
        }
        let sql = format!("SELECT id FROM run WHERE id IN ({})", places.join(", "));
        let rows = self.database.rows(&sql, args).await?;
        rows.iter().map(Row::first).collect()
    }
}
