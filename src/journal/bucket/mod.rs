//! The journal in a bucket, below a prefix that is its stack's alone:
//!
//! | key | holds |
//! |---|---|
//! | `seq/<99999999-n>.json` | which run is number *n*: the newest comes first in any listing |
//! | `runs/<id>/plan.json` | which plan |
//! | `runs/<id>/<serial>.json` | a record |
//! | `runs/<id>/closed` | that it is closed |
//! | `plans/<digest>.json.gz` | a plan |
//! | `inventory/<99999999-n>.json` | inventory number *n* |
//! | `sk-dr-owner.json` | whose it is |
//!
//! Everything is written where nothing is (`If-None-Match: *`), nothing is written over or deleted. Two new runs meet at one
//! number, two processes of one run at one serial (R42). Must not know what records mean, but for the end of a run that
//! was never begun.

mod keys;
mod place;
mod plans;
mod preparing;
mod suitable;
mod writing;

pub use place::BucketPlace;
pub use preparing::{Bucket, Prepared};

use super::document::{
    self, InventoryFile, check_next, check_run_id, decode, encode, file_name, is_run_id, no_run,
    record,
};
use super::record::{Entry, Holder, Record, RunOutcome, VERSION};
use super::store::{Append, Fault, Listed, Store, StoreError};
use crate::model::expression::Bindings;
use crate::model::inventory::Inventory;
use crate::plan::document::Plan;
use crate::world::World;
use crate::world::query::{Answer, Depth, Fact, Query, Why};
use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use keys::Keys;
use serde::{Deserialize, Serialize};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Documents read at a time.
const AT_A_TIME: usize = 10;
/// How often another number is tried where others write inventories at the same moment.
const INVENTORY_TRIES: u32 = 20;

/// Runs and inventories in a bucket.
pub struct BucketStore {
    world: Arc<World>,
    place: BucketPlace,
    keys: Keys,
    holder: Holder,
    /// Runs that are certainly there.
    known: RefCell<BTreeSet<String>>,
    /// Whether the store was seen to keep the condition of a write.
    is_proven: Cell<bool>,
    /// Whether this process holds a run: what it writes from then on is tried until the limit.
    holds: Cell<bool>,
}

/// Which run a number is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Numbered {
    version: u32,
    run: String,
    holder: Holder,
}

/// Which plan a run carries out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Carried {
    version: u32,
    plan: String,
    holder: Holder,
}

impl BucketStore {
    /// The journal at a place, reached and asked nothing. `holder` is who writes.
    ///
    /// # Errors
    /// Where the store cannot be connected: an argument or a secret is missing.
    pub async fn open(
        world: Arc<World>,
        place: BucketPlace,
        holder: Holder,
    ) -> Result<Self, StoreError> {
        let store = Self {
            keys: Keys::below(&place.prefix),
            world,
            place,
            holder,
            known: RefCell::default(),
            is_proven: Cell::new(false),
            holds: Cell::new(false),
        };
        store.connect().await?;
        Ok(store)
    }

    /// Connects; once more reads the secrets again.
    async fn connect(&self) -> Result<(), StoreError> {
        let (provider, arguments) = (&self.place.provider, &self.place.connect);
        let nothing = Bindings::new();
        let connected = self.world.connect(provider, arguments, &nothing).await;
        connected
            .map(|_| ())
            .map_err(|why| StoreError::unusable(self.place.to_string(), why.message))
    }

