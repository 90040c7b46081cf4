//! `backups`: what is in the buckets. Asks no cluster and writes nothing, so that it works when there is none.

mod asking;
mod declared;
mod locks;
pub(super) mod recovering;
mod show;
pub(super) mod status;

use super::arguments::{BackupsAction, BackupsFlags, PlaceFlags};
use super::exit::Exit;
use super::process::{Process, Trouble};
use super::{load, making};
use crate::catalog::velero::catalog::{Catalog, Extent};
use crate::catalog::velero::findings::findings;
use crate::catalog::velero::ownership::Owner;
use crate::model::address::{Address, Target};
use crate::model::resource::Configuration;
use crate::render::json;
use crate::render::text::{self, Backups};
use crate::world::World;
use crate::world::query::Query;
use crate::world::redactor::Redactor;
use declared::Place;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The question what backups are there, for each location whose bucket can be asked.
pub(super) fn questions(
    configuration: &Configuration,
    environment: &BTreeMap<String, String>,
) -> BTreeMap<Address, Query> {
    let places = declared::places(configuration, environment).into_iter();
    let questions = places.filter_map(|place| {
        let question = asking::names(place.bucket.as_ref().ok()?);
        Some((place.location.address, question))
    });
    questions.collect()
}

/// Runs it.
///
/// # Errors
/// Where the configuration is not valid, or an address names nothing.
pub(crate) async fn run(process: &mut Process, flags: &BackupsFlags) -> Result<Exit, Trouble> {
    if let Some(BackupsAction::Show(flags)) = &flags.action {
        return show::run(process, flags).await;
    }
    let looking = Looking::begin(process, &flags.places).await?;
    let owners = declared::owners(&looking.configuration);
    check(&owners, &flags.owners, |owner| &owner.address)?;
    let extent = if flags.all {
        Extent::All
    } else {
        Extent::Newest
    };
    let catalog = looking
        .catalog((owners, flags.owners.clone()), extent)
        .await;
    let now = process.clock.now();
    let findings = findings(&catalog, now);
    let found = Backups {
        catalog: &catalog,
        extent,
        findings: &findings,
    };
    if flags.json.json {
        let stack = &looking.configuration.settings.stack;
        looking.tell_json(process, json::backups(&found, stack, now));
    } else {
        let dress = process.dress(flags.places.colour.flag());
        looking.tell(process, &text::backups(&found, dress));
    }
    Ok(exit(&catalog))
}

/// A place that was not read makes the whole answer one that is not to be relied on.
fn exit(catalog: &Catalog) -> Exit {
    let is_read = |held: &crate::catalog::velero::catalog::Held| {
        held.listing.is_ok() && held.points.values().all(Result::is_ok)
    };
    if catalog.held.iter().all(is_read) {
        Exit::Done
    } else {
        Exit::Error
    }
}

/// What every command here begins with.
struct Looking {
    configuration: Configuration,
    world: World,
    places: Vec<Place>,
    /// Of all places: what stands in a bucket was written by others.
    redactor: Redactor,
}

impl Looking {
    /// Loads, chooses the places and connects to them.
    async fn begin(process: &mut Process, flags: &PlaceFlags) -> Result<Self, Trouble> {
        let configuration = load::valid(process, &flags.variables, flags.colour.flag())?;
        let places = declared::places(&configuration, &process.environment);
        check(&places, &flags.location, |place| &place.location.address)?;
        let is_wanted = |place: &Place| {
            let covers = |target: &Target| target.covers(&place.location.address);
            flags.location.is_empty() || flags.location.iter().any(covers)
        };
        let mut places: Vec<Place> = places.into_iter().filter(is_wanted).collect();
        if places.is_empty() {
            return Err(Trouble::error(
                "No location",
                "There is no `velero_backup_storage_location` in this configuration. Declare one: its bucket is what is looked into.",
            ));
        }
        let world = making::world(process, configuration.secrets.clone())
            .asking(flags.questions.parallelism);
        asking::connect(&world, &configuration, &mut places).await;
        let buckets = places.iter().filter_map(|place| place.bucket.as_ref().ok());
        let redactors = buckets.map(|bucket| world.redactor(&bucket.provider));
        let redactor = redactors.reduce(|all, one| all.and(&one));
        Ok(Self {
            redactor: redactor.unwrap_or_default(),
            configuration,
            world,
            places,
        })
    }

    /// Prints a text in which words of a bucket stand.
    fn tell(&self, process: &mut Process, text: &str) {
        process.stdout.print(&self.redactor.redact(text));
    }

    /// Prints an answer for programs in which words of a bucket stand.
    fn tell_json(&self, process: &mut Process, json: Json) {
        let json = self.redactor.redact_json(json);
        process.stdout.line(&json.to_string());
    }

    async fn catalog(&self, owners: (Vec<Owner>, Vec<Target>), extent: Extent) -> Catalog {
        asking::catalog(&self.world, &self.places, owners, extent).await
    }
}

/// Whether each address that is asked about is one of these.
fn check<T>(
    all: &[T],
    targets: &[Target],
    address: impl Fn(&T) -> &Address,
) -> Result<(), Trouble> {
    let is_known = |target: &&Target| all.iter().any(|one| target.covers(address(one)));
    let Some(unknown) = targets.iter().find(|target| !is_known(target)) else {
        return Ok(());
    };
    let known: Vec<String> = all.iter().map(|one| address(one).to_string()).collect();
    let known = match known.is_empty() {
        true => "There is none".to_owned(),
        false => format!("There are {}", known.join(", ")),
    };
    let detail = format!("{unknown} is none of what can be asked for here. {known}.");
    Err(Trouble::error("Unknown address", detail))
}
