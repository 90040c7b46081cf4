//! The child: the whole program, with a journal and wires that end it where its orders say, or that play it a mistake.
//! Everything else is as in the real one.

use crate::orders::{Bug, Kill, Moment, Orders, Write};
use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use rustix::process::{Signal, getpid, kill_process};
use sk_dr::cli::process::Stores;
use sk_dr::cli::system;
use sk_dr::journal::local::LocalStore;
use sk_dr::journal::record::{Entry, Record};
use sk_dr::journal::store::{Append, Listed, Store, StoreError};
use sk_dr::model::inventory::Inventory;
use sk_dr::plan::document::{Plan, StepId};
use sk_dr::world::kube::{Again, ConnectArguments, Connected, KubeWires, Unsent, Wires};
use sk_dr::world::local::files::Boundary;
use sk_dr::world::query::{FailureClass, Why};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use tower::util::BoxCloneSyncService;
use tower::{BoxError, ServiceExt};

/// Runs the program under orders.
pub fn main(orders: &str) -> ExitCode {
    let orders: Orders = serde_json::from_str(orders).unwrap();
    let mut process = system::process().unwrap();
    process.environment.remove(crate::orders::VARIABLE);
    process.stores = Arc::new(KillingStores(orders.clone()));
    process.wires = Arc::new(MistakenWires(orders.bug));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    ExitCode::from(runtime.block_on(sk_dr::cli::run(process)))
}

/// Ends this process as the kernel ends one that is out of memory: nothing of ours runs any more.
fn die() -> ! {
    let _ = kill_process(getpid(), Signal::KILL);
    loop {
        std::thread::park();
    }
}

struct KillingStores(Orders);

impl Stores for KillingStores {
    fn open(&self, directory: &Path, boundary: &Boundary) -> Result<Box<dyn Store>, StoreError> {
        Ok(Box::new(KillingStore {
            inner: LocalStore::within(directory, boundary.clone()),
            directory: directory.to_owned(),
            orders: self.0.clone(),
            behind: Mutex::default(),
        }))
    }
}

struct KillingStore {
    inner: LocalStore,
    directory: PathBuf,
    orders: Orders,
    behind: Mutex<Option<Record>>,
}

impl KillingStore {
    /// Does a write, unless this is where the process ends. `tear` leaves half of it.
    async fn write<T>(
        &self,
        is_it: impl Fn(&Write) -> bool,
        tear: impl FnOnce(&Path),
        write: impl Future<Output = T>,
    ) -> T {
        match &self.orders.kill {
            Some(Kill { write: at, moment }) if is_it(at) => {
                match moment {
                    Moment::Before => {}
                    Moment::Torn => tear(&self.directory),
                    Moment::After => drop(write.await),
                }
                die()
            }
            Some(_) | None => write.await,
        }
    }

    async fn append_now(&self, record: &Record) -> Result<Append, StoreError> {
        let name = format!("runs/{}/{:08}.json", record.run, record.serial);
        self.write(
            |at| {
                record
                    .entries
                    .iter()
                    .any(|entry| write_of(entry).as_ref() == Some(at))
            },
            |directory| tear(&directory.join(name), record),
            self.inner.append(record),
        )
        .await
    }
}

fn write_of(entry: &Entry) -> Option<Write> {
    match entry {
        Entry::RunOpened { .. } => Some(Write::Opened),
        Entry::ProviderIdentified { .. } => Some(Write::Identified),
        Entry::StepStarted { step, .. } => Some(Write::Started(step.0.clone())),
        Entry::StepDone { step, .. } => Some(Write::Done(step.0.clone())),
        Entry::TakenOver { .. } => Some(Write::TakenOver),
        Entry::RunClosed { .. } => Some(Write::Closed),
        Entry::StepFailed { .. }
        | Entry::StepSkipped { .. }
        | Entry::Retried { .. }
        | Entry::Accepted { .. } => None,
    }
}

/// The first half of a document under its final name, durable.
fn tear(path: &Path, document: &impl serde::Serialize) {
    let text = serde_json::to_vec(document).unwrap();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, &text[..text.len() / 2]).unwrap();
    fs::File::open(path).unwrap().sync_all().unwrap();
}

#[async_trait(?Send)]
impl Store for KillingStore {
    async fn create_run(&self, run: &str, plan: &Plan) -> Result<(), StoreError> {
        self.write(
            |at| *at == Write::Plan,
            |directory| tear(&directory.join("runs").join(run).join("plan.json"), plan),
            self.inner.create_run(run, plan),
        )
        .await
    }

    async fn append(&self, record: &Record) -> Result<Append, StoreError> {
        let behind = self.behind.lock().unwrap().take();
        if let Some(behind) = behind {
            self.append_now(&behind).await?;
        }
        let has = |is_it: fn(&Entry) -> bool| record.entries.iter().any(is_it);
        match self.orders.bug {
            Some(Bug::IntentWrittenBehind)
                if has(|entry| matches!(entry, Entry::StepStarted { .. })) =>
            {
                *self.behind.lock().unwrap() = Some(record.clone());
                Ok(Append::Written)
            }
            _ => self.append_now(record).await,
        }
    }

    // Killed before it is like killed after the last record, and killed after it is like not killed.
    async fn mark_closed(&self, run: &str) -> Result<(), StoreError> {
        self.inner.mark_closed(run).await
    }

    async fn last(&self, run: &str) -> Result<Option<Record>, StoreError> {
        self.inner.last(run).await
    }

