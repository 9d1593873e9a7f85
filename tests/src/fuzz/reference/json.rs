//! Strict JSON: what `serde_json` reads, with every member kept, so that nothing is overlooked.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Number, Value};

/// A JSON value whose objects keep every member, also a second one of the same name.
#[derive(Debug, Clone)]
pub enum Tree {
    /// Anything but an array or an object.
    Leaf(Value),
    /// An array.
    Array(Vec<Tree>),
    /// An object.
    Object(Vec<(String, Tree)>),
}

impl Tree {
    /// The tree of a text, if it is JSON at all.
    #[must_use]
    pub fn read(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }

    /// Whether an object in it has two members of one name.
    #[must_use]
    pub fn has_duplicates(&self) -> bool {
        match self {
            Self::Leaf(_) => false,
            Self::Array(items) => items.iter().any(Self::has_duplicates),
            Self::Object(members) => {
                let names: BTreeSet<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
                names.len() < members.len()
                    || members.iter().any(|(_, value)| value.has_duplicates())
            }
        }
    }

    /// How deep arrays and objects nest.
    #[must_use]
    pub fn depth(&self) -> usize {
        let deepest = match self {
            Self::Leaf(_) => return 0,
            Self::Array(items) => items.iter().map(Self::depth).max(),
            Self::Object(members) => members.iter().map(|(_, value)| value.depth()).max(),
        };
        1 + deepest.unwrap_or(0)
    }

    /// How many members all its objects have together.
    #[must_use]
    pub fn members(&self) -> usize {
        match self {
            Self::Leaf(_) => 0,
            Self::Array(items) => items.iter().map(Self::members).sum(),
            Self::Object(members) => {
                members.len() + members.iter().map(|(_, value)| value.members()).sum::<usize>()
            }
        }
    }

    /// The same as an ordinary value, in which the last member of a name wins.
    #[must_use]
    pub fn value(&self) -> Value {
        match self {
            Self::Leaf(value) => value.clone(),
            Self::Array(items) => items.iter().map(Self::value).collect(),
            Self::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), value.value())).collect()
            }
        }
    }
}

/// The value of a text that is strict JSON within these bounds.
#[must_use]
pub fn strict(text: &[u8], depth: usize, members: usize) -> Option<Value> {
    let tree = Tree::read(text)?;
    let good = !tree.has_duplicates() && tree.depth() <= depth && tree.members() <= members;
    good.then(|| tree.value())
}

impl<'de> serde::Deserialize<'de> for Tree {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> serde::de::Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Leaf(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Leaf(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Leaf(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Leaf(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Tree, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("not finite"))?;
        Ok(Tree::Leaf(Value::Number(number)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Leaf(value.into()))
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Tree::Array(items))
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = access.next_entry()? {
            members.push(member);
        }
        Ok(Tree::Object(members))
    }
}
