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
            "<table class=\"dataframe\"><tbody><tr><td style=\"color:red\">1</td></tr></tbody></table>",
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
