//! What lines of crontabs become.

use serde_json::json;

use super::*;

fn read(text: impl AsRef<[u8]>) -> Plan {
    let place = Place {
        time_zone: "Europe/Berlin".to_owned(),
        home: "/home/ann".to_owned(),
    };
    plan(text.as_ref(), &place).unwrap()
}

fn one(text: &str) -> ProposedJob {
    let mut plan = read(text);
    assert_eq!(
        (plan.jobs.len(), &plan.left_out[..]),
        (1, &[][..]),
        "{text}"
    );
    plan.jobs.remove(0)
}

#[test]
fn a_line_becomes_a_job_with_its_schedule_and_parameters() {
    let job = one("30 7 * * 1-5 papermill daily report.ipynb\n"
        .replace("daily report", "daily\\ report")
        .as_str());
    assert_eq!(job.notebook, "/home/ann/daily report.ipynb");
    assert_eq!(job.name, "daily report");
    assert_eq!(job.origin, "line 1");
    let schedule = job.schedule.unwrap();
    assert_eq!(schedule.expression, "30 7 * * 1-5");
    assert_eq!(schedule.time_zone, "Europe/Berlin");
    for (options, expected) in [
        ("-p days 60", json!({"days": 60})),
        (
            "-p on True -p off None -p x 1e3",
            json!({"on": true, "off": null, "x": 1000.0}),
        ),
        (
            "--parameters name west -pdays 7",
            json!({"name": "west", "days": 7}),
        ),
        ("-r days 60", json!({"days": "60"})),
        ("-y '{a: [1, yes]}'", json!({"a": [1, true]})),
        ("-b YTogMQo=", json!({"a": 1})),
        (
            r#"-p text "it's \"so\" \\ 100\%""#,
            json!({"text": r#"it's "so" \ 100%"#}),
        ),
        (r"-p text a\ b'c d'\;", json!({"text": "a bc d;"})),
        ("-p text ''", json!({"text": ""})),
        ("-p n -5", json!({"n": -5})),
    ] {
        let job = one(&format!("@daily papermill in.ipynb {options} --log-output"));
        assert_eq!(
            serde_json::Value::Object(job.parameters),
            expected,
            "{options}"
        );
    }
}

#[test]
fn every_usual_way_to_run_a_notebook_is_understood() {
    for command in [
        "papermill /n/a.ipynb /out/a.ipynb",
        "papermill /n/a.ipynb",
        "/opt/venv/bin/papermill -k python3 /n/a.ipynb out.ipynb > /dev/null 2>&1",
        "cd /n && papermill a.ipynb out.ipynb >> log.txt 2>&1",
        "cd /n; nice -n 10 papermill a.ipynb",
        "cd /; cd n && papermill ./a.ipynb &> log",
        "python3 -m papermill --no-progress-bar /n/a.ipynb",
        "bash -lc 'cd /n && source venv/bin/activate && papermill a.ipynb'",
        "flock -n /tmp/lock timeout 2h papermill /n/a.ipynb",
        "FOO=1 BAR='x y' papermill /n/a.ipynb # every day",
        "env FOO=1 papermill /n/a.ipynb && curl -fsS https://hc.example/ping",
        "papermill /n/a.ipynb || echo failed | mail -s failed ann",
        "uv run papermill /n/a.ipynb",
        "nbpress run /n/a.ipynb -p days=60 --timeout 2h",
        "nbpress papermill /n/a.ipynb /out.ipynb",
        "jupyter nbconvert --to notebook --execute --inplace /n/a.ipynb",
        "jupyter-nbconvert --execute --to=html --ExecutePreprocessor.timeout=600 /n/a.ipynb",
        "jupyter execute /n/a.ipynb --timeout=60",
        "papermill \"$NB/a.ipynb\" ${NB}/out.ipynb",
    ] {
        let job = one(&format!("NB=/n\n@hourly {command}\n"));
        let path = job.notebook.replace("/./", "/");
        assert_eq!(path, "/n/a.ipynb", "{command}");
    }
    let home = one("@daily papermill ~/n/b.ipynb");
    assert_eq!(home.notebook, "/home/ann/n/b.ipynb");
    let bucket = one("@daily papermill s3://acme/a.ipynb s3://acme/out.ipynb");
    assert_eq!(bucket.notebook, "s3://acme/a.ipynb");
}

#[test]
fn what_a_job_does_differently_is_said() {
    for (command, part) in [
        (
            "papermill a.ipynb out/a.ipynb",
            "`out/a.ipynb` becomes a record",
        ),
        ("papermill a.ipynb >> log", "`nbpress logs`"),
        ("papermill a.ipynb --cwd /data", "folder of its own"),
        (
            "papermill a.ipynb && curl https://x",
            "`curl https://x` is not taken over",
        ),
        (". venv/bin/activate; papermill a.ipynb", "is not done"),
        ("flock /l papermill a.ipynb", "waits for the one before"),
        (
            "jupyter nbconvert --execute --to html a.ipynb",
            "is not made",
        ),
    ] {
        let job = one(&format!("MAILTO=\"\"\n@daily {command}"));
        assert!(
            job.notes.iter().any(|note| note.contains(part)),
            "{command}: {:?}",
            job.notes
        );
    }
    let mailed = one("MAILTO=ann@example.org\n@daily papermill a.ipynb");
    assert!(mailed.notes[0].contains("ann@example.org"));
}

#[test]
fn settings_are_those_of_the_line() {
    let job = one(
        "TZ=UTC\nDATA=/d\nPATH=/bin\n@daily A=1 timeout 90m papermill a.ipynb -k ir -f p.yaml --execution-timeout 60",
    );
    assert_eq!(job.settings.kernel.as_deref(), Some("ir"));
    assert_eq!(job.settings.timeouts.run_seconds, 5400);
    assert_eq!(job.settings.timeouts.cell_seconds, Some(60));
    assert_eq!(job.parameter_files, ["/home/ann/p.yaml"]);
    let environment: Vec<_> = job.settings.environment.keys().collect();
    assert_eq!(environment, ["A", "DATA", "TZ"]);
    assert_eq!(job.settings.validate(""), Ok(()));
}

#[test]
fn zones_hold_for_the_lines_below() {
    let plan = read(
        "0 1 * * * papermill a.ipynb\nTZ=UTC\n0 2 * * * papermill a.ipynb\n\
         CRON_TZ = 'Asia/Tokyo'\n0 3 * * * papermill a.ipynb\nCRON_TZ=Mars/Base\n0 4 * * * papermill a.ipynb\n",
    );
    let zones: Vec<_> = plan
        .jobs
        .iter()
        .map(|job| job.schedule.as_ref().unwrap().time_zone.as_str())
        .collect();
    assert_eq!(zones, ["Europe/Berlin", "UTC", "Asia/Tokyo"]);
    assert_eq!(plan.left_out.len(), 1);
    assert!(plan.left_out[0].what.starts_with("line 7: 0 4"));
    assert!(plan.left_out[0].reason.contains("Mars/Base"));
}

#[test]
fn what_is_not_understood_is_listed_with_its_line() {
    for (line, reason) in [
        ("@reboot papermill a.ipynb", "`@reboot` is no time"),
        ("@daily", "no five fields"),
        ("* * * papermill a.ipynb", ""),
        ("61 * * * * papermill a.ipynb", "61"),
        ("0 0 31 2 * papermill a.ipynb", ""),
        ("0 5 * * * /usr/bin/backup", "it runs no notebook"),
        ("0 5 * * * root papermill a.ipynb", "it runs no notebook"),
        ("0 5 * * * papermill 'a.ipynb", "its `'` is not closed"),
        ("0 5 * * * papermill \"a.ipynb", "its `\"` is not closed"),
        ("0 5 * * * papermill a.ipynb \\", "it ends with a `\\`"),
        (
            "0 5 * * * papermill a.ipynb -p day $(date +\\%F)",
            "only a shell knows what `$(date +%F)`",
        ),
        (
            "0 5 * * * papermill a.ipynb -p day `date`",
            "only a shell knows",
        ),
        (
            "0 5 * * * papermill a.ipynb \"-p\" x \"$DAY\"",
            "only a shell knows what `$DAY`",
        ),
        ("0 5 * * * papermill ${NB:-a}.ipynb", "only a shell knows"),
        ("0 5 * * * papermill a.ipynb -p day %x", "standard input"),
        ("0 5 * * * papermill *.ipynb", "its `*` needs a shell"),
        ("0 5 * * * (papermill a.ipynb)", "its `(` needs a shell"),
        (
            "0 5 * * * papermill a.ipynb --frobnicate",
            "`--frobnicate` is not known",
        ),
        ("0 5 * * * papermill a.ipynb -p days", "has no value"),
        ("0 5 * * * papermill a.ipynb -y '{'", "no YAML"),
        ("0 5 * * * papermill", "it names no notebook"),
        ("0 5 * * * papermill - -", "standard input"),
        (
            "0 5 * * * papermill a.ipynb out.ipynb c.ipynb",
            "several notebooks",
        ),
        (
            "0 5 * * * papermill a.ipynb && papermill b.ipynb",
            "several notebooks",
        ),
        (
            "0 5 * * * papermill --prepare-only a.ipynb",
            "without running it",
        ),
        (
            "0 5 * * * jupyter nbconvert --to html a.ipynb",
            "without running it",
        ),
        (
            "0 5 * * * nbpress sweep a.ipynb -s x=1,2",
            "no single notebook",
        ),
        ("0 5 * * * test -f x && papermill a.ipynb", "decides"),
        ("0 5 * * * mount /d || papermill a.ipynb", "decides"),
        (
            "0 5 * * * timeout soon papermill a.ipynb",
            "`soon` is no time",
        ),
        ("0 5 * * * papermill a.ipynb > ", "names no file"),
        ("\u{7f}ELF garbage", ""),
    ] {
        let plan = read(format!("# a comment\n\n{line}\n"));
        assert_eq!(plan.jobs, [], "{line}");
        let [left_out] = &plan.left_out[..] else {
            panic!("{line}: {:?}", plan.left_out);
        };
        assert!(left_out.what.starts_with("line 3: "), "{line}");
        assert!(
            !left_out.reason.is_empty() && left_out.reason.contains(reason),
            "{line}: {}",
            left_out.reason
        );
    }
}

#[test]
fn hostile_files_are_refused_or_listed() {
    let place = Place {
        time_zone: "UTC".to_owned(),
        home: "/".to_owned(),
    };
    assert_eq!(
        plan(b"a\nb\0c", &place),
        Err(CrontabError::Binary { line: 2 })
    );
    let large = vec![b'x'; LARGEST + 1];
    assert!(matches!(
        plan(&large, &place),
        Err(CrontabError::TooLarge { .. })
    ));

    let lines = "@daily papermill a.ipynb\n".repeat(MOST_LINES);
    assert_eq!(
        plan(lines.as_bytes(), &place).unwrap().jobs.len(),
        MOST_LINES
    );
    let more = format!("{lines}# one more\n");
    assert_eq!(plan(more.as_bytes(), &place), Err(CrontabError::TooLong));

    let long = format!("0 5 * * * papermill {}\n", "x".repeat(1 << 20));
    let found = plan(long.as_bytes(), &place).unwrap();
    assert!(found.left_out[0].reason.contains("bytes, more than"));
    assert!(found.left_out[0].what.chars().count() < 80);

    let not_text = b"0 5 * * * papermill \xff\xfe.ipynb\n0 5 * * * papermill a.ipynb\r\n";
    let found = plan(not_text, &place).unwrap();
    assert_eq!((found.left_out.len(), found.jobs.len()), (1, 1));
    assert_eq!(found.jobs[0].notebook, "/a.ipynb");

    let growing = format!(
        "X={}\n0 5 * * * papermill {}\n",
        "y".repeat(60_000),
        "$X".repeat(10_000)
    );
    let found = plan(growing.as_bytes(), &place).unwrap();
    assert!(
        found.left_out[0].reason.contains("variables"),
        "{:?}",
        found.left_out
    );

    let deep = "sh -c 'sh -c \"sh -c \\\"sh -c x\\\"\"'";
    let found = plan(format!("@daily {deep}").as_bytes(), &place).unwrap();
    assert_eq!(found.left_out.len(), 1);
}

#[test]
fn a_line_has_one_identity_wherever_it_stands_and_a_repeated_one_two() {
    let identities = |text: &str| {
        let jobs = read(text).jobs.into_iter();
        jobs.map(|job| job.identity).collect::<Vec<_>>()
    };
    let line = "@daily papermill a.ipynb -p x 1";
    let alone = identities(line);
    assert_eq!(alone, identities(&format!("# more\nA=1\n  {line}  \n")));
    assert_ne!(alone, identities("@daily papermill a.ipynb -p x 2"));
    assert_ne!(alone, identities("@hourly papermill a.ipynb -p x 1"));
    let twice = identities(&format!("{line}\n{line}\n"));
    assert_eq!(twice, [alone[0].clone(), format!("{}.2", alone[0])]);
}
