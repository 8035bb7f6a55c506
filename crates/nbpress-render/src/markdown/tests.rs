use super::{Heading, Markdown};
use crate::page::Options;

fn html(source: &str) -> String {
    let attachment =
        |name: &str| (name == "a.png").then(|| "data:image/png;base64,AA==".to_owned());
    let text = Markdown::new(&Options::default()).text(source, attachment);
    text.html.as_str().trim().to_owned()
}

#[test]
fn what_markdown_becomes() {
    for (source, expected) in [
        (
            "*a* **b** ~~c~~",
            "<p><em>a</em> <strong>b</strong> <del>c</del></p>",
        ),
        ("# A `b` C", "<h2 id=\"user-a-b-c\">A <code>b</code> C</h2>"),
        (
            "[x](#A-b-C)",
            "<p><a href=\"#user-a-b-c\" rel=\"noopener noreferrer\">x</a></p>",
        ),
        (
            "[x](javascript:alert`1`)",
            "<p><a rel=\"noopener noreferrer\">x</a></p>",
        ),
        (
            "- [x] done\n- [ ] open",
            "<ul>\n<li>☑ done</li>\n<li>☐ open</li>\n</ul>",
        ),
        (
            "![p](attachment:a.png)",
            "<p><img src=\"data:image/png;base64,AA==\" alt=\"p\"></p>",
        ),
        ("![p](attachment:b.png)", "<p><img alt=\"p\"></p>"),
        (
            "```python\nNone\n```",
            "<pre class=\"code\"><code><span class=\"k\">None</span>\n</code></pre>",
        ),
        (
            "    <b>",
            "<pre class=\"code\"><code>&lt;b&gt;</code></pre>",
        ),
        ("a <span onclick=x>b</span>", "<p>a <span>b</span></p>"),
        ("$x$", "<p><math><mi>x</mi></math></p>"),
        ("cost $5 and $6", "<p>cost $5 and $6</p>"),
        (
            "<details><summary>s</summary>\n\n*t*\n\n</details>",
            "<details><summary>s</summary>\n<p><em>t</em></p>\n</details>",
        ),
    ] {
        assert_eq!(html(source), expected, "{source}");
    }
}

#[test]
fn tables_keep_their_alignment() {
    let table = html("| a | b |\n|---|--:|\n| 1 | 2 |");
    assert!(
        table.contains("<th style=\"text-align:right\">b</th>"),
        "{table}"
    );
    assert!(
        table.contains("<td style=\"text-align:right\">2</td>"),
        "{table}"
    );
}

#[test]
fn environments_are_formulas_without_dollars() {
    for source in [
        "\\begin{align}\na &= b \\\\\nc_1 &= d_2\n\\end{align}",
        "$$\n\\begin{align}\na &= b\n\\end{align}\n$$",
        "text\n\\begin{equation*} x \\end{equation*}\nmore",
    ] {
        let html = html(source);
        assert_eq!(html.matches("<math").count(), 1, "{html}");
        assert!(!html.contains('$'), "{html}");
    }
    for source in ["```\n\\begin{align}\n\\end{align}\n```", "\\begin{align}"] {
        assert!(!html(source).contains("<math"), "{source}");
    }
}

#[test]
fn headings_are_known() {
    let text =
        Markdown::new(&Options::default()).text("# One *x*\n## Two\ntext\n### $a$ b", |_| None);
    let heading = |level, text: &str, id: &str| Heading {
        level,
        text: text.to_owned(),
        id: id.to_owned(),
    };
    assert_eq!(
        text.headings,
        [
            heading(1, "One x", "user-one-x"),
            heading(2, "Two", "user-two"),
            heading(3, "a b", "user-a-b"),
        ]
    );
}
