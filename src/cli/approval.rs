//! The question before an apply (R41): only `yes` is yes, the end of input is no. `-auto-approve` answers it and is
//! never a consent (R45).

use super::arguments::{ApprovalFlags, JsonFlags};
use super::process::{Process, Trouble};
use crate::goal::GoalMode;
use crate::model::advice::Advice;
use std::io::BufRead;

/// With `-json` nobody is asked: a question is no message.
pub(crate) fn with_json(flags: ApprovalFlags, json: JsonFlags) -> ApprovalFlags {
    ApprovalFlags {
        input: flags.input && !json.json,
        ..flags
    }
}

/// Whether `apply` without a saved plan may ask at all, known before anything is planned.
///
/// # Errors
/// With `-input=false` and without `-auto-approve`.
pub(crate) fn check(flags: ApprovalFlags) -> Result<(), Trouble> {
    if flags.input || flags.auto_approve {
        return Ok(());
    }
    Err(Trouble::error(
        "Approval needed",
        format!(
            "With -input=false or -json nobody can be asked. Give {}, or save a plan with `{}` and apply that file.",
            Advice::auto_approve(),
            Advice::save()
        ),
    ))
}

/// Asks, unless the flags answer.
///
/// # Errors
/// Where the answer is not `yes`.
pub(crate) fn ask(
    process: &mut Process,
    flags: ApprovalFlags,
    mode: GoalMode,
) -> Result<(), Trouble> {
    if flags.auto_approve {
        return Ok(());
    }
    put(
        process,
        match mode {
            GoalMode::Converge => (
                "Do you want to perform these actions?",
                "sk-dr will perform the actions described above.",
                "Apply cancelled.",
            ),
            GoalMode::Recover => (
                "Do you want to recover as described above?",
                "sk-dr will restore from exactly the backups named above.",
                "Recovery cancelled.",
            ),
            GoalMode::Destroy => (
                "Do you really want to destroy all resources of this stack?",
                "sk-dr will destroy what is listed above. There is no undo.",
                "Destroy cancelled.",
            ),
        },
    )
}

/// Asks before what an attempt at a restore made is removed, unless the flags answer.
///
/// # Errors
/// Where the answer is not `yes`.
pub(crate) fn ask_again(process: &mut Process, flags: ApprovalFlags) -> Result<(), Trouble> {
    if flags.auto_approve {
        return Ok(());
    }
    let question = (
        "Do you want to restore it once more?",
        "sk-dr will remove what is listed above, with everything in it, and restore it from the same backup.",
        "Retry cancelled.",
    );
    put(process, question)
}

/// # Errors
/// Where the answer is not `yes`.
fn put(
    process: &mut Process,
    (question, warning, cancelled): (&str, &str, &str),
) -> Result<(), Trouble> {
    process.stdout.print(&format!(
        "\n{question}\n  {warning}\n  Only 'yes' will be accepted to approve.\n\n  Enter a value: "
    ));
    let mut answer = String::new();
    let read = process.stdin.read_line(&mut answer);
    process.stdout.line("");
    match read {
        Ok(_) if answer.trim_end_matches(['\r', '\n']) == "yes" => Ok(()),
        Ok(0) => Err(Trouble::error(
            cancelled,
            "Nobody answered: standard input has ended. Nothing was changed.",
        )),
        Ok(_) => Err(Trouble::error(
            cancelled,
            "The answer was not 'yes'. Nothing was changed.",
        )),
        Err(error) => Err(Trouble::error(
            cancelled,
            format!("The answer could not be read: {error}. Nothing was changed."),
        )),
    }
}
