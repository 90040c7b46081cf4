//! S3 stores: what the world's client reads of moto.

use crate::Place;
use crate::contract::store_cases::{self, Store};
use crate::velero::Moto;
use async_trait::async_trait;
use jiff::Timestamp;
use sk_dr::world::clock::Clock;
use sk_dr::world::s3::{StoreWires, Wires};
use std::sync::Arc;

#[async_trait]
impl Store for Moto {
    fn endpoint(&self) -> String {
        self.address()
    }
    fn credentials(&self) -> (String, String) {
        ("an-access-key".to_owned(), "a-secret-key".to_owned())
    }
    fn wires(&self) -> Arc<dyn Wires> {
        Arc::new(StoreWires)
    }
    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(Now)
    }
    async fn make_bucket(&self, bucket: &str) {
        self.plain_put(bucket, Vec::new()).await;
    }
    async fn put(&self, bucket: &str, key: &str, bytes: Vec<u8>) {
        let path: Vec<String> = key.split('/').map(encoded).collect();
        self.plain_put(&format!("{bucket}/{}", path.join("/")), bytes)
            .await;
    }
}

struct Now;

impl Clock for Now {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// As a path of a URL has it.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Every case on moto.
pub async fn a_store_answers_what_is_asked(place: Place) {
    let moto = Moto::start(&place.bin, &place.directory, "first").await;
    let mut failures = Vec::new();
    for (number, case) in store_cases::cases().iter().enumerate() {
        let came_of_it = store_cases::run(case, &moto, &format!("case-{number}")).await;
        let came_of_it = match case.name {
            store_cases::VERSIONS => cannot_be_read(came_of_it),
            _other => came_of_it,
        };
        println!(
            "store case {:<40} {}",
            case.name,
            if came_of_it.is_ok() { "ok" } else { "FAILED" }
        );
        failures.extend(came_of_it.err());
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// moto's answer has the root `GetBucketVersioningResponse`. What cannot be read must be told so, and never be taken for
/// "it keeps none".
fn cannot_be_read(came_of_it: Result<(), String>) -> Result<(), String> {
    match came_of_it {
        Err(told) if told.contains("answered 200, and it cannot be read") => Ok(()),
        other => Err(format!("moto's document was read: {other:?}")),
    }
}
