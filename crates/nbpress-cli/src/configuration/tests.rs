//! Where settings come from, what is said of those that cannot be used, and whether they are documented.
#![expect(
    clippy::disallowed_methods,
    reason = "files of the test's own, and the repository's page"
)]

use std::fmt::Write as _;

use super::*;
use crate::args;

fn settings(variables: &[(&str, &str)]) -> Settings {
    let variables = variables.iter();
    Settings {
        environment: variables
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        home: "/home".into(),
    }
}

/// What is wrong with a file of these lines, with the hint.
fn complaint(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(NAME);
    std::fs::write(&path, text).unwrap();
    let sections = Section::all(&args::command());
    let Err(error) = Configuration::read(&settings(&[]), Some(&path), &sections) else {
        return "nothing".to_owned();
    };
    let hint = error.hint().map(|hint| format!(" ({hint})"));
    let said = format!("{error}{}", hint.unwrap_or_default());
    said.replace(&*folder.path().to_string_lossy(), "")
}

#[test]
fn a_file_that_is_wrong_says_in_which_line() {
    for (text, expected) in [
        ("[serve]\nslots = 2\nlab = true\nlease = \"1m\"", "nothing"),
        ("[serve]\nhost_name = 'a'\ncull_idle = 60", "nothing"),
        (
            "[serve]\n\nhostname = []",
            "/nbpress.toml:3: there is no setting `hostname` (did you mean `host_name`?)",
        ),
        (
            "[serve]\nlog-level = 'info'",
            "/nbpress.toml:2: there is no setting `log-level` (did you mean `log_level`?)",
        ),
        (
            "[serv]",
            "/nbpress.toml:1: there is no table `serv` (did you mean `serve`?)",
        ),
        (
            "serve = 1",
            "/nbpress.toml:1: `serve` is a number; it takes a table",
        ),
        (
            "[worker]\nzzz = 1",
            "/nbpress.toml:2: there is no setting `zzz` (`nbpress config show` lists the settings)",
        ),
        (
            "[serve]\nslots = 'four'",
            "/nbpress.toml:2: `slots` is a text; it takes a number",
        ),
        (
            "[serve]\nslots = 70000",
            "/nbpress.toml:2: `slots`: invalid value `70000`: 70000 is not in 0..=65535",
        ),
        (
            "[serve]\nlab = 1",
            "/nbpress.toml:2: `lab` is a number; it takes a text, `true` or `false`",
        ),
        (
            "[serve]\nno_worker = 'no'",
            "/nbpress.toml:2: `no_worker` is a text; it takes `true` or `false`",
        ),
        (
            "[serve]\nhost_name = ['a', 2]",
            "/nbpress.toml:2: `host_name` is a number; it takes a list of texts",
        ),
        (
            "[serve]\nlisten = 'here'",
            "/nbpress.toml:2: `listen`: invalid value `here`: invalid socket address syntax",
        ),
        (
            "[serve]\nlease = '1s'",
            "/nbpress.toml:2: `lease`: invalid value `1s`: write `3s` or more",
        ),
        (
            "[serve]\nslots = 1\nslots = 2",
            "/nbpress.toml:3: duplicate key",
        ),
        ("[serve\n", "/nbpress.toml:1: unclosed table, expected `]`"),
    ] {
        assert_eq!(complaint(text), expected, "{text}");
    }
}

/// What a command line ends up with: slots, switch, folder, names and token; of a worker the first and last.
fn read(variables: &[(&str, &str)], words: &[&str]) -> String {
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    let command = applied(args::command(), &settings(variables), &words).unwrap();
    let matches = command.try_get_matches_from(&words).unwrap();
    let mut matches = matches.subcommand().unwrap().1;
    if let Some((_, run)) = matches.subcommand() {
        matches = run;
    }
    let one = |id: &str| matches.get_one::<String>(id).cloned().unwrap_or_default();
    let slots = matches.get_one::<u16>("slots").copied();
    let Ok(Some(no_worker)) = matches.try_get_one::<bool>("no_worker") else {
        return format!("{slots:?} {}", one("token"));
    };
    let hosts = matches.get_many::<String>("host_name").unwrap_or_default();
    let hosts: Vec<_> = hosts.cloned().collect();
    format!(
        "{slots:?} {no_worker} {} {} {}",
        one("folder"),
        hosts.join("+"),
        one("token")
    )
}

