//! Types of the API: those that every server has, and those that a declared CRD provides. Must not know how a server is
//! asked for the rest.

use super::object::{self, Head};
use crate::model::expression::Expr;
use crate::model::identity::{Key, KubeResource};
use crate::model::resource::Resource;
use serde_json::Value as Json;

const CLUSTER: bool = false;
const NAMESPACED: bool = true;

/// Group, version, kind, plural, scope of what is part of Kubernetes 1.34.
const BUILT_IN: &[(&str, &str, &str, &str, bool)] = &[
    ("", "v1", "ConfigMap", "configmaps", NAMESPACED),
    ("", "v1", "Endpoints", "endpoints", NAMESPACED),
    ("", "v1", "LimitRange", "limitranges", NAMESPACED),
    ("", "v1", "Namespace", "namespaces", CLUSTER),
    ("", "v1", "PersistentVolume", "persistentvolumes", CLUSTER),
    (
        "",
        "v1",
        "PersistentVolumeClaim",
        "persistentvolumeclaims",
        NAMESPACED,
    ),
    ("", "v1", "Pod", "pods", NAMESPACED),
    ("", "v1", "PodTemplate", "podtemplates", NAMESPACED),
    (
        "",
        "v1",
        "ReplicationController",
        "replicationcontrollers",
        NAMESPACED,
    ),
    ("", "v1", "ResourceQuota", "resourcequotas", NAMESPACED),
    ("", "v1", "Secret", "secrets", NAMESPACED),
    ("", "v1", "Service", "services", NAMESPACED),
    ("", "v1", "ServiceAccount", "serviceaccounts", NAMESPACED),
    (
        "admissionregistration.k8s.io",
        "v1",
        "MutatingWebhookConfiguration",
        "mutatingwebhookconfigurations",
        CLUSTER,
    ),
    (
        "admissionregistration.k8s.io",
        "v1",
        "ValidatingAdmissionPolicy",
        "validatingadmissionpolicies",
        CLUSTER,
    ),
    (
        "admissionregistration.k8s.io",
        "v1",
        "ValidatingAdmissionPolicyBinding",
        "validatingadmissionpolicybindings",
        CLUSTER,
    ),
    (
        "admissionregistration.k8s.io",
        "v1",
        "ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
        CLUSTER,
    ),
    (
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        CLUSTER,
    ),
    (
        "apiregistration.k8s.io",
        "v1",
        "APIService",
        "apiservices",
        CLUSTER,
    ),
    ("apps", "v1", "DaemonSet", "daemonsets", NAMESPACED),
    ("apps", "v1", "Deployment", "deployments", NAMESPACED),
    ("apps", "v1", "ReplicaSet", "replicasets", NAMESPACED),
    ("apps", "v1", "StatefulSet", "statefulsets", NAMESPACED),
    (
        "autoscaling",
        "v1",
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
        NAMESPACED,
    ),
    (
        "autoscaling",
        "v2",
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
        NAMESPACED,
    ),
    ("batch", "v1", "CronJob", "cronjobs", NAMESPACED),
    ("batch", "v1", "Job", "jobs", NAMESPACED),
    ("coordination.k8s.io", "v1", "Lease", "leases", NAMESPACED),
    (
        "discovery.k8s.io",
        "v1",
        "EndpointSlice",
        "endpointslices",
        NAMESPACED,
    ),
    (
        "networking.k8s.io",
        "v1",
        "Ingress",
        "ingresses",
        NAMESPACED,
    ),
    (
        "networking.k8s.io",
        "v1",
        "IngressClass",
        "ingressclasses",
        CLUSTER,
    ),
    (
        "networking.k8s.io",
        "v1",
        "NetworkPolicy",
        "networkpolicies",
        NAMESPACED,
    ),
    (
        "node.k8s.io",
        "v1",
        "RuntimeClass",
        "runtimeclasses",
        CLUSTER,
    ),
    (
        "policy",
        "v1",
        "PodDisruptionBudget",
        "poddisruptionbudgets",
        NAMESPACED,
    ),
    (
        "rbac.authorization.k8s.io",
        "v1",
        "ClusterRole",
        "clusterroles",
        CLUSTER,
    ),
    (
        "rbac.authorization.k8s.io",
        "v1",
        "ClusterRoleBinding",
        "clusterrolebindings",
        CLUSTER,
    ),
    (
        "rbac.authorization.k8s.io",
        "v1",
        "Role",
        "roles",
        NAMESPACED,
    ),
    (
        "rbac.authorization.k8s.io",
        "v1",
        "RoleBinding",
        "rolebindings",
        NAMESPACED,
    ),
    (
        "scheduling.k8s.io",
        "v1",
        "PriorityClass",
        "priorityclasses",
        CLUSTER,
    ),
    ("storage.k8s.io", "v1", "CSIDriver", "csidrivers", CLUSTER),
    (
        "storage.k8s.io",
        "v1",
        "StorageClass",
        "storageclasses",
        CLUSTER,
    ),
    (
        "storage.k8s.io",
        "v1",
        "VolumeAttachment",
        "volumeattachments",
        CLUSTER,
    ),
];

