//! Points in time as Python's `datetime` prints them.
//!
//! `format(datetime, "%Y")` is C's `strftime`, in the C locale, with glibc's flags and widths
//! (<https://man7.org/linux/man-pages/man3/strftime.3.html>) and Python's `%f`.

use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;
use nbpress_format::parameters::ParameterValue;

const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// No path is longer.
const MAX_WIDTH: usize = 4096;

/// A `datetime.datetime`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    time: DateTime,
    /// Whether it knows that it is in UTC; else it knows no time zone.
    utc: bool,
}

/// What a directive of `strftime` gives.
enum Piece {
    Number {
        value: i64,
        width: usize,
        fill: char,
    },
    Text(String),
}

impl Moment {
    pub(super) fn local(time: DateTime) -> Self {
        Self { time, utc: false }
    }

    pub(super) fn utc(time: DateTime) -> Self {
        Self { time, utc: true }
    }

    /// Python's clock has microseconds.
    fn microsecond(self) -> i32 {
        self.time.subsec_nanosecond() / 1000
    }

    /// `str(datetime)`.
    pub(super) fn str(self) -> String {
        let fraction = if self.microsecond() > 0 { ".%f" } else { "" };
        let zone = if self.utc { "+00:00" } else { "" };
        self.strftime(&format!("%Y-%m-%d %H:%M:%S{fraction}{zone}"))
    }

    /// `repr(datetime)`: seconds and microseconds only where there are some.
    pub(super) fn repr(self) -> String {
        let time = self.time;
        let mut parts = format!(
            "datetime.datetime({}, {}, {}, {}, {}",
            time.year(),
            time.month(),
            time.day(),
            time.hour(),
            time.minute()
        );
        if time.second() > 0 || self.microsecond() > 0 {
            parts.extend([", ".to_owned(), time.second().to_string()]);
        }
        if self.microsecond() > 0 {
            parts.extend([", ".to_owned(), self.microsecond().to_string()]);
        }
        parts
            + if self.utc {
                ", tzinfo=datetime.timezone.utc)"
            } else {
                ")"
            }
    }

    /// The attributes that are data.
    pub(super) fn attribute(self, name: &str) -> Option<ParameterValue> {
        let time = self.time;
        let number = match name {
            "year" => i64::from(time.year()),
            "month" => i64::from(time.month()),
            "day" => i64::from(time.day()),
            "hour" => i64::from(time.hour()),
            "minute" => i64::from(time.minute()),
            "second" => i64::from(time.second()),
            "microsecond" => i64::from(self.microsecond()),
            "fold" => 0,
            "tzinfo" if self.utc => return Some(ParameterValue::Other("UTC".to_owned())),
            "tzinfo" => return Some(ParameterValue::Null),
            _ => return None,
        };
        Some(ParameterValue::from(number))
    }

    /// `datetime.strftime(format)`. What is no directive stays as it is.
    pub(super) fn strftime(self, format: &str) -> String {
        let mut out = String::new();
        let mut rest = format;
        while let Some(at) = rest.find('%') {
            out.push_str(&rest[..at]);
            let directive = Directive::parse(&rest[at..]);
            out.push_str(&directive.padded(directive.piece(self)));
            rest = &rest[at + directive.source.len()..];
        }
        out + rest
    }

    fn number(self, letter: char) -> Option<Piece> {
        let (time, date) = (self.time, self.time.date());
        let week = date.iso_week_date();
        let weekday = date.weekday();
        let day = i64::from(date.day_of_year()) - 1;
        let hour12 = (i64::from(time.hour()) + 11) % 12 + 1;
        let (value, width, fill) = match letter {
            'C' => (i64::from(time.year()) / 100, 2, '0'),
            'd' => (i64::from(time.day()), 2, '0'),
            'e' => (i64::from(time.day()), 2, ' '),
            'f' => (i64::from(self.microsecond()), 6, '0'),
            'g' => (i64::from(week.year()).rem_euclid(100), 2, '0'),
            'G' => (i64::from(week.year()), 1, '0'),
            'H' => (i64::from(time.hour()), 2, '0'),
            'I' => (hour12, 2, '0'),
            'j' => (day + 1, 3, '0'),
            'k' => (i64::from(time.hour()), 2, ' '),
            'l' => (hour12, 2, ' '),
            'm' => (i64::from(time.month()), 2, '0'),
            'M' => (i64::from(time.minute()), 2, '0'),
            's' => (
                time.to_zoned(TimeZone::system())
                    .ok()?
                    .timestamp()
                    .as_second(),
                1,
                ' ',
            ),
            'S' => (i64::from(time.second()), 2, '0'),
            'u' => (i64::from(weekday.to_monday_one_offset()), 1, '0'),
            'U' => (
                (day + 7 - i64::from(weekday.to_sunday_zero_offset())) / 7,
                2,
                '0',
            ),
            'V' => (i64::from(week.week()), 2, '0'),
            'w' => (i64::from(weekday.to_sunday_zero_offset()), 1, '0'),
            'W' => (
                (day + 7 - i64::from(weekday.to_monday_zero_offset())) / 7,
                2,
                '0',
            ),
            'y' => (i64::from(time.year()).rem_euclid(100), 2, '0'),
            'Y' => (i64::from(time.year()), 1, '0'),
            _ => return None,
        };
        Some(Piece::Number { value, width, fill })
    }

