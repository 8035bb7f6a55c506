use std::path::PathBuf;

use nbpress_storage::Location;

use super::points_file::{PointsFormat, points};
use super::*;

fn texts(values: &[&str]) -> Vec<ParameterValue> {
    let text = |value: &&str| ParameterValue::Text((*value).to_owned());
    values.iter().map(text).collect()
}

fn names(points: &[Point]) -> Vec<String> {
    points
        .iter()
        .map(|point| point_name(point).replace('"', ""))
        .collect()
}

fn space() -> SweepSpace {
    let mut space = SweepSpace::default();
    space.axis("b", texts(&["1", "2"])).unwrap();
    space.axis("a", texts(&["x", "y"])).unwrap();
    space
}

#[test]
fn every_combination_or_pairs() {
    let product = space().product().unwrap();
    assert_eq!(
        names(&product),
        ["a=x b=1", "a=y b=1", "a=x b=2", "a=y b=2"]
    );
    assert_eq!(names(&space().zip().unwrap()), ["a=x b=1", "a=y b=2"]);
    assert_eq!(space().names(), ["b", "a"]);
}

#[test]
fn a_list_of_points_is_an_axis_of_its_own() {
    let list = points("c,d\n1,\n2,3\n", PointsFormat::Csv).unwrap();
    let mut both = SweepSpace::default();
    both.list(list).unwrap();
    both.axis("a", texts(&["x", "y"])).unwrap();
    let product = both.clone().product().unwrap();
    assert_eq!(
        names(&product),
        ["a=x c=1", "a=y c=1", "a=x c=2 d=3", "a=y c=2 d=3"]
    );
    assert_eq!(names(&both.zip().unwrap()), ["a=x c=1", "a=y c=2 d=3"]);
}

#[test]
fn axes_that_do_not_fit_are_refused() {
    let twice = space().axis("a", texts(&["z"])).unwrap_err();
    assert_eq!(twice, SpaceError::Twice { name: "a".into() });
    let mut uneven = space();
    uneven.axis("c", texts(&["1", "2", "3"])).unwrap();
    let error = uneven.zip().unwrap_err();
    assert_eq!(
        error.to_string(),
        "lists of 2 and 2 and 3 values cannot be paired"
    );
    let mut huge = SweepSpace::default();
    for name in ["a", "b", "c", "d", "e", "f"] {
        huge.axis(name, texts(&["0"; 10])).unwrap();
    }
    assert_eq!(huge.product().unwrap_err(), SpaceError::TooMany);
}

