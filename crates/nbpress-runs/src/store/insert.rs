//! Many rows with few statements.

use sqlx::any::Any;

use crate::error::StoreError;
use crate::store::database::{Args, Tx};

/// Values of one statement; SQLite takes 32,766 (<https://www.sqlite.org/limits.html>).
const MOST_VALUES: usize = 8_000;

/// Rows of one table, written together.
pub(crate) struct Insert {
    head: &'static str,
    tail: &'static str,
    columns: usize,
    full: Vec<(usize, Args)>,
    rows: usize,
    args: Args,
}

impl Insert {
    /// `head` is `INSERT INTO table (columns)`, `tail` what follows the values.
    pub(crate) fn new(head: &'static str, tail: &'static str) -> Self {
        Self {
            head,
            tail,
            columns: head.matches(',').count() + 1,
            full: Vec::new(),
            rows: 0,
            args: Args::default(),
        }
    }

    /// The next value; a row is complete with as many as there are columns.
    pub(crate) fn push<T>(&mut self, value: T) -> &mut Self
    where
        T: for<'q> sqlx::Encode<'q, Any> + sqlx::Type<Any>,
    {
        self.args.push(value);
        self
    }

    /// Ends a row.
    pub(crate) fn end_row(&mut self) {
        self.rows += 1;
        if (self.rows + 1) * self.columns > MOST_VALUES {
            self.full.push((self.rows, std::mem::take(&mut self.args)));
            self.rows = 0;
        }
    }

    /// Writes the rows; with a `RETURNING` in the tail, gives its first column, a text.
    pub(crate) async fn write(mut self, tx: &mut Tx) -> Result<Vec<String>, StoreError> {
        if self.rows > 0 {
            self.full.push((self.rows, std::mem::take(&mut self.args)));
        }
        let mut returned = Vec::new();
        for (rows, args) in std::mem::take(&mut self.full) {
            let sql = self.statement(rows);
            if self.tail.contains("RETURNING") {
                for row in tx.rows(&sql, args).await? {
                    returned.push(row.first()?);
                }
            } else {
                tx.run(&sql, args).await?;
            }
        }
        Ok(returned)
    }

    fn statement(&self, rows: usize) -> String {
        let row = |row: usize| {
            let numbers =
                (1..=self.columns).map(|column| format!("${}", row * self.columns + column));
            format!("({})", numbers.collect::<Vec<_>>().join(", "))
        };
        let values = (0..rows).map(row).collect::<Vec<_>>().join(", ");
        format!("{} VALUES {values} {}", self.head, self.tail)
    }
}

/// `$3, $4, $5`: places for `count` values, the first being `$first`.
pub(crate) fn places(first: usize, count: usize) -> String {
    let numbers = (first..first + count).map(|number| format!("${number}"));
    numbers.collect::<Vec<_>>().join(", ")
}
