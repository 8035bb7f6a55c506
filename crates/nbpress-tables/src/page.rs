//! One page: the rows that match, in order, from here to there.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, UInt64Array};
use arrow_ord::sort::{SortColumn, SortOptions, lexsort_to_indices};
use arrow_select::concat::concat;
use arrow_select::filter::filter_record_batch;
use arrow_select::take::take_record_batch;

use crate::error::TableError;
use crate::filter::{matches, not_comparable, plain};
use crate::orders::{Identity, Order, Orders};
use crate::query::{Filter, Query};
use crate::table::{Table, limit};

/// The most rows that are sorted: their keys are in memory.
const MAX_SORTED: u64 = 50_000_000;

/// Rows of which the order is found for a page within them: as many as a page may have.
const FIRST: usize = 10_000;
/// How many times as far as the page the order is found that is kept for those after it.
const AHEAD: usize = 4;

/// What a [`Query`] gives.
#[derive(Clone, Debug)]
pub struct Page {
    /// The rows, at most as many as asked for.
    pub rows: RecordBatch,
    /// How many rows the filter lets through, on all pages together.
    pub matching: u64,
}

impl Table {
    /// The rows a query asks for.
    pub fn page(&self, query: &Query) -> Result<Page, TableError> {
        self.find_page(query, None)
    }

    /// The same, by the order of an earlier page where there was one; this one's is kept.
    pub fn page_in(&self, query: &Query, orders: &Orders) -> Result<Page, TableError> {
        self.find_page(query, Some(orders))
    }

    fn find_page(&self, query: &Query, orders: Option<&Orders>) -> Result<Page, TableError> {
        let columns = match &query.columns {
            Some(names) => names
                .iter()
                .map(|name| self.column(name))
                .collect::<Result<Vec<_>, _>>()?,
            None => (0..self.schema().fields().len()).collect(),
        };
        let first = usize::try_from(query.offset).unwrap_or(usize::MAX);
        let count = usize::try_from(query.limit.min(Query::MAX_LIMIT)).unwrap_or(0);
        let end = first.saturating_add(count);

        if query.filter.is_none() && query.sort.is_empty() {
            let from = query.offset.min(self.rows());
            let positions = if query.sample {
                evenly(self.rows() - from, count)
                    .map(|row| from + row)
                    .collect()
            } else {
                let to = from.saturating_add(count as u64).min(self.rows());
                (from..to).collect::<Vec<_>>()
            };
            let rows = self.rows_at(&columns, &positions)?;
            return Ok(Page {
                rows,
                matching: self.rows(),
            });
        }
        let end = if query.sample { usize::MAX } else { end };
        let has_few = u32::try_from(self.rows()).is_ok();
        let kept = orders.filter(|_| has_few).zip(self.identity.as_ref());
        let (wanted, matching) = if let Some((orders, identity)) = kept {
            let order = self.order(query, end, orders, identity)?;
            let wanted = order.rows.iter().take(end).skip(first).copied();
            (wanted.map(u64::from).collect(), order.matching)
        } else {
            let found = self.matching(query)?;
            let matching = found.positions.len() as u64;
            let mut ordered = found.ordered(query, end)?;
            (ordered.split_off(first.min(ordered.len())), matching)
        };
        if query.sample {
            let places = evenly(wanted.len() as u64, count);
            let some = places.filter_map(|row| wanted.get(usize::try_from(row).ok()?).copied());
            let rows = self.rows_at(&columns, &some.collect::<Vec<_>>())?;
            return Ok(Page { rows, matching });
        }
        let rows = self.rows_at(&columns, &wanted)?;
        Ok(Page { rows, matching })
    }

    /// The order of the rows up to `end` at least, and further, since a page is seldom the only one.
    fn order(
        &self,
        query: &Query,
        end: usize,
        orders: &Orders,
        identity: &Identity,
    ) -> Result<Arc<Order>, TableError> {
        if let Some(order) = orders.find(identity, query, end) {
            return Ok(order);
        }
        let found = self.matching(query)?;
        let matching = found.positions.len();
        // To find the first of many costs a fraction of what it costs to sort all.
        let ahead = end.saturating_mul(AHEAD).max(FIRST);
        let reaches = if ahead < matching / 2 {
            ahead
        } else if orders.has_room_for(matching) {
            usize::MAX
        } else {
            end
        };
        let rows = found.ordered(query, reaches)?;
        let rows: Vec<u32> = rows.iter().filter_map(|&row| row.try_into().ok()).collect();
        let order = Arc::new(Order {
            rows,
            matching: matching as u64,
        });
        orders.keep(identity, query, &order);
        Ok(order)
    }

