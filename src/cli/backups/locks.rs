//! Whether the declared password opens the repositories that a backup's volume data is in (R16): asked before the day on
//! which only that password is left. Must not know what is shown of it.

use super::asking;
use super::declared::Bucket;
use crate::catalog::velero::directory::{REPOSITORIES, REPOSITORY};
use crate::catalog::velero::point::{Known, Lock, Point};
use crate::model::expression::Expr;
use crate::world::World;
use crate::world::kopia::Repository;
use crate::world::query::{Answer, Query};

/// One for each namespace with volume data in this backup.
pub(super) async fn locks(
    world: &World,
    bucket: &Bucket,
    password: &Expr,
    point: &Point,
) -> Vec<Lock> {
    let mut locks = Vec::new();
    let Ok(told) = &point.told else { return locks };
    let mut namespaces: Vec<&str> = told.repositories().collect();
    namespaces.sort_unstable();
    namespaces.dedup();
    for namespace in namespaces {
        locks.push(Lock {
            namespace: namespace.to_owned(),
            opens: opens(world, bucket, password, namespace).await,
        });
    }
    locks
}

async fn opens(world: &World, bucket: &Bucket, password: &Expr, namespace: &str) -> Known<bool> {
    let key = format!("{}{REPOSITORIES}{namespace}/{REPOSITORY}", bucket.root);
    let query = Query::Blob {
        provider: bucket.provider.clone(),
        bucket: bucket.name.clone(),
        key: key.clone(),
    };
    let answer = world.answer(&query).await;
    if answer == Answer::Absent {
        return Err(format!("{key} is not there"));
    }
    let blob = asking::blob(Some(answer))?;
    let repository = Repository::read(&blob.bytes)?;
    let opens = world.opens(password, &repository).await;
    opens.map_err(|why| why.message)
}
