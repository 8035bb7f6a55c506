//! From nodes to values.

use std::collections::HashMap;

use nbpress_format::parameters::ParameterValue;

use super::document::{Content, Document, MAX_DEPTH, Node, NodeId};
use super::scalar::{self, Resolved};
use super::{YamlError, YamlErrorKind, tagged};

/// How many values, and bytes of texts, the aliases of a document may add to those it writes out.
pub(super) const MAX_EXPANDED: usize = 200_000;

const PREFIX: &str = "tag:yaml.org,2002:";

type Made = Result<ParameterValue, YamlError>;
type Entries = Vec<(ParameterValue, ParameterValue)>;

/// The value of a document.
pub(super) fn construct(document: &Document) -> Made {
    Constructor::of(document).value(document.root)
}

/// The names and values of a document; `None` where it is neither a mapping nor a list that has
/// names, such as `!!omap`.
pub(super) fn named(
    document: &Document,
) -> Result<Option<Vec<(String, ParameterValue)>>, YamlError> {
    let mut constructor = Constructor::of(document);
    let node = document.node(document.root);
    let tag = node.tag.as_deref().and_then(|tag| tag.strip_prefix(PREFIX));
    let entries = match (&node.content, tag) {
        (Content::Mapping(_), None | Some("map")) => {
            constructor.inside(document.root, |constructor| constructor.mapping(node))?
        }
        (_, Some(tag @ ("omap" | "pairs"))) => constructor.pairs(node, tag)?,
        _ => return Ok(None),
    };
    let name = |(key, value): (ParameterValue, _)| (key.to_python_str(), value);
    Ok(Some(entries.into_iter().map(name).collect()))
}

struct Constructor<'a> {
    document: &'a Document,
    /// The nodes being made, from the outside in.
    open: Vec<NodeId>,
    /// How often each node has been made.
    made: HashMap<NodeId, usize>,
    expanded: usize,
}

impl<'a> Constructor<'a> {
    fn of(document: &'a Document) -> Self {
        Self {
            document,
            open: Vec::new(),
            made: HashMap::new(),
            expanded: 0,
        }
    }

    fn value(&mut self, id: NodeId) -> Made {
        let node = self.document.node(id);
        let times = self.made.entry(id).or_default();
        *times += 1;
        if *times > 1 {
            self.count(node, 1 + node.content.text().map_or(0, str::len))?;
        }
        self.inside(id, |constructor| constructor.tagged(node))
    }

    /// Makes something of a node, which must not come up again meanwhile.
    fn inside<T>(
        &mut self,
        id: NodeId,
        make: impl FnOnce(&mut Self) -> Result<T, YamlError>,
    ) -> Result<T, YamlError> {
        let node = self.document.node(id);
        if self.open.contains(&id) {
            return Err(node.error(YamlErrorKind::Recursive));
        }
        if self.open.len() > MAX_DEPTH {
            return Err(node.error(YamlErrorKind::Deep));
        }
        self.open.push(id);
        let made = make(self);
        self.open.pop();
        made
    }

    fn count(&mut self, node: &Node, size: usize) -> Result<(), YamlError> {
        self.expanded += size;
        if self.expanded > MAX_EXPANDED {
            return Err(node.error(YamlErrorKind::Large));
        }
        Ok(())
    }

    fn tagged(&mut self, node: &'a Node) -> Made {
        let Some(tag) = &node.tag else {
            return self.untagged(node);
        };
        let unknown = || node.error(YamlErrorKind::Tag(tag.clone()));
        match tag.strip_prefix(PREFIX).ok_or_else(unknown)? {
            "null" => self.text(node, "null").map(|_| ParameterValue::Null),
            "bool" => self.scalar(node, "bool", Resolved::Bool),
            "int" => self.scalar(node, "int", Resolved::Int),
            "float" => self.scalar(node, "float", Resolved::Float),
            "str" => self.scalar(node, "str", Resolved::Str),
            "binary" => self.special(node, "binary", tagged::bytes),
            "timestamp" => self.special(node, "timestamp", tagged::timestamp),
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
            kind @ ("omap" | "pairs") => {
                let pairs = self.pairs(node, kind)?;
                Ok(ParameterValue::List(
                    pairs.iter().map(tagged::tuple).collect(),
                ))
            }
            _ => Err(unknown()),
        }
    }

