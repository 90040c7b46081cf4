//! The same input gives the same bytes: saved plan, text and JSON.

use crate::directories::copy;
use crate::place::Place;
use crate::root;

/// What a plan and its renderings are, made in a place of its own with the same name.
async fn planned() -> [String; 3] {
    let mut place = Place::new();
    copy(&root().join("fixtures/demo"), place.directory());
    let adopt = "-adopt=kubernetes_namespace.velero";
    let plan = place
        .run(&format!("sk-dr plan {adopt} -out=acme.plan"))
        .await;
    assert_eq!(plan.code, Some(0), "{}", plan.stderr);
    let json = place.run("sk-dr show -json acme.plan").await;
    let saved = std::fs::read_to_string(place.directory().join("acme.plan")).unwrap();
    [plan.stdout, json.stdout, place.redacted(&saved)]
}

#[tokio::test(start_paused = true)]
async fn two_plans_of_the_same_are_the_same() {
    let (first, second) = (planned().await, planned().await);
    assert_eq!(first, second);
    assert!(first[0].contains("Plan: 1 to import"), "{}", first[0]);
}

#[tokio::test(start_paused = true)]
async fn a_plan_made_later_has_the_same_digest() {
    let mut place = Place::new();
    copy(&root().join("fixtures/demo"), place.directory());
    let mut digests = Vec::new();
    for _ in 0..2 {
        let plan = "sk-dr plan -adopt=kubernetes_namespace.velero -out=acme.plan";
        assert_eq!(place.run(plan).await.code, Some(0));
        let saved = std::fs::read_to_string(place.directory().join("acme.plan")).unwrap();
        let saved: serde_json::Value = serde_json::from_str(&saved).unwrap();
        digests.push((saved["digest"].clone(), saved["made_at"].clone()));
        place.act("pass 1h", "").await;
    }
    assert_eq!(digests[0].0, digests[1].0);
    assert_ne!(digests[0].1, digests[1].1);
}
