//! What answers say about a recovery's guards. Each line: what is there, and what the guard says to it.

use super::super::{check, queries};
use crate::model::guard::{Guard, Restored, RestoredType, RestoredVolume, Synced};
use crate::model::identity::{KubeResource, ProviderRef};
use crate::world::query::{Answer, BlobEntry, Blobs, Fact, FailureClass, Live, Why};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

const HOLDS: &str = "holds";

/// Holds a guard against the answers to its questions, in their order; `wanted`: `holds`, or its words.
fn check_guard(guard: &Guard, answers: Vec<Answer>, wanted: &str) {
    let provider = ProviderRef::from("kubernetes".to_owned());
    let asked = queries(&provider, guard);
    assert_eq!(asked.len(), answers.len(), "{guard:?}");
    let live = Live {
        answers: asked.into_iter().zip(answers).collect(),
    };
    let said = match check(&provider, guard, &live) {
        Ok(()) => HOLDS.to_owned(),
        Err(why) => why.message,
    };
    assert_eq!(said, wanted);
}

fn object(value: Json) -> Answer {
    Answer::Present(Fact::Object(value))
}

fn list(values: &[Json]) -> Answer {
    Answer::Present(Fact::List(values.to_vec()))
}

fn silent() -> Answer {
    Answer::Unknown(Why {
        class: FailureClass::Unreachable,
        message: "no answer".to_owned(),
    })
}

fn synced(volumes: usize) -> Guard {
    Guard::Synced(Synced {
        namespace: "velero".to_owned(),
        backup: "shop-1".to_owned(),
        location: "main".to_owned(),
        started: "2026-11-20T01:00:03Z".parse().unwrap(),
        volumes,
    })
}

fn backup(location: &str, started: &str) -> Answer {
    object(json!({"spec": {"storageLocation": location}, "status": {"startTimestamp": started}}))
}

fn volume(backup: &str) -> Json {
    json!({"metadata": {"labels": {"velero.io/backup-name": backup}}})
}

#[test]
fn a_backup_is_known_by_name_location_and_beginning() {
    let at = "2026-11-20T01:00:03Z";
    for (found, volumes, wanted) in [
        (
            Answer::Absent,
            vec![],
            "Velero has not taken backup shop-1 over from location main yet",
        ),
        (backup("main", at), vec![], HOLDS),
        (
            backup("other", at),
            vec![],
            "the backup shop-1 that Velero knows is another one: it is of location other and began 2026-11-20T01:00:03Z",
        ),
        (
            backup("main", "2026-11-20T02:00:00Z"),
            vec![],
            "the backup shop-1 that Velero knows is another one: it is of location main and began 2026-11-20T02:00:00Z",
        ),
        (silent(), vec![], "no answer"),
    ] {
        check_guard(&synced(0), vec![found, list(&volumes)], wanted);
    }
}

#[test]
fn a_backup_is_not_known_before_its_volumes_are() {
    for (volumes, wanted) in [
        (list(&[]), "Velero knows 0 of 2 volumes of backup shop-1"),
        (
            list(&[volume("shop-1"), volume("other")]),
            "Velero knows 1 of 2 volumes of backup shop-1",
        ),
        (list(&[volume("shop-1"), volume("shop-1")]), HOLDS),
        (silent(), "no answer"),
    ] {
        let found = backup("main", "2026-11-20T01:00:03Z");
        check_guard(&synced(2), vec![found, volumes], wanted);
    }
}

fn restored() -> Guard {
    let pods = KubeResource {
        group: "".into(),
        version: "v1".into(),
        plural: "pods".into(),
        kind: "Pod".into(),
        namespaced: true,
    };
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Guard::Restored(Restored {
        restore: "r-1".to_owned(),
        namespace: "velero".to_owned(),
        objects: vec![RestoredType {
            resource: pods,
            names: BTreeMap::from([("shop".to_owned(), names(&["web-0", "web-1"]))]),
        }],
        volumes: BTreeSet::from([RestoredVolume {
            namespace: "shop".to_owned(),
            pod: "web-0".to_owned(),
            volume: "data".to_owned(),
        }]),
    })
}

fn named(name: &str) -> Json {
    json!({"metadata": {"name": name}})
}

fn back(restore: &str, pod: &str, phase: &str) -> Json {
    json!({
        "metadata": {"labels": {"velero.io/restore-name": restore}},
        "spec": {"pod": {"namespace": "shop", "name": pod}, "volume": "data"},
        "status": {"phase": phase},
    })
}

#[test]
fn what_was_to_come_back_is_looked_for_and_not_the_phase_of_the_restore() {
    let both = || list(&[named("web-0"), named("web-1")]);
    for (pods, volumes, wanted) in [
        (both(), list(&[back("r-1", "web-0", "Completed")]), HOLDS),
        (
            list(&[named("web-0")]),
            list(&[back("r-1", "web-0", "Completed")]),
            "of what r-1 was to bring, 1 object is missing: Pod shop/web-1",
        ),
        (
            both(),
            list(&[back("r-1", "web-0", "InProgress")]),
            "1 of 1 volumes did not come back with r-1: shop/web-0:data (InProgress)",
        ),
        // Velero brings no volume into a Pod that is there already, and says Completed.
        (
            both(),
            list(&[back("r-0", "web-0", "Completed")]),
            "1 of 1 volumes did not come back with r-1: shop/web-0:data (never begun)",
        ),
        (silent(), list(&[]), "no answer"),
        (both(), silent(), "no answer"),
    ] {
        check_guard(&restored(), vec![pods, volumes], wanted);
    }
}

