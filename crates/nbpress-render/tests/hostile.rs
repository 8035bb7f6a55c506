//! Pages of hostile notebooks and files, read as a browser reads them.
#![expect(clippy::unwrap_used, reason = "a test")]

#[path = "hostile/dom.rs"]
mod dom;

use std::collections::BTreeSet;

use dom::{elements, faults};
use nbpress_format::{Json, Notebook};
use nbpress_render::{File, Live, Options, Page, file, notebook};
use proptest::prelude::*;

/// Markup, syntax and bytes that have been used against notebook viewers and sanitizers.
const PIECES: &[&str] = &[
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//x.example></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<math><annotation-xml encoding=\"text/html\"><script>alert(1)</script></annotation-xml></math>",
    "<math href=javascript:alert(1)><mi>x</mi></math>",
    "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
    "<iframe src=javascript:alert(1)>",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<a href=\" &#x6a;avascript&colon;alert(1)\">x</a>",
    "<a href=\"java\tscript:alert(1)\">x</a>",
    "<a href=\"data:text/html;base64,PHNjcmlwdD4=\">x</a>",
    "<a href=\"vbscript:x\">x</a>",
    "<form action=javascript:alert(1)><button formaction=javascript:alert(1)>x</button></form>",
    "<object data=javascript:alert(1)></object><embed src=javascript:alert(1)>",
    "<base href=//x.example/><link rel=stylesheet href=//x.example>",
    "<meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">",
    "<style>*{background:url(//x.example)}</style>",
    "<p style=\"background:url(javascript:alert(1));position:fixed;inset:0\">",
    "<div id=content class=failure name=cookie onclick=alert(1)>",
    "<button data-commandlinker-command=\"terminal:open\" data-commandlinker-args='{}'>x</button>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<template><script>alert(1)</script></template>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?xml",
    "</title>",
    "</style>",
    "</pre>",
    "</code>",
    "</div>",
    "</main>",
    "</body>",
    "</html>",
    "</textarea>",
    "\"",
    "'",
    "`",
    "<",
    ">",
    "&",
    "&lt;script&gt;",
    "=",
    " onload=x ",
    "\0",
    "[x](javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "![\" onerror=alert(1) x=\"](x.png \"\\\" onload=alert(1)\")",
    "[x]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "$x$",
    "$\\href{javascript:alert(1)}{x}$",
    "$\\text{<script>alert(1)</script>}$",
    "$$\\begin{matrix}<img src=x onerror=alert(1)>\\end{matrix}$$",
    "\\color{red\" onload=alert(1)}",
    "```python\n",
    "```\n",
    "# ",
    "| a | b |\n|---|---|\n",
    "> ",
    "- [x] ",
    "[^1]: ",
    "\x1b[31m",
    "\x1b[38;2;1;2;3m",
    "\x1b]8;;javascript:alert(1)\x07x\x1b]8;;\x07",
    "\r",
    "\x08",
    "\n",
    "\n\n",
    "%%html\n",
    "é",
    "----> 1 ",
    "{#x onclick=alert(1)}",
    "<table><tr><td>",
    "<details open ontoggle=alert(1)>",
    "\u{2028}",
    "\u{202e}",
];

fn page() -> Page {
    Page {
        title: "</title><script>alert(1)</script>".to_owned(),
        options: Options {
            raw_url: Some("/files/\"><script>".to_owned()),
            files_url: Some("/files/a/".to_owned()),
            ..Options::default()
        },
        ..Page::default()
    }
}

/// A notebook that has a text in every place a text can be.
fn everywhere(text: &str) -> Notebook {
    let json = |text: &str| Json::from(text).to_compact();
    let text = json(text);
    let source = format!(
        r#"{{"nbformat": 4, "nbformat_minor": 5,
        "metadata": {{"language_info": {{"name": {text}}}, "nbpress": {{"status": "failed", "reason": {text}}}}},
        "cells": [
          {{"cell_type": "markdown", "id": "a", "metadata": {{"tags": [{text}]}}, "source": {text},
            "attachments": {{{text}: {{"image/png": {text}}}, "a.png": {{"image/svg+xml": {text}}}}}}},
          {{"cell_type": "markdown", "id": "b", "metadata": {{}}, "source": "![x](attachment:a.png)",
            "attachments": {{"a.png": {{"image/png": {text}}}}}}},
          {{"cell_type": "raw", "id": "c", "metadata": {{}}, "source": {text}}},
          {{"cell_type": {text}, "id": "d", "metadata": {{}}, "source": {text}}},
          {{"cell_type": "code", "id": "e", "metadata": {{}}, "source": {text}, "execution_count": 1, "outputs": [
            {{"output_type": "stream", "name": {text}, "text": {text}}},
            {{"output_type": "display_data", "metadata": {{}}, "data": {{"text/html": {text}}}}},
            {{"output_type": "display_data", "metadata": {{}}, "data": {{"text/markdown": {text}}}}},
            {{"output_type": "display_data", "metadata": {{}}, "data": {{"text/latex": {text}}}}},
            {{"output_type": "display_data", "metadata": {{"alt": {text}, "width": {text}}}, "data": {{"image/png": {text}}}}},
            {{"output_type": "display_data", "metadata": {{}}, "data": {{"image/svg+xml": {text}}}}},
            {{"output_type": "display_data", "metadata": {{}}, "data": {{"application/json": {{{text}: [{text}]}}}}}},
            {{"output_type": "display_data", "metadata": {{}}, "data": {{"application/javascript": {text}, "text/plain": {text}}}}},
            {{"output_type": "display_data", "metadata": {{}}, "data": {{{text}: {text}, "text/plain": {text}}}}},
            {{"output_type": "error", "ename": {text}, "evalue": {text}, "traceback": [{text}]}}]}}]}}"#
    );
    Notebook::parse(source.as_bytes()).unwrap()
}

