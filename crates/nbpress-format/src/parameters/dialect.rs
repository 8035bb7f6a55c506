//! How each language writes comments, strings and assignments: as much as reading a parameters cell
//! needs.

/// The lexical rules of a language.
#[derive(Debug)]
pub(super) struct Dialect {
    pub(super) family: Family,
    /// What starts a comment that ends with the line.
    pub(super) comments: &'static [&'static str],
    pub(super) block_comments: &'static [(&'static str, &'static str)],
    /// Longer delimiters first.
    pub(super) quotes: &'static [Quote],
    /// Whether a comment needs a space in front of it, as `#` in a shell.
    pub(super) spaced_comments: bool,
    /// Between a name and its type.
    pub(super) annotation: &'static str,
    /// What assigns.
    pub(super) assignments: &'static [&'static str],
    /// Words before the name: `val`, `let mut`, `export`.
    pub(super) modifiers: &'static [&'static str],
    /// Whether the type stands before the name: `int days = 7`.
    pub(super) type_first: bool,
}

/// What sets languages apart beyond the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Python,
    R,
    Julia,
    Shell,
    JavaScript,
    Sql,
    Matlab,
    PowerShell,
    /// Scala, Rust, C#, F# and what looks like them.
    Other,
}

/// A string's delimiter.
#[derive(Debug)]
pub(super) struct Quote {
    pub(super) delimiter: &'static str,
    pub(super) escape: Escape,
    /// Whether it goes on over the end of the line.
    pub(super) multi_line: bool,
    /// Whether it means something else behind a word, as `'` (transpose) does in MATLAB and Julia.
    pub(super) not_after_word: bool,
}

/// How a delimiter is written inside its string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    Backslash,
    Backtick,
    Doubled,
    Nothing,
}

const fn quote(delimiter: &'static str, escape: Escape, multi_line: bool) -> Quote {
    Quote {
        delimiter,
        escape,
        multi_line,
        not_after_word: false,
    }
}

const fn not_after_word(delimiter: &'static str, escape: Escape) -> Quote {
    Quote {
        delimiter,
        escape,
        multi_line: false,
        not_after_word: true,
    }
}

const PLAIN: Dialect = Dialect {
    family: Family::Other,
    comments: &["//"],
    block_comments: &[("/*", "*/")],
    quotes: &[
        quote("\"\"\"", Escape::Nothing, true),
        quote("\"", Escape::Backslash, false),
    ],
    spaced_comments: false,
    annotation: ":",
    assignments: &["="],
    modifiers: &[],
    type_first: false,
};

static PYTHON: Dialect = Dialect {
    family: Family::Python,
    comments: &["#"],
    block_comments: &[],
    quotes: &[
        quote("\"\"\"", Escape::Backslash, true),
        quote("'''", Escape::Backslash, true),
        quote("\"", Escape::Backslash, false),
        quote("'", Escape::Backslash, false),
    ],
    ..PLAIN
};

static R: Dialect = Dialect {
    family: Family::R,
    comments: &["#"],
    block_comments: &[],
    quotes: &[
        quote("\"", Escape::Backslash, true),
        quote("'", Escape::Backslash, true),
        quote("`", Escape::Nothing, false),
    ],
    annotation: "",
    assignments: &["<<-", "<-", "="],
    ..PLAIN
};

static JULIA: Dialect = Dialect {
    family: Family::Julia,
    comments: &["#"],
    block_comments: &[("#=", "=#")],
    quotes: &[
        quote("\"\"\"", Escape::Backslash, true),
        quote("\"", Escape::Backslash, true),
        not_after_word("'", Escape::Backslash),
    ],
    annotation: "::",
    modifiers: &["const", "global"],
    ..PLAIN
};

