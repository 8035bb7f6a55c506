//! The values that runs reported, beside each other.

use std::collections::BTreeMap;

use crate::error::StoreError;
use crate::run::ScrapValue;
use crate::store::Store;
use crate::store::database::args;

/// Longer values, in bytes of JSON, are for the run's own page.
const LONGEST: i64 = 200;

impl Store {
    /// What the runs of a batch reported, by run: numbers, and values of at most 200 bytes. Those of a job's tasks
    /// count for the run of the whole job.
    ///
    /// # Errors
    /// The database fails.
    pub async fn scraps_of_batch(
        &self,
        batch: &str,
    ) -> Result<BTreeMap<String, Vec<ScrapValue>>, StoreError> {
        let sql = "SELECT point.id AS run, scrap.name, scrap.value, scrap.number
                   FROM run AS point JOIN scrap ON scrap.run = point.id
                   WHERE point.batch = $1 AND point.parent IS NULL
                     AND (scrap.number IS NOT NULL OR LENGTH(scrap.value) <= $2)
                   UNION ALL
                   SELECT point.id AS run, scrap.name, scrap.value, scrap.number
                   FROM run AS point JOIN run AS task ON task.parent = point.id JOIN scrap ON scrap.run = task.id
                   WHERE point.batch = $1 AND point.parent IS NULL
                     AND (scrap.number IS NOT NULL OR LENGTH(scrap.value) <= $2)
                   ORDER BY 1, 2";
        let rows = self
            .database
            .rows(sql, args![batch.to_owned(), LONGEST])
            .await?;
        let mut scraps: BTreeMap<String, Vec<ScrapValue>> = BTreeMap::new();
        for row in rows {
            scraps.entry(row.get("run")?).or_default().push(ScrapValue {
                name: row.get("name")?,
                value: row.json("value")?,
                number: row.get("number")?,
            });
        }
        Ok(scraps)
    }
}
