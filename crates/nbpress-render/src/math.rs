//! LaTeX formulas to MathML; the LaTeX itself where that cannot be done.

#[cfg(test)]
mod tests;

use math_core::{LatexToMathML, MathDisplay};

use crate::html::{Html, whole};

/// The longest formula that is set.
const LONGEST: usize = 16 << 10;

/// How many parts of a formula may be in each other; the converter uses the stack for them.
const DEEPEST: usize = 48;

/// A converter of formulas.
#[derive(Default)]
pub(crate) struct Math {
    converter: LatexToMathML,
}

impl Math {
    /// The HTML of a formula, between lines or in one; still to be sanitized.
    pub(crate) fn html(&self, latex: &str, block: bool) -> String {
        let display = if block {
            MathDisplay::Block
        } else {
            MathDisplay::Inline
        };
        if is_modest(latex)
            && let Ok(set) = self.converter.convert_with_local_state(latex, display)
        {
            return set.mathml;
        }
        source(latex, block)
    }
}

fn source(latex: &str, block: bool) -> String {
    whole(|out| {
        let html = &mut Html::new(out);
        html.raw(if block { "<pre><code>" } else { "<code>" })?;
        html.text(latex.trim())?;
        html.raw(if block { "</code></pre>" } else { "</code>" })
    })
}

/// Whether it is short, and nothing in it is in too many other things: braces, environments, or
/// commands that take each other as their argument.
fn is_modest(latex: &str) -> bool {
    if latex.len() > LONGEST {
        return false;
    }
    let (mut open, mut chain) = (0_usize, 0_usize);
    let mut rest = latex;
    while let Some(first) = rest.chars().next() {
        rest = &rest[first.len_utf8()..];
        match first {
            '{' | '[' | '(' => open += 1,
            '}' | ']' | ')' => open = open.saturating_sub(1),
            '\\' => {
                chain += 1;
                if rest.starts_with("begin") || rest.starts_with("left") {
                    open += 1;
                } else if rest.starts_with("end") || rest.starts_with("right") {
                    open = open.saturating_sub(1);
                }
                let name = rest.find(|c: char| !c.is_ascii_alphabetic());
                rest = &rest[name.unwrap_or(rest.len())..];
                continue;
            }
            '^' | '_' => {}
            _ if first.is_whitespace() => {}
            _ => chain = 0,
        }
        if open + chain > DEEPEST {
            return false;
        }
    }
    open + chain <= DEEPEST
}
