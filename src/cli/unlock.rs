//! `unlock SERIAL`: takes the open run from its holder without going on with it. The holder loses the next serial and
//! stops before its next effect (R42); `resume` or `runs close` may follow.

use super::arguments::UnlockFlags;
use super::exit::Exit;
use super::process::{Process, Trouble};
use super::resume::{self, Purpose};
use super::typed;
use crate::render::text;
use std::time::Duration;

/// Runs it.
///
/// # Errors
/// Where no run is open, or it is at another serial.
pub(crate) async fn run(process: &mut Process, flags: &UnlockFlags) -> Result<Exit, Trouble> {
    let place = resume::place(process, &flags.journal)?;
    let which = (None, Some(flags.serial));
    let taken = resume::take(process, place, which, (Purpose::Unlock, Duration::ZERO)).await?;
    let run = taken.resumed.run;
    process.stdout.print(&format!(
        "Run {run} is taken from its holder, which stops before its next effect.\n{}",
        text::ways_on(&typed::journal(process), &run)
    ));
    Ok(Exit::Done)
}
