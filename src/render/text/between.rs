//! Two values against each other: `before -> after`, or the difference inside them where both have one shape.
//! Must not know which attribute they belong to.

use super::super::style::{Role, Style};
use super::super::view::{Sensitive, View};
use super::body::members_between;
use super::layout::{Mark, Naming, enclosed, hidden};
use super::structure::{Structure, structure};
use super::value::{element, heredoc_lines, heredoc_marker, lines, quoted, spaces};
use crate::model::text::is_hazardous;
use similar::{Algorithm, DiffOp};
use std::collections::BTreeSet;

/// `before -> after`, or the difference inside them where both have the same shape.
pub(crate) fn between(
    before: &View<'_>,
    after: &View<'_>,
    naming: Naming,
    indent: usize,
    style: Style,
) -> Vec<String> {
    // What is in a text is written as members all the way down; what is in an attribute is a map with keys.
    let inner = match naming {
        Naming::Attributes | Naming::Keys => Naming::Keys,
        Naming::Members => Naming::Members,
    };
    match (before, after) {
        (View::Hidden, View::Hidden) => lines(after, Mark::Change, indent, style),
        (View::Map(_), View::Map(_)) => enclosed(
            members_between(before, after, inner, indent + 4, style),
            ("{", "}"),
            indent,
        ),
        (View::List(before) | View::Blocks(before), View::List(after) | View::Blocks(after))
            if !before.is_empty() && !after.is_empty() =>
        {
            enclosed(
                elements(before, after, inner, indent + 4, style),
                ("[", "]"),
                indent,
            )
        }
        (View::Text(before), View::Text(after))
            if let Some(structure) = structure(before, after) =>
        {
            structured(&structure, indent, style)
        }
        (View::Text(before), View::Text(after)) if text_lines(before, after).is_some() => {
            text_between(before, after, indent, style)
        }
        // Only the newline at the end differs: a heredoc would show the same twice.
        (View::Text(before), View::Text(after)) => {
            vec![format!(
                "{} {} {}",
                quoted(before),
                style.paint(Role::Change, "->"),
                quoted(after)
            )]
        }
        _ => {
            let mut all = lines(before, Mark::Remove, indent, style);
            let mut new = lines(after, Mark::Add, indent, style).into_iter();
            if let (Some(last), Some(first)) = (all.last_mut(), new.next()) {
                last.push_str(&format!(" {} {first}", style.paint(Role::Change, "->")));
            }
            all.extend(new);
            all
        }
    }
}

/// `yamlencode(` around the difference of what the texts say.
fn structured(structure: &Structure, indent: usize, style: Style) -> Vec<String> {
    let shown = BTreeSet::new();
    let view = |json| View::of_json(json, &mut Vec::new(), Sensitive::new(&shown));
    let (before, after) = (view(&structure.before), view(&structure.after));
    let mut inner = between(&before, &after, Naming::Members, indent + 4, style);
    if let Some(first) = inner.first_mut() {
        *first = format!(
            "{}{} {first}",
            spaces(indent + 4),
            Mark::Change.symbol(style)
        );
    }
    let mut all = vec![format!("{}(", structure.function)];
    all.extend(inner);
    all.push(format!("{})", spaces(indent + 2)));
    all
}

