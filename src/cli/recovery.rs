//! `-recover=NAME`: the block, with what the command line says in place of it, and its points.

use super::arguments::RecoveryFlags;
use super::backups::recovering::{self, Recovered};
use super::making;
use super::process::{Process, Trouble};
use crate::goal::{self, Recover};
use crate::model::address::Target;
use crate::model::identity::short_digest;
use crate::model::inventory::Inventory;
use crate::model::recovery::Recovery;
use crate::model::resource::Configuration;
use crate::model::text::quote;
use crate::plan::declared_identity;
use crate::plan::input::Recovering;

/// Hex digits of an incarnation.
const DIGITS: usize = 8;

/// The recovery that is asked for, its points chosen; none where none is.
///
/// # Errors
/// Where no such recovery is declared, or a flag has no effect on it.
pub(super) async fn asked(
    process: &Process,
    configuration: &Configuration,
    flags: &RecoveryFlags,
    (exclude, parallelism): (&[Target], u16),
) -> Result<Option<Recovering>, Trouble> {
    if let Some(flag) = flags.idle() {
        let detail =
            format!("`{flag}` says something about a recovery, and no recovery is asked for.");
        return Err(Trouble::error("Flag without effect", detail));
    }
    let Some(name) = &flags.recover else {
        return Ok(None);
    };
    let block = block(configuration, flags, name)?;
    let incarnation = incarnation(process, configuration, name);
    let world = making::world(process, configuration.secrets.clone()).asking(parallelism);
    let recovered = Recovered {
        configuration,
        block: &block,
        incarnation: &incarnation,
        exclude,
        environment: &process.environment,
        now: process.clock.now(),
    };
    Ok(Some(recovering::points(&world, &recovered).await))
}

/// The block of this name as the command line has it.
fn block(
    configuration: &Configuration,
    flags: &RecoveryFlags,
    name: &str,
) -> Result<Recovery, Trouble> {
    let Some(declared) = configuration.recoveries.get(name) else {
        let known: Vec<&str> = configuration
            .recoveries
            .keys()
            .map(String::as_str)
            .collect();
        let known = match known.is_empty() {
            true => "None is declared: a `recovery` block says what is lost and what comes back."
                .to_owned(),
            false => format!("There are {}.", known.join(", ")),
        };
        let detail = format!("There is no recovery {}. {known}", quote(name));
        return Err(Trouble::error("Unknown recovery", detail));
    };
    let mut block = declared.clone();
    if let Some(at) = flags.at {
        block.at = at;
        block.moments.clear();
    }
    let named: Vec<Target> = flags
        .point
        .iter()
        .map(|(address, _)| Target::from(address.clone()))
        .collect();
    goal::check_addresses(configuration, "-point", &named)
        .map_err(|unknown| Trouble::of("Unknown address", &unknown))?;
    for (address, backup) in &flags.point {
        block.moments.remove(address);
        block.points.insert(address.clone(), backup.clone());
    }
    match goal::recovery::mistakes(&block, configuration, &[]).first() {
        None => Ok(block),
        Some(found) => Err(Trouble::error(
            "Invalid recovery",
            format!("{}.", found.detail),
        )),
    }
}

/// Which time it is: two plans are two recoveries until one of them has begun (R6).
fn incarnation(process: &Process, configuration: &Configuration, name: &str) -> String {
    let now = process.clock.now().as_nanosecond();
    let stack = &configuration.settings.stack;
    short_digest(&format!("{stack}/{name}/{now}"), DIGITS)
}

/// What a plan says of its recovery.
pub(super) fn goal(
    recovering: &Recovering,
    configuration: &Configuration,
    inventory: Option<&Inventory>,
) -> Recover {
    let block = &recovering.block;
    let lost = block.lost.iter().map(|provider| {
        let recorded = || inventory?.clusters.get(provider).cloned();
        let identity = declared_identity(configuration, provider).or_else(recorded);
        (provider.clone(), identity)
    });
    let namespaces = recovering.pins.iter().flat_map(|pin| &pin.namespaces);
    Recover {
        name: block.name.clone(),
        incarnation: recovering.incarnation.clone(),
        lost: lost.collect(),
        may_exist: block.may_exist.clone(),
        scope_namespaces: namespaces.cloned().collect(),
    }
}
