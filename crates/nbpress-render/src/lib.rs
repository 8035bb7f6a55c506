//! A notebook, any other file, or a folder as one static page of HTML without scripts.
//!
//! What lives here: bytes to HTML, in one pass and in memory in proportion to them. What does not:
//! files, sockets, who may look. Whatever comes from a notebook is text to this crate:
//! [`html`](crate::notebook()) that it holds passes a sanitizer, everything else is escaped.
//!
//! ```
//! use nbpress_format::Notebook;
//! use nbpress_render::{Page, notebook};
//!
//! let file = br#"{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#;
//! let page = Page { title: "report.ipynb".to_owned(), ..Page::default() };
//! let html = notebook(&Notebook::parse(file)?, &page);
//! assert!(html.starts_with("<!doctype html>"));
//! # Ok::<(), nbpress_format::ParseError>(())
//! ```

mod file;
mod found;
mod highlight;
mod html;
mod json_tree;
mod listing;
mod markdown;
mod math;
mod notebook;
mod page;
mod sanitize;
mod sheet;
mod size;
mod terminal;

pub use file::{File, file, file_to};
pub use found::{Excerpt, Found, Results, Tab, found};
pub use listing::{Column, Entry, EntryKind, Listing, Order, listing, listing_to};
pub use notebook::{Image, image, notebook, notebook_to, wants_script};
pub use page::{
    Form, Link, Live, Options, Page, STYLE, STYLE_SHA256, SearchBox, content_security_policy,
    live_content_security_policy,
};
pub use sheet::{Sheet, SheetColumn, Sorted, sheet};
