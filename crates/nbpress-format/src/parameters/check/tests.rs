//! Values that fit and values that do not.

use indexmap::IndexMap;

use super::check;
use crate::parameters::{ParameterValue as Value, read};

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// The checked value as Python prints it, or the problems.
fn checked(source: &str, name: &str, value: Value) -> String {
    let given = IndexMap::from([(name.to_owned(), value)]);
    match check(&read(source, "python"), &given) {
        Ok(values) => format!("{:?}", values[name]),
        Err(problems) => problems
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

#[test]
fn text_of_the_command_line_is_read_by_the_declared_type() {
    for (declaration, given, expected) in [
        ("x: str = ''", "007", Value::from("007")),
        ("x = 'eu'", "007", Value::from("007")),
        ("x: int = 0", "1_000", Value::from(1000)),
        ("x: float = 0", "7", Value::from(7.0)),
        ("x = 0", "0.5", Value::from(0.5)),
        ("x = 0.5", "1", Value::from(1)),
        ("x: bool = False", "yes", Value::Bool(true)),
        ("x = None", "5", Value::from(5)),
        ("x: Any = None", "True", Value::Bool(true)),
        ("x: int | None = 1", "None", Value::Null),
        ("x = 5", "None", Value::Null),
        ("x: str | int = ''", "5", Value::from(5)),
        ("x: str | int = ''", "a", Value::from("a")),
        ("x: Literal[1, 'a'] = 1", "1", Value::from(1)),
        (
            "x: list[int] = []",
            "1,2",
            Value::List(vec![Value::from(1), Value::from(2)]),
        ),
        (
            "x: list[str] = []",
            "['a', 'b']",
            Value::List(vec![Value::from("a"), Value::from("b")]),
        ),
        ("x: list[float] = []", "", Value::List(vec![])),
        (
            "x: dict[str, int] = {}",
            "a=1,b=2",
            Value::Map(vec![
                (Value::from("a"), Value::from(1)),
                (Value::from("b"), Value::from(2)),
            ]),
        ),
        (
            "x: dict[str, int] = {}",
            "{'a': 1}",
            Value::Map(vec![(Value::from("a"), Value::from(1))]),
        ),
        (
            "x: date = '2026-01-01'",
            "2026-01-31",
            Value::from("2026-01-31"),
        ),
        (
            "x: date",
            "2026-01-31",
            Value::Date("2026-01-31".to_owned()),
        ),
        (
            "x: datetime | None = None",
            "2026-01-31T10:00",
            Value::DateTime("2026-01-31T10:00".to_owned()),
        ),
        ("x: Path = Path('.')", "a/b", Value::from("a/b")),
        ("x: int = 1  # one of: 1, 2", "2", Value::from(2)),
        ("x: str = 'a'  # one of: 1, a", "1", Value::from("1")),
        (
            "x: list[int] = []  # 1..5",
            "[1, 5]",
            Value::List(vec![Value::from(1), Value::from(5)]),
        ),
    ] {
        assert_eq!(
            checked(declaration, "x", text(given)),
            format!("{expected:?}"),
            "{declaration} given {given}"
        );
    }
}

#[test]
fn values_are_made_to_fit_only_where_nothing_is_lost() {
    for (declaration, given, expected) in [
        ("x: float = 0", Value::from(7), Value::from(7.0)),
        ("x: int = 0", Value::from(7.0), Value::from(7)),
        ("x: int = 0", Value::from("7"), Value::from(7)),
        ("x: str = ''", Value::from("7"), Value::from("7")),
        (
            "x: list[float] = []",
            Value::List(vec![Value::from(1)]),
            Value::List(vec![Value::from(1.0)]),
        ),
        ("x: int | float = 0", Value::from(7.0), Value::from(7.0)),
        (
            "x = [1]",
            Value::List(vec![Value::from("a")]),
            Value::List(vec![Value::from("a")]),
        ),
        (
            "x: date = None",
            Value::from("2026-01-31"),
            Value::Date("2026-01-31".to_owned()),
        ),
    ] {
        assert_eq!(
            checked(declaration, "x", given),
            format!("{expected:?}"),
            "{declaration}"
        );
    }
}

#[test]
fn what_does_not_fit_is_said() {
    for (declaration, name, given, expected) in wrong_values().into_iter().chain(wrong_names()) {
        assert_eq!(checked(declaration, name, given), expected, "{declaration}");
    }
}

/// A cell, a name, its value, and what is said.
type Told = (&'static str, &'static str, Value, &'static str);

fn wrong_values() -> Vec<Told> {
    vec![
        (
            "days: int = 7",
            "days",
            text("abc"),
            "`days` is `abc`: expected `int`",
        ),
        (
            "days = 7",
            "days",
            text("abc"),
            "`days` is `abc`: expected `int`",
        ),
        (
            "days: int = 7  # 1..365",
            "days",
            Value::from(400),
            "`days` is `400`: expected 1..365",
        ),
        (
            "rate: float = 1  # > 0 and <= 1",
            "rate",
            Value::from(0.0),
            "`rate` is `0.0`: expected > 0, <= 1",
        ),
        (
            "rate: float = 1  # > 0",
            "rate",
            Value::Float(f64::NAN),
            "`rate` is `nan`: expected > 0",
        ),
        (
            "day: date = None  # 2026-01-01..2026-12-31",
            "day",
            text("2027-01-01"),
            "`day` is `2027-01-01`: expected 2026-01-01..2026-12-31",
        ),
        (
            "days: int = 7",
            "days",
            Value::Bool(true),
            "`days` is `True`: expected `int`",
        ),
        (
            "region: str = ''",
            "region",
            Value::from(7),
            "`region` is `7`: expected `str`",
        ),
        (
            "region = 'eu'  # one of: eu, us",
            "region",
            text("de"),
            "`region` is `de`: expected one of `eu`, `us`",
        ),
        (
            "mode: Literal['a', 'b'] = 'a'",
            "mode",
            Value::from("c"),
            "`mode` is `'c'`: expected `Literal['a', 'b']`",
        ),
        (
            "x: list[int] = []",
            "x",
            Value::List(vec![Value::from("a")]),
            "`x` is `['a']`: expected `list[int]`",
        ),
        (
            "x: int = 1",
            "x",
            Value::Null,
            "`x` is `None`: expected `int`",
        ),
        (
            "day: date = ''",
            "day",
            text("2026-02-30"),
            "`day` is `2026-02-30`: expected `date`",
        ),
    ]
}

fn wrong_names() -> Vec<Told> {
    vec![
        (
            "region = 1",
            "regoin",
            text("1"),
            "`regoin` is not a parameter of this notebook; did you mean `region`?",
        ),
        (
            "region = 1\ndays = 2",
            "zzz",
            text("1"),
            "`zzz` is not a parameter of this notebook; it has `region`, `days`",
        ),
        (
            "",
            "x",
            text("1"),
            "`x` is not a parameter of this notebook; it has none",
        ),
        (
            "a: int\nb = 1",
            "b",
            text("2"),
            "`a` has no default and must be given: expected `int`",
        ),
    ]
}

#[test]
fn an_open_schema_lets_others_through() {
    assert_eq!(
        checked("from x import *", "y", text("5")),
        format!("{:?}", Value::from(5))
    );
}
