//! `vendor`: renders what an installation needs into the user's repository, beforehand, so that on the day it is needed
//! nothing is downloaded (R48). Asks no server and no registry.

mod bundle;
mod directory;
mod program;
#[cfg(test)]
mod tests;

use super::arguments::{VendorFlags, VendorVeleroFlags, VendorWhat};
use super::exit::Exit;
use super::process::{Process, Trouble};
use crate::model::advice::Advice;
use directory::Written;
use std::path::Path;

/// Runs it.
///
/// # Errors
/// Where Velero's program is not there, not of that version or fails; where the directory holds something else.
pub(crate) async fn run(process: &mut Process, flags: &VendorFlags) -> Result<Exit, Trouble> {
    match &flags.what {
        VendorWhat::Velero(flags) => velero(process, flags).await,
    }
}

async fn velero(process: &mut Process, flags: &VendorVeleroFlags) -> Result<Exit, Trouble> {
    let release = flags.release.as_str();
    let words = words(&flags.velero, &["version", "--client-only"]);
    let said = program::output(process, &words).await?;
    if !says(&said, release) {
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        return Err(Trouble::error(
            "Another version of Velero",
            format!(
                "{} says: {said}. Name the program of version {release} with {}.",
                flags.velero,
                Advice::program()
            ),
        ));
    }
    let text = program::output(process, &install(flags)).await?;
    let bundle = bundle::bundle(release, &text).map_err(|why| {
        let detail = format!("What {} renders: {why}.", flags.velero);
        Trouble::error("Not Velero's objects", detail)
    })?;
    let shown = Path::new("vendor").join(format!("velero-{release}"));
    let overwrite = if flags.force {
        directory::Differing::Overwritten
    } else {
        directory::Differing::Refused
    };
    let (boundary, place) = (process.guard.boundary(), process.directory.join(&shown));
    let written = directory::write((&boundary, &place), &bundle.files, overwrite)?;
    let shown = shown.display();
    let what = match written {
        Written::Some(count) => {
            format!("Velero {release} is rendered in {shown}; files written: {count}.")
        }
        Written::Nothing => format!("Velero {release} is rendered in {shown} already."),
    };
    let images: String = bundle
        .images
        .iter()
        .map(|image| format!("\x20 {image}\n"))
        .collect();
    process.stdout.print(&format!(
        "{what}\n\nImages, to be had from a registry outside of the cluster:\n{images}"
    ));
    Ok(Exit::Done)
}

fn words(program: &str, arguments: &[&str]) -> Vec<String> {
    let arguments = arguments.iter().copied();
    std::iter::once(program)
        .chain(arguments)
        .map(str::to_owned)
        .collect()
}

/// Everything but credentials and locations, with defaults that are Velero's own.
fn install(flags: &VendorVeleroFlags) -> Vec<String> {
    let mut arguments = vec![
        "install",
        "--dry-run",
        "-o",
        "json",
        "--no-secret",
        "--no-default-backup-location",
        "--use-volume-snapshots=false",
    ];
    for image in &flags.plugin {
        arguments.extend(["--plugins", image]);
    }
    if flags.node_agent {
        arguments.push("--use-node-agent");
    }
    words(&flags.velero, &arguments)
}

/// `Version: v1.18.1` below `Client:`.
fn says(text: &str, release: &str) -> bool {
    let mut versions = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Version:"));
    versions.any(|version| version.trim() == format!("v{release}"))
}
