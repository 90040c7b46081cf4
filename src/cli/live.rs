//! A run on a terminal that somebody watches: a row for each step in flight, with what it waits for, why, since when and
//! how long at most; above the rows the lines that stay. Gives the bytes to be sent; must not know the terminal.
//!
//! Why not `indicatif`: it fills each line with spaces to the last column and lets the terminal wrap it, so that what
//! stays in the scrollback is one long line, and the `^C` that a terminal echoes moves the cursor a row down and leaves
//! rows behind (version 0.18.6, tried).

use crate::model::address::Address;
use crate::plan::document::{Plan, StepId};
use crate::plan::event::Event;
use crate::render::style::Dress;
use crate::render::text::EventLines;
use crate::render::text::row::{Row, doing, row};
use std::time::Duration;
use tokio::time::Instant;
use unicode_width::UnicodeWidthStr;

/// Columns where the terminal does not tell.
const WIDTH: usize = 80;
/// Columns left free behind a row: there the terminal echoes `^C`.
const FREE: usize = 3;
/// Rows at most: more than fit on a screen could not be taken away again.
const ROWS: usize = 15;

/// The rows.
pub(crate) struct Live {
    lines: EventLines,
    dress: Dress,
    /// In the order in which they began.
    flying: Vec<Flying>,
    /// What stands on the terminal now.
    drawn: Vec<String>,
}

/// A step in flight.
struct Flying {
    step: StepId,
    address: Address,
    words: String,
    since: Instant,
    limit: Option<Duration>,
}

impl Live {
    /// For the run of this plan.
    pub(crate) fn new(plan: &Plan, dress: Dress) -> Self {
        Self {
            lines: EventLines::new(plan),
            dress,
            flying: Vec::new(),
            drawn: Vec::new(),
        }
    }

    /// Takes an event in; what to send.
    pub(crate) fn tell(&mut self, event: &Event) -> String {
        let line = self.lines.line(event);
        match event {
            Event::StepStarted {
                step,
                address,
                action,
            } => self.flying.push(Flying {
                step: step.clone(),
                address: address.clone(),
                words: match self.lines.title(step) {
                    Some(title) => title.to_owned(),
                    None => doing(*action),
                },
                since: Instant::now(),
                limit: None,
            }),
            Event::StepWaiting {
                step, text, limit, ..
            } => {
                for flying in self.flying.iter_mut().filter(|one| one.step == *step) {
                    flying.words.clone_from(text);
                    flying.limit = Some(*limit);
                }
                // The row says it: what stays is what was done.
                return self.redraw();
            }
            Event::StepDone { step, .. }
            | Event::StepFailed { step, .. }
            | Event::StepInDoubt { step, .. } => {
                self.flying.retain(|flying| flying.step != *step);
            }
            Event::RunOpened { .. }
            | Event::ProviderIdentified { .. }
            | Event::Noticed { .. }
            | Event::AlreadyDone { .. }
            | Event::DoubtResolved { .. }
            | Event::Retrying { .. }
            | Event::StepSkipped { .. }
            | Event::Stopping { .. } => {}
        }
        match line {
            None => self.redraw(),
            Some(line) => {
                let away = self.taken_away();
                format!("{away}{line}\n{}", self.redraw())
            }
        }
    }

    /// The rows with their times of now; nothing where they stand already.
    pub(crate) fn redraw(&mut self) -> String {
        let rows = self.rows();
        if rows == self.drawn {
            return String::new();
        }
        let drawn = format!("{}{}", self.taken_away(), rows.join("\n"));
        self.drawn = rows;
        drawn
    }

    /// Nothing is in flight any more: the rows go.
    pub(crate) fn end(mut self) -> String {
        self.taken_away()
    }

    /// To the first column of the first row, and nothing below.
    fn taken_away(&mut self) -> String {
        match std::mem::take(&mut self.drawn).len() {
            0 => String::new(),
            1 => "\r\u{1b}[J".to_owned(),
            rows => format!("\r\u{1b}[{}A\u{1b}[J", rows - 1),
        }
    }

    fn rows(&self) -> Vec<String> {
        let column = self
            .flying
            .iter()
            .map(|flying| flying.address.to_string().width())
            .max()
            .unwrap_or_default();
        let width = self.dress.width.unwrap_or(WIDTH).saturating_sub(FREE);
        let mut rows: Vec<String> = self
            .flying
            .iter()
            .take(ROWS)
            .map(|flying| {
                let one = Row {
                    address: &flying.address,
                    words: &flying.words,
                    elapsed: flying.since.elapsed(),
                    limit: flying.limit,
                };
                row(&one, column, width, self.dress.style)
            })
            .collect();
        if self.flying.len() > ROWS {
            rows.push(format!("  and {} more", self.flying.len() - ROWS));
        }
        rows
    }
}
