//! The Slack channel: what an incoming webhook of Slack takes.
//!
//! Three characters are escaped, see
//! <https://docs.slack.dev/messaging/formatting-message-text#escaping>, so that no text can mention
//! anybody or make a link. A text object has at most 3,000 characters, see
//! <https://docs.slack.dev/reference/block-kit/composition-objects/text-object>. `verbatim` keeps Slack
//! from looking for names and channels in the text.

use serde_json::{Value, json};

use super::text::{escape, head, tail};
use super::wording::Wording;

/// Longest text of one block, in UTF-16 units: what a server that counts in JavaScript counts.
const LONGEST_TEXT: usize = 3000;
/// Longest traceback, in characters; it is there to recognise the error, the link leads to the rest.
const LONGEST_TRACEBACK: usize = 1200;
const TRACEBACK_LINES: usize = 12;

/// Most characters of a fact: each may become five.
const LONGEST_FACT: usize = 400;

/// `text`, for notifications and for chats that do not know blocks, and `blocks`.
pub(super) fn message(wording: &Wording) -> Value {
    let mut blocks = vec![section(&format!("*{}*", escape_mrkdwn(&wording.headline)))];
    if !wording.problem.is_empty() {
        blocks.push(section(&code_block(&wording.problem.join("\n"))));
    }
    if let Some(traceback) = &wording.traceback {
        let traceback = tail(traceback, TRACEBACK_LINES, LONGEST_TRACEBACK);
        blocks.push(section(&code_block(&traceback)));
    }
    blocks.push(section(&facts(wording)));
    if let Some(link) = link(wording) {
        blocks.push(section(&link));
    }
    json!({"text": fallback(wording), "blocks": blocks})
}

fn fallback(wording: &Wording) -> String {
    let mut lines = vec![escape_mrkdwn(&wording.subject)];
    lines.extend(wording.problem.iter().map(|line| escape_mrkdwn(line)));
    lines.extend(link(wording));
    lines.join("\n")
}

fn link(wording: &Wording) -> Option<String> {
    let link = wording.link.as_ref()?;
    // A bar would end the address.
    let link = escape_mrkdwn(link.as_str()).replace('|', "%7C");
    Some(format!("<{link}|Open the run>"))
}

/// Facts and parameters, as many as there is room for.
fn facts(wording: &Wording) -> String {
    let facts = wording.facts.iter();
    let facts = facts
        .map(|(label, value)| format!("*{label}:* {}", escape_mrkdwn(&head(value, LONGEST_FACT))));
    let parameters = wording.parameters.iter();
    let parameters =
        parameters.map(|line| format!("• {}", escape_mrkdwn(&head(line, LONGEST_FACT))));
    let mut text = String::new();
    for line in facts.chain(parameters) {
        if units(&text) + units(&line) + 1 > LONGEST_TEXT {
            break;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&line);
    }
    text
}

/// Text as it is, as much of its end as there is room for; three backticks in it would end the block.
fn code_block(text: &str) -> String {
    let mut room = LONGEST_TEXT - "```\n\n```".len();
    let text = text.replace("```", "'''");
    let mut kept: Vec<String> = text
        .chars()
        .rev()
        .map(|char| escape_mrkdwn(char.encode_utf8(&mut [0; 4])))
        .take_while(|shown| {
            let fits = units(shown) <= room;
            room = room.saturating_sub(units(shown));
            fits
        })
        .collect();
    kept.reverse();
    format!("```\n{}\n```", kept.concat())
}

fn section(text: &str) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": true}})
}

fn escape_mrkdwn(text: &str) -> String {
    // Three backticks would begin a block of code.
    let text = text.replace("```", "'''");
    escape(&text, |char| match char {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        _ => None,
    })
}

fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wording(text: &str) -> Wording {
        Wording {
            subject: text.to_owned(),
            headline: text.chars().take(400).collect(),
            problem: vec![text.to_owned(); 3],
            traceback: Some(vec![text; 30].join("\n")),
            facts: vec![("Notebook", text.to_owned()); 10],
            parameters: vec![text.to_owned(); 50],
            link: Some("https://nb.example/runs/a|b?c=1&d".parse().unwrap()),
        }
    }

    #[test]
    fn no_text_is_longer_than_slack_takes_nor_mentions_anybody() {
        for hostile in ["<!channel> & <@U1>", "```", "𝒜<&>", "a"] {
            let message = message(&wording(&hostile.repeat(500)));
            let blocks = message["blocks"].as_array().unwrap();
            assert_eq!(blocks.len(), 5);
            for block in blocks {
                let text = block["text"]["text"].as_str().unwrap();
                assert!((1..=LONGEST_TEXT).contains(&units(text)), "{}", units(text));
                assert!(!text.contains("<!") && !text.contains("<@"), "{text}");
                assert!(text.matches("```").count() % 2 == 0, "{text}");
            }
        }
    }

    #[test]
    fn the_link_is_the_only_markup() {
        let message = message(&wording("x < y"));
        let text = message["text"].as_str().unwrap();
        assert_eq!(text.matches('<').count(), 1, "{text}");
        assert!(
            text.ends_with("<https://nb.example/runs/a%7Cb?c=1&amp;d|Open the run>"),
            "{text}"
        );
    }
}