    fn shown(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.place.bucket)
    }

    /// An object; none where there is none.
    async fn read(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        let query = Query::Blob {
            provider: self.place.provider.clone(),
            bucket: self.place.bucket.clone(),
            key: key.to_owned(),
        };
        match self.world.answer(&query).await {
            Answer::Present(Fact::Bytes(blob)) => Ok(Some(blob.bytes)),
            Answer::Absent => Ok(None),
            Answer::Unknown(why) => Err(self.failed(key, why)),
            Answer::Present(_) | Answer::NotServed => Err(StoreError::unusable(
                self.shown(key),
                "the store answers something else",
            )),
        }
    }

    /// An object that must be there.
    async fn read_whole(&self, key: &str) -> Result<Bytes, StoreError> {
        let found = self.read(key).await?;
        found.ok_or_else(|| StoreError::unusable(self.shown(key), "it is missing"))
    }

    /// Names below a prefix, in order.
    async fn names(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let query = Query::Blobs {
            provider: self.place.provider.clone(),
            bucket: self.place.bucket.clone(),
            prefix: prefix.to_owned(),
            depth: Depth::All,
        };
        match self.world.answer(&query).await {
            Answer::Present(Fact::Blobs(blobs)) => Ok(below(prefix, blobs.objects)),
            Answer::Unknown(why) => Err(self.failed(prefix, why)),
            Answer::Present(_) | Answer::Absent | Answer::NotServed => Err(StoreError::unusable(
                self.shown(prefix),
                "the store answers something else",
            )),
        }
    }

    /// The first names below a prefix, in order.
    async fn first_names(&self, prefix: &str, most: u16) -> Result<Vec<String>, StoreError> {
        let names = self.first_names_once(prefix, most).await;
        names.map_err(|why| self.failed(prefix, why))
    }

    async fn first_names_once(&self, prefix: &str, most: u16) -> Result<Vec<String>, Why> {
        let place = (self.place.bucket.as_str(), prefix);
        let found = self.world.first_blobs(&self.place.provider, place, most);
        found.await.map(|objects| below(prefix, objects))
    }

    /// The number of the newest run, and which one that is.
    async fn newest(&self) -> Result<Option<(u32, Numbered)>, StoreError> {
        let names = self.first_names(&self.keys.numbers(), 1).await?;
        let Some(name) = names.first() else {
            return Ok(None);
        };
        let key = format!("{}{name}", self.keys.numbers());
        let Some(number) = keys::number_of(name) else {
            return Err(StoreError::unusable(self.shown(&key), "it is no run's"));
        };
        let numbered = self.numbered(&key).await?;
        Ok(Some((number, numbered)))
    }

    async fn numbered(&self, key: &str) -> Result<Numbered, StoreError> {
        let numbered: Numbered = decode(&self.shown(key), &self.read_whole(key).await?)?;
        check_run_id(&self.shown(key), &numbered.run)?;
        Ok(numbered)
    }

    async fn listed(&self, run: String) -> Result<Listed, StoreError> {
        let is_marked = self.read(&self.keys.closed(&run)).await?.is_some();
        self.known.borrow_mut().insert(run.clone());
        Ok(Listed { run, is_marked })
    }

    /// A run that is not there cannot be written to.
    async fn must_exist(&self, run: &str) -> Result<(), StoreError> {
        check_run_id(&self.place.to_string(), run)?;
        if self.known.borrow().contains(run) {
            return Ok(());
        }
        match self.read(&self.keys.carried(run)).await? {
            Some(_) => {
                self.known.borrow_mut().insert(run.to_owned());
                Ok(())
            }
            None => Err(no_run(&self.place.to_string(), run)),
        }
    }

    /// The run before a new one has ended, or is ended here because it never began: then its maker, who may only be slow,
    /// finds its first serial taken and stops.
    async fn end_unbegun(&self, run: &str) -> Result<(), StoreError> {
        if self.read(&self.keys.closed(run)).await?.is_some() {
            return Ok(());
        }
        let overtaken = || {
            let message = format!("another run came first: {run}");
            StoreError::unusable(self.place.to_string(), message).of(Fault::Overtaken)
        };
        match self.last(run).await? {
            Some(last) if last.is_end() => return self.mark_closed(run).await,
            Some(_) => return Err(overtaken()),
            None => {}
        }
        let entries = vec![
            Entry::TakenOver { from_serial: 0 },
            Entry::RunClosed {
                outcome: RunOutcome::Abandoned,
                inventory: Inventory::default(),
            },
        ];
        let record = Record {
            version: VERSION,
            run: run.to_owned(),
            serial: 1,
            at: self.world.now(),
            holder: self.holder.clone(),
            entries,
        };
        match self.append(&record).await? {
            Append::Written => self.mark_closed(run).await,
            Append::SerialTaken => Err(overtaken()),
        }
    }
}

/// Names of objects without their prefix.
fn below(prefix: &str, objects: Vec<crate::world::query::BlobEntry>) -> Vec<String> {
    let names = objects
        .iter()
        .filter_map(|one| one.key.strip_prefix(prefix));
    names.map(str::to_owned).collect()
}

#[async_trait(?Send)]
impl Store for BucketStore {
    async fn create_run(&self, run: &str, plan: &Plan) -> Result<(), StoreError> {
        check_run_id(&self.place.to_string(), run)?;
        let before = self.newest().await?;
        if let Some((_, before)) = &before {
            self.end_unbegun(&before.run).await?;
        }
        self.keep_plan(plan).await?;
        let carried = Carried {
            version: VERSION,
            plan: plan.digest.clone(),
            holder: self.holder.clone(),
        };
        let key = self.keys.carried(run);
        let exists =
            |key: &str| StoreError::unusable(self.shown(key), "it exists").of(Fault::Overtaken);
        let text = encode(&self.shown(&key), &carried)?;
        if self.put(&key, &text.into()).await? == Append::SerialTaken {
            return Err(exists(&key));
        }
        let numbered = Numbered {
            version: VERSION,
            run: run.to_owned(),
            holder: self.holder.clone(),
        };
        let number = before.map_or(0, |(number, _)| number) + 1;
        let key = self.keys.number(number);
        let text = Bytes::from(encode(&self.shown(&key), &numbered)?);
        match self.put(&key, &text).await? {
            Append::Written => self.prove(&key, &text).await?,
            Append::SerialTaken => {
                let message = "another run came first: it took this number";
                let error = StoreError::unusable(self.shown(&key), message);
                return Err(error.of(Fault::Overtaken));
            }
        }
        self.known.borrow_mut().insert(run.to_owned());
        Ok(())
    }

