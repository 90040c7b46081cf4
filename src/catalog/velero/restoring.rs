//! What a Restore leaves out when a cluster is rebuilt, as tables: whoever writes a Restore and whoever counts what must be
//! there afterwards read the same ones.

use crate::model::recovery::Turn;
use serde_json::Value as Json;

/// Types that are in no Restore of a rebuild. A webhook whose server is not up refuses what Velero makes, a dead APIService
/// keeps namespaces from going, and a Job that had not ended would run again (Velero leaves out those that had). Beside
/// these [`DATABASES`].
pub const EXCLUDED_RESOURCES: &[&str] = &[
    "apiservices.apiregistration.k8s.io",
    "jobs.batch",
    "mutatingwebhookconfigurations.admissionregistration.k8s.io",
    "validatingwebhookconfigurations.admissionregistration.k8s.io",
];

/// Databases with an archive of their own, and what a person calls them. Restored from Velero's objects alone one starts
/// empty on a repository that is in use, and expires what that holds (R9): they are in no Restore either.
pub const DATABASES: &[(&str, &str)] = &[
    ("clusters.postgresql.cnpg.io", "CloudNativePG"),
    (
        "perconapgclusters.pgv2.percona.com",
        "Percona Operator for PostgreSQL",
    ),
    (
        "perconaservermongodbs.psmdb.percona.com",
        "Percona Operator for MongoDB",
    ),
    (
        "perconaxtradbclusters.pxc.percona.com",
        "Percona Operator for MySQL",
    ),
    (
        "postgresclusters.postgres-operator.crunchydata.com",
        "Crunchy Postgres for Kubernetes",
    ),
    ("postgresqls.acid.zalan.do", "Zalando Postgres Operator"),
];

/// Objects that have one of these labels are in no Restore: children of a database, which would come back without their
/// owner and be taken for its data, and Pods of Jobs.
pub const EXCLUDED_LABELS: &[&str] = &[
    "batch.kubernetes.io/job-name",
    "postgres-operator.crunchydata.com/cluster",
];

/// Namespaces of the cluster itself: nothing is restored into them.
pub const SYSTEM_NAMESPACES: [&str; 3] = ["kube-node-lease", "kube-public", "kube-system"];

/// Those of [`EXCLUDED_RESOURCES`] that stand before a Service: they come back once somebody answers behind it, where stage
/// *infra* holds them.
pub const BEFORE_SERVICES: &[&str] = &[
    "apiservices.apiregistration.k8s.io",
    "mutatingwebhookconfigurations.admissionregistration.k8s.io",
    "validatingwebhookconfigurations.admissionregistration.k8s.io",
];

/// Types that stage *infra* leaves out beside [`EXCLUDED_RESOURCES`]: what runs and what holds data comes with the
/// application whose it is, and a volume of another application would be bound to its old disk (Velero restores a kept
/// PersistentVolume as it was).
pub const EXCLUDED_IN_INFRA: &[&str] = &[
    "persistentvolumeclaims",
    "persistentvolumes",
    "pods",
    "replicasets.apps",
    "volumesnapshotcontents.snapshot.storage.k8s.io",
    "volumesnapshots.snapshot.storage.k8s.io",
];

/// Types whose objects are of the cluster that is gone: its nodes' certificates, the addresses that its Services had.
const OF_THE_LOST_CLUSTER: &[&str] = &[
    "certificatesigningrequests.certificates.k8s.io",
    "ipaddresses.networking.k8s.io",
    "servicecidrs.networking.k8s.io",
];

/// Types of which every API server makes its own objects: that they do not come back is no news.
const OF_EVERY_CLUSTER: &[&str] = &[
    "flowschemas.flowcontrol.apiserver.k8s.io",
    "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io",
];

