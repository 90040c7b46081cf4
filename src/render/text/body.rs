//! The body of a resource block: what is added, removed, changed, and how much stays. A change is shown where the plan
//! says that there is one (R36: who compared knows what differs), never where two texts merely look different.

use super::super::style::Style;
use super::super::view::View;
use super::between::{between, operations};
use super::layout::{Attribute, Mark, Naming, Parts, block, enclosed, layout, written};
use super::value::{lines, to_null};
use crate::model::address::is_identifier;
use similar::DiffOp;
use std::collections::{BTreeMap, BTreeSet};

/// A difference to show.
#[derive(Clone, Debug)]
pub(crate) struct Change<'a> {
    /// Attribute path.
    pub(crate) path: Vec<&'a str>,
    /// Value on the left of the arrow.
    pub(crate) before: View<'a>,
    /// Value on the right.
    pub(crate) after: View<'a>,
    /// What stands behind the line.
    pub(crate) remark: Option<String>,
}

type Members<'a> = BTreeMap<&'a str, View<'a>>;

/// Both sides at one level, and how names are written there.
struct Level<'v, 'a> {
    before: &'v Members<'a>,
    after: &'v Members<'a>,
    depth: usize,
    naming: Naming,
}

/// Attributes that tell one thing from another: shown though unchanged.
const TELLING: &[&str] = &["id", "name", "namespace"];

/// A body of which everything has one mark.
pub(crate) fn whole(members: &Members<'_>, mark: Mark, indent: usize, style: Style) -> Vec<String> {
    let mut parts = Parts::default();
    for (name, view) in members {
        match view {
            View::Null => {}
            View::Blocks(blocks) => {
                for inner in blocks.iter().filter_map(View::members) {
                    parts.blocks.push((
                        block(
                            name,
                            whole(inner, mark, indent + 4, style),
                            mark,
                            indent,
                            style,
                        ),
                        None,
                    ));
                }
            }
            View::Text(_)
            | View::Plain(_)
            | View::List(_)
            | View::Map(_)
            | View::Unknown
            | View::Hidden => {
                let value = lines(view, mark, indent, style);
                let value = if mark == Mark::Remove {
                    to_null(value, style)
                } else {
                    value
                };
                parts.attributes.push(Attribute {
                    mark,
                    name: (*name).to_owned(),
                    value,
                    remark: None,
                });
            }
        }
    }
    layout(parts, Naming::Attributes, indent, style)
}

/// A body of which `changes` change.
pub(crate) fn changed<'a>(
    before: &View<'a>,
    after: &View<'a>,
    changes: &[Change<'a>],
    style: Style,
) -> Vec<String> {
    changed_at(before, after, changes, 6, style)
}

/// The same at another indentation.
pub(crate) fn changed_at<'a>(
    before: &View<'a>,
    after: &View<'a>,
    changes: &[Change<'a>],
    indent: usize,
    style: Style,
) -> Vec<String> {
    let nothing = Members::new();
    let changes: Vec<&Change<'a>> = changes.iter().collect();
    let level = Level {
        before: before.members().unwrap_or(&nothing),
        after: after.members().unwrap_or(&nothing),
        depth: 0,
        naming: Naming::Attributes,
    };
    level_lines(&level, &changes, indent, style)
}

fn level_lines<'a>(
    level: &Level<'_, 'a>,
    changes: &[&Change<'a>],
    indent: usize,
    style: Style,
) -> Vec<String> {
    let named = changes
        .iter()
        .filter_map(|change| change.path.get(level.depth).copied());
    let names: BTreeSet<&'a str> = level
        .before
        .keys()
        .chain(level.after.keys())
        .copied()
        .chain(named)
        .collect();
    let mut parts = Parts::default();
    for name in names {
        let here: Vec<&Change<'a>> = changes
            .iter()
            .copied()
            .filter(|change| change.path.get(level.depth) == Some(&name))
            .collect();
        match here
            .iter()
            .find(|change| change.path.len() == level.depth + 1)
        {
            Some(change) => exact(&mut parts, level, change, indent, style),
            None if here.is_empty() => unchanged(&mut parts, level, name, indent, style),
            None => within(&mut parts, level, (name, &here), indent, style),
        }
    }
    layout(parts, level.naming, indent, style)
}

/// The change is about this very member.
fn exact(
    parts: &mut Parts,
    level: &Level<'_, '_>,
    change: &Change<'_>,
    indent: usize,
    style: Style,
) {
    let Some(name) = change.path.last() else {
        return;
    };
    if level.naming == Naming::Attributes
        && let (Some(before), Some(after)) = (as_blocks(&change.before), as_blocks(&change.after))
        && !(before.is_empty() && after.is_empty())
    {
        let first = parts.blocks.len();
        blocks(parts, name, (before, after), indent, style);
        if let Some(first) = parts.blocks.get_mut(first) {
            first.1.clone_from(&change.remark);
        }
        return;
    }
    let (mark, value) = if change.before.is_null() {
        (Mark::Add, lines(&change.after, Mark::Add, indent, style))
    } else if change.after.is_null() {
        (
            Mark::Remove,
            to_null(lines(&change.before, Mark::Remove, indent, style), style),
        )
    } else {
        (
            Mark::Change,
            between(&change.before, &change.after, level.naming, indent, style),
        )
    };
    parts.attributes.push(Attribute {
        mark,
        name: written(name, level.naming),
        value,
        remark: change.remark.clone(),
    });
}

