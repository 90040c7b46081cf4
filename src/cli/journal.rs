//! Where the journal is, and the lock beside it (R42, R43).

use super::arguments::JournalFlags;
use super::exit::Exit;
use super::process::{Form, Process, Trouble};
use super::{making, stream, typed};
use crate::diag::Severity;
use crate::journal::bucket::{BucketPlace, BucketStore};
use crate::journal::local::LocalStore;
use crate::journal::lock::{self, Lock, LockError};
use crate::journal::record::Holder;
use crate::journal::runs::{self, Standing};
use crate::journal::store::{Store, StoreError};
use crate::model::advice::Advice;
use crate::model::expression::Expr;
use crate::model::identity::ProviderRef;
use crate::model::inventory::Inventory;
use crate::model::journal_place::{self, JournalBucket, PlannedJournal};
use crate::model::resource::Configuration;
use crate::model::secret::{SecretName, SecretSource};
use crate::plan::document::Plan;
use crate::render::json;
use crate::world::local::files::Boundary;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Name of the journal directory where nothing else is said.
const DEFAULT: &str = ".sk-dr";

/// Where a journal is.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// A directory, and how far the path may lead: one that the command line names is the operator's, one that a
    /// configuration or a plan names stays in the repository under `-safe` (R47).
    Directory {
        /// Absolute.
        directory: PathBuf,
        /// How far it may lead.
        boundary: Boundary,
    },
    /// Objects of a bucket, and where the secrets are that lead there.
    Bucket(Box<BucketPlace>, BTreeMap<SecretName, SecretSource>),
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Directory { directory, .. } => directory.display().fmt(out),
            Place::Bucket(place, _) => place.fmt(out),
        }
    }
}

impl Place {
    /// Whether there is a journal. Of a bucket its runs tell.
    ///
    /// # Errors
    /// Where what is there cannot be used as one.
    pub(crate) fn is_there(&self) -> Result<bool, Trouble> {
        match self {
            Place::Directory {
                directory,
                boundary,
            } => LocalStore::within(directory, boundary.clone())
                .is_there()
                .map_err(unreadable),
            Place::Bucket(..) => Ok(true),
        }
    }
}

/// The journal of a configuration in the working directory.
///
/// # Errors
/// Where `-journal` names none.
pub(crate) fn of_configuration(
    process: &Process,
    flags: &JournalFlags,
    configuration: &Configuration,
) -> Result<Place, Trouble> {
    let Configuration {
        settings,
        providers,
        secrets,
        ..
    } = configuration;
    let declared = settings
        .journal
        .as_ref()
        .and_then(|journal| PlannedJournal::of(journal, &settings.stack, providers));
    place(process, flags, (declared.as_ref(), secrets))
}

/// The journal of a plan, found without its configuration (R44): a directory beside where apply runs, not where the plan
/// was made.
///
/// # Errors
/// Where `-journal` names none.
pub(crate) fn of_plan(
    process: &Process,
    flags: &JournalFlags,
    plan: &Plan,
) -> Result<Place, Trouble> {
    place(process, flags, (plan.journal.as_ref(), &plan.secrets))
}

fn place(
    process: &Process,
    flags: &JournalFlags,
    (declared, secrets): (Option<&PlannedJournal>, &BTreeMap<SecretName, SecretSource>),
) -> Result<Place, Trouble> {
    let boundary = process.guard.boundary();
    let Some(given) = &flags.journal else {
        return Ok(match declared {
            Some(PlannedJournal::Bucket(bucket)) => in_bucket(bucket, secrets),
            Some(PlannedJournal::Directory(path)) => Place::Directory {
                directory: process.directory.join(path),
                boundary,
            },
            None => Place::Directory {
                directory: process.directory.join(DEFAULT),
                boundary,
            },
        });
    };
    match given.to_str() {
        Some(url) if url.starts_with("s3://") => {
            let declared = match declared {
                Some(PlannedJournal::Bucket(bucket)) => Some(bucket),
                Some(PlannedJournal::Directory(_)) | None => None,
            };
            named_bucket(url, declared).map(|bucket| in_bucket(&bucket, secrets))
        }
        Some(_) | None => {
            let directory = process.directory.join(given);
            Ok(Place::Directory {
                boundary: boundary.of_named(&directory),
                directory,
            })
        }
    }
}