/// Flags before the environment, the environment before the file, the file before defaults.
#[test]
fn the_nearest_place_wins() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("set.toml");
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "from a file\n").unwrap();
    let text = format!(
        "[serve]\nslots = 1\nno_worker = true\nfolder = 'books'\nhost_name = ['a', 'b']\ntoken_file = '{}'\n\
         [worker]\nslots = 9",
        secret.display()
    );
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let configured = ("NBPRESS_CONFIG", file);
    let serve = ["nbpress", "serve"];
    let none = ("NBPRESS_CONFIG", "/dev/null");
    let slots = ("NBPRESS_SERVE_SLOTS", "4");
    for (variables, words, expected) in [
        (vec![none], serve.to_vec(), "None false   "),
        (
            vec![configured],
            serve.to_vec(),
            "Some(1) true books a+b from a file",
        ),
        (
            vec![],
            vec!["nbpress", "serve", "--config", file],
            "Some(1) true books a+b from a file",
        ),
        (
            vec![
                configured,
                slots,
                ("NBPRESS_TOKEN", "old name"),
                ("NBPRESS_SERVE_HOST_NAME", "c, d"),
            ],
            serve.to_vec(),
            "Some(4) true books c+d old name",
        ),
        (
            vec![configured, slots],
            vec![
                "nbpress",
                "serve",
                "more",
                "--slots=7",
                "--no-worker=false",
                "--host-name",
                "e",
            ],
            "Some(7) false more e from a file",
        ),
        (
            vec![configured],
            vec!["nbpress", "worker", "run"],
            "Some(9) ",
        ),
    ] {
        assert_eq!(
            read(&variables, &words),
            expected,
            "{variables:?} {words:?}"
        );
    }
}

#[test]
fn variables_are_checked_as_lines_are() {
    let sections = Section::all(&args::command());
    let serve = &sections[0];
    for (name, value, expected) in [
        (
            "NBPRESS_SERVE_SLOTS",
            "four",
            "NBPRESS_SERVE_SLOTS: `slots`: invalid value `four`: invalid digit found in string",
        ),
        (
            "NBPRESS_SERVE_NO_WORKER",
            "perhaps",
            "NBPRESS_SERVE_NO_WORKER: `no_worker`: invalid value `perhaps`",
        ),
        (
            "NBPRESS_SERVE_TOKEN_FILE",
            "/no/such",
            "failed to read `/no/such`, named by NBPRESS_SERVE_TOKEN_FILE",
        ),
    ] {
        let error = Configuration::default()
            .values(&settings(&[(name, value)]), serve)
            .unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

/// The table of the documentation: one line for each setting, in the order of the help.
fn documented() -> String {
    let mut text = String::new();
    for section in Section::all(&args::command()) {
        let command = if section.name == "serve" {
            "serve"
        } else {
            "worker run"
        };
        write!(
            text,
            "\n### `[{}]`: `nbpress {command}`\n\n| key | environment | value | meaning |\n|---|---|---|---|\n",
            section.name
        )
        .unwrap();
        for setting in &section.settings {
            let key = if setting.secret {
                format!("`{0}`, `{0}_file`", setting.key)
            } else {
                format!("`{}`", setting.key)
            };
            let variables: Vec<_> = setting
                .variables
                .iter()
                .map(|name| format!("`{name}`"))
                .collect();
            let default: Vec<_> = setting
                .arg
                .get_default_values()
                .iter()
                .map(|value| value.to_string_lossy())
                .collect();
            let default = match default.join(", ") {
                default if default.is_empty() || setting.kind == Kind::Switch => String::new(),
                default => format!(" [default: {default}]"),
            };
            let about = setting
                .arg
                .get_help()
                .unwrap()
                .to_string()
                .replace('|', "\\|");
            let expected = setting.kind.expected();
            writeln!(
                text,
                "| {key} | {} | {expected} | {about}{default} |",
                variables.join(", ")
            )
            .unwrap();
        }
    }
    text
}

#[test]
fn every_setting_is_in_the_documentation() {
    let page = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/reference/configuration.md"
    );
    let page = std::fs::read_to_string(page).unwrap();
    let (_, table) = page.split_once("<!-- settings -->\n").unwrap();
    let (table, _) = table.split_once("\n<!-- end -->").unwrap();
    let expected = documented();
    assert!(table == expected, "the table must be:\n{expected}");
}