static SHELL: Dialect = Dialect {
    family: Family::Shell,
    comments: &["#"],
    block_comments: &[],
    quotes: &[
        quote("\"", Escape::Backslash, true),
        quote("'", Escape::Nothing, true),
    ],
    spaced_comments: true,
    annotation: "",
    modifiers: &["export", "readonly", "local", "declare", "typeset"],
    ..PLAIN
};

static JAVASCRIPT: Dialect = Dialect {
    family: Family::JavaScript,
    quotes: &[
        quote("\"", Escape::Backslash, false),
        quote("'", Escape::Backslash, false),
        quote("`", Escape::Backslash, true),
    ],
    modifiers: &["export", "declare", "const", "let", "var"],
    ..PLAIN
};

static SQL: Dialect = Dialect {
    family: Family::Sql,
    comments: &["--"],
    quotes: &[
        quote("'", Escape::Doubled, true),
        quote("\"", Escape::Doubled, true),
    ],
    annotation: "",
    assignments: &[":=", "="],
    modifiers: &[
        "set", "declare", "or", "replace", "variable", "session", "local", "@param",
    ],
    ..PLAIN
};

static MATLAB: Dialect = Dialect {
    family: Family::Matlab,
    comments: &["%", "#"],
    block_comments: &[("%{", "%}"), ("#{", "#}")],
    quotes: &[
        quote("\"", Escape::Doubled, false),
        not_after_word("'", Escape::Doubled),
    ],
    annotation: "",
    modifiers: &["global", "persistent"],
    ..PLAIN
};

static POWERSHELL: Dialect = Dialect {
    family: Family::PowerShell,
    comments: &["#"],
    block_comments: &[("<#", "#>")],
    quotes: &[
        quote("\"", Escape::Backtick, true),
        quote("'", Escape::Doubled, true),
    ],
    annotation: "",
    ..PLAIN
};

static SCALA: Dialect = Dialect {
    modifiers: &["final", "private", "implicit", "lazy", "val", "var"],
    ..PLAIN
};

static RUST: Dialect = Dialect {
    modifiers: &["pub", "let", "mut", "const", "static"],
    ..PLAIN
};

static CSHARP: Dialect = Dialect {
    annotation: "",
    modifiers: &[
        "public", "private", "static", "readonly", "const", "final", "var",
    ],
    type_first: true,
    ..PLAIN
};

static FSHARP: Dialect = Dialect {
    block_comments: &[("(*", "*)")],
    modifiers: &["let", "mutable"],
    ..PLAIN
};

/// For languages nobody described: `name = value`, `#` and `//` comments.
static UNKNOWN: Dialect = Dialect {
    comments: &["//", "#"],
    quotes: &[
        quote("\"", Escape::Backslash, false),
        quote("'", Escape::Backslash, false),
    ],
    assignments: &[":=", "="],
    modifiers: &["let", "var", "val", "const", "auto", "my", "local", "def"],
    ..PLAIN
};

/// The dialect of a language, and whether it is known.
pub(super) fn of(language: &str) -> (&'static Dialect, bool) {
    let dialect = match language.to_ascii_lowercase().as_str() {
        "python" | "ipython" | "python3" | "pysparkkernel" | "sage" => &PYTHON,
        "r" | "ir" | "sparkrkernel" => &R,
        "julia" => &JULIA,
        "bash" | "sh" | "zsh" | "shell" => &SHELL,
        "javascript" | "typescript" | "deno" | "js" | "ts" => &JAVASCRIPT,
        "sql" => &SQL,
        "matlab" | "octave" => &MATLAB,
        "powershell" | "pwsh" | ".net-powershell" => &POWERSHELL,
        "scala" | "sparkkernel" | "kotlin" => &SCALA,
        "rust" => &RUST,
        "c#" | "csharp" | ".net-csharp" | "java" => &CSHARP,
        "f#" | "fsharp" | ".net-fsharp" => &FSHARP,
        _ => return (&UNKNOWN, false),
    };
    (dialect, true)
}

/// Python's own rules.
pub(super) fn python() -> &'static Dialect {
    &PYTHON
}
