//! `drift`: what changed outside of sk-dr. Sends no write of any kind and needs get and list only (R36).

use super::arguments::DriftFlags;
use super::exit::Exit;
use super::making::{self, Wanted};
use super::planning::Confirm;
use super::present::{self, AsJson};
use super::process::{Process, Trouble};
use super::{journal, load};
use crate::plan::document::GoalMode;
use crate::plan::input::Conflicts;

/// Runs it.
///
/// # Errors
/// Where nothing can be compared.
pub(crate) async fn run(process: &mut Process, flags: &DriftFlags) -> Result<Exit, Trouble> {
    let dress = process.spoken_dress(flags.colour.flag(), flags.compat.compat)?;
    let configuration = load::valid(process, &flags.variables, flags.colour.flag())?;
    let directory = journal::of_configuration(process, &flags.journal, &configuration);
    let store = journal::open(process, &directory)?;
    let wanted = Wanted {
        mode: GoalMode::Converge,
        target: &flags.target,
        exclude: &flags.exclude,
        adopt: &[],
        consents: &[],
        // Whoever holds a field, that it differs is what is asked; nothing is taken.
        conflicts: Conflicts::Force,
        confirm: Confirm::Never,
    };
    let plan = making::plan(process, &configuration, store.as_ref(), &wanted).await?;
    let as_json = if flags.json.json {
        AsJson::Yes
    } else {
        AsJson::No
    };
    present::drift(process, &plan, as_json, dress)
}
