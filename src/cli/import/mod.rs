//! `import`: prints HCL for what lives in a cluster and is not declared yet (R28). Reads with get and list only; what it
//! writes has been read by our own parser before anybody sees it.

mod beside;
mod blocks;
mod choice;
mod entry;
mod ground;
mod profiles;
mod reading;
#[cfg(test)]
mod tests;

use super::arguments::ImportFlags;
use super::exit::Exit;
use super::load;
use super::making;
use super::planning;
use super::process::{Process, Trouble};
use crate::diag::has_errors;
use crate::diag::suggest::nearest;
use crate::kinds::{self, Home, Kind};
use crate::lang::Missing;
use crate::model::identity::Instance;
use crate::model::resource::Resource;
use crate::plan::declared_identity;
use crate::plan::ignored::is_ignored;
use crate::world::World;
use crate::world::local::files::{self, Readers};
use beside::Beside;
use blocks::{Document, Written};
use choice::{Candidate, Viewer};
use entry::Entry;
use ground::Ground;
use reading::{Reading, Scope};
use std::collections::BTreeSet;
use std::path::Path;

/// Name under which the blocks are read again where they are printed only; no file should have it.
const PRINTED: &str = "(printed).hcl";

/// Runs it. Exit 1 where something could not be read, or where a block is not valid as it is.
///
/// # Errors
/// Where the cluster cannot be reached, or the file is there already.
pub(crate) async fn run(process: &mut Process, flags: &ImportFlags) -> Result<Exit, Trouble> {
    let out = (flags.out != Path::new("-")).then(|| process.directory.join(&flags.out));
    if out.as_ref().is_some_and(|path| is_taken(process, path)) {
        let detail = "It is there already, and import writes new files only.";
        return Err(Trouble::error(
            "File exists",
            format!("{}: {detail}", flags.out.display()),
        ));
    }
    let wanted = wanted(&flags.kind)?;
    let ground = Ground::of(process, flags)?;
    let directory = process.directory.clone();
    let world = making::world(process, ground.configuration.secrets.clone());
    let (title, cluster_uid) = cluster(&world, &ground).await?;
    let viewer = Viewer {
        stack: &ground.configuration.settings.stack,
        cluster_uid: &cluster_uid,
        declared: choice::declared(&ground.configuration, &ground.provider),
    };
    let scope = Scope {
        provider: &ground.provider,
        kinds: &wanted,
        namespaces: &flags.namespace,
        follows_needs: flags.kind.is_empty(),
    };
    let reading = reading::read(&world, &scope, &viewer).await;
    let candidates = choice::candidates(&reading.objects, &viewer);
    let (candidates, unsaid) = choice::parted(candidates);
    tell(process, &reading, &viewer);
    tell_unsaid(process, &unsaid);
    if candidates.is_empty() && unsaid.is_empty() {
        if reading.unread.is_empty() {
            process.stderr.line("Nothing to import.");
        }
        return Ok(reading.exit());
    }
    let entries = entry::entries(&candidates);
    let unsaid = entry::alone(&unsaid);
    let document = Document {
        heading: format!("{title}, cluster {cluster_uid}"),
        stack: ground.new_stack(&directory),
        provider: ground.new_provider(),
        taken: ground.addresses(),
        declared: &viewer.declared,
        entries: &entries,
        unsaid: &unsaid,
    };
    let written = document.written();
    let is_valid = read_again(process, flags, &written, &entries);
    match &out {
        None => process.stdout.print(&written.text),
        Some(path) => {
            let boundary = process.guard.boundary().of_named(path);
            let text = written.text.as_bytes();
            files::create(&boundary, path, text, Readers::Usual).map_err(|error| {
                let detail = format!("{}: {error}.", flags.out.display());
                Trouble::error("File not written", detail)
            })?;
            let count = entries.len();
            let resources = if count == 1 { "resource" } else { "resources" };
            let line = format!("Wrote {}: {count} {resources}.", flags.out.display());
            process.stdout.line(&line);
        }
    }
    Ok(if is_valid {
        reading.exit()
    } else {
        Exit::Error
    })
}

/// The kinds asked for; without any, those that are there for backups alone. Types of the core group are part of every
/// application: of these only what the others need is looked for.
fn wanted(names: &[String]) -> Result<Vec<&'static dyn Kind>, Trouble> {
    if names.is_empty() {
        let all = kinds::KINDS.iter().copied();
        return Ok(all.filter(|kind| is_for_backups(*kind)).collect());
    }
    let find = |name: &String| {
        let known = kinds::find(name).filter(|kind| matches!(kind.home(), Home::Kube(_)));
        known.ok_or_else(|| {
            let all = kinds::KINDS.iter().map(|kind| kind.schema().kind);
            let detail = match nearest(name, all) {
                Some(meant) if meant != name => {
                    format!("There is no resource type `{name}`. Did you mean `{meant}`?")
                }
                Some(_) | None => format!("No object of a cluster is a `{name}`."),
            };
            Trouble::error("Unknown resource type", detail)
        })
    };
    let found: BTreeSet<&'static str> = names
        .iter()
        .map(|name| find(name).map(|kind| kind.schema().kind))
        .collect::<Result<_, _>>()?;
    Ok(found.into_iter().filter_map(kinds::find).collect())
}

