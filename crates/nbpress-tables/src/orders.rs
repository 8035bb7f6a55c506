//! Orders of rows that were found for one page, kept for the pages after it.
//!
//! What is kept belongs to the bytes it was made of: a file that was written meanwhile has another [`Identity`]. The
//! page itself is always read from the file that was opened for it.

use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::query::{Filter, Query, SortKey};

/// How old the last change of a file must be: until then another one could leave the same times behind.
const SETTLED: Duration = Duration::from_secs(2);
/// The most orders, however short they are.
const MOST: usize = 200;

/// Which bytes a table was opened on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
    bytes: u64,
    /// Seconds and nanoseconds of the last change of the bytes, and of the file in any way, which nobody can set.
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Identity {
    /// None where the file was written just now.
    pub(crate) fn of(file: &File) -> Option<Self> {
        Self::at(&file.metadata().ok()?, SystemTime::now())
    }

    fn at(metadata: &Metadata, now: SystemTime) -> Option<Self> {
        let identity = Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            bytes: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        };
        let seconds = now.duration_since(UNIX_EPOCH).ok()?.as_secs();
        let settled = i64::try_from(seconds.checked_sub(SETTLED.as_secs())?).ok()?;
        (identity.modified.0.max(identity.changed.0) < settled).then_some(identity)
    }
}

/// The first rows that a filter lets through, in an order; or all of them.
#[derive(Debug)]
pub(crate) struct Order {
    /// Where they are in the file.
    pub(crate) rows: Vec<u32>,
    /// How many there are in all.
    pub(crate) matching: u64,
}

impl Order {
    fn reaches(&self, end: usize) -> bool {
        self.rows.len() >= end || self.rows.len() as u64 == self.matching
    }

    fn bytes(&self) -> usize {
        self.rows.len() * size_of::<u32>()
    }
}

/// Orders of rows that are kept from one question to the next.
#[derive(Debug)]
pub struct Orders {
    kept: Mutex<Vec<Kept>>,
    most_bytes: usize,
    longest: Duration,
}

#[derive(Debug)]
struct Kept {
    of: Identity,
    sort: Vec<SortKey>,
    filter: Option<Filter>,
    order: Arc<Order>,
    used: Instant,
}

impl Kept {
    fn answers(&self, of: &Identity, query: &Query) -> bool {
        self.of == *of && self.sort == query.sort && self.filter == query.filter
    }
}

impl Orders {
    /// None yet. Together they take `most_bytes` at most, and each is forgotten when nobody has asked for it for `longest`.
    pub const fn new(most_bytes: usize, longest: Duration) -> Self {
        Self {
            kept: Mutex::new(Vec::new()),
            most_bytes,
            longest,
        }
    }

