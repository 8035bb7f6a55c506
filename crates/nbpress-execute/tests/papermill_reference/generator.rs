//! Random cases, the same in every run.

use serde_json::{Value, json};

const KERNELS: [&str; 9] = [
    "python",
    "R",
    "scala",
    "julia",
    "matlab",
    ".net-csharp",
    ".net-fsharp",
    ".net-powershell",
    "bash",
];

/// Characters that mean something somewhere, and some that mean nothing.
const CHARACTERS: [char; 40] = [
    'a',
    'Z',
    '0',
    '9',
    ' ',
    '"',
    '\'',
    '\\',
    '$',
    '`',
    '(',
    ')',
    '{',
    '}',
    '[',
    ']',
    ';',
    '#',
    '%',
    '/',
    '*',
    '-',
    '=',
    '@',
    '~',
    '!',
    '|',
    '&',
    '<',
    '>',
    '\n',
    '\r',
    '\t',
    '\u{0}',
    '\u{1b}',
    '\u{7f}',
    '\u{e9}',
    '\u{2028}',
    '\u{201d}',
    '\u{1f600}',
];

/// Splitmix64: <https://prng.di.unimi.it/splitmix64.c>.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    fn text(&mut self, characters: &[char]) -> String {
        (0..self.below(12)).map(|_| self.pick(characters)).collect()
    }

    fn value(&mut self, depth: usize, characters: &[char]) -> Value {
        match self.below(if depth == 0 { 5 } else { 7 }) {
            0 => Value::Null,
            1 => Value::Bool(self.below(2) == 1),
            2 => {
                json!({"$int": format!("{}{}", self.pick(&["", "-"]), self.next() >> self.below(64))})
            }
            3 => json!({"$float": format!("{:?}", f64::from_bits(self.next())).to_lowercase()}),
            4 => Value::String(self.text(characters)),
            5 => (0..self.below(4))
                .map(|_| self.value(depth - 1, characters))
                .collect(),
            _ => {
                let entry = |at: usize, random: &mut Self| {
                    json!([
                        format!("{at}{}", random.text(characters)),
                        random.value(depth - 1, characters)
                    ])
                };
                json!({"$map": (0..self.below(4)).map(|at| entry(at, self)).collect::<Vec<_>>()})
            }
        }
    }
}

pub(crate) fn cases(count: usize) -> impl Iterator<Item = Value> {
    let mut random = Random(1);
    (0..count).map(move |at| {
        // Two of three have only what no language gives a meaning inside quotes.
        let plain = at % 3 > 0;
        let characters = if plain {
            &CHARACTERS[..7]
        } else {
            &CHARACTERS[..]
        };
        let parameters: Vec<Value> = (0..=random.below(3))
            .map(|at| json!([format!("p{at}"), random.value(2, characters)]))
            .collect();
        let kernel = random.pick(&KERNELS);
        // Python's every value is papermill's.
        let same = kernel == "python" || (plain && is_only_text(&parameters));
        json!({"kernel": kernel, "language": "", "parameters": parameters, "plain": same})
    })
}

fn is_only_text(parameters: &[Value]) -> bool {
    parameters.iter().all(|pair| match &pair[1] {
        Value::Array(items) => items.iter().all(Value::is_string) && !items.is_empty(),
        value => value.is_string() || value.is_boolean(),
    })
}

/// Texts that nearly are numbers.
pub(crate) fn numbers(count: usize) -> impl Iterator<Item = String> {
    const PIECES: [&str; 24] = [
        "0", "1", "9", "00", "_", "__", ".", "e", "E", "+", "-", " ", "\t", "x", "inf", "nan",
        "Infinity", "NAN", "\u{663}", "\u{ff11}", "\u{a0}", "\u{1c}", "l", "1e5",
    ];
    let mut random = Random(2);
    (0..count).map(move |_| {
        (0..=random.below(5))
            .map(|_| random.pick(&PIECES))
            .collect()
    })
}

/// Plain scalars that nearly are numbers to YAML.
pub(crate) fn scalars(count: usize) -> impl Iterator<Item = String> {
    const PIECES: [&str; 28] = [
        "0", "1", "7", "8", "59", "60", "00", "_", ".", "e", "E", "+", "-", "e+", "x", "0x", "0b",
        "0o", ":", ":30", ".inf", ".nan", "~", "yes", "a", "f", "<<", "=",
    ];
    let mut random = Random(3);
    (0..count).map(move |_| {
        let text: String = (0..=random.below(5))
            .map(|_| random.pick(&PIECES))
            .collect();
        format!("a: {text}")
    })
}
