//! Mistakes planted in the child: each is tried in every column, and turns exactly the columns red that it should.

use crate::matrix::{COLUMNS, Column, Row};
use crate::orders::{BUGS, Bug};
use crate::scenario::Scenario;
use crate::{End, Story};
use std::collections::BTreeSet;

/// Columns that a mistake turns red.
fn red_columns(bug: Bug) -> &'static [Column] {
    match bug {
        Bug::IntentWrittenBehind => &[
            Column::BeforeIntent,
            Column::TornIntent,
            Column::AfterIntent,
            Column::BeforeEffect,
            Column::AfterEffect,
            Column::WhileAsking,
        ],
        // Killed again: while it wrote a record.
        Bug::TornIsAnError => &[Column::TornIntent, Column::TornRecord, Column::KilledAgain],
        Bug::StartedIsDone | Bug::StartedIsForgotten => &[
            Column::AfterIntent,
            Column::BeforeEffect,
            Column::AfterEffect,
            Column::WhileAsking,
            Column::BeforeRecord,
            Column::TornRecord,
            Column::KilledAgain,
        ],
        Bug::LostIsRefused => &[Column::AnswerLost, Column::WhileAsking],
        Bug::LostIsSentAgain => &[Column::AnswerLost],
        Bug::ConflictIsInvalid => &[Column::Twice],
        // The record before an intent is the result of the step before it.
        Bug::LastDoneIsForgotten => &[
            Column::BeforeIntent,
            Column::TornIntent,
            Column::AfterRecord,
        ],
        Bug::TakenOverOnlyOnce => &[Column::KilledAgain],
    }
}

/// Every mistake in every column, at a step in the middle.
pub fn stories(scenarios: &[Scenario]) -> Vec<Story> {
    let scenario = scenarios.len() - 1;
    let creates: Vec<_> = scenarios[scenario]
        .steps
        .iter()
        .filter(|point| point.row == Row::Create)
        .collect();
    let point = creates[creates.len() / 2];
    let bugs = BUGS.iter().map(|bug| Some(*bug));
    let without = std::iter::once(None);
    without
        .chain(bugs)
        .flat_map(|bug| {
            COLUMNS.iter().map(move |column| Story {
                scenario,
                point: point.clone(),
                column: *column,
                bug,
            })
        })
        .collect()
}

/// Prints which mistake turned which columns red; how many are not as they must be.
pub fn print(ends: &[End]) -> usize {
    let mut wrong = 0;
    println!("\nPlanted mistakes, each in every column:");
    for bug in std::iter::once(None).chain(BUGS.iter().map(|bug| Some(*bug))) {
        let found: BTreeSet<Column> = ends
            .iter()
            .filter(|(story, end)| story.bug == bug && end.is_err())
            .map(|(story, _)| story.column)
            .collect();
        let expected: BTreeSet<Column> = bug.map_or_else(BTreeSet::new, |bug| {
            red_columns(bug).iter().copied().collect()
        });
        let names = |columns: &BTreeSet<Column>| {
            let names: Vec<&str> = columns.iter().map(|column| column.name()).collect();
            names.join(", ")
        };
        let title = bug.map_or("none".to_owned(), |bug| format!("{bug:?}"));
        if found == expected {
            println!("  {title:<22} red as it must be: {}", names(&found));
            continue;
        }
        wrong += 1;
        println!(
            "  {title:<22} RED: {}\n      but it must turn red: {}",
            names(&found),
            names(&expected)
        );
        for (story, end) in ends.iter().filter(|(story, _)| story.bug == bug) {
            if let (false, Err(why)) = (expected.contains(&story.column), end) {
                println!(
                    "      {}: {}",
                    story.column.name(),
                    why.replace('\n', "\n        ")
                );
            }
        }
    }
    for column in COLUMNS {
        if !red_columns(column.bug()).contains(column) {
            wrong += 1;
            println!("  no mistake turns `{}` red", column.name());
        }
    }
    wrong
}