    /// Forgets what nobody has asked for. Whether anything is left.
    pub fn forget_unused(&self) -> bool {
        let mut kept = self.kept();
        kept.retain(|one| one.used.elapsed() < self.longest);
        !kept.is_empty()
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an order of so many rows may be kept.
    pub(crate) fn has_room_for(&self, rows: usize) -> bool {
        rows.saturating_mul(size_of::<u32>()) <= self.most_bytes
    }

    /// The order that a query asks for, if it is known up to the row with that number.
    pub(crate) fn find(&self, of: &Identity, query: &Query, end: usize) -> Option<Arc<Order>> {
        let mut kept = self.kept();
        let found = kept.iter_mut().find(|one| one.answers(of, query))?;
        found.used = Instant::now();
        Some(Arc::clone(&found.order)).filter(|order| order.reaches(end))
    }

    pub(crate) fn keep(&self, of: &Identity, query: &Query, order: &Arc<Order>) {
        let mut kept = self.kept();
        kept.retain(|one| !one.answers(of, query) && one.used.elapsed() < self.longest);
        kept.push(Kept {
            of: of.clone(),
            sort: query.sort.clone(),
            filter: query.filter.clone(),
            order: Arc::clone(order),
            used: Instant::now(),
        });
        let bytes = |kept: &[Kept]| kept.iter().map(|one| one.order.bytes()).sum::<usize>();
        while bytes(&kept) > self.most_bytes || kept.len() > MOST {
            let longest_ago = kept.iter().enumerate().min_by_key(|(_, one)| one.used);
            let Some((at, _)) = longest_ago else { return };
            kept.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Seek as _, Write as _};
    use std::sync::atomic::AtomicBool;

    use arrow_array::cast::AsArray as _;
    use arrow_array::types::Int64Type;

    use super::*;
    use crate::table::{Format, Table};

    const LATER: Duration = Duration::from_mins(1);

    /// A column of numbers, as if it had been written long ago.
    fn table(file: &File) -> Table {
        let mut again = file.try_clone().unwrap();
        again.rewind().unwrap();
        let mut table = Table::read(again, Format::Csv).unwrap();
        assert_eq!(table.identity, None, "it was written just now");
        let metadata = file.metadata().unwrap();
        table.identity = Identity::at(&metadata, SystemTime::now() + LATER);
        table
    }

    fn write(file: &mut File, numbers: &[i64]) {
        file.rewind().unwrap();
        let lines: Vec<String> = numbers.iter().map(i64::to_string).collect();
        file.write_all(format!("x\n{}\n", lines.join("\n")).as_bytes())
            .unwrap();
    }

    fn sorted(offset: u64) -> Query {
        let query = format!(r#"{{"offset": {offset}, "limit": 2, "sort": [{{"column": "x"}}]}}"#);
        serde_json::from_str(&query).unwrap()
    }

    fn page(table: &Table, query: &Query, orders: &Orders) -> Option<Vec<i64>> {
        let page = table.page_in(query, orders).ok()?;
        let column = page.rows.column(0).as_primitive::<Int64Type>();
        Some(column.values().to_vec())
    }

    /// The same, which can read nothing but the page itself.
    fn without_a_look(table: Table) -> Table {
        table.until(Arc::new(AtomicBool::new(true)))
    }

    #[test]
    fn the_order_of_a_page_is_kept_for_the_next_one() {
        let orders = Orders::new(1 << 20, LATER);
        let mut file = tempfile::tempfile().unwrap();
        write(&mut file, &[5, 3, 1, 4, 2]);
        assert_eq!(
            page(&without_a_look(table(&file)), &sorted(0), &orders),
            None
        );
        assert_eq!(page(&table(&file), &sorted(0), &orders), Some(vec![1, 2]));
        let again = || without_a_look(table(&file));
        assert_eq!(page(&again(), &sorted(2), &orders), Some(vec![3, 4]));
        assert_eq!(page(&again(), &sorted(4), &orders), Some(vec![5]));
        let mut filtered = sorted(0);
        filtered.filter =
            serde_json::from_str(r#"{"column": "x", "is": ">", "value": 3}"#).unwrap();
        assert_eq!(page(&again(), &filtered, &orders), None);
        assert_eq!(page(&table(&file), &filtered, &orders), Some(vec![4, 5]));
        assert_eq!(page(&again(), &filtered, &orders), Some(vec![4, 5]));
    }

    #[test]
    fn of_a_file_that_was_changed_nothing_is_known() {
        let orders = Orders::new(1 << 20, LATER);
        let mut file = tempfile::tempfile().unwrap();
        write(&mut file, &[5, 3, 1, 4, 2]);
        assert_eq!(page(&table(&file), &sorted(0), &orders), Some(vec![1, 2]));
        let before = table(&file).identity;
        // As long as before.
        while table(&file).identity == before {
            write(&mut file, &[6, 7, 9, 6, 8]);
        }
        assert_eq!(
            page(&without_a_look(table(&file)), &sorted(0), &orders),
            None
        );
        assert_eq!(page(&table(&file), &sorted(0), &orders), Some(vec![6, 6]));
    }

    #[test]
    fn what_is_kept_is_bounded_in_bytes_and_in_time() {
        let mut file = tempfile::tempfile().unwrap();
        write(&mut file, &[5, 3, 1, 4, 2]);
        let small = Orders::new(4 * 5, LATER);
        let descending = Query {
            sort: vec![SortKey {
                column: "x".to_owned(),
                descending: true,
            }],
            ..sorted(0)
        };
        page(&table(&file), &sorted(0), &small);
        page(&table(&file), &descending, &small);
        let again = || without_a_look(table(&file));
        assert_eq!(page(&again(), &descending, &small), Some(vec![5, 4]));
        assert_eq!(page(&again(), &sorted(0), &small), None);
        assert!(small.forget_unused());

        let too_small = Orders::new(4 * 4, LATER);
        assert_eq!(page(&table(&file), &sorted(4), &too_small), Some(vec![5]));
        assert_eq!(page(&again(), &sorted(4), &too_small), None);

        let short = Orders::new(1 << 20, Duration::ZERO);
        page(&table(&file), &sorted(0), &short);
        assert!(!short.forget_unused());
    }
}
