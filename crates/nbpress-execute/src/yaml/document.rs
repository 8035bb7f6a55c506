//! From text to a graph of nodes; aliases are edges.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, Tag};

use super::{YamlError, YamlErrorKind};

/// How deep lists and mappings may be nested.
pub(super) const MAX_DEPTH: usize = 200;

/// A node's number in its [`Document`].
pub(super) type NodeId = usize;

#[derive(Debug)]
pub(super) struct Node {
    pub(super) content: Content,
    /// The tag as written, with its prefix; `None` where there is none, or `!`.
    pub(super) tag: Option<String>,
    mark: Marker,
}

#[derive(Debug)]
pub(super) enum Content {
    /// A text, and whether it is plain, so that it may mean a number.
    Scalar(String, bool),
    List(Vec<NodeId>),
    /// Keys and values.
    Mapping(Vec<(NodeId, NodeId)>),
}

impl Content {
    /// The text, where it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Scalar(text, _) => Some(text),
            _ => None,
        }
    }
}

#[derive(Debug)]
pub(super) struct Document {
    nodes: Vec<Node>,
    pub(super) root: NodeId,
}

impl Document {
    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id]
    }
}

impl Node {
    pub(super) fn error(&self, kind: YamlErrorKind) -> YamlError {
        at(self.mark, kind)
    }
}

fn at(mark: Marker, kind: YamlErrorKind) -> YamlError {
    YamlError {
        line: mark.line(),
        column: mark.col() + 1,
        kind,
    }
}

/// The single document of a text; `None` where there is none.
pub(super) fn parse(text: &str) -> Result<Option<Document>, YamlError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    check_characters(text)?;
    let mut builder = Builder::default();
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            at(
                *error.marker(),
                YamlErrorKind::Syntax(error.info().to_owned()),
            )
        })?;
        builder.take(event, span)?;
    }
    if !text.ends_with(['\n', '\r']) {
        builder.end_without_line_break(text);
    }
    Ok(builder.root.map(|root| Document {
        nodes: builder.nodes,
        root,
    }))
}

/// <https://yaml.org/spec/1.1/#id868524>
fn check_characters(text: &str) -> Result<(), YamlError> {
    let allowed = |character: char| matches!(character, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..);
    let Some((position, character)) = text
        .char_indices()
        .find(|&(_, character)| !allowed(character))
    else {
        return Ok(());
    };
    let before = &text[..position];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    Err(YamlError {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        kind: YamlErrorKind::Character(character),
    })
}

#[derive(Default)]
struct Builder {
    nodes: Vec<Node>,
    /// The lists and mappings that are open, and the key that waits for its value.
    open: Vec<(NodeId, Option<NodeId>)>,
    anchors: HashMap<usize, NodeId>,
    root: Option<NodeId>,
    /// The scalar read last, where it is a block (`|`, `>`).
    last_block: Option<NodeId>,
}

impl Builder {
    /// A block that ends with the text and not with a line has no line break to keep, as PyYAML
    /// reads it; the parser supplies one.
    fn end_without_line_break(&mut self, text: &str) {
        let in_block = text
            .lines()
            .last()
            .is_some_and(|line| line.starts_with([' ', '\t']));
        if let Some(id) = self.last_block.filter(|_| in_block)
            && let Content::Scalar(value, _) = &mut self.nodes[id].content
            && value.ends_with('\n')
        {
            value.pop();
        }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        let mark = span.start;
        match event {
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(at(mark, YamlErrorKind::Documents))
            }
            Event::Scalar(text, style, anchor, tag) => {
                let forced = tag.as_ref().is_some_and(|tag| is_non_specific(tag));
                let plain = forced || style == ScalarStyle::Plain;
                let id = self.add(
                    Content::Scalar(text.into_owned(), plain),
                    tag.as_deref(),
                    anchor,
                    mark,
                );
                let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                self.last_block = block.then_some(id);
                self.attach(id);
                Ok(())
            }
            Event::SequenceStart(anchor, tag) => {
                self.enter(Content::List(Vec::new()), tag.as_deref(), anchor, mark)
            }
            Event::MappingStart(anchor, tag) => {
                self.enter(Content::Mapping(Vec::new()), tag.as_deref(), anchor, mark)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some((id, _)) = self.open.pop() {
                    self.attach(id);
                }
                Ok(())
            }
            Event::Alias(anchor) => {
                let unknown = || {
                    at(
                        mark,
                        YamlErrorKind::Syntax("an alias without an anchor".to_owned()),
                    )
                };
                let id = *self.anchors.get(&anchor).ok_or_else(unknown)?;
                self.attach(id);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn enter(
        &mut self,
        content: Content,
        tag: Option<&Tag>,
        anchor: usize,
        mark: Marker,
    ) -> Result<(), YamlError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(at(mark, YamlErrorKind::Deep));
        }
        let id = self.add(content, tag, anchor, mark);
        self.open.push((id, None));
        Ok(())
    }

    fn add(&mut self, content: Content, tag: Option<&Tag>, anchor: usize, mark: Marker) -> NodeId {
        let id = self.nodes.len();
        let tag = tag
            .filter(|tag| !is_non_specific(tag))
            .map(|tag| format!("{}{}", tag.handle, tag.suffix));
        self.nodes.push(Node { content, tag, mark });
        // 0 is no anchor.
        if anchor > 0 {
            self.anchors.insert(anchor, id);
        }
        id
    }

    /// Puts a finished node where it belongs.
    fn attach(&mut self, id: NodeId) {
        let Some((parent, key)) = self.open.last_mut() else {
            self.root = Some(id);
            return;
        };
        match (&mut self.nodes[*parent].content, key.take()) {
            (Content::List(items), _) => items.push(id),
            (Content::Mapping(entries), Some(key)) => entries.push((key, id)),
            (Content::Mapping(_), None) => *key = Some(id),
            (Content::Scalar(..), _) => {}
        }
    }
}

/// `!` alone: the type is found as for a plain scalar.
fn is_non_specific(tag: &Tag) -> bool {
    tag.handle.is_empty() && tag.suffix == "!" || tag.handle == "!" && tag.suffix.is_empty()
}
