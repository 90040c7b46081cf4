//! What a rebuild makes first where it is not what is declared: locations that hold a point are read-only and looked at
//! every minute, and the server collects no garbage (R3). What is declared comes back at the end, but for garbage
//! collection, which stays off until a person turns it on. Pure.

use super::super::input::Recovering;
use crate::kinds;
use crate::model::address::Address;
use crate::model::duration::GoDuration;
use crate::model::expression::Expr;
use crate::model::resource::{Configuration, Resource};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// Flag of a Velero server.
pub const DISABLED: &str = "disable-controllers";
/// The controller that deletes expired backups.
pub const COLLECTOR: &str = "gc";
/// Controllers without which nothing comes back.
const NEEDED: [&str; 3] = ["backup", "backup-sync", "restore"];

/// The configuration as a rebuild makes it first.
pub fn configuration(declared: &Configuration, recovering: &Recovering) -> Configuration {
    let holding: BTreeSet<&Address> = recovering.pins.iter().map(|pin| &pin.location).collect();
    let mut first = declared.clone();
    for resource in &mut first.resources {
        match resource.address.kind.as_str() {
            "velero_server" => resource.body = without_collection(resource),
            "velero_backup_storage_location" if holding.contains(&resource.address) => {
                resource.body = read_only(resource);
            }
            _other => {}
        }
    }
    first
}

/// Read-only, so that nothing expires and nothing is written, and synchronised soon even where that is declared off: a
/// backup that Velero does not know cannot be restored.
fn read_only(location: &Resource) -> Expr {
    let often = |name: &str| {
        let said = location.text(name)?;
        let is_off = said
            .parse::<GoDuration>()
            .is_ok_and(|period| period.nanoseconds() == 0);
        is_off.then(|| (name.to_owned(), "1m0s"))
    };
    let periods = ["backup_sync_period", "validation_frequency"]
        .into_iter()
        .filter_map(often);
    let mode = ("access_mode".to_owned(), "ReadOnly");
    std::iter::once(mode)
        .chain(periods)
        .fold(location.body.clone(), |body, (name, value)| {
            body.with(&[name], Expr::Value(value.into()))
        })
}

fn without_collection(server: &Resource) -> Expr {
    let mut disabled = disabled(server);
    if !disabled.iter().any(|name| name == COLLECTOR) {
        disabled.push(COLLECTOR.to_owned());
    }
    let path = ["args".to_owned(), DISABLED.to_owned()];
    let mut body = server.body.clone();
    if !matches!(
        body.member("args"),
        Some(Expr::Value(Json::Object(_)) | Expr::Object(_))
    ) {
        body = body.with(&path[..1], Expr::Value(json!({})));
    }
    body.with(&path, Expr::Value(disabled.join(",").into()))
}

/// Controllers that a server runs without, as rendered or as declared over it.
pub fn disabled(server: &Resource) -> Vec<String> {
    let reading = kinds::find(&server.address.kind).map(|kind| kind.object(server));
    let flag = reading.and_then(|reading| reading.at(&["args".to_owned(), DISABLED.to_owned()]));
    let text = flag.and_then(Expr::into_known);
    of_flag(text.as_ref().and_then(Json::as_str).unwrap_or_default())
}

/// Names in a value of the flag.
pub fn of_flag(value: &str) -> Vec<String> {
    let names = value
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

/// Controllers that a recovery needs and a declared server runs without.
pub fn missing_controllers(server: &Resource) -> Vec<String> {
    let disabled = disabled(server).into_iter();
    disabled
        .filter(|name| NEEDED.contains(&name.as_str()))
        .collect()
}