    fn text(self, letter: char) -> Option<Piece> {
        let day = day_name(self.time.date().weekday());
        let month = usize::try_from(self.time.month()).ok();
        let month = MONTHS.get(month?.checked_sub(1)?)?;
        let half = if self.time.hour() < 12 { "AM" } else { "PM" };
        let text = match letter {
            'a' => day[..3].to_owned(),
            'A' => day.to_owned(),
            'b' | 'h' => month[..3].to_owned(),
            'B' => (*month).to_owned(),
            'p' => half.to_owned(),
            'P' => half.to_lowercase(),
            'z' => if self.utc { "+0000" } else { "" }.to_owned(),
            'Z' => if self.utc { "UTC" } else { "" }.to_owned(),
            'n' => "\n".to_owned(),
            't' => "\t".to_owned(),
            '%' => "%".to_owned(),
            'c' => self.strftime("%a %b %e %H:%M:%S %Y"),
            'D' | 'x' => self.strftime("%m/%d/%y"),
            'F' => self.strftime("%Y-%m-%d"),
            'r' => self.strftime("%I:%M:%S %p"),
            'R' => self.strftime("%H:%M"),
            'T' | 'X' => self.strftime("%H:%M:%S"),
            _ => return None,
        };
        Some(Piece::Text(text))
    }
}

fn day_name(weekday: Weekday) -> &'static str {
    usize::try_from(weekday.to_sunday_zero_offset()).map_or("", |day| DAYS[day])
}

/// `%`, flags, a width, perhaps `E` or `O`, a letter.
struct Directive<'a> {
    source: &'a str,
    flags: &'a str,
    width: usize,
    modifier: Option<char>,
    letter: Option<char>,
}

impl<'a> Directive<'a> {
    /// Reads the directive that a text begins with.
    fn parse(text: &'a str) -> Self {
        let behind = |text: &'a str, wanted: &dyn Fn(char) -> bool| {
            text.split_at(text.find(|next| !wanted(next)).unwrap_or(text.len()))
        };
        let (flags, rest) = behind(&text[1..], &|next| "_-0^#".contains(next));
        let (width, rest) = behind(rest, &|next| next.is_ascii_digit());
        let modifier = rest.chars().next().filter(|next| matches!(next, 'E' | 'O'));
        let rest = &rest[modifier.map_or(0, char::len_utf8)..];
        let letter = rest.chars().next();
        let end = text.len() - rest.len() + letter.map_or(0, char::len_utf8);
        Self {
            source: &text[..end],
            flags,
            width: if width.is_empty() {
                0
            } else {
                width.parse().unwrap_or(MAX_WIDTH).min(MAX_WIDTH)
            },
            modifier,
            letter,
        }
    }

    /// What the directive stands for; itself where it means nothing.
    fn piece(&self, moment: Moment) -> Piece {
        let plain = self.source.len() == 2;
        let known = match (self.letter, self.modifier) {
            (Some('f'), _) if !plain => None,
            // Python gives C no time zone.
            (Some('z' | 'Z'), _) if !plain => Some(Piece::Text(String::new())),
            (Some(letter), modifier) if takes(letter, modifier) => {
                moment.number(letter).or_else(|| moment.text(letter))
            }
            _ => None,
        };
        known.unwrap_or_else(|| Piece::Text(self.source.to_owned()))
    }

    fn padded(&self, piece: Piece) -> String {
        // Of several flags for the same thing, the last one counts.
        let flag = self.flags.chars().rfind(|flag| "_-0".contains(*flag));
        let (text, width, fill) = match piece {
            Piece::Number { value, width, fill } => {
                let width = if flag == Some('-') { 0 } else { width };
                (value.to_string(), width, fill)
            }
            Piece::Text(text) => (self.in_case(text), 0, ' '),
        };
        let width = match self.letter {
            Some('z') => 0,
            _ if self.width > 0 => self.width,
            _ => width,
        };
        let zeros = flag == Some('0') || (flag.is_none() && fill == '0');
        if zeros {
            format!("{text:0>width$}")
        } else {
            format!("{text:>width$}")
        }
    }

    fn in_case(&self, text: String) -> String {
        let swapped = self.flags.contains('#');
        match self.letter {
            Some('P') => text,
            Some('p') if swapped => text.to_lowercase(),
            Some('a' | 'A' | 'b' | 'B' | 'h') if swapped => text.to_uppercase(),
            _ if self.flags.contains('^') => text.to_uppercase(),
            _ => text,
        }
    }
}

/// Whether glibc knows a letter behind a modifier.
fn takes(letter: char, modifier: Option<char>) -> bool {
    match modifier {
        Some('E') => !"abdeghjklmwABDFGHIMSUVW".contains(letter),
        Some(_) => !"acxADFXY".contains(letter),
        None => true,
    }
}
