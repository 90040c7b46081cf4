//! Journals with a gate before and after each of their writes, where a test keeps a write from happening, or ends the
//! process.

use async_trait::async_trait;
use sk_dr::cli::process::Stores;
use sk_dr::journal::bucket::BucketStore;
use sk_dr::journal::local::LocalStore;
use sk_dr::journal::record::Record;
use sk_dr::journal::store::{Append, Listed, Store, StoreError};
use sk_dr::model::inventory::Inventory;
use sk_dr::plan::document::Plan;
use sk_dr::world::local::files::Boundary;
use std::path::Path;

/// Stands before and after each write.
#[async_trait(?Send)]
pub trait Gate: Clone + Send + Sync + 'static {
    /// Before it; `file` would hold it below the journal's directory.
    async fn enter(&self, file: &str) -> Result<(), StoreError>;
    /// After it.
    async fn leave(&self) {}
}

/// Opens journals behind a gate.
pub struct Gated<G>(pub G);

impl<G: Gate> Stores for Gated<G> {
    fn open(&self, directory: &Path, boundary: &Boundary) -> Result<Box<dyn Store>, StoreError> {
        Ok(Box::new(Behind {
            gate: self.0.clone(),
            store: LocalStore::within(directory, boundary.clone()),
        }))
    }

    fn over(&self, store: BucketStore) -> Box<dyn Store> {
        Box::new(Behind {
            gate: self.0.clone(),
            store,
        })
    }
}

struct Behind<G, S> {
    gate: G,
    store: S,
}

impl<G: Gate, S> Behind<G, S> {
    async fn write<T>(
        &self,
        file: &str,
        write: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        self.gate.enter(file).await?;
        let written = write.await;
        self.gate.leave().await;
        written
    }
}

#[async_trait(?Send)]
impl<G: Gate, S: Store> Store for Behind<G, S> {
    async fn create_run(&self, run: &str, plan: &Plan) -> Result<(), StoreError> {
        let file = format!("runs/{run}/plan.json");
        self.write(&file, self.store.create_run(run, plan)).await
    }
    async fn append(&self, record: &Record) -> Result<Append, StoreError> {
        let file = format!("runs/{}/{:08}.json", record.run, record.serial);
        self.write(&file, self.store.append(record)).await
    }
    async fn mark_closed(&self, run: &str) -> Result<(), StoreError> {
        let file = format!("runs/{run}/closed");
        self.write(&file, self.store.mark_closed(run)).await
    }
    async fn last(&self, run: &str) -> Result<Option<Record>, StoreError> {
        self.store.last(run).await
    }
    async fn runs(&self, most: usize) -> Result<Vec<Listed>, StoreError> {
        self.store.runs(most).await
    }
    async fn recent(&self) -> Result<Vec<Listed>, StoreError> {
        self.store.recent().await
    }
    async fn check(&self) -> Result<Vec<String>, StoreError> {
        self.store.check().await
    }
    async fn plan(&self, run: &str) -> Result<Plan, StoreError> {
        self.store.plan(run).await
    }
    async fn records(&self, run: &str) -> Result<(Vec<Record>, u64), StoreError> {
        self.store.records(run).await
    }
    async fn inventory(&self) -> Result<Option<Inventory>, StoreError> {
        self.store.inventory().await
    }
    async fn write_inventory(&self, inventory: &Inventory) -> Result<(), StoreError> {
        self.write("inventory", self.store.write_inventory(inventory))
            .await
    }
}
