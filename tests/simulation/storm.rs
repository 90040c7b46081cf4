//! What a seed does to a recovery: which faults there are at the wire, and where the program is killed.

use crate::machine::{AtWrite, Moment};
use crate::mortal::Crash;
use crate::story::Weather;
use bytes::Bytes;
use http::Request;
use sha2::{Digest, Sha256};
use sk_dr::sandbox::Sandbox;
use sk_dr::sandbox::faults::{self, KINDS, Kind, Matching};
use std::sync::Arc;
use std::time::Duration;

/// Lives that may end by a kill.
const KILLS: u64 = 4;

/// How far a life goes where nothing happens: a kill is drawn from within.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    pub requests: u64,
    pub effects: u64,
    pub writes: u64,
    pub time: Duration,
}

/// Where a life ends.
#[derive(Clone, Copy, Debug)]
pub enum Kill {
    /// At a request, whichever it is.
    Request(u64, faults::Moment),
    /// At a request that may change something.
    Effect(u64, faults::Moment),
    /// At a write of the journal.
    Write(AtWrite),
    /// After this time, at whatever is waited for.
    Time(Duration),
}

/// All of it.
#[derive(Debug)]
pub struct Storm {
    pub weather: Weather,
    /// Of the first lives, one after the other.
    pub kills: Vec<Option<Kill>>,
    /// Where Velero's server ends and starts again, in the middle of its work.
    pub restart: Option<Restart>,
}

/// So long after the answer to the n-th such request was lost.
#[derive(Clone, Copy, Debug)]
pub struct Restart {
    collection: &'static str,
    nth: u64,
    after: Duration,
}

struct Dice(u64);

impl Dice {
    /// A number below a bound, the same for the same seed and name.
    fn roll(&self, name: &str, below: u64) -> u64 {
        let digest = Sha256::digest(format!("{}\n{name}", self.0));
        let number = digest.iter().take(8).fold(0, |number: u64, byte| {
            number.wrapping_mul(256).wrapping_add(u64::from(*byte))
        });
        number % below.max(1)
    }

    fn restart(&self) -> Option<Restart> {
        let collection = match self.roll("restart", 5) {
            0 => "/restores?",
            1 => "/backups?",
            _ => return None,
        };
        Some(Restart {
            collection,
            nth: 1 + self.roll("restart nth", 2),
            after: Duration::from_millis(100 + self.roll("restart after", 6000)),
        })
    }

    fn kill(&self, life: u64, reach: &Reach) -> Option<Kill> {
        let roll = |name: &str, below: u64| self.roll(&format!("{name} {life}"), below);
        let from = |count: u64| 1 + roll("nth", count);
        let moment = || match roll("moment", 2) {
            0 => faults::Moment::Before,
            _ => faults::Moment::After,
        };
        match roll("kill", 6) {
            0 => Some(Kill::Request(from(reach.requests), moment())),
            1 | 2 => Some(Kill::Effect(from(reach.effects), moment())),
            3 => {
                let moments = [Moment::Before, Moment::Torn, Moment::After];
                let moment = moments
                    .into_iter()
                    .cycle()
                    .nth(roll("moment", 3).try_into().ok()?)?;
                Some(Kill::Write(AtWrite(from(reach.writes), moment)))
            }
            4 => {
                let millis = u64::try_from(reach.time.as_millis()).ok()?;
                Some(Kill::Time(Duration::from_millis(from(millis))))
            }
            _ => None,
        }
    }
}

impl Storm {
    /// No cloud in the sky.
    pub fn calm() -> Self {
        Self {
            weather: Weather {
                seed: 0,
                per_mille: 0,
                kinds: Vec::new(),
            },
            kills: Vec::new(),
            restart: None,
        }
    }

    /// That of a seed.
    pub fn of(seed: u64, reach: &Reach) -> Self {
        let dice = Dice(seed);
        let per_mille = match dice.roll("faults", 5) {
            0 => 0,
            1 => 20,
            2 => 60,
            3 => 150,
            _ => 300,
        };
        let kinds: &[Kind] = match dice.roll("kinds", 5) {
            0 => &[Kind::Unavailable, Kind::Throttled],
            1 => &[Kind::DropAfter, Kind::HangAfter, Kind::DropBefore],
            2 => &[Kind::Delay, Kind::Late, Kind::Duplicate],
            _ => KINDS,
        };
        Self {
            weather: Weather {
                seed,
                per_mille,
                kinds: kinds.to_vec(),
            },
            kills: (0..KILLS).map(|life| dice.kill(life, reach)).collect(),
            restart: dice.restart(),
        }
    }

    /// Comes over a cluster.
    pub fn begins(&self, sandbox: &Sandbox) {
        self.weather.begins(sandbox);
        let Some(restart) = self.restart else { return };
        let velero = sandbox.clone();
        let callback = Arc::new(move |_: &Request<Bytes>| {
            let velero = velero.clone();
            tokio::spawn(async move {
                tokio::time::sleep(restart.after).await;
                velero.restart_velero();
            });
        });
        let matching = Matching::new("POST", restart.collection);
        let point = (faults::Moment::After, callback as _);
        sandbox.faults.kill_at(matching, restart.nth, point);
    }

    /// Sets where this life ends; the write, where it is one.
    pub fn lies_in_wait(&self, life: usize, sandbox: &Sandbox, crash: &Crash) -> Option<AtWrite> {
        let dying = crash.clone();
        let callback = Arc::new(move |_: &Request<Bytes>| dying.happens());
        let kill = |nth: u64, moment: faults::Moment, body: &str| {
            let matching = Matching {
                not_target: "dryRun=".to_owned(),
                body: body.to_owned(),
                ..Matching::default()
            };
            sandbox.faults.kill_at(matching, nth, (moment, callback));
        };
        match self.kills.get(life).copied().flatten()? {
            Kill::Request(nth, moment) => kill(nth, moment, ""),
            // Whatever changes something says what it wants.
            Kill::Effect(nth, moment) => kill(nth, moment, "{"),
            Kill::Write(at) => return Some(at),
            Kill::Time(after) => {
                let crash = crash.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(after).await;
                    crash.happens();
                });
            }
        }
        None
    }
}
