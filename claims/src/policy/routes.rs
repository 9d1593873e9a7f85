//! The tree of path segments that finds the most specific path of a request.

use std::borrow::Cow;

use super::pattern::Part;
use super::table::Table;

/// All paths of a policy, or of one of its hosts.
#[derive(Debug, Default)]
pub(super) struct Routes {
    root: Node,
}

#[derive(Debug, Default)]
struct Node {
    statics: Table<Node>,
    parameter: Option<Box<Node>>,
    /// Rules of the path that ends in `{*rest}` here.
    rest: Vec<usize>,
    /// Rules of the path that ends here.
    here: Vec<usize>,
}

impl Routes {
    /// The rules of the path `parts`, to be read or added to.
    pub(super) fn rules_of(&mut self, parts: &[Part]) -> &mut Vec<usize> {
        let mut node = &mut self.root;
        for part in parts {
            node = match part {
                Part::Static(text) => node.statics.entry(text.clone()).or_default(),
                Part::Parameter => node.parameter.get_or_insert_default(),
                Part::Rest => return &mut node.rest,
            };
        }
        &mut node.here
    }

    /// The rules of the most specific path that matches: segment by segment from the left, static
    /// over parameter over rest. Empty when none matches.
    ///
    /// The search visits no node of the tree twice and descends at most 64 levels.
    pub(super) fn find(&self, segments: &[Cow<'_, str>]) -> &[usize] {
        self.root.find(segments)
    }
}

impl Node {
    fn find(&self, segments: &[Cow<'_, str>]) -> &[usize] {
        let Some((first, others)) = segments.split_first() else {
            return &self.here;
        };
        let next = [self.statics.get(first.as_ref()), self.parameter.as_deref()];
        for node in next.into_iter().flatten() {
            let found = node.find(others);
            if !found.is_empty() {
                return found;
            }
        }
        &self.rest
    }
}
