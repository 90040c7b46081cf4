//! `plan`: what apply would do. Writes nothing but the file of `-out`; takes no lock.

use super::arguments::PlanFlags;
use super::exit::{Detail, Exit};
use super::making::{self, Wanted};
use super::planning::Confirm;
use super::present::{self, Telling};
use super::process::{Process, Trouble};
use super::{journal, load, recovery};

/// Runs it.
///
/// # Errors
/// Where there is no plan, or it cannot be saved.
pub(crate) async fn run(process: &mut Process, flags: &PlanFlags) -> Result<Exit, Trouble> {
    let configuration = load::valid(process, &flags.variables, flags.colour.flag())?;
    let place = journal::of_configuration(process, &flags.journal, &configuration)?;
    let store = journal::open(process, &place, &journal::holder()?).await?;
    match flags.recovery.recover {
        Some(_) => journal::no_open_recovery(process, store.as_ref()).await?,
        None => journal::warn_of_recovery(process, store.as_ref()).await,
    }
    let asked = (flags.exclude.as_slice(), flags.questions.parallelism);
    let recovering = recovery::asked(process, &configuration, &flags.recovery, asked).await?;
    let wanted = Wanted {
        mode: making::mode(flags.destroy),
        target: &flags.scope.target,
        exclude: &flags.exclude,
        adopt: &flags.scope.adopt,
        consents: &flags.consent,
        conflicts: making::conflicts(flags.scope.force_conflicts),
        confirm: Confirm::ByDryRun,
        recovering: recovering.as_ref(),
        parallelism: flags.questions.parallelism,
    };
    let plan = making::plan(process, &configuration, store.as_ref(), &wanted).await?;
    // The plan is complete: what was declared makes room for the text.
    drop(configuration);
    let detail = if flags.detailed_exitcode {
        Detail::Detailed
    } else {
        Detail::Coarse
    };
    present::plan(
        process,
        &plan,
        Telling {
            out: flags.out.as_deref(),
            detail,
            colour: flags.colour.flag(),
            compat: flags.compat.compat,
        },
    )
}
