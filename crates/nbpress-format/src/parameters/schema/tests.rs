//! Cells of every language, and what is read from them.

use super::read;

/// `name: type = default | help | bounds | choices`, a line per parameter.
fn describe(source: &str, language: &str) -> Vec<String> {
    let schema = read(source, language);
    let line = |parameter: &super::Parameter| {
        let default = match (&parameter.default, &parameter.default_source) {
            (Some(value), _) => format!(" = {}", value.to_python_repr()),
            (None, Some(source)) => format!(" = <{source}>"),
            (None, None) => String::new(),
        };
        let extra: Vec<_> = [
            parameter.help.clone(),
            parameter
                .bounds
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            parameter
                .choices
                .iter()
                .map(super::ParameterValue::to_python_str)
                .collect::<Vec<_>>()
                .join("/"),
        ]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
        let sign = if parameter.declared { ":" } else { "~" };
        let extra = extra
            .iter()
            .flat_map(|part| [" | ", part])
            .collect::<String>();
        format!(
            "{}{sign} {}{default}{extra}",
            parameter.name, parameter.kind
        )
    };
    let mut lines: Vec<_> = schema.iter().map(line).collect();
    if schema.is_open() {
        lines.push("...".to_owned());
    }
    lines
}

#[track_caller]
fn check(language: &str, source: &str, expected: &[&str]) {
    assert_eq!(describe(source, language), expected, "{language}: {source}");
}

#[test]
fn python_annotations_defaults_and_comments() {
    let source = r#"
# Parameters
import os
from datetime import date

region: str = "eu"  # one of: eu, us
days: int = 7  # how far back, 1..365
discount: float | None = None  # >= 0
start: date = date(2026, 1, 1)
mode: Literal["fast", "slow"] = 'fast'
names: list[str] = [
    "a",  # first
    "b",
]  # the names
weights: dict[str, float] = {"a": 1, 'b': -.5}
required: int  # must be given

# how many at once
workers = 4

a = b = 1
path = os.environ.get("X", "y=1")
seconds = 24 * 3_600
text = 'it''s' "x" r'\n' # type: str the text
bytes_ = b"x"
name = f"run-{days}"
plain = f"run"
big = 0xFFFFFFFFFFFFFFFFFFFF
t = (1, 2.5)
one = (1)
s = {1, 2}
"#;
    check(
        "python",
        source,
        &[
            "region: str = 'eu' | eu/us",
            "days: int = 7 | how far back, 1..365 | 1..365",
            "discount: float | None = None | >= 0",
            "start: date = <date(2026, 1, 1)>",
            "mode: Literal['fast', 'slow'] = 'fast'",
            "names: list[str] = ['a', 'b'] | the names",
            "weights: dict[str, float] = {'a': 1, 'b': -0.5}",
            "required: int | must be given",
            "workers~ int = 4 | how many at once",
            "a~ int = 1",
            "b~ int = 1",
            "path~ any = <os.environ.get(\"X\", \"y=1\")>",
            "seconds~ int = 86400",
            "text: str = 'itsx\\\\n' | the text",
            "bytes_~ any = <b\"x\">",
            "name~ str = <f\"run-{days}\">",
            "plain~ str = 'run'",
            "big~ int = 1208925819614629174706175",
            "t~ list[float] = [1, 2.5]",
            "one~ int = 1",
            "s~ list[int] = [1, 2]",
        ],
    );
}

#[test]
fn python_code_that_declares_nothing_is_passed_over() {
    let source = r"
%matplotlib inline
!pip install x=1
print(x, end='')
a.b = 1
c[0] = 2
d += 1
e == f
def g(h=1):
    i = 2
    return i
class J:
    k = 1
@decorated
def l(): m = 1
for n in range(3): pass
if True:
    o = 1
else:
    o = 2
try: pass
except: pass
p, q = 1, 2
lambda: 0
x <= 3
assert y != 1
(r) = 1
'''a = 1'''
";
    check("python", source, &["o~ any = <2>"]);
    check(
        "python",
        "from defaults import *\nx = 1",
        &["x~ int = 1", "..."],
    );
    check("python", "x: int\nx = 5  # five", &["x: int = 5 | five"]);
    check("python", "", &[]);
}

