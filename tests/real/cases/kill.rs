//! Eight cells of the kill matrix on a real API server: 20 resources, SIGKILL at a write of the journal or at an effect,
//! resumed from another directory. Effects are counted in the server's audit log. All other cells: `tests/kill`.

use crate::Place;
use crate::orders::{Kill, Moment as At, Orders, VARIABLE, Write};
use crate::program::Stack;
use crate::proxy::{Hold, Moment, Proxy};
use crate::requests::Requests;
use crate::servers::{Cluster, User};
use crate::velero::{LOCATIONS, SCHEDULES, StandIn};
use crate::world;
use http::Method;
use serde_json::Value as Json;
use sk_dr::model::identity::owner_label_suffix;
use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

const RESOURCES: usize = 20;

/// Where a cell's run is killed.
enum Point {
    /// At this write of the journal.
    Journal(Write, At),
    /// At this request.
    Wire(Method, String, Moment),
}

/// Which of the two configurations is disturbed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Everything is created.
    First,
    /// Schedules are updated and deleted.
    Second,
}

struct Cell {
    name: &'static str,
    stage: Stage,
    point: Point,
    /// What the resumed run says of the step in doubt; nothing where it is in no doubt.
    finds: Option<&'static str>,
}

const THERE: &str = "the effect is there";
const NOTHING: &str = "nothing was done, doing it again";

fn cells() -> Vec<Cell> {
    let create = || "velero_schedule.daily[\"c\"]#1".to_owned();
    let update = || "velero_schedule.daily[\"a\"]#1".to_owned();
    let cell = |name, stage, point, finds| Cell {
        name,
        stage,
        point,
        finds,
    };
    let schedule = |number: usize, name: &str| format!("/schedules/cell{number}-{name}");
    vec![
        cell(
            "create, before the intent",
            Stage::First,
            Point::Journal(Write::Started(create()), At::Before),
            None,
        ),
        cell(
            "create, torn intent",
            Stage::First,
            Point::Journal(Write::Started(create()), At::Torn),
            None,
        ),
        cell(
            "create, before the effect",
            Stage::First,
            Point::Wire(Method::POST, "/schedules?".to_owned(), Moment::BeforeEffect),
            Some(NOTHING),
        ),
        cell(
            "create, after the effect",
            Stage::First,
            Point::Wire(Method::POST, "/schedules?".to_owned(), Moment::AfterEffect),
            Some(THERE),
        ),
        cell(
            "update, after the effect",
            Stage::Second,
            Point::Wire(Method::PATCH, schedule(5, "a?"), Moment::AfterEffect),
            Some(THERE),
        ),
        cell(
            "delete, after the effect",
            Stage::Second,
            Point::Wire(Method::DELETE, schedule(6, "j"), Moment::AfterEffect),
            Some(THERE),
        ),
        cell(
            "update, torn record",
            Stage::Second,
            Point::Journal(Write::Done(update()), At::Torn),
            Some(THERE),
        ),
        cell(
            "update, after the record",
            Stage::Second,
            Point::Journal(Write::Done(update()), At::After),
            None,
        ),
    ]
}

/// Each cell ends in the world of a run that nobody killed, with each effect once.
pub async fn eight_cells_end_in_the_same_world_with_each_effect_once(place: Place) {
    let cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let _velero = StandIn::start(&place.bin, &cluster).await;
    let proxy = Proxy::start(&cluster).await;
    let kubeconfig = cluster.kubeconfig_by(User::Operator, proxy.address());
    let bench = Bench {
        harness: cluster.requests(User::Harness).await,
        cluster,
        proxy,
    };
    let stack = |number: usize| {
        let name = format!("cell{number}");
        let directory = place.directory.join(&name);
        let stack = Stack::with(
            &directory,
            &name,
            &kubeconfig,
            &resources(number, Stage::First),
        );
        std::fs::create_dir_all(directory.join("elsewhere")).unwrap();
        (stack, name)
    };
    let (undisturbed, name) = stack(0);
    let mut baselines = Vec::new();
    for stage in [Stage::First, Stage::Second] {
        undisturbed.write("resources.hcl", &resources(0, stage));
        let mark = bench.cluster.audit_mark().await;
        undisturbed.run("apply -auto-approve").await.expect(0);
        baselines.push((bench.effects(mark, &name).await, bench.world(&name).await));
    }
    assert_eq!(baselines[0].1.len(), RESOURCES);
    for (number, cell) in (1..).zip(cells()) {
        let (stack, name) = stack(number);
        if cell.stage == Stage::Second {
            stack.run("apply -auto-approve").await.expect(0);
            stack.write("resources.hcl", &resources(number, Stage::Second));
        }
        let (effects, world) = &baselines[usize::from(cell.stage == Stage::Second)];
        let mark = bench.cluster.audit_mark().await;
        bench.play(&stack, &cell).await;
        assert_eq!(bench.effects(mark, &name).await, *effects, "{}", cell.name);
        let differences = world::differences(world, &bench.world(&name).await);
        assert!(differences.is_empty(), "{}: {differences:#?}", cell.name);
        stack
            .run("plan -detailed-exitcode")
            .await
            .expect(0)
            .says("No changes.");
        println!("    killed {}: same world, each effect once", cell.name);
    }
}

struct Bench {
    cluster: Cluster,
    proxy: Proxy,
    harness: Requests,
}

