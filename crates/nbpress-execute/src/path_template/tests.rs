//! What every path template relies on. Everything else is compared with Python.

use indexmap::IndexMap;
use jiff::civil::date;

use super::{Builtins, PathTemplateError, format_path};
use crate::yaml;

const VALUES: &str = "{foo: bar, n: 7, f: 2.5, yes: no, list: [a, {b: c}], empty: '', text: 'é', deep: {0: zero, '0': text}}";

fn fill(template: &str) -> Result<String, PathTemplateError> {
    let builtins = Builtins {
        run_uuid: "5f8de2b0".to_owned(),
        current_datetime_local: date(2026, 3, 7).at(9, 5, 4, 0),
        current_datetime_utc: date(2026, 3, 7).at(8, 5, 4, 120_000_000),
    };
    format_path(template, &yaml::parameters(VALUES).unwrap(), &builtins)
}

#[test]
fn fields_are_filled_in() {
    for (template, expected) in [
        ("in.ipynb", "in.ipynb"),
        ("{foo}/{n:03d}.ipynb", "bar/007.ipynb"),
        ("{{foo}}/{foo}{empty}", "{foo}/bar"),
        ("{list[0]}-{list[1][b]}-{deep[0]}", "a-c-zero"),
        ("{f:.2f} {f:08.1e} {n:+} {True}", "2.50 02.5e+00 +7 False"),
        (
            "{foo!r} {text!a} {list!s}",
            "'bar' '\\xe9' ['a', {'b': 'c'}]",
        ),
        ("{foo:*^{n}}", "**bar**"),
        ("{pm[run_uuid]}", "5f8de2b0"),
        ("{pm[current_datetime_utc]:%Y%m%d}", "20260307"),
        (
            "{pm[current_datetime_utc]}",
            "2026-03-07 08:05:04.120000+00:00",
        ),
        ("{pm[current_datetime_local]}", "2026-03-07 09:05:04"),
        ("{pm[current_datetime_local].hour:02}", "09"),
    ] {
        assert_eq!(fill(template).as_deref(), Ok(expected), "{template}");
    }
}

#[test]
fn what_cannot_be_filled_in_is_told() {
    for (template, expected) in [
        ("{missing}", "Missing parameter 'missing'"),
        ("{it's}", "Missing parameter \"it's\""),
        ("{list[1][x]}", "Missing parameter 'x'"),
        ("{deep[1]}", "Missing parameter 1"),
        ("{}", "parameters have names, no positions"),
        ("{0}", "parameters have names, no positions"),
        ("{list[2]}", "there is no item 2"),
        ("{n[0]}", "`int` has no item `0`"),
        ("{foo.bar}", "`str` has no attribute `bar`"),
        ("{list:5}", "`list` takes no format"),
        (
            "{foo:d}",
            "`d` is not a format for `str`: the only type of a text is `s`",
        ),
        (
            "{n:.2d}",
            "`.2d` is not a format for `int`: a whole number has no precision",
        ),
        ("{foo", "a `{` without its `}`"),
        ("foo}", "a single `}` in the path"),
        ("{foo:{n:{n}}}", "fields nested too deep"),
    ] {
        let found = fill(template).unwrap_err().to_string();
        assert_eq!(found, expected, "{template}");
    }
    let missing = fill("{missing}").unwrap_err();
    assert_eq!(
        missing.python_exception(),
        "PapermillMissingParameterException"
    );
    assert!(missing.hint().unwrap().contains("-p missing VALUE"));
}

#[test]
fn a_parameter_hides_the_builtins() {
    let own = IndexMap::from([("pm".to_owned(), "evening".into())]);
    assert_eq!(
        format_path("{pm}", &own, &Builtins::now()).unwrap(),
        "evening"
    );
    let utc = Builtins::now().current_datetime_utc;
    assert!((2026..2200).contains(&utc.year()), "{utc}");
}
