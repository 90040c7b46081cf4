//! What a Restore leaves out when a cluster is rebuilt, as tables: whoever writes a Restore and whoever counts what must be
//! there afterwards read the same ones.

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

/// Whether a type is in a Restore.
pub fn is_restored(type_: &str) -> bool {
    let is_database = DATABASES.iter().any(|(database, _)| *database == type_);
    !is_database && !EXCLUDED_RESOURCES.contains(&type_) && !NEVER.contains(&type_)
}

/// Whether an object must be there after a Restore that holds its type.
pub fn is_awaited(type_: &str, namespace: Option<&str>, name: &str) -> bool {
    let is_service_of_all = (type_, namespace, name) == ("services", Some("default"), "kubernetes");
    !WRITTEN_ANEW.contains(&type_) && !IN_EACH.contains(&(type_, name)) && !is_service_of_all
}
