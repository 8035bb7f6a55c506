//! A command line as a shell takes it apart, as far as that needs no shell.

/// One simple command and what follows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Step {
    /// Its words, without redirections.
    pub(super) words: Vec<String>,
    /// What stands behind it: `&&`, `||`, `;`, `|`, `&`, or nothing at the end.
    pub(super) then: &'static str,
    /// Whether its input or output is a file.
    pub(super) redirected: bool,
}

/// Most words of a line.
const MOST_WORDS: usize = 2_000;
/// Most bytes that variables add to a line.
const MOST_ADDED: usize = 256 << 10;

/// The commands of a line, in order. `variable` is asked for values the line refers to.
///
/// # Errors
/// A reason for people: what only a shell could do, or a quote that is not closed.
pub(super) fn steps(
    text: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Step>, String> {
    let mut reader = Reader {
        rest: text,
        variable,
        steps: Vec::new(),
        step: Step::default(),
        word: None,
        words: 0,
        added: 0,
        redirect: false,
    };
    while let Some(char) = reader.rest.chars().next() {
        reader.read(char)?;
    }
    reader.end_step("")?;
    Ok(reader.steps)
}

struct Reader<'a> {
    rest: &'a str,
    variable: &'a dyn Fn(&str) -> Option<String>,
    steps: Vec<Step>,
    step: Step,
    word: Option<String>,
    words: usize,
    added: usize,
    /// Whether the next word is a redirection's file.
    redirect: bool,
}

impl Reader<'_> {
    fn read(&mut self, char: char) -> Result<(), String> {
        match char {
            ' ' | '\t' => {
                self.advance(1);
                self.end_word()
            }
            '#' if self.word.is_none() => {
                self.rest = "";
                Ok(())
            }
            '\'' => self.single_quoted(),
            '"' => self.double_quoted(),
            '\\' => {
                self.advance(1);
                let escaped = self.rest.chars().next().ok_or("it ends with a `\\`")?;
                self.advance(escaped.len_utf8());
                self.push(escaped);
                Ok(())
            }
            '$' | '`' => self.substitute(),
            '&' | '|' | ';' => self.operator(),
            '<' | '>' => self.redirection(),
            '(' | ')' | '{' | '}' | '!' if self.word.is_none() => {
                Err(format!("its `{char}` needs a shell"))
            }
            '*' | '?' | '[' | '(' | ')' => Err(format!("its `{char}` needs a shell")),
            '~' if self.word.is_none() => self.home(),
            _ => {
                self.advance(char.len_utf8());
                self.push(char);
                Ok(())
            }
        }
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = &self.rest[bytes..];
    }

    fn push(&mut self, char: char) {
        self.word.get_or_insert_default().push(char);
    }

    fn end_word(&mut self) -> Result<(), String> {
        let Some(word) = self.word.take() else {
            return Ok(());
        };
        if std::mem::take(&mut self.redirect) {
            return Ok(());
        }
        self.words += 1;
        if self.words > MOST_WORDS {
            return Err(format!("it has more than {MOST_WORDS} words"));
        }
        self.step.words.push(word);
        Ok(())
    }

    fn end_step(&mut self, then: &'static str) -> Result<(), String> {
        self.end_word()?;
        if self.redirect {
            return Err("a redirection names no file".to_owned());
        }
        let step = std::mem::take(&mut self.step);
        if !step.words.is_empty() {
            self.steps.push(Step { then, ..step });
        }
        Ok(())
    }

    fn single_quoted(&mut self) -> Result<(), String> {
        let inner = &self.rest[1..];
        let end = inner.find('\'').ok_or("its `'` is not closed")?;
        self.word.get_or_insert_default().push_str(&inner[..end]);
        self.rest = &inner[end + 1..];
        Ok(())
    }

    fn double_quoted(&mut self) -> Result<(), String> {
        self.advance(1);
        self.word.get_or_insert_default();
        loop {
            let char = self.rest.chars().next().ok_or("its `\"` is not closed")?;
            match char {
                '"' => {
                    self.advance(1);
                    return Ok(());
                }
                '$' | '`' => self.substitute()?,
                '\\' => {
                    self.advance(1);
                    let next = self.rest.chars().next().ok_or("its `\"` is not closed")?;
                    self.advance(next.len_utf8());
                    if !matches!(next, '"' | '\\' | '$' | '`') {
                        self.push('\\');
                    }
                    self.push(next);
                }
                _ => {
                    self.advance(char.len_utf8());
                    self.push(char);
                }
            }
        }
    }

    /// `$NAME` and `${NAME}` of the crontab; everything else is known when the shell runs.
    fn substitute(&mut self) -> Result<(), String> {
        let computed = |text: &str| {
            let text: String = text.chars().take(20).collect();
            Err(format!("only a shell knows what `{text}` is"))
        };
        if self.rest.starts_with('`') || self.rest.starts_with("$(") {
            return computed(self.rest);
        }
        let after = &self.rest[1..];
        let braced = after
            .strip_prefix('{')
            .and_then(|inner| inner.split_once('}'));
        let (name, length) = if let Some((name, _)) = braced {
            (name, name.len() + 3)
        } else {
            let is_name = |char: char| char.is_ascii_alphanumeric() || char == '_';
            let end = after.find(|char| !is_name(char)).unwrap_or(after.len());
            (&after[..end], end + 1)
        };
        let Some(value) = (self.variable)(name) else {
            return computed(&self.rest[..length]);
        };
        self.added += value.len();
        if self.added > MOST_ADDED {
            return Err(format!("its variables have more than {MOST_ADDED} bytes"));
        }
        self.word.get_or_insert_default().push_str(&value);
        self.advance(length);
        Ok(())
    }

    fn home(&mut self) -> Result<(), String> {
        let after = &self.rest[1..];
        if !(after.is_empty() || after.starts_with(['/', ' ', '\t'])) {
            return Err("it names the home of another user".to_owned());
        }
        let home = (self.variable)("HOME").unwrap_or_else(|| "/".to_owned());
        self.word = Some(home);
        self.advance(1);
        Ok(())
    }

    fn operator(&mut self) -> Result<(), String> {
        if self.rest.starts_with("&>") {
            self.advance(1);
            return self.redirection();
        }
        let known = ["&&", "||", ";", "|", "&"];
        let found = known.into_iter().find(|known| self.rest.starts_with(known));
        let found = found.unwrap_or_default();
        self.advance(found.len());
        self.end_step(found)
    }

    /// `>> file`, `2>&1`, `< file`; nothing of it is kept but that it is there.
    fn redirection(&mut self) -> Result<(), String> {
        // The number of a stream belongs to the redirection.
        let number = |word: &String| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
        self.word.take_if(|word| number(word));
        self.end_word()?;
        let end = self.rest.find(|char| !matches!(char, '<' | '>'));
        let end = end.unwrap_or(self.rest.len());
        if self.rest[..end].contains("<<") {
            return Err("its `<<` needs a shell".to_owned());
        }
        self.advance(end);
        self.step.redirected = true;
        if let Some(copied) = self.rest.strip_prefix('&') {
            let digits = copied.find(|char: char| !char.is_ascii_digit() && char != '-');
            self.rest = &copied[digits.unwrap_or(copied.len())..];
            return Ok(());
        }
        self.redirect = true;
        Ok(())
    }
}
