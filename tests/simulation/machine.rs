//! A machine on which the program is run and killed, over a sandbox at the wire and on its clock.

use crate::journals::{Gate, Gated};
use crate::mortal::Crash;
use crate::program::{Ended, Inside, process};
use async_trait::async_trait;
use sk_dr::journal::store::StoreError;
use sk_dr::sandbox::Sandbox;
use sk_dr::sandbox::state::ADMIN_TOKEN;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// When, at a write of the journal, the process is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// It is not there.
    Before,
    /// The first half of it is there: the machine went down.
    Torn,
    /// It is there.
    After,
}

/// The write of a journal at which the process is killed, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtWrite(pub u64, pub Moment);

/// A directory from which the program is run, its environment, and the servers that it reaches.
pub struct Machine {
    pub sandbox: Sandbox,
    pub directory: PathBuf,
    pub environment: BTreeMap<String, String>,
}

/// Kills at a write.
#[derive(Clone)]
struct Killer {
    directory: PathBuf,
    crash: Crash,
    /// The write, and what it would have been: counted down.
    at: Arc<Mutex<Option<AtWrite>>>,
}

impl Killer {
    async fn kill(&self) {
        self.crash.happens();
        std::future::pending().await
    }

    fn count_down(&self) -> Option<Moment> {
        let mut at = self.at.lock().unwrap();
        let AtWrite(left, moment) = at.as_mut()?;
        *left = left.saturating_sub(1);
        (*left == 0).then_some(*moment)
    }
}

#[async_trait(?Send)]
impl Gate for Killer {
    async fn enter(&self, file: &str) -> Result<(), StoreError> {
        match self.count_down() {
            Some(Moment::Before) => self.kill().await,
            Some(Moment::Torn) => {
                // A marker has nothing in it, and an inventory that cannot be read is of no consequence.
                if file.ends_with(".json") {
                    let path = self.directory.join(file);
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    fs::write(path, "{\"version\":").unwrap();
                }
                self.kill().await;
            }
            Some(Moment::After) | None => {}
        }
        Ok(())
    }

    async fn leave(&self) {
        let is_after = |at: &AtWrite| *at == AtWrite(0, Moment::After);
        if self.at.lock().unwrap().as_ref().is_some_and(is_after) {
            self.kill().await;
        }
    }
}

impl Machine {
    /// Runs a command line.
    pub async fn run(&self, line: &str) -> Ended {
        self.run_until(line, &Crash::default(), None).await
    }

    /// Runs a command line until it ends or is killed: by whoever has the crash, or at a write of its journal.
    pub async fn run_until(&self, line: &str, crash: &Crash, at: Option<AtWrite>) -> Ended {
        let inside = Inside {
            sandbox: self.sandbox.clone(),
            wire: crash.mortal(self.sandbox.wire(ADMIN_TOKEN)),
            s3: crash.mortal(self.sandbox.s3_wire()),
        };
        let killer = Killer {
            directory: self.directory.join(".sk-dr"),
            crash: crash.clone(),
            at: Arc::new(Mutex::new(at)),
        };
        let stores = Arc::new(Gated(killer));
        let place = (self.directory.as_path(), &self.environment);
        let (process, said) = process(inside, place, stores, line);
        let code = crash.or_ends(Box::pin(sk_dr::cli::run(process))).await;
        said.ended(code)
    }
}
