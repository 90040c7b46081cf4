//! The bucket, over the sandbox's store: whose run it is, what a store must keep, what a lost answer means.

use super::*;
use crate::journal::bucket::{BucketPlace, BucketStore};
use crate::journal::runs::{Standing, list};
use crate::journal::store::{Append, Fault, Store, StoreError};
use crate::model::expression::Expr;
use crate::model::identity::ProviderRef;
use crate::model::server_address::ServerAddress;
use crate::sandbox::Sandbox;
use crate::sandbox::faults::{self, Matching};
use crate::sandbox::s3::store::{ConditionalWrites, Versioning};
use crate::sandbox::s3::{ACCESS_KEY, SECRET_KEY};
use crate::world::clock::Clock;
use crate::world::guard::Guard;
use crate::world::query::Why;
use crate::world::s3::{self, Trust};
use crate::world::waiting::Waiting;
use crate::world::{Doors, Wire, World};
use bytes::Bytes;
use http::{Method, Request, Response};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tower::ServiceExt;

const BUCKET: &str = "journal";

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        "2026-11-21T10:00:00Z".parse().unwrap()
    }
}

/// What becomes of a write on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// It arrives and is answered.
    Through,
    /// It arrives, the answer does not.
    Unanswered,
    /// It does not arrive.
    Lost,
    /// The store refuses it with this.
    Refused(u16, &'static str),
}

/// Ways of the next writes; past them all go through.
type Ways = Arc<Mutex<Vec<Way>>>;

/// What draws how long a request is under way; none takes any time without.
type Pace = Arc<Mutex<Option<u64>>>;

async fn takes_time(pace: &Pace) {
    let drawn = pace.lock().unwrap().as_mut().map(|state| {
        *state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        *state >> 58
    });
    if let Some(drawn) = drawn {
        tokio::time::sleep(std::time::Duration::from_millis(drawn)).await;
    }
}

struct Buckets(Scene);

impl s3::Wires for Buckets {
    fn wire(&self, _: &ServerAddress, _: &Trust) -> Result<Wire, Why> {
        let Scene {
            sandbox,
            ways,
            pace,
            ..
        } = self.0.clone();
        let wire = sandbox.s3_wire();
        Ok(Wire::new(tower::service_fn(
            move |request: Request<Bytes>| {
                let (wire, pace) = (wire.clone(), pace.clone());
                let way = match *request.method() == Method::PUT && !ways.lock().unwrap().is_empty()
                {
                    true => ways.lock().unwrap().remove(0),
                    false => Way::Through,
                };
                async move {
                    match way {
                        Way::Through => {
                            takes_time(&pace).await;
                            let answer = wire.oneshot(request).await;
                            takes_time(&pace).await;
                            answer
                        }
                        Way::Lost => Err("connection reset".into()),
                        Way::Unanswered => {
                            wire.oneshot(request).await?;
                            Err("connection reset".into())
                        }
                        Way::Refused(status, code) => {
                            let body = format!("<Error><Code>{code}</Code></Error>");
                            let answer = Response::builder().status(status);
                            Ok(answer.body(Bytes::from(body)).unwrap())
                        }
                    }
                }
            },
        )))
    }
}

/// A store of buckets, and the machines that keep their journal there.
#[derive(Clone)]
struct Scene {
    sandbox: Sandbox,
    ways: Ways,
    pace: Pace,
    told: Arc<Mutex<Vec<String>>>,
}

impl Scene {
    fn new() -> Self {
        let sandbox = Sandbox::new("", 1, Noon.now());
        sandbox.add_bucket(BUCKET);
        Self {
            sandbox,
            ways: Ways::default(),
            pace: Pace::default(),
            told: Arc::default(),
        }
    }

    fn world(&self) -> World {
        let told = self.told.clone();
        World::new(Doors {
            environment: BTreeMap::new(),
            clock: Arc::new(Noon),
            wires: Arc::new(crate::world::kube::KubeWires),
            stores: Arc::new(Buckets(self.clone())),
            directory: "/".into(),
            secrets: BTreeMap::new(),
            guard: Guard::Open,
            seed: 1,
            waiting: Waiting::told_to(move |words| told.lock().unwrap().push(words.to_owned())),
        })
    }

    async fn machine(&self, pid: u32) -> BucketStore {
        let connect = json!({"endpoint": "http://s3.sandbox", "access_key": ACCESS_KEY, "secret_key": SECRET_KEY});
        let place = BucketPlace {
            provider: ProviderRef {
                provider: "s3".to_owned(),
                alias: None,
            },
            connect: Expr::Value(connect),
            bucket: BUCKET.to_owned(),
            prefix: "dr/acme".to_owned(),
        };
        let holder = Holder {
            nonce: Some(format!("{pid:032x}")),
            ..holder(pid)
        };
        let world = Arc::new(self.world());
        BucketStore::open(world, place, holder).await.unwrap()
    }

