//! A folder as a page: sorted, searched, and a part at a time.

use nbpress_contents::{ContentsError, Kind, ListOptions};
use nbpress_render::{Entry, EntryKind, Listing, Order, Page};

use crate::App;
use crate::guard::Who;
use crate::jupyter::{JupyterSettings, escape};

use super::shown::Shown;
use super::{Wish, edit_address, may_edit};

/// Entries of one page.
const PART: usize = 500;

pub(super) async fn show(
    app: &App,
    jupyter: &JupyterSettings,
    who: &Who,
    folder: &nbpress_contents::Entry,
    wish: &Wish,
    page: Page,
) -> Result<Shown, ContentsError> {
    let search = wish.q.clone().unwrap_or_default();
    let order = Order::from_query(wish.sort.as_deref().unwrap_or_default());
    let at = wish.page.unwrap_or(1).max(1);
    let before = (at - 1).saturating_mul(PART);
    let options = ListOptions {
        order: nbpress_contents::Order::parse(&order.to_query()),
        contains: search.clone(),
        skip: before,
        limit: PART,
        ..ListOptions::default()
    };
    let listed = jupyter.workspace.list(&folder.path, options).await?;
    let edits = may_edit(who);
    let entries: Vec<Entry> = listed
        .entries
        .iter()
        .map(|entry| shown(app, entry, edits))
        .collect();
    let total = listed.total.unwrap_or(entries.len());
    let link = |at: usize| {
        let sort = order.to_query();
        format!("?q={}&sort={sort}&page={at}", escape(&search))
    };
    let more = listed.next.is_some();
    let listing = Listing {
        entries,
        order,
        total: (total > PART).then_some(total),
        previous: (at > 1).then(|| link(at - 1)),
        next: more.then(|| link(at + 1)),
        search,
    };
    Ok(Shown::page(nbpress_render::listing(&listing, &page)))
}

fn shown(app: &App, entry: &nbpress_contents::Entry, edits: bool) -> Entry {
    let (kind, slash) = match entry.kind {
        Kind::Directory => (EntryKind::Directory, "/"),
        Kind::Notebook => (EntryKind::Notebook, ""),
        Kind::File => (EntryKind::File, ""),
    };
    let path = escape(entry.path.as_str());
    Entry {
        name: entry.name.clone(),
        href: app.base.join(&format!("view/{path}{slash}")),
        edit: (edits && kind == EntryKind::Notebook).then(|| edit_address(app, &path)),
        kind,
        // A folder's time says little, and a prefix of a bucket has none.
        modified: (entry.kind != Kind::Directory).then_some(entry.last_modified),
        size: entry.size,
    }
}
