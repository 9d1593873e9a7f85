//! The tree of path segments that finds the most specific path of a request.
//!
//! What a decision looks at stands close together, so a policy of ten thousand rules asks the
//! processor's caches for little more than one of ten: all of it lies in two lists, in the order of
//! the rules, with indices in place of pointers. The first segment below a node stands in the node;
//! a node that has several has them in one table for the whole tree. Where a path ends and no other
//! goes on, there is no node, but the rule.

use super::pattern::Part;
use super::place::Place;
use super::short::Short;
use super::table::{Spread, hash};
use super::target::{Path, first_and_others};

/// All paths of a policy.
#[derive(Debug)]
pub(super) struct Routes {
    nodes: Nodes,
    /// The segments below nodes that have more than one; its length is a power of two, and a
    /// quarter of it or more is empty.
    table: Vec<Edge>,
    used: usize,
    /// Segments that are too long for their place, one after the other.
    long: String,
}

/// A node, by its index.
type Index = u32;

/// What is below for one segment, if anything is, and which.
#[derive(Debug, Clone, Copy, Default)]
struct Node {
    first: Link,
    text: Short<12>,
    /// Whether the table has more.
    several: bool,
    /// What is below for any segment.
    parameter: Link,
    /// The first rule of the path that ends here.
    here: Link,
    /// The first rule of the path that ends in `{*rest}` here.
    rest: Link,
}

/// Two nodes, which is what most paths consist of, in one line of a cache.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
struct Pair([Node; 2]);

/// From a node to what is below it, by a segment. Half a line of a cache.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(32))]
struct Edge {
    from: Index,
    /// Nowhere in an edge that is none.
    to: Link,
    /// Of its hash, so that nearly no other text is looked at.
    tag: u16,
    text: Short<20>,
}

/// Leads to a node, or to a rule that nothing is below, or nowhere: in four bytes. 0 is nowhere, as
/// the first two nodes are below none; the highest bit says that it is a rule.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Link(u32);

impl Link {
    const RULE: u32 = 1 << 31;

    fn to_rule(place: Place) -> Self {
        Self(place.number() | Self::RULE)
    }

    fn leads_nowhere(self) -> bool {
        self == Self::default()
    }

    /// Itself, having become `new` if it led nowhere.
    fn or(&mut self, new: Self) -> &mut Self {
        if self.leads_nowhere() {
            *self = new;
        }
        self
    }

    fn rule(self) -> Option<Place> {
        (self.0 & Self::RULE != 0).then_some(self.0 & !Self::RULE).and_then(Place::numbered)
    }
}

/// The paths of rules that name no host begin here.
const ANY_HOST: Index = 0;
/// Below this one are hosts, and below each its paths.
const HOSTS: Index = 1;

/// What an edge keeps of a hash: bits by which the table does not choose a place.
fn tag(hash: u64) -> u16 {
    (hash >> 32) as u16
}

/// All nodes; the first two are always there.
#[derive(Debug)]
struct Nodes {
    pairs: Vec<Pair>,
    length: Index,
}

impl Nodes {
    fn get(&self, at: Index) -> Option<&Node> {
        self.pairs.get(at as usize / 2)?.0.get(at as usize % 2)
    }

    fn get_mut(&mut self, at: Index) -> Option<&mut Node> {
        self.pairs.get_mut(at as usize / 2)?.0.get_mut(at as usize % 2)
    }

    /// The index is what the length was.
    fn push(&mut self, node: Node) {
        if self.length.is_multiple_of(2) {
            self.pairs.push(Pair::default());
        }
        self.length += 1;
        if let Some(new) = self.get_mut(self.length - 1) {
            *new = node;
        }
    }
}

impl Default for Routes {
    fn default() -> Self {
        let nodes = Nodes { pairs: vec![Pair::default()], length: 2 };
        Self { nodes, table: Vec::new(), used: 0, long: String::new() }
    }
}

impl Routes {
    /// Has the rules of the path `parts`, of a host or of any, begin with `rule`, and answers with
    /// the one they began with before. `None` when the tree would be larger than its indices reach.
    pub(super) fn begin(
        &mut self,
        host: Option<&str>,
        parts: &[Part],
        rule: Place,
    ) -> Option<Option<Place>> {
        let mut at = match host {
            Some(host) => self.node_below(HOSTS, &Part::Static(host.to_owned()))?,
            None => ANY_HOST,
        };
        let new = Link::to_rule(rule);
        let Some((last, others)) = parts.split_last() else {
            return Some(std::mem::replace(&mut self.nodes.get_mut(at)?.here, new).rule());
        };
        for part in others {
            at = self.node_below(at, part)?;
        }
        let link = self.link(at, last, new)?;
        let known = *link;
        if known == new {
            return Some(None);
        }
        let link =
            if known.rule().is_some() { link } else { &mut self.nodes.get_mut(known.0)?.here };
        Some(std::mem::replace(link, new).rule())
    }

