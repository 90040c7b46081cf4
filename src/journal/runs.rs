//! The runs of a store, and which of them is open: a run that was killed or left something in doubt keeps `apply` from
//! going on until it is resumed or closed (R44). What keeps a new run from beginning is found without reading those that
//! ended. Must not know how a run is carried out.

use super::record::{Holder, RunOutcome};
use super::status::{JournalError, RunState, StepStatus, fold};
use super::store::{Fault, Listed, Store, StoreError};
use crate::goal::GoalMode;
use crate::plan::document::Plan;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// One run, for people.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSummary {
    /// Its id.
    pub run: String,
    /// How it stands.
    pub standing: Standing,
    /// What is known of it; `None` where it is damaged, or its plan is.
    pub facts: Option<RunFacts>,
}

/// How a run stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its plan was stored, its journal never begun: it did nothing.
    NeverOpened,
    /// Neither ended by itself nor closed: resume or close it.
    Open,
    /// Ended.
    Closed(RunOutcome),
    /// It cannot be told, with the file and what is wrong with it.
    Damaged(String),
}

/// What is known of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunFacts {
    /// Stack.
    pub stack: String,
    /// Converge, destroy or recover.
    pub mode: GoalMode,
    /// Name of the recovery that it carries out.
    pub recovery: Option<String>,
    /// Digest of its plan.
    pub plan_digest: String,
    /// When it was opened.
    pub opened: Option<Timestamp>,
    /// When it last wrote.
    pub last_at: Option<Timestamp>,
    /// Who holds it, or held it last.
    pub holder: Option<Holder>,
    /// What `-takeover` must name.
    pub last_serial: u64,
    /// How many steps are done.
    pub done: usize,
    /// How many failed.
    pub failed: usize,
    /// How many are not tried.
    pub skipped: usize,
    /// How many are in doubt.
    pub in_doubt: usize,
    /// How many are to do.
    pub todo: usize,
}

impl RunSummary {
    /// Name of the recovery that it is, where it is open (R13).
    pub fn open_recovery(&self) -> Option<&str> {
        match self.standing {
            Standing::Open => self.facts.as_ref()?.recovery.as_deref(),
            Standing::NeverOpened | Standing::Closed(_) | Standing::Damaged(_) => None,
        }
    }

    /// Whether `apply` must not begin. A run that cannot be read may have left anything.
    pub fn is_open(&self) -> bool {
        match self.standing {
            Standing::Open | Standing::Damaged(_) => true,
            Standing::NeverOpened | Standing::Closed(_) => false,
        }
    }
}

/// The newest so many runs, oldest first. A damaged one is listed, it does not hide the others.
///
/// # Errors
/// Where the store itself cannot be read.
pub async fn list(store: &dyn Store, most: usize) -> Result<Vec<RunSummary>, StoreError> {
    let mut all = Vec::new();
    for listed in store.runs(most).await? {
        all.push(summary(store, listed.run).await?);
    }
    all.sort_by(|one, other| begun(one).cmp(&begun(other)));
    Ok(all)
}

/// # Errors
/// Where the store is not reached: that says nothing of a run.
async fn summary(store: &dyn Store, run: String) -> Result<RunSummary, StoreError> {
    let standing = match load(store, &run).await {
        Ok((plan, state)) => return Ok(summarize(run, &plan, &state)),
        Err(error) if error.fault == Fault::Unreached => return Err(error),
        // A run is opened by its first record, and does nothing before. A plan torn before that is no reason to stop.
        Err(_) if never_began(store, &run).await => Standing::NeverOpened,
        Err(error) => Standing::Damaged(format!("{}: {}", error.place, error.message)),
    };
    Ok(RunSummary {
        run,
        standing,
        facts: None,
    })
}

/// Ids begin with the second; what follows it is drawn, so that within one second the journal tells which came first.
fn begun(run: &RunSummary) -> (&str, Option<Timestamp>, &str) {
    let second = run.run.rsplit_once('-').map_or("", |(second, _)| second);
    let opened = run.facts.as_ref().and_then(|facts| facts.opened);
    (second, opened, &run.run)
}

