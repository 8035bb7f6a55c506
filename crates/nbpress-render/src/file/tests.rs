use super::{File, file};
use crate::page::{Options, Page};

fn page(options: Options) -> Page {
    let title = "f".to_owned();
    Page {
        title,
        options,
        ..Page::default()
    }
}

fn shown(name: &str, bytes: &[u8], options: Options) -> String {
    let size = bytes.len() as u64;
    let html = file(
        &File {
            name,
            mimetype: None,
            bytes,
            size,
        },
        &page(options),
    );
    let main = html.split_once("</header>\n").unwrap().1;
    main.strip_suffix("</main>\n</body>\n</html>\n")
        .unwrap()
        .to_owned()
}

fn served() -> Options {
    Options {
        raw_url: Some("/files/f".to_owned()),
        frame_url: Some("/frame/f".to_owned()),
        most_rows: 2,
        most_output: 100,
        ..Options::default()
    }
}

#[test]
fn each_kind_of_file_has_its_view() {
    for (name, bytes, expected) in [
        (
            "a.md",
            "# A".as_bytes(),
            "<article class=\"md\"><h2 id=\"user-a\">A</h2>",
        ),
        ("a.json", b"[1]", "<div class=\"json\""),
        ("a.json", b"[1,", "<pre class=\"lines\""),
        (
            "a.png",
            b"\x89PNG",
            "<img class=\"plot\" src=\"/files/f\" alt=\"a.png\">",
        ),
        (
            "a.svg",
            b"<svg onload=x>",
            "<img class=\"plot\" src=\"/files/f\" alt=\"a.svg\">",
        ),
        (
            "a.html",
            b"<b>",
            "<iframe class=\"frame\" sandbox title=\"a.html\" src=\"/frame/f\">",
        ),
        (
            "a.py",
            b"None\n",
            "<i id=\"L1\"><a href=\"#L1\">1</a><span class=\"k\">None</span></i></code>",
        ),
        ("Dockerfile", b"FROM x", "<span class=\"k\">FROM</span>"),
        ("a.csv", b"a,b", "<th scope=\"col\">a</th>"),
        (
            "a.parquet",
            b"PAR1",
            "<p>A Parquet file, 4 bytes</p><p><a href=\"/files/f\" download>Download</a></p>",
        ),
        ("a", b"\0\x01", "<p>A file that is no text, 2 bytes</p>"),
        ("a.csv", b"", "This table is empty."),
    ] {
        let html = shown(name, bytes, served());
        assert!(html.contains(expected), "{name}: {html}");
    }
}

#[test]
fn an_image_without_a_place_is_in_the_page() {
    let html = shown("a.png", b"abc", Options::default());
    assert!(
        html.contains("src=\"data:image/png;base64,YWJj\""),
        "{html}"
    );
}

#[test]
fn html_in_the_page_is_escaped_and_sandboxed() {
    let html = shown("a.html", b"<script>\"'</script>", Options::default());
    assert!(
        html.contains(
            " sandbox title=\"a.html\" srcdoc=\"&lt;script&gt;&quot;&#39;&lt;/script&gt;\""
        ),
        "{html}"
    );
    assert!(!html.contains("<script"));
}

#[test]
fn the_type_that_was_said_counts_more_than_the_name() {
    let bytes = b"# A".as_slice();
    let mimetype = Some("text/markdown; charset=utf-8");
    let said = File {
        name: "a.txt",
        mimetype,
        bytes,
        size: 3,
    };
    assert!(file(&said, &page(Options::default())).contains("<h2"));
}

#[test]
fn rows_of_a_table() {
    let csv = b"\xef\xbb\xbfname;n;x\r\n\"a;\"\"b\"\"\nc\";1.5;\r\n<b>;-2e3;z;more\r\n;3;\n";
    let html = shown("a.csv", csv, served());
    for part in [
        "<thead><tr><td></td><th scope=\"col\">name</th><th scope=\"col\" class=\"num\">n</th><th scope=\"col\">x</th>",
        "<th scope=\"row\">1</th><td>a;&quot;b&quot;\nc</td><td class=\"num\">1.5</td><td></td>",
        "<th scope=\"row\">2</th><td>&lt;b&gt;</td><td class=\"num\">-2e3</td><td>z</td><td>more</td>",
        "3 rows, 4 columns. The first 2 rows are shown; all of them are in <a href=\"/files/f\" download>the file</a>.",
    ] {
        assert!(html.contains(part), "no {part} in {html}");
    }
}

#[test]
fn a_long_text_is_cut_at_a_line_and_says_what_is_left() {
    let text = "0123456789\n".repeat(20);
    let html = shown("a.txt", text.as_bytes(), served());
    assert!(
        html.contains("id=\"L9\"") && !html.contains("id=\"L10\""),
        "{html}"
    );
    assert!(html.contains("121 bytes more are in <a href=\"/files/f\" download>the file</a>."));
}

#[test]
fn strings_over_lines_keep_their_colour_on_each() {
    let html = shown("a.py", b"'''a\nb'''", Options::default());
    assert!(html.contains("<span class=\"s\">&#39;&#39;&#39;a</span></i>\n<i id=\"L2\"><a href=\"#L2\">2</a><span class=\"s\">b"), "{html}");
}
