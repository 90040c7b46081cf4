//! The command line that was typed, as the beginning of one that a person is told to type: what leads to the same directory,
//! journal and configuration is in it, what approves is not. Must not know what is told.

use super::process::Process;
use crate::goal::GoalMode;
use crate::model::command_line::{CommandLine, JournalLine};
use crate::plan::document::Plan;

/// What was typed once more, as a command that may be narrowed: a plan instead of an apply, since that takes a file.
pub(crate) fn again(process: &Process) -> CommandLine {
    let typed = words(process);
    let has = |wanted: &str| typed.iter().any(|word| word == wanted);
    let (is_apply, is_to_destroy) = (has("apply"), has("--destroy"));
    let words = typed.iter().filter_map(|word| {
        Some(match word.as_str() {
            "apply" if is_to_destroy => "destroy".to_owned(),
            "apply" => "plan".to_owned(),
            "--destroy" if is_apply => return None,
            // Whoever reads what is told should look at the new plan.
            "--auto-approve" | "--input=false" => return None,
            other => match other.strip_prefix("--var=") {
                // Its value may be nobody's business.
                Some(given) => format!("-var={}=...", given.split('=').next().unwrap_or_default()),
                None => one_dash(other),
            },
        })
    });
    let words: Vec<String> = words.collect();
    CommandLine::of(words.iter().map(String::as_str))
}

/// A plan like one that was saved, to be saved in its place.
pub(crate) fn planned(process: &Process, plan: &Plan, file: &str) -> CommandLine {
    let mut line = journal(process).of("plan");
    if plan.goal.mode == GoalMode::Destroy {
        line = line.word("-destroy");
    }
    if let Some(recovery) = &plan.goal.recovery {
        line = line.flag("recover", &recovery.name);
    }
    for target in &plan.goal.target {
        line = line.flag("target", target);
    }
    for exclude in &plan.goal.exclude {
        line = line.flag("exclude", exclude);
    }
    for consent in &plan.consents {
        line = line.flag("consent", consent);
    }
    line.flag("out", file)
}

/// A command line in the same directory.
pub(crate) fn here(process: &Process) -> CommandLine {
    let typed = words(process);
    let leading = typed
        .iter()
        .filter(|word| {
            let names_a_place = ["--chdir=", "--repository="];
            names_a_place.iter().any(|flag| word.starts_with(flag)) || *word == "--safe"
        })
        .map(|word| one_dash(word));
    let leading: Vec<String> = leading.collect();
    CommandLine::of(leading.iter().map(String::as_str))
}

/// A command line about the same journal.
pub(crate) fn journal(process: &Process) -> JournalLine {
    let typed = words(process);
    let mut named = typed
        .iter()
        .filter_map(|word| word.strip_prefix("--journal="));
    JournalLine {
        line: here(process),
        journal: named.next_back().map(str::to_owned),
    }
}

/// Whether a directory was named.
pub(crate) fn names_directory(process: &Process) -> bool {
    let typed = words(process);
    typed.iter().any(|word| word.starts_with("--chdir="))
}

fn words(process: &Process) -> Vec<String> {
    let words = process.arguments.iter();
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect()
}

/// A flag as our users type it.
fn one_dash(word: &str) -> String {
    match word.strip_prefix("--") {
        Some(flag) if !flag.is_empty() => format!("-{flag}"),
        Some(_) | None => word.to_owned(),
    }
}
