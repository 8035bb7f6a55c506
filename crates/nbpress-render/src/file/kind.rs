//! What a file is: by what somebody said, by its name, by its first bytes.

use super::File;
use crate::highlight::Language;
use crate::sanitize::IMAGE_KINDS;

/// How a file is shown.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Markdown,
    /// With the byte between fields, where the name says which.
    Table(Option<u8>),
    Json,
    Image(&'static str),
    Html,
    Source(Option<&'static Language>),
    Parquet,
    Binary,
}

impl Kind {
    pub(super) fn of(file: &File<'_>) -> Self {
        let ending = file.name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let ending = ending.to_ascii_lowercase();
        let said = file.mimetype.and_then(Self::of_mimetype);
        said.or_else(|| Self::of_ending(&ending))
            .unwrap_or_else(|| {
                if is_text(file.bytes) {
                    Self::Source(Language::named(&ending).or_else(|| Language::named(file.name)))
                } else {
                    Self::Binary
                }
            })
    }

    fn of_mimetype(mimetype: &str) -> Option<Self> {
        let kind = mimetype.split(';').next().unwrap_or_default().trim();
        let image = IMAGE_KINDS.iter().find(|image| **image == kind);
        if let Some(image) = image {
            return Some(Self::Image(image));
        }
        match kind {
            "text/markdown" => Some(Self::Markdown),
            "text/csv" => Some(Self::Table(None)),
            "text/tab-separated-values" => Some(Self::Table(Some(b'\t'))),
            "application/json" | "application/x-ipynb+json" => Some(Self::Json),
            "text/html" | "application/xhtml+xml" => Some(Self::Html),
            "application/vnd.apache.parquet" => Some(Self::Parquet),
            _ => None,
        }
    }

    fn of_ending(ending: &str) -> Option<Self> {
        match ending {
            "md" | "markdown" | "rmd" | "qmd" => Some(Self::Markdown),
            "csv" => Some(Self::Table(None)),
            "tsv" | "tab" => Some(Self::Table(Some(b'\t'))),
            "json" | "ipynb" | "geojson" => Some(Self::Json),
            "png" => Some(Self::Image("image/png")),
            "jpg" | "jpeg" => Some(Self::Image("image/jpeg")),
            "gif" => Some(Self::Image("image/gif")),
            "webp" => Some(Self::Image("image/webp")),
            "avif" => Some(Self::Image("image/avif")),
            "svg" => Some(Self::Image("image/svg+xml")),
            "html" | "htm" | "xhtml" => Some(Self::Html),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }

    /// What it is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Markdown => "Markdown",
            Self::Table(_) => "A table",
            Self::Json => "JSON",
            Self::Image(_) => "An image",
            Self::Html => "An HTML page",
            Self::Source(_) => "Text",
            Self::Parquet => "A Parquet file",
            Self::Binary => "A file that is no text",
        }
    }
}

/// Whether bytes begin like a text: UTF-8, apart from a character that is cut, without NUL.
fn is_text(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(8192)];
    let valid = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    valid && !head.contains(&0)
}
