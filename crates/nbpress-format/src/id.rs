//! Cell ids (<https://nbformat.readthedocs.io/en/latest/format_description.html#cell-ids>).

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::cell::Cell;

/// Eight hexadecimal digits, as nbformat makes them.
pub(crate) fn new_id() -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    // A RandomState is seeded from the system's randomness; the counter keeps the ids of one
    // process apart.
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u64(COUNTER.fetch_add(1, Ordering::Relaxed));
    format!("{:08x}", hasher.finish() >> 32)
}

/// Gives an id to cells that have none or one that an earlier cell has.
pub(crate) fn complete(cells: &mut [Cell]) {
    let mut taken: HashSet<String> = HashSet::with_capacity(cells.len());
    for cell in cells {
        let mut id = cell.id.take().unwrap_or_else(new_id);
        while taken.contains(&id) {
            id = new_id();
        }
        taken.insert(id.clone());
        cell.id = Some(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_and_repeated_ids_are_made_up() {
        let mut cells: Vec<Cell> = (0..4).map(|_| Cell::new_markdown("")).collect();
        cells[0].id = Some("a".to_owned());
        cells[1].id = None;
        cells[2].id = Some("a".to_owned());
        let kept = cells[3].id.clone();
        complete(&mut cells);
        let ids: Vec<String> = cells.into_iter().filter_map(|cell| cell.id).collect();
        assert_eq!((ids[0].as_str(), Some(&ids[3])), ("a", kept.as_ref()));
        for made in &ids[1..3] {
            assert_eq!(made.len(), 8);
            assert!(made.bytes().all(|byte| byte.is_ascii_hexdigit()));
        }
        assert_ne!(ids[1], ids[2]);
    }
}
