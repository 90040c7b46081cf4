//! `apply [PLAN]` and `destroy`: with a saved plan exactly that, never asking; without one plan, show, ask, do (R41).

use super::arguments::ApplyFlags;
use super::carry::{self, Run};
use super::exit::Exit;
use super::making::{self, Wanted};
use super::planning::Confirm;
use super::process::{Form, Process, Trouble};
use super::{approval, journal, load, plan_file, present, recovery, typed};
use crate::apply::admission::{self, Admission, Refusal};
use crate::journal::record::Holder;
use crate::journal::runs;
use crate::journal::status::RunState;
use crate::journal::store::Store;
use crate::lang::OnLine;
use crate::plan::document::Plan;
use crate::render::text::Outcome;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::iter::successors;
use std::path::Path;

/// Runs it.
///
/// # Errors
/// Where it is refused, or not everything was done.
pub(crate) async fn run(process: &mut Process, flags: &ApplyFlags) -> Result<Exit, Trouble> {
    match &flags.plan {
        Some(path) => {
            let plan = plan_file::read(&process.guard.boundary(), &process.directory.join(path))?;
            check_flags(flags)?;
            saved(process, flags, &plan).await
        }
        None => fresh(process, flags).await,
    }
}

/// A saved plan says everything: a flag that would change it is a mistake.
fn check_flags(flags: &ApplyFlags) -> Result<(), Trouble> {
    let scope = &flags.scope;
    let given = |wanted: fn(&OnLine) -> bool| flags.variables.line.iter().any(wanted);
    let given = [
        ("-target", !scope.target.is_empty()),
        ("-adopt", !scope.adopt.is_empty()),
        ("-force-conflicts", scope.force_conflicts),
        ("-destroy", flags.destroy),
        ("-recover", flags.recovery.recover.is_some()),
        ("-at", flags.recovery.at.is_some()),
        ("-point", !flags.recovery.point.is_empty()),
        ("-var", given(|item| matches!(item, OnLine::Value { .. }))),
        ("-var-file", given(|item| matches!(item, OnLine::File(_)))),
    ];
    match given.iter().find(|(_, is_given)| *is_given) {
        None => Ok(()),
        Some((flag, _)) => Err(Trouble::error(
            "Flag of plan",
            format!(
                "`{flag}` cannot change a saved plan. Plan again with it, or apply without a file."
            ),
        )),
    }
}

async fn saved(process: &mut Process, flags: &ApplyFlags, plan: &Plan) -> Result<Exit, Trouble> {
    journal::warn_in_ci(process, &flags.journal, plan.journal.as_ref());
    let place = journal::of_plan(process, &flags.journal, plan)?;
    let holder = journal::holder()?;
    let _lock = journal::lock(process, &place, &holder, flags.run.lock_timeout).await?;
    let store = journal::open(process, &place, &holder).await?;
    carry_out(process, flags, plan, (store.as_ref(), holder)).await
}

async fn fresh(process: &mut Process, flags: &ApplyFlags) -> Result<Exit, Trouble> {
    let approval = approval::with_json(flags.approval, flags.json);
    approval::check(approval)?;
    let dress = process.spoken_dress(flags.colour.flag(), flags.compat.compat)?;
    let configuration = load::valid(process, &flags.variables, flags.colour.flag())?;
    journal::warn_in_ci(
        process,
        &flags.journal,
        configuration.settings.journal.as_ref(),
    );
    let place = journal::of_configuration(process, &flags.journal, &configuration)?;
    let holder = journal::holder()?;
    // Before planning: what is planned under the lock cannot be moved by another run of ours.
    let _lock = journal::lock(process, &place, &holder, flags.run.lock_timeout).await?;
    let store = journal::open(process, &place, &holder).await?;
    let earlier = runs::earlier(store.as_ref())
        .await
        .map_err(journal::unreadable)?;
    admission::no_open_run(&earlier.open).map_err(|refusal| refused(process, &refusal))?;
    let asked = (flags.exclude.as_slice(), flags.run.parallelism);
    let recovering = recovery::asked(process, &configuration, &flags.recovery, asked).await?;
    let wanted = Wanted {
        mode: making::mode(flags.destroy),
        target: &flags.scope.target,
        exclude: &flags.exclude,
        adopt: &flags.scope.adopt,
        consents: &[],
        conflicts: making::conflicts(flags.scope.force_conflicts),
        confirm: Confirm::ByDryRun,
        recovering: recovering.as_ref(),
        parallelism: flags.run.parallelism,
    };
    let plan = making::plan(process, &configuration, store.as_ref(), &wanted).await?;
    present::show(process, &plan, dress);
    if let Some(trouble) = present::blocked(process, &plan) {
        return Err(trouble);
    }
    if !plan.steps.is_empty() {
        approval::ask(process, approval, plan.goal.mode)?;
        if process.stdout.form() == Form::Text {
            process.stdout.line("");
        }
    }
    carry_out(process, flags, &plan, (store.as_ref(), holder)).await
}

