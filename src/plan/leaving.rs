//! An object that the server is deleting already, and what it waits for: finalizers, and who takes them off. Must not know
//! what a plan makes of that.

use super::document::{Finding, FindingSeverity};
use crate::model::address::Address;
use serde_json::Value as Json;

/// Code of the finding about an object that is to go and is on its way out.
pub const CODE: &str = "being-deleted";

/// An object on its way out.
pub struct Leaving<'a> {
    live: &'a Json,
    since: &'a str,
}

/// Who takes a finalizer off, by how it begins, ends or is called.
const BEARERS: &[(Match, &str)] = &[
    (
        Match::Whole("kubernetes.io/pv-protection"),
        "the volume controller takes it off, once no claim is bound to it",
    ),
    (
        Match::Whole("kubernetes.io/pvc-protection"),
        "the volume controller takes it off, once no pod uses it",
    ),
    (
        Match::Whole("foregroundDeletion"),
        "the garbage collector takes it off, once all that it owns is gone",
    ),
    (
        Match::Whole("orphan"),
        "the garbage collector takes it off, once nothing names it as its owner",
    ),
    (
        Match::Whole("customresourcecleanup.apiextensions.k8s.io"),
        "the API server takes it off, once no object of the type is left",
    ),
    (
        Match::Whole("service.kubernetes.io/load-balancer-cleanup"),
        "the cloud controller manager takes it off, once the load balancer is gone",
    ),
    (
        Match::Whole("batch.kubernetes.io/job-tracking"),
        "the job controller takes it off",
    ),
    (
        Match::End(".volume.kubernetes.io/finalizer"),
        "the CSI provisioner takes it off, once the volume is gone",
    ),
    (
        Match::Start("external-attacher/"),
        "the CSI attacher takes it off, once the volume is detached",
    ),
    (
        Match::Start("snapshot.storage.kubernetes.io/"),
        "the snapshot controller takes it off",
    ),
    (
        Match::Start("restores.velero.io/"),
        "Velero's server takes it off, once the restore's files are out of the bucket",
    ),
    (
        Match::Start("velero.io/"),
        "Velero's server or node agent takes it off",
    ),
    (
        Match::Start("resources-finalizer.argocd.argoproj.io"),
        "Argo CD takes it off, once what the application made is gone",
    ),
    (Match::End("argocd.argoproj.io"), "Argo CD takes it off"),
    (
        Match::End("fluxcd.io"),
        "the Flux controller of its type takes it off",
    ),
    (Match::End("cert-manager.io"), "cert-manager takes it off"),
    (
        Match::Start("postgres-operator.crunchydata.com/"),
        "the Postgres operator takes it off",
    ),
    (
        Match::Start("wrangler.cattle.io/"),
        "Rancher or Fleet takes it off",
    ),
];

/// How a finalizer is told.
enum Match {
    Whole(&'static str),
    Start(&'static str),
    End(&'static str),
}

/// What a namespace says of itself while it empties.
const REMAINING: &[&str] = &[
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
    "NamespaceDeletionContentFailure",
    "NamespaceContentRemaining",
    "NamespaceFinalizersRemaining",
];

impl<'a> Leaving<'a> {
    /// Where the object is being deleted.
    pub fn of(live: &'a Json) -> Option<Self> {
        let since = live["metadata"]["deletionTimestamp"].as_str()?;
        Some(Self { live, since })
    }

    /// All of it as sentences.
    pub fn words(&self) -> String {
        let since = format!("It is being deleted since {}.", self.since);
        let all = [vec![since], self.waits()].concat();
        all.join(" ")
    }

    /// What it waits for, and who ends that: whole sentences, none where the server does not say.
    fn waits(&self) -> Vec<String> {
        let finalizers = self.live["metadata"]["finalizers"].as_array();
        let finalizers = finalizers.into_iter().flatten().filter_map(Json::as_str);
        let named =
            finalizers.map(|name| format!("It waits for the finalizer {name}: {}.", bearer(name)));
        let conditions = self.live["status"]["conditions"].as_array();
        let left = REMAINING.iter().filter_map(|wanted| {
            let mut all = conditions.into_iter().flatten();
            let found = all.find(|one| one["type"] == *wanted && one["status"] == "True")?;
            let message = found["message"].as_str()?;
            Some(format!(
                "Its controller says: {}.",
                message.trim_end_matches('.')
            ))
        });
        named.chain(left).collect()
    }
}

/// What is said of an object that is to go and is on its way out: nothing is left to be done to it.
pub fn finding(address: Address, how: &str) -> Finding {
    Finding {
        code: CODE.to_owned(),
        severity: FindingSeverity::Warning,
        detail: format!("{address}: {how}"),
        address: Some(address),
        summary: "Being deleted already".to_owned(),
    }
}

fn bearer(finalizer: &str) -> String {
    let found = BEARERS.iter().find(|(how, _)| match how {
        Match::Whole(name) => finalizer == *name,
        Match::Start(start) => finalizer.starts_with(start),
        Match::End(end) => finalizer.ends_with(end),
    });
    match (found, finalizer.split_once('/')) {
        (Some((_, who)), _) => format!("{who}; see that it runs"),
        (None, Some((domain, _))) => {
            format!("the controller of {domain} takes it off; see that it runs")
        }
        (None, None) => {
            "the controller that put it there takes it off; see that it runs".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn says_what_is_waited_for_and_who_ends_it() {
        let check = |live: Json, expected: Option<&str>| {
            let found = Leaving::of(&live).map(|leaving| leaving.words());
            assert_eq!(found.as_deref(), expected, "{live}");
        };
        let since = "2026-01-01T00:00:00Z";
        let with = |finalizers: &[&str]| json!({"metadata": {"deletionTimestamp": since, "finalizers": finalizers}});
        check(json!({"metadata": {"name": "shop"}}), None);
        check(
            with(&[]),
            Some("It is being deleted since 2026-01-01T00:00:00Z."),
        );
        for (finalizer, who) in [
            (
                "kubernetes.io/pv-protection",
                "the volume controller takes it off, once no claim is bound to it",
            ),
            (
                "foregroundDeletion",
                "the garbage collector takes it off, once all that it owns is gone",
            ),
            (
                "velero.io/data-upload-download-finalizer",
                "Velero's server or node agent takes it off",
            ),
            (
                "resources-finalizer.argocd.argoproj.io/background",
                "Argo CD takes it off, once what the application made is gone",
            ),
            (
                "external-provisioner.volume.kubernetes.io/finalizer",
                "the CSI provisioner takes it off, once the volume is gone",
            ),
            (
                "example.org/guard",
                "the controller of example.org takes it off",
            ),
            ("guard", "the controller that put it there takes it off"),
        ] {
            let expected = format!(
                "It is being deleted since {since}. It waits for the finalizer {finalizer}: {who}; see that it runs."
            );
            check(with(&[finalizer]), Some(&expected));
        }
        let mut namespace = with(&[]);
        namespace["status"] = json!({"conditions": [
            {"type": "NamespaceDeletionContentFailure", "status": "False", "message": "All is well"},
            {"type": "NamespaceFinalizersRemaining", "status": "True", "message": "Some remain: x in 1 resource instances"},
        ]});
        check(
            namespace,
            Some(
                "It is being deleted since 2026-01-01T00:00:00Z. Its controller says: Some remain: x in 1 resource instances.",
            ),
        );
    }
}