fn elements(
    before: &[View<'_>],
    after: &[View<'_>],
    naming: Naming,
    indent: usize,
    style: Style,
) -> Vec<String> {
    let mut all = Vec::new();
    for op in operations(before, after) {
        if let DiffOp::Equal { len, .. } = op {
            all.push(hidden(len, "element", indent, style));
            continue;
        }
        let mut old: Vec<&View<'_>> = before
            .get(op.old_range())
            .unwrap_or_default()
            .iter()
            .collect();
        let new = after.get(op.new_range()).unwrap_or_default();
        let partners: Vec<Option<&View<'_>>> = new
            .iter()
            .map(|view| {
                let at = old.iter().position(|old| is_one_thing(old, view))?;
                Some(old.remove(at))
            })
            .collect();
        for gone in old {
            all.extend(element(gone, Mark::Remove, indent, style));
        }
        for (new, partner) in new.iter().zip(partners) {
            match partner {
                None => all.extend(element(new, Mark::Add, indent, style)),
                Some(old) => {
                    let mut lines = between(old, new, naming, indent, style);
                    if let Some(first) = lines.first_mut() {
                        let mark = Mark::Change.symbol(style);
                        *first = format!("{}{mark} {first}", spaces(indent));
                    }
                    if let Some(last) = lines.last_mut() {
                        last.push(',');
                    }
                    all.extend(lines);
                }
            }
        }
    }
    all
}

/// Members that tell one object of a list from another.
const TELLING: &[&str] = &["name", "key", "id"];

/// Whether two objects of a list are one thing that has changed: they have the same name, or none.
fn is_one_thing(before: &View<'_>, after: &View<'_>) -> bool {
    match (before, after) {
        (View::Map(before), View::Map(after)) => TELLING
            .iter()
            .all(|name| before.get(name) == after.get(name)),
        _ => false,
    }
}

/// Beyond this many members between a common beginning and end the search for the shortest difference is left out: it may
/// take their square.
const SEARCHED: usize = 4_000;

pub(crate) fn operations(before: &[View<'_>], after: &[View<'_>]) -> Vec<DiffOp> {
    let keys = |views: &[View<'_>]| {
        views
            .iter()
            .map(|view| format!("{view:?}"))
            .collect::<Vec<_>>()
    };
    differences(&keys(before), &keys(after))
}

fn differences<T: std::hash::Hash + Eq + Ord>(before: &[T], after: &[T]) -> Vec<DiffOp> {
    let pairs = before.iter().zip(after);
    let head = pairs.take_while(|(old, new)| old == new).count();
    let rest = |all: &[T]| all.len() - head;
    let most = rest(before).min(rest(after));
    let pairs = before.iter().rev().zip(after.iter().rev()).take(most);
    let tail = pairs.take_while(|(old, new)| old == new).count();
    let (old_len, new_len) = (rest(before) - tail, rest(after) - tail);
    // A limit of time would show the same plan in two ways, on a calm machine and on a busy one.
    if old_len + new_len <= SEARCHED {
        return similar::capture_diff_slices(Algorithm::Myers, before, after);
    }
    let equal = |old_index, new_index, len| DiffOp::Equal {
        old_index,
        new_index,
        len,
    };
    let middle = DiffOp::Replace {
        old_index: head,
        old_len,
        new_index: head,
        new_len,
    };
    [
        equal(0, 0, head),
        middle,
        equal(head + old_len, head + new_len, tail),
    ]
    .into_iter()
    .filter(|op| !matches!(op, DiffOp::Equal { len: 0, .. }))
    .collect()
}

/// Both texts in lines where at least one is shown as a heredoc and their lines differ.
fn text_lines<'a>(before: &'a str, after: &'a str) -> Option<(Vec<&'a str>, Vec<&'a str>)> {
    let split = |text: &'a str| {
        heredoc_lines(text).unwrap_or_else(|| vec![text.strip_suffix('\n').unwrap_or(text)])
    };
    let shown = heredoc_lines(before).is_some() || heredoc_lines(after).is_some();
    let safe = ![before, after]
        .iter()
        .any(|text| text.contains(is_hazardous));
    let (old, new) = (split(before), split(after));
    (shown && safe && old != new).then_some((old, new))
}

fn text_between(before: &str, after: &str, indent: usize, style: Style) -> Vec<String> {
    let Some((old, new)) = text_lines(before, after) else {
        return Vec::new();
    };
    let marker = heredoc_marker(old.iter().chain(&new).copied());
    let mut all = vec![format!("<<-{marker}")];
    let line = |mark: Mark, text: &str| {
        format!("{}{} {text}", spaces(indent + 4), mark.symbol(style))
            .trim_end_matches(' ')
            .to_owned()
    };
    for op in differences(&old, &new) {
        if let DiffOp::Equal { old_index, len, .. } = op {
            let same = old.get(old_index..old_index + len).unwrap_or_default();
            if len > 7 {
                all.extend(same.iter().take(3).map(|text| line(Mark::Keep, text)));
                all.push(hidden(len - 6, "line", indent + 4, style));
                all.extend(same.iter().skip(len - 3).map(|text| line(Mark::Keep, text)));
            } else {
                all.extend(same.iter().map(|text| line(Mark::Keep, text)));
            }
            continue;
        }
        all.extend(
            old.get(op.old_range())
                .unwrap_or_default()
                .iter()
                .map(|text| line(Mark::Remove, text)),
        );
        all.extend(
            new.get(op.new_range())
                .unwrap_or_default()
                .iter()
                .map(|text| line(Mark::Add, text)),
        );
    }
    all.push(format!("{}{marker}", spaces(indent + 2)));
    all
}
