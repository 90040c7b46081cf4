//! A plan before a user: its text, where it was saved, what to type next. Used by every command that plans.

use super::arguments::Compat;
use super::exit::Detail;
use super::exit::{Exit, of_plan};
use super::plan_file;
use super::process::{ColourFlag, Form, Process, Trouble};
use super::{stream, typed};
use crate::goal::{Goal, GoalMode};
use crate::model::address::Address;
use crate::model::advice::Advice;
use crate::model::command_line::{CommandLine, JournalLine};
use crate::plan::document::{Node, Plan, Sight, Unswept};
use crate::render::style::{Dress, wrap};
use crate::render::text::{blocks, reason};
use crate::render::{self, text::Counts};
use std::path::Path;

/// How `plan` tells what it found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Telling<'a> {
    /// `-out`, as the user wrote it.
    pub(crate) out: Option<&'a Path>,
    /// `-detailed-exitcode`.
    pub(crate) detail: Detail,
    /// `-no-color`.
    pub(crate) colour: ColourFlag,
    /// `-compat`.
    pub(crate) compat: Option<Compat>,
}

/// Prints a plan, saves it where asked, and says how the command ends.
///
/// # Errors
/// Where the file cannot be written.
pub(crate) fn plan(
    process: &mut Process,
    plan: &Plan,
    telling: Telling<'_>,
) -> Result<Exit, Trouble> {
    let dress = process.spoken_dress(telling.colour, telling.compat)?;
    show(process, plan, dress);
    if let Some(out) = telling.out {
        let boundary = process.guard.boundary();
        plan_file::write(&boundary, &process.directory.join(out), plan)?;
    }
    if process.hints() && process.stdout.form() == Form::Text {
        let hints = hints(plan, telling.out, (&typed::journal(process), dress.width));
        process.stdout.print(&hints);
    }
    if let Some(trouble) = blocked(process, plan) {
        process.complain(&trouble, telling.colour);
    }
    Ok(of_plan(plan, telling.detail))
}

/// Shows a plan, as text or as messages of the stream.
pub(crate) fn show(process: &mut Process, plan: &Plan, dress: Dress) {
    match process.stdout.form() {
        Form::Text => process.stdout.print(&render::text::plan(plan, dress)),
        Form::Stream => stream::tell_all(process, &render::json::stream::plan(plan)),
    }
}

/// Columns of prose that is not a part of the plan, at most.
const PROSE: usize = 100;

/// Without a file nothing binds what is done to what was shown.
fn unsaved(goal: &Goal, line: &JournalLine) -> String {
    let now = match (goal.mode, &goal.recovery) {
        (GoalMode::Recover, Some(recovery)) => Advice::recover_unsaved(line, &recovery.name),
        (GoalMode::Converge | GoalMode::Recover, _) => Advice::apply_unsaved(line),
        (GoalMode::Destroy, _) => Advice::destroy_unsaved(line),
    };
    format!(
        "Note: You didn't use the -out option to save this plan, so sk-dr can't guarantee to take exactly these actions if you run \"{now}\" now."
    )
}

/// What a user does next, below a rule: tools read the plan up to it.
fn hints(plan: &Plan, out: Option<&Path>, (line, width): (&JournalLine, Option<usize>)) -> String {
    let nothing = Counts::of(plan) == Counts::default();
    let width = width.unwrap_or(PROSE).min(PROSE);
    let rule = "─".repeat(width.min(77));
    let text = match out {
        None if nothing => return String::new(),
        None => {
            let note = unsaved(&plan.goal, line);
            format!("{}\n", wrap(&note, Some(width)).join("\n"))
        }
        Some(out) if plan.applyable => format!(
            "Saved the plan to: {out}\nDigest: {}\n\nTo perform exactly the following actions, run the following command to apply:\n    \
             {}\n",
            plan.digest,
            Advice::apply(line, &out.display().to_string()),
            out = out.display(),
        ),
        Some(out) => format!(
            "Saved the plan to: {}\nDigest: {}\n\nIt cannot be applied.\n",
            out.display(),
            plan.digest
        ),
    };
    format!("\n{rule}\n\n{text}")
}