    /// The rows at these positions, in this order, with these columns, in this order.
    fn rows_at(&self, columns: &[usize], positions: &[u64]) -> Result<RecordBatch, TableError> {
        let stored = in_schema_order(columns);
        let mut ascending = positions.to_vec();
        ascending.sort_unstable();
        let rows = self.take(&stored, &ascending)?;
        let place = |of: &u64| ascending.binary_search(of).unwrap_or(0) as u64;
        let order = positions.iter().map(place).collect::<UInt64Array>();
        let shown = columns
            .iter()
            .map(|column| stored.binary_search(column).unwrap_or(0))
            .collect::<Vec<_>>();
        Ok(take_record_batch(&rows.project(&shown)?, &order)?)
    }

    /// Every row the filter lets through, with what it is sorted by.
    fn matching(&self, query: &Query) -> Result<Found, TableError> {
        let filter = query.filter.as_ref();
        let keys = query.sort.iter().map(|key| key.column.as_str());
        let tested = filter.map(Filter::columns).unwrap_or_default();
        let columns = keys
            .chain(tested)
            .map(|name| self.column(name))
            .collect::<Result<Vec<_>, _>>()?;
        let mut found = Found {
            positions: Vec::new(),
            keys: vec![Vec::new(); query.sort.len()],
        };
        self.scan(&in_schema_order(&columns), filter, &mut |first, batch| {
            found.add(query, first, &batch)?;
            if query.sort.is_empty() {
                return Ok(());
            }
            limit("rows to sort", found.positions.len() as u64, MAX_SORTED)
        })?;
        Ok(found)
    }
}

/// At most so many of `rows` rows, the first and the last among them, with equal distances between.
fn evenly(rows: u64, count: usize) -> impl Iterator<Item = u64> {
    let count = rows.min(count as u64);
    let (last, parts) = (rows.saturating_sub(1), count.max(2) - 1);
    // `at * last / parts`, without a product that may be too large.
    (0..count).map(move |at| at * (last / parts) + at * (last % parts) / parts)
}

fn in_schema_order(columns: &[usize]) -> Vec<usize> {
    let mut columns = columns.to_vec();
    columns.sort_unstable();
    columns.dedup();
    columns
}

/// Rows that match: where they are, and batch by batch what each sort key says of them.
struct Found {
    positions: Vec<u64>,
    keys: Vec<Vec<ArrayRef>>,
}

impl Found {
    fn add(&mut self, query: &Query, first: u64, batch: &RecordBatch) -> Result<(), TableError> {
        let rows = first..first + batch.num_rows() as u64;
        let kept = if let Some(filter) = &query.filter {
            let mask = matches(filter, batch)?;
            let kept = rows.zip(&mask).filter(|(_, keep)| **keep);
            self.positions.extend(kept.map(|(row, _)| row));
            filter_record_batch(batch, &mask.into())?
        } else {
            self.positions.extend(rows);
            batch.clone()
        };
        for (key, values) in query.sort.iter().zip(&mut self.keys) {
            let column = kept
                .column_by_name(&key.column)
                .ok_or_else(|| TableError::NoColumn(key.column.clone()))?;
            if column.data_type().is_nested() {
                return Err(not_comparable(&key.column, column.data_type()));
            }
            values.push(plain(column)?);
        }
        Ok(())
    }

    /// The first positions in the order asked for. The position itself is the last key, so that
    /// equal rows stay as they are in the file and no row is on two pages.
    fn ordered(self, query: &Query, end: usize) -> Result<Vec<u64>, TableError> {
        if query.sort.is_empty() || self.positions.is_empty() {
            let mut positions = self.positions;
            positions.truncate(end);
            return Ok(positions);
        }
        let mut columns = Vec::new();
        for (key, values) in query.sort.iter().zip(&self.keys) {
            let parts = values.iter().map(AsRef::as_ref).collect::<Vec<_>>();
            columns.push(SortColumn {
                values: concat(&parts)?,
                options: Some(SortOptions {
                    descending: key.descending,
                    nulls_first: false,
                }),
            });
        }
        let positions = UInt64Array::from(self.positions);
        columns.push(SortColumn {
            values: Arc::new(positions.clone()),
            options: None,
        });
        let order = lexsort_to_indices(&columns, Some(end))?;
        let all = positions.values();
        Ok(order
            .values()
            .iter()
            .filter_map(|&row| all.get(row as usize).copied())
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_rows_are_taken_from_the_first_to_the_last() {
        let of = |rows, count| evenly(rows, count).collect::<Vec<_>>();
        assert_eq!(of(0, 3), [0; 0]);
        assert_eq!(of(1, 3), [0]);
        assert_eq!(of(3, 3), [0, 1, 2]);
        assert_eq!(of(10, 4), [0, 3, 6, 9]);
        assert_eq!(of(9, 1), [0]);
        assert_eq!(of(9, 0), [0; 0]);
        assert_eq!(of(u64::MAX, 2), [0, u64::MAX - 1]);
    }
}
