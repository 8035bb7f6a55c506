//! Images of outputs by their names, for pages that load them one by one.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use nbpress_format::Notebook;

use super::bundle;

/// The endings of images that may have a URL. An SVG has none: opened by itself it is a document.
const ENDINGS: [(&str, &str); 5] = [
    ("png", "image/png"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("avif", "image/avif"),
];

/// An image of an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Its MIME type; never that of a document.
    pub mimetype: &'static str,
    /// Its file.
    pub bytes: Vec<u8>,
}

/// The image with the name that a page with [`image_url`](crate::Options::image_url) gave it:
/// `3-1.png` is the first output of the third cell.
pub fn image(notebook: &Notebook, name: &str) -> Option<Image> {
    let (place, ending) = name.split_once('.')?;
    let (cell, output) = place.split_once('-')?;
    let index = |number: &str| number.parse::<usize>().ok()?.checked_sub(1);
    let output = notebook
        .cells
        .get(index(cell)?)?
        .outputs()
        .get(index(output)?)?;
    let (_, mimetype) = ENDINGS.iter().find(|(own, _)| *own == ending)?;
    let data = bundle::data(output)?.get(*mimetype)?.as_str()?;
    let data: String = data.chars().filter(|c| !c.is_whitespace()).collect();
    Some(Image {
        mimetype,
        bytes: BASE64_STANDARD.decode(data).ok()?,
    })
}

/// The name of an output's image, where it may have one; both indices from 0.
pub(super) fn name(cell: usize, output: usize, mimetype: &str) -> Option<String> {
    let (ending, _) = ENDINGS.iter().find(|(_, own)| *own == mimetype)?;
    Some(format!("{}-{}.{ending}", cell + 1, output + 1))
}
