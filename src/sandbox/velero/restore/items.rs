//! Which objects of a tarball a restore takes, and in which order. Pure. Must not know what becomes of them.

use super::super::contents::{is_like, is_named, selected};
use super::files::Held;
use super::texts;
use serde_json::Value;

/// Types that come first, in this order; the others follow by their names.
const FIRST: &[&str] = &[
    "customresourcedefinitions.apiextensions.k8s.io",
    "namespaces",
    "storageclasses.storage.k8s.io",
    "volumesnapshotclasses.snapshot.storage.k8s.io",
    "volumesnapshotcontents.snapshot.storage.k8s.io",
    "volumesnapshots.snapshot.storage.k8s.io",
    "datauploads.velero.io",
    "persistentvolumes",
    "persistentvolumeclaims",
    "clusterroles.rbac.authorization.k8s.io",
    "roles.rbac.authorization.k8s.io",
    "serviceaccounts",
    "clusterrolebindings.rbac.authorization.k8s.io",
    "rolebindings.rbac.authorization.k8s.io",
    "secrets",
    "configmaps",
    "limitranges",
    "priorityclasses.scheduling.k8s.io",
    "pods",
    "replicasets.apps",
    "clusterclasses.cluster.x-k8s.io",
    "endpoints",
    "services",
];

fn rank(title: &str) -> usize {
    let found = FIRST.iter().position(|first| *first == title);
    found.unwrap_or(FIRST.len())
}

/// What a restore with this spec takes, in the order in which it takes it.
pub fn chosen<'a>(restore: &Value, held: &'a [Held]) -> Vec<&'a Held> {
    let mut chosen: Vec<&Held> = held.iter().filter(|item| takes(restore, item)).collect();
    chosen.sort_by_key(|item| (rank(&item.title), &item.title, &item.namespace, &item.name));
    chosen
}

/// Whether a type is among those that the restore takes.
pub fn takes_type(restore: &Value, title: &str) -> bool {
    let is_in = |list: &[String]| list.iter().any(|entry| is_named(entry, title));
    let included = texts(restore, "/spec/includedResources");
    (included.is_empty() || is_in(&included)) && !is_in(&texts(restore, "/spec/excludedResources"))
}

fn takes(restore: &Value, item: &Held) -> bool {
    let included = texts(restore, "/spec/includedNamespaces");
    let excluded = texts(restore, "/spec/excludedNamespaces");
    let all = included.is_empty() || included.iter().any(|one| one == "*");
    let is_here = |list: &[String], namespace: &str| {
        list.iter()
            .any(|one| is_like(one.as_bytes(), namespace.as_bytes()))
    };
    let in_scope = match (&item.namespace, cluster_resources(restore)) {
        (Some(namespace), _) => {
            (all || is_here(&included, namespace)) && !is_here(&excluded, namespace)
        }
        (None, Some(wanted)) => wanted,
        (None, None) => all && excluded.is_empty(),
    };
    let label = |name: &str| item.object.pointer("/metadata/labels")?.get(name)?.as_str();
    in_scope && takes_type(restore, &item.title) && selected(&restore["spec"], &label)
}

/// Whether objects of the cluster are wanted: told so, told not, or where all namespaces are.
pub fn cluster_resources(restore: &Value) -> Option<bool> {
    restore
        .pointer("/spec/includeClusterResources")
        .and_then(Value::as_bool)
}

/// Pods that ended and Jobs that are done stay where they are.
pub fn is_finished(item: &Held) -> bool {
    let said = |pointer: &str| item.object.pointer(pointer).and_then(Value::as_str);
    match item.title.as_str() {
        "pods" => matches!(said("/status/phase"), Some("Succeeded" | "Failed")),
        "jobs.batch" => said("/status/completionTime").is_some_and(|time| !time.is_empty()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn held() -> Vec<Held> {
        let one = |title: &str, namespace: Option<&str>, name: &str| Held {
            title: title.to_owned(),
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
            object: json!({"metadata": {"labels": {"is": name}}}),
        };
        vec![
            one("deployments.apps", Some("a"), "d"),
            one("configmaps", Some("a"), "c"),
            one("configmaps", Some("b"), "c"),
            one("namespaces", None, "a"),
            one("persistentvolumes", None, "v"),
            one("pods", Some("a"), "p"),
            one("services", Some("a"), "s"),
            one("backups.velero.io", Some("velero"), "x"),
            one("customresourcedefinitions.apiextensions.k8s.io", None, "t"),
        ]
    }

    fn check(spec: Value, expected: &[&str]) {
        let held = held();
        let restore = json!({"spec": spec});
        let chosen: Vec<String> = chosen(&restore, &held)
            .iter()
            .map(|item| {
                let plural = item.title.split('.').next().unwrap_or_default();
                let namespace = item.namespace.as_deref().unwrap_or("-");
                format!("{plural} {namespace}/{}", item.name)
            })
            .collect();
        assert_eq!(chosen, expected, "{restore}");
    }

    #[test]
    fn filters_and_the_order_of_types() {
        let never = json!(super::super::NEVER);
        check(
            json!({"excludedResources": never}),
            &[
                "customresourcedefinitions -/t",
                "namespaces -/a",
                "persistentvolumes -/v",
                "configmaps a/c",
                "configmaps b/c",
                "pods a/p",
                "services a/s",
                "deployments a/d",
            ],
        );
        // Objects of the cluster come only with all namespaces, or where they are asked for.
        check(
            json!({"includedNamespaces": ["a"], "excludedResources": ["po", "svc"]}),
            &["configmaps a/c", "deployments a/d"],
        );
        check(
            json!({"includedNamespaces": ["b"], "includeClusterResources": true, "excludedResources": ["pv", "crd"]}),
            &["namespaces -/a", "configmaps b/c"],
        );
        check(
            json!({"excludedNamespaces": ["a", "velero"]}),
            &["configmaps b/c"],
        );
        check(
            json!({"labelSelector": {"matchLabels": {"is": "c"}}, "includedNamespaces": ["?"]}),
            &["configmaps a/c", "configmaps b/c"],
        );
    }
}