/// Group of types that define others.
pub(super) const DEFINITIONS: &str = "apiextensions.k8s.io";

/// The type of a manifest where every server has it.
pub(super) fn built_in(head: &Head) -> Option<KubeResource> {
    part_of_kubernetes(&head.api_version, &head.kind)
}

/// A type that every server has.
pub(in crate::kinds) fn part_of_kubernetes(api_version: &str, kind: &str) -> Option<KubeResource> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    BUILT_IN
        .iter()
        .find(|row| row.0 == group && row.1 == version && row.2 == kind)
        .map(|row| KubeResource {
            group: row.0.into(),
            version: row.1.into(),
            plural: row.3.into(),
            kind: row.2.into(),
            namespaced: row.4,
        })
}

/// `customresourcedefinitions`.
fn definitions() -> KubeResource {
    KubeResource {
        group: DEFINITIONS.into(),
        version: "v1".into(),
        plural: "customresourcedefinitions".into(),
        kind: "CustomResourceDefinition".into(),
        namespaced: false,
    }
}

/// Key of the CRD that provides a type; `None` for types that are part of Kubernetes.
pub fn definition_of(resource: &KubeResource) -> Option<Key> {
    let is_custom = resource.group.contains('.') && !resource.group.ends_with(".k8s.io");
    let is_extra =
        resource.group.ends_with(".k8s.io") && !BUILT_IN.iter().any(|row| row.0 == resource.group);
    (is_custom || is_extra).then(|| Key::Kube {
        resource: definitions(),
        namespace: None,
        name: format!("{}.{}", resource.plural, resource.group),
    })
}

/// Types that a declared CRD provides, one for each served version.
pub fn provided(resource: &Resource) -> Vec<KubeResource> {
    let Some(manifest) = object::manifest(resource) else {
        return Vec::new();
    };
    if object::head(resource).is_none_or(|head| !head.is_definition()) {
        return Vec::new();
    }
    types_of(&manifest)
}

fn types_of(definition: &Expr) -> Vec<KubeResource> {
    let text = |path: &[&str]| {
        let path: Vec<String> = path.iter().map(|name| (*name).to_owned()).collect();
        definition.at(&path)?.known()?.as_str().map(str::to_owned)
    };
    let versions = definition.at(&["spec".to_owned(), "versions".to_owned()]);
    let versions = versions.and_then(Expr::into_known).unwrap_or_default();
    let versions = versions.as_array().cloned().unwrap_or_default();
    let (Some(group), Some(plural), Some(kind)) = (
        text(&["spec", "group"]),
        text(&["spec", "names", "plural"]),
        text(&["spec", "names", "kind"]),
    ) else {
        return Vec::new();
    };
    let namespaced = text(&["spec", "scope"]).as_deref() != Some("Cluster");
    let served = versions
        .iter()
        .filter(|version| version.get("served") != Some(&Json::Bool(false)));
    served
        .filter_map(|version| version.get("name")?.as_str())
        .map(|version| KubeResource {
            group: group.clone().into(),
            version: version.to_owned().into(),
            plural: plural.clone().into(),
            kind: kind.clone().into(),
            namespaced,
        })
        .collect()
}

/// The type whose objects go with a live CRD.
pub(super) fn defined(live: &Json) -> Option<KubeResource> {
    types_of(&Expr::Value(live.clone())).into_iter().next()
}
