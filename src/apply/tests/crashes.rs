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

async fn unbroken(plan: &Plan) -> (BTreeMap<String, Json>, u64) {
    let fake = plans::world();
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
    plan: &Plan,
    parallelism: usize,
    crashes: &[u64],
    expected: &BTreeMap<String, Json>,
) -> usize {
    paused(async {
        let fake = plans::world();
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
    everywhere(&plans::every_verb());
}

#[test]
fn a_crash_at_any_point_of_a_recovery_changes_nothing() {
    everywhere(&plans::recovery());
}

fn everywhere(plan: &Plan) {
    let (expected, points) = paused(unbroken(plan));
    assert_eq!(check(plan, 4, &[], &expected), 1);
    let mut died = 0;
    for parallelism in [1, 4] {
        for point in 0..points {
            died += usize::from(check(plan, parallelism, &[point], &expected) > 1);
        }
    }
    // Every point of the sequential run was reached; parallel ones share records and have fewer.
    assert!(
        died > usize::try_from(points).unwrap(),
        "{died} of {points}"
    );
}
