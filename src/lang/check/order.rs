//! What is evaluated after what, and which things wait for each other in a circle.

use crate::diag::{Diagnostic, Span};
use crate::lang::module::ResourceName;
use crate::model::identity::ProviderRef;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// Something of a module that is evaluated and referred to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Node {
    /// A variable as it was given: what its own validation looks at.
    Given(Arc<str>),
    /// A variable whose validations hold.
    Variable(Arc<str>),
    /// A local.
    Local(Arc<str>),
    /// A provider.
    Provider(ProviderRef),
    /// How often a module is called.
    Call(Arc<str>),
    /// A resource, with all its instances.
    Resource(ResourceName),
    /// An output.
    Output(Arc<str>),
    /// An output of a called module.
    CallOutput(Arc<str>, Arc<str>),
    /// All outputs of a called module.
    CallOutputs(Arc<str>),
    /// Everything in a called module: for who depends on it.
    CallDone(Arc<str>),
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Node::Given(name) | Node::Variable(name) => write!(f, "var.{name}"),
            Node::Local(name) => write!(f, "local.{name}"),
            Node::Provider(reference) => write!(f, "provider.{reference}"),
            Node::Call(name) | Node::CallOutputs(name) | Node::CallDone(name) => {
                write!(f, "module.{name}")
            }
            Node::CallOutput(call, name) => write!(f, "module.{call}.{name}"),
            Node::Resource(name) => write!(f, "{}.{}", name.kind, name.name),
            Node::Output(name) => write!(f, "output.{name}"),
        }
    }
}

/// What each node needs.
pub type Needs<N> = BTreeMap<N, BTreeSet<N>>;

/// The nodes, each after what it needs, without those in circles.
pub struct Order<N> {
    /// In order.
    pub nodes: Vec<N>,
    /// Circles, each from a node back to it.
    pub circles: Vec<Vec<N>>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Open,
    Done,
    /// In a circle, or needs what is.
    Broken,
}

/// Sorts. Iterative, since a chain of locals may be as long as a file.
pub fn sort<N: Ord + Clone>(needs: &Needs<N>) -> Order<N> {
    let mut order = Order {
        nodes: Vec::new(),
        circles: Vec::new(),
    };
    let mut states: BTreeMap<&N, State> = BTreeMap::new();
    for start in needs.keys() {
        if states.contains_key(start) {
            continue;
        }
        states.insert(start, State::Open);
        let mut path: Vec<(&N, Vec<&N>, State)> =
            vec![(start, successors(needs, start), State::Done)];
        while let Some((node, rest, fate)) = path.last_mut() {
            let node: &N = node;
            let Some(next) = rest.pop() else {
                let fate = *fate;
                states.insert(node, fate);
                if fate == State::Done {
                    order.nodes.push(node.clone());
                }
                path.pop();
                if let (State::Broken, Some((_, _, above))) = (fate, path.last_mut()) {
                    *above = State::Broken;
                }
                continue;
            };
            match states.get(next) {
                Some(State::Done) => {}
                Some(State::Broken) => *fate = State::Broken,
                Some(State::Open) => {
                    *fate = State::Broken;
                    let from = path
                        .iter()
                        .position(|(node, _, _)| *node == next)
                        .unwrap_or(0);
                    let mut circle: Vec<N> = path
                        .iter()
                        .skip(from)
                        .map(|(node, _, _)| (*node).clone())
                        .collect();
                    circle.push(next.clone());
                    order.circles.push(circle);
                }
                None => {
                    states.insert(next, State::Open);
                    path.push((next, successors(needs, next), State::Done));
                }
            }
        }
    }
    order
}

/// What a node needs, last first. What is not declared is no node.
fn successors<'n, N: Ord>(needs: &'n Needs<N>, node: &N) -> Vec<&'n N> {
    let known = |next: &&N| needs.contains_key(*next);
    needs
        .get(node)
        .map(|next| next.iter().rev().filter(known).collect())
        .unwrap_or_default()
}

/// The mistake of a circle, with all of it named.
pub fn circle(mut names: Vec<String>, span: Option<Span>) -> Diagnostic {
    // A variable is two nodes of one name.
    let start = names.first().cloned();
    names.dedup();
    if names.len() == 1 {
        names.extend(start);
    }
    if names.len() > 30 {
        let left_out = names.len() - 21;
        names.splice(20..names.len() - 1, [format!("({left_out} more)")]);
    }
    let detail = format!("these need each other: {}", names.join(" -> "));
    Diagnostic::error("cycle", "Cycle", detail).at(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(edges: &[(&str, &[&str])], order: &[&str], circles: &[&str]) {
        let local = |name: &&str| Node::Local((*name).into());
        let needs: Needs<Node> = edges
            .iter()
            .map(|(from, to)| (local(from), to.iter().map(local).collect()))
            .collect();
        let sorted = sort(&needs);
        assert_eq!(sorted.nodes, order.iter().map(local).collect::<Vec<_>>());
        let found: Vec<String> = sorted
            .circles
            .iter()
            .map(|circle| {
                circle
                    .iter()
                    .map(Node::to_string)
                    .collect::<Vec<_>>()
                    .join(" -> ")
                    .replace("local.", "")
            })
            .collect();
        assert_eq!(found, circles);
    }

    #[test]
    fn sorts_and_finds_circles() {
        check(
            &[("a", &["b"]), ("b", &[]), ("c", &["a", "b"])],
            &["b", "a", "c"],
            &[],
        );
        check(&[("a", &["a"]), ("b", &[])], &["b"], &["a -> a"]);
        check(
            &[
                ("a", &["b"]),
                ("b", &["c"]),
                ("c", &["a"]),
                ("d", &["c"]),
                ("e", &[]),
            ],
            &["e"],
            &["a -> b -> c -> a"],
        );
        check(&[("a", &["missing"])], &["a"], &[]);
    }

    #[test]
    fn a_long_chain_is_no_recursion() {
        let name = |at: usize| Node::Local(format!("l{at:06}").into());
        let needs: Needs<Node> = (0..200_000)
            .map(|at| (name(at), [name(at + 1)].into()))
            .collect();
        assert_eq!(sort(&needs).nodes.len(), 200_000);
    }
}
