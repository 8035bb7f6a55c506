//! scrapbook reads its fixtures; we must find the same.

use nbpress_format::json::Json;
use nbpress_format::notebook::Notebook;
use nbpress_record::{Scrap, read_scraps};

use crate::python::{printed, read, reference};

/// Prints the scraps of every notebook given, in order.
const SCRAPBOOK: &str = r#"
import json, sys, scrapbook
for path in sys.argv[1:]:
    scraps = scrapbook.read_notebook(path).scraps
    print(json.dumps([
        {
            "name": name, "data": scrap.data, "encoder": scrap.encoder,
            "display": scrap.display and {
                "data": {k: "".join(v) if isinstance(v, list) else v for k, v in scrap.display["data"].items()},
                "metadata": scrap.display["metadata"],
            },
        }
        for name, scrap in scraps.items()
    ]))
"#;

#[test]
fn scraps_are_those_that_scrapbook_finds() {
    let folder = reference("sdist/scrapbook-0.5.0/scrapbook/tests/notebooks");
    let paths: Vec<_> = [
        "record",
        "result_no_exec",
        "collection/result1",
        "collection/result2",
    ]
    .map(|name| folder.join(format!("{name}.ipynb")))
    .to_vec();
    let answers = String::from_utf8(printed(SCRAPBOOK, &paths)).unwrap();
    let mut names = Vec::new();
    for (path, answer) in paths.iter().zip(answers.lines()) {
        let scraps = read_scraps(&Notebook::parse(&read(path)).unwrap());
        let ours = Json::Array(scraps.iter().map(Scrap::to_json).collect());
        assert_eq!(
            ours,
            Json::parse(answer.as_bytes()).unwrap(),
            "{}",
            path.display()
        );
        names.extend(scraps.into_iter().map(|scrap| scrap.name));
    }
    assert_eq!(answers.lines().count(), paths.len());
    // Both generations of the format are among them.
    for name in ["some_display", "one_only"] {
        assert!(names.iter().any(|found| found == name), "{names:?}");
    }
}
