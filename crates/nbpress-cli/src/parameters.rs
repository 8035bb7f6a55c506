//! Parameters on the command line of `run` and `sweep`.

use anyhow::Context as _;
use clap::Args;
use indexmap::IndexMap;
use nbpress_format::parameters::ParameterValue;
use nbpress_storage::{Location, Storage};

/// Values for the notebook's parameters. A later kind wins: file, YAML, `-p`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Parameters")]
pub(crate) struct ParameterArgs {
    /// A value, read as the type the notebook declares (repeatable).
    #[arg(
        short = 'p',
        long = "parameter",
        value_name = "NAME=VALUE",
        allow_hyphen_values = true
    )]
    pub(crate) parameter: Vec<String>,
    /// A YAML or JSON file of parameters (repeatable).
    #[arg(short = 'f', long, value_name = "PATH")]
    pub(crate) parameters_file: Vec<String>,
    /// Parameters as YAML text (repeatable).
    #[arg(short = 'y', long, value_name = "YAML", allow_hyphen_values = true)]
    pub(crate) parameters_yaml: Vec<String>,
}

impl ParameterArgs {
    /// The merged values, in the order they were first named.
    pub(crate) async fn read(
        &self,
        storage: &Storage,
    ) -> anyhow::Result<IndexMap<String, ParameterValue>> {
        let mut merged = IndexMap::new();
        for path in &self.parameters_file {
            let reading = || format!("failed to read the parameters file `{path}`");
            let bytes = storage
                .read(&Location::parse(path)?)
                .await
                .with_context(reading)?;
            let text = std::str::from_utf8(&bytes).with_context(reading)?;
            merged.extend(nbpress_execute::yaml::parameters(text).with_context(reading)?);
        }
        for text in &self.parameters_yaml {
            let reading = || format!("failed to read the parameters `{text}`");
            merged.extend(nbpress_execute::yaml::parameters(text).with_context(reading)?);
        }
        for text in &self.parameter {
            let (name, value) = split(text)?;
            merged.insert(name.to_owned(), ParameterValue::Text(value.to_owned()));
        }
        Ok(merged)
    }
}

/// `name=value`; the value may contain anything.
pub(crate) fn split(text: &str) -> anyhow::Result<(&str, &str)> {
    text.split_once('=')
        .map(|(name, value)| (name.trim(), value))
        .filter(|(name, _)| !name.is_empty())
        .with_context(|| format!("a parameter is written `NAME=VALUE`, not `{text}`"))
}
