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
    /// The segments below nodes that have more than one; its length is a power of two, and a
    /// quarter of it or more is empty.
    table: Vec<Edge>,
    used: usize,
    /// Every segment, one after the other.
    texts: String,
}

/// A node, by its index: small, as three of them are what most paths consist of.
type Index = u32;

#[derive(Debug, Clone, Copy, Default)]
struct Node {
    /// A segment below, if there is one.
    first: Edge,
    /// Whether the table has more: 1, or 0.
    several: Index,
    /// What is below for any segment; 0 is nothing, as no node is above the first.
    parameter: Index,
    /// One more than the first rule of the path that ends here.
    here: Index,
    /// One more than the first rule of the path that ends in `{*rest}` here.
    rest: Index,
}

/// From a node to one below, by a segment.
#[derive(Debug, Clone, Copy, Default)]
struct Edge {
    from: Index,
    /// 0 in an edge that is none, as no node is above the first.
    to: Index,
    /// Where its text stands.
    start: u32,
    length: u16,
    /// Of its hash, so that nearly no other text is looked at.
    tag: u16,
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

/// What an edge keeps of a hash: bits by which the table does not choose a place.
fn tag(hash: u64) -> u16 {
    (hash >> 32) as u16
}

fn place(index: Index) -> Option<usize> {
    usize::try_from(index).ok()?.checked_sub(1)
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
        self.node(HOSTS).is_some_and(|node| node.first.to != 0)
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
        if node.first.to != 0 && self.is(&node.first, text) {
            return Some(node.first.to);
        }
        if node.several == 0 {
            return None;
        }
        let hash = hash(at, text.as_bytes());
        let edges = Spread::new(hash, self.table.len()).filter_map(|at| self.table.get(at));
        let is = |edge: &Edge| edge.from == at && edge.tag == tag(hash) && self.is(edge, text);
        edges.take_while(|edge| edge.to != 0).find(|edge| is(edge)).map(|edge| edge.to)
    }

    fn is(&self, edge: &Edge, text: &str) -> bool {
        usize::from(edge.length) == text.len() && self.text(edge) == text.as_bytes()
    }

    fn text(&self, edge: &Edge) -> &[u8] {
        let start = edge.start as usize;
        self.texts.as_bytes().get(start..start + usize::from(edge.length)).unwrap_or_default()
    }

    fn make_below(&mut self, at: Index, text: &str) -> Option<Index> {
        if let Some(known) = self.below(self.node(at)?, at, text) {
            return Some(known);
        }
        let start = u32::try_from(self.texts.len()).ok()?;
        let length = u16::try_from(text.len()).ok()?;
        start.checked_add(length.into())?;
        self.texts.push_str(text);
        let to = self.add()?;
        let tag = tag(hash(at, text.as_bytes()));
        let edge = Edge { from: at, to, start, length, tag };
        let node = self.node_mut(at)?;
        if node.first.to == 0 {
            node.first = edge;
        } else {
            node.several = 1;
            self.insert(edge);
        }
        Some(to)
    }

    fn insert(&mut self, edge: Edge) {
        self.used += 1;
        if self.used * 4 > self.table.len() * 3 {
            let larger = vec![Edge::default(); (self.table.len() * 2).max(16)];
            let smaller = std::mem::replace(&mut self.table, larger);
            let edges = smaller.into_iter().filter(|edge| edge.to != 0);
            edges.for_each(|edge| self.place(edge));
        }
        self.place(edge);
    }

    /// Puts `edge` into the first empty place that a search for it comes to.
    fn place(&mut self, edge: Edge) {
        let spread = Spread::new(hash(edge.from, self.text(&edge)), self.table.len());
        for at in spread {
            if let Some(empty) = self.table.get_mut(at).filter(|known| known.to == 0) {
                *empty = edge;
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