/// The member as nested blocks; `None` where it is an attribute.
fn as_blocks<'v, 'a>(view: &'v View<'a>) -> Option<&'v [View<'a>]> {
    match view {
        View::Blocks(blocks) => Some(blocks),
        View::Null => Some(&[]),
        View::List(members) if members.is_empty() => Some(&[]),
        View::List(_)
        | View::Text(_)
        | View::Plain(_)
        | View::Map(_)
        | View::Unknown
        | View::Hidden => None,
    }
}

fn unchanged(parts: &mut Parts, level: &Level<'_, '_>, name: &str, indent: usize, style: Style) {
    let Some(view) = level
        .after
        .get(name)
        .filter(|view| !view.is_null())
        .or_else(|| level.before.get(name))
    else {
        return;
    };
    match view {
        View::Null => {}
        View::Blocks(blocks) if level.naming == Naming::Attributes => {
            parts.hidden_blocks += blocks.len();
        }
        View::Text(_) | View::Plain(_)
            if level.naming != Naming::Keys && TELLING.contains(&name) =>
        {
            let value = lines(view, Mark::Keep, indent, style);
            parts.attributes.push(Attribute {
                mark: Mark::Keep,
                name: name.to_owned(),
                value,
                remark: None,
            });
        }
        View::Text(_)
        | View::Plain(_)
        | View::List(_)
        | View::Blocks(_)
        | View::Map(_)
        | View::Unknown
        | View::Hidden => {
            parts.hidden_attributes += 1;
        }
    }
}

/// The changes are about members of this member: a single block, or keys of a map.
fn within<'a>(
    parts: &mut Parts,
    level: &Level<'_, 'a>,
    (name, changes): (&'a str, &[&Change<'a>]),
    indent: usize,
    style: Style,
) {
    let nothing = Members::new();
    let (before, after) = (level.before.get(name), level.after.get(name));
    let is_map = [before, after]
        .into_iter()
        .flatten()
        .any(|view| matches!(view, View::Map(_) | View::Hidden))
        || (before.is_none() && after.is_none() && changes.iter().any(|one| is_key(one, level)));
    let inner = Level {
        before: before.and_then(View::members).unwrap_or(&nothing),
        after: after.and_then(View::members).unwrap_or(&nothing),
        depth: level.depth + 1,
        naming: if is_map {
            Naming::Keys
        } else {
            Naming::Attributes
        },
    };
    let body = level_lines(&inner, changes, indent + 4, style);
    if is_map {
        let value = enclosed(body, ("{", "}"), indent);
        parts.attributes.push(Attribute {
            mark: Mark::Change,
            name: written(name, level.naming),
            value,
            remark: None,
        });
    } else {
        let mark = match (inner.before.is_empty(), inner.after.is_empty()) {
            (true, false) => Mark::Add,
            (false, true) => Mark::Remove,
            (true, true) | (false, false) => Mark::Change,
        };
        parts
            .blocks
            .push((block(name, body, mark, indent, style), None));
    }
}

/// Whether a change is about a member that no block can have.
fn is_key(change: &Change<'_>, level: &Level<'_, '_>) -> bool {
    let member = change.path.get(level.depth + 1);
    member.is_some_and(|member| !is_identifier(member))
}

/// Lists of nested blocks against each other: what is equal is counted, what stands in the other's place is compared.
fn blocks<'a>(
    parts: &mut Parts,
    name: &str,
    (before, after): (&[View<'a>], &[View<'a>]),
    indent: usize,
    style: Style,
) {
    let nothing = Members::new();
    let one = |view: Option<&View<'a>>, mark| {
        let body = whole(
            view.and_then(View::members).unwrap_or(&nothing),
            mark,
            indent + 4,
            style,
        );
        (block(name, body, mark, indent, style), None)
    };
    for op in operations(before, after) {
        let (old, new) = (op.old_range(), op.new_range());
        if let DiffOp::Equal { len, .. } = op {
            parts.hidden_blocks += len;
            continue;
        }
        let pairs = old.len().min(new.len());
        for (old, new) in old.clone().zip(new.clone()) {
            if let (Some(old), Some(new)) = (before.get(old), after.get(new)) {
                let body = members_between(old, new, Naming::Attributes, indent + 4, style);
                parts
                    .blocks
                    .push((block(name, body, Mark::Change, indent, style), None));
            }
        }
        parts.blocks.extend(
            old.skip(pairs)
                .map(|index| one(before.get(index), Mark::Remove)),
        );
        parts.blocks.extend(
            new.skip(pairs)
                .map(|index| one(after.get(index), Mark::Add)),
        );
    }
}

/// Two objects against each other, member by member.
pub(crate) fn members_between<'a>(
    before: &View<'a>,
    after: &View<'a>,
    naming: Naming,
    indent: usize,
    style: Style,
) -> Vec<String> {
    let nothing = Members::new();
    let (before, after) = (
        before.members().unwrap_or(&nothing),
        after.members().unwrap_or(&nothing),
    );
    let names: BTreeSet<&'a str> = before.keys().chain(after.keys()).copied().collect();
    let value = |side: &Members<'a>, name: &'a str| side.get(name).cloned().unwrap_or(View::Null);
    let changes: Vec<Change<'a>> = names
        .into_iter()
        .map(|name| Change {
            path: vec![name],
            before: value(before, name),
            after: value(after, name),
            remark: None,
        })
        .filter(|change| change.before != change.after)
        .collect();
    let changes: Vec<&Change<'a>> = changes.iter().collect();
    level_lines(
        &Level {
            before,
            after,
            depth: 0,
            naming,
        },
        &changes,
        indent,
        style,
    )
}