fn assert_harmless(html: &str, of: &str) {
    let faults = faults(html);
    assert!(faults.is_empty(), "{of:?} gives {faults:#?}");
}

#[test]
fn no_piece_alone_does_any_harm() {
    for piece in PIECES {
        let html = notebook(&everywhere(piece), &page());
        assert_harmless(&html, piece);
        // The page was not ended by the text.
        assert!(elements(&html, "main").len() == 1 && html.ends_with("</html>\n"));
    }
}

/// The check finds what it looks for; without this the tests here would pass on anything.
#[test]
fn the_check_sees_harm() {
    for harm in [
        "<script>x</script>",
        "<img src=x onerror=y>",
        "<a href=\" JavaScript:x\">y</a>",
        "<a href=data:text/html,x>y</a>",
        "<p style=\"background:url(x)\">",
        "<p id=cookie>",
        "<svg></svg>",
        "<iframe src=x></iframe>",
        "<img src=https://x.example/y>",
        "<b data-commandlinker-command=x>",
        "<form action=x></form>",
    ] {
        let html = format!("<!doctype html><body>{harm}</body>");
        assert!(!faults(&html).is_empty(), "{harm}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_pieces_together_do_any_harm(
        parts in prop::collection::vec(
            prop_oneof![
                4 => prop::sample::select(PIECES).prop_map(str::to_owned),
                1 => "[ -~\\n]{0,8}",
            ],
            1..12,
        )
    ) {
        let text = parts.concat();
        assert_harmless(&notebook(&everywhere(&text), &page()), &text);
        for name in ["a.md", "a.csv", "a.json", "a.py", "a.html", "a.svg", "a"] {
            let bytes = text.as_bytes();
            let shown = File { name, mimetype: None, bytes, size: bytes.len() as u64 };
            assert_harmless(&file(&shown, &page()), &text);
        }
    }
}

fn output(kind: &str, text: &str) -> String {
    nbpress_render::notebook(&shows(kind, text), &page())
}

fn shows(kind: &str, text: &str) -> Notebook {
    let source = format!(
        r#"{{"nbformat": 4, "nbformat_minor": 5, "metadata": {{}}, "cells": [
          {{"cell_type": "code", "id": "e", "metadata": {{}}, "source": "", "execution_count": 1, "outputs": [
            {{"output_type": "display_data", "metadata": {{}}, "data": {{"{kind}": {}}}}}]}}]}}"#,
        Json::from(text).to_compact()
    );
    Notebook::parse(source.as_bytes()).unwrap()
}

/// CVE-2026-44727: a converted notebook ran on the server's own origin.
#[test]
fn cve_2026_44727_a_page_runs_nothing_even_where_the_sanitizer_is_wrong() {
    let policy = nbpress_render::content_security_policy();
    assert!(policy.starts_with("default-src 'none';"));
    for never in ["script-src", "'unsafe-eval'", "http:", "https:", "*"] {
        assert!(!policy.contains(never), "{never} in {policy}");
    }
    let html = output("text/html", "<script>alert(1)</script><p>x</p>");
    assert_eq!(elements(&html, "script").len(), 0);
    let options = Options {
        embed: true,
        ..Options::default()
    };
    let html = notebook(
        &everywhere("x"),
        &Page {
            options,
            ..Page::default()
        },
    );
    let meta = elements(&html, "meta");
    let policies = meta.iter().filter(|meta| {
        meta.get("http-equiv")
            .is_some_and(|name| name == "Content-Security-Policy")
    });
    assert_eq!(policies.count(), 1);
}

