//! The tree of path segments that finds the most specific path of a request.
//!
//! All of it lies in three lists, in the order of the rules, with indices in place of pointers: what
//! a decision looks at stands close together, so a policy of ten thousand rules asks the
//! processor's caches for little more than one of ten. The first segment below a node is compared
//! where it stands; a node that has several has them in one table for the whole tree.

use std::borrow::Cow;

use super::pattern::Part;
use super::table::{Spread, hash};

/// All paths of a policy.
#[derive(Debug)]
pub(super) struct Routes {
    nodes: Vec<Node>,
    /// The segments below nodes that have more than one; its length is a power of two, and half of
    /// it or more is empty.
    table: Vec<Option<Edge>>,
    used: usize,
    /// Every segment, one after the other.
    texts: String,
}

/// A node, by its index: small, as three of them are what most paths consist of.
type Index = u32;

#[derive(Debug, Clone, Copy, Default)]
struct Node {
    /// A segment below, if there is one.
    first: Option<Edge>,
    /// Whether the table has more.
    several: bool,
    /// What is below for any segment; 0 is nothing, as no node is above the first.
    parameter: Index,
    /// One more than the first rule of the path that ends here.
    here: Index,
    /// One more than the first rule of the path that ends in `{*rest}` here.
    rest: Index,
}

/// From a node to one below, by a segment.
#[derive(Debug, Clone, Copy)]
struct Edge {
    from: Index,
    to: Index,
    /// Where its text stands.
    start: u32,
    length: u32,
}

/// The paths of rules that name no host begin here.
const ANY_HOST: Index = 0;
/// Below this one are hosts, and below each its paths.
const HOSTS: Index = 1;

/// Where the rules of a path begin: the place of the first, if there is one.
#[derive(Debug)]
pub(super) struct Slot<'r>(&'r mut Index);

impl Slot<'_> {
    pub(super) fn first(&self) -> Option<usize> {
        place(*self.0)
    }

    /// Has the rules of the path begin with the one at `place`; whether that is possible.
    pub(super) fn begin(self, place: usize) -> bool {
        let index = u32::try_from(place).ok().and_then(|place| place.checked_add(1));
        *self.0 = index.unwrap_or_default();
        index.is_some()
    }
}

fn place(index: Index) -> Option<usize> {
    Some(usize::try_from(index).ok()?.checked_sub(1)?)
}

impl Default for Routes {
    fn default() -> Self {
        let nodes = vec![Node::default(); 2];
        Self { nodes, table: Vec::new(), used: 0, texts: String::new() }
    }
}

impl Routes {
    /// The rules of the path `parts`, of a host or of any; `None` when the tree would be larger than
    /// its indices reach.
    pub(super) fn rules_of(&mut self, host: Option<&str>, parts: &[Part]) -> Option<Slot<'_>> {
        let mut at = match host {
            Some(host) => self.make_below(HOSTS, host)?,
            None => ANY_HOST,
        };
        for part in parts {
            at = match part {
                Part::Static(text) => self.make_below(at, text)?,
                Part::Parameter => match self.node(at)?.parameter {
                    0 => {
                        let new = self.add()?;
                        self.node_mut(at)?.parameter = new;
                        new
                    }
                    known => known,
                },
                Part::Rest => return Some(Slot(&mut self.node_mut(at)?.rest)),
            };
        }
        Some(Slot(&mut self.node_mut(at)?.here))
    }

    /// Whether a rule names a host.
    pub(super) fn have_hosts(&self) -> bool {
        self.node(HOSTS).is_some_and(|node| node.first.is_some())
    }

    /// The first rule of the most specific path that matches: segment by segment from the left,
    /// static over parameter over rest; first among the paths of `host`.
    ///
    /// The search visits no node of the tree twice and descends at most 64 levels.
    pub(super) fn find(&self, host: Option<&str>, segments: &[Cow<'_, str>]) -> Option<usize> {
        let of_host = host.and_then(|host| self.below(self.node(HOSTS)?, HOSTS, host));
        let found = of_host.and_then(|root| self.find_below(root, segments));
        found.or_else(|| self.find_below(ANY_HOST, segments))
    }

    fn find_below(&self, at: Index, segments: &[Cow<'_, str>]) -> Option<usize> {
        let node = self.node(at)?;
        let Some((first, others)) = segments.split_first() else {
            return place(node.here);
        };
        let below = self.below(node, at, first);
        let found = below.and_then(|below| self.find_below(below, others)).or_else(|| {
            (node.parameter != 0).then(|| self.find_below(node.parameter, others)).flatten()
        });
        found.or_else(|| place(node.rest))
    }

    /// The node below `node`, which is at `at`, for this segment.
    fn below(&self, node: &Node, at: Index, text: &str) -> Option<Index> {
        let first = node.first?;
        if self.is(&first, text) {
            return Some(first.to);
        }
        if !node.several {
            return None;
        }
        self.probe(at, text).find_map(|place| match self.table.get(place) {
            Some(Some(edge)) if edge.from == at && self.is(edge, text) => Some(Some(edge.to)),
            Some(Some(_)) => None,
            _ => Some(None),
        })?
    }

    fn is(&self, edge: &Edge, text: &str) -> bool {
        edge.length as usize == text.len() && self.text(edge) == text.as_bytes()
    }

    fn text(&self, edge: &Edge) -> &[u8] {
        let start = edge.start as usize;
        self.texts.as_bytes().get(start..start + edge.length as usize).unwrap_or_default()
    }

    /// The places of the table to look at, one after the other, for this segment below `at`.
    fn probe(&self, at: Index, text: &str) -> Spread {
        Spread::new(hash(at, text.as_bytes()), self.table.len())
    }

    fn make_below(&mut self, at: Index, text: &str) -> Option<Index> {
        if let Some(known) = self.below(self.node(at)?, at, text) {
            return Some(known);
        }
        let start = u32::try_from(self.texts.len()).ok()?;
        let length = u32::try_from(text.len()).ok()?;
        start.checked_add(length)?;
        self.texts.push_str(text);
        let to = self.add()?;
        let edge = Edge { from: at, to, start, length };
        let node = self.node_mut(at)?;
        if node.first.is_none() {
            node.first = Some(edge);
        } else {
            node.several = true;
            self.insert(edge);
        }
        Some(to)
    }

    fn insert(&mut self, edge: Edge) {
        self.used += 1;
        if self.used * 2 > self.table.len() {
            let larger = vec![None; (self.table.len() * 2).max(16)];
            let smaller = std::mem::replace(&mut self.table, larger);
            smaller.into_iter().flatten().for_each(|edge| self.place(edge));
        }
        self.place(edge);
    }

    /// Puts `edge` into the first empty place that a search for it comes to.
    fn place(&mut self, edge: Edge) {
        let spread = Spread::new(hash(edge.from, self.text(&edge)), self.table.len());
        for at in spread {
            if let Some(empty @ None) = self.table.get_mut(at) {
                *empty = Some(edge);
                return;
            }
        }
    }

    fn add(&mut self) -> Option<Index> {
        let index = u32::try_from(self.nodes.len()).ok()?;
        self.nodes.push(Node::default());
        Some(index)
    }

    fn node(&self, at: Index) -> Option<&Node> {
        self.nodes.get(at as usize)
    }

    fn node_mut(&mut self, at: Index) -> Option<&mut Node> {
        self.nodes.get_mut(at as usize)
    }
}