fn in_bucket(bucket: &JournalBucket, secrets: &BTreeMap<SecretName, SecretSource>) -> Place {
    let place = BucketPlace {
        provider: bucket.provider.clone(),
        connect: bucket.connect.clone(),
        bucket: bucket.bucket.clone(),
        prefix: bucket.prefix.clone(),
    };
    Place::Bucket(Box::new(place), secrets.clone())
}

/// The journal of `-journal=s3://BUCKET/PREFIX`. A store that the configuration or the plan names for this bucket is taken,
/// else the variables AWS_* lead there.
fn named_bucket(url: &str, declared: Option<&JournalBucket>) -> Result<JournalBucket, Trouble> {
    let found = journal_place::of_url(url).filter(|(bucket, _)| !bucket.is_empty());
    let Some((bucket, prefix)) = found else {
        return Err(Trouble::error(
            "Invalid value",
            format!("{url} names no bucket. A journal in one is s3://BUCKET/PREFIX."),
        ));
    };
    let (bucket, prefix) = (bucket.to_owned(), prefix.trim_matches('/').to_owned());
    Ok(
        match declared.filter(|declared| declared.bucket == bucket) {
            Some(declared) => JournalBucket {
                prefix,
                ..declared.clone()
            },
            None => JournalBucket {
                bucket,
                prefix,
                provider: ProviderRef {
                    provider: "s3".to_owned(),
                    alias: None,
                },
                connect: Expr::object(BTreeMap::new()),
            },
        },
    )
}

/// Opens a journal, which need not be there yet. `holder` is who writes.
///
/// # Errors
/// Where it cannot be opened, is out of reach, or may be written by others.
pub(crate) async fn open(
    process: &Process,
    place: &Place,
    holder: &Holder,
) -> Result<Box<dyn Store>, Trouble> {
    place.is_there()?;
    match place {
        Place::Directory {
            directory,
            boundary,
        } => process.stores.open(directory, boundary).map_err(unreadable),
        Place::Bucket(bucket, secrets) => {
            let opened = in_store(process, bucket, (secrets, holder)).await?;
            Ok(process.stores.over(opened))
        }
    }
}

/// The store of a journal in a bucket, connected.
///
/// # Errors
/// Where it cannot be connected.
pub(crate) async fn in_store(
    process: &Process,
    place: &BucketPlace,
    (secrets, holder): (&BTreeMap<SecretName, SecretSource>, &Holder),
) -> Result<BucketStore, Trouble> {
    let world = Arc::new(making::world(process, secrets.clone()));
    let opened = BucketStore::open(world, place.clone(), holder.clone());
    opened.await.map_err(unreadable)
}

/// What must hold before a run's first effect. What could not be told is said.
///
/// # Errors
/// Where the place does not keep what a journal needs.
pub(crate) async fn check(process: &mut Process, store: &dyn Store) -> Result<(), Trouble> {
    for unknown in store.check().await.map_err(unreadable)? {
        warn(
            process,
            "Journal not looked at whole",
            &format!("{unknown}."),
        );
    }
    Ok(())
}

/// The newest inventory. It is evidence only: where it cannot be read there is a warning, no more (R26).
pub(crate) async fn inventory(process: &mut Process, store: &dyn Store) -> Option<Inventory> {
    match store.inventory().await {
        Ok(inventory) => inventory,
        Err(error) => {
            warn(
                process,
                "Inventory not read",
                &format!("{error}. Orphans of types no longer declared may be missed."),
            );
            None
        }
    }
}

/// This process, as the journal names it.
///
/// # Errors
/// Where the kernel does not tell.
pub(crate) fn holder() -> Result<Holder, Trouble> {
    lock::this_process().map_err(unreadable)
}

