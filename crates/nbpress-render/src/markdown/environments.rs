//! LaTeX environments that stand in a text without dollars, as Jupyter allows it.

use std::borrow::Cow;

/// The environments that are formulas by themselves.
const ENVIRONMENTS: &[&str] = &[
    "align",
    "align*",
    "alignat",
    "alignat*",
    "eqnarray",
    "eqnarray*",
    "equation",
    "equation*",
    "gather",
    "gather*",
    "multline",
    "multline*",
];

/// Puts `$$` around lines from `\begin{…}` to its `\end{…}`, outside of code.
pub(super) fn with_dollars(source: &str) -> Cow<'_, str> {
    if !source.contains("\\begin{") {
        return Cow::Borrowed(source);
    }
    let mut out = String::with_capacity(source.len() + 16);
    let mut fence: Option<&str> = None;
    let mut dollars = false;
    let mut open: Option<&str> = None;
    for line in source.split_inclusive('\n') {
        let text = line.trim();
        if let Some(mark) = ["```", "~~~"]
            .into_iter()
            .find(|mark| text.starts_with(mark))
        {
            match fence {
                None => fence = Some(mark),
                Some(own) if own == mark => fence = None,
                Some(_) => {}
            }
        }
        if fence.is_none() && open.is_none() && !dollars {
            open = begun(text);
            if open.is_some() {
                out.push_str("$$");
            }
        }
        if fence.is_none() && open.is_none() && text.matches("$$").count() % 2 == 1 {
            dollars = !dollars;
        }
        let ends = open.is_some_and(|name| text.ends_with(&format!("\\end{{{name}}}")));
        if ends {
            out.push_str(line.trim_end());
            out.push_str("$$");
            out.push_str(&line[line.trim_end().len()..]);
            open = None;
        } else {
            out.push_str(line);
        }
    }
    if open.is_some() {
        // It is not closed, so it is no formula.
        return Cow::Borrowed(source);
    }
    Cow::Owned(out)
}

/// The name of the environment that a line begins.
fn begun(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix("\\begin{")?.split_once('}')?;
    ENVIRONMENTS.contains(&name).then_some(name)
}
