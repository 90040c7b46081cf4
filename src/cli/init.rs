//! `init -journal`: makes the bucket of the journal, and proves that it can hold one (R43). Everything else of a
//! configuration is made by `apply`.

use super::arguments::InitFlags;
use super::arguments::JournalFlags;
use super::exit::Exit;
use super::journal::{self, Place};
use super::load;
use super::process::{Process, Trouble};
use crate::journal::bucket::Bucket;
use crate::model::advice::Advice;

/// Runs it.
///
/// # Errors
/// Where there is nothing to make, or the store cannot hold a journal.
pub(crate) async fn run(process: &mut Process, flags: &InitFlags) -> Result<Exit, Trouble> {
    if !flags.journal {
        let detail = format!(
            "sk-dr needs no init. One thing is made before a first apply: the bucket of a journal, by `{}`.",
            Advice::make_journal()
        );
        return Err(Trouble::error("Nothing to make", detail));
    }
    let configuration = load::valid(process, &flags.variables, flags.colour.flag())?;
    let place = journal::of_configuration(process, &JournalFlags::default(), &configuration)?;
    let Place::Bucket(bucket, secrets) = &place else {
        let detail = format!(
            "The journal of this configuration is the directory {place}, which the first apply makes. \
             `journal {{ bucket, provider }}` in the sk_dr block keeps it in a bucket."
        );
        return Err(Trouble::error("Nothing to make", detail));
    };
    let holder = journal::holder()?;
    let store = journal::in_store(process, bucket, (secrets, &holder)).await?;
    let prepared = store.prepare(&configuration.settings.stack).await;
    let prepared = prepared.map_err(journal::unreadable)?;
    for unknown in prepared.unknown {
        journal::warn(
            process,
            "Journal not looked at whole",
            &format!("{unknown}."),
        );
    }
    let made = match prepared.bucket {
        Bucket::Made => format!("Bucket `{}` is made, without versions.", bucket.bucket),
        Bucket::Found => format!("Bucket `{}` is there.", bucket.bucket),
    };
    process.stdout.print(&format!(
        "{made}\nIt keeps the condition of a write, so of two runs at a time one goes on.\nThe journal is {place}.\n"
    ));
    Ok(Exit::Done)
}
