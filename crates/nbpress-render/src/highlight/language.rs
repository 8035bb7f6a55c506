//! The languages notebooks and the files beside them are in.

/// What a language's source is made of.
pub(crate) struct Language {
    /// What it is called: by kernels, in Markdown, as the ending of a file.
    names: &'static [&'static str],
    pub(super) keywords: &'static [&'static str],
    pub(super) line_comments: &'static [&'static str],
    pub(super) block_comments: &'static [(&'static str, &'static str)],
    /// Longer ones first.
    pub(super) quotes: &'static [&'static str],
    pub(super) string_prefixes: &'static [char],
    /// What a word may begin with, besides letters.
    pub(super) word_starts: &'static [char],
    pub(super) habits: &'static [Habit],
}

/// What only some languages do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Habit {
    /// Keywords are written in whatever case.
    AnyCase,
    /// Strings go on in the next line.
    StringsOverLines,
    /// A comment begins only where a word could.
    CommentApart,
    /// A single quote may be a lifetime, a symbol or a transposition.
    Lifetimes,
    /// Lines that begin with `%` or `!` are for the shell in front.
    Magics,
}

impl Language {
    pub(super) fn has(&self, habit: Habit) -> bool {
        self.habits.contains(&habit)
    }

    /// The language of a name: a kernel's, that of a code fence, or a file's ending.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        let name = name.trim().to_ascii_lowercase();
        LANGUAGES
            .iter()
            .find(|language| language.names.contains(&name.as_str()))
    }
}

const NONE: Language = Language {
    names: &[],
    keywords: &[],
    line_comments: &[],
    block_comments: &[],
    quotes: &["\"", "'"],
    string_prefixes: &[],
    word_starts: &[],
    habits: &[],
};

const C_LIKE: Language = Language {
    line_comments: &["//"],
    block_comments: &[("/*", "*/")],
    ..NONE
};