    fn goes(&self, ways: &[Way]) {
        *self.ways.lock().unwrap() = ways.to_vec();
    }
}

/// A record of a run as a machine writes it.
fn of(run: &str, serial: u64, pid: u32, entries: Vec<Entry>) -> Record {
    let mut record = record(serial, pid, entries);
    record.run = run.to_owned();
    record.holder.nonce = Some(format!("{pid:032x}"));
    record
}

/// Opens a run as `apply` does.
async fn opens(store: &BucketStore, run: &str, pid: u32) -> Result<Append, StoreError> {
    store.create_run(run, &plan()).await?;
    store.append(&of(run, 1, pid, vec![opened()])).await
}

async fn closes(store: &BucketStore, run: &str, serial: u64, pid: u32) {
    let end = of(run, serial, pid, vec![closed(RunOutcome::Abandoned)]);
    assert_eq!(store.append(&end).await.unwrap(), Append::Written);
    store.mark_closed(run).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_bucket_does_what_every_store_does() {
    cases::check(&|| {
        let scene = Scene::new();
        let machine = scene.machine(1);
        Box::new(machine.now())
    });
}

#[tokio::test(start_paused = true)]
async fn what_one_machine_wrote_another_reads() {
    let scene = Scene::new();
    let (here, there) = (scene.machine(1).await, scene.machine(2).await);
    assert_eq!(opens(&here, "run-1", 1).await.unwrap(), Append::Written);
    let before = list(&there, 50).await.unwrap();
    assert_eq!(before[0].standing, Standing::Open);
    assert_eq!(
        before[0]
            .facts
            .as_ref()
            .unwrap()
            .holder
            .as_ref()
            .unwrap()
            .pid,
        1
    );
    let refused = opens(&there, "run-2", 2).await.unwrap_err();
    assert_eq!(refused.fault, Fault::Overtaken, "{refused}");
    closes(&here, "run-1", 2, 1).await;
    assert_eq!(opens(&there, "run-2", 2).await.unwrap(), Append::Written);
    let ids = there.runs(50).await.unwrap();
    assert_eq!(
        ids.iter().map(|one| one.run.as_str()).collect::<Vec<_>>(),
        ["run-1", "run-2"]
    );
    assert_eq!(there.runs(1).await.unwrap()[0].run, "run-2");
}

/// A machine that was slow between its number and its first record finds that record written, and stops.
#[tokio::test(start_paused = true)]
async fn a_run_that_never_began_is_ended_by_the_next() {
    let scene = Scene::new();
    let (slow, quick) = (scene.machine(1).await, scene.machine(2).await);
    slow.create_run("run-1", &plan()).await.unwrap();
    assert_eq!(opens(&quick, "run-2", 2).await.unwrap(), Append::Written);
    let late = slow.append(&of("run-1", 1, 1, vec![opened()])).await;
    assert_eq!(late.unwrap(), Append::SerialTaken);
    let runs = list(&quick, 50).await.unwrap();
    assert_eq!(runs[0].standing, Standing::NeverOpened);
    assert_eq!(runs[1].standing, Standing::Open);
}

async fn check_store(look: impl FnOnce(&Sandbox), ways: &[Way], expected: &str) {
    let scene = Scene::new();
    look(&scene.sandbox);
    scene.goes(ways);
    let store = scene.machine(1).await;
    let came = async {
        store.check().await?;
        opens(&store, "run-1", 1).await
    };
    let error = came.await.unwrap_err().to_string();
    for part in expected.split(" .. ") {
        assert!(error.contains(part), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_cannot_keep_a_journal_is_refused_before_the_first_record() {
    let conditions = |kept| {
        move |sandbox: &Sandbox| {
            sandbox.with(|state| state.s3.set_conditional_writes(BUCKET, kept).unwrap());
        }
    };
    let versions = |sandbox: &Sandbox| {
        sandbox.with(|state| {
            state
                .s3
                .set_versioning(BUCKET, Versioning::Enabled)
                .unwrap()
        });
    };
    check_store(
        conditions(ConditionalWrites::Ignored),
        &[],
        "ignores conditions .. journal { path }",
    )
    .await;
    check_store(
        conditions(ConditionalWrites::Refused),
        &[],
        "501 .. journal { path }",
    )
    .await;
    check_store(versions, &[], "keeps versions .. of its own").await;
    let denied = [Way::Refused(403, "AccessDenied")];
    check_store(|_| {}, &denied, "403 AccessDenied .. s3:PutObject").await;
    check_store(
        |sandbox| {
            sandbox.with(|state| state.s3.delete_bucket(BUCKET).unwrap());
        },
        &[],
        "NoSuchBucket",
    )
    .await;
}

/// Ways of the writes of one record, and what comes of it.
async fn check_append(ways: &[Way], expected: Result<Append, Fault>, told: usize) {
    let scene = Scene::new();
    let store = scene.machine(1).await;
    opens(&store, "run-1", 1).await.unwrap();
    scene.goes(ways);
    let record = of("run-1", 2, 1, vec![started(a(), 1)]);
    let came = store.append(&record).await.map_err(|error| error.fault);
    assert_eq!(came, expected, "{ways:?}");
    assert_eq!(scene.told.lock().unwrap().len(), told, "{ways:?}");
    if expected == Ok(Append::Written) {
        let last = scene.machine(2).await.last("run-1").await.unwrap();
        assert_eq!(last, Some(record));
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_found_out() {
    let written = Ok(Append::Written);
    check_append(&[Way::Unanswered], written, 0).await;
    check_append(&[Way::Unanswered; 5], written, 0).await;
    check_append(&[Way::Lost; 4], written, 0).await;
    // All tries of a request are spent: it is begun anew, and said.
    check_append(&[Way::Lost; 5], written, 1).await;
    for code in ["ExpiredToken", "InvalidAccessKeyId", "RequestTimeTooSkewed"] {
        check_append(&[Way::Refused(403, code); 3], written, 3).await;
    }
    check_append(
        &[Way::Refused(409, "ConditionalRequestConflict")],
        written,
        0,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_stays_away_ends_the_run() {
    let begun = tokio::time::Instant::now();
    let scene = Scene::new();
    let store = scene.machine(1).await;
    opens(&store, "run-1", 1).await.unwrap();
    scene.goes(&[Way::Refused(403, "ExpiredToken"); 100]);
    let record = of("run-1", 2, 1, vec![started(a(), 1)]);
    let error = store.append(&record).await.unwrap_err();
    assert_eq!(error.fault, Fault::Unreached);
    let took = begun.elapsed().as_secs();
    assert!((240..=300).contains(&took), "{took}");
    // It is open still, and whoever comes next sees that.
    scene.goes(&[]);
    let there = scene.machine(2).await;
    assert_eq!(list(&there, 50).await.unwrap()[0].standing, Standing::Open);
}

/// The next plan knows the cluster by the inventory alone, and a run that has ended writes none any more.
#[tokio::test(start_paused = true)]
async fn an_inventory_is_numbered_once_the_store_answers() {
    let scene = Scene::new();
    let store = scene.machine(1).await;
    opens(&store, "run-1", 1).await.unwrap();
    for nth in 1..=10 {
        let lists = Matching::new("GET", "list-type");
        scene
            .sandbox
            .faults
            .script(lists, nth, faults::Fault::Unavailable);
    }
    store.write_inventory(&Inventory::default()).await.unwrap();
    assert!(!scene.told.lock().unwrap().is_empty());
    let read = scene.machine(2).await.inventory().await.unwrap();
    assert_eq!(read, Some(Inventory::default()));
}

/// What another machine wrote is never taken for one's own.
#[tokio::test(start_paused = true)]
async fn another_machines_record_is_another_one() {
    let scene = Scene::new();
    let (here, there) = (scene.machine(1).await, scene.machine(2).await);
    opens(&here, "run-1", 1).await.unwrap();
    let over = of("run-1", 2, 2, vec![taken_over(1)]);
    assert_eq!(there.append(&over).await.unwrap(), Append::Written);
    scene.goes(&[Way::Unanswered]);
    let mine = of("run-1", 2, 1, vec![started(a(), 1)]);
    assert_eq!(here.append(&mine).await.unwrap(), Append::SerialTaken);
}

/// Two machines begin a run at the same moment: in every order of their requests exactly one goes on.
#[tokio::test(start_paused = true)]
async fn of_two_machines_one_opens() {
    for seed in 0_u64..100 {
        race(seed).await;
    }
}

async fn race(seed: u64) {
    let scene = Scene::new();
    let (one, other) = (scene.machine(1).await, scene.machine(2).await);
    if seed.is_multiple_of(3) {
        let third = scene.machine(3).await;
        third.create_run("run-0", &plan()).await.unwrap();
    }
    *scene.pace.lock().unwrap() = Some(seed);
    let came = tokio::join!(opens(&one, "run-1", 1), opens(&other, "run-2", 2));
    *scene.pace.lock().unwrap() = None;
    let is_open = |came: &Result<Append, StoreError>| matches!(came, Ok(Append::Written));
    assert!(
        is_open(&came.0) != is_open(&came.1),
        "seed {seed}: {came:?}"
    );
    let all = list(&one, 50).await.unwrap();
    let open = all.iter().filter(|run| run.standing == Standing::Open);
    assert_eq!(open.count(), 1, "seed {seed}: {all:?}");
}
