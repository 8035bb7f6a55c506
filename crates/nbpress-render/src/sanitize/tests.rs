use super::Sanitizer;
use crate::page::Options;

fn clean(source: &str) -> String {
    let options = Options {
        files_url: Some("/files/a/".to_owned()),
        ..Options::default()
    };
    Sanitizer::new(&options).html(source).as_str().to_owned()
}

#[test]
fn what_is_left_of_html() {
    for (source, expected) in [
        ("<b>x</b><script>alert(1)</script>", "<b>x</b>"),
        ("<img src=x onerror=alert(1)>", "<img src=\"/files/a/x\">"),
        ("<img src=../x.png>", "<img src=\"/files/a/../x.png\">"),
        (
            "<img src=https://spy.example/x.png alt=x>",
            "<img alt=\"x\">",
        ),
        ("<img src=//spy.example/x.png>", "<img>"),
        ("<img src='\\\\spy.example/x.png'>", "<img>"),
        (
            "<img src='data:image/png;base64,AAA='>",
            "<img src=\"data:image/png;base64,AAA=\">",
        ),
        ("<img src='data:text/html;base64,AAA='>", "<img>"),
        (
            "<a href=javascript:alert(1)>x</a>",
            "<a rel=\"noopener noreferrer\">x</a>",
        ),
        (
            "<a href=data:text/html,x>x</a>",
            "<a rel=\"noopener noreferrer\">x</a>",
        ),
        (
            "<a href='#My Part' target=_top>x</a><p id=content>",
            "<a href=\"#user-my-part\" rel=\"noopener noreferrer\">x</a><p id=\"user-content\"></p>",
        ),
        (
            "<table class='dataframe bar' border=1><tr><td style='position:fixed;color:red'>1</td></tr></table>",
            "<table class=\"dataframe\"><tr><td style=\"color:red\">1</td></tr></table>",
        ),
        ("<svg><a href=x>y</a></svg>", ""),
        ("<form><input name=x></form><style>*{}</style>", ""),
        (
            "<math display=block><mi href=javascript:x>x</mi></math>",
            "<math display=\"block\"><mi>x</mi></math>",
        ),
    ] {
        assert_eq!(clean(source), expected, "{source}");
    }
}

#[test]
fn whether_anything_is_seen() {
    for (source, expected) in [
        ("<div id=plot></div><script>draw()</script>", false),
        ("<div>  <p></p></div>", false),
        ("<div><img></div>", true),
        ("<p>x</p>", true),
        ("x", true),
        ("", false),
    ] {
        let clean = Sanitizer::new(&Options::default()).html(source);
        assert_eq!(clean.shows(), expected, "{source}");
    }
}

#[test]
fn what_goes_out_is_balanced() {
    for (source, expected) in [
        ("<b><i>x</b>y</i>", "<b><i>x</i></b>y"),
        ("</div></main></body>x", "x"),
        ("<p>a<p>b", "<p>a</p><p>b</p>"),
        ("<ul><li>a<li>b</ul>c", "<ul><li>a</li><li>b</li></ul>c"),
        (
            "<table><tr><td>a<td>b<tr><td>c</table>",
            "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>",
        ),
        (
            "<div><table><tr><td></div>x</td></tr></table></div>",
            "<div><table><tr><td>x</td></tr></table></div>",
        ),
        ("<br/><hr></br>", "<br><hr>"),
        (
            "<math><mspace width=1em /></math>",
            "<math><mspace width=\"1em\"></mspace></math>",
        ),
        (
            "a < b & c &lt; &nbsp; &#x3c; &x",
            "a &lt; b &amp; c &lt; &nbsp; &#x3c; &amp;x",
        ),
        ("<!-- a --!>b<!-->c<? x>d</ y>e<![CDATA[f]]>g", "bcdeg"),
        (
            "<a href='?a=1&amp;b=2'>x</a>",
            "<a href=\"?a=1&amp;b=2\" rel=\"noopener noreferrer\">x</a>",
        ),
        (
            "<a href='&#x6a;avascript&#58;x'>x</a>",
            "<a rel=\"noopener noreferrer\">x</a>",
        ),
        (
            "<a href='java\tscript:x'>x</a>",
            "<a rel=\"noopener noreferrer\">x</a>",
        ),
        (
            "<p style='color:rgb(1, 2, 3);background-color:url(x);color:\\72 ed'>x</p>",
            "<p style=\"color:rgb(1, 2, 3)\">x</p>",
        ),
        (
            "<p title=\"a&quot;b'<\">x</p>",
            "<p title=\"a&quot;b'&lt;\">x</p>",
        ),
        ("<b title=x", ""),
        ("<script>a</script >b<style>c", "b"),
    ] {
        assert_eq!(clean(source), expected, "{source}");
    }
}

/// A tree of such a text takes its square: 100 kB of `<ul><li>` took a sanitizer 16 seconds.
#[test]
fn a_deep_text_takes_no_longer_than_a_flat_one() {
    for piece in [
        "<ul><li>",
        "<div>",
        "<a><div>",
        "<details>",
        "<math><mrow>",
        "</b>",
        "<b x='",
        "&",
        "<!--",
        "<p><b>",
    ] {
        let source = piece.repeat(1_000_000 / piece.len());
        let begun = std::time::Instant::now();
        let html = clean(&source);
        assert!(begun.elapsed().as_secs() < 20, "{piece}");
        let opened = html.matches('<').count() - html.matches("</").count();
        assert_eq!(opened, html.matches("</").count(), "{piece}");
    }
    let deep = format!("{}x{}y", "<div>".repeat(500), "</div>".repeat(500));
    let html = clean(&deep);
    assert_eq!(html.matches("<div>").count(), super::DEEPEST);
    assert!(html.ends_with("</div>y"), "{html}");
}
