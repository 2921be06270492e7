//! Which nodes live, and which have lived.

use std::collections::VecDeque;
use std::os::fd::RawFd;

use crate::epmd::protocol::Registration;

/// A connection, by the number of its descriptor.
pub(super) type Line = RawFd;

/// How many nodes are remembered that no longer live. As long as a node is, no later one of its name gets its creation.
const REMEMBERED: usize = 1000;

/// A node, and the connection with which it lives and dies.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) line: Line,
    pub(super) registration: Registration,
    creation: u32,
}

/// All nodes.
#[derive(Debug, Default)]
pub(super) struct Registry {
    /// The last one that came is the last.
    living: Vec<Node>,
    /// The last one that went is the last.
    gone: VecDeque<Node>,
}

impl Registry {
    /// Takes up a node, and gives its creation, or nothing if the name is in use. A name that is not remembered starts
    /// at `now`: seconds, so that it goes on from where the port mapper's last life has ended.
    pub(super) fn register(&mut self, registration: Registration, line: Line, now: u32) -> Option<u32> {
        if self.find(&registration.name).is_some() {
            return None;
        }
        let before = self.gone.iter().position(|node| node.registration.name == registration.name);
        let before = before.and_then(|index| self.gone.remove(index)).map_or(now, |node| node.creation);
        let creation = next(before);
        self.living.push(Node { line, registration, creation });
        Some(creation)
    }

    /// The node of that name, if it lives.
    pub(super) fn find(&self, name: &[u8]) -> Option<&Node> {
        self.living.iter().find(|node| node.registration.name == name)
    }

    /// The node of this connection no longer lives.
    pub(super) fn release(&mut self, line: Line) {
        let Some(index) = self.living.iter().position(|node| node.line == line) else { return };
        self.gone.push_back(self.living.remove(index));
        if self.gone.len() > REMEMBERED {
            self.gone.pop_front();
        }
    }

    /// Those that live, the last one that came first.
    pub(super) fn living(&self) -> impl ExactSizeIterator<Item = &Node> {
        self.living.iter().rev()
    }

    /// Those that are remembered, the first one that went first.
    pub(super) fn gone(&self) -> impl Iterator<Item = &Node> {
        self.gone.iter()
    }
}

/// The creation after another one. Those below 4 are what nodes have that know no more than three.
fn next(creation: u32) -> u32 {
    creation.wrapping_add(1).max(4)
}

#[cfg(test)]
mod tests {
    use super::{REMEMBERED, Registration, Registry};

    fn node(name: &str) -> Registration {
        let (name, extra) = (name.into(), Vec::new());
        Registration { port: 1, kind: 77, protocol: 0, highest: 6, lowest: 5, name, extra }
    }

    fn names(registry: &Registry) -> Vec<&str> {
        registry.living().map(|node| std::str::from_utf8(&node.registration.name).unwrap()).collect()
    }

    #[test]
    fn a_name_in_use_is_refused_until_its_node_is_gone() {
        let mut registry = Registry::default();
        assert_eq!(registry.register(node("a"), 7, 100), Some(101));
        assert_eq!(registry.register(node("a"), 8, 100), None);
        assert_eq!(registry.register(node("b"), 8, 100), Some(101));
        assert_eq!(names(&registry), ["b", "a"]);
        registry.release(9);
        registry.release(7);
        assert_eq!(names(&registry), ["b"]);
        assert!(registry.find(b"a").is_none() && registry.find(b"b").is_some());
        assert!(registry.register(node("a"), 7, 100).is_some());
    }

    #[test]
    fn the_creation_changes_each_time_whatever_the_clock_says() {
        let mut registry = Registry::default();
        let lives = [100, 100, 0, u32::MAX].map(|now| {
            let creation = registry.register(node("a"), 7, now).unwrap();
            registry.release(7);
            creation
        });
        assert_eq!(lives, [101, 102, 103, 104]);
        let mut other = Registry::default();
        assert_eq!(other.register(node("a"), 7, u32::MAX), Some(4));
    }

    #[test]
    fn of_the_nodes_that_are_gone_the_oldest_are_forgotten() {
        let mut registry = Registry::default();
        for number in 0..REMEMBERED + 3 {
            registry.register(node(&number.to_string()), 7, 0).unwrap();
            registry.release(7);
        }
        assert_eq!(registry.gone().count(), REMEMBERED);
        assert_eq!(registry.gone().next().unwrap().registration.name, b"3");
    }
}