/// What a page hands to its own script is data, whatever it says.
#[test]
fn an_output_for_the_script_of_the_page_never_becomes_a_script() {
    let live = Live {
        script: "/ui/view.js".to_owned(),
        nonce: "n1".to_owned(),
    };
    let policy = nbpress_render::live_content_security_policy(&live);
    assert!(policy.contains("script-src 'nonce-n1';"), "{policy}");
    for never in ["unsafe-eval", "http:", "https:", "*", "script-src 'self'"] {
        assert!(!policy.contains(never), "{never} in {policy}");
    }
    let options = Options {
        live: Some(live),
        ..Options::default()
    };
    let page = Page {
        options,
        ..Page::default()
    };
    let ends = "</script><script nonce=\"n1\">alert(1)</script><!--<script>";
    let html = "<div></div><script nonce=\"n1\">alert(1)</script>";
    for (kind, text) in [
        ("text/html", html),
        ("application/vnd.vegalite.v5+json", ends),
        ("application/javascript", ends),
    ] {
        let html = nbpress_render::notebook(&shows(kind, text), &page);
        let scripts = elements(&html, "script");
        let kinds = scripts
            .iter()
            .map(|script| script.get("type").map(String::as_str));
        let kinds: BTreeSet<_> = kinds.collect();
        assert_eq!(
            kinds,
            BTreeSet::from([None, Some("application/json")]),
            "{kind}: {html}"
        );
        assert_eq!(html.matches("</script").count(), 2, "{kind}: {html}");
    }
}

/// CVE-2021-32797 and CVE-2021-32798: attributes the sanitizer let pass acted in the page.
#[test]
fn cve_2021_32797_no_form_acts() {
    let html = output(
        "text/html",
        "<form id=jp-mk-edit action='javascript:alert(1)'><button formaction='javascript:alert(1)'>x</button></form>y",
    );
    for name in ["form", "button", "input"] {
        assert_eq!(elements(&html, name).len(), 0, "{name}");
    }
}

/// CVE-2026-42557 and CVE-2026-40171: a click on an output ran a command of the application.
#[test]
fn cve_2026_42557_no_command_is_linked() {
    let html = output(
        "text/html",
        "<a data-commandlinker-command='x' data-commandlinker-args='{}' href='#'>x</a>",
    );
    let links = elements(&html, "a");
    let linked = links
        .iter()
        .any(|link| link.keys().any(|name| name.starts_with("data-")));
    assert!(!links.is_empty() && !linked);
}

/// CVE-2018-8768: markup after a broken comment passed the sanitizer.
#[test]
fn cve_2018_8768_a_broken_comment_hides_nothing() {
    for text in [
        "<!--><script>alert(1)</script>-->x",
        "<!--> <img src=x onerror=alert(1)> -->x",
        "<!-- --!><script>alert(1)</script>x",
        "<img src='a' alt=\"<!--\"><img src=x onerror=alert(1)>",
    ] {
        assert_harmless(&output("text/html", text), text);
    }
}

/// CVE-2018-19351: an SVG or a JavaScript output became part of the page.
#[test]
fn cve_2018_19351_an_svg_is_an_image() {
    let html = output(
        "image/svg+xml",
        "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    );
    assert_eq!(elements(&html, "svg").len(), 0);
    let images = elements(&html, "img");
    assert!(images[0]["src"].starts_with("data:image/svg+xml;base64,"));
}

/// Deep or broken markup costs time in proportion, and no stack.
#[test]
fn a_bomb_of_markup_is_shown_in_time() {
    for piece in [
        "<div>",
        "<b>",
        "<a href=x>",
        "<table><tr><td>",
        "<ul><li>",
        "<p><b><i>",
        "> ",
        "- ",
        "[",
        "![",
        "*",
        "`",
        "<!--",
        "$",
        "\\begin{align}\n",
        "&",
        "{",
        "<math><mrow>",
        "\x1b[31mx",
        "%",
        "# ",
        "|",
        "[x][",
        "<details>",
    ] {
        let text = piece.repeat(20_000 / piece.len());
        let begun = std::time::Instant::now();
        let html = notebook(&everywhere(&text), &page());
        let took = begun.elapsed();
        assert!(html.ends_with("</html>\n"));
        assert!(took.as_secs() < 20, "{piece:?} took {took:?}");
    }
}
