//! `status`: whether declared objectives are met by what is in the buckets. Asks no cluster.

use super::super::arguments::{StatusFlags, StatusFormat};
use super::super::exit::{Exit, combine};
use super::super::process::{Process, Trouble};
use super::{Looking, declared};
use crate::catalog::velero::catalog::Extent;
use crate::catalog::velero::status::{Standing, State, standings};
use crate::render::{self, json, text};

/// Runs it.
///
/// # Errors
/// Where the configuration is not valid.
pub(crate) async fn run(process: &mut Process, flags: &StatusFlags) -> Result<Exit, Trouble> {
    let looking = Looking::begin(process, &flags.places).await?;
    let owners = declared::owners(&looking.configuration);
    let catalog = looking.catalog((owners, Vec::new()), Extent::Newest).await;
    let now = process.clock.now();
    let standings = standings(&catalog, now);
    let stack = &looking.configuration.settings.stack;
    match flags.format() {
        StatusFormat::Text => {
            let dress = process.dress(flags.places.colour.flag());
            looking.tell(process, &text::standings(&standings, dress));
        }
        StatusFormat::Json => looking.tell_json(process, json::status(&standings, stack, now)),
        StatusFormat::Prometheus => {
            looking.tell(process, &render::status::prometheus(&standings, stack, now));
        }
    }
    Ok(combine(standings.iter().map(exit)))
}

/// What cannot be told is no breach: a broken check must not look like one.
fn exit(standing: &Standing<'_>) -> Exit {
    match standing.state {
        State::Ok | State::NoObjective => Exit::Done,
        State::Breached => Exit::Breached,
        State::Unknown(_) => Exit::Error,
    }
}
