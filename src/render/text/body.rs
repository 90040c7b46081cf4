//! The body of a resource block: what is added, removed, changed, and how much stays. A change is shown where the plan
//! says that there is one (R36: who compared knows what differs), never where two texts merely look different.

use super::super::style::{Role, Style};
use super::super::view::View;
use super::value::{
    Assignment, assigned, element, heredoc_lines, heredoc_marker, lines, quoted, spaces, to_null,
};
use similar::{Algorithm, DiffOp};
use std::collections::{BTreeMap, BTreeSet};
use unicode_width::UnicodeWidthStr;

/// The sign in front of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mark {
    /// Made.
    Add,
    /// Changed in place.
    Change,
    /// Gone.
    Remove,
    /// Released: stays, no longer ours.
    Release,
    /// As it is.
    Keep,
}

impl Mark {
    /// One column.
    pub(crate) fn symbol(self, style: Style) -> String {
        match self {
            Mark::Add => style.paint(Role::Add, "+"),
            Mark::Change => style.paint(Role::Change, "~"),
            Mark::Remove => style.paint(Role::Remove, "-"),
            Mark::Release => style.paint(Role::Release, "."),
            Mark::Keep => " ".to_owned(),
        }
    }
}

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

/// How names are written, and what they name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Naming {
    /// Attributes and blocks: bare.
    Attributes,
    /// Keys of a map: in quotes.
    Keys,
}

/// Lines of one level before they are put together.
#[derive(Default)]
struct Parts {
    attributes: Vec<Attribute>,
    blocks: Vec<(Vec<String>, Option<String>)>,
    hidden_attributes: usize,
    hidden_blocks: usize,
}

