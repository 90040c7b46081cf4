//! What a command plans, from its flags, and the refusals of planning in words and codes.

use super::backups;
use super::exit::Exit;
use super::journal;
use super::planning::{self, Confirm, Request};
use super::process::{Process, Trouble};
use super::recovery;
use crate::goal;
use crate::goal::{Goal, GoalMode};
use crate::journal::store::Store;
use crate::model::address::Target;
use crate::model::resource::Configuration;
use crate::model::secret::{SecretName, SecretSource};
use crate::plan::Refusal;
use crate::plan::document::Plan;
use crate::plan::input::{Conflicts, Recovering};
use crate::world::{Doors, World};
use std::collections::BTreeMap;

/// What is to be planned.
pub(crate) struct Wanted<'a> {
    /// Converge or destroy.
    pub(crate) mode: GoalMode,
    /// `-target`.
    pub(crate) target: &'a [Target],
    /// `-exclude`.
    pub(crate) exclude: &'a [Target],
    /// `-adopt`.
    pub(crate) adopt: &'a [Target],
    /// `-consent`.
    pub(crate) consents: &'a [String],
    /// `-force-conflicts`.
    pub(crate) conflicts: Conflicts,
    /// Whether updates are shown to the server.
    pub(crate) confirm: Confirm,
    /// `-recover`, its points chosen.
    pub(crate) recovering: Option<&'a Recovering>,
    /// `-parallelism`: questions at a time.
    pub(crate) parallelism: u16,
}

/// The mode that a flag asks for.
pub(crate) fn mode(destroy: bool) -> GoalMode {
    if destroy {
        GoalMode::Destroy
    } else {
        GoalMode::Converge
    }
}

/// `-force-conflicts` as planning takes it.
pub(crate) fn conflicts(force: bool) -> Conflicts {
    if force {
        Conflicts::Force
    } else {
        Conflicts::Block
    }
}

/// Asks and plans.
///
/// # Errors
/// Where nothing may be planned: another cluster (exit 3), an address that is not declared.
pub(crate) async fn plan(
    process: &mut Process,
    configuration: &Configuration,
    store: &dyn Store,
    wanted: &Wanted<'_>,
) -> Result<Plan, Trouble> {
    for (flag, addresses) in [
        ("-target", wanted.target),
        ("-exclude", wanted.exclude),
        ("-adopt", wanted.adopt),
    ] {
        goal::check_addresses(configuration, flag, addresses)
            .map_err(|unknown| Trouble::of("Unknown address", &unknown))?;
    }
    let inventory = journal::inventory(process, store).await;
    let recovery = wanted
        .recovering
        .map(|recovering| recovery::goal(recovering, configuration, inventory.as_ref()));
    let goal = Goal {
        mode: match recovery {
            Some(_) => GoalMode::Recover,
            None => wanted.mode,
        },
        target: wanted.target.to_vec(),
        exclude: wanted.exclude.to_vec(),
        recovery,
    };
    let world = world(process, configuration.secrets.clone()).asking(wanted.parallelism);
    let buckets = backups::questions(configuration, &process.environment);
    let request = Request {
        configuration,
        buckets: &buckets,
        goal: &goal,
        inventory: inventory.as_ref(),
        adopt: wanted.adopt,
        consents: wanted.consents,
        conflicts: wanted.conflicts,
        confirm: wanted.confirm,
        recovery: wanted.recovering,
        made_at: process.clock.now(),
    };
    planning::make(&world, &request).await.map_err(refused)
}

/// The outside, as the process hands it over. Relative paths, of a saved plan too, are those of its directory (R37).
pub(crate) fn world(process: &Process, secrets: BTreeMap<SecretName, SecretSource>) -> World {
    World::new(Doors {
        environment: process.environment.clone(),
        clock: process.clock.clone(),
        wires: process.wires.clone(),
        stores: process.s3.clone(),
        directory: process.directory.clone(),
        secrets,
        guard: process.guard.clone(),
        waiting: process.waiting.clone(),
        // Only spreads retries: two clients that fail together should not come back together.
        seed: u64::try_from(process.clock.now().as_nanosecond() % i128::from(u64::MAX))
            .unwrap_or_default(),
    })
}

fn refused(refusal: Refusal) -> Trouble {
    match refusal {
        Refusal::WrongIdentity(_) => {
            Trouble::of("Another cluster", &refusal).with_exit(Exit::Stale)
        }
        Refusal::SameObject { .. } => Trouble::of("Two resources are one object", &refusal),
        Refusal::Circle(_) | Refusal::Unwritable(_) => Trouble::of("No plan", &refusal),
    }
}
