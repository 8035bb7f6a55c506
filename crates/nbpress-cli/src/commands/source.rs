//! A notebook by whatever names it: a run's id, or a location.

use anyhow::Context as _;
use nbpress_execute::prepare::load;
use nbpress_format::notebook::Notebook;
use nbpress_storage::Location;

use crate::settings::Settings;

/// The notebook of a run (its id, the beginning of it, or `latest`), else the one at a location.
pub(crate) async fn notebook(settings: &Settings, text: &str) -> anyhow::Result<Notebook> {
    if names_a_run(text) {
        let record = settings.record(text)?;
        return record
            .notebook()
            .with_context(|| format!("failed to read the record of `{text}`"));
    }
    Ok(load(&settings.storage(), &Location::parse(text)?).await?.0)
}

/// Whether a text is meant as a run and not as a path.
pub(crate) fn names_a_run(text: &str) -> bool {
    text == "latest" || (text.starts_with("run_") && !text.contains(['/', '.']))
}