    async fn append(&self, record: &Record) -> Result<Append, StoreError> {
        self.must_exist(&record.run).await?;
        let key = self.keys.record(&record.run, record.serial);
        let text = Bytes::from(encode(&self.shown(&key), record)?);
        let appended = self.put(&key, &text).await?;
        if appended == Append::Written {
            self.prove(&key, &text).await?;
            self.holds.set(!record.is_end());
        }
        Ok(appended)
    }

    async fn mark_closed(&self, run: &str) -> Result<(), StoreError> {
        self.must_exist(run).await?;
        let key = self.keys.closed(run);
        self.put(&key, &Bytes::new()).await.map(|_| ())
    }

    async fn runs(&self, most: usize) -> Result<Vec<Listed>, StoreError> {
        let prefix = self.keys.numbers();
        let names = match u16::try_from(most).ok().filter(|most| *most <= keys::PAGE) {
            Some(most) => self.first_names(&prefix, most).await?,
            None => self.names(&prefix).await?,
        };
        let found = names.into_iter().take(most).map(|name| async move {
            let key = format!("{}{name}", self.keys.numbers());
            self.listed(self.numbered(&key).await?.run).await
        });
        let mut runs: Vec<Listed> = stream::iter(found)
            .buffer_unordered(AT_A_TIME)
            .try_collect()
            .await?;
        runs.sort();
        Ok(runs)
    }

    /// A run begins where the one before has ended: only the newest may be open.
    async fn recent(&self) -> Result<Vec<Listed>, StoreError> {
        self.runs(1).await
    }

    async fn check(&self) -> Result<Vec<String>, StoreError> {
        self.looked_at().await
    }

    async fn plan(&self, run: &str) -> Result<Plan, StoreError> {
        check_run_id(&self.place.to_string(), run)?;
        let key = self.keys.carried(run);
        let Some(bytes) = self.read(&key).await? else {
            return Err(no_run(&self.place.to_string(), run));
        };
        let carried: Carried = decode(&self.shown(&key), &bytes)?;
        if !is_run_id(&carried.plan) {
            return Err(StoreError::unusable(
                self.shown(&key),
                "it is damaged: it names no plan",
            ));
        }
        self.read_plan(&self.keys.plan(&carried.plan)).await
    }

    async fn records(&self, run: &str) -> Result<(Vec<Record>, u64), StoreError> {
        self.must_exist(run).await?;
        let serials = self.serials(run).await?;
        let mut next = 1;
        for serial in &serials {
            let key = self.keys.record(run, *serial);
            check_next(&self.shown(&key), *serial, next)?;
            next = serial + 1;
        }
        let found = serials.into_iter().map(|serial| self.record(run, serial));
        let records = stream::iter(found)
            .buffered(AT_A_TIME)
            .try_collect()
            .await?;
        Ok((records, next))
    }

    async fn last(&self, run: &str) -> Result<Option<Record>, StoreError> {
        self.must_exist(run).await?;
        match self.serials(run).await?.pop() {
            None => Ok(None),
            Some(serial) => self.record(run, serial).await.map(Some),
        }
    }

    async fn inventory(&self) -> Result<Option<Inventory>, StoreError> {
        let prefix = self.keys.inventories();
        let Some(name) = self.first_names(&prefix, 1).await?.pop() else {
            return Ok(None);
        };
        let key = format!("{prefix}{name}");
        let file: InventoryFile = decode(&self.shown(&key), &self.read_whole(&key).await?)?;
        Ok(Some(file.inventory))
    }

    async fn write_inventory(&self, inventory: &Inventory) -> Result<(), StoreError> {
        let prefix = self.keys.inventories();
        let file = InventoryFile {
            version: VERSION,
            inventory: inventory.clone(),
        };
        let text = Bytes::from(encode(&self.shown(&prefix), &file)?);
        for _ in 0..INVENTORY_TRIES {
            // A run ends once, and the next plan asks what it left: a store that is away for a moment is waited for.
            let first = async || self.first_names_once(&prefix, 1).await;
            let newest = self.patiently(&prefix, first).await?.pop();
            let newest = newest.and_then(|name| keys::number_of(&name));
            let key = self.keys.inventory(newest.unwrap_or(0) + 1);
            // Taken: another run ended at the same moment; ours is the newer one then.
            if self.put(&key, &text).await? == Append::Written {
                return Ok(());
            }
        }
        let message = "others write inventories all the time";
        Err(StoreError::unusable(self.shown(&prefix), message).of(Fault::Overtaken))
    }
}

impl BucketStore {
    /// Serials of a run, ascending. What is no record is passed over.
    async fn serials(&self, run: &str) -> Result<Vec<u64>, StoreError> {
        let names = self.names(&self.keys.run(run)).await?;
        let mut serials: Vec<u64> = names
            .iter()
            .filter_map(|name| document::number(name))
            .collect();
        serials.sort_unstable();
        Ok(serials)
    }

    async fn record(&self, run: &str, serial: u64) -> Result<Record, StoreError> {
        let key = format!("{}{}", self.keys.run(run), file_name(serial));
        record(
            &self.shown(&key),
            &self.read_whole(&key).await?,
            (run, serial),
        )
    }
}
