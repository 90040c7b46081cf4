//! Two values against each other: `before -> after`, or the difference inside them where both have one shape.
//! Must not know which attribute they belong to.

use super::super::style::{Role, Style, is_hazardous};
use super::super::view::View;
use super::body::members_between;
use super::layout::{Mark, Naming, enclosed, hidden};
use super::value::{element, heredoc_lines, heredoc_marker, lines, quoted, spaces};
use similar::{Algorithm, DiffOp};

/// `before -> after`, or the difference inside them where both have the same shape.
pub(crate) fn between(
    before: &View<'_>,
    after: &View<'_>,
    indent: usize,
    style: Style,
) -> Vec<String> {
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