fn entry(key: &str, etag: &str) -> BlobEntry {
    BlobEntry {
        key: key.to_owned(),
        size: 1,
        etag: etag.to_owned(),
        modified: "2026-11-21T08:00:00Z".parse().unwrap(),
    }
}

fn blobs(objects: &[BlobEntry], names: &[&str]) -> Answer {
    Answer::Present(Fact::Blobs(Blobs {
        objects: objects.to_vec(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
    }))
}

#[test]
fn a_point_that_was_written_again_is_another_one() {
    let guard = Guard::Pinned {
        store: ProviderRef::from("s3".to_owned()),
        bucket: "b".to_owned(),
        prefix: "backups/shop-1/".to_owned(),
        etags: BTreeMap::from([("backups/shop-1/shop-1.tar.gz".to_owned(), "e1".to_owned())]),
    };
    let tarball = "backups/shop-1/shop-1.tar.gz";
    for (found, wanted) in [
        (
            blobs(
                &[
                    entry(tarball, "e1"),
                    entry("backups/shop-1/shop-1-logs.gz", "x"),
                ],
                &[],
            ),
            HOLDS,
        ),
        (
            blobs(&[entry(tarball, "e2")], &[]),
            "backups/shop-1/shop-1.tar.gz was written again since the plan was made, at 2026-11-21T08:00:00Z",
        ),
        (
            blobs(&[], &[]),
            "backups/shop-1/shop-1.tar.gz is gone from the bucket since the plan was made",
        ),
        (Answer::Absent, "the bucket is not there"),
        (silent(), "no answer"),
    ] {
        check_guard(&guard, vec![found], wanted);
    }
}

#[test]
fn a_backup_that_the_plan_did_not_see_is_anothers() {
    let guard = Guard::SoleWriter {
        store: ProviderRef::from("s3".to_owned()),
        bucket: "b".to_owned(),
        prefix: "backups/".to_owned(),
        known: BTreeSet::from(["shop-1".to_owned()]),
    };
    for (found, wanted) in [
        (blobs(&[], &["shop-1"]), HOLDS),
        (blobs(&[], &[]), HOLDS),
        (
            blobs(&[], &["shop-1", "shop-2"]),
            "another cluster writes backups there: shop-2 came since the plan was made. End that cluster's Velero, move what it wrote out of the prefix, and go on with the run",
        ),
        (silent(), "no answer"),
    ] {
        check_guard(&guard, vec![found], wanted);
    }
}

fn of(group: &str, version: &str, plural: &str, kind: &str) -> KubeResource {
    KubeResource {
        group: group.to_owned().into(),
        version: version.to_owned().into(),
        plural: plural.to_owned().into(),
        kind: kind.to_owned().into(),
        namespaced: true,
    }
}

/// Told before the first Restore, all of them at once, and never of a server that is silent.
#[test]
fn what_is_not_served_is_told_beforehand() {
    let guard = Guard::Serves {
        types: BTreeSet::from([
            of("", "v1", "pods", "Pod"),
            of("", "v1", "secrets", "Secret"),
            of("example.org", "v1", "recipes", "Recipe"),
        ]),
    };
    let types = |names: &[&str]| {
        let names: Vec<Json> = names.iter().map(|name| json!({"name": name})).collect();
        object(json!({"resources": names}))
    };
    let core = || types(&["pods", "pods/status", "secrets"]);
    check_guard(&guard, vec![core(), types(&["recipes"])], HOLDS);
    check_guard(
        &guard,
        vec![types(&["pods"]), Answer::NotServed],
        "the cluster does not serve what the backups hold: v1 Secret, example.org/v1 Recipe. Install what provides it, or declare it, and go on",
    );
    check_guard(&guard, vec![core(), silent()], "no answer");
}

#[test]
fn somebody_answers_behind_a_service() {
    let guard = Guard::Answers {
        namespace: "shop".to_owned(),
        service: "hook".to_owned(),
        limit_s: 600,
    };
    let slice = |service: &str, endpoints: Json| json!({"metadata": {"labels": {"kubernetes.io/service-name": service}}, "endpoints": endpoints});
    let ready = || json!([{"conditions": {"ready": true}}]);
    let nobody = "nobody answers behind Service shop/hook yet";
    check_guard(&guard, vec![list(&[slice("hook", ready())])], HOLDS);
    check_guard(&guard, vec![list(&[slice("hook", json!([{}]))])], HOLDS);
    check_guard(&guard, vec![list(&[slice("other", ready())])], nobody);
    let asleep = json!([{"conditions": {"ready": false}}]);
    check_guard(&guard, vec![list(&[slice("hook", asleep)])], nobody);
    check_guard(&guard, vec![list(&[slice("hook", Json::Null)])], nobody);
    check_guard(&guard, vec![Answer::NotServed], nobody);
    check_guard(&guard, vec![silent()], "no answer");
}
