//! The end of a process that is played in this one: once it happened no answer arrives any more, and the command is dropped.

use bytes::Bytes;
use http::Request;
use sk_dr::world::Wire;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

/// The end of one process. Clones share it.
#[derive(Clone, Default)]
pub struct Crash {
    happened: Arc<AtomicBool>,
    now: Arc<Notify>,
}

impl Crash {
    /// It happens.
    pub fn happens(&self) {
        self.happened.store(true, Ordering::SeqCst);
        self.now.notify_one();
    }

    /// The same wire, as long as this process lives.
    pub fn mortal(&self, wire: Wire) -> Wire {
        let crash = self.clone();
        Wire::new(tower::service_fn(move |request: Request<Bytes>| {
            let (mut wire, crash) = (wire.clone(), crash.clone());
            async move {
                let answer = tower::Service::call(&mut wire, request).await;
                if crash.happened.load(Ordering::SeqCst) {
                    std::future::pending::<()>().await;
                }
                answer
            }
        }))
    }

    /// What the process came to; nothing where it ended before.
    pub async fn or_ends<T>(&self, process: Pin<Box<dyn Future<Output = T> + '_>>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.now.notified() => None,
            end = process => Some(end),
        }
    }
}