    /// Whether a rule names a host.
    pub(super) fn have_hosts(&self) -> bool {
        self.nodes.get(HOSTS).is_some_and(|node| !node.first.leads_nowhere())
    }

    /// The first rule of the most specific path that matches: segment by segment from the left,
    /// static over parameter over rest; first among the paths of `host`.
    ///
    /// The search visits no node of the tree twice and descends at most 64 levels.
    pub(super) fn find(&self, host: Option<&str>, path: &Path<'_>) -> Option<Place> {
        let segments = path.from(0);
        let of_host = host.and_then(|host| self.below(self.nodes.get(HOSTS)?, HOSTS, host));
        let found = of_host.and_then(|root| self.find_below(root, segments));
        found.or_else(|| self.find_below(Link(ANY_HOST), segments))
    }

    fn find_below(&self, link: Link, segments: Option<&str>) -> Option<Place> {
        if let Some(rule) = link.rule() {
            return segments.is_none().then_some(rule);
        }
        let node = self.nodes.get(link.0)?;
        let Some((first, others)) = segments.map(first_and_others) else {
            return node.here.rule();
        };
        let below = self.below(node, link.0, first);
        let found = below.and_then(|below| self.find_below(below, others)).or_else(|| {
            let below = Some(node.parameter).filter(|below| !below.leads_nowhere())?;
            self.find_below(below, others)
        });
        found.or_else(|| node.rest.rule())
    }

    /// What is below `node`, which is at `at`, for this segment.
    fn below(&self, node: &Node, at: Index, text: &str) -> Option<Link> {
        if !node.first.leads_nowhere() && node.text.is(text.as_bytes(), &self.long) {
            return Some(node.first);
        }
        if !node.several {
            return None;
        }
        let edge = self.table.get(self.search(at, text.as_bytes())?)?;
        Some(edge.to).filter(|below| !below.leads_nowhere())
    }

    /// The place in the table of what leads from the node at `at` by this segment, or, where nothing
    /// does, the empty one for it.
    fn search(&self, at: Index, text: &[u8]) -> Option<usize> {
        let hash = hash(at, text);
        let is = |edge: &Edge| {
            edge.from == at && edge.tag == tag(hash) && edge.text.is(text, &self.long)
        };
        let ends = |edge: &Edge| edge.to.leads_nowhere() || is(edge);
        Spread::new(hash, self.table.len()).find(|place| self.table.get(*place).is_some_and(ends))
    }

    /// The node below the one at `at`, which is made where there is none.
    fn node_below(&mut self, at: Index, part: &Part) -> Option<Index> {
        let index = Some(self.nodes.length).filter(|index| *index < Link::RULE)?;
        let new = Link(index);
        let link = self.link(at, part, new)?;
        let here = match *link {
            known if known == new => Link::default(),
            known if known.rule().is_some() => std::mem::replace(link, new),
            known => return Some(known.0),
        };
        self.nodes.push(Node { here, ..Node::default() });
        Some(index)
    }

    /// What leads from the node at `at` by `part`; `new` from now on, where nothing does.
    fn link(&mut self, at: Index, part: &Part, new: Link) -> Option<&mut Link> {
        let text = match part {
            Part::Static(text) => text,
            Part::Parameter => return self.nodes.get_mut(at).map(|node| node.parameter.or(new)),
            Part::Rest => return self.nodes.get_mut(at).map(|node| node.rest.or(new)),
        };
        let node = self.nodes.get_mut(at)?;
        if node.first.leads_nowhere() {
            node.text = Short::new(text, &mut self.long)?;
            node.first = new;
        }
        if node.text.is(text.as_bytes(), &self.long) {
            return self.nodes.get_mut(at).map(|node| &mut node.first);
        }
        node.several = true;
        if self.used * 4 >= self.table.len() * 3 {
            self.grow();
        }
        let place = self.search(at, text.as_bytes())?;
        if self.table.get(place)?.to.leads_nowhere() {
            let tag = tag(hash(at, text.as_bytes()));
            let text = Short::new(text, &mut self.long)?;
            *self.table.get_mut(place)? = Edge { from: at, to: new, tag, text };
            self.used += 1;
        }
        self.table.get_mut(place).map(|edge| &mut edge.to)
    }

    /// Gives the table twice its places.
    fn grow(&mut self) {
        let larger = vec![Edge::default(); (self.table.len() * 2).max(16)];
        let smaller = std::mem::replace(&mut self.table, larger);
        for edge in smaller.into_iter().filter(|edge| !edge.to.leads_nowhere()) {
            let free = self.search(edge.from, edge.text.get(&self.long));
            if let Some(free) = free.and_then(|place| self.table.get_mut(place)) {
                *free = edge;
            }
        }
    }
}