/// Some resources are blocked, each for a reason of its own.
const BLOCKED: &str = "Plan is blocked";
/// More than so many addresses make no command that anybody would type: mostly a whole server does not answer.
const FEW: usize = 8;

/// What keeps a plan from being applied, once it was shown. What was not seen is an error of the stream already, and one
/// cause is one error.
pub(crate) fn blocked(process: &Process, plan: &Plan) -> Option<Trouble> {
    if plan.applyable && !plan.is_blind() {
        return None;
    }
    let stuck: Vec<&Node> = plan.stuck().collect();
    let stopped = (!stuck.is_empty()).then(|| stopped(plan, &stuck, &typed::again(process)));
    let is_told = match plan.sight() {
        Sight::Blind(_) => process.stdout.form() == Form::Stream,
        Sight::Nowhere | Sight::Whole(_) | Sight::Part(_) => false,
    };
    Some(match (is_told, stopped) {
        (true, None) => Trouble::told(Exit::Error),
        (true, Some(stopped)) => Trouble::error(BLOCKED, stopped),
        (false, stopped) => not_applyable(plan, stopped),
    })
}

/// One error for each provider that was not reached, whatever it blocks, and one for the rest.
fn not_applyable(plan: &Plan, stopped: Option<String>) -> Trouble {
    let mut details: Vec<String> = plan
        .unreached()
        .map(|(place, nodes)| {
            let why = capital(&reason(place));
            // Lines to be copied stand alone: the end of a sentence behind them would be copied along.
            let end = if why.contains('\n') { "\n" } else { ". " };
            format!("{why}{end}{}. {}", blocks(&nodes), place.next)
        })
        .collect();
    let unreached: Vec<String> = plan
        .unreached()
        .map(|(place, _)| place.provider.to_string())
        .collect();
    let is_stopped = stopped.is_some();
    details.extend(stopped);
    let summary = match (unreached.as_slice(), is_stopped) {
        ([one], _) => format!("Provider {one} was not reached"),
        ([_, ..], _) => format!("Providers {} were not reached", unreached.join(", ")),
        ([], true) => BLOCKED.to_owned(),
        ([], false) => {
            details.extend(unseen(plan));
            "Not everything was looked at".to_owned()
        }
    };
    Trouble::error(summary, details.join("\n\n"))
}

/// What keeps a plan from being applied where nothing is blocked.
fn unseen(plan: &Plan) -> Vec<String> {
    match plan.sight() {
        Sight::Blind(places) => {
            let told = |place: &&Unswept| format!("{}: {}. {}", place.place(), reason(place), place.next);
            places.iter().map(told).collect()
        }
        Sight::Nowhere => vec!["No provider is declared, so sk-dr has looked for this stack nowhere. Declare the provider under which it was made.".to_owned()],
        Sight::Whole(_) | Sight::Part(_) => vec!["This plan cannot be applied.".to_owned()],
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// Resources that are blocked, each for a reason of its own.
fn stopped(plan: &Plan, blocked: &[&Node], typed: &CommandLine) -> String {
    let (number, it) = match blocked.len() {
        1 => ("One resource is".to_owned(), "it"),
        more => (format!("{more} resources are"), "them"),
    };
    let way = way_around(plan, typed);
    format!("{number} blocked, as shown above. Mend what blocks {it}, or leave {it} out{way}")
}

/// How what is blocked is left out, as the end of a sentence: the command line that was typed, with more in it.
pub(crate) fn way_around(plan: &Plan, typed: &CommandLine) -> String {
    // Who is blocked by another alone goes with it.
    let is_cause = |node: &&Node| node.blockers.iter().any(|blocker| blocker.code != "needs");
    let causes: Vec<&Address> = plan
        .stuck()
        .filter(is_cause)
        .map(|node| &node.address)
        .collect();
    match causes.len() {
        0 => ".".to_owned(),
        more if more > FEW => format!(" each with {}.", Advice::leave_out_each()),
        _few => format!(":\n    {}", Advice::leave_out(typed, causes)),
    }
}
