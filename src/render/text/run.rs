//! Runs in the journal as text. Ages stand here, since this is a look at a moment and no plan.

use super::super::style::clean;
use super::event::whole_seconds;
use super::outcome::tally;
use crate::model::advice::Advice;
use crate::model::command_line::JournalLine;
use crate::model::instruction::Instruction;
use std::time::Duration;
use unicode_width::UnicodeWidthStr;

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// A process holds it and is alive, or may be.
    Held,
    /// Nobody holds it, and it did not end: to be resumed or closed.
    Killed,
    /// Nobody holds it; a recovery that is not done: to be resumed or closed.
    Open,
    /// All done.
    Complete,
    /// Ended by itself, not all done, nothing in doubt.
    Partial,
    /// Closed by a person.
    Abandoned,
    /// Never begun: nothing of it was done.
    NeverBegun,
    /// It cannot be read, so what it left cannot be told.
    Damaged,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    /// Its id.
    pub run: String,
    /// Name of the recovery that it is.
    pub recovery: Option<String>,
    /// How it stands.
    pub state: RunState,
    /// Host of its last holder.
    pub holder: String,
    /// Since its last record.
    pub silent_for: Duration,
    /// Its last serial.
    pub serial: u64,
    /// Steps done.
    pub done: usize,
    /// Steps in doubt.
    pub in_doubt: usize,
    /// Steps that failed.
    pub failed: usize,
    /// Steps not done for other reasons.
    pub to_do: usize,
}

/// A table of runs, ending in a newline.
pub fn runs(rows: &[RunRow]) -> String {
    if rows.is_empty() {
        return "No runs are recorded in this journal.\n".to_owned();
    }
    let head = ["RUN", "STATE", "HOLDER", "LAST RECORD", "SERIAL", "STEPS"].map(str::to_owned);
    let mut table = vec![head];
    table.extend(rows.iter().map(|row| {
        [
            row.run.clone(),
            match &row.recovery {
                Some(recovery) => format!("{}, {}", state(row.state), clean(recovery)),
                None => state(row.state).to_owned(),
            },
            clean(&row.holder),
            format!("{} ago", age(row.silent_for)),
            row.serial.to_string(),
            tally(row.done, row.in_doubt, row.failed, row.to_do),
        ]
    }));
    let mut widths = [0; 6];
    for row in &table {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let line = |row: &[String; 6]| {
        let cells = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell}{}", " ".repeat(width - cell.width())));
        format!("{}\n", cells.collect::<Vec<_>>().join("   ").trim_end())
    };
    table.iter().map(line).collect()
}

/// Who holds a run, and how to go on with it (R42, R44).
pub fn held(row: &RunRow, line: &JournalLine) -> String {
    let standing = format!(
        "silent for {}, at serial {}",
        age(row.silent_for),
        row.serial
    );
    let of = match &row.recovery {
        Some(recovery) => format!(" of recovery \"{}\"", clean(recovery)),
        None => String::new(),
    };
    let first = match row.state {
        RunState::Held => format!(
            "Run {}{of} is held by {}, {standing}.\nTo take it over:  {}\n",
            row.run,
            clean(&row.holder),
            Advice::take_over(line, &row.run, row.serial, Instruction::Nothing)
        ),
        RunState::Killed | RunState::Open => format!(
            "Run {}{of} was left by {}, {standing}.\n{}",
            row.run,
            clean(&row.holder),
            ways_on(line, &row.run)
        ),
        RunState::Complete
        | RunState::Partial
        | RunState::Abandoned
        | RunState::NeverBegun
        | RunState::Damaged => {
            format!("Run {}{of} is closed ({}).\n", row.run, state(row.state))
        }
    };
    format!(
        "{first}\n  {}\n",
        tally(row.done, row.in_doubt, row.failed, row.to_do)
    )
}

/// What may be done with a run that nobody holds.
pub fn ways_on(line: &JournalLine, run: &str) -> String {
    format!(
        "To go on with it:  {}\nTo give it up:     {}\n",
        Advice::resume(line, run),
        Advice::close(line, run)
    )
}

fn state(state: RunState) -> &'static str {
    match state {
        RunState::Held => "held",
        RunState::Killed => "killed",
        RunState::Open => "open",
        RunState::Complete => "complete",
        RunState::Partial => "partial",
        RunState::Abandoned => "abandoned",
        RunState::NeverBegun => "never begun",
        RunState::Damaged => "damaged",
    }
}

/// `41s`, `6m`, `8h`, `3d`: as exact as a reader needs.
fn age(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..60 => whole_seconds(Duration::from_secs(seconds)),
        seconds @ 60..3_600 => format!("{}m", seconds / 60),
        seconds @ 3_600..172_800 => format!("{}h", seconds / 3_600),
        seconds => format!("{}d", seconds / 86_400),
    }
}