    async fn runs(&self, most: usize) -> Result<Vec<Listed>, StoreError> {
        self.inner.runs(most).await
    }

    async fn recent(&self) -> Result<Vec<Listed>, StoreError> {
        self.inner.recent().await
    }

    async fn check(&self) -> Result<Vec<String>, StoreError> {
        self.inner.check().await
    }

    async fn plan(&self, run: &str) -> Result<Plan, StoreError> {
        self.inner.plan(run).await
    }

    async fn records(&self, run: &str) -> Result<(Vec<Record>, u64), StoreError> {
        let (mut records, next) = self.inner.records(run).await?;
        match self.orders.bug {
            Some(Bug::TornIsAnError)
                if records.last().map_or(0, |record| record.serial) + 1 != next =>
            {
                let place = format!("runs/{run}/{:08}.json", next - 1);
                return Err(StoreError::unusable(place, "it is damaged: it is no JSON"));
            }
            Some(Bug::StartedIsDone) => finish_what_was_started(&mut records),
            Some(Bug::StartedIsForgotten) => {
                let open = unfinished(&records);
                forget(
                    &mut records,
                    |entry| matches!(entry, Entry::StepStarted { step, .. } if open.contains(step)),
                );
            }
            Some(Bug::LastDoneIsForgotten) => {
                let start = records.len().saturating_sub(1);
                forget(&mut records[start..], |entry| {
                    matches!(entry, Entry::StepDone { .. })
                });
            }
            Some(Bug::TakenOverOnlyOnce) if is_taken_over(&records) => {
                return Err(StoreError::unusable(
                    format!("of run {run}"),
                    "it was taken over",
                ));
            }
            _ => {}
        }
        Ok((records, next))
    }

    async fn inventory(&self) -> Result<Option<Inventory>, StoreError> {
        self.inner.inventory().await
    }

    async fn write_inventory(&self, inventory: &Inventory) -> Result<(), StoreError> {
        let inventories = self.directory.join("inventory");
        let next = fs::read_dir(inventories).map_or(0, Iterator::count) + 1;
        self.write(
            |at| *at == Write::Inventory,
            |directory| {
                tear(
                    &directory.join(format!("inventory/{next:08}.json")),
                    inventory,
                );
            },
            self.inner.write_inventory(inventory),
        )
        .await
    }
}

/// Steps that were started and not ended.
fn unfinished(records: &[Record]) -> BTreeSet<StepId> {
    let mut open = BTreeMap::new();
    for entry in records.iter().flat_map(|record| &record.entries) {
        match entry {
            Entry::StepStarted { step, .. } => open.insert(step.clone(), true),
            Entry::StepDone { step, .. } | Entry::StepFailed { step, .. } => {
                open.insert(step.clone(), false)
            }
            Entry::RunOpened { .. }
            | Entry::ProviderIdentified { .. }
            | Entry::StepSkipped { .. }
            | Entry::TakenOver { .. }
            | Entry::Retried { .. }
            | Entry::Accepted { .. }
            | Entry::RunClosed { .. } => None,
        };
    }
    open.into_iter()
        .filter(|(_, is_open)| *is_open)
        .map(|(step, _)| step)
        .collect()
}

fn finish_what_was_started(records: &mut [Record]) {
    let open = unfinished(records);
    let done = open.into_iter().map(|step| Entry::StepDone {
        step,
        bindings: Vec::new(),
        uid: None,
    });
    if let Some(last) = records.last_mut() {
        last.entries.extend(done);
    }
}

fn is_taken_over(records: &[Record]) -> bool {
    let mut entries = records.iter().flat_map(|record| &record.entries);
    entries.any(|entry| matches!(entry, Entry::TakenOver { .. }))
}

/// Takes entries away; a record that held nothing else says that a run was taken over, which changes nothing.
fn forget(records: &mut [Record], is_it: impl Fn(&Entry) -> bool) {
    let mut before = records.first().map_or(0, |record| record.serial - 1);
    for record in records {
        record.entries.retain(|entry| !is_it(entry));
        if record.entries.is_empty() {
            record.entries.push(Entry::TakenOver {
                from_serial: before,
            });
        }
        before = record.serial;
    }
}

struct MistakenWires(Option<Bug>);

#[async_trait]
impl Wires for MistakenWires {
    async fn connect(&self, arguments: &ConnectArguments) -> Result<Connected, Why> {
        let Connected { wire, title } = KubeWires.connect(arguments).await?;
        let bug = self.0;
        let wire = BoxCloneSyncService::new(tower::service_fn(move |request: Request<Bytes>| {
            let wire = wire.clone();
            async move {
                let is_write = request.method() != http::Method::GET;
                let answer = wire.clone().oneshot(request.clone()).await;
                match (bug, answer) {
                    (Some(Bug::LostIsRefused), Err(error)) if is_write => Err(unsent(&error)),
                    (Some(Bug::LostIsSentAgain), Err(_)) if is_write => wire.oneshot(request).await,
                    (Some(Bug::ConflictIsInvalid), Ok(answer))
                        if is_write && answer.status() == StatusCode::CONFLICT =>
                    {
                        Ok(refused())
                    }
                    (_, answer) => answer,
                }
            }
        }));
        Ok(Connected { wire, title })
    }
}

fn unsent(error: &BoxError) -> BoxError {
    Box::new(Unsent {
        class: FailureClass::Unreachable,
        message: error.to_string(),
        again: Again::Never,
    })
}

fn refused() -> Response<Bytes> {
    let body = serde_json::json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Invalid",
        "message": "the object is invalid", "code": 422});
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    response
}
