//! What was found as a page, and what there is: newest first, by tag, by author.

use axum::extract::{OriginalUri, Query, State};
use axum::response::Response;
use nbpress_contents::ContentsPath;
use nbpress_render::{Excerpt, Found, Link, Page, Results, SearchBox, Tab};
use nbpress_search::{DocumentKind, Hit, Label, Part, Snippet, Span};
use serde::Deserialize;

use crate::App;
use crate::error::{ApiError, ApiResult};
use crate::guard::Who;
use crate::jupyter::escape;
use crate::search::{Finding, address, find, labels_of};

use super::shown::{self, Shown};

/// Tags, or authors, that are offered to begin with.
const OFFERED: usize = 24;

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Wish {
    q: Option<String>,
    kind: Option<String>,
    tag: Option<String>,
    author: Option<String>,
    cursor: Option<String>,
}

/// The box in the bar of other pages, for whoever may search.
pub(super) fn search_box(app: &App, who: &Who) -> Option<SearchBox> {
    let is_guest = matches!(who, Who::Guest(_));
    let there = app.search.get().is_some() && !is_guest;
    there.then(|| SearchBox {
        action: app.base.join("search"),
        label: "Search everything".to_owned(),
    })
}

pub(super) async fn search(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    who: Who,
    Query(wish): Query<Wish>,
) -> Response {
    let shown = show(&app, &who, wish).await;
    let shown = shown.map(Shown::page).map_err(ApiError::into_page);
    shown::answer(shown, uri.path())
}

async fn show(app: &App, who: &Who, wish: Wish) -> ApiResult<String> {
    let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let usual = match app.jupyter {
        Some(_) => DocumentKind::Notebook,
        None => DocumentKind::Run,
    };
    let kind = wish.kind.as_deref().and_then(DocumentKind::from_word);
    let finding = Finding {
        text: given(wish.q).unwrap_or_default(),
        kind: Some(kind.unwrap_or(usual)),
        tag: given(wish.tag),
        author: given(wish.author),
        cursor: given(wish.cursor),
        limit: None,
    };
    let hits = find(app, who, &finding).await?;
    let next = hits.next.map(|cursor| {
        let next = Finding {
            cursor: Some(cursor),
            ..finding.clone()
        };
        href(app, &next)
    });
    let results = Results {
        search: finding.text.clone(),
        action: app.base.join("search"),
        hidden: hidden(&finding),
        tabs: tabs(app, &finding),
        filters: filters(app, &finding),
        groups: groups(app, who, &finding).await?,
        found: hits
            .hits
            .iter()
            .map(|hit| found(app, &finding, hit))
            .collect(),
        next,
    };
    let page = Page {
        title: "Search".to_owned(),
        breadcrumbs: vec![("Notebooks".to_owned(), app.base.join("view/"))],
        ..Page::default()
    };
    Ok(nbpress_render::found(&results, &page))
}

/// The page of a search.
fn href(app: &App, finding: &Finding) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if !finding.text.is_empty() {
        query.append_pair("q", &finding.text);
    }
    for (name, value) in hidden(finding) {
        query.append_pair(&name, &value);
    }
    if let Some(cursor) = &finding.cursor {
        query.append_pair("cursor", cursor);
    }
    format!("{}?{}", app.base.join("search"), query.finish())
}

/// What of a search stays when its words change.
fn hidden(finding: &Finding) -> Vec<(String, String)> {
    let kind = finding.kind.map(|kind| kind.as_str().to_owned());
    let all = [
        ("kind", kind),
        ("tag", finding.tag.clone()),
        ("author", finding.author.clone()),
    ];
    let given = all
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    given.collect()
}

fn tabs(app: &App, finding: &Finding) -> Vec<Tab> {
    if app.jupyter.is_none() {
        return Vec::new();
    }
    let tab = |(text, kind): (&str, DocumentKind)| Tab {
        text: text.to_owned(),
        href: href(
            app,
            &Finding {
                kind: Some(kind),
                cursor: None,
                ..finding.clone()
            },
        ),
        is_current: finding.kind == Some(kind),
    };
    [
        ("Notebooks", DocumentKind::Notebook),
        ("Runs", DocumentKind::Run),
    ]
    .map(tab)
    .into()
}

