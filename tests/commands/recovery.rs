//! A platform is lost and brought back in process: what came back is what there was, and it does not matter where the
//! program was killed on the way.

use crate::lost;
use crate::place::{Place, Said};
use serde_json::Value;

/// `fixtures/recovery` with two applications, backed up for a day; then its cluster is lost.
async fn lost() -> Place {
    let mut place = Place::new();
    for act in [
        "copy fixtures/recovery",
        "env S3_CREDENTIALS=of-this-test",
        "env REPOSITORY_PASSWORD=of-this-test-too",
        "env AWS_ACCESS_KEY_ID=sandbox",
        "env AWS_SECRET_ACCESS_KEY=sandbox-secret-key",
        "lose",
    ] {
        place.act(act, "").await;
    }
    place.furnish_namespaces();
    run(&mut place, "sk-dr apply -auto-approve").await;
    lost::make_applications(place.sandbox());
    place.act("pass 24h", "").await;
    place.act("lose", "").await;
    run(&mut place, "sk-dr plan -recover=total_loss -out=back.plan").await;
    place
}

async fn run(place: &mut Place, line: &str) -> Said {
    let said = place.run(line).await;
    assert_eq!(said.code, Some(0), "{line}\n{}{}", said.stdout, said.stderr);
    said
}

/// Nothing is left to do but what asks for a consent: garbage collection stays off until a person turns it on (R3).
async fn is_whole(place: &mut Place) {
    let said = run(place, "sk-dr plan").await;
    assert!(said.stdout.contains(lost::LEFT), "{}", said.stdout);
    let prices = place.objects("configmaps");
    assert!(prices.iter().any(|object| object["data"]["tea"] == "3"));
    let pods = place.objects("pods");
    let phases: Vec<&Value> = pods.iter().map(|pod| &pod["status"]["phase"]).collect();
    assert_eq!(phases, ["Running"]);
    let jobs = place.objects("cronjobs.batch");
    let sleeps: Vec<&Value> = jobs.iter().map(|job| &job["spec"]["suspend"]).collect();
    assert_eq!(sleeps, [false]);
}

/// Kills a command after each of its effects and resumes: it ends in the same world each time. Returns how often it was.
async fn killed_at_each_effect(
    begun: &Place,
    line: &str,
    told: fn(&Place) -> String,
    wanted: &str,
) -> usize {
    let mut kills = 0;
    for method in ["POST", "PATCH", "PUT", "DELETE"] {
        for nth in 1.. {
            let mut place = begun.again();
            place.act(&format!("crash {method} / {nth}"), "").await;
            let said = place.run(line).await;
            let is_killed = said.code.is_none();
            if is_killed {
                kills += 1;
                run(&mut place, "sk-dr resume").await;
            } else {
                assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
            }
            is_whole(&mut place).await;
            assert_eq!(told(&place), wanted, "killed at {method} {nth}");
            if !is_killed {
                break;
            }
        }
    }
    kills
}

#[tokio::test(start_paused = true)]
async fn killed_at_any_effect_it_goes_on_to_the_same_world() {
    let lost = lost().await;
    let mut unbroken = lost.again();
    run(&mut unbroken, "sk-dr apply back.plan").await;
    is_whole(&mut unbroken).await;
    let kills =
        killed_at_each_effect(&lost, "sk-dr apply back.plan", world, &world(&unbroken)).await;
    assert!(kills > 10, "{kills}");
}

/// The shop's restore dies with its server in the middle, and is made once more: killed at any effect of that it goes on,
/// and what comes back is what there was.
#[tokio::test(start_paused = true)]
async fn a_restore_once_more_brings_back_what_there_was() {
    let lost = lost().await;
    let mut unbroken = lost.again();
    run(&mut unbroken, "sk-dr apply back.plan").await;
    let mut failed = lost.again();
    failed.act("crash POST /restores 2", "").await;
    assert_eq!(failed.run("sk-dr apply back.plan").await.code, None);
    failed.act("pass 4s", "").await;
    failed.act("velero restart", "").await;
    assert_eq!(failed.run("sk-dr resume").await.code, Some(6));
    let line = "sk-dr resume -retry='velero_application.app[\"shop\"]' -auto-approve";
    let kills = killed_at_each_effect(&failed, line, settled, &settled(&unbroken)).await;
    assert!(kills > 4, "{kills}");
}

fn world(place: &Place) -> String {
    lost::world(place.sandbox())
}

fn settled(place: &Place) -> String {
    lost::settled(&world(place))
}

/// What somebody holds with a finalizer of his own does not go, and the wait for it says so; nothing is restored over it.
#[tokio::test(start_paused = true)]
async fn what_does_not_go_is_told_and_nothing_is_restored_over_it() {
    let lost = lost().await;
    let mut failed = lost.again();
    failed.act("crash POST /restores 2", "").await;
    failed.run("sk-dr apply back.plan").await;
    failed.act("pass 4s", "").await;
    failed.act("velero restart", "").await;
    assert_eq!(failed.run("sk-dr resume").await.code, Some(6));
    let held = r#"create /api/v1/namespaces/shop/configmaps {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "held", "finalizers": ["example.com/held"]}}"#;
    failed.act(held, "").await;
    let restores = failed.objects("restores.velero.io").len();
    let retry = "sk-dr resume -retry='velero_application.app[\"shop\"]' -auto-approve";
    let said = failed.run(retry).await;
    assert_eq!(said.code, Some(6), "{}", said.stdout);
    for words in [
        "still waiting... [10s elapsed] namespace shop has to go first: it is being deleted",
        "failed: namespace shop does not go: not done within 600s",
    ] {
        assert!(said.stdout.contains(words), "{}", said.stdout);
    }
    assert_eq!(failed.objects("restores.velero.io").len(), restores);
}

/// A run that cannot be read may be an open recovery: what would come back is shown all the same, and that is said.
#[tokio::test(start_paused = true)]
async fn a_damaged_run_is_no_proof_that_no_recovery_is_open() {
    let lost = lost().await;
    let mut place = lost.again();
    place.act("crash POST /restores 1", "").await;
    place.run("sk-dr apply back.plan").await;
    let runs = place.directory().join(".sk-dr/runs");
    let mut ids: Vec<_> = std::fs::read_dir(runs)
        .unwrap()
        .map(|one| one.unwrap().path())
        .collect();
    ids.sort();
    std::fs::write(ids.pop().unwrap().join("plan.json"), "{").unwrap();
    let said = run(&mut place, "sk-dr plan -recover=total_loss").await;
    let told = "Whether a recovery is open cannot be told";
    assert!(said.stderr.contains(told), "{}", said.stderr);
}
