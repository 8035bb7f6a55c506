//! `papermill 'in/{x}.ipynb' 'out/{y:03d}.ipynb'`.

use std::collections::HashMap;

use jiff::civil::date;
use nbpress_execute::path_template::{Builtins, format_path};
use nbpress_execute::yaml::parameters;
use serde_json::Value;

use super::{Compared, told};

const NUMBERS: &str = "{i: 1234567, n: -42, z: 0, big: 123456789012345678901234567890, f: 1234.5678, h: 0.5, m: -0.0, p: 2.5, e: 1.0e+20, s: 1.5e-7, nan: .nan, inf: .inf, ninf: -.inf, t: yes, w: 8, c: 97, none: ~}";
const TEXTS: &str = "{x: hello, e: 'é\u{1f600}', q: \"it's\", l: [1, [2, x], {k: v}], d: {a: 1, '0': s, 0: i, 1.0: one, ' b.c': sp, yes: t, 'x]y': n}, s: '', w: 10, f: '*', a: '>', n: ~, b: no, '': empty, 'a b': sp, '1': one, r: '{x}', t: 2026-01-31}";

/// Templates and the parameters they are filled with, as YAML.
#[rustfmt::skip]
const TEMPLATES: &[(&str, &str)] = &[
    // Nothing to fill in.
    ("", ""), ("a/b.ipynb", ""), ("s3://bucket/a b.ipynb", ""), ("é/日本.ipynb", ""), ("{{}}", ""), ("{{x}}", TEXTS), ("a}}b", ""), ("{{{x}}}", TEXTS), ("{{{{", ""), ("100%", ""), ("$x", ""),
    // Names.
    ("{x}", TEXTS), ("a/{x}/b_{w}.ipynb", TEXTS), ("{x}{x}", TEXTS), ("{e}", TEXTS), ("{s}", TEXTS), ("{n}", TEXTS), ("{b}", TEXTS), ("{l}", TEXTS), ("{d}", TEXTS), ("{a b}", TEXTS), ("{r}", TEXTS), ("{t}", TEXTS), ("{ x}", TEXTS), ("{x }", TEXTS),
    ("{missing}", ""), ("{missing}", TEXTS), ("{x}{missing}", TEXTS), ("{it's}", ""), ("{}", TEXTS), ("{0}", TEXTS), ("{1}", TEXTS), ("{x}{}", TEXTS), ("{\u{663}}", TEXTS), ("{\u{b2}}", TEXTS), ("{-1}", TEXTS), ("{99999999999999999999}", TEXTS), ("{0}{}", TEXTS), ("{é}", "é: 1"), ("{[0]}", TEXTS), ("{.x}", TEXTS), ("{:d}", TEXTS), ("{!r}", TEXTS),
    // Braces.
    ("{", ""), ("}", ""), ("a{", ""), ("a}", ""), ("{x", TEXTS), ("x}", TEXTS), ("{x}}", TEXTS), ("{{x}", TEXTS), ("{{{x}", TEXTS), ("{x{y}}", TEXTS), ("{x:{", TEXTS), ("{x:{w}", TEXTS), ("{x[}", TEXTS), ("{l[0}", TEXTS), ("{x!}", TEXTS), ("{x!", TEXTS), ("{x!r", TEXTS), ("{x!rr}", TEXTS), ("{x!r:", TEXTS), ("{x!z}", TEXTS), ("{x!R}", TEXTS), ("{x!}}", TEXTS), ("{x!\u{e9}}", TEXTS), ("{missing}}", ""), ("}{missing}", ""), ("{x:}", TEXTS), ("{x:}}", TEXTS), ("{missing!z}", TEXTS), ("{x!z:{missing}}", TEXTS), ("{x:{missing}}", TEXTS),
    // Items and attributes.
    ("{l[0]}", TEXTS), ("{l[1]}", TEXTS), ("{l[1][1]}", TEXTS), ("{l[2][k]}", TEXTS), ("{l[3]}", TEXTS), ("{l[-1]}", TEXTS), ("{l[x]}", TEXTS), ("{l[]}", TEXTS), ("{l[ 0]}", TEXTS), ("{l[00]}", TEXTS), ("{l[\u{661}]}", TEXTS), ("{l[99999999999999999999]}", TEXTS), ("{l[0]x}", TEXTS), ("{l[0].x}", TEXTS), ("{l.x}", TEXTS), ("{l.}", TEXTS), ("{l..x}", TEXTS), ("{l[0][0]}", TEXTS),
    ("{d[a]}", TEXTS), ("{d[0]}", TEXTS), ("{d[1]}", TEXTS), ("{d[2]}", TEXTS), ("{d[z]}", TEXTS), ("{d['a']}", TEXTS), ("{d[ b.c]}", TEXTS), ("{d[a}", TEXTS), ("{d[a][b]}", TEXTS), ("{d.a}", TEXTS), ("{d[x]y]}", TEXTS), ("{d[it's]}", TEXTS), ("{d[{a}]}", TEXTS), ("{d[a:b]}", TEXTS), ("{d[a!b]}", TEXTS), ("{x[0]}", TEXTS), ("{x[4]}", TEXTS), ("{x[5]}", TEXTS), ("{x[a]}", TEXTS), ("{e[1]}", TEXTS), ("{n[0]}", TEXTS), ("{n.x}", TEXTS), ("{w[0]}", TEXTS), ("{b[0]}", TEXTS), ("{x.nothing}", TEXTS),
    ("{i.real}", NUMBERS), ("{i.imag}", NUMBERS), ("{n.numerator}", NUMBERS), ("{i.denominator}", NUMBERS), ("{t.real}", NUMBERS), ("{t.imag}", NUMBERS), ("{t.denominator}", NUMBERS), ("{f.real}", NUMBERS), ("{f.imag}", NUMBERS), ("{f.numerator}", NUMBERS), ("{i.real.real}", NUMBERS), ("{i.nothing}", NUMBERS), ("{f[0]}", NUMBERS),
    // Conversions.
    ("{x!r}", TEXTS), ("{x!s}", TEXTS), ("{x!a}", TEXTS), ("{e!r}", TEXTS), ("{e!a}", TEXTS), ("{q!r}", TEXTS), ("{q!a}", TEXTS), ("{l!r}", TEXTS), ("{l!s}", TEXTS), ("{n!r}", TEXTS), ("{n!s:>6}", TEXTS), ("{d[a]!r}", TEXTS), ("{x!r:>10}", TEXTS), ("{w!s:03}", TEXTS), ("{w!r:d}", TEXTS), ("{l!s:.3}", TEXTS),
    // Texts.
    ("{x:10}|", TEXTS), ("{x:<10}|", TEXTS), ("{x:>10}|", TEXTS), ("{x:^10}|", TEXTS), ("{x:*^11}|", TEXTS), ("{x:é>7}", TEXTS), ("{x:.3}", TEXTS), ("{x:8.2}|", TEXTS), ("{x:>8.2}|", TEXTS), ("{x:s}", TEXTS), ("{x:.0s}|", TEXTS), ("{x:010}|", TEXTS), ("{x:>010}|", TEXTS), ("{x:=10}", TEXTS), ("{x:d}", TEXTS), ("{x:+}", TEXTS), ("{x: }", TEXTS), ("{x:-}", TEXTS), ("{x:#}", TEXTS), ("{x:z}", TEXTS), ("{x:,}", TEXTS), ("{x:_}", TEXTS), ("{x:.}", TEXTS), ("{x:10s5}", TEXTS), ("{x:f}", TEXTS), ("{x:%}", TEXTS), ("{e:4}|", TEXTS), ("{x:<<7}|", TEXTS), ("{x:>>7}", TEXTS), ("{x:}>7}", TEXTS), ("{x:{{>7}", TEXTS), ("{s:3}|", TEXTS), ("{x:99999999999999999999}", TEXTS), ("{x:.99999999999999999999}", TEXTS), ("{x:2}", TEXTS), ("{t:%Y}", TEXTS),
    ("{x:{w}}|", TEXTS), ("{x:>{w}}", TEXTS), ("{x:{a}{w}}", TEXTS), ("{x:{f}{a}{w}}", TEXTS), ("{x:{f}^{w}.{l[0]}}", TEXTS), ("{x:{w:{w}}}", TEXTS), ("{x:{w!r}}|", TEXTS), ("{x:{}}", TEXTS), ("{x:{w}{missing}}", TEXTS), ("{x:{w:02}}|", TEXTS), ("{x:{s}}", TEXTS), ("{w:{w}d}", TEXTS),
    ("{l:5}", TEXTS), ("{d:5}", TEXTS), ("{n:5}", TEXTS), ("{l:}", TEXTS), ("{b:5}|", TEXTS), ("{b:}", TEXTS),
    // Whole numbers.
    ("{w:03d}", NUMBERS), ("{w:3}", NUMBERS), ("{w:<3}|", NUMBERS), ("{w:^4}|", NUMBERS), ("{w:+}", NUMBERS), ("{w: }", NUMBERS), ("{w:-}", NUMBERS), ("{n:+}", NUMBERS), ("{n:05}", NUMBERS), ("{n:=6}", NUMBERS), ("{n:*=6}", NUMBERS), ("{n:<05}|", NUMBERS), ("{n:>05}", NUMBERS), ("{n:*>05}", NUMBERS), ("{n:^05}|", NUMBERS), ("{z:+d}", NUMBERS), ("{z:03}", NUMBERS),
    ("{i:,}", NUMBERS), ("{i:_}", NUMBERS), ("{i:,d}", NUMBERS), ("{i:_d}", NUMBERS), ("{i:012,}", NUMBERS), ("{i:013,}", NUMBERS), ("{i:014,}", NUMBERS), ("{w:04,}", NUMBERS), ("{w:05,}", NUMBERS), ("{w:06,}", NUMBERS), ("{n:08,}", NUMBERS), ("{n:09,}", NUMBERS), ("{i:>14,}", NUMBERS), ("{i:*=14,}", NUMBERS), ("{big:,}", NUMBERS), ("{i:,_}", NUMBERS), ("{i:_,}", NUMBERS), ("{i:,,}", NUMBERS), ("{i:__}", NUMBERS),
    ("{i:x}", NUMBERS), ("{i:X}", NUMBERS), ("{i:#x}", NUMBERS), ("{i:#X}", NUMBERS), ("{i:o}", NUMBERS), ("{i:#o}", NUMBERS), ("{w:b}", NUMBERS), ("{w:#b}", NUMBERS), ("{w:08b}", NUMBERS), ("{w:#010b}", NUMBERS), ("{n:#x}", NUMBERS), ("{n:#08x}", NUMBERS), ("{n:x}", NUMBERS), ("{i:_x}", NUMBERS), ("{i:_b}", NUMBERS), ("{i:#_x}", NUMBERS), ("{i:020_b}", NUMBERS), ("{w:#012_b}", NUMBERS), ("{i:,x}", NUMBERS), ("{i:,b}", NUMBERS), ("{z:#x}", NUMBERS), ("{big:x}", NUMBERS), ("{i:#d}", NUMBERS), ("{i:#}", NUMBERS), ("{i:n}", NUMBERS), ("{i:,n}", NUMBERS), ("{i:_n}", NUMBERS),
    ("{c:c}", NUMBERS), ("{c:5c}|", NUMBERS), ("{c:>5c}", NUMBERS), ("{c:05c}", NUMBERS), ("{c:+c}", NUMBERS), ("{c:#c}", NUMBERS), ("{c:,c}", NUMBERS), ("{n:c}", NUMBERS), ("{big:c}", NUMBERS), ("{i:c}", NUMBERS), ("{c:.2c}", NUMBERS),
    ("{i:.2}", NUMBERS), ("{i:.2d}", NUMBERS), ("{i:z}", NUMBERS), ("{i:zd}", NUMBERS), ("{i:zf}", NUMBERS), ("{i:s}", NUMBERS), ("{i:q}", NUMBERS), ("{i:é}", NUMBERS), ("{i:r}", NUMBERS), ("{i:.}", NUMBERS), ("{i:3.d}", NUMBERS), ("{i:dd}", NUMBERS), ("{i:5 }", NUMBERS), ("{i:%Y}", NUMBERS), ("{i:{w}.{w}}", NUMBERS),
    ("{i:f}", NUMBERS), ("{i:.1f}", NUMBERS), ("{i:e}", NUMBERS), ("{i:g}", NUMBERS), ("{i:.3g}", NUMBERS), ("{i:%}", NUMBERS), ("{i:,.2f}", NUMBERS), ("{i:G}", NUMBERS), ("{big:e}", NUMBERS), ("{big:.0f}", NUMBERS), ("{huge:e}", "huge: 0x1000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"),
    ("{t:d}", NUMBERS), ("{t:5}|", NUMBERS), ("{t:05}", NUMBERS), ("{t:x}", NUMBERS), ("{t:f}", NUMBERS), ("{t:s}", NUMBERS), ("{t:c}", NUMBERS), ("{t}", NUMBERS), ("{t!s:>6}", NUMBERS),
    // Floats.
    ("{f}", NUMBERS), ("{e}", NUMBERS), ("{s}", NUMBERS), ("{m}", NUMBERS), ("{nan}", NUMBERS), ("{inf}", NUMBERS), ("{ninf}", NUMBERS), ("{f:f}", NUMBERS), ("{f:.2f}", NUMBERS), ("{f:.0f}", NUMBERS), ("{h:.0f}", NUMBERS), ("{p:.0f}", NUMBERS), ("{f:#.0f}", NUMBERS), ("{f:10.2f}|", NUMBERS), ("{f:<10.2f}|", NUMBERS), ("{f:^10.2f}|", NUMBERS), ("{f:010.2f}", NUMBERS), ("{f:+.1f}", NUMBERS), ("{f: .1f}", NUMBERS), ("{m:f}", NUMBERS), ("{m:zf}", NUMBERS), ("{m:z}", NUMBERS), ("{m:+z.1f}", NUMBERS), ("{x:z.0f}", "x: -0.4"), ("{x:z.1f}", "x: -0.04"), ("{x:z.2f}", "x: -0.04"), ("{x:ze}", "x: -0.0"), ("{ninf:z}", NUMBERS),
    ("{f:,}", NUMBERS), ("{f:,.2f}", NUMBERS), ("{f:_.2f}", NUMBERS), ("{f:015,.2f}", NUMBERS), ("{f:012,.1f}", NUMBERS), ("{f:011,.1f}", NUMBERS), ("{e:,}", NUMBERS), ("{e:,f}", NUMBERS), ("{inf:,}", NUMBERS), ("{f:,n}", NUMBERS), ("{f:_n}", NUMBERS), ("{f:n}", NUMBERS), ("{f:.3n}", NUMBERS),
    ("{f:e}", NUMBERS), ("{f:E}", NUMBERS), ("{f:.0e}", NUMBERS), ("{f:#.0e}", NUMBERS), ("{f:.2e}", NUMBERS), ("{s:e}", NUMBERS), ("{m:e}", NUMBERS), ("{x:e}", "x: 1.5e+300"), ("{x:e}", "x: 1.5e-300"), ("{f:015.2e}", NUMBERS), ("{f:,e}", NUMBERS),
    ("{f:g}", NUMBERS), ("{f:G}", NUMBERS), ("{f:.2g}", NUMBERS), ("{f:.0g}", NUMBERS), ("{f:.10g}", NUMBERS), ("{f:#g}", NUMBERS), ("{f:#.2g}", NUMBERS), ("{f:#.4g}", NUMBERS), ("{e:g}", NUMBERS), ("{s:g}", NUMBERS), ("{s:G}", NUMBERS), ("{m:g}", NUMBERS), ("{h:g}", NUMBERS), ("{h:#g}", NUMBERS), ("{x:g}", "x: 0.0001"), ("{x:g}", "x: 0.00001"), ("{x:g}", "x: 123456.0"), ("{x:g}", "x: 1234567.0"), ("{x:g}", "x: 999999.5"), ("{x:g}", "x: 100.0"), ("{x:#g}", "x: 100.0"), ("{x:g}", "x: 0.0"), ("{x:#g}", "x: 0.0"), ("{x:#.1g}", "x: 0.0"),
    ("{f:.2}", NUMBERS), ("{f:.4}", NUMBERS), ("{f:.5}", NUMBERS), ("{f:.10}", NUMBERS), ("{f:.0}", NUMBERS), ("{f:10.5}|", NUMBERS), ("{f:#.4}", NUMBERS), ("{e:.3}", NUMBERS), ("{s:.3}", NUMBERS), ("{h:.3}", NUMBERS), ("{m:.3}", NUMBERS), ("{x:.3}", "x: 100.0"), ("{x:.3}", "x: 99.95"), ("{x:.4}", "x: 100.0"), ("{x:.1}", "x: 5.0"), ("{x:.1}", "x: 50.0"), ("{x:.2}", "x: 5.0"), ("{x:#.3}", "x: 100.0"), ("{f:#}", NUMBERS), ("{e:#}", NUMBERS), ("{s:#}", NUMBERS), ("{f:20}|", NUMBERS), ("{f:020}", NUMBERS), ("{f:+}", NUMBERS), ("{x:5}|", "x: 1.0"), ("{x:<5}|", "x: 1.0"), ("{x:05}", "x: 1.0"), ("{x:,}", "x: 1234567.0"),
    ("{h:%}", NUMBERS), ("{h:.0%}", NUMBERS), ("{h:.1%}", NUMBERS), ("{h:#.0%}", NUMBERS), ("{h:010.1%}", NUMBERS), ("{f:,.1%}", NUMBERS), ("{nan:%}", NUMBERS), ("{inf:%}", NUMBERS), ("{m:.0%}", NUMBERS),
    ("{nan:f}", NUMBERS), ("{nan:F}", NUMBERS), ("{nan:05}", NUMBERS), ("{inf:05}", NUMBERS), ("{ninf:06}", NUMBERS), ("{inf:F}", NUMBERS), ("{inf:E}", NUMBERS), ("{inf:G}", NUMBERS), ("{inf:+}", NUMBERS), ("{nan:+}", NUMBERS), ("{inf:.2f}", NUMBERS), ("{inf:06,}", NUMBERS), ("{inf:#}", NUMBERS),
    ("{f:d}", NUMBERS), ("{f:x}", NUMBERS), ("{f:s}", NUMBERS), ("{f:c}", NUMBERS), ("{f:,x}", NUMBERS), ("{f:.}", NUMBERS), ("{f:r}", NUMBERS), ("{none:d}", NUMBERS), ("{none}", NUMBERS),
    // The builtins.
    ("{pm[run_uuid]}", ""), ("{pm[run_uuid]:.8}", ""), ("{pm[current_datetime_utc]}", ""), ("{pm[current_datetime_local]}", ""), ("{pm[current_datetime_utc]!r}", ""), ("{pm[current_datetime_local]!r}", ""), ("{pm[current_datetime_local]!s:.10}", ""), ("{pm}", ""), ("{pm!r:.20}", ""), ("{pm:d}", ""), ("{pm.run_uuid}", ""), ("{pm[nothing]}", ""), ("{pm[0]}", ""), ("{pm[run_uuid][0]}", ""), ("{pm[current_datetime_utc][0]}", ""), ("{pm}", "pm: 1"), ("{pm[run_uuid]}", "pm: 1"), ("{pm[run_uuid]}", "pm: {run_uuid: mine}"), ("{pm[current_datetime_utc]:}", ""), ("{pm[current_datetime_utc]:{w}}", "w: '%Y'"),
    ("{pm[current_datetime_utc]:%Y%m%d}", ""), ("{pm[current_datetime_local]:%Y-%m-%dT%H:%M:%S.%f}", ""), ("{pm[current_datetime_local]:%a %A %b %B %h}", ""), ("{pm[current_datetime_local]:%d %e %H %I %k %l %m %M %S %p %P}", ""), ("{pm[current_datetime_utc]:%d %e %H %I %k %l %m %M %S %p %P}", ""), ("{pm[current_datetime_local]:%j %u %w %U %V %W %G %g %y %C}", ""), ("{pm[current_datetime_utc]:%j %u %w %U %V %W %G %g %y %C}", ""), ("{pm[current_datetime_local]:%c|%x|%X|%D|%F|%r|%R|%T}", ""), ("{pm[current_datetime_utc]:%z|%Z|}", ""), ("{pm[current_datetime_local]:%z|%Z|}", ""), ("{pm[current_datetime_local]:%%|%n|%t|}", ""), ("{pm[current_datetime_local]:%Q|%q|%v|%i|%K|%é|%|}", ""), ("{pm[current_datetime_local]:x%}", ""), ("{pm[current_datetime_local]:%-d|%_d|%-m|%-H|%-I|%-M|%-S|%-j|%-y|%_H}", ""), ("{pm[current_datetime_local]:%0e|%-e|%0k|%^a|%^B|%#a|%#p|%#Z|%5d|%6Y|%_6Y|%-6Y|%8a|%08a|%10F}", ""), ("{pm[current_datetime_local]:%Ey|%Od|%EY|%OH}", ""), ("{pm[current_datetime_local]:%s}", ""), ("{pm[current_datetime_local]:plain}", ""), ("{pm[current_datetime_local]:%Y/%m}/é", ""),
    ("{pm[current_datetime_utc].year}-{pm[current_datetime_utc].month:02}-{pm[current_datetime_utc].day}", ""), ("{pm[current_datetime_local].hour}:{pm[current_datetime_local].minute}:{pm[current_datetime_local].second}.{pm[current_datetime_local].microsecond:06}", ""), ("{pm[current_datetime_utc].tzinfo}", ""), ("{pm[current_datetime_local].tzinfo}", ""), ("{pm[current_datetime_local].fold}", ""), ("{pm[current_datetime_local].nothing}", ""),
    // papermill's own tests.
    ("{foo}/baz", "foo: bar"), ("foo/{bar[baz]}/", "bar: {baz: quux}"), ("foo/{bar[1]}/", "bar: [0, 1]"), ("foo/bar/{baz:03d}", "baz: 42"), ("foo/{bar}", "baz: quux"), ("foo/{}", ""),
];

