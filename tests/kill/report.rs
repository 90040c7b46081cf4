//! The matrix in text.

use crate::End;
use crate::matrix::{COLUMNS, Column, Must, ROWS, Row, must};
use std::collections::BTreeMap;

/// Failures told in full; the rest would only repeat them.
const TOLD: usize = 12;

/// How a cell came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every point of it, so many.
    Green(usize),
    /// So many of them were not.
    Red(usize),
    /// It names nothing to observe, or no point was tried.
    Empty,
    /// It cannot be, for a reason.
    Never,
}

/// Judges a cell by what it must observe and what became of its points.
pub fn verdict(must: Must, points: usize, red: usize) -> Verdict {
    if must.words().is_empty() {
        return Verdict::Empty;
    }
    if let Must::Never(_) = must {
        return Verdict::Never;
    }
    match (points, red) {
        (0, _) => Verdict::Empty,
        (points, 0) => Verdict::Green(points),
        (_, red) => Verdict::Red(red),
    }
}

/// Prints the matrix and what failed; how many cells are red. A part of it is allowed to be empty.
pub fn print(ends: &[End], is_whole: bool) -> usize {
    empty_cells_are_red();
    let mut counted: BTreeMap<(Row, Column), (usize, usize)> = BTreeMap::new();
    for (story, end) in ends {
        let count = counted
            .entry((story.point.row, story.column))
            .or_insert((0, 0));
        count.0 += 1;
        count.1 += usize::from(end.is_err());
    }
    let mut letters: Vec<Must> = Vec::new();
    let mut red = 0;
    println!("\n{:<22}{}", "", heading(0));
    println!("{:<22}{}", "", heading(1));
    for row in ROWS {
        let mut line = format!("{:<22}", row.name());
        for column in COLUMNS {
            let must = must(*row, *column);
            let (points, failed) = counted.get(&(*row, *column)).copied().unwrap_or((0, 0));
            let text = match verdict(must, points, failed) {
                Verdict::Green(points) => format!("{points} {}", letter(&mut letters, must)),
                Verdict::Red(failed) => {
                    red += 1;
                    format!("RED {failed}/{points}")
                }
                Verdict::Empty if is_whole => {
                    red += 1;
                    "EMPTY".to_owned()
                }
                Verdict::Empty => "not run".to_owned(),
                Verdict::Never => format!("- {}", letter(&mut letters, must)),
            };
            line.push_str(&format!("{text:<9}"));
        }
        println!("{}", line.trim_end());
    }
    println!(
        "\nEach number is how many points of the kind were killed there. What a cell must observe:"
    );
    println!(
        "  always the kill point is reached, the run ends well after it, world and inventory are those of a run without a kill,\n         no object is changed once more in the server's log, the journal is whole and closed, the next plan is empty"
    );
    for (number, must) in letters.iter().enumerate() {
        println!("  {}      {}", name(number), must.words());
    }
    tell(ends);
    red
}

/// Prints failures.
fn tell(ends: &[End]) {
    let failed: Vec<_> = ends
        .iter()
        .filter_map(|(story, end)| Some((story, end.as_ref().err()?)))
        .collect();
    for (story, why) in failed.iter().take(TOLD) {
        println!(
            "\nRED: {} / {}: {}\n    must: {}\n    {}",
            story.point.row.name(),
            story.column.name(),
            story.point.step,
            must(story.point.row, story.column).words(),
            why.replace('\n', "\n    ")
        );
    }
    for (story, why) in failed.iter().skip(TOLD) {
        println!(
            "RED too: {} / {}: {}: {}",
            story.point.row.name(),
            story.column.name(),
            story.point.step,
            why.lines().next().unwrap_or_default()
        );
    }
}

/// Words of the columns, one above the other.
fn heading(line: usize) -> String {
    let word = |column: &Column| {
        let words: Vec<&str> = column
            .name()
            .split(' ')
            .filter(|word| *word != "the")
            .collect();
        words.get(line).copied().unwrap_or_default()
    };
    let line: String = COLUMNS
        .iter()
        .map(|column| format!("{:<9}", word(column)))
        .collect();
    line.trim_end().to_owned()
}

fn letter(letters: &mut Vec<Must>, must: Must) -> char {
    let number = letters.iter().position(|known| *known == must);
    name(number.unwrap_or_else(|| {
        letters.push(must);
        letters.len() - 1
    }))
}

fn name(number: usize) -> char {
    char::from(b'a' + u8::try_from(number).unwrap())
}

/// The judge itself: it must be able to say no.
fn empty_cells_are_red() {
    assert_eq!(verdict(Must::GoOn, 0, 0), Verdict::Empty);
    assert_eq!(verdict(Must::Never(""), 0, 0), Verdict::Empty);
    assert_eq!(verdict(Must::GoOn, 3, 1), Verdict::Red(1));
    assert_eq!(verdict(Must::GoOn, 3, 0), Verdict::Green(3));
}