#[test]
fn other_languages() {
    check(
        "R",
        "x <- 1L  # how many\ny = c(1, 2.5)\nz <- list(a = 1, b = \"t\")\nmy.name <- 'it\\'s'\nf <- TRUE\nn <- NULL\nw <- Sys.Date()\nif (x <= 3) print(x)",
        &[
            "x~ int = 1 | how many",
            "y~ list[float] = [1, 2.5]",
            "z~ dict[str, any] = {'a': 1, 'b': 't'}",
            "my.name~ str = \"it's\"",
            "f~ bool = True",
            "n~ any = None",
            "w~ date = <Sys.Date()>",
        ],
    );
    check(
        "julia",
        "const n::Int = 5 # 1..10\nx = 1.5\ns = \"a$(n)\"\nd = Dict(\"a\" => 1)\nv = [1, 2]'\nflag = true; c = nothing",
        &[
            "n: int = 5 | 1..10",
            "x~ float = 1.5",
            "s~ any = <\"a$(n)\">",
            "d~ dict[str, int] = {'a': 1}",
            "v~ any = <[1, 2]'>",
            "flag~ bool = True",
            "c~ any = None",
        ],
    );
    check(
        "bash",
        "region=eu # where\nexport DAYS=7\nname='a b'\nlist=(one \"t w o\" 3)\nnow=$(date)\nx = 1\nzip=007\n[[ $a == b ]]\nurl=a#b",
        &[
            "region~ str = 'eu' | where",
            "DAYS~ int = 7",
            "name~ str = 'a b'",
            "list~ list = ['one', 't w o', 3]",
            "now~ any = <$(date)>",
            "zip~ str = '007'",
            "url~ str = 'a#b'",
        ],
    );
    check(
        "typescript",
        "const days: number = 7; // 1..365\nlet a = 1, b = 'x';\nvar m: \"fast\" | \"slow\" = \"fast\";\nlet o = { k: [1, null], 'q': true };\nlet r: string;\nc = `t`;\nlet f = (x) => 1;\nconst t = `${a}`",
        &[
            "days: float = 7 | 1..365",
            "a~ int = 1",
            "b~ str = 'x'",
            "m: Literal['fast', 'slow'] = 'fast'",
            "o~ dict[str, any] = {'k': [1, None], 'q': True}",
            "r: str",
            "c~ str = 't'",
            "f~ any = <(x) => 1>",
            "t~ any = <`${a}`>",
        ],
    );
    check(
        "scala",
        "val x: Int = 1 // one\nvar y = Seq(1, 2)\nval m = Map(\"a\" -> 1.5)\nlazy val z: Option[String] = None\nval l = 5000000000L",
        &[
            "x: int = 1 | one",
            "y~ list[int] = [1, 2]",
            "m~ dict[str, float] = {'a': 1.5}",
            "z: str | None = None",
            "l~ int = 5000000000",
        ],
    );
}

#[test]
fn more_languages() {
    check(
        "sql",
        "-- @param region text = 'eu'  one of: eu, us\n-- @param days int\nSET VARIABLE limit = 10; -- >= 1\nDECLARE OR REPLACE VARIABLE name VARCHAR DEFAULT = 'it''s';\nSELECT * FROM t WHERE a = 1",
        &[
            "limit~ int = 10 | >= 1",
            "name: str = \"it's\"",
            "region: str = 'eu' | eu/us",
            "days: int",
        ],
    );
    check(
        "octave",
        "x = 1; % one\ny = {1, 'two'};\nz = 'it''s';\nw = [1 2]';\n# about v\nv = true",
        &[
            "x~ int = 1 | one",
            "y~ list = [1, 'two']",
            "z~ str = \"it's\"",
            "w~ any = <[1 2]'>",
            "v~ bool = True | about v",
        ],
    );
    check(
        "rust",
        "let days: i64 = 7; // 1..365\nlet mut v = vec![1, 2];\nconst NAME: &str = \"x\";\nlet o: Option<f64> = Some(0.5);",
        &[
            "days: int = 7 | 1..365",
            "v~ list[int] = [1, 2]",
            "NAME: str = 'x'",
            "o: float | None = 0.5",
        ],
    );
    check(
        "C#",
        "int days = 7; // a week\nvar name = \"x\";\nstring? s = null;\nconst double d = 1.5;",
        &[
            "days: int = 7 | a week",
            "name~ str = 'x'",
            "s: str | None = None",
            "d: float = 1.5",
        ],
    );
    check(
        "F#",
        "let x = 1 // one\nlet mutable y: float = 2.0",
        &["x~ int = 1 | one", "y: float = 2.0"],
    );
    check(
        "pwsh",
        "$x = 1 # one\n[string]$name = \"a`\"b\"\n$flag = $true\n$l = \"$x\"",
        &[
            "x~ int = 1 | one",
            "name: str = 'a\"b'",
            "flag~ bool = True",
            "l~ any = <\"$x\">",
        ],
    );
    check(
        "cobol",
        "x = 1 # one\nlet y := \"z\"",
        &["x~ int = 1 | one", "y~ str = 'z'", "..."],
    );
}

#[test]
fn no_text_makes_the_reader_panic() {
    let pieces = [
        "x", "=", ":", "[", "]", "'", "\"", "#", "\\", "\n", " ", "é", "(", "{", "}", "1", ".",
        "-", "..", "//", "type:", "f'", "::", "<-", "$",
    ];
    // Every sequence of three, in every language.
    for language in ["python", "R", "bash", "typescript", "sql", "octave"] {
        for first in pieces {
            for second in pieces {
                for third in pieces {
                    let _ = read(&format!("a = {first}{second}{third}"), language);
                    let _ = read(&[first, second, third].concat(), language);
                }
            }
        }
    }
    let _ = read(&format!("x = {}", "[".repeat(100_000)), "python");
    let _ = read(&format!("x = {}", "-".repeat(100_000)), "python");
}