/// What may stand between `%` and a letter.
const FLAGS: &[&str] = &[
    "", "-", "_", "0", "^", "#", "E", "O", "5", "-5", "_5", "05", "^12", "#12", "-^12", "_-3",
    "-_3", "012",
];

/// What fields are made of; up to four of them in every order stand between braces.
const SIGNS: &[&str] = &["{", "}", "[", "]", ".", ":", "!", "0", "x", "r"];

/// Every so many-th combination of what follows is compared; all of them take ten seconds.
const COMBINATIONS: usize = 13;

/// The parts of a format specification, in order.
const PARTS: [&[&str]; 8] = [
    &["", "<", "*>", "=", "x^"],
    &["", "+", " "],
    &["", "z"],
    &["", "#"],
    &["", "0", "12", "014"],
    &["", ",", "_"],
    &["", ".0", ".3"],
    &["", "d", "x", "b", "c", "e", "f", "g", "n", "%", "s", "q"],
];

/// What each of them formats.
const VALUES: &[&str] = &[
    "x: -1234567",
    "x: 8",
    "x: 1234.5678",
    "x: -0.0000125",
    "x: hello",
];

/// The templates above, every directive of `strftime` with every flag, combinations of the parts of a
/// format specification, and fields of a few signs.
pub(crate) fn templates() -> Vec<(String, String)> {
    let own = |&(template, values): &(&str, &str)| (template.to_owned(), values.to_owned());
    let letters: Vec<char> = ('a'..='z')
        .chain('A'..='Z')
        .chain(['%', '+', '/', 'é'])
        .collect();
    let flagged = FLAGS.iter().flat_map(|flags| {
        letters
            .iter()
            .map(move |letter| format!("%{flags}{letter}"))
    });
    let directives = flagged.map(|directive| {
        let template = format!("{{pm[current_datetime_utc]:<{directive}>}}");
        (template, String::new())
    });
    let mut specifications = vec![String::new()];
    for part in PARTS {
        let longer = |start: &String| {
            part.iter()
                .map(|next| format!("{start}{next}"))
                .collect::<Vec<_>>()
        };
        specifications = specifications.iter().flat_map(longer).collect();
    }
    let formatted = VALUES.iter().flat_map(|value| {
        let template = |specification| (format!("{{x:{specification}}}"), (*value).to_owned());
        specifications
            .iter()
            .step_by(COMBINATIONS)
            .map(template)
            .collect::<Vec<_>>()
    });
    let mut fields = vec![String::new()];
    let mut longest = fields.clone();
    for _ in 0..4 {
        let longer = |start: &String| {
            SIGNS
                .iter()
                .map(|next| format!("{start}{next}"))
                .collect::<Vec<_>>()
        };
        longest = longest.iter().flat_map(longer).collect();
        fields.extend(longest.iter().cloned());
    }
    let fields = fields
        .iter()
        .map(|field| (format!("{{{field}}}"), "x: [hello]".to_owned()));
    TEMPLATES
        .iter()
        .map(own)
        .chain(directives)
        .chain(formatted)
        .chain(fields)
        .collect()
}

pub(crate) fn compare(answers: &Value) -> Compared {
    let mut compared = Compared::new("path");
    let builtins = Builtins {
        run_uuid: "5f8de2b0-8a3e-4d0f-9d5e-000000000001".to_owned(),
        current_datetime_local: date(2026, 3, 7).at(9, 5, 4, 71_000),
        current_datetime_utc: date(2026, 12, 31).at(23, 0, 0, 0),
    };
    let mut read = HashMap::new();
    for (index, case) in templates().iter().enumerate() {
        let values = read
            .entry(case.1.clone())
            .or_insert_with(|| parameters(&case.1).unwrap());
        let ours = match format_path(&case.0, values, &builtins) {
            Ok(path) => path,
            Err(error) => {
                let exception = error.python_exception();
                if exception == "PapermillMissingParameterException" {
                    let theirs = answers[index]["message"].as_str();
                    compared.case(
                        case,
                        &error.to_string(),
                        theirs.unwrap_or("nothing is missing"),
                    );
                }
                format!("raises {exception}")
            }
        };
        compared.case(case, &ours, &told(&answers[index]));
    }
    compared
}
