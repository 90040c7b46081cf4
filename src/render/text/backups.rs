//! What is in the buckets, and how objectives stand, for people: absolute times in UTC, ages only where a moment is looked
//! at. Must not decide what a backup is worth.

use super::super::style::{Dress, Role, Style, clean_line, wrap};
use super::event::plural;
use super::table::{Row, table};
use crate::catalog::velero::catalog::{Catalog, Entry, Extent};
use crate::catalog::velero::findings::Finding;
use crate::catalog::velero::point::{Judgement, Shortfall, Validity};
use crate::catalog::velero::status::{self, Standing, State};
use crate::check::length;
use crate::model::advice::Advice;
use crate::model::duration::GoDuration;
use jiff::{SignedDuration, Timestamp};

/// Everything about the backups of a catalog.
pub struct Backups<'a> {
    /// The catalog.
    pub catalog: &'a Catalog,
    /// How much of it was read.
    pub extent: Extent,
    /// What is wrong in it.
    pub findings: &'a [Finding],
}

/// The listing, ending in a newline.
pub fn backups(found: &Backups<'_>, dress: Dress) -> String {
    let mut text = String::new();
    for held in &found.catalog.held {
        let location = &held.location;
        let count = match &held.listing {
            Ok(listing) => {
                let count = listing.directory.backups.len();
                format!("{count} {}", plural(count, "backup"))
            }
            Err(_) => "unknown".to_owned(),
        };
        text.push_str(&clean_line(&format!(
            "{}: {} ({count})",
            location.address, location.title
        )));
        text.push('\n');
    }
    let (unread, unread_of_nobody) = found.catalog.unread();
    let mut rows = Vec::new();
    for (owner, _) in &unread {
        let entries = found.catalog.entries(owner);
        let address = owner.address.to_string();
        let nothing = match status::unknown(found.catalog, owner, &entries) {
            Some(_) => "unknown",
            None => "no usable backup",
        };
        rows.extend(rows_of((&address, nothing), &entries, found.extent));
    }
    if !rows.is_empty() {
        text.push_str(&format!("\n{}", table(&HEAD, rows, dress)));
    }
    let unclaimed = found.catalog.unclaimed();
    let mut unclaimed: Vec<Row> = unclaimed.iter().map(|entry| row("", entry)).collect();
    if !unclaimed.is_empty() {
        let mut head = HEAD;
        if found.catalog.owners.is_empty() {
            text.push_str("\nBackups (no application or schedule is declared):\n");
        } else {
            text.push_str("\nUnclaimed: backups of no application or schedule that is declared\n");
        }
        // Nobody owns them, so that there is no first column.
        for row in &mut unclaimed {
            row.cells.remove(0);
        }
        let [_, head @ ..] = &mut head;
        text.push_str(&table(head, unclaimed, dress));
    }
    let unread: usize = unread.iter().map(|(_, count)| count).sum::<usize>() + unread_of_nobody;
    if unread > 0 {
        let words = format!(
            "{unread} older {} {} not read; {} reads every one.",
            plural(unread, "backup"),
            if unread == 1 { "was" } else { "were" },
            Advice::all_backups()
        );
        text.push_str(&format!("\n{words}\n"));
    }
    text.push_str(&warnings(found, dress));
    text
}

const HEAD: [&str; 8] = [
    "APPLICATION",
    "BACKUP",
    "COMPLETED (UTC)",
    "PHASE",
    "VALIDITY",
    "VOLUMES",
    "SIZE",
    "EXPIRES (UTC)",
];

