//! A location over a bucket in which backups are already.

use super::*;
use crate::world::query::{Blobs, Depth};

fn over(mode: &str, answer: Option<Answer>, consents: &[&str]) -> Plan {
    let mut declared = location("main");
    declared.body = declared
        .body
        .with(&["access_mode".to_owned()], Expr::Value(json!(mode)));
    let query = Query::Blobs {
        provider: ProviderRef::from("s3".to_owned()),
        bucket: "backups".to_owned(),
        prefix: "backups/".to_owned(),
        depth: Depth::Names,
    };
    make(&Story {
        buckets: BTreeMap::from([(declared.address.clone(), query)]),
        in_buckets: answer,
        resources: vec![declared, schedule("shop")],
        consents: consents.iter().map(|one| (*one).to_owned()).collect(),
        ..story()
    })
    .unwrap()
}

fn holding(names: &[&str]) -> Option<Answer> {
    Some(Answer::Present(Fact::Blobs(Blobs {
        objects: Vec::new(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
    })))
}

fn blockers(plan: &Plan) -> Vec<String> {
    let all = plan.nodes.iter().flat_map(|node| &node.blockers);
    all.map(|one| format!("{}: {} | {}", one.code, one.text, one.cure))
        .collect()
}

fn says_unseen(plan: &Plan) -> bool {
    plan.findings
        .iter()
        .any(|one| one.code == "bucket-not-examined")
}

#[test]
fn what_looks_like_a_loss_is_not_written_over() {
    let plan = over("ReadWrite", holding(&["shop-1", "shop-2"]), &[]);
    let found = blockers(&plan);
    assert!(!plan.applyable);
    assert!(
        found[0].starts_with(
            "loss: Its bucket holds 2 backups that this cluster did not make, such as shop-2."
        ),
        "{found:?}"
    );
    let consent = found[0].split("-consent=").nth(1).unwrap();
    let consent = consent.split(' ').next().unwrap();
    assert!(over("ReadWrite", holding(&["shop-1", "shop-2"]), &[consent]).applyable);
    // One more, and nobody has seen it.
    assert!(
        !over(
            "ReadWrite",
            holding(&["shop-1", "shop-2", "shop-3"]),
            &[consent]
        )
        .applyable
    );
}

#[test]
fn what_is_empty_or_only_read_or_unseen_stops_nothing() {
    for (mode, answer, unseen) in [
        ("ReadWrite", holding(&[]), false),
        ("ReadOnly", holding(&["shop-1"]), false),
        ("ReadWrite", None, true),
        (
            "ReadWrite",
            Some(Answer::Unknown(Why {
                class: FailureClass::Forbidden,
                message: "no".to_owned(),
            })),
            true,
        ),
    ] {
        let plan = over(mode, answer.clone(), &[]);
        assert_eq!(blockers(&plan), [""; 0], "{mode} {answer:?}");
        assert_eq!(says_unseen(&plan), unseen, "{mode} {answer:?}");
    }
}
