//! One step in flight as one row of a terminal: address, what it waits for and why, since when, how long at most.
//! Must not know other rows, nor how a row is drawn anew.

use super::super::style::{Role, Style, clean};
use super::event::{verb, whole_seconds};
use crate::model::address::Address;
use crate::plan::document::Action;
use std::time::Duration;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A step in flight.
pub(crate) struct Row<'a> {
    /// Its resource.
    pub(crate) address: &'a Address,
    /// What is done, or what is waited for and why.
    pub(crate) words: &'a str,
    /// Since when.
    pub(crate) elapsed: Duration,
    /// How long at most, where there is a limit.
    pub(crate) limit: Option<Duration>,
}

/// What a step does before anything is known to be waited for.
pub(crate) fn doing(action: Action) -> String {
    verb(action).0.to_lowercase()
}

/// The row, at most `width` columns wide; words begin behind the longest address, where there is room for both.
pub(crate) fn row(row: &Row<'_>, column: usize, width: usize, style: Style) -> String {
    let times = match row.limit {
        None => format!("({})", whole_seconds(row.elapsed)),
        Some(limit) => format!(
            "({}, limit {})",
            whole_seconds(row.elapsed),
            whole_seconds(limit)
        ),
    };
    let around = "● ".width() + "  ".width() + " ".width() + times.width();
    let room = width.saturating_sub(around);
    // Times stand last and are never cut: they are what moves.
    let address = cut(&row.address.to_string(), room.min(column));
    let padding = " ".repeat(column.min(room / 2).saturating_sub(address.width()));
    let words = clean(row.words).replace(['\n', '\t'], " ");
    let words = cut(
        &words,
        room.saturating_sub(address.width() + padding.width()),
    );
    format!(
        "{} {}{padding}  {words} {}",
        style.paint(Role::Change, "●"),
        style.paint(Role::Strong, &address),
        style.paint(Role::Faint, &times)
    )
}

/// The text, or as much of it as fits with a sign that there is more.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut columns = 0;
    for character in text.chars() {
        columns += character.width().unwrap_or_default();
        if columns >= width {
            break;
        }
        kept.push(character);
    }
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(words: &str, limit: Option<u64>, width: usize, expected: &str) {
        let address = Address::new("velero_schedule", "shop");
        let one = Row {
            address: &address,
            words,
            elapsed: Duration::from_secs(192),
            limit: limit.map(Duration::from_secs),
        };
        let found = row(&one, 24, width, Style::Plain);
        assert_eq!(found, expected);
        assert!(found.width() <= width, "{} columns", found.width());
    }

    #[test]
    fn a_row_fits_its_terminal() {
        let address = "● velero_schedule.shop";
        check(
            "creating",
            None,
            80,
            &format!("{address}      creating (3m12s)"),
        );
        check(
            "Job restore\nis running: 12.4 of 18.0 GiB",
            Some(1800),
            80,
            &format!("{address}      Job restore is running: 12.4 o… (3m12s, limit 30m0s)"),
        );
        check(
            "数据库正在恢复",
            Some(1800),
            50,
            "● velero_schedule.shop  数据… (3m12s, limit 30m0s)",
        );
        check(
            "\u{1b}[2K gone",
            None,
            60,
            &format!("{address}      \u{fffd}[2K gone (3m12s)"),
        );
    }
}
