//! The contract: cases, how one is run, and the servers it is run on. Shared by the test target `contract`, which runs it
//! on the sandbox, and the target `real`, which runs it on kube-apiserver and Velero and on the sandbox beside them.

#![allow(dead_code, reason = "each of the two targets uses its part")]

pub mod backup_files;
pub mod case;
pub mod cases;
pub mod http;
pub mod restores;
#[path = "../../shared/s3.rs"]
pub mod s3;
pub mod s3_story;
pub mod sandbox;
pub mod store_cases;
pub mod velero_cases;

use case::{Case, Server, run};
use futures::StreamExt;
use futures::future::BoxFuture;

/// Cases at once or one after the other: they share a server, but no object.
#[derive(Clone, Copy)]
pub enum Order {
    /// One after the other.
    Sequential,
    /// All at once: they mostly wait.
    Together,
}

/// Runs cases; each name with what came of it, in the order of the list.
pub async fn outcomes(
    cases: &[Case],
    server: &dyn Server,
    order: Order,
) -> Vec<(&'static str, Result<(), String>)> {
    let marker = format!("{:x}", server.now().await.as_second());
    // Boxed: the compiler cannot see through a closure's future that it may be sent.
    let mut runs: Vec<BoxFuture<'_, (&'static str, Result<(), String>)>> = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let id = format!("c{number}-{marker}");
        runs.push(Box::pin(async move {
            (case.name, run(case, server, &id).await)
        }));
    }
    let width = match order {
        Order::Sequential => 1,
        Order::Together => cases.len().max(1),
    };
    futures::stream::iter(runs).buffered(width).collect().await
}