fn is_for_backups(kind: &dyn Kind) -> bool {
    match kind.home() {
        Home::Kube(resource) => !resource.group.is_empty(),
        Home::Command | Home::Parts | Home::Declared => false,
    }
}

/// Words for the cluster, and its identity.
async fn cluster(world: &World, ground: &Ground) -> Result<(String, String), Trouble> {
    let found = planning::reach(world, &ground.provider, &ground.arguments).await;
    let uid = match found.instance {
        Instance::Known { kube_system_uid } => kube_system_uid,
        Instance::Unknown { reason } => {
            return Err(Trouble::of("Cluster not reached", &reason));
        }
        Instance::Store => {
            let detail = format!("Provider {} is a store.", ground.provider);
            return Err(Trouble::error("Cluster not reached", detail));
        }
        Instance::Lost { .. } => {
            let detail = format!("Provider {} is lost by declaration.", ground.provider);
            return Err(Trouble::error("Cluster not reached", detail));
        }
        Instance::MadeBy(cluster) => {
            let detail = format!("{cluster} does not exist yet.");
            return Err(Trouble::error("Cluster not reached", detail));
        }
    };
    match declared_identity(&ground.configuration, &ground.provider) {
        Some(expected) if expected != uid => {
            let detail = format!(
                "{} is cluster {uid}; the provider block says that it is {expected}.",
                found.title
            );
            Err(Trouble::error("Another cluster", detail).with_exit(Exit::Stale))
        }
        Some(_) | None => Ok((found.title, uid)),
    }
}

/// What is not in the blocks, and why.
fn tell(process: &mut Process, reading: &Reading, viewer: &Viewer<'_>) {
    let left = choice::left_out(&reading.objects, viewer);
    for line in reading.unread.iter().chain(&reading.notes).chain(&left) {
        process.stderr.words(line);
    }
}

/// What stands in comments alone, and why.
fn tell_unsaid(process: &mut Process, unsaid: &[Candidate<'_>]) {
    for line in unsaid.iter().filter_map(|one| one.obstacle()) {
        process.stderr.line(&line);
    }
}

/// Reads the blocks together with the configuration, as `validate` would; says what adopting an object would change.
fn read_again(
    process: &mut Process,
    flags: &ImportFlags,
    written: &Written,
    entries: &[Entry<'_>],
) -> bool {
    let name = match flags.out.to_str() {
        Some(name) if name.ends_with(".hcl") && !name.contains('/') => name,
        Some(_) | None => PRINTED,
    };
    let sources = Beside {
        directory: load::directory(process, &flags.variables),
        name,
        text: &written.text,
    };
    let found = load::load_from(&sources, process, &flags.variables, Missing::LeaveOut);
    load::tell(process, &found, flags.colour.flag());
    // Sorted by address.
    let resources = &found.configuration.resources;
    for (address, entry) in written.addresses.iter().zip(entries) {
        let at = resources.binary_search_by(|resource| resource.address.cmp(address));
        let Some(resource) = at.ok().and_then(|at| resources.get(at)) else {
            continue;
        };
        for line in changes(resource, entry) {
            process.stderr.words(&line);
        }
    }
    !has_errors(&found.diagnostics)
}

/// What adopting the objects of a resource would change of them.
fn changes(resource: &Resource, entry: &Entry<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for part in kinds::parts(resource) {
        let key = part.kind.key(&part.resource);
        let one = entry
            .objects
            .iter()
            .find(|one| Some(one.key) == key.as_ref());
        let differences = one.map(|one| part.kind.differences(&part.resource, one.live));
        let differences = differences.into_iter().flatten();
        let written =
            differences.filter(|one| !is_ignored(part.kind, &part.resource, &one.attribute));
        lines.extend(written.map(|difference| {
            let note = difference.note.map(|note| format!(": {note}"));
            format!(
                "{}: adopting it also changes {}{}.",
                resource.address,
                difference.attribute.join("."),
                note.unwrap_or_default()
            )
        }));
    }
    lines
}

/// Whether something has that name already. What cannot be looked at is told when it is written.
fn is_taken(process: &Process, path: &Path) -> bool {
    let boundary = process.guard.boundary().of_named(path);
    files::kind(&boundary, path).is_ok()
}
