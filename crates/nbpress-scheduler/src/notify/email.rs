//! The e-mail channel: the message, and the server it is handed to.

mod server;

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart};
use nbpress_execute::redact::Redactor;
use sha2::{Digest as _, Sha256};

pub(super) use server::MailServer;

use super::error::{Cause, DeliveryError};
use super::notice::Notice;
use super::text::escape_html;
use super::wording::Wording;

/// What kind of notice it is, for filters.
const EVENT: HeaderName = HeaderName::new_from_ascii_str("Nbpress-Event");
/// Mailing list of one job (RFC 2919): filters find it whatever the job is called.
const LIST_ID: HeaderName = HeaderName::new_from_ascii_str("List-Id");
/// Keeps absence notes from being sent back (RFC 3834).
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// One mail to all recipients. All mails about one job are answers to the same message, which was never
/// sent: so a mail program shows them as one conversation.
pub(super) fn message(
    from: &Mailbox,
    to: &[String],
    notice: &Notice,
    wording: &Wording,
) -> Result<Message, DeliveryError> {
    let domain = from.email.domain();
    let job = digest(&format!("{}\n{}", notice.workspace, notice.job));
    let conversation = format!("<job-{job}@{domain}>");
    let mut builder = Message::builder()
        .from(from.clone())
        .subject(wording.subject.clone())
        .message_id(Some(format!("<{}@{domain}>", digest(&notice.id))))
        .in_reply_to(conversation.clone())
        .references(conversation)
        .raw_header(HeaderValue::new(EVENT, notice.kind.as_str().to_owned()))
        .raw_header(HeaderValue::new(LIST_ID, format!("<job-{job}.{domain}>")))
        .raw_header(HeaderValue::new(
            AUTO_SUBMITTED,
            "auto-generated".to_owned(),
        ));
    for address in to {
        let address = address.parse().map_err(|e| unusable(&e))?;
        builder = builder.to(Mailbox::new(None, address));
    }
    builder
        .multipart(MultiPart::alternative_plain_html(
            plain(wording),
            html(wording),
        ))
        .map_err(|e| unusable(&e))
}

fn unusable(error: &(dyn std::error::Error + 'static)) -> DeliveryError {
    DeliveryError::Message(Cause::of(error, &Redactor::default()))
}

/// 32 hexadecimal digits: what is in a header must not depend on what people call their jobs.
fn digest(text: &str) -> String {
    hex::encode(&Sha256::digest(text)[..16])
}

fn plain(wording: &Wording) -> String {
    let mut lines = vec![wording.headline.clone(), String::new()];
    if !wording.problem.is_empty() {
        lines.extend(wording.problem.iter().map(|line| format!("    {line}")));
        lines.push(String::new());
    }
    if let Some(link) = &wording.link {
        lines.extend([link.to_string(), String::new()]);
    }
    let facts = wording.facts.iter();
    lines.extend(facts.map(|(label, value)| format!("{label}: {value}")));
    if !wording.parameters.is_empty() {
        lines.push("Parameters:".to_owned());
        lines.extend(wording.parameters.iter().map(|line| format!("    {line}")));
    }
    if let Some(traceback) = &wording.traceback {
        lines.extend([String::new(), traceback.clone()]);
    }
    lines.push(String::new());
    lines.join("\n")
}

fn html(wording: &Wording) -> String {
    let pre = |text: &str| {
        format!(
            "<pre style=\"white-space:pre-wrap\">{}</pre>\n",
            escape_html(text)
        )
    };
    let mut body = format!("<p><b>{}</b></p>\n", escape_html(&wording.headline));
    if !wording.problem.is_empty() {
        body.push_str(&pre(&wording.problem.join("\n")));
    }
    if let Some(link) = &wording.link {
        let link = escape_html(link.as_str());
        body.push_str("<p><a href=\"");
        body.push_str(&link);
        body.push_str("\">Open the run</a></p>\n");
    }
    let facts = wording.facts.iter();
    let rows: String = facts.map(|(label, value)| row(label, value)).collect();
    body.push_str("<table>\n");
    body.push_str(&rows);
    body.push_str("</table>\n");
    if !wording.parameters.is_empty() {
        body.push_str(&pre(&wording.parameters.join("\n")));
    }
    if let Some(traceback) = &wording.traceback {
        body.push_str(&pre(traceback));
    }
    format!(
        "<!doctype html>\n<html><head><meta charset=\"utf-8\"></head><body>\n{body}</body></html>\n"
    )
}

fn row(label: &str, value: &str) -> String {
    let (label, value) = (escape_html(label), escape_html(value));
    format!("<tr><th align=\"left\">{label}</th><td>{value}</td></tr>\n")
}
