use super::{DEEPEST, Math};

#[test]
fn formulas_become_mathml() {
    let math = Math::default();
    for (latex, expected) in [
        (r"\frac{1}{2}", "<mfrac>"),
        (r"x_i^2", "<msubsup>"),
        (r"\begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix}", "<mtable"),
        (r"\begin{align} a &= b \\ c &= d \end{align}", "<mtable"),
        (r"\sum_{i=0}^n \sqrt{\alpha}", "<msqrt>"),
        (r"\mathbb{R} \text{ with } \left( x \right)", "<mtext>"),
    ] {
        let html = math.html(latex, true);
        assert!(html.starts_with("<math display=\"block\""), "{html}");
        assert!(html.contains(expected), "{latex}: {html}");
    }
    assert!(math.html("x", false).starts_with("<math><mi>x</mi>"));
}

#[test]
fn what_cannot_be_set_is_shown_as_it_is() {
    let math = Math::default();
    assert_eq!(
        math.html(r"\nosuch<b>", false),
        r"<code>\nosuch&lt;b&gt;</code>"
    );
    assert_eq!(
        math.html(r"\frac{", true),
        r"<pre><code>\frac{</code></pre>"
    );
}

#[test]
fn no_formula_exhausts_the_stack() {
    let math = Math::default();
    for part in [
        "{",
        "\\sqrt",
        "\\sqrt{",
        "\\left(",
        "(",
        "\\begin{matrix}",
        "x^{",
        "x^\\sqrt",
        "\\frac",
        "\\text{",
        "\\hat ",
        "{x_",
        "\\mathbf{",
    ] {
        for times in [DEEPEST - 8, 10_000] {
            let html = math.html(&part.repeat(times), true);
            assert!(!html.is_empty(), "{part}");
        }
    }
}

const PIECES: &[&str] = &[
    "\\frac",
    "\\sqrt[",
    "]",
    "{",
    "}",
    "^",
    "_",
    "&",
    "\\\\",
    "\\left",
    "\\right",
    "(",
    ")",
    "|",
    "\\begin{align}",
    "\\end{align}",
    "\\begin{array}{c|c}",
    "\\end{array}",
    "\\begin{cases}",
    "\\end{cases}",
    "\\text{",
    "\\mathbb",
    "\\hat",
    "\\sum\\limits",
    "\\int",
    "\\color{red}",
    "\\tag{1}",
    "\\label{a}",
    "\\ref{a}",
    "\\operatorname{",
    "\\not",
    "\\big",
    "\\mathrm{",
    "'",
    "''",
    "#1",
    "~",
    "%",
    "x",
    "1.5",
    "é",
    "\\u",
    "\\",
    " ",
    "\\,",
    "\\hline",
    "\\middle",
    "\\substack{",
    "\\overset",
    "\\stackrel",
    "\\binom",
    "\\genfrac",
    "\\phantom",
    "\\mod",
    "\\hspace{1em}",
];

proptest::proptest! {
    #[test]
    fn no_formula_panics(
        parts in proptest::collection::vec(proptest::sample::select(PIECES), 1..20),
        block: bool,
    ) {
        let html = Math::default().html(&parts.concat(), block);
        assert!(html.starts_with('<'));
    }
}
