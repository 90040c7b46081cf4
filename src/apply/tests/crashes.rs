//! The process dies at every point: before and after each record and each effect. Resumed, the world always comes out the
//! same, and each effect happened once.

use super::fake::Fake;
use super::{Life, RUN, another, first, paused, plans};
use crate::apply::judgement::text;
use crate::journal::runs::load;
use crate::journal::store::Store;
use crate::plan::document::Plan;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The world without what differs from run to run: UIDs count up, versions too.
fn world_of(fake: &Fake) -> BTreeMap<String, Json> {
    let inside = fake.inside();
    let mut names: Vec<(String, String)> = inside
        .objects
        .iter()
        .map(|(place, object)| (text(object, "/metadata/uid"), format!("uid of {place}")))
        .collect();
    names.sort_by_key(|(uid, _)| std::cmp::Reverse(uid.len()));
    let clean = |object: &Json| {
        let mut object = object.clone();
        object["metadata"]["resourceVersion"] = Json::Null;
        let whole = names.iter().fold(object.to_string(), |text, (uid, name)| {
            text.replace(&format!("\"{uid}\""), &format!("\"{name}\""))
        });
        serde_json::from_str(&whole).unwrap()
    };
    inside
        .objects
        .iter()
        .map(|(place, object)| (place.clone(), clean(object)))
        .collect()
}

async fn unbroken(plan: &Plan, world: fn() -> Fake) -> (BTreeMap<String, Json>, u64) {
    let fake = world();
    let report = first(&fake, plan, 1).await.report();
    assert_eq!(report.exit_code(), 0);
    assert!(fake.recent().await.unwrap().iter().all(|run| run.is_marked));
    let points = fake.inside().points;
    (world_of(&fake), points)
}

/// Lives until it ends, each life dying at its point, the last one at none. Returns how many lives it took.
async fn lives(fake: &Fake, plan: &Plan, parallelism: usize, crashes: &[u64]) -> usize {
    fake.revive(crashes.first().copied());
    let mut life = first(fake, plan, parallelism).await;
    let mut count = 1;
    loop {
        match life {
            Life::Died => {}
            Life::Ended(report) => {
                assert_eq!(report.exit_code(), 0, "{crashes:?}: {report:?}");
                return count;
            }
            Life::Refused(error) => panic!("{crashes:?}: {error}"),
        }
        let never_opened = !fake.inside().runs.contains_key(RUN)
            || load(fake, RUN).await.unwrap().1.opened.is_none();
        fake.revive(crashes.get(count).copied());
        count += 1;
        if !never_opened && load(fake, RUN).await.unwrap().1.outcome.is_some() {
            return count; // It died after its last record: closed, nothing is left to resume.
        }
        life = if never_opened {
            first(fake, plan, parallelism).await
        } else {
            another(fake, parallelism, u32::try_from(count).unwrap()).await
        };
    }
}

fn check(
    (plan, world): (&Plan, fn() -> Fake),
    parallelism: usize,
    crashes: &[u64],
    expected: &BTreeMap<String, Json>,
) -> usize {
    paused(async {
        let fake = world();
        let count = lives(&fake, plan, parallelism, crashes).await;
        assert_eq!(
            world_of(&fake),
            *expected,
            "{crashes:?} at parallelism {parallelism}"
        );
        let effects = &fake.inside().effects;
        assert!(
            effects.values().all(|count| *count == 1),
            "{crashes:?} at parallelism {parallelism}: {effects:?}"
        );
        count
    })
}

#[test]
fn a_crash_at_any_point_changes_nothing() {
    everywhere(&plans::every_verb(), plans::world);
}

#[test]
fn a_crash_at_any_point_of_a_recovery_changes_nothing() {
    everywhere(&plans::recovery(), plans::world);
}

/// The cluster that takes the place of a lost one is proved empty once: what the run has made since is its own.
#[test]
fn a_crash_at_any_point_in_a_new_cluster_changes_nothing() {
    everywhere(&super::lost::replacing(), super::lost::new_cluster);
}

fn everywhere(plan: &Plan, world: fn() -> Fake) {
    let (expected, points) = paused(unbroken(plan, world));
    assert_eq!(check((plan, world), 4, &[], &expected), 1);
    let mut died = 0;
    for parallelism in [1, 4] {
        for point in 0..points {
            died += usize::from(check((plan, world), parallelism, &[point], &expected) > 1);
        }
    }
    // Every point of the sequential run was reached; parallel ones share records and have fewer.
    assert!(
        died > usize::try_from(points).unwrap(),
        "{died} of {points}"
    );
}