async fn carry_out(
    process: &mut Process,
    flags: &ApplyFlags,
    plan: &Plan,
    (store, holder): (&dyn Store, Holder),
) -> Result<Exit, Trouble> {
    let earlier = runs::earlier(store).await.map_err(journal::unreadable)?;
    let against = Admission {
        stack: None,
        expect: flags.expect.as_deref(),
        runs: &earlier.open,
    };
    admission::admit(plan, &against).map_err(|refusal| match (&refusal, &flags.plan) {
        (Refusal::NotApplyable, Some(path)) => not_applyable(process, plan, path),
        _other => refused(process, &refusal),
    })?;
    if plan.steps.is_empty() {
        let nothing = (&Outcome::new(), None);
        carry::tell_outcome(process, plan, nothing, flags.colour.flag());
        return Ok(Exit::Done);
    }
    journal::check(process, store).await?;
    let run = Run {
        id: free_id(process, &earlier.ids, |now| {
            runs::new_run_id(now, &holder, &plan.digest)
        }),
        plan,
        state: RunState::fresh(plan),
        store,
        holder,
        parallelism: flags.run.parallelism,
        colour: flags.colour.flag(),
    };
    carry::out(process, run).await
}

/// The same plan applied twice within a second would get one id twice; then it is the next second's.
fn free_id(
    process: &Process,
    taken: &BTreeSet<String>,
    id: impl Fn(Timestamp) -> String,
) -> String {
    // Before 1970 all ids are one.
    let now = process.clock.now().max(Timestamp::UNIX_EPOCH);
    let second = SignedDuration::from_secs(1);
    let later = successors(Some(now), |time| time.checked_add(second).ok());
    // At the end of time there is no next one.
    let earlier = successors(Some(now), |time| time.checked_sub(second).ok());
    later
        .chain(earlier)
        // Of more than there are runs one is free, with the first of both counted twice.
        .take(taken.len() + 2)
        .map(&id)
        .find(|id| !taken.contains(id))
        .unwrap_or_else(|| id(now))
}

/// A plan that was saved although something in it is blocked.
fn not_applyable(process: &Process, plan: &Plan, path: &Path) -> Trouble {
    let line = typed::planned(process, plan, &path.display().to_string());
    let way = present::way_around(plan, &line);
    let refused = Trouble::of("Plan refused", &Refusal::NotApplyable);
    Trouble {
        // The command ends the text: a full stop behind it would be a part of it.
        detail: format!(
            "{} Mend what blocks it, or leave it out{way}",
            refused.detail
        ),
        ..refused
    }
}

fn refused(process: &Process, refusal: &Refusal) -> Trouble {
    let words = match refusal {
        Refusal::OpenRun { run } | Refusal::OpenRecovery { run, .. } => {
            format!("{refusal}; {}", journal::go_on(process, run))
        }
        Refusal::Format { .. }
        | Refusal::Damaged { .. }
        | Refusal::NotApplyable
        | Refusal::OtherStack { .. }
        | Refusal::Unexpected { .. }
        | Refusal::Order { .. }
        | Refusal::Twice(_)
        | Refusal::DamagedRun { .. } => refusal.to_string(),
    };
    Trouble::of("Plan refused", &words).with_exit(Exit::of_code(refusal.exit_code()))
}
