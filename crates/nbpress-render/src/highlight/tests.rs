use super::{Language, write, write_cell};
use crate::html::{Html, whole};

/// The highlighted source, with `‹k:…›` for a span.
fn marked(language: &str, source: &str) -> String {
    let language = Language::named(language);
    assert!(language.is_some());
    let html = whole(|out| write_cell(&mut Html::new(out), source, language));
    html.replace("<span class=\"", "‹")
        .replace("\">", ":")
        .replace("</span>", "›")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
}

#[test]
fn what_is_coloured() {
    for (language, source, expected) in [
        ("python", "x = 1  # one", "x = ‹n:1›  ‹c:# one›"),
        (
            "python",
            "def f(a):\n  return a",
            "‹k:def› ‹f:f›(a):\n  ‹k:return› a",
        ),
        (
            "python",
            "rb'a\\'b' + f\"{x}\"",
            "‹s:rb'a\\'b'› + ‹s:f\"{x}\"›",
        ),
        ("python", "\"\"\"a\n'b'\"\"\" c", "‹s:\"\"\"a\n'b'\"\"\"› c"),
        ("python", "'open\nfor", "‹s:'open›\n‹k:for›"),
        ("python", "for_ = fork", "for_ = fork"),
        (
            "python",
            "!pip install x\na % b",
            "‹f:!pip install x›\na % b",
        ),
        ("python", "%%bash\nexit 1", "‹f:%%bash›\n‹k:exit› ‹n:1›"),
        ("python", "%%time\nNone", "‹f:%%time›\n‹k:None›"),
        (
            "python",
            "1e-3, 0xff-1, 1..2",
            "‹n:1e-3›, ‹n:0xff›-‹n:1›, ‹n:1›..‹n:2›",
        ),
        (
            "sql",
            "SELECT 'it''s' -- x",
            "‹k:SELECT› ‹s:'it'›‹s:'s'› ‹c:-- x›",
        ),
        ("bash", "echo a#b ${#c} # d", "echo a#b ${#c} ‹c:# d›"),
        (
            "rust",
            "fn f<'a>(c: 'x') /* y */",
            "‹k:fn› f<'a>(c: ‹s:'x'›) ‹c:/* y */›",
        ),
        ("javascript", "`a\n${b}` // c", "‹s:`a\n${b}`› ‹c:// c›"),
        ("octave", "a' * b; % c", "a' * b; ‹c:% c›"),
        ("json", "{\"a\": null}", "{‹s:\"a\"›: ‹k:null›}"),
    ] {
        let expected = expected.replace('<', "&lt;").replace('>', "&gt;");
        assert_eq!(marked(language, source), expected, "{source}");
    }
}

#[test]
fn no_text_is_lost_in_any_language() {
    let source = "é = 'ü\n\"\"\"#/*--<!-- `x` %%\\";
    for name in [
        "python", "r", "julia", "sql", "bash", "js", "rust", "java", "cpp", "octave", "ruby",
        "yaml", "json", "html", "css", "lua",
    ] {
        let language = Language::named(name);
        assert!(language.is_some(), "{name}");
        let mut html = whole(|out| write(&mut Html::new(out), source, language));
        for class in ["k", "s", "n", "c", "f"] {
            html = html.replace(&format!("<span class=\"{class}\">"), "");
        }
        let plain = whole(|out| Html::new(out).text(source));
        assert_eq!(html.replace("</span>", ""), plain, "{name}");
    }
}
