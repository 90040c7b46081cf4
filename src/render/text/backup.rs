//! One backup for people. Must not decide what it is worth.

use super::super::style::{Dress, clean_line, wrap};
use super::backups::{size, time};
use super::table::{Row, table};
use crate::catalog::velero::catalog::Held;
use crate::catalog::velero::contents::Contents;
use crate::catalog::velero::files::{Counts, Messages, Results};
use crate::catalog::velero::point::{Judgement, Known, Lock, Point};
use crate::catalog::velero::volumes::{Coverage, Volume};
use crate::model::address::Address;
use std::collections::BTreeMap;

/// Messages that are shown; the rest is counted.
const MESSAGES: usize = 50;

/// One backup, looked into.
pub struct Shown<'a> {
    /// Where it is.
    pub held: &'a Held,
    /// What its small files say.
    pub point: &'a Point,
    /// Whose it is.
    pub owners: Vec<&'a Address>,
    /// What it is worth.
    pub judgement: &'a Judgement,
    /// What is in its tarball, where that was read to its end.
    pub contents: Option<&'a Contents>,
    /// Objects by type and namespace: of the tarball, else as Velero lists them.
    pub counts: &'a Known<Counts>,
    /// What went wrong while it was made.
    pub results: &'a Known<Results>,
    /// Whether the declared password opens its volume data.
    pub locks: &'a [Lock],
}

/// The backup, ending in a newline.
pub fn backup(shown: &Shown<'_>, dress: Dress) -> String {
    let mut text = facts(shown, dress);
    match shown.counts {
        Ok(counts) => text.push_str(&objects(counts, shown.contents, dress)),
        Err(why) => text.push_str(&format!(
            "\nWhat is in it is unknown: {}\n",
            clean_line(why)
        )),
    }
    if let Ok(volumes) = &shown.judgement.volumes
        && !volumes.is_empty()
    {
        let rows = volumes.iter().map(volume).collect();
        let head = ["VOLUME", "DATA", "HOW", "SIZE"];
        text.push_str(&format!("\n{}", table(&head, rows, dress)));
    }
    match shown.results {
        Ok(results) => {
            text.push_str(&messages("Errors", &results.errors, dress));
            text.push_str(&messages("Warnings", &results.warnings, dress));
        }
        Err(why) => text.push_str(&format!(
            "\nWhat went wrong is unknown: {}\n",
            clean_line(why)
        )),
    }
    text
}

fn facts(shown: &Shown<'_>, dress: Dress) -> String {
    let backup = &shown.point.backup;
    let location = &shown.held.location;
    let at = |time_: Option<jiff::Timestamp>| {
        time_.map_or_else(String::new, |at| format!("{} UTC", time(at)))
    };
    let owners: Vec<String> = shown.owners.iter().map(ToString::to_string).collect();
    let owners = match owners.is_empty() {
        true => "nobody's that is declared".to_owned(),
        false => owners.join(", "),
    };
    let why: Vec<String> = shown
        .judgement
        .shortfalls
        .iter()
        .map(ToString::to_string)
        .collect();
    let validity = match why.is_empty() {
        true => shown.judgement.validity.name().to_owned(),
        false => format!("{}: {}", shown.judgement.validity.name(), why.join("; ")),
    };
    let rows = [
        (
            "location",
            format!("{} ({})", location.address, location.title),
        ),
        ("of", owners),
        (
            "phase",
            format!(
                "{} (errors {}, warnings {})",
                backup.phase, backup.errors, backup.warnings
            ),
        ),
        ("because", backup.failure.clone().unwrap_or_default()),
        ("started", at(backup.started)),
        ("completed", at(backup.completed)),
        ("expires", at(backup.expires)),
        (
            "cluster",
            backup.cluster_version.clone().unwrap_or_default(),
        ),
        (
            "hooks",
            match backup.hooks_attempted {
                0 => String::new(),
                run => format!("{run} run, {} failed", backup.hooks_failed),
            },
        ),
        ("size", size(shown.point.files.bytes)),
        ("password", opened(shown.locks)),
        ("validity", validity),
    ];
    let mut text = format!("Backup {}\n", clean_line(&backup.name));
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        let width = dress.width.map(|width| width.saturating_sub(13));
        for (at, line) in wrap(&clean_line(value), width).iter().enumerate() {
            let name = if at == 0 { name } else { "" };
            text.push_str(&format!("  {name:<9}  {line}\n"));
        }
    }
    text
}

/// Namespaces whose volume data the declared password opens.
fn opened(locks: &[Lock]) -> String {
    let opened = locks.iter().filter(|lock| lock.opens == Ok(true));
    let names: Vec<&str> = opened.map(|lock| lock.namespace.as_str()).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!("opens the volume data of {}", names.join(", ")),
    }
}

/// A row for each namespace.
fn objects(counts: &Counts, contents: Option<&Contents>, dress: Dress) -> String {
    let mut places: BTreeMap<Option<&str>, Vec<(&str, u64)>> = BTreeMap::new();
    for (type_, of_type) in counts {
        for (namespace, count) in of_type {
            let place = places.entry(namespace.as_deref()).or_default();
            place.push((type_, *count));
        }
    }
    if places.is_empty() {
        return "\nIt holds no objects.\n".to_owned();
    }
    let rows = places.into_iter().map(|(namespace, types)| {
        let sum: u64 = types.iter().map(|(_, count)| count).sum();
        let types: Vec<String> = types
            .iter()
            .map(|(type_, count)| format!("{count} {type_}"))
            .collect();
        let object = contents.zip(namespace);
        let object = object.and_then(|(contents, name)| contents.namespaces.get(name));
        let made = object.and_then(|object| object.created);
        Row {
            cells: vec![
                namespace.unwrap_or("(cluster)").to_owned(),
                sum.to_string(),
                made.map(time).unwrap_or_default(),
            ],
            remarks: wrap(
                &types.join(", "),
                dress.width.map(|width| width.saturating_sub(2)),
            ),
        }
    });
    let head = ["NAMESPACE", "OBJECTS", "NAMESPACE MADE (UTC)"];
    format!("\n{}", table(&head, rows.collect(), dress))
}

fn volume(volume: &Volume) -> Row {
    let (state, how) = match &volume.coverage {
        Coverage::Covered(method) => ("covered", method),
        Coverage::Missing(why) => ("MISSING", why),
        Coverage::LeftOut(why) => ("left out", why),
    };
    Row {
        cells: vec![
            volume.title.clone(),
            state.to_owned(),
            how.clone(),
            volume.bytes.map(size).unwrap_or_default(),
        ],
        remarks: Vec::new(),
    }
}

fn messages(title: &str, messages: &Messages, dress: Dress) -> String {
    let all: Vec<(Option<&str>, &str)> = messages.all().collect();
    if all.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{title}:\n");
    for (namespace, message) in all.iter().take(MESSAGES) {
        let words = match namespace {
            Some(namespace) => format!("{namespace}: {message}"),
            None => (*message).to_owned(),
        };
        let width = dress.width.map(|width| width.saturating_sub(2));
        for line in wrap(&clean_line(&words), width) {
            text.push_str(&format!("  {line}\n"));
        }
    }
    if all.len() > MESSAGES {
        text.push_str(&format!("  and {} more\n", all.len() - MESSAGES));
    }
    text
}