async fn never_began(store: &dyn Store, run: &str) -> bool {
    let records = store.records(run).await;
    records.is_ok_and(|(records, _)| records.is_empty())
}

/// What a new run must know of those before it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Earlier {
    /// Ids that are taken, as far as they were looked at.
    pub ids: BTreeSet<String>,
    /// Those that keep it from beginning, oldest first.
    pub open: Vec<RunSummary>,
}

/// The runs before a new one. Of those that ended at most the last record is read.
///
/// # Errors
/// Where the store itself cannot be read.
pub async fn earlier(store: &dyn Store) -> Result<Earlier, StoreError> {
    let mut earlier = Earlier::default();
    for listed in store.recent().await? {
        if !has_ended(store, &listed).await {
            let summary = summary(store, listed.run.clone()).await?;
            earlier.open.extend(summary.is_open().then_some(summary));
        }
        earlier.ids.insert(listed.run);
    }
    let sort = |one: &RunSummary, other: &RunSummary| begun(one).cmp(&begun(other));
    earlier.open.sort_by(sort);
    Ok(earlier)
}

/// Whether a run is closed for certain. Where that cannot be told it is read whole.
async fn has_ended(store: &dyn Store, listed: &Listed) -> bool {
    listed.is_marked || matches!(store.last(&listed.run).await, Ok(Some(last)) if last.is_end())
}

/// Plan and state of a run, with the serial to write next.
///
/// # Errors
/// Where it cannot be read, is damaged, or tells something impossible.
pub async fn load(store: &dyn Store, run: &str) -> Result<(Plan, RunState), StoreError> {
    let (records, next_serial) = store.records(run).await?;
    let plan = store.plan(run).await?;
    let impossible =
        |error: JournalError| StoreError::unusable(format!("of run {run}"), error.to_string());
    let mut state = fold(&plan, &records).map_err(impossible)?;
    state.next_serial = next_serial;
    Ok((plan, state))
}

fn summarize(run: String, plan: &Plan, state: &RunState) -> RunSummary {
    let count = |status| state.of_status(plan, status).count();
    let standing = match (state.opened, state.outcome) {
        (None, _) => Standing::NeverOpened,
        (Some(_), None) => Standing::Open,
        (Some(_), Some(outcome)) => Standing::Closed(outcome),
    };
    let facts = RunFacts {
        stack: plan.stack.clone(),
        mode: plan.goal.mode,
        recovery: plan
            .goal
            .recovery
            .as_ref()
            .map(|recovery| recovery.name.clone()),
        plan_digest: plan.digest.clone(),
        opened: state.opened,
        last_at: state.last_at,
        holder: state.holder.clone(),
        last_serial: state.last_serial,
        done: count(StepStatus::Done),
        failed: count(StepStatus::Failed),
        skipped: count(StepStatus::Skipped),
        in_doubt: count(StepStatus::InDoubt),
        todo: count(StepStatus::Todo),
    };
    RunSummary {
        run,
        standing,
        facts: Some(facts),
    }
}

/// Id of a new run: its moment to 1/256 of a second, so that ids sort by age, and two digits that tell runs of one moment
/// apart. A clock before 1970 counts as 1970: an id begins a label, which no minus sign may.
pub fn new_run_id(at: Timestamp, holder: &Holder, plan_digest: &str) -> String {
    use sha2::Digest;
    let at = at.max(Timestamp::UNIX_EPOCH);
    let seed = format!(
        "{at}/{}/{}/{}/{plan_digest}",
        holder.host, holder.boot, holder.pid
    );
    let digest = hex::encode(sha2::Sha256::digest(seed.as_bytes()));
    let fraction = at.subsec_nanosecond().unsigned_abs() / (1_000_000_000 / 256);
    format!(
        "{}-{:02x}{}",
        at.strftime("%Y-%m-%dT%H-%M-%SZ"),
        fraction.min(255),
        digest.get(..2).unwrap_or_default()
    )
}
