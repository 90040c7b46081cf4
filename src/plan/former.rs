//! What an object was called before: by its mark, or by `moved` blocks where the mark keeps only a digest. Words for
//! people, since identity is the key (R21). Must not know what is decided.

use crate::model::address::{Address, ModulePath, Target};
use crate::model::identity::{ADDRESS_ANNOTATION, ADDRESS_LABEL, address_label, address_of_parts};
use crate::model::resource::Move;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// The address that an object's mark names: where the label holds a digest of it, the annotation or the further labels. A
/// label that is no address, or a text that does not belong to the label, names none.
pub fn marked(live: &Json) -> Option<Address> {
    let metadata = &live["metadata"];
    let label = metadata["labels"][ADDRESS_LABEL].as_str()?;
    let annotated = metadata["annotations"][ADDRESS_ANNOTATION].as_str();
    let annotated = annotated.and_then(|text| text.parse::<Address>().ok());
    let in_parts = || {
        address_of_parts(&metadata["labels"])?
            .parse::<Address>()
            .ok()
    };
    let whole = annotated.or_else(in_parts);
    match whole.filter(|address| address_label(address) == label) {
        Some(address) => Some(address),
        None => label.parse().ok(),
    }
}

/// The address that an object had which is declared under another one now.
pub fn address(moves: &[Move], declared: &Address, live: &Json) -> Option<Address> {
    let label = live["metadata"]["labels"][ADDRESS_LABEL].as_str();
    let by_block = by_blocks(moves, declared)
        .into_iter()
        .find(|former| Some(address_label(former).as_str()) == label);
    by_block.or_else(|| marked(live))
}

/// Labels of every address that `moved` blocks say it had, the newest first.
pub fn labels(moves: &[Move], declared: &Address) -> Vec<String> {
    if moves.is_empty() {
        return Vec::new();
    }
    by_blocks(moves, declared)
        .iter()
        .map(address_label)
        .collect()
}

/// Every address that `moved` blocks say it had, the newest first.
fn by_blocks(moves: &[Move], declared: &Address) -> Vec<Address> {
    let mut found: Vec<Address> = Vec::new();
    let mut seen = BTreeSet::from([declared.clone()]);
    let mut here = vec![declared.clone()];
    while let Some(address) = here.pop() {
        for former in moves.iter().filter_map(|one| before(one, &address)) {
            if seen.insert(former.clone()) {
                found.push(former.clone());
                here.push(former);
            }
        }
    }
    found
}

/// The address before one move.
fn before(one: &Move, address: &Address) -> Option<Address> {
    if !one.to.covers(address) {
        return None;
    }
    match (&one.from, &one.to) {
        (Target::Resource(from), Target::Resource(to)) => Some(Address {
            module: path_before(&from.module, &to.module, &address.module),
            kind: from.kind.clone(),
            name: from.name.clone(),
            // Without instances on both sides all of them moved.
            instance: match (&from.instance, &to.instance) {
                (None, None) => address.instance.clone(),
                (from, _) => from.clone(),
            },
        }),
        (Target::Module(from), Target::Module(to)) => Some(Address {
            module: path_before(from, to, &address.module),
            ..address.clone()
        }),
        (Target::Resource(_), Target::Module(_)) | (Target::Module(_), Target::Resource(_)) => None,
    }
}

/// The path with `to` at its start replaced by `from`.
fn path_before(from: &ModulePath, to: &ModulePath, path: &ModulePath) -> ModulePath {
    let mut steps = from.0.clone();
    let same_length = from.0.len() == to.0.len();
    for (step, (named, actual)) in steps.iter_mut().zip(to.0.iter().zip(&path.0)) {
        if same_length && step.instance.is_none() && named.instance.is_none() {
            step.instance = actual.instance.clone();
        }
    }
    steps.extend(path.0.iter().skip(to.0.len()).cloned());
    ModulePath(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_lead_back_to_earlier_addresses() {
        let moves: Vec<Move> = [
            ("a.x", "a.y"),
            ("a.y", "module.m.a.z"),
            ("a.one", "a.many[\"k\"]"),
            ("module.old", "module.new"),
            ("a.p", "a.q"),
            ("a.q", "a.p"),
        ]
        .map(|(from, to)| Move {
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
        })
        .into();
        for (declared, expected) in [
            ("module.m.a.z", vec!["a.y", "a.x"]),
            ("module.m.a.z[0]", vec!["a.y[0]", "a.x[0]"]),
            ("a.many[\"k\"]", vec!["a.one"]),
            ("a.many[\"l\"]", vec![]),
            (
                "module.new[\"k\"].module.n.a.b[1]",
                vec!["module.old[\"k\"].module.n.a.b[1]"],
            ),
            ("a.p", vec!["a.q"]),
            ("a.x", vec![]),
        ] {
            let found = by_blocks(&moves, &declared.parse().unwrap());
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            assert_eq!(found, expected, "{declared}");
        }
    }

    #[test]
    fn a_mark_names_its_address_in_full() {
        let check = |label: &str, annotation: Option<&str>, expected: Option<&str>| {
            let live = serde_json::json!({"metadata": {
                "labels": {ADDRESS_LABEL: label}, "annotations": {ADDRESS_ANNOTATION: annotation},
            }});
            let found = marked(&live).map(|address| address.to_string());
            assert_eq!(found.as_deref(), expected, "{label} {annotation:?}");
        };
        let digest = address_label(&"a.b[\"k\"]".parse().unwrap());
        check("a.b", None, Some("a.b"));
        check(&digest, Some("a.b[\"k\"]"), Some("a.b[\"k\"]"));
        check("a.c", Some("a.b[\"k\"]"), Some("a.c"));
        check("nothing", Some("a.b"), None);
    }
}