/// Of the newest only what is not older than the newest usable one; that one is what counts.
fn rows_of((address, nothing): (&str, &str), entries: &[Entry<'_>], extent: Extent) -> Vec<Row> {
    let usable = entries.iter().position(|one| one.judgement.is_usable());
    let shown = match (extent, usable) {
        (Extent::Newest, Some(usable)) => usable + 1,
        (Extent::Newest, None) | (Extent::All, _) => entries.len(),
    };
    let mut rows: Vec<Row> = entries
        .iter()
        .take(shown)
        .map(|entry| row(address, entry))
        .collect();
    if usable.is_none() {
        let mut cells = vec![String::new(); HEAD.len()];
        cells.splice(..2, [address.to_owned(), nothing.to_owned()]);
        rows.insert(
            0,
            Row {
                cells,
                remarks: Vec::new(),
            },
        );
    }
    rows
}

fn row(address: &str, entry: &Entry<'_>) -> Row {
    let backup = &entry.point.backup;
    let (validity, remarks) = validity(&entry.judgement);
    let volumes = match entry.judgement.covered() {
        Some((covered, of)) => format!("{covered}/{of}"),
        None => "unknown".to_owned(),
    };
    Row {
        cells: vec![
            address.to_owned(),
            backup.name.clone(),
            backup.completed.map(time).unwrap_or_default(),
            backup.phase.to_string(),
            validity,
            volumes,
            size(entry.point.files.bytes),
            backup.expires.map(time).unwrap_or_default(),
        ],
        remarks,
    }
}

/// The level, and why it is not higher where that does not fit beside it.
fn validity(judgement: &Judgement) -> (String, Vec<String>) {
    let level = judgement.validity.name();
    match judgement.shortfalls.as_slice() {
        [] => (level.to_owned(), Vec::new()),
        [Shortfall::TarballNotRead] => {
            let why = Shortfall::TarballNotRead;
            (format!("{level} ({why})"), Vec::new())
        }
        shortfalls => {
            let told = shortfalls.iter().filter(|one| match judgement.validity {
                Validity::Present => **one != Shortfall::TarballNotRead,
                Validity::Complete | Validity::DataCovered => true,
            });
            (level.to_owned(), told.map(ToString::to_string).collect())
        }
    }
}

/// What could not be told, then what is wrong.
fn warnings(found: &Backups<'_>, dress: Dress) -> String {
    let mut text = String::new();
    for held in &found.catalog.held {
        if let Err(why) = &held.listing {
            let words = format!("{}: {why}", held.location.address);
            text.push_str(&block(
                "Error: Location not read",
                Role::Error,
                &[words],
                dress,
            ));
        }
    }
    let words: Vec<String> = found
        .findings
        .iter()
        .map(|finding| format!("{}: {}", finding.location, finding.what))
        .collect();
    if !words.is_empty() {
        text.push_str(&block(
            "Warning: Look at these",
            Role::Warning,
            &words,
            dress,
        ));
    }
    text
}

fn block(title: &str, role: Role, words: &[String], dress: Dress) -> String {
    let mut text = format!("\n{}\n", paint(dress.style, role, title));
    for line in words.iter().flat_map(|words| words.lines()) {
        // What is to be typed keeps its form.
        let width = dress.width.map(|width| width.saturating_sub(2));
        let width = width.filter(|_| !line.starts_with(' '));
        for line in wrap(&clean_line(line), width) {
            text.push_str(&format!("  {line}\n"));
        }
    }
    text
}

/// Only the word before the colon is coloured.
fn paint(style: Style, role: Role, title: &str) -> String {
    match title.split_once(": ") {
        Some((word, rest)) => format!("{} {rest}", style.paint(role, &format!("{word}:"))),
        None => title.to_owned(),
    }
}

/// How objectives stand, ending in a newline.
pub fn standings(standings: &[Standing<'_>], dress: Dress) -> String {
    if standings.is_empty() {
        return "No application or schedule is declared, so there is no objective to judge.\n"
            .to_owned();
    }
    let head = [
        "APPLICATION",
        "LAST GOOD (UTC)",
        "AGE",
        "RPO",
        "STATE",
        "NEXT RUN (UTC)",
    ];
    let rows = standings.iter().map(|standing| {
        let good = standing.good.as_ref();
        let completed = good.and_then(|good| good.point.backup.completed);
        let rpo = standing.owner.rpo.map(GoDuration::nanoseconds);
        let rpo = rpo.map(SignedDuration::from_nanos).map(length);
        Row {
            cells: vec![
                standing.owner.address.to_string(),
                completed.map_or_else(|| "none".to_owned(), time),
                standing.age.map(age).unwrap_or_default(),
                rpo.unwrap_or_default(),
                state(&standing.state).to_owned(),
                standing.next_run.map(time).unwrap_or_default(),
            ],
            remarks: match &standing.state {
                State::Unknown(why) => vec![why.clone()],
                State::Ok | State::Breached | State::NoObjective => Vec::new(),
            },
        }
    });
    table(&head, rows.collect(), dress)
}

/// In a table.
fn state(state: &State) -> &'static str {
    match state {
        State::Ok => "ok",
        State::Breached => "BREACHED",
        State::NoObjective => "no objective",
        State::Unknown(_) => "unknown",
    }
}

/// Absolute, in UTC, to the second.
pub(crate) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `41s`, `5m`, `26h`, `3d`: one unit, rounded down, as an age is looked at.
fn age(length: SignedDuration) -> String {
    let seconds = length.as_secs();
    match seconds {
        ..0 => "in the future".to_owned(),
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..259_200 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// `812 B`, `1.2 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let (mut unit, mut tenths) = ("KiB", u128::from(bytes) * 10 / 1024);
    for next in ["MiB", "GiB", "TiB", "PiB"] {
        if tenths < 10_240 {
            break;
        }
        (unit, tenths) = (next, tenths / 1024);
    }
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}