/// Takes the lock, so that no other process of this machine writes. A bucket has none: there the first number and each
/// serial keep two processes apart, and nothing proves that a holder is dead (R42).
///
/// # Errors
/// Where somebody holds it: exit 4.
pub(crate) async fn lock(
    process: &Process,
    place: &Place,
    holder: &Holder,
    timeout: Duration,
) -> Result<Option<Lock>, Trouble> {
    let Place::Directory {
        directory,
        boundary,
    } = place
    else {
        return Ok(None);
    };
    let store = LocalStore::within(directory, boundary.clone());
    let runs = Advice::runs(&typed::journal(process));
    lock::acquire(&store, holder, timeout)
        .await
        .map(Some)
        .map_err(|error| match error {
            LockError::Store(error) => unreadable(error),
            held @ LockError::Held { .. } => Trouble::error(
                "Somebody is at work",
                format!(
                    "{held}. Wait for it, with {} for example, or see `{runs}`.",
                    Advice::wait()
                ),
            )
            .with_exit(Exit::Locked),
        })
}

/// A run elsewhere leaves its journal on that machine: in CI it is gone with the job (R43).
pub(crate) fn warn_in_ci<T>(process: &mut Process, flags: &JournalFlags, declared: Option<&T>) {
    if flags.journal.is_none() && declared.is_none() && process.variable("CI").is_some() {
        warn(
            process,
            "The journal is local",
            "Without a `journal` block in the sk_dr block runs are recorded beside the configuration, and are lost with this \
             CI job: a killed run could not be resumed.",
        );
    }
}

/// A recovery that is open is worth a word wherever something is planned (R13): what is declared is on its way back.
/// Evidence only: a journal that cannot be read says nothing here.
pub(crate) async fn warn_of_recovery(process: &mut Process, store: &dyn Store) {
    let Ok(earlier) = runs::earlier(store).await else {
        return;
    };
    for run in &earlier.open {
        if let Some(recovery) = run.open_recovery() {
            let detail = format!(
                "Run {} of recovery \"{recovery}\" is not done, and nothing else can be applied before: {}.",
                run.run,
                go_on(process, &run.run)
            );
            warn(process, "A recovery is open", &detail);
        }
    }
}

/// Whether a recovery may be planned: while one is open its points stay as they were chosen (R6).
///
/// # Errors
/// Where one is open.
pub(crate) async fn no_open_recovery(
    process: &mut Process,
    store: &dyn Store,
) -> Result<(), Trouble> {
    let earlier = match runs::earlier(store).await {
        Ok(earlier) => earlier,
        // Where the journal is lost with the cluster it must be possible to see what would come back; apply refuses.
        Err(why) => {
            warn_untold(process, &why.to_string());
            return Ok(());
        }
    };
    for run in &earlier.open {
        if let Standing::Damaged(why) = &run.standing {
            warn_untold(process, &format!("run {} is damaged: {why}", run.run));
        }
    }
    let mut open = earlier.open.iter();
    let Some((run, recovery)) = open.find_map(|run| Some((&run.run, run.open_recovery()?))) else {
        return Ok(());
    };
    let detail = format!(
        "Run {run} of recovery \"{recovery}\" is not done, and its backups stay those that were chosen: {}.",
        go_on(process, run)
    );
    Err(Trouble::error("A recovery is open", detail).with_exit(Exit::Locked))
}

fn warn_untold(process: &mut Process, why: &str) {
    let detail = format!("{why}. Nothing is applied before it can be read.");
    warn(
        process,
        "Whether a recovery is open cannot be told",
        &detail,
    );
}

/// Tells a warning: on standard error, or as a message of the stream.
pub(crate) fn warn(process: &mut Process, summary: &str, detail: &str) {
    if process.stdout.form() == Form::Stream {
        stream::tell(
            process,
            &json::stream::words(Severity::Warning, summary, detail),
        );
        return;
    }
    process
        .stderr
        .print(&format!("Warning: {summary}\n\n  {detail}\n\n"));
}

/// What may be done with an open run, as the end of a sentence.
pub(crate) fn go_on(process: &Process, run: &str) -> String {
    let line = typed::journal(process);
    format!(
        "go on with `{}`, or give it up with `{}`",
        Advice::resume(&line, run),
        Advice::close(&line, run)
    )
}

/// A journal that cannot be used.
pub(crate) fn unreadable(error: StoreError) -> Trouble {
    Trouble::of("Journal not usable", &error)
}
