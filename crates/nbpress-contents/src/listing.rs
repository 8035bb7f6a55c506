//! Which names a listing shows, and how it is cut into pages.

/// Whether Jupyter shows a name: not what its `hide_globs` match, and hidden names only if asked
/// (<https://jupyter-server.readthedocs.io/en/latest/other/full-config.html>).
pub(crate) fn shows(name: &str, show_hidden: bool) -> bool {
    let is_noise = matches!(name, "__pycache__" | ".DS_Store")
        || [".pyc", ".pyo", "~"].iter().any(|end| name.ends_with(end));
    !is_noise && (show_hidden || !name.starts_with('.'))
}

/// Keeps the first `limit` names, sorted. Returns the last of them when more follow.
pub(crate) fn cut(names: &mut Vec<String>, limit: usize) -> Option<String> {
    let limit = limit.max(1);
    let more = names.len() > limit;
    if more {
        names.select_nth_unstable(limit);
        names.truncate(limit);
    }
    names.sort_unstable();
    names.last().filter(|_| more).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_never_shown_and_hidden_names_when_asked() {
        for (name, expected) in [
            ("a.ipynb", (true, true)),
            (".profile", (false, true)),
            ("__pycache__", (false, false)),
            (".DS_Store", (false, false)),
            ("a.pyc", (false, false)),
            ("a.pyo", (false, false)),
            ("a~", (false, false)),
            ("a.py", (true, true)),
            ("__pycache__.txt", (true, true)),
        ] {
            assert_eq!((shows(name, false), shows(name, true)), expected, "{name}");
        }
    }

    #[test]
    fn pages_are_sorted_and_meet() {
        let all = ["d", "a", "c", "b"].map(str::to_owned).to_vec();
        for (limit, expected, next) in [
            (1, vec!["a"], Some("a")),
            (3, vec!["a", "b", "c"], Some("c")),
            (4, vec!["a", "b", "c", "d"], None),
            (usize::MAX, vec!["a", "b", "c", "d"], None),
        ] {
            let mut names = all.clone();
            assert_eq!(cut(&mut names, limit).as_deref(), next);
            assert_eq!(names, expected);
        }
    }
}