#[rustfmt::skip]
static LANGUAGES: &[Language] = &[
    Language {
        names: &["python", "ipython", "ipython3", "python3", "py", "pyi", "xpython", "pyspark"],
        keywords: &[
            "False", "None", "True", "and", "as", "assert", "async", "await", "break", "case", "class", "continue", "def",
            "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "match",
            "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
        ],
        line_comments: &["#"],
        quotes: &["\"\"\"", "'''", "\"", "'"],
        string_prefixes: &['f', 'F', 'r', 'R', 'b', 'B', 'u', 'U', 't'],
        habits: &[Habit::Magics],
        ..NONE
    },
    Language {
        names: &["r", "ir", "rscript"],
        keywords: &[
            "FALSE", "Inf", "NA", "NULL", "NaN", "TRUE", "break", "else", "for", "function", "if", "in", "library", "next",
            "repeat", "require", "return", "while",
        ],
        line_comments: &["#"],
        habits: &[Habit::StringsOverLines],
        ..NONE
    },
    Language {
        names: &["julia", "jl"],
        keywords: &[
            "abstract", "baremodule", "begin", "break", "catch", "const", "continue", "do", "else", "elseif", "end", "export",
            "false", "finally", "for", "function", "global", "if", "import", "in", "isa", "let", "local", "macro", "missing",
            "module", "mutable", "nothing", "primitive", "quote", "return", "struct", "true", "try", "type", "using", "where",
            "while",
        ],
        line_comments: &["#"],
        block_comments: &[("#=", "=#")],
        quotes: &["\"\"\"", "\"", "'", "`"],
        habits: &[Habit::Lifetimes],
        ..NONE
    },
    Language {
        names: &["sql", "ddl", "postgresql", "mysql", "sqlite"],
        keywords: &[
            "all", "alter", "and", "any", "as", "asc", "begin", "between", "by", "case", "cast", "commit", "create", "cross",
            "delete", "desc", "distinct", "drop", "else", "end", "except", "exists", "false", "from", "full", "group",
            "having", "if", "in", "index", "inner", "insert", "intersect", "interval", "into", "is", "join", "key", "left",
            "like", "limit", "not", "null", "offset", "on", "or", "order", "outer", "over", "partition", "primary", "qualify",
            "references", "replace", "returning", "right", "select", "set", "table", "then", "true", "union", "unique",
            "update", "using", "values", "view", "when", "where", "window", "with",
        ],
        line_comments: &["--"],
        block_comments: &[("/*", "*/")],
        habits: &[Habit::AnyCase, Habit::StringsOverLines],
        ..NONE
    },
    Language {
        names: &["bash", "sh", "shell", "zsh", "ksh", "script", "console"],
        keywords: &[
            "break", "case", "continue", "do", "done", "elif", "else", "esac", "exit", "export", "fi", "for", "function", "if",
            "in", "local", "readonly", "return", "select", "set", "shift", "source", "then", "trap", "unset", "until", "while",
        ],
        line_comments: &["#"],
        word_starts: &['$'],
        habits: &[Habit::StringsOverLines, Habit::CommentApart],
        ..NONE
    },
    Language {
        names: &["javascript", "js", "mjs", "cjs", "jsx", "typescript", "ts", "tsx", "deno", "node"],
        keywords: &[
            "abstract", "as", "async", "await", "break", "case", "catch", "class", "const", "continue", "debugger", "default",
            "delete", "do", "else", "enum", "export", "extends", "false", "finally", "for", "from", "function", "if",
            "implements", "import", "in", "instanceof", "interface", "let", "new", "null", "of", "private", "protected",
            "public", "readonly", "return", "static", "super", "switch", "this", "throw", "true", "try", "type", "typeof",
            "undefined", "var", "void", "while", "yield",
        ],
        quotes: &["\"", "'", "`"],
        ..C_LIKE
    },
    Language {
        names: &["rust", "rs"],
        keywords: &[
            "Self", "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern", "false",
            "fn", "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "self",
            "static", "struct", "super", "trait", "true", "type", "unsafe", "use", "where", "while",
        ],
        habits: &[Habit::StringsOverLines, Habit::Lifetimes],
        ..C_LIKE
    },
    Language {
        names: &["scala", "java", "kotlin", "kt", "groovy", "c#", "csharp", "cs", "swift", "dart"],
        keywords: &[
            "abstract", "boolean", "break", "byte", "case", "catch", "char", "class", "continue", "def", "default", "do",
            "double", "else", "enum", "extends", "false", "final", "finally", "float", "for", "foreach", "fun", "func",
            "given", "guard", "if", "implements", "implicit", "import", "in", "instanceof", "int", "interface", "is", "lazy",
            "let", "long", "match", "namespace", "new", "nil", "null", "object", "override", "package", "private", "protected",
            "public", "return", "sealed", "short", "static", "string", "super", "switch", "this", "throw", "throws", "trait",
            "true", "try", "type", "using", "val", "var", "void", "when", "while", "with", "yield",
        ],
        quotes: &["\"\"\"", "\"", "'"],
        habits: &[Habit::Lifetimes],
        ..C_LIKE
    },
    Language {
        names: &["c", "h", "c++", "cpp", "cc", "cxx", "hpp", "hh", "cling", "xcpp", "go", "cuda", "cu", "proto", "protobuf"],
        keywords: &[
            "auto", "bool", "break", "case", "catch", "chan", "char", "class", "const", "constexpr", "continue", "default",
            "defer", "delete", "do", "double", "else", "enum", "explicit", "extern", "false", "float", "for", "func", "go",
            "if", "import", "inline", "int", "interface", "long", "map", "message", "namespace", "new", "nil", "nullptr",
            "operator", "override", "package", "private", "protected", "public", "range", "return", "select", "short",
            "signed", "sizeof", "static", "struct", "switch", "template", "this", "throw", "true", "try", "type", "typedef",
            "typename", "union", "unsigned", "using", "var", "virtual", "void", "while",
        ],
        quotes: &["\"", "'", "`"],
        ..C_LIKE
    },
    Language {
        names: &["octave", "matlab", "m"],
        keywords: &[
            "break", "case", "catch", "continue", "do", "else", "elseif", "end", "endfor", "endfunction", "endif", "endwhile",
            "for", "function", "global", "if", "otherwise", "persistent", "return", "switch", "try", "until", "while",
        ],
        line_comments: &["%", "#"],
        habits: &[Habit::Lifetimes],
        ..NONE
    },
    Language {
        names: &["ruby", "rb"],
        keywords: &[
            "and", "begin", "break", "case", "class", "def", "do", "else", "elsif", "end", "ensure", "false", "for", "if",
            "in", "module", "next", "nil", "not", "or", "require", "rescue", "return", "self", "super", "then", "true",
            "unless", "until", "when", "while", "yield",
        ],
        line_comments: &["#"],
        habits: &[Habit::CommentApart],
        ..NONE
    },
    Language {
        names: &["yaml", "yml", "toml", "ini", "cfg", "conf", "properties", "env", "dockerfile", "make", "makefile"],
        keywords: &["false", "no", "null", "off", "on", "true", "yes", "FROM", "RUN", "COPY", "ENV", "WORKDIR", "CMD", "ENTRYPOINT"],
        line_comments: &["#"],
        habits: &[Habit::CommentApart],
        ..NONE
    },
    Language {
        names: &["json", "jsonl", "ndjson", "json5", "geojson"],
        keywords: &["true", "false", "null", "NaN", "Infinity"],
        quotes: &["\""],
        ..NONE
    },
    Language {
        names: &["html", "xml", "svg", "htm", "xhtml", "markup"],
        block_comments: &[("<!--", "-->")],
        habits: &[Habit::StringsOverLines],
        ..NONE
    },
    Language {
        names: &["css", "scss", "less"],
        keywords: &["important", "inherit", "initial", "none", "auto", "unset"],
        block_comments: &[("/*", "*/")],
        ..NONE
    },
    Language {
        names: &["lua"],
        keywords: &[
            "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local", "nil", "not", "or",
            "repeat", "return", "then", "true", "until", "while",
        ],
        line_comments: &["--"],
        block_comments: &[("--[[", "]]")],
        ..NONE
    },
];
