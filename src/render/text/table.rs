//! Tables of what was found. Where a window is too narrow for the columns, each row is told as lines instead: a table that
//! a terminal wraps can be read by nobody. Must not know what stands in it.

use super::super::style::{Dress, clean_line};
use unicode_width::UnicodeWidthStr;

/// Between columns.
const GAP: &str = "   ";

/// A row, and what is to be said below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Row {
    /// One for each column.
    pub(crate) cells: Vec<String>,
    /// Lines below the row.
    pub(crate) remarks: Vec<String>,
}

/// The table, ending in a newline. What others called something is made harmless here.
pub(crate) fn table(head: &[&str], rows: Vec<Row>, dress: Dress) -> String {
    let rows: Vec<Row> = rows.into_iter().map(clean).collect();
    let widths: Vec<usize> = head
        .iter()
        .enumerate()
        .map(|(at, title)| {
            let cells = rows.iter().filter_map(|row| row.cells.get(at));
            let widest = cells.map(|cell| cell.width()).max().unwrap_or_default();
            widest.max(title.width())
        })
        .collect();
    let whole: usize = widths.iter().sum::<usize>() + GAP.len() * widths.len().saturating_sub(1);
    if dress.width.is_some_and(|width| whole > width) {
        return stacked(head, &rows);
    }
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let cells = cells.zip(&widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| {
                format!("{cell}{}", " ".repeat(width.saturating_sub(cell.width())))
            })
            .collect();
        format!("{}\n", cells.join(GAP).trim_end())
    };
    let mut text = line(&mut head.iter().copied());
    for row in &rows {
        text.push_str(&line(&mut row.cells.iter().map(String::as_str)));
        for remark in &row.remarks {
            text.push_str(&format!("  {remark}\n"));
        }
    }
    text
}

/// A cell is one line; a remark may be several.
fn clean(row: Row) -> Row {
    let remarks = row.remarks.iter().flat_map(|remark| remark.lines());
    Row {
        remarks: remarks.map(clean_line).collect(),
        cells: row.cells.iter().map(|cell| clean_line(cell)).collect(),
    }
}

/// The first cell, and below it each other one behind its title.
fn stacked(head: &[&str], rows: &[Row]) -> String {
    let widest = head.iter().skip(1).map(|title| title.width()).max();
    let widest = widest.unwrap_or_default();
    let mut text = String::new();
    for row in rows {
        let mut cells = head.iter().zip(&row.cells);
        if let Some((_, first)) = cells.next() {
            text.push_str(&format!("{first}\n"));
        }
        for (title, cell) in cells.filter(|(_, cell)| !cell.is_empty()) {
            let space = " ".repeat(widest.saturating_sub(title.width()));
            text.push_str(&format!("  {}{space}  {cell}\n", title.to_lowercase()));
        }
        for remark in &row.remarks {
            text.push_str(&format!("  {remark}\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Row, table};
    use crate::render::style::Dress;

    fn check(width: Option<usize>, expected: &str) {
        let row = |cells: [&str; 3], remark: Option<&str>| Row {
            cells: cells.map(str::to_owned).to_vec(),
            remarks: remark.map(str::to_owned).into_iter().collect(),
        };
        let rows = vec![
            row(["shop", "2/2", "1.2 MiB"], None),
            row(["a\u{1b}[2Jb\nc", "", "3 B"], Some("why\nnot")),
        ];
        let dress = Dress {
            width,
            ..Dress::default()
        };
        assert_eq!(table(&["NAME", "VOLUMES", "SIZE"], rows, dress), expected);
    }

    #[test]
    fn columns_or_lines() {
        let wide = "NAME       VOLUMES   SIZE\nshop       2/2       1.2 MiB\na\u{fffd}[2Jb c             3 B\n  why\n  not\n";
        check(None, wide);
        check(Some(28), wide);
        let narrow = "shop\n  volumes  2/2\n  size     1.2 MiB\na\u{fffd}[2Jb c\n  size     3 B\n  why\n  not\n";
        check(Some(27), narrow);
    }
}