struct Attribute {
    mark: Mark,
    name: String,
    value: Vec<String>,
    remark: Option<String>,
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
    let nothing = Members::new();
    let changes: Vec<&Change<'a>> = changes.iter().collect();
    let level = Level {
        before: before.members().unwrap_or(&nothing),
        after: after.members().unwrap_or(&nothing),
        depth: 0,
        naming: Naming::Attributes,
    };
    level_lines(&level, &changes, 6, style)
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

fn written(name: &str, naming: Naming) -> String {
    match naming {
        Naming::Attributes => name.to_owned(),
        Naming::Keys => quoted(name),
    }
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
            between(&change.before, &change.after, indent, style),
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
        View::Blocks(blocks) => parts.hidden_blocks += blocks.len(),
        View::Text(_) | View::Plain(_)
            if level.naming == Naming::Attributes && TELLING.contains(&name) =>
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
        .any(|view| matches!(view, View::Map(_)));
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
fn members_between<'a>(
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

/// `before -> after`, or the difference inside them where both have the same shape.
fn between(before: &View<'_>, after: &View<'_>, indent: usize, style: Style) -> Vec<String> {
    match (before, after) {
        (View::Hidden, View::Hidden) => lines(after, Mark::Change, indent, style),
        (View::Map(_), View::Map(_)) => enclosed(
            members_between(before, after, Naming::Keys, indent + 4, style),
            ("{", "}"),
            indent,
        ),
        (View::List(before), View::List(after)) if !before.is_empty() && !after.is_empty() => {
            enclosed(
                elements(before, after, indent + 4, style),
                ("[", "]"),
                indent,
            )
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

fn elements(before: &[View<'_>], after: &[View<'_>], indent: usize, style: Style) -> Vec<String> {
    let mut all = Vec::new();
    for op in operations(before, after) {
        if let DiffOp::Equal { len, .. } = op {
            all.push(hidden(len, "element", indent, style));
            continue;
        }
        for old in before.get(op.old_range()).unwrap_or_default() {
            all.extend(element(old, Mark::Remove, indent, style));
        }
        for new in after.get(op.new_range()).unwrap_or_default() {
            all.extend(element(new, Mark::Add, indent, style));
        }
    }
    all
}

/// Beyond this many members the search for the shortest difference is left out: it may take their square.
const SEARCHED: usize = 4_000;

fn operations(before: &[View<'_>], after: &[View<'_>]) -> Vec<DiffOp> {
    let keys = |views: &[View<'_>]| {
        views
            .iter()
            .map(|view| format!("{view:?}"))
            .collect::<Vec<_>>()
    };
    differences(&keys(before), &keys(after))
}

fn differences<T: std::hash::Hash + Eq + Ord>(before: &[T], after: &[T]) -> Vec<DiffOp> {
    if before.len() + after.len() > SEARCHED {
        return vec![DiffOp::Replace {
            old_index: 0,
            old_len: before.len(),
            new_index: 0,
            new_len: after.len(),
        }];
    }
    similar::capture_diff_slices(Algorithm::Myers, before, after)
}

/// Both texts in lines where at least one is shown as a heredoc and their lines differ.
fn text_lines<'a>(before: &'a str, after: &'a str) -> Option<(Vec<&'a str>, Vec<&'a str>)> {
    let split = |text: &'a str| {
        heredoc_lines(text).unwrap_or_else(|| vec![text.strip_suffix('\n').unwrap_or(text)])
    };
    let shown = heredoc_lines(before).is_some() || heredoc_lines(after).is_some();
    let safe = ![before, after]
        .iter()
        .any(|text| text.contains(super::super::style::is_hazardous));
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

fn enclosed(body: Vec<String>, (open, close): (&str, &str), indent: usize) -> Vec<String> {
    let mut all = vec![open.to_owned()];
    all.extend(body);
    all.push(format!("{}{close}", spaces(indent + 2)));
    all
}

fn block(name: &str, body: Vec<String>, mark: Mark, indent: usize, style: Style) -> Vec<String> {
    let head = format!("{}{} {name} {{", spaces(indent), mark.symbol(style));
    if body.is_empty() {
        return vec![format!("{head}}}")];
    }
    let mut all = vec![head];
    all.extend(body);
    all.push(format!("{}}}", spaces(indent + 2)));
    all
}

/// `# (4 unchanged attributes hidden)`.
fn hidden(count: usize, what: &str, indent: usize, style: Style) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!(
        "{}{}",
        spaces(indent + 2),
        style.paint(
            Role::Faint,
            &format!("# ({count} unchanged {what}{plural} hidden)")
        )
    )
}

/// Attributes aligned, what is hidden counted, blocks behind an empty line.
fn layout(parts: Parts, naming: Naming, indent: usize, style: Style) -> Vec<String> {
    let width = parts
        .attributes
        .iter()
        .map(|attribute| attribute.name.width())
        .max()
        .unwrap_or(0);
    let mut all = Vec::new();
    for attribute in parts.attributes {
        let place = Assignment {
            mark: attribute.mark,
            indent,
            name: &attribute.name,
            width,
        };
        all.extend(remarked(
            assigned(&place, attribute.value, style),
            attribute.remark,
            style,
        ));
    }
    if parts.hidden_attributes > 0 {
        let what = match naming {
            Naming::Attributes => "attribute",
            Naming::Keys => "element",
        };
        all.push(hidden(parts.hidden_attributes, what, indent, style));
    }
    for (lines, remark) in parts.blocks {
        if !all.is_empty() {
            all.push(String::new());
        }
        all.extend(remarked(lines, remark, style));
    }
    if parts.hidden_blocks > 0 {
        if !all.is_empty() {
            all.push(String::new());
        }
        all.push(hidden(parts.hidden_blocks, "block", indent, style));
    }
    all
}

fn remarked(mut lines: Vec<String>, remark: Option<String>, style: Style) -> Vec<String> {
    if let (Some(first), Some(remark)) = (lines.first_mut(), remark) {
        first.push_str("    ");
        first.push_str(&style.paint(Role::Faint, &format!("# {remark}")));
    }
    lines
}
