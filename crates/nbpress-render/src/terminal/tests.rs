use super::{plain, write};
use crate::html::{Html, whole};

fn shown(text: &str) -> String {
    let html = whole(|out| write(&mut Html::new(out), text, 1000));
    html.strip_prefix("<pre class=\"term\">")
        .and_then(|rest| rest.strip_suffix("</pre>"))
        .unwrap()
        .to_owned()
}

#[test]
fn what_a_terminal_shows() {
    for (text, expected) in [
        ("plain <b> & 'x'\n", "plain &lt;b&gt; &amp; &#39;x&#39;\n"),
        (
            "\x1b[31mred\x1b[0m off",
            "<span class=\"f1\">red</span> off",
        ),
        (
            "\x1b[1;4;92;41mx\x1b[m",
            "<span class=\"f10 g1 tb tu\">x</span>",
        ),
        // A colour lasts over the end of the line.
        (
            "\x1b[34ma\nb\x1b[39mc",
            "<span class=\"f4\">a</span>\n<span class=\"f4\">b</span>c",
        ),
        ("\x1b[38;5;9mx", "<span class=\"f9\">x</span>"),
        (
            "\x1b[38;5;208mx",
            "<span class=\"fx\" style=\"--f:#ff8700;\">x</span>",
        ),
        (
            "\x1b[48;5;255mx",
            "<span style=\"background-color:#eeeeee;\">x</span>",
        ),
        (
            "\x1b[38;2;1;2;3mx",
            "<span class=\"fx\" style=\"--f:#010203;\">x</span>",
        ),
        (
            "\x1b[38:2:1:2:3mx",
            "<span class=\"fx\" style=\"--f:#010203;\">x</span>",
        ),
        (
            "\x1b[7;38;2;1;2;3mx",
            "<span class=\"tv\" style=\"background-color:#010203;\">x</span>",
        ),
        // Colours that are none.
        ("\x1b[38;2;999;0;0mx\x1b[38mx\x1b[mx", "xxx"),
        ("10%\r50%\r100%\n", "100%\n"),
        ("abcdef\rxy", "xycdef"),
        ("abcdef\rxy\x1b[K", "xy"),
        ("abc\x1b[2Kd", "   d"),
        ("abc\x08\x08X", "aXc"),
        ("\x08\x08a", "a"),
        ("windows\r\nlines\r\n", "windows\nlines\n"),
        ("\x1b]8;;https://a.example\x1b\\link\x1b]8;;\x07.", "link."),
        ("\x1b(Bx\x1b=y\x1b[?25lz\x07\0", "xyz"),
        ("cut \x1b[3", "cut "),
        ("cut \x1b", "cut "),
        ("\x1b[31m<i>\x1b[0m", "<span class=\"f1\">&lt;i&gt;</span>"),
    ] {
        assert_eq!(shown(text), expected, "{text:?}");
    }
}

#[test]
fn a_long_text_is_folded_after_its_beginning() {
    let text: String = (1..=100)
        .flat_map(|line| [line.to_string(), "\n".to_owned()])
        .collect();
    let html = whole(|out| write(&mut Html::new(out), &text, 40));
    let (open, folded) = html.split_once("<details").unwrap();
    assert!(open.ends_with("39\n40\n</pre>"), "{open}");
    assert!(folded.starts_with(" class=\"more\"><summary>60 more lines</summary>"));
    assert!(folded.ends_with("100\n</pre></details>"));
    let short = whole(|out| write(&mut Html::new(out), &text, 70));
    assert!(!short.contains("<details"));
}

#[test]
fn the_plain_text_of_a_traceback() {
    let line = "\x1b[0;31mKeyError\x1b[0m: 'x'\nnext\r\n";
    assert_eq!(plain(line), "KeyError: 'x'\nnext\n");
}
