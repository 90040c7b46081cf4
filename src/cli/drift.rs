//! `drift`: what changed outside of sk-dr. Sends no write of any kind and needs get and list only (R36).

use super::arguments::{DriftFlags, DriftFormat};
use super::exit::{Exit, of_drift};
use super::making::{self, Wanted};
use super::planning::Confirm;
use super::process::{Process, Trouble};
use super::{journal, load};
use crate::goal::GoalMode;
use crate::model::address::Address;
use crate::model::resource::Configuration;
use crate::plan::document::Plan;
use crate::plan::drift::{self, Drifted};
use crate::plan::input::Conflicts;
use crate::render;
use crate::render::drift::{Failure, Place};
use crate::render::style::Dress;
use std::collections::BTreeMap;

/// Runs it. A check that comes to no result says so in its format too: a watcher reads nothing else.
///
/// # Errors
/// Where nothing can be compared.
pub(crate) async fn run(process: &mut Process, flags: &DriftFlags) -> Result<Exit, Trouble> {
    let mut stack = None;
    let done = look(process, flags, &mut stack).await;
    if let Err(trouble) = &done {
        tell_failure(process, flags.format(), stack, trouble);
    }
    done
}

/// Says in the format asked for that there is no result. Text is for people, who read standard error.
pub(crate) fn tell_failure(
    process: &mut Process,
    format: DriftFormat,
    stack: Option<String>,
    trouble: &Trouble,
) {
    // Told as diagnostics by whoever found it.
    let is_told = trouble.summary.is_empty();
    let words = |own: &str, told: &str| match is_told {
        true => told.to_owned(),
        false => own.to_owned(),
    };
    let failure = Failure {
        stack,
        at: process.clock.now(),
        summary: words(&trouble.summary, "Invalid configuration"),
        detail: words(&trouble.detail, "See standard error."),
        exit: trouble.exit.code(),
    };
    let text = match format {
        DriftFormat::Text => return,
        DriftFormat::Json => line(&failure.json()),
        DriftFormat::Markdown => failure.markdown(),
        DriftFormat::Junit => failure.junit(),
        DriftFormat::Sarif => line(&failure.sarif()),
        DriftFormat::Prometheus => failure.prometheus(),
        DriftFormat::GithubIssue => line(&failure.issue()),
    };
    process.stdout.print(&text);
}

fn line(json: &serde_json::Value) -> String {
    format!("{json}\n")
}

async fn look(
    process: &mut Process,
    flags: &DriftFlags,
    stack: &mut Option<String>,
) -> Result<Exit, Trouble> {
    let dress = process.spoken_dress(flags.colour.flag(), flags.compat.compat)?;
    let configuration = load::valid(process, &flags.variables, flags.colour.flag())?;
    *stack = Some(configuration.settings.stack.clone());
    let place = journal::of_configuration(process, &flags.journal, &configuration)?;
    let store = journal::open(process, &place, &journal::holder()?).await?;
    journal::warn_of_recovery(process, store.as_ref()).await;
    let wanted = Wanted {
        mode: GoalMode::Converge,
        target: &flags.target,
        exclude: &flags.exclude,
        adopt: &[],
        consents: &[],
        // Whoever holds a field, that it differs is what is asked; nothing is taken.
        conflicts: Conflicts::Force,
        confirm: Confirm::Never,
        recovering: None,
        parallelism: flags.questions.parallelism,
    };
    let plan = making::plan(process, &configuration, store.as_ref(), &wanted).await?;
    let found = drift::set_aside(plan.clone(), &configuration, plan.made_at);
    let directory = process.directory.display().to_string();
    let text = text(&plan, &found, &configuration, (flags, &directory), dress)
        .map_err(|error| Trouble::error("Drift not shown", error.to_string()))?;
    process.stdout.print(&text);
    Ok(of_drift(&found.plan))
}

fn text(
    whole: &Plan,
    found: &Drifted,
    configuration: &Configuration,
    (flags, directory): (&DriftFlags, &str),
    dress: Dress,
) -> Result<String, serde_json::Error> {
    Ok(match flags.format() {
        DriftFormat::Text => render::text::drift(found, dress),
        DriftFormat::Json => line(&render::json::drift(whole, found)?),
        DriftFormat::Markdown => render::markdown::drift(found, flags.budget),
        DriftFormat::Junit => render::drift::junit(found),
        DriftFormat::Sarif => {
            let (places, elsewhere) = places(configuration);
            let places = (&places, &elsewhere);
            line(&render::drift::sarif(found, places, directory))
        }
        DriftFormat::Prometheus => render::drift::prometheus(found),
        DriftFormat::GithubIssue => line(&render::drift::issue(found, flags.budget)),
    })
}

/// Where each resource is declared, and the place of what is not.
fn places(configuration: &Configuration) -> (BTreeMap<Address, Place>, Place) {
    let place = |resource: &crate::model::resource::Resource| {
        let source = configuration.sources.get(resource.span.file)?;
        let before = source.text.get(..resource.span.start)?;
        let place = Place {
            file: source.name.clone(),
            line: before.matches('\n').count() + 1,
        };
        Some((resource.address.clone(), place))
    };
    let first = configuration.sources.files.first();
    let elsewhere = Place {
        file: first.map_or_else(|| "main.hcl".to_owned(), |source| source.name.clone()),
        line: 1,
    };
    let places = configuration.resources.iter().filter_map(place);
    (places.collect(), elsewhere)
}
