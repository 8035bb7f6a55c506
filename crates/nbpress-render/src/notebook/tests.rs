use nbpress_format::{Json, Notebook};

use super::{image, notebook};
use crate::page::{Options, Page};

/// A notebook of cells written as JSON.
fn cells(cells: &str) -> Notebook {
    let language = r#"{"language_info": {"name": "python"}}"#;
    with_metadata(language, cells)
}

fn with_metadata(metadata: &str, cells: &str) -> Notebook {
    let source = format!(
        r#"{{"nbformat": 4, "nbformat_minor": 4, "metadata": {metadata}, "cells": [{cells}]}}"#
    );
    Notebook::parse(source.as_bytes()).unwrap()
}

fn code(source: &str, metadata: &str, outputs: &str) -> String {
    let source = Json::from(source).to_compact();
    format!(
        r#"{{"cell_type": "code", "source": {source}, "metadata": {{{metadata}}}, "execution_count": 7, "outputs": [{outputs}]}}"#
    )
}

fn markdown(source: &str) -> String {
    let source = Json::from(source).to_compact();
    format!(r#"{{"cell_type": "markdown", "source": {source}, "metadata": {{}}}}"#)
}

fn stream(text: &str) -> String {
    let text = Json::from(text).to_compact();
    format!(r#"{{"output_type": "stream", "name": "stdout", "text": {text}}}"#)
}

fn data(data: &str) -> String {
    format!(r#"{{"output_type": "display_data", "metadata": {{}}, "data": {{{data}}}}}"#)
}

/// What is between the title and the end of the page.
fn shown(of: &Notebook, options: Options) -> String {
    let page = Page {
        title: "t".to_owned(),
        options,
        ..Page::default()
    };
    let html = notebook(of, &page);
    let main = html.split_once("</h1></header>\n").unwrap().1;
    main.strip_suffix("</main>\n</body>\n</html>\n")
        .unwrap()
        .to_owned()
}

#[track_caller]
fn assert_contains(html: &str, parts: &[&str]) {
    for part in parts {
        assert!(html.contains(part), "no {part} in {html}");
    }
}

#[test]
fn a_code_cell_has_its_counter_its_time_its_source_and_its_output() {
    let timed = r#""papermill": {"duration": 75.2}"#;
    let html = shown(
        &cells(&code("print(1)", timed, &stream("1\n"))),
        Options::default(),
    );
    assert_eq!(
        html,
        "<div class=\"cells\">\n<div class=\"cell code\" id=\"cell-1\"><div class=\"count\">[7]<small>1m 15s</small></div>\
         <div class=\"in\"><pre><code><span class=\"f\">print</span>(<span class=\"n\">1</span>)</code></pre></div>\
         <div class=\"out\"><div class=\"stream\"><pre class=\"term\">1\n</pre></div></div></div>\n</div>\n"
    );
}

#[test]
fn parameters_are_marked() {
    let tagged = |tag: &str| code("a = 1", &format!(r#""tags": ["{tag}"]"#), "");
    let both = [tagged("parameters"), tagged("injected-parameters")].join(",");
    let html = shown(&cells(&both), Options::default());
    assert_contains(
        &html,
        &[
            "<div class=\"cell code param\" id=\"cell-1\">",
            "<span class=\"tag\">Parameters</span>",
            "<div class=\"cell code param injected\" id=\"cell-2\">",
            "<span class=\"tag\">Parameters of this run</span>",
        ],
    );
}

#[test]
fn the_best_representation_is_shown() {
    for (bundle, expected) in [
        (r#""text/html": "<b>h</b>", "text/plain": "p""#, "<b>h</b>"),
        (
            r#""text/markdown": "*m*", "image/png": "AA==""#,
            "<em>m</em>",
        ),
        (r#""text/latex": "$x$", "text/plain": "p""#, "<mi>x</mi>"),
        (
            r#""image/png": "AA==\n", "text/plain": "p""#,
            "src=\"data:image/png;base64,AA==\" alt=",
        ),
        (
            r#""image/svg+xml": "<svg/>", "image/png": "AA==""#,
            "src=\"data:image/svg+xml;base64,PHN2Zy8+\"",
        ),
        (
            r#""application/json": [1], "text/plain": "p""#,
            "<div class=\"json\"",
        ),
        (r#""text/plain": "p""#, "<pre class=\"term\">p</pre>"),
        (
            r#""application/vnd.plotly.v1+json": {}, "text/html": "<p>h</p>", "image/png": "AA==""#,
            "A Plotly chart, shown as an image: this page runs no scripts.",
        ),
        (
            r#""application/vnd.vegalite.v5+json": {}, "text/plain": "p""#,
            "p</pre></div><p class=\"note\">A Vega chart, shown as text: this page runs no scripts.",
        ),
        (
            r#""text/html": "<div id=x></div><script>draw()</script>", "text/plain": "Figure()""#,
            "Figure()</pre></div><p class=\"note\">An output with scripts, shown as text",
        ),
        (
            r#""application/vnd.jupyter.widget-view+json": {}"#,
            "<p class=\"note\">A widget: this page runs no scripts.",
        ),
    ] {
        let html = shown(&cells(&code("", "", &data(bundle))), Options::default());
        assert!(html.contains(expected), "{bundle}: {html}");
    }
}

#[test]
fn texts_of_one_stream_are_one_text() {
    let outputs = [stream("a\r"), stream("b"), stream("\n")].join(",");
    let html = shown(&cells(&code("", "", &outputs)), Options::default());
    assert_contains(&html, &["<pre class=\"term\">b\n</pre>"]);
}

const ERROR: &str = r#"{"output_type": "error", "ename": "KeyError", "evalue": "'x'", "traceback":
    ["\u001b[0;31mKeyError\u001b[0m", "Cell In[1], line 2\n      1 a = 1\n\u001b[0;32m----> 2\u001b[0m b['x']\n"]}"#;

#[test]
fn a_failure_comes_first() {
    let all = [
        r#"{"cell_type": "markdown", "metadata": {"tags": ["papermill-error-cell-tag"]}, "source": "An Exception was"}"#.to_owned(),
        code("1/0", r#""tags": ["raises-exception"]"#, ERROR),
        code("a = 1\nb['x']\nc", "", ERROR),
    ]
    .join(",");
    let html = shown(&cells(&all), Options::default());
    assert!(html.starts_with(
        "<section class=\"failure\" aria-label=\"Failure\"><header><h2>KeyError: &#39;x&#39;</h2>"
    ));
    assert_contains(
        &html,
        &[
            "<a href=\"#cell-3\">Go to cell [7]</a>",
            "<b>  1</b> a = 1\n<mark><b>  2</b> b[&#39;x&#39;]</mark>\n<b>  3</b> c\n",
        ],
    );
    assert!(!html.contains("An Exception was"));
}

#[test]
fn a_failure_without_an_error_says_what_the_record_knows() {
    let metadata = r#"{"nbpress": {"status": "failed", "reason": "the kernel died"}}"#;
    let cell = code("x", r#""papermill": {"exception": true}"#, "");
    let html = shown(&with_metadata(metadata, &cell), Options::default());
    assert_contains(&html, &["<h2>the kernel died</h2><a href=\"#cell-1\">"]);
    let fine = code(
        "exit()",
        "",
        r#"{"output_type": "error", "ename": "SystemExit", "evalue": "0", "traceback": []}"#,
    );
    let allowed = code("1/0", r#""tags": ["raises-exception"]"#, ERROR);
    let html = shown(&cells(&[fine, allowed].join(",")), Options::default());
    assert!(!html.contains("class=\"failure\""), "{html}");
}

#[test]
fn code_can_be_hidden() {
    let all = [
        code("secret_source", "", &stream("seen")),
        code("no_output", "", ""),
    ]
    .join(",");
    let options = Options {
        hide_code: true,
        ..Options::default()
    };
    let html = shown(&cells(&all), options);
    assert_contains(&html, &["seen"]);
    assert!(
        !html.contains("secret_source") && !html.contains("cell-2"),
        "{html}"
    );
}

#[test]
fn what_the_author_hid_is_folded_and_what_a_tag_removes_is_gone() {
    for (metadata, source, output) in [
        (
            r#""jupyter": {"source_hidden": true}"#,
            "<details class=\"in\">",
            "<div class=\"out\">",
        ),
        (
            r#""jupyter": {"outputs_hidden": true}"#,
            "<div class=\"in\">",
            "<details class=\"out\">",
        ),
        (
            r#""collapsed": true, "hide_input": true"#,
            "<details class=\"in\">",
            "<details class=\"out\">",
        ),
        (
            r#""tags": ["hide-input"]"#,
            "<details class=\"in\">",
            "<div class=\"out\">",
        ),
        (
            r#""tags": ["hide_output"]"#,
            "<div class=\"in\">",
            "<details class=\"out\">",
        ),
    ] {
        let html = shown(
            &cells(&code("s", metadata, &stream("o"))),
            Options::default(),
        );
        assert_contains(&html, &[source, output]);
    }
    for (tag, gone) in [
        ("remove-input", "class=\"in\""),
        ("remove_output", "class=\"out\""),
        ("remove-cell", "cell-1"),
    ] {
        let metadata = format!(r#""tags": ["{tag}"]"#);
        let html = shown(
            &cells(&code("s", &metadata, &stream("o"))),
            Options::default(),
        );
        assert!(!html.contains(gone), "{tag}: {html}");
    }
}

#[test]
fn the_outline_links_to_headings() {
    let all = [markdown("# Top"), markdown("text\n## The Part\n#### deep")].join(",");
    let html = shown(&cells(&all), Options::default());
    assert_contains(
        &html,
        &[
            "<nav class=\"outline\" aria-label=\"Outline\">",
            "<li class=\"l1\"><a href=\"#user-top\">Top</a></li>",
            "<li class=\"l2\"><a href=\"#user-the-part\">The Part</a></li>",
            "<h3 id=\"user-the-part\">The Part</h3>",
        ],
    );
    assert!(!html.contains("href=\"#user-deep\""));
}

#[test]
fn a_long_output_is_cut_and_says_how_much_is_left() {
    let text: String = (0..10_000)
        .flat_map(|line| ["line ".to_owned(), line.to_string(), "\n".to_owned()])
        .collect();
    let notebook = cells(&code("", "", &stream(&text)));
    let options = Options {
        most_output: 4000,
        raw_url: Some("/files/a.ipynb".to_owned()),
        ..Options::default()
    };
    let html = shown(&notebook, options.clone());
    assert!(html.len() < 8000, "{}", html.len());
    assert_contains(
        &html,
        &[
            "line 0\n",
            "line 9999\n",
            "9,503 lines (94.5 kB) are not shown here, they are in <a href=\"/files/a.ipynb\" download>the notebook's file</a>.",
        ],
    );
    let whole = shown(
        &notebook,
        Options {
            embed: true,
            ..options
        },
    );
    assert_contains(&whole, &["line 5000\n"]);
}

#[test]
fn a_long_page_leaves_outputs_to_the_file() {
    let cell = code("source", "", &stream(&"x".repeat(500)));
    let options = Options {
        most_page: STYLE_AND_SOME,
        ..Options::default()
    };
    let html = shown(&cells(&vec![cell; 100].join(",")), options);
    assert_eq!(html.matches("class=\"in\"").count(), 100);
    let left = html.matches("because this page is long already").count();
    assert!(left > 50 && left < 100, "{left}");
}

const STYLE_AND_SOME: usize = crate::page::STYLE.len() + 10_000;

#[test]
fn images_can_be_loaded_by_name() {
    let outputs = [
        stream("x"),
        data(r#""image/png": "AA\n==""#),
        data(r#""image/svg+xml": "<svg/>""#),
    ]
    .join(",");
    let notebook = cells(&[markdown("x"), code("", "", &outputs)].join(","));
    let options = Options {
        image_url: Some("?image=".to_owned()),
        ..Options::default()
    };
    let html = shown(&notebook, options.clone());
    assert_contains(
        &html,
        &["src=\"?image=2-2.png\"", "src=\"data:image/svg+xml;base64,"],
    );
    let found = image(&notebook, "2-2.png").unwrap();
    assert_eq!(
        (found.mimetype, found.bytes.as_slice()),
        ("image/png", [0].as_slice())
    );
    for name in [
        "2-1.png", "2-2.gif", "0-2.png", "9-9.png", "2-3.svg", "", "x", "2-2", "-.png",
    ] {
        assert_eq!(image(&notebook, name), None, "{name}");
    }
    let html = shown(
        &notebook,
        Options {
            embed: true,
            ..options
        },
    );
    assert!(!html.contains("?image="));
}

#[test]
fn a_page_says_what_it_is() {
    let page = Page {
        title: "a & b".to_owned(),
        breadcrumbs: vec![("Home".to_owned(), "/view/".to_owned())],
        ..Page::default()
    };
    let html = notebook(&cells(&markdown("# Report")), &page);
    assert_contains(
        &html,
        &[
            "<html lang=\"en\">",
            "<title>a &amp; b</title>",
            "<meta name=\"description\" content=\"Report\">",
            "<meta property=\"og:title\" content=\"a &amp; b\">",
            "<nav class=\"crumbs\" aria-label=\"Breadcrumb\"><ol><li><a href=\"/view/\">Home</a></li><li aria-current=\"page\">a &amp; b</li></ol></nav>",
            "<main id=\"content\" tabindex=\"-1\">",
        ],
    );
    assert_eq!(html.matches("<h1>").count(), 1);
}
