//! The web UI's built files, embedded: what `npm run build` makes of `ui/`.
//!
//! There are none where `NBPRESS_SKIP_UI=1` was set when this was built. How they are answered with is known by
//! `nbpress-server`.

/// Every file's path and bytes, sorted by path; a path with `.gz` at its end is a compressed copy.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The bytes of a file by its path, such as `index.html` or `ui/index-CbX1.js`; `None` where there is none.
pub fn file(path: &str) -> Option<&'static [u8]> {
    let found = FILES.binary_search_by_key(&path, |(name, _)| name).ok()?;
    FILES.get(found).map(|(_, bytes)| *bytes)
}

/// The paths of all files, sorted.
pub fn paths() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_found_by_its_path_and_no_other_is() {
        for path in paths() {
            assert!(file(path).is_some_and(|bytes| !bytes.is_empty()), "{path}");
        }
        for path in ["", "ui", "index.htm", "../index.html"] {
            assert!(file(path).is_none(), "{path}");
        }
    }

    /// What a browser loads before it shows anything, in bytes as they are sent.
    #[test]
    fn the_entries_stay_small() {
        let sum = |wanted: &dyn Fn(&str) -> bool| -> usize {
            paths()
                .filter(|path| wanted(path))
                .filter_map(file)
                .map(<[u8]>::len)
                .sum()
        };
        let script = sum(&|path| path.starts_with("ui/index-") && path.ends_with(".js.gz"));
        let style = sum(&|path| path.starts_with("ui/index-") && path.ends_with(".css.gz"));
        let frame = sum(&|path| path == "frame/output.html");
        if paths().next().is_some() {
            assert!((50_000..180_000).contains(&script), "{script}");
            assert!((2_000..20_000).contains(&style), "{style}");
            assert!((500..10_000).contains(&frame), "{frame}");
        }
    }

    /// What comes with a screen when it is first opened, as it is sent.
    #[test]
    fn screens_that_come_later_stay_small() {
        let screens = [
            ("admin-page", 12_000),
            ("charts", 20_000),
            ("compute-page", 12_000),
            ("diff-page", 12_000),
            ("editor-page", 120_000),
            ("explore", 20_000),
            ("palette", 12_000),
            ("sweep-page", 12_000),
        ];
        for (screen, most) in screens.into_iter().filter(|_| paths().next().is_some()) {
            let begins = format!("ui/{screen}-");
            let is_script = |path: &&str| path.starts_with(&begins) && path.ends_with(".js.gz");
            let size = paths().find(is_script).and_then(file).map(<[u8]>::len);
            assert!(
                size.is_some_and(|size| (500..most).contains(&size)),
                "{screen}: {size:?}"
            );
        }
    }

    /// Of what is on the screens, of what is handed to frames, and of what these are made of.
    #[test]
    fn the_licences_of_what_is_shipped_are_shipped_with_it() {
        let Some(text) = file("ui/licenses.txt") else {
            assert!(paths().next().is_none());
            return;
        };
        let text = std::str::from_utf8(text).unwrap();
        for package in [
            "@bokeh/bokehjs",
            "@codemirror/view",
            "@fontsource-variable/inter",
            "@jupyter-widgets/controls",
            "@lumino/widgets",
            "d3-scale",
            "dompurify",
            "katex",
            "plotly.js-dist-min",
            "react-dom",
            "vega",
            "vega-lite",
        ] {
            let begins = format!("{package} ");
            let notice = text.split(&"-".repeat(80)).find_map(|part| {
                let part = part.trim_start().strip_prefix(&begins)?;
                part.split_once("\n\n")
            });
            let notice = notice.map(|(_, notice)| notice.to_lowercase());
            let has_terms = notice.is_some_and(|notice| {
                ["permission", "redistribution", "license"]
                    .iter()
                    .any(|word| notice.contains(word))
            });
            assert!(has_terms, "{package}");
        }
    }

    /// What draws charts and widgets, as it is sent: each comes when an output first needs it.
    #[test]
    fn libraries_of_frames_stay_as_small_as_they_can_be() {
        let libraries = [
            ("bokeh", 800_000),
            ("plotly", 1_500_000),
            ("vega", 300_000),
            ("widgets", 300_000),
        ];
        for (library, most) in libraries.into_iter().filter(|_| paths().next().is_some()) {
            let begins = format!("ui/{library}-");
            let is_library = |path: &&str| path.starts_with(&begins) && path.ends_with(".library");
            let size = paths().find(is_library).and_then(file).map(<[u8]>::len);
            assert!(
                size.is_some_and(|size| (100_000..most).contains(&size)),
                "{library}: {size:?}"
            );
        }
    }
}
