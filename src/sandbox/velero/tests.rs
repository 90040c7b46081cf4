//! Restores and the start of the server, seen through the objects alone.

use crate::sandbox::actors::run_until;
use crate::sandbox::kubernetes::create::create;
use crate::sandbox::kubernetes::resources::{self, Scope, VELERO_GROUP};
use crate::sandbox::kubernetes::routes::Parameters;
use crate::sandbox::kubernetes::write::Target;
use crate::sandbox::namespaces;
use crate::sandbox::s3::store::Writes;
use crate::sandbox::state::State;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const AGENT: &str = "daemonsets.apps/velero/node-agent";

/// A cluster with Velero, its node agent, a location and an application with a Pod.
fn world() -> State {
    let mut state = State::new("velero", 1, Timestamp::UNIX_EPOCH);
    state.s3.create_bucket("b", state.now);
    state.install_velero();
    velero_objects(&mut state, "ReadWrite");
    state.add_namespace("app");
    let claim = json!({"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
    make(&mut state, "persistentvolumeclaims/app/data", claim);
    let pod = json!({"spec": {
        "nodeName": "n", "containers": [{"name": "c"}],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
    }});
    make(&mut state, "pods/app/p", pod);
    make(&mut state, "configmaps/app/c", json!({"data": {"k": "v"}}));
    pass(&mut state, 5);
    state
}

fn velero_objects(state: &mut State, mode: &str) {
    make(state, AGENT, json!({"spec": {}}));
    let spec = json!({"provider": "aws", "objectStorage": {"bucket": "b"}, "accessMode": mode});
    make(
        state,
        "backupstoragelocations.velero.io/velero/default",
        json!({"spec": spec}),
    );
}

fn make(state: &mut State, key: &str, mut object: Value) {
    let parts: Vec<&str> = key.split('/').collect();
    let (title, namespace, name) = match parts.as_slice() {
        [title, name] => (title, None, name),
        [title, namespace, name] => (title, Some(*namespace), name),
        _ => panic!("{key}"),
    };
    let resource = resources::by_title(title).unwrap();
    object["apiVersion"] = json!(resource.api_version());
    object["kind"] = json!(resource.kind);
    object["metadata"]["name"] = json!(name);
    let parameters = Parameters::default();
    let target = Target {
        resource,
        namespace,
        name: "",
        parameters: &parameters,
        agent: "test",
    };
    create(state, &target, object.to_string().as_bytes()).unwrap();
}

fn pass(state: &mut State, seconds: i64) {
    let until = state.now + SignedDuration::from_secs(seconds);
    run_until(state, until);
}

/// A value of an object; null where either is not there.
fn at(state: &State, key: &str, pointer: &str) -> Value {
    let object = state.objects.get(key);
    let value = object.and_then(|object| object.pointer(pointer));
    value.cloned().unwrap_or_default()
}

fn phase(state: &State, key: &str) -> String {
    at(state, key, "/status/phase")
        .as_str()
        .unwrap_or("-")
        .to_owned()
}

fn restore_phase(state: &State, name: &str) -> String {
    phase(state, &format!("restores.velero.io/velero/{name}"))
}

/// Backs the application up as a node agent would have it, and takes its namespace away.
fn backed_up_and_lost(state: &mut State) {
    let spec =
        json!({"includedNamespaces": ["app"], "defaultVolumesToFsBackup": true, "ttl": "1h"});
    make(state, "backups.velero.io/velero/b1", json!({"spec": spec}));
    pass(state, 5);
    assert_eq!(phase(state, "backups.velero.io/velero/b1"), "Completed");
    for key in [
        "pods/app/p",
        "persistentvolumeclaims/app/data",
        "configmaps/app/c",
        "namespaces/app",
    ] {
        state.remove(key);
    }
    pass(state, 1);
    assert_eq!(state.list("persistentvolumes", None).count(), 0);
}

fn restore(state: &mut State, name: &str) {
    let spec = json!({"backupName": "b1", "includedNamespaces": ["app"], "existingResourcePolicy": "none"});
    make(
        state,
        &format!("restores.velero.io/velero/{name}"),
        json!({"spec": spec}),
    );
}

/// Phases of the PodVolumeRestores that there are.
fn volumes(state: &State) -> Vec<String> {
    let keys = state.list("podvolumerestores.velero.io", Some("velero"));
    keys.map(|(key, _)| phase(state, key)).collect()
}

#[test]
fn one_after_the_other_and_volumes_belong_to_the_first() {
    let mut state = world();
    backed_up_and_lost(&mut state);
    restore(&mut state, "r1");
    restore(&mut state, "r2");
    pass(&mut state, 1);
    assert_eq!(restore_phase(&state, "r1"), "InProgress");
    assert_eq!(restore_phase(&state, "r2"), "-");
    // Objects are there, and the Pod waits for what it mounts.
    pass(&mut state, 2);
    assert_eq!(restore_phase(&state, "r1"), "InProgress");
    assert_eq!(volumes(&state), ["-"]);
    assert_eq!(phase(&state, "pods/app/p"), "Pending");
    assert_eq!(at(&state, "pods/app/p", "/spec/nodeName"), Value::Null);
    pass(&mut state, 3);
    assert_eq!(restore_phase(&state, "r1"), "Completed");
    assert_eq!(volumes(&state), ["Completed"]);
    assert_eq!(phase(&state, "pods/app/p"), "Running");
    let claim = "persistentvolumeclaims/app/data";
    assert_eq!(phase(&state, claim), "Bound");
    // The Pod is there: the second fills nothing, and says that it is complete.
    pass(&mut state, 10);
    assert_eq!(restore_phase(&state, "r2"), "Completed");
    assert_eq!(volumes(&state), ["Completed"]);
}

#[test]
fn without_a_node_agent_volumes_are_an_error() {
    let mut state = world();
    backed_up_and_lost(&mut state);
    state.remove(AGENT);
    restore(&mut state, "r1");
    pass(&mut state, 10);
    assert_eq!(restore_phase(&state, "r1"), "PartiallyFailed");
    let key = "restores.velero.io/velero/r1";
    assert_eq!(at(&state, key, "/status/errors"), json!(1));
}

#[test]
fn a_restart_gives_up_what_runs() {
    let mut state = world();
    backed_up_and_lost(&mut state);
    restore(&mut state, "r1");
    pass(&mut state, 3);
    super::restart(&mut state);
    pass(&mut state, 30);
    assert_eq!(restore_phase(&state, "r1"), "Failed");
    assert_eq!(volumes(&state), ["Canceled"]);
    assert_eq!(phase(&state, "pods/app/p"), "Pending");
    // The worker is free.
    restore(&mut state, "r2");
    pass(&mut state, 10);
    assert_eq!(restore_phase(&state, "r2"), "Completed");
}

#[test]
fn a_bucket_that_takes_nothing_holds_a_restore_up() {
    let mut state = world();
    backed_up_and_lost(&mut state);
    state.s3.set_writes("b", Writes::Refused).unwrap();
    restore(&mut state, "r1");
    restore(&mut state, "r2");
    pass(&mut state, 60);
    // Its objects are there, and the next one was taken.
    assert_eq!(restore_phase(&state, "r1"), "FinalizingPartiallyFailed");
    assert_eq!(restore_phase(&state, "r2"), "FinalizingPartiallyFailed");
    assert_eq!(at(&state, "configmaps/app/c", "/data/k"), json!("v"));
    state.s3.set_writes("b", Writes::Allowed).unwrap();
    pass(&mut state, 5);
    assert_eq!(restore_phase(&state, "r1"), "PartiallyFailed");
}

#[test]
fn what_a_real_cluster_puts_into_a_namespace_is_kept() {
    let mut state = world();
    namespaces::furnish_all(&mut state);
    backed_up_and_lost(&mut state);
    // Another cluster has another certificate.
    state.remove("configmaps/app/kube-root-ca.crt");
    state.origin.generation += 1;
    restore(&mut state, "r1");
    pass(&mut state, 10);
    assert_eq!(restore_phase(&state, "r1"), "Completed");
    let key = "restores.velero.io/velero/r1";
    assert_eq!(at(&state, key, "/status/warnings"), json!(2));
    let certificate = at(&state, "configmaps/app/kube-root-ca.crt", "/data/ca.crt");
    assert!(certificate.to_string().contains(&state.cluster_uid()));
}

/// Puts the server into a cluster that has nothing.
fn deploy(state: &mut State, flags: &[&str]) {
    let mut arguments = vec!["server"];
    arguments.extend(flags);
    let spec =
        json!({"template": {"spec": {"containers": [{"name": "velero", "args": arguments}]}}});
    make(state, super::DEPLOYMENT, json!({"spec": spec}));
}

#[test]
fn a_lost_cluster_gets_its_backups_back_from_the_bucket() {
    let mut state = world();
    backed_up_and_lost(&mut state);
    let backup = "backups.velero.io/velero/b1";
    let (before, cluster) = (at(&state, backup, "/metadata/uid"), state.cluster_uid());
    // It has expired when the cluster is lost.
    pass(&mut state, 3700);
    state.wipe();
    assert_ne!(state.cluster_uid(), cluster);
    assert!(!state.objects.contains_key("namespaces/velero"));
    state.add_namespace("velero");
    deploy(&mut state, &["--disable-controllers=gc,schedule"]);
    for resource in resources::RESOURCES {
        if resource.group == VELERO_GROUP {
            assert_eq!(resource.scope, Scope::Namespaced);
            let title = resource.title();
            make(
                &mut state,
                &format!("customresourcedefinitions.apiextensions.k8s.io/{title}"),
                json!({}),
            );
        }
    }
    pass(&mut state, 5);
    assert_eq!(
        at(&state, super::DEPLOYMENT, "/status/readyReplicas"),
        json!(1)
    );
    velero_objects(&mut state, "ReadWrite");
    let schedule = json!({"spec": {"schedule": "0 1 * * *", "template": {}}});
    make(&mut state, "schedules.velero.io/velero/s", schedule);
    pass(&mut state, 7200);
    assert_eq!(phase(&state, "schedules.velero.io/velero/s"), "-");
    assert_eq!(phase(&state, backup), "Completed");
    assert_ne!(at(&state, backup, "/metadata/uid"), before);
    restore(&mut state, "r1");
    pass(&mut state, 10);
    assert_eq!(restore_phase(&state, "r1"), "Completed");
    assert_eq!(at(&state, "configmaps/app/c", "/data/k"), json!("v"));
    // Without the flag an expired backup goes as soon as the server starts; without the server nothing is done.
    state.remove(super::DEPLOYMENT);
    restore(&mut state, "r2");
    pass(&mut state, 60);
    assert_eq!(restore_phase(&state, "r2"), "-");
    deploy(&mut state, &[]);
    pass(&mut state, 7200);
    assert_eq!(phase(&state, backup), "-");
    assert_eq!(phase(&state, "schedules.velero.io/velero/s"), "Enabled");
}
