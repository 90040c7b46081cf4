//! What a run tells while it goes on: plain lines, messages of the `-json` stream, or rows on a terminal that somebody
//! watches. Must not know what the run does.

use super::live::Live;
use super::process::{ColourFlag, Form, Output, Process};
use crate::plan::document::Plan;
use crate::plan::event::Event;
use crate::render::json::EventMessages;
use crate::render::text::EventLines;
use crate::world::clock::Clock;
use std::sync::Arc;
use std::time::Duration;

/// Tells events on standard output.
pub(crate) struct Reporter<'a> {
    stdout: &'a mut Output,
    voice: Voice,
}

enum Voice {
    Lines(EventLines),
    Messages(EventMessages, Arc<dyn Clock>),
    Rows(Live),
}

impl<'a> Reporter<'a> {
    /// For the run of this plan.
    pub(crate) fn new(process: &'a mut Process, plan: &Plan, colour: ColourFlag) -> Self {
        let voice = match process.stdout.form() {
            Form::Stream => Voice::Messages(EventMessages::new(plan), process.clock.clone()),
            Form::Text if process.is_watched() => {
                Voice::Rows(Live::new(plan, process.dress(colour)))
            }
            Form::Text => Voice::Lines(EventLines::new(plan)),
        };
        Self {
            stdout: &mut process.stdout,
            voice,
        }
    }

    /// Tells one.
    pub(crate) fn tell(&mut self, event: &Event) {
        match &mut self.voice {
            Voice::Lines(lines) => {
                if let Some(line) = lines.line(event) {
                    self.stdout.line(&line);
                }
            }
            Voice::Messages(messages, clock) => {
                for message in messages.messages(event) {
                    self.stdout.line(&message.at(clock.now()).to_string());
                }
            }
            Voice::Rows(live) => {
                let drawn = live.tell(event);
                self.stdout.print(&drawn);
            }
        }
    }

    /// How often [`Self::redraw`] is due, where it is.
    pub(crate) fn redraws_every(&self) -> Option<Duration> {
        match self.voice {
            Voice::Rows(_) => Some(Duration::from_millis(250)),
            Voice::Lines(_) | Voice::Messages(..) => None,
        }
    }

    /// Draws what goes on with its times of now.
    pub(crate) fn redraw(&mut self) {
        if let Voice::Rows(live) = &mut self.voice {
            let drawn = live.redraw();
            self.stdout.print(&drawn);
        }
    }

    /// Nothing goes on any more: what stood on the terminal for a while is taken away, what was told stays.
    pub(crate) fn end(self) {
        if let Voice::Rows(live) = self.voice {
            self.stdout.print(&live.end());
        }
    }
}