/// Controllers that act on what others own (R4): the last part of the name of an image of theirs, and what a person calls
/// them. One that is up before everything is back makes anew, and empty, what is still to come, or takes away what it does
/// not see yet.
const CONTROLLERS: &[(&str, &str)] = &[
    ("argocd", "Argo CD"),
    ("external-dns", "external-dns"),
    ("fleet", "Fleet"),
    ("fleet-agent", "Fleet"),
    ("helm-controller", "a Helm controller"),
    ("helm-operator", "a Helm controller"),
    ("kustomize-controller", "Flux"),
];

/// Types whose objects run controllers.
const WORKLOADS: [&str; 3] = ["daemonsets.apps", "deployments.apps", "statefulsets.apps"];

/// Annotation of a Pod: how long Velero waits for it to start, to run a command in it after the restore. Without it, and with
/// a Pod that never starts, no restore ever ends: Velero's finalizer has one worker (`pkg/controller/restore_finalizer_controller.go`).
pub const HOOK_LIMIT: &str = "post.hook.restore.velero.io/wait-timeout";

/// Types that Velero never restores.
const NEVER: [&str; 9] = [
    "backuprepositories.velero.io",
    "backups.velero.io",
    "csinodes.storage.k8s.io",
    "events",
    "events.events.k8s.io",
    "nodes",
    "resticrepositories.velero.io",
    "restores.velero.io",
    "volumeattachments.storage.k8s.io",
];

/// Types that controllers write from other objects: restored, and nothing is lost where they are written anew.
const WRITTEN_ANEW: [&str; 3] = [
    "endpoints",
    "endpointslices.discovery.k8s.io",
    "leases.coordination.k8s.io",
];

/// Objects that Kubernetes makes in each namespace: type and name.
const IN_EACH: [(&str, &str); 3] = [
    ("configmaps", "kube-root-ca.crt"),
    ("configmaps", "openshift-service-ca.crt"),
    ("serviceaccounts", "default"),
];

/// Types that the Restore of a turn names as left out.
pub fn excluded(turn: Turn) -> impl Iterator<Item = &'static str> {
    let of_turn: &[&[&str]] = match turn {
        Turn::Infra => &[EXCLUDED_IN_INFRA, OF_THE_LOST_CLUSTER],
        Turn::Applications | Turn::Quiet => &[],
    };
    let databases = DATABASES.iter().map(|(type_, _)| *type_);
    let of_turn = of_turn.iter().copied().flatten();
    let types = EXCLUDED_RESOURCES.iter().chain(of_turn).copied();
    types.chain(databases)
}

/// Whether a type is in the Restore of a turn.
pub fn is_restored(turn: Turn, type_: &str) -> bool {
    !NEVER.contains(&type_) && !excluded(turn).any(|excluded| excluded == type_)
}

/// Whether it is to be told that cluster-scoped objects of a type stay away, where no stage *infra* brings them.
pub fn is_missed(type_: &str) -> bool {
    is_restored(Turn::Infra, type_) && !OF_EVERY_CLUSTER.contains(&type_)
}

/// The controller that an object runs, where it acts on what others own.
pub fn controller(type_: &str, object: &Json) -> Option<&'static str> {
    if !WORKLOADS.contains(&type_) {
        return None;
    }
    let containers = object.pointer("/spec/template/spec/containers");
    let containers = containers.and_then(Json::as_array).into_iter().flatten();
    let mut images = containers.filter_map(|container| container["image"].as_str());
    images.find_map(|image| {
        let name = repository_name(image);
        let mut known = CONTROLLERS.iter();
        known.find(|(known, _)| *known == name).map(|(_, who)| *who)
    })
}

/// `quay.io/argoproj/argocd:v3.1@sha256:...` is `argocd`: a mirror changes what stands before it.
fn repository_name(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or_default();
    let name = image.rsplit('/').next().unwrap_or_default();
    name.split(':').next().unwrap_or_default()
}

/// Whether an object must be there after a Restore that holds its type.
pub fn is_awaited(type_: &str, namespace: Option<&str>, name: &str) -> bool {
    let is_service_of_all = (type_, namespace, name) == ("services", Some("default"), "kubernetes");
    !WRITTEN_ANEW.contains(&type_) && !IN_EACH.contains(&(type_, name)) && !is_service_of_all
}
