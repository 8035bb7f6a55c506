//! Which notebook a command runs, and how.

mod options;
mod wrapper;

use std::path::Path;

use nbpress_execute::{command_line_value, yaml};
use nbpress_format::parameters::ParameterValue;
use nbpress_runs::job::RunSettings;
use nbpress_storage::Location;
use serde_json::{Map, Value};

use super::shell::{Step, steps};
use options::{Given, Meaning};

/// Shells in shells that are looked into.
const DEEPEST: usize = 3;

/// A command that runs one notebook.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct NotebookCommand {
    /// The command as it was written.
    pub(super) text: String,
    /// The notebook: an absolute path or an address.
    pub(super) notebook: String,
    /// Values for its parameters cell.
    pub(super) parameters: Map<String, Value>,
    /// Files of such values.
    pub(super) parameter_files: Vec<String>,
    /// How it runs.
    pub(super) settings: RunSettings,
    /// What will be different.
    pub(super) notes: Vec<String>,
}

/// Understands a command line. `variable` is asked for values the line refers to.
///
/// # Errors
/// A reason for people.
pub(super) fn understand(
    text: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<NotebookCommand, String> {
    let home = variable("HOME").unwrap_or_else(|| "/".to_owned());
    let mut line = Line {
        folder: home,
        found: None,
        notes: Vec::new(),
        settings: RunSettings::default(),
    };
    line.read(text, variable, 0)?;
    let mut command = line.found.ok_or("it runs no notebook")?;
    text.clone_into(&mut command.text);
    command.notes.extend(line.notes);
    Ok(command)
}

/// What is known of a line so far.
struct Line {
    folder: String,
    found: Option<NotebookCommand>,
    notes: Vec<String>,
    settings: RunSettings,
}

impl Line {
    fn read(
        &mut self,
        text: &str,
        variable: &dyn Fn(&str) -> Option<String>,
        depth: usize,
    ) -> Result<(), String> {
        if depth > DEEPEST {
            return Err("it is a shell in a shell in a shell".to_owned());
        }
        for step in steps(text, variable)? {
            let words = wrapper::without(&step.words, &mut self.settings, &mut self.notes)?;
            if let Some(inner) = wrapper::of_shell(words) {
                self.read(inner, variable, depth + 1)?;
                continue;
            }
            self.step(&step, words)?;
        }
        Ok(())
    }

    fn step(&mut self, step: &Step, words: &[String]) -> Result<(), String> {
        let Some((name, arguments)) = program(words) else {
            return Ok(());
        };
        match (name, arguments) {
            ("cd", [folder]) => self.folder = joined(&self.folder, folder),
            ("source" | "." | "conda" | "export" | "set" | "umask" | "ulimit", _) => {
                self.notes.push(format!(
                    "`{}` is not done; the kernel's own environment counts",
                    short(&words.join(" "))
                ));
            }
            ("true" | ":", _) => {}
            _ => match known(name, arguments)? {
                Some((tool, arguments)) => {
                    if self.found.is_some() {
                        return Err(
                            "it runs several notebooks; make a job of several tasks".to_owned()
                        );
                    }
                    self.found = Some(self.notebook_command(tool, arguments, step)?);
                }
                None => self.something_else(name, step, words)?,
            },
        }
        Ok(())
    }

    /// A command beside the notebook's is told of; one on which it depends whether that runs is not left out.
    fn something_else(&mut self, name: &str, step: &Step, words: &[String]) -> Result<(), String> {
        let text = short(&words.join(" "));
        if self.found.is_none() && (name == "test" || matches!(step.then, "||" | "|")) {
            return Err(format!("`{text}` decides what it does"));
        }
        self.notes.push(format!("`{text}` is not taken over"));
        Ok(())
    }

    fn notebook_command(
        &self,
        tool: Tool,
        arguments: &[String],
        step: &Step,
    ) -> Result<NotebookCommand, String> {
        let Given {
            options,
            positional,
        } = options::read(tool, arguments)?;
        let mut command = NotebookCommand {
            settings: self.settings.clone(),
            ..NotebookCommand::default()
        };
        let mut executes = tool != Tool::Nbconvert;
        for (meaning, values) in options {
            executes |= meaning == Meaning::Execute;
            self.option(&mut command, meaning, &values)?;
        }
        if !executes {
            return Err("it converts a notebook without running it".to_owned());
        }
        let (notebook, output) = match positional.as_slice() {
            [notebook] => (notebook, None),
            [notebook, output] if tool.writes_second() => (notebook, Some(output)),
            [] => return Err("it names no notebook".to_owned()),
            _ => return Err("it runs several notebooks; make a job of each".to_owned()),
        };
        if notebook == "-" {
            return Err("it reads its notebook from standard input".to_owned());
        }
        command.notebook = joined(&self.folder, notebook);
        if let Some(output) = output {
            command.notes.push(format!(
                "its output `{}` becomes a record; `nbpress export` writes one as a file",
                short(output)
            ));
        }
        if step.redirected {
            let note = "what it printed into a file is in `nbpress logs`";
            command.notes.push(note.to_owned());
        }
        Ok(command)
    }

    fn option(
        &self,
        command: &mut NotebookCommand,
        meaning: Meaning,
        values: &[String],
    ) -> Result<(), String> {
        let first = values.first().map(String::as_str).unwrap_or_default();
        let second = values.get(1).map(String::as_str).unwrap_or_default();
        let settings = &mut command.settings;
        let mut put = |name: &str, value: &ParameterValue| {
            command.parameters.insert(name.to_owned(), json(value));
        };
        match meaning {
            Meaning::Nothing | Meaning::Execute => {}
            Meaning::Parameter => put(first, &command_line_value::resolve(second)),
            Meaning::RawParameter => put(first, &ParameterValue::String(second.to_owned())),
            Meaning::Assignment => {
                let (name, value) = first
                    .split_once('=')
                    .ok_or_else(|| format!("`{}` is no `NAME=VALUE`", short(first)))?;
                put(name, &command_line_value::resolve(value));
            }
            Meaning::Yaml | Meaning::Base64 => {
                let read = if meaning == Meaning::Yaml {
                    yaml::parameters(first)
                } else {
                    yaml::parameters_from_base64(first)
                };
                let read = read.map_err(|error| format!("its parameters are no YAML: {error}"))?;
                read.iter().for_each(|(name, value)| put(name, value));
            }
            Meaning::ParameterFile => {
                let file = joined(&self.folder, first);
                command.parameter_files.push(file);
            }
            Meaning::Kernel => {
                settings.kernel = Some(first.to_owned()).filter(|name| !name.is_empty());
            }
            Meaning::CellTimeout => {
                settings.timeouts.cell_seconds = seconds(first)?;
            }
            Meaning::RunTimeout => {
                settings.timeouts.run_seconds =
                    seconds(first)?.unwrap_or(settings.timeouts.run_seconds);
            }
            Meaning::StartTimeout => {
                settings.timeouts.start_seconds =
                    seconds(first)?.unwrap_or(settings.timeouts.start_seconds);
            }
            Meaning::Different(what) => command.notes.push(what.to_owned()),
            Meaning::Refused(why) => return Err(why.to_owned()),
        }
        Ok(())
    }
}

/// A program that runs notebooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tool {
    Papermill,
    NbpressRun,
    Nbconvert,
    JupyterExecute,
}

