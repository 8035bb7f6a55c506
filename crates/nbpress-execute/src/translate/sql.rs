//! SQL with session variables: `SET VARIABLE name = value;`, as DuckDB and Spark have them.
//!
//! Lists and mappings are written as DuckDB and Trino read them. No literal holds a backslash or a
//! control character, which some engines take for an escape: `chr(92)` is joined in instead.

use nbpress_format::parameters::{Integer, ParameterValue};

use super::{Compat, Writer, Written, names};

pub(super) struct Sql;

impl Writer for Sql {
    fn language(&self) -> &'static str {
        "SQL"
    }

    fn allows(&self, name: &str) -> bool {
        names::is_ascii_word(name, &[])
    }

    fn comment(&self, text: &str) -> String {
        format!("-- {text}").trim().to_owned()
    }

    fn assignment(&self, name: &str, value: &ParameterValue, mode: Compat, _: &str) -> Written {
        Ok(format!(
            "SET VARIABLE {name} = {};",
            self.value(value, mode)?
        ))
    }

    fn null(&self) -> Written {
        Ok("NULL".to_owned())
    }

    fn bool(&self, value: bool) -> &'static str {
        if value { "TRUE" } else { "FALSE" }
    }

    fn int(&self, value: &Integer, _: Compat) -> Written {
        Ok(value.to_string())
    }

    fn not_finite(&self, value: f64, _: Compat) -> String {
        let name = if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        };
        format!("CAST('{name}' AS DOUBLE)")
    }

    fn string(&self, text: &str, _: Compat) -> Written {
        let pieces = pieces(text);
        Ok(if pieces.len() == 1 {
            pieces.concat()
        } else {
            format!("({})", pieces.join(" || "))
        })
    }

    fn date(&self, text: &str, time: bool, _: Compat) -> Written {
        // Checked already: no quote is in it.
        Ok(format!(
            "{} '{}'",
            if time { "TIMESTAMP" } else { "DATE" },
            text.replace('\'', "")
        ))
    }

    fn list(&self, values: &[ParameterValue], mode: Compat) -> Written {
        Ok(format!("ARRAY[{}]", self.items(values, ", ", mode)?))
    }

    fn map(&self, entries: &[(ParameterValue, ParameterValue)], mode: Compat) -> Written {
        let keys = self.entries(entries, ", ", mode, |key, _| key.to_owned())?;
        let values: Vec<_> = entries.iter().map(|(_, value)| value.clone()).collect();
        Ok(format!("MAP(ARRAY[{keys}], {})", self.list(&values, mode)?))
    }
}

fn pieces(text: &str) -> Vec<String> {
    let mut pieces = vec!["'".to_owned()];
    for character in text.chars() {
        let open = pieces.last().is_some_and(|piece| piece.starts_with('\''));
        if character == '\\' || character.is_control() {
            if open {
                close(&mut pieces);
            }
            pieces.push(format!("chr({})", u32::from(character)));
            continue;
        }
        if !open {
            pieces.push("'".to_owned());
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(character);
            if character == '\'' {
                piece.push('\'');
            }
        }
    }
    if pieces.last().is_some_and(|piece| piece.starts_with('\'')) {
        close(&mut pieces);
    }
    pieces
}

fn close(pieces: &mut [String]) {
    if let Some(piece) = pieces.last_mut() {
        piece.push('\'');
    }
}
