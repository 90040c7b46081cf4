//! Who else has an object in hand, by the labels and annotations that they leave on it. Must not know what is made of it.

use serde_json::Value as Json;

/// A program that makes objects and keeps them as it made them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hand {
    /// Helm, by itself or through Flux.
    Helm,
    /// Argo CD.
    ArgoCd,
    /// Flux's Kustomizations.
    Flux,
    /// Rancher's Fleet.
    Fleet,
}

/// One that has an object in hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Which program.
    pub hand: Hand,
    /// What it calls the thing that the object belongs to: a release, an application.
    pub title: &'static str,
    /// Its name, where the mark tells.
    pub name: Option<String>,
}

/// Map, key, the value where only one counts, whose it is, and what the value names.
type Mark = (
    &'static str,
    &'static str,
    Option<&'static str>,
    Hand,
    &'static str,
);

const MARKS: &[Mark] = &[
    (
        "annotations",
        "meta.helm.sh/release-name",
        None,
        Hand::Helm,
        "Helm release",
    ),
    (
        "labels",
        "app.kubernetes.io/managed-by",
        Some("Helm"),
        Hand::Helm,
        "Helm release",
    ),
    (
        "annotations",
        "argocd.argoproj.io/tracking-id",
        None,
        Hand::ArgoCd,
        "Argo CD application",
    ),
    (
        "labels",
        "argocd.argoproj.io/instance",
        None,
        Hand::ArgoCd,
        "Argo CD application",
    ),
    (
        "labels",
        "kustomize.toolkit.fluxcd.io/name",
        None,
        Hand::Flux,
        "Flux Kustomization",
    ),
    (
        "labels",
        "helm.toolkit.fluxcd.io/name",
        None,
        Hand::Helm,
        "Flux HelmRelease",
    ),
    (
        "labels",
        "fleet.cattle.io/bundle-id",
        None,
        Hand::Fleet,
        "Fleet bundle",
    ),
];

/// Everybody whose mark it carries. Of two marks of one the one that names more counts.
pub fn owners(live: &Json) -> Vec<Owner> {
    let mut found: Vec<Owner> = Vec::new();
    for (map, key, wanted, hand, title) in MARKS {
        let Some(value) = live["metadata"][*map][*key].as_str() else {
            continue;
        };
        let name = match wanted {
            Some(wanted) if value != *wanted => continue,
            Some(_) => None,
            // `shop:apps/Deployment:default/web`
            None => value.split(':').next().map(str::to_owned),
        };
        let is_known =
            |other: &Owner| other.title == *title && (name.is_none() || other.name == name);
        if !found.iter().any(is_known) {
            found.push(Owner {
                hand: *hand,
                title,
                name,
            });
        }
    }
    found
}

impl Owner {
    /// `Helm release "velero"`, `a Helm release`.
    pub fn words(&self) -> String {
        match &self.name {
            Some(name) => format!("{} \"{name}\"", self.title),
            None => format!("a {}", self.title),
        }
    }

    /// How it is made to let go.
    pub fn way_out(&self) -> &'static str {
        match self.hand {
            Hand::Helm => {
                "Helm keeps what is annotated `helm.sh/resource-policy: keep`: annotate it, then take it out of the chart's values."
            }
            Hand::ArgoCd => {
                "Argo CD keeps what is annotated `argocd.argoproj.io/sync-options: Prune=false`: annotate it, then take it out of the application's source."
            }
            Hand::Flux => {
                "Flux keeps what is annotated `kustomize.toolkit.fluxcd.io/prune: disabled`: annotate it, then take it out of the Kustomization."
            }
            Hand::Fleet => {
                "Take it out of the bundle; Fleet keeps resources where the bundle says `keepResources: true`."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn marks_name_their_owner() {
        let check = |metadata: Json, expected: &[&str]| {
            let found = owners(&json!({"metadata": metadata}));
            let words: Vec<String> = found.iter().map(Owner::words).collect();
            assert_eq!(words, expected, "{metadata}");
        };
        let helm = json!({"app.kubernetes.io/managed-by": "Helm"});
        check(json!({"labels": helm}), &["a Helm release"]);
        check(
            json!({"labels": helm, "annotations": {"meta.helm.sh/release-name": "velero"}}),
            &["Helm release \"velero\""],
        );
        check(
            json!({"labels": {"app.kubernetes.io/managed-by": "sk-dr"}}),
            &[],
        );
        check(
            json!({"labels": {"argocd.argoproj.io/instance": "backup"}, "annotations": {"argocd.argoproj.io/tracking-id": "backup:velero.io/Schedule:velero/x"}}),
            &["Argo CD application \"backup\""],
        );
        check(
            json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps", "fleet.cattle.io/bundle-id": "b"}}),
            &["Flux Kustomization \"apps\"", "Fleet bundle \"b\""],
        );
    }
}