    fn untagged(&mut self, node: &'a Node) -> Made {
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

    fn scalar(&self, node: &'a Node, tag: &str, kind: Resolved) -> Made {
        let text = self.text(node, tag)?;
        let wrong = || {
            node.error(YamlErrorKind::Value {
                value: text.to_owned(),
                tag: tag.to_owned(),
            })
        };
        scalar::value(text, kind).ok_or_else(wrong)
    }

    fn special(&self, node: &'a Node, tag: &str, read: fn(&str) -> Option<ParameterValue>) -> Made {
        let text = self.text(node, tag)?;
        read(text).ok_or_else(|| {
            node.error(YamlErrorKind::Value {
                value: text.to_owned(),
                tag: tag.to_owned(),
            })
        })
    }

    /// The text of a scalar, or of what `=` says in a mapping that stands for one.
    /// <https://yaml.org/type/value.html>
    fn text(&self, node: &'a Node, tag: &str) -> Result<&'a str, YamlError> {
        let mut node = node;
        loop {
            let entries = match &node.content {
                Content::Scalar(text, _) => return Ok(text),
                Content::Mapping(entries) => entries.as_slice(),
                Content::List(_) => &[],
            };
            let default = entries
                .iter()
                .find(|&&(key, _)| self.means(key, "=", "value"));
            match default {
                Some(&(_, value)) => node = self.document.node(value),
                None => return Err(shape(node, tag, "a scalar")),
            }
        }
    }

    fn list(&mut self, items: &[NodeId]) -> Made {
        items
            .iter()
            .map(|&item| self.value(item))
            .collect::<Result<_, _>>()
            .map(ParameterValue::List)
    }

    fn mapping(&mut self, node: &'a Node) -> Result<Entries, YamlError> {
        let flat = self.flattened(node)?;
        let mut entries = Entries::with_capacity(flat.len());
        let mut places: HashMap<String, usize> = HashMap::new();
        for (key, value) in flat {
            let key_node = self.document.node(key);
            // As a key, `=` is a text.
            let key = if self.means(key, "=", "value") {
                ParameterValue::from(self.text(key_node, "value")?)
            } else {
                self.value(key)?
            };
            if matches!(key, ParameterValue::List(_) | ParameterValue::Map(_))
                || tagged::is_set(&key, key_node.tag.as_deref())
            {
                return Err(key_node.error(YamlErrorKind::Key));
            }
            let value = self.value(value)?;
            // PyYAML's NaN is one object, so that Python takes it for one key.
            let identity = key.key_identity().unwrap_or_else(|| "nan".to_owned());
            if let Some(&place) = places.get(&identity) {
                entries[place].1 = value;
            } else {
                places.insert(identity, entries.len());
                entries.push((key, value));
            }
        }
        Ok(entries)
    }

    /// The entries of a mapping after those it merges with `<<`, which its own replace.
    fn flattened(&mut self, node: &'a Node) -> Result<Vec<(NodeId, NodeId)>, YamlError> {
        let Content::Mapping(entries) = &node.content else {
            return Err(node.error(YamlErrorKind::Merge));
        };
        let (merges, own): (Vec<_>, Vec<_>) = entries
            .iter()
            .copied()
            .partition(|&(key, _)| self.means(key, "<<", "merge"));
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
                let part_node = self.document.node(part);
                flat.extend(self.inside(part, |constructor| constructor.flattened(part_node))?);
                self.count(node, 1)?;
            }
        }
        self.count(node, flat.len())?;
        flat.extend(own);
        Ok(flat)
    }

    /// Whether a node has a tag, because it is written so or because it has the text for it.
    fn means(&self, id: NodeId, text: &str, tag: &str) -> bool {
        let node = self.document.node(id);
        match &node.tag {
            Some(own) => own.strip_prefix(PREFIX) == Some(tag),
            None => matches!(&node.content, Content::Scalar(own, true) if own == text),
        }
    }

    /// The entries of `!!omap` and `!!pairs`.
    fn pairs(&mut self, node: &Node, tag: &str) -> Result<Entries, YamlError> {
        let Content::List(items) = &node.content else {
            return Err(shape(node, tag, "a list"));
        };
        let pair = |&item: &NodeId| {
            let item = self.document.node(item);
            let entries = match &item.content {
                Content::Mapping(entries) => entries.as_slice(),
                _ => &[],
            };
            let &[(key, value)] = entries else {
                return Err(shape(item, tag, "mappings of one entry"));
            };
            Ok((self.value(key)?, self.value(value)?))
        };
        items.iter().map(pair).collect()
    }
}

fn shape(node: &Node, tag: &str, wanted: &'static str) -> YamlError {
    node.error(YamlErrorKind::Shape {
        tag: tag.to_owned(),
        wanted,
    })
}