impl Bench {
    /// Applies, is killed, resumes elsewhere.
    async fn play(&self, stack: &Stack, cell: &Cell) {
        stack.run("plan -out=plan.json").await;
        let orders = match &cell.point {
            Point::Journal(write, moment) => Orders {
                kill: Some(Kill {
                    write: write.clone(),
                    moment: *moment,
                }),
                bug: None,
            },
            Point::Wire(method, path, moment) => {
                self.proxy.hold(Hold {
                    method: method.clone(),
                    path: path.clone(),
                    moment: *moment,
                });
                Orders::default()
            }
        };
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["apply", "plan.json"])
            .current_dir(stack.directory())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", stack.directory())
            .env(VARIABLE, serde_json::to_string(&orders).unwrap())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        if let Point::Wire(..) = cell.point {
            self.proxy.holding(Duration::from_secs(60)).await;
            child.start_kill().unwrap();
        }
        let end = tokio::time::timeout(Duration::from_secs(60), child.wait())
            .await
            .unwrap_or_else(|_| panic!("{}: the kill point was not reached", cell.name))
            .unwrap();
        assert_eq!(end.signal(), Some(9), "{}: {end}", cell.name);
        let elsewhere = stack.directory().join("elsewhere");
        let resume = format!("resume -journal={}", stack.journal().display());
        let resumed = crate::program::run_in(&elsewhere, &resume).await.expect(0);
        match cell.finds {
            Some(finding) => drop(resumed.says(finding)),
            None => {
                let key = if cell.stage == Stage::First { "c" } else { "a" };
                let doubt = format!("velero_schedule.daily[\"{key}\"]: in doubt");
                resumed.does_not_say(&doubt);
            }
        }
    }

    /// What the server answered with success since a mark, without dry runs: by verb and path, names of the cell left out.
    async fn effects(&self, mark: usize, name: &str) -> BTreeMap<String, usize> {
        let mut effects = BTreeMap::new();
        for entry in self.cluster.audit_since(mark, User::Operator).await {
            if entry.is_effect() {
                let path = entry.uri.split('?').next().unwrap_or_default();
                let line = format!("{} {path}", entry.verb).replace(name, "cell");
                *effects.entry(line).or_insert(0) += 1;
            }
        }
        effects
    }

    /// Objects of a cell, without what differs from run to run and from cell to cell.
    async fn world(&self, name: &str) -> BTreeMap<String, Json> {
        let mut objects = BTreeMap::new();
        for collection in ["/api/v1/namespaces", LOCATIONS, SCHEDULES] {
            let query = format!("{collection}?labelSelector=sk-dr.io/stack={name}");
            let list = self.harness.read(&query).await;
            for mut item in list["items"].as_array().unwrap().iter().cloned() {
                // A location is validated, and a schedule enabled, by a clock of its own.
                item.as_object_mut().unwrap().remove("status");
                read_owner(&mut item);
                let item: Json =
                    serde_json::from_str(&item.to_string().replace(name, "cell")).unwrap();
                let own = item["metadata"]["name"].as_str().unwrap().to_owned();
                objects.insert(format!("{collection}/{own}"), item);
            }
        }
        let mut world = world::world(&objects);
        for object in world.values_mut() {
            let metadata = object["metadata"].as_object_mut().unwrap();
            metadata.remove("generation");
            let entries = metadata["managedFields"].as_array_mut().unwrap();
            entries.retain(|entry| entry["manager"] == "sk-dr");
        }
        world
    }
}

/// The owner of a schedule names it by a digest, in which no name of a cell can be left out: read, where it is its own.
fn read_owner(schedule: &mut Json) {
    let key = format!(
        "velero.io.Schedule/velero/{}",
        schedule["metadata"]["name"].as_str().unwrap_or_default()
    );
    if let Some(Json::String(owner)) = schedule.pointer_mut("/metadata/labels/sk-dr.io~1owner") {
        *owner = owner.replace(&owner_label_suffix(&key), &key);
    }
}

/// Eight namespaces, two locations, ten schedules; in the second stage three schedules run at another time and two are gone.
fn resources(number: usize, stage: Stage) -> String {
    let (names, moved) = match stage {
        Stage::First => (
            r#"["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]"#,
            "[]",
        ),
        Stage::Second => (
            r#"["a", "b", "c", "d", "e", "f", "g", "h"]"#,
            r#"["a", "b", "c"]"#,
        ),
    };
    format!(
        r#"
resource "kubernetes_namespace" "app" {{
  for_each = toset(["a", "b", "c", "d", "e", "f", "g", "h"])
  metadata {{
    name = "cell{number}-${{each.key}}"
  }}
}}

resource "velero_backup_storage_location" "main" {{
  for_each      = toset(["one", "two"])
  name          = "cell{number}-${{each.key}}"
  provider_name = "aws"
  bucket        = "backups"
  prefix        = "cell{number}-${{each.key}}"
}}

resource "velero_schedule" "daily" {{
  for_each            = toset({names})
  name                = "cell{number}-${{each.key}}"
  schedule            = contains({moved}, each.key) ? "30 1 * * *" : "0 1 * * *"
  storage_location    = velero_backup_storage_location.main["one"].name
  included_namespaces = [kubernetes_namespace.app["a"].metadata[0].name]
}}
"#
    )
}