fn filters(app: &App, finding: &Finding) -> Vec<Link> {
    let finding = Finding {
        cursor: None,
        ..finding.clone()
    };
    let without = |name: &str, value: &str, rest: &Finding| Link {
        text: format!("{name}: {value}"),
        href: href(app, rest),
        download: false,
    };
    let tag = finding.tag.as_ref().map(|tag| {
        without(
            "tag",
            tag,
            &Finding {
                tag: None,
                ..finding.clone()
            },
        )
    });
    let author = finding.author.as_ref().map(|author| {
        without(
            "author",
            author,
            &Finding {
                author: None,
                ..finding.clone()
            },
        )
    });
    tag.into_iter().chain(author).collect()
}

/// What to begin with, for whoever has not asked for anything yet.
async fn groups(
    app: &App,
    who: &Who,
    finding: &Finding,
) -> ApiResult<Vec<(&'static str, Vec<(Link, u64)>)>> {
    let asked = !finding.text.is_empty()
        || finding.tag.is_some()
        || finding.author.is_some()
        || finding.cursor.is_some();
    let Some(kind) = finding.kind.filter(|_| !asked) else {
        return Ok(Vec::new());
    };
    let labels = labels_of(app, who, kind).await?;
    let links = |labels: Vec<Label>, link: fn(&App, &Finding, &str) -> Link| {
        let labels = labels.into_iter().take(OFFERED);
        labels
            .map(|label| (link(app, finding, &label.name), label.count))
            .collect()
    };
    Ok(vec![
        ("Tags", links(labels.tags, tagged)),
        ("Authors", links(labels.authors, by)),
    ])
}

fn tagged(app: &App, finding: &Finding, tag: &str) -> Link {
    let only = Finding {
        kind: finding.kind,
        tag: Some(tag.to_owned()),
        ..Finding::default()
    };
    Link {
        text: tag.to_owned(),
        href: href(app, &only),
        download: false,
    }
}

fn by(app: &App, finding: &Finding, author: &str) -> Link {
    let only = Finding {
        kind: finding.kind,
        author: Some(author.to_owned()),
        ..Finding::default()
    };
    Link {
        text: author.to_owned(),
        href: href(app, &only),
        download: false,
    }
}

fn found(app: &App, finding: &Finding, hit: &Hit) -> Found {
    let address = address(app, hit);
    let fact = |name: &str| hit.facts.get(name).cloned();
    Found {
        title: pieces(&hit.title_spans),
        path: match hit.kind {
            DocumentKind::Notebook => way(app, &hit.path),
            DocumentKind::Run => vec![Link {
                text: hit.place.clone(),
                href: address.clone(),
                download: false,
            }],
        },
        facts: fact("job").into_iter().chain(fact("state")).collect(),
        modified: Some(hit.modified),
        authors: hit
            .authors
            .iter()
            .map(|author| by(app, finding, author))
            .collect(),
        tags: hit
            .tags
            .iter()
            .map(|tag| tagged(app, finding, tag))
            .collect(),
        excerpts: hit
            .snippets
            .iter()
            .map(|snippet| excerpt(&address, snippet))
            .collect(),
        href: address,
    }
}

/// The folders that lead to a file, and the file.
fn way(app: &App, path: &str) -> Vec<Link> {
    let mut at = ContentsPath::root();
    let mut way = Vec::new();
    let mut names = path.split('/').peekable();
    while let Some(name) = names.next() {
        let Ok(next) = at.join(name) else {
            break;
        };
        at = next;
        let slash = if names.peek().is_some() { "/" } else { "" };
        way.push(Link {
            text: name.to_owned(),
            href: app
                .base
                .join(&format!("view/{}{slash}", escape(at.as_str()))),
            download: false,
        });
    }
    way
}

fn excerpt(address: &str, snippet: &Snippet) -> Excerpt {
    let what = match snippet.part {
        Part::Source => " · code",
        Part::Output => " · output",
        Part::Markdown | Part::Description | Part::Parameters => "",
    };
    let number = snippet.cell.map(|cell| cell + 1);
    let place = match (snippet.part, number) {
        (_, Some(number)) => format!("Cell {number}{what}"),
        (Part::Parameters, None) => "Parameters".to_owned(),
        _ => String::new(),
    };
    Excerpt {
        place,
        href: number.map(|number| format!("{address}#cell-{number}")),
        is_code: matches!(snippet.part, Part::Source | Part::Output | Part::Parameters),
        text: pieces(&snippet.spans),
    }
}

fn pieces(spans: &[Span]) -> Vec<(String, bool)> {
    let pieces = spans.iter().map(|span| (span.text.clone(), span.is_match));
    pieces.collect()
}
