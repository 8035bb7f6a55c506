//! Scraps: the named values that a run reports, in scrapbook's format.
//!
//! A cell's output reports data under the MIME type `application/scrapbook.scrap.<encoder>+json` and
//! gives a name to what it shows with `metadata.scrapbook`
//! (<https://nteract-scrapbook.readthedocs.io/en/latest/models.html>); what papermill wrote before
//! scrapbook existed is read as well: `application/papermill.record+json`, `metadata.papermill.name`.

use indexmap::IndexMap;
use nbpress_format::cell::CellKind;
use nbpress_format::json::{Json, Object};
use nbpress_format::notebook::Notebook;
use nbpress_format::output::{Output, OutputKind};

use crate::wire::{Fields, Wire, WireError, object};

const SCRAP: &str = "application/scrapbook.scrap";
const RECORD: &str = "application/papermill.record";

/// One named value.
#[derive(Clone, Debug, PartialEq)]
pub struct Scrap {
    /// Its name.
    pub name: String,
    /// The value; absent when something is only shown under the name. A data frame (encoder
    /// `pandas`) is the base64 of a Parquet file.
    pub data: Option<Json>,
    /// How the value is written: `json`, `text`, `pandas`, or `display` when there is only a display.
    pub encoder: String,
    /// What is shown under the name.
    pub display: Option<ScrapDisplay>,
}

/// What is shown under a scrap's name.
#[derive(Clone, Debug, PartialEq)]
pub struct ScrapDisplay {
    /// The MIME bundle.
    pub data: Object,
    /// Its metadata.
    pub metadata: Object,
}

impl Scrap {
    /// `{"name", "data", "encoder", "display": {"data", "metadata"}}`.
    pub fn to_json(&self) -> Json {
        Wire::to_json(self)
    }

    /// The value as one line: text as it is, other data as JSON, a display as its plain text or the
    /// MIME types it has.
    pub fn text(&self) -> String {
        match (&self.data, &self.display) {
            (Some(Json::String(text)), _) => text.clone(),
            (Some(data), _) => data.to_compact(),
            (None, Some(display)) => match display.data.get("text/plain").and_then(Json::as_str) {
                Some(text) => text.to_owned(),
                None => display.data.keys().cloned().collect::<Vec<_>>().join(", "),
            },
            (None, None) => String::new(),
        }
    }

    /// The value as a number, if it is one: such scraps are metrics.
    pub fn metric(&self) -> Option<f64> {
        self.data.as_ref().and_then(Json::as_f64)
    }
}

/// The scraps of a notebook, in the order in which their names first appear. Of several with one
/// name the last counts. Values that are not scraps, though they have the MIME type, are left out.
pub fn read_scraps(notebook: &Notebook) -> Vec<Scrap> {
    let mut scraps: IndexMap<String, Scrap> = IndexMap::new();
    for cell in &notebook.cells {
        let CellKind::Code { outputs, .. } = &cell.kind else {
            continue;
        };
        for scrap in outputs.iter().flat_map(scraps_of) {
            scraps.insert(scrap.name.clone(), scrap);
        }
    }
    scraps.into_values().collect()
}

fn scraps_of(output: &Output) -> Vec<Scrap> {
    let (OutputKind::DisplayData { data, metadata }
    | OutputKind::ExecuteResult { data, metadata, .. }) = &output.kind
    else {
        return Vec::new();
    };
    let mut scraps: IndexMap<String, Scrap> = IndexMap::new();
    for scrap in data
        .iter()
        .filter_map(|(mime, payload)| data_scrap(mime, payload))
    {
        scraps.insert(scrap.name.clone(), scrap);
    }
    if let Some(name) = displayed_name(metadata) {
        let display = Some(ScrapDisplay {
            data: data.clone(),
            metadata: metadata.clone(),
        });
        if let Some(scrap) = scraps.get_mut(name) {
            scrap.display = display;
        } else {
            let scrap = Scrap {
                name: name.to_owned(),
                data: None,
                encoder: "display".to_owned(),
                display,
            };
            scraps.insert(name.to_owned(), scrap);
        }
    }
    scraps.into_values().collect()
}

fn data_scrap(mime: &str, payload: &Json) -> Option<Scrap> {
    let payload = payload.as_object()?;
    if let Some(encoder) = mime.strip_prefix(RECORD) {
        // The one pair of a record is its name and its value.
        let (name, data) = payload.iter().next()?;
        return scrap(name, data, encoder.strip_prefix('+').unwrap_or(encoder));
    }
    mime.strip_prefix(SCRAP)?;
    let text = |key: &str| payload.get(key).and_then(Json::as_str);
    scrap(text("name")?, payload.get("data")?, text("encoder")?)
}

fn scrap(name: &str, data: &Json, encoder: &str) -> Option<Scrap> {
    let data = match (encoder, data) {
        (_, Json::Null) => return None,
        // A text that is JSON stands for its value; any other is itself.
        ("json", Json::String(text)) => {
            Json::parse(text.as_bytes()).unwrap_or_else(|_| data.clone())
        }
        ("text", Json::String(_)) => data.clone(),
        ("text", other) => Json::from(other.to_compact()),
        _ => data.clone(),
    };
    Some(Scrap {
        name: name.to_owned(),
        data: Some(data),
        encoder: encoder.to_owned(),
        display: None,
    })
}

/// papermill's name is looked for first, and where its block is, scrapbook's does not count.
fn displayed_name(metadata: &Object) -> Option<&str> {
    let name = |block: &'_ str| {
        metadata
            .get(block)?
            .get("name")?
            .as_str()
            .filter(|name| !name.is_empty())
    };
    if metadata.contains_key("papermill") {
        return name("papermill");
    }
    let is_display = metadata.get("scrapbook")?.get("display")?.as_bool() == Some(true);
    is_display.then(|| name("scrapbook")).flatten()
}

impl Wire for Scrap {
    fn to_json(&self) -> Json {
        object([
            ("name", self.name.to_json()),
            ("data", self.data.to_json()),
            ("encoder", self.encoder.to_json()),
            ("display", self.display.to_json()),
        ])
    }

    fn from_json(json: &Json) -> Result<Self, WireError> {
        let fields = Fields::of(json)?;
        Ok(Self {
            name: fields.get("name")?,
            data: fields.get("data")?,
            encoder: fields.get("encoder")?,
            display: fields.get("display")?,
        })
    }
}

impl Wire for ScrapDisplay {
    fn to_json(&self) -> Json {
        object([
            ("data", self.data.to_json()),
            ("metadata", self.metadata.to_json()),
        ])
    }

    fn from_json(json: &Json) -> Result<Self, WireError> {
        let fields = Fields::of(json)?;
        Ok(Self {
            data: fields.get("data")?,
            metadata: fields.get("metadata")?,
        })
    }
}

#[cfg(test)]
mod tests;
