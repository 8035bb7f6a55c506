//! From nodes to values.

use std::collections::HashMap;

use nbpress_format::parameters::ParameterValue;

use super::document::{Content, Document, Node, NodeId};
use super::scalar::{self, Resolved};
use super::{YamlError, YamlErrorKind, tagged};

/// How many values the aliases of a document may add to those it writes out.
pub(super) const MAX_EXPANDED: usize = 200_000;

const PREFIX: &str = "tag:yaml.org,2002:";

pub(super) fn construct(document: &Document) -> Result<ParameterValue, YamlError> {
    let mut constructor = Constructor {
        document,
        open: Vec::new(),
        made: HashMap::new(),
        expanded: 0,
    };
    constructor.value(document.root)
}

struct Constructor<'a> {
    document: &'a Document,
    /// The nodes being made, from the outside in.
    open: Vec<NodeId>,
    /// How often each node has been made.
    made: HashMap<NodeId, usize>,
    expanded: usize,
}

type Made = Result<ParameterValue, YamlError>;

impl Constructor<'_> {
    fn value(&mut self, id: NodeId) -> Made {
        let node = self.document.node(id);
        if self.open.contains(&id) {
            return Err(node.error(YamlErrorKind::Recursive));
        }
        let times = self.made.entry(id).or_default();
        *times += 1;
        if *times > 1 {
            self.count(node, 1)?;
        }
        self.open.push(id);
        let value = self.tagged(node);
        self.open.pop();
        value
    }

    fn count(&mut self, node: &Node, values: usize) -> Result<(), YamlError> {
        self.expanded += values;
        if self.expanded > MAX_EXPANDED {
            Err(node.error(YamlErrorKind::Large))
        } else {
            Ok(())
        }
    }

    fn tagged(&mut self, node: &Node) -> Made {
        let Some(tag) = &node.tag else {
            return self.untagged(node);
        };
        let unknown = || node.error(YamlErrorKind::Tag(tag.clone()));
        match tag.strip_prefix(PREFIX).ok_or_else(unknown)? {
            "null" => text_of(node, "null").map(|_| ParameterValue::Null),
            "bool" => self.scalar(node, "bool", Resolved::Bool),
            "int" => self.scalar(node, "int", Resolved::Int),
            "float" => self.scalar(node, "float", Resolved::Float),
            "str" => self.scalar(node, "str", Resolved::Str),
            "binary" => special(node, "binary", tagged::bytes),
            "timestamp" => special(node, "timestamp", tagged::timestamp),
            "seq" => match &node.content {
                Content::List(items) => self.list(items),
                _ => Err(shape(node, "seq", "a list")),
            },
            "map" => match &node.content {
                Content::Mapping(_) => self.mapping(node).map(ParameterValue::Map),
                _ => Err(shape(node, "map", "a mapping")),
            },
            "set" => match &node.content {
                Content::Mapping(_) => self.mapping(node).map(|entries| tagged::set(&entries)),
                _ => Err(shape(node, "set", "a mapping")),
            },
            kind @ ("omap" | "pairs") => self.pairs(node, kind),
            _ => Err(unknown()),
        }
    }

    fn untagged(&mut self, node: &Node) -> Made {
        match &node.content {
            Content::List(items) => self.list(items),
            Content::Mapping(_) => self.mapping(node).map(ParameterValue::Map),
            Content::Scalar(text, false) => Ok(ParameterValue::from(text.as_str())),
            Content::Scalar(text, true) => {
                let kind = scalar::resolve(text);
                let tag = match kind {
                    Resolved::Value => "value",
                    Resolved::Merge => "merge",
                    Resolved::Int => "int",
                    _ => "float",
                };
                // `<<` and `=` mean something as keys only.
                let wrong = || {
                    node.error(YamlErrorKind::Value {
                        value: text.clone(),
                        tag: tag.to_owned(),
                    })
                };
                scalar::value(text, kind)
                    .filter(|_| kind != Resolved::Merge)
                    .ok_or_else(wrong)
            }
        }
    }

    fn scalar(&self, node: &Node, tag: &str, kind: Resolved) -> Made {
        let text = self.text(node, tag)?;
        let wrong = || {
            node.error(YamlErrorKind::Value {
                value: text.to_owned(),
                tag: tag.to_owned(),
            })
        };
        scalar::value(text, kind).ok_or_else(wrong)
    }

    /// The text of a scalar, or of the value under `=` of a mapping that stands for one.
    fn text<'n>(&'n self, node: &'n Node, tag: &str) -> Result<&'n str, YamlError> {
        if let Content::Mapping(entries) = &node.content {
            let default = entries.iter().find(|(key, _)| self.is_plain(*key, "="));
            if let Some((_, value)) = default {
                return text_of(self.document.node(*value), tag);
            }
        }
        text_of(node, tag)
    }

    fn list(&mut self, items: &[NodeId]) -> Made {
        items
            .iter()
            .map(|&item| self.value(item))
            .collect::<Result<_, _>>()
            .map(ParameterValue::List)
    }

    fn mapping(&mut self, node: &Node) -> Result<Vec<(ParameterValue, ParameterValue)>, YamlError> {
        let flat = self.flattened(node)?;
        let mut entries: Vec<(ParameterValue, ParameterValue)> = Vec::with_capacity(flat.len());
        let mut places: HashMap<String, usize> = HashMap::new();
        for (key, value) in flat {
            let key_node = self.document.node(key);
            // As a key, `=` is a text.
            let key = if self.is_plain(key, "=") {
                ParameterValue::from("=")
            } else {
                self.value(key)?
            };
            if matches!(key, ParameterValue::List(_) | ParameterValue::Map(_))
                || tagged::is_set(&key, key_node.tag.as_deref())
            {
                return Err(key_node.error(YamlErrorKind::Key));
            }
            let value = self.value(value)?;
            match key
                .key_identity()
                .map(|identity| (places.get(&identity).copied(), identity))
            {
                Some((Some(place), _)) => entries[place] = (entries[place].0.clone(), value),
                Some((None, identity)) => {
                    places.insert(identity, entries.len());
                    entries.push((key, value));
                }
                None => entries.push((key, value)),
            }
        }
        Ok(entries)
    }

    /// The entries of a mapping after those it merges with `<<`, which its own replace.
    fn flattened(&mut self, node: &Node) -> Result<Vec<(NodeId, NodeId)>, YamlError> {
        let Content::Mapping(entries) = &node.content else {
            return Err(node.error(YamlErrorKind::Merge));
        };
        let (merges, own): (Vec<_>, Vec<_>) = entries
            .iter()
            .copied()
            .partition(|&(key, _)| self.is_plain(key, "<<"));
        if merges.is_empty() {
            return Ok(own);
        }
        let mut flat = Vec::new();
        for (_, value) in merges {
            let merged = self.document.node(value);
            let parts = match &merged.content {
                Content::Mapping(_) => vec![value],
                // Of several, the first wins: it is put last.
                Content::List(items) => items.iter().rev().copied().collect(),
                Content::Scalar(..) => return Err(merged.error(YamlErrorKind::Merge)),
            };
            for part in parts {
                if self.open.contains(&part) {
                    return Err(merged.error(YamlErrorKind::Recursive));
                }
                self.open.push(part);
                let part = self.flattened(self.document.node(part));
                self.open.pop();
                flat.extend(part?);
                self.count(node, 1)?;
            }
        }
        self.count(node, flat.len())?;
        flat.extend(own);
        Ok(flat)
    }

    fn is_plain(&self, id: NodeId, text: &str) -> bool {
        let node = self.document.node(id);
        matches!(&node.content, Content::Scalar(own, true) if own == text) && node.tag.is_none()
    }

    /// `!!omap` and `!!pairs`: a list of Python tuples.
    fn pairs(&mut self, node: &Node, tag: &str) -> Made {
        let Content::List(items) = &node.content else {
            return Err(shape(node, tag, "a list"));
        };
        let mut pairs = Vec::with_capacity(items.len());
        for &item in items {
            let item = self.document.node(item);
            match &item.content {
                Content::Mapping(entries) if entries.len() == 1 => {
                    let (key, value) = (self.value(entries[0].0)?, self.value(entries[0].1)?);
                    pairs.push(tagged::tuple(&key, &value));
                }
                _ => return Err(shape(item, tag, "mappings of one entry")),
            }
        }
        Ok(ParameterValue::List(pairs))
    }
}

fn text_of<'n>(node: &'n Node, tag: &str) -> Result<&'n str, YamlError> {
    match &node.content {
        Content::Scalar(text, _) => Ok(text),
        _ => Err(shape(node, tag, "a scalar")),
    }
}

fn special(node: &Node, tag: &str, read: fn(&str) -> Option<ParameterValue>) -> Made {
    let text = text_of(node, tag)?;
    read(text).ok_or_else(|| {
        node.error(YamlErrorKind::Value {
            value: text.to_owned(),
            tag: tag.to_owned(),
        })
    })
}

fn shape(node: &Node, tag: &str, wanted: &'static str) -> YamlError {
    node.error(YamlErrorKind::Shape {
        tag: tag.to_owned(),
        wanted,
    })
}
