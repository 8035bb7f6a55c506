//! What is around the content: head, breadcrumbs, title, style.

use std::fmt;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

use crate::html::Html;

/// The whole style of every page, the content of its only `<style>`.
pub const STYLE: &str = include_str!("style.css");

/// [`STYLE`]'s SHA-256 in base64, as `style-src 'sha256-…'` wants it.
pub static STYLE_SHA256: LazyLock<String> =
    LazyLock::new(|| BASE64_STANDARD.encode(Sha256::digest(STYLE)));

/// The `Content-Security-Policy` that fits every page: no script, no request to another host.
///
/// Style attributes are allowed, because the colours of a terminal are some; which properties they
/// may have is decided here.
pub fn content_security_policy() -> String {
    format!("{}; frame-ancestors 'self'", embedded_policy())
}

/// The same for a page with [`Options::live`]: its one script runs, and may load what it needs from the server.
///
/// Outputs still run nothing here: what they bring runs in frames of an origin of nobody, which that script makes.
pub fn live_content_security_policy(live: &Live) -> String {
    format!(
        "{}; script-src 'nonce-{}'; connect-src 'self'; require-trusted-types-for 'script'",
        content_security_policy(),
        live.nonce
    )
}

/// The same for a `<meta>`, where a policy cannot say who may frame the page.
fn embedded_policy() -> String {
    format!(
        "default-src 'none'; style-src 'sha256-{}'; style-src-attr 'unsafe-inline'; \
         img-src 'self' data:; frame-src 'self'; form-action 'self'; base-uri 'none'",
        *STYLE_SHA256
    )
}

/// A page: what is said around the content, and how the content is shown.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The heading, and the title of the window and of a link's preview.
    pub title: String,
    /// One line below the heading: when, by whom, which version.
    pub subtitle: Option<String>,
    /// What a link's preview says; made of the content by default.
    pub description: Option<String>,
    /// The folders above, outermost first: name and URL.
    pub breadcrumbs: Vec<(String, String)>,
    /// Where everything can be searched, in the page's bar.
    pub search: Option<SearchBox>,
    /// What the page can be used for besides reading; buttons before the links.
    pub forms: Vec<Form>,
    /// Links at the top right; the last is the main one.
    pub actions: Vec<Link>,
    /// How the content is shown.
    pub options: Options,
}

/// What shows charts and other outputs with scripts of their own, for browsers that run scripts.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// The URL of the script. It finds the outputs in elements `.can-live`: what stands there for everybody else, and
    /// in a `script.live` the bundle as JSON.
    pub script: String,
    /// The word that lets this script run and no other; another one for each answer, of letters and digits.
    pub nonce: String,
}

/// A link in the page's bar.
#[derive(Clone, Debug, Default)]
pub struct Link {
    /// What it says.
    pub text: String,
    /// Where it goes.
    pub href: String,
    /// Whether the browser saves what is there.
    pub download: bool,
}

/// A button that changes something.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// What it says.
    pub text: String,
    /// Where it is sent to.
    pub action: String,
    /// Names and values that are sent.
    pub fields: Vec<(String, String)>,
}

/// A box to search in, which works without script.
#[derive(Clone, Debug, Default)]
pub struct SearchBox {
    /// Where the text is sent to, as `q`.
    pub action: String,
    /// What it says while it is empty.
    pub label: String,
}

/// How content is shown. Make one with `..Options::default()`.
#[derive(Clone, Debug)]
pub struct Options {
    /// Leaves out the code of code cells.
    pub hide_code: bool,
    /// Makes one file that is read from a disk or a mail: nothing is cut, and the page carries its
    /// own policy against scripts and requests.
    pub embed: bool,
    /// Where the bytes of the file are; what is cut or not shown links there.
    pub raw_url: Option<String>,
    /// Where raw files of the same folder are, with a `/` at the end; relative images of Markdown and
    /// HTML are loaded from there, and named only where this is missing.
    pub files_url: Option<String>,
    /// Where [`image`](crate::image()) is served, such as `/view/a.ipynb?image=`; its name is put after
    /// it. Without it images are in the page.
    pub image_url: Option<String>,
    /// Where the file is shown sandboxed, for an HTML file; by default it becomes part of the page,
    /// and shows without its styles where the page is under a policy.
    pub frame_url: Option<String>,
    /// Shows what needs scripts too, where they run; such a page is sent with [`live_content_security_policy`].
    pub live: Option<Live>,
    /// How many bytes of one output are shown.
    pub most_output: usize,
    /// How many bytes a page may have before further outputs are left to the file.
    pub most_page: usize,
    /// How many rows of a table are shown.
    pub most_rows: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            hide_code: false,
            embed: false,
            raw_url: None,
            files_url: None,
            image_url: None,
            frame_url: None,
            live: None,
            most_output: 1 << 20,
            most_page: 4 << 20,
            most_rows: 1000,
        }
    }
}

/// Where the content begins at the left.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Layout {
    /// Beside a column for the counters of cells.
    Cells,
    /// At the edge.
    Wide,
}

