//! What single kernels do that no specification says, as far as a run must know it.

/// The quirks of one kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quirks {
    /// Results may arrive after the kernel has said that it is idle.
    pub(crate) late_outputs: bool,
    /// How to find out that a cell failed whose reply says `ok`.
    pub(crate) hidden_error: Option<HiddenError>,
}

/// An error that is only text on stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HiddenError {
    /// What its line begins with, followed by its message.
    prefix: &'static str,
    /// Code that prints the message of the last error.
    pub(crate) last_error: &'static str,
}

/// octave_kernel reads what its Octave prints to a terminal and replies `ok` whatever that is. An
/// error's message is also in `lasterr()`, which tells it from a line that a program printed; only a
/// message that was caught and then printed in just this form is taken for an error too.
const OCTAVE: HiddenError = HiddenError {
    prefix: "error: ",
    last_error: "printf(\"%s\", lasterr())",
};

impl Quirks {
    /// What is known of a kernel that introduced itself as `implementation`.
    pub(crate) fn of(implementation: &str) -> Self {
        // Deno sends results late; these never do. Others get the benefit of a short wait.
        const IN_TIME: [&str; 4] = ["ipython", "IRkernel", "bash_kernel", "Octave Kernel"];
        Self {
            late_outputs: !IN_TIME.contains(&implementation),
            hidden_error: (implementation == "Octave Kernel").then_some(OCTAVE),
        }
    }
}

impl HiddenError {
    /// Whether a text may be that of an error: cheap, for every piece of text.
    pub(crate) fn is_suspected(&self, text: &str) -> bool {
        text.contains(self.prefix)
    }

    /// The line of `text` that reports `last_error`, which the kernel was asked for.
    pub(crate) fn find<'t>(&self, text: &'t str, last_error: &str) -> Option<&'t str> {
        let message = last_error.lines().next()?.trim();
        // A prompt's text may stand before it: `printf("no newline"); error("x")`.
        let reports = |line: &&str| {
            line.split_once(self.prefix)
                .is_some_and(|(_, said)| !message.is_empty() && said.trim() == message)
        };
        text.lines().find(reports)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_octave_error_is_told_from_text_that_looks_like_one() {
        let cases = [
            ("error: no luck\r\n", "no luck", true),
            (
                "x = 3\r\nerror: 'y' undefined\r\nans = 4\r\n",
                "'y' undefined",
                true,
            ),
            (
                "error: deep 3\r\nerror: called from\r\n    f at line 2\r\n",
                "deep 3",
                true,
            ),
            (
                "error: parse error:\r\n\r\n  syntax error\r\n",
                "parse error:\r\n\r\n  syntax",
                true,
            ),
            ("abcerror: mid line\r\n", "mid line", true),
            ("error: 0.5\r\n", "no luck", false),
            ("error: 0.5\r\n", "", false),
            ("no luck\r\n", "no luck", false),
        ];
        for (text, last_error, found) in cases {
            assert_eq!(OCTAVE.find(text, last_error).is_some(), found, "{text:?}");
            assert!(!found || OCTAVE.is_suspected(text));
        }
    }

    #[test]
    fn unknown_kernels_are_waited_for() {
        assert!(Quirks::of("Deno kernel").late_outputs);
        assert!(!Quirks::of("ipython").late_outputs);
        assert_eq!(Quirks::of("ipython").hidden_error, None);
    }
}