#[test]
fn different_points_have_different_names() {
    let point = |entries: &[(&str, ParameterValue)]| -> Point {
        let owned = |(name, value): &(&str, ParameterValue)| ((*name).to_owned(), value.clone());
        entries.iter().map(owned).collect()
    };
    let (one, text) = (ParameterValue::from(1), ParameterValue::from("1"));
    for (entries, name) in [
        (
            vec![("b", one.clone()), ("a", text.clone())],
            r#"a="1" b=1"#,
        ),
        (vec![("a", ParameterValue::from(0.5))], "a=0.5"),
        (vec![("a", ParameterValue::from(1.0))], "a=1.0"),
        (vec![("a", ParameterValue::from("1 b=2"))], r#"a="1 b=2""#),
        (vec![("a b", one.clone())], r#""a b"=1"#),
        (vec![("größe", ParameterValue::Null)], "größe=null"),
    ] {
        assert_eq!(point_name(&point(&entries)), name);
    }
}

type Change = fn(&mut ExecuteOptions);

#[test]
fn a_sweep_is_its_notebook_and_how_it_is_run() {
    let options = |path: &str| ExecuteOptions::new(Location::parse(path).unwrap());
    let (old, new) = ("a".repeat(64), "b".repeat(64));
    let id = SweepId::new(&options("nb.ipynb"), &old);
    assert_eq!(id.as_str().len(), "swp_".len() + 16 + 1 + 12);
    assert_eq!(id, SweepId::new(&options("./nb.ipynb"), &old));

    let changed = SweepId::new(&options("nb.ipynb"), &new);
    assert!(changed.is_other_version(id.as_str()));
    assert!(!id.is_other_version(id.as_str()));
    assert!(!id.is_other_version("é"));

    let different: [Change; 5] = [
        |options| options.source = Location::parse("other.ipynb").unwrap(),
        |options| options.kernel = Some("ir".into()),
        |options| options.allow_errors = true,
        |options| options.cells = CellSelection::Only(vec![1]),
        |options| options.working_directory = Some(PathBuf::from("elsewhere")),
    ];
    for change in different {
        let mut options = options("nb.ipynb");
        change(&mut options);
        let other = SweepId::new(&options, &old);
        assert!(
            other != id && !other.is_other_version(id.as_str()),
            "{options:?}"
        );
    }
    let mut patient = options("nb.ipynb");
    patient.run_timeout = Some(std::time::Duration::from_secs(9));
    patient.parameters = Point::from([("a".into(), ParameterValue::Null)]);
    assert_eq!(SweepId::new(&patient, &old), id);
}

#[test]
fn points_are_read_from_files() {
    for (format, text, expected) in [
        (
            PointsFormat::Csv,
            "a,b\r\n1,x\r\n\r\n2,y",
            "a=1 b=x|a=2 b=y",
        ),
        (
            PointsFormat::Csv,
            "\u{feff}a , b\n\"1,\"\"\n2\",\n3,z\n",
            "a=1,\\\\n2|a=3 b=z",
        ),
        (
            PointsFormat::JsonLines,
            "{\"a\": 1}\n\n{\"a\": [1.5, null], \"b\": true}",
            "a=1|a=[1.5,null] b=true",
        ),
        (PointsFormat::Json, "[{\"a\": \"x\"},\n {}]", "a=x|"),
    ] {
        let read = points(text, format).unwrap();
        assert_eq!(names(&read).join("|"), expected, "{text}");
    }
}

#[test]
fn a_format_is_known_by_name_or_beginning() {
    for (extension, text, format) in [
        (Some("csv"), "[", PointsFormat::Csv),
        (Some("JSONL"), "", PointsFormat::JsonLines),
        (Some("yml"), "", PointsFormat::Yaml),
        (Some("json"), "", PointsFormat::Json),
        (None, " [{}]", PointsFormat::Json),
        (None, "{\"a\": 1}\n", PointsFormat::JsonLines),
        (Some("txt"), "- a: 1", PointsFormat::Yaml),
        (None, "a,b\n", PointsFormat::Csv),
    ] {
        assert_eq!(
            PointsFormat::of(extension, text),
            format,
            "{extension:?} {text}"
        );
    }
}

#[test]
fn what_lists_no_points_is_refused() {
    for (format, text, expected) in [
        (PointsFormat::Csv, "", "it lists no points"),
        (PointsFormat::Csv, "a,b\n", "it lists no points"),
        (
            PointsFormat::Csv,
            "a,a\n1,2\n",
            "its first line must name every column once: `a`",
        ),
        (
            PointsFormat::Csv,
            "a,\n1,2\n",
            "its first line must name every column once: ``",
        ),
        (
            PointsFormat::Csv,
            "a\n\"1\n2\"\n3,4\n",
            "line 4 has 2 fields instead of 1",
        ),
        (
            PointsFormat::Csv,
            "a\n1\n\"2",
            "line 3 has a quote that is not closed, or text after a quoted field",
        ),
        (
            PointsFormat::Csv,
            "a\n\"2\"x\n",
            "line 2 has a quote that is not closed, or text after a quoted field",
        ),
        (PointsFormat::JsonLines, "{}\n{", "line 2 is not JSON"),
        (
            PointsFormat::JsonLines,
            "{}\n1",
            "point 2 is not an object of names and values",
        ),
        (
            PointsFormat::Json,
            "{}",
            "it is not a list of points, each with the names of its parameters and their values",
        ),
        (PointsFormat::Json, "[]", "it lists no points"),
    ] {
        assert_eq!(
            points(text, format).unwrap_err().to_string(),
            expected,
            "{text}"
        );
    }
}