impl Page {
    /// Everything before the content; `description` is what the content says about itself.
    pub(crate) fn begin(
        &self,
        html: &mut Html<'_>,
        layout: Layout,
        description: &str,
    ) -> fmt::Result {
        self.head(html, description)?;
        html.raw(match layout {
            Layout::Cells => "<body>\n",
            Layout::Wide => "<body class=\"wide\">\n",
        })?;
        html.raw("<a class=\"skip\" href=\"#content\">Skip to the content</a>\n")?;
        self.bar(html)?;
        html.raw("<main id=\"content\" tabindex=\"-1\">\n<header class=\"title\"><h1>")?;
        html.text(&self.title)?;
        html.raw("</h1>")?;
        if let Some(subtitle) = &self.subtitle {
            html.raw("<p>")?;
            html.text(subtitle)?;
            html.raw("</p>")?;
        }
        html.raw("</header>\n")
    }

    /// Everything after the content.
    #[expect(clippy::unused_self, reason = "the counterpart of `begin`")]
    pub(crate) fn end(&self, html: &mut Html<'_>) -> fmt::Result {
        html.raw("</main>\n</body>\n</html>\n")
    }

    /// Names the file, and links to it where its place is known.
    pub(crate) fn raw_link(&self, html: &mut Html<'_>, name: &'static str) -> fmt::Result {
        let Some(url) = &self.options.raw_url else {
            return html.raw(name);
        };
        html.raw("<a")?;
        html.attribute("href", url)?;
        html.raw(" download>")?;
        html.raw(name)?;
        html.raw("</a>")
    }

    fn head(&self, html: &mut Html<'_>, description: &str) -> fmt::Result {
        html.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")?;
        if self.options.embed {
            html.raw("<meta http-equiv=\"Content-Security-Policy\"")?;
            html.attribute("content", &embedded_policy())?;
            html.raw(">\n")?;
        }
        html.raw(
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n",
        )?;
        // Without a referrer a browser sends a form as if it came from nowhere, and no server takes it.
        html.raw(if self.forms.is_empty() {
            "<meta name=\"referrer\" content=\"no-referrer\">\n<title>"
        } else {
            "<meta name=\"referrer\" content=\"same-origin\">\n<title>"
        })?;
        html.text(&self.title)?;
        html.raw("</title>\n")?;
        let description = self.description.as_deref().unwrap_or(description);
        for (open, content) in [
            ("<meta name=\"description\"", description),
            ("<meta property=\"og:title\"", &self.title),
            ("<meta property=\"og:description\"", description),
            ("<meta property=\"og:type\"", "article"),
        ] {
            if !content.is_empty() {
                html.raw(open)?;
                html.attribute("content", content)?;
                html.raw(">\n")?;
            }
        }
        html.raw("<style>")?;
        html.raw(STYLE)?;
        html.raw("</style>\n")?;
        if let Some(live) = &self.options.live {
            html.raw("<script defer")?;
            html.attribute("nonce", &live.nonce)?;
            html.attribute("src", &live.script)?;
            html.raw("></script>\n")?;
        }
        html.raw("</head>\n")
    }

    fn bar(&self, html: &mut Html<'_>) -> fmt::Result {
        let nothing = self.breadcrumbs.is_empty()
            && self.actions.is_empty()
            && self.forms.is_empty()
            && self.search.is_none();
        if nothing {
            return Ok(());
        }
        html.raw("<header class=\"bar\">")?;
        if !self.breadcrumbs.is_empty() {
            html.raw("<nav class=\"crumbs\" aria-label=\"Breadcrumb\"><ol>")?;
            for (name, href) in &self.breadcrumbs {
                html.raw("<li><a")?;
                html.attribute("href", href)?;
                html.raw(">")?;
                html.text(name)?;
                html.raw("</a></li>")?;
            }
            html.raw("<li aria-current=\"page\">")?;
            html.text(&self.title)?;
            html.raw("</li></ol></nav>")?;
        }
        self.find(html)?;
        self.actions(html)?;
        html.raw("</header>\n")
    }

    fn find(&self, html: &mut Html<'_>) -> fmt::Result {
        let Some(search) = &self.search else {
            return Ok(());
        };
        html.raw("<form class=\"find\" role=\"search\" method=\"get\"")?;
        html.attribute("action", &search.action)?;
        html.raw("><input type=\"search\" name=\"q\"")?;
        html.attribute("aria-label", &search.label)?;
        html.attribute("placeholder", &search.label)?;
        html.raw("></form>")
    }

    fn actions(&self, html: &mut Html<'_>) -> fmt::Result {
        if self.actions.is_empty() && self.forms.is_empty() {
            return Ok(());
        }
        html.raw("<nav class=\"actions\" aria-label=\"Actions\">")?;
        for form in &self.forms {
            html.raw("<form method=\"post\"")?;
            html.attribute("action", &form.action)?;
            html.raw(">")?;
            for (name, value) in &form.fields {
                html.raw("<input type=\"hidden\"")?;
                html.attribute("name", name)?;
                html.attribute("value", value)?;
                html.raw(">")?;
            }
            html.raw("<button>")?;
            html.text(&form.text)?;
            html.raw("</button></form>")?;
        }
        for (index, action) in self.actions.iter().enumerate() {
            html.raw("<a")?;
            html.attribute("href", &action.href)?;
            if action.download {
                html.raw(" download")?;
            }
            if index + 1 == self.actions.len() {
                html.raw(" class=\"main\"")?;
            }
            html.raw(">")?;
            html.text(&action.text)?;
            html.raw("</a>")?;
        }
        html.raw("</nav>")
    }
}
