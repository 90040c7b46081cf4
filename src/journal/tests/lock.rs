//! The lock: one at a time, its holder is told, a wait ends.

use super::holder;
use crate::journal::local::LocalStore;
use crate::journal::lock::{LockError, acquire, this_process};
use crate::journal::record::Holder;
use std::time::Duration;

fn paused<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(test)
}

#[test]
fn one_holder_at_a_time() {
    paused(async {
        let directory = tempfile::tempdir().unwrap();
        let store = LocalStore::at(directory.path().join(".sk-dr"));
        let first = acquire(&store, &holder(1), Duration::ZERO).await.unwrap();
        let begun = tokio::time::Instant::now();
        let refused = acquire(&store, &holder(2), Duration::from_secs(10))
            .await
            .unwrap_err();
        assert!(begun.elapsed() >= Duration::from_secs(10), "it waited");
        assert!(
            matches!(&refused, LockError::Held { by: Some(by), .. } if *by == holder(1)),
            "{refused}"
        );
        assert!(
            refused
                .to_string()
                .ends_with("is held by process 1 on here"),
            "{refused}"
        );
        let other = holder(2);
        let (second, ()) = tokio::join!(acquire(&store, &other, Duration::from_secs(10)), async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            drop(first);
        });
        let second = second.unwrap();
        assert!(second.proves_dead(&holder(1)));
        for (host, boot) in [("elsewhere", "boot"), ("here", "another boot")] {
            assert!(!second.proves_dead(&Holder {
                host: host.to_owned(),
                boot: boot.to_owned(),
                pid: 1,
                nonce: None,
            }));
        }
    });
}

#[test]
fn this_process_has_a_name() {
    let holder = this_process().unwrap();
    assert!(
        !holder.host.is_empty() && holder.boot.len() == 36 && holder.pid == std::process::id(),
        "{holder:?}"
    );
}