impl Tool {
    /// Whether a second argument is the output, and not a second notebook.
    fn writes_second(self) -> bool {
        matches!(self, Self::Papermill | Self::NbpressRun)
    }
}

/// The program's name without its folder; what `python -m` runs is the program.
fn program(words: &[String]) -> Option<(&str, &[String])> {
    let (first, rest) = words.split_first()?;
    let name = first.rsplit('/').next()?;
    match rest {
        [flag, module, arguments @ ..] if name.starts_with("python") && flag == "-m" => {
            Some((module.as_str(), arguments))
        }
        _ => Some((name, rest)),
    }
}

/// The tool, where it is one, and the arguments after its subcommand.
fn known<'a>(name: &str, arguments: &'a [String]) -> Result<Option<(Tool, &'a [String])>, String> {
    let sub = arguments.first().map(String::as_str).unwrap_or_default();
    let rest = arguments.get(1..).unwrap_or_default();
    Ok(match (name, sub) {
        ("papermill", _) => Some((Tool::Papermill, arguments)),
        ("nbpress", "papermill") => Some((Tool::Papermill, rest)),
        ("nbpress", "run") => Some((Tool::NbpressRun, rest)),
        ("nbpress", _) => return Err(format!("`nbpress {}` is no single notebook", short(sub))),
        ("jupyter", "nbconvert") => Some((Tool::Nbconvert, rest)),
        ("jupyter-nbconvert" | "nbconvert", _) => Some((Tool::Nbconvert, arguments)),
        ("jupyter", "execute" | "run") => Some((Tool::JupyterExecute, rest)),
        ("jupyter-execute" | "jupyter-run" | "nbclient", _) => {
            Some((Tool::JupyterExecute, arguments))
        }
        _ => None,
    })
}

/// A path as seen from a folder; addresses stay.
fn joined(folder: &str, path: &str) -> String {
    let local = Location::parse(path).ok();
    let local = local.as_ref().and_then(Location::is_local);
    match local {
        Some(local) => Path::new(folder).join(local).display().to_string(),
        None => path.to_owned(),
    }
}

/// Whole seconds; `5m` and `2h` too. Nothing where it means no limit.
fn seconds(text: &str) -> Result<Option<u32>, String> {
    let wrong = || format!("`{}` is no time", short(text));
    let text = text.trim();
    if text == "-1" || text == "None" {
        return Ok(None);
    }
    let end = text
        .find(|char: char| !char.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let factor = match unit {
        "" | "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    let number: u32 = number.parse().map_err(|_| wrong())?;
    let seconds = number.checked_mul(factor).ok_or_else(wrong)?;
    Ok(Some(seconds).filter(|seconds| *seconds > 0))
}

fn json(value: &ParameterValue) -> Value {
    let text = value.to_json().to_compact();
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

/// For sentences.
fn short(text: &str) -> String {
    let mut short: String = text.chars().take(50).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
