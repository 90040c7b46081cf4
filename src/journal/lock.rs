//! One writer per stack on this machine: an operating system lock on `.sk-dr/lock`, freed by the kernel when its process
//! ends, however it ends. The lock only spares people a conflict; the fence is the serial of each record (R42).

use super::local::LocalStore;
use super::record::Holder;
use super::store::StoreError;
use crate::world::local::files::{self, Boundary};
use rustix::rand::{GetRandomFlags, getrandom};
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often a wait for the lock looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// Name of the lock in the journal.
const NAME: &str = "lock";
/// Bytes of what names a holder.
const HOLDER_BYTES: usize = 4096;

/// The lock, held until dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
    holder: Holder,
}

/// Why the lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody holds it.
    #[error("{}", held_text(.path, .by.as_ref()))]
    Held {
        /// The lock file.
        path: PathBuf,
        /// Who, where it could be read.
        by: Option<Holder>,
    },
    /// It cannot be tried.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn held_text(path: &Path, by: Option<&Holder>) -> String {
    match by {
        Some(holder) => format!(
            "{} is held by process {} on {}",
            path.display(),
            holder.pid,
            holder.host
        ),
        None => format!("{} is held by another process", path.display()),
    }
}

/// This process as a holder, of the host name and boot id handed over.
pub fn holder(host: impl Into<String>, boot: impl Into<String>) -> Holder {
    Holder {
        host: host.into(),
        boot: boot.into(),
        pid: std::process::id(),
        nonce: None,
    }
}

/// This process as a holder, as the kernel names host and boot.
///
/// # Errors
/// Where the kernel does not tell.
pub fn this_process() -> Result<Holder, StoreError> {
    const BOOT: &str = "/proc/sys/kernel/random/boot_id";
    let boot = files::read_text(&Boundary::Machine, Path::new(BOOT), HOLDER_BYTES)
        .map_err(|error| unusable(Path::new(BOOT), &error))?;
    let mut nonce = [0; 16];
    getrandom(&mut nonce, GetRandomFlags::empty())
        .map_err(|error| unusable(Path::new("of the kernel's random numbers"), &error))?;
    let host = rustix::system::uname();
    Ok(Holder {
        nonce: Some(hex::encode(nonce)),
        ..holder(host.nodename().to_string_lossy(), boot.trim())
    })
}

/// Takes the lock of a store, waiting up to `timeout` while another process holds it.
///
/// # Errors
/// [`LockError::Held`] with its holder, where it did not come free.
pub async fn acquire(
    store: &LocalStore,
    holder: &Holder,
    timeout: Duration,
) -> Result<Lock, LockError> {
    let folder = store.prepare()?;
    let path = store.directory().join(NAME);
    // Not through a link: who writes the holder's name empties the file.
    let opened = folder.lock_file(NAME);
    let mut file = opened.map_err(|error| unusable(&path, &error))?;
    let deadline = tokio::time::Instant::now() + timeout;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(unusable(&path, &error).into()),
        }
        let now = tokio::time::Instant::now();
        if now >= deadline {
            return Err(LockError::Held {
                by: read_holder(&mut file),
                path,
            });
        }
        tokio::time::sleep(LOOK_AGAIN.min(deadline - now)).await;
    }
    write_holder(&mut file, holder).map_err(|error| unusable(&path, &error))?;
    Ok(Lock {
        file,
        holder: holder.clone(),
    })
}

impl Lock {
    /// Whether a holder is certainly dead: of this host and this boot, and the lock, which is ours now, was free (R42).
    /// Another boot id proves nothing: two machines may carry one name.
    pub fn proves_dead(&self, other: &Holder) -> bool {
        other.host == self.holder.host && other.boot == self.holder.boot
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // So that a free lock names nobody. Closing the file frees it, whether this works or not.
        let _ = self.file.set_len(0);
    }
}

fn write_holder(file: &mut File, holder: &Holder) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(serde_json::to_string(holder)?.as_bytes())?;
    file.flush()
}

fn read_holder(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.rewind().ok()?;
    let most = u64::try_from(HOLDER_BYTES).ok()?;
    file.take(most).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

fn unusable(path: &Path, error: &dyn std::fmt::Display) -> StoreError {
    StoreError::unusable(path.display().to_string(), error.to_string())
}
