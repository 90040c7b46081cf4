//! What must hold beside an object of a server when it is written: that nothing is ended by it, and that its Secrets are
//! there.

use super::object;
use crate::kinds::{Writing, velero};
use crate::model::guard::Guard;
use crate::model::identity::{Key, KubeResource};
use crate::model::resource::Resource;

/// What a server and its node agents run. A restart ends them: backups and restores that were InProgress count as Failed.
fn runs() -> Vec<KubeResource> {
    let mover = |plural: &'static str, kind: &'static str| KubeResource {
        version: "v2alpha1".into(),
        ..velero::resource(plural, kind)
    };
    vec![
        velero::resource("backups", "Backup"),
        velero::resource("restores", "Restore"),
        velero::resource("podvolumebackups", "PodVolumeBackup"),
        velero::resource("podvolumerestores", "PodVolumeRestore"),
        mover("datauploads", "DataUpload"),
        mover("datadownloads", "DataDownload"),
    ]
}

/// Guards of one object. Making one ends nothing.
pub(super) fn of(
    resource: Option<&Resource>,
    whole: &Key,
    part: &Key,
    writing: Writing,
) -> Vec<Guard> {
    let (
        Key::Composite {
            namespace: Some(namespace),
            name,
            ..
        },
        Key::Kube {
            resource: type_, ..
        },
    ) = (whole, part)
    else {
        return Vec::new();
    };
    let is_workload = type_.group == "apps";
    let mut guards = Vec::new();
    if is_workload && writing != Writing::Delete {
        let secrets = resource.map(object::secrets_of_others).unwrap_or_default();
        guards.extend(secrets.into_iter().filter_map(exists));
    }
    if writing != Writing::Create {
        guards.push(Guard::Idle {
            namespace: namespace.clone(),
            deployment: name.clone(),
            runs: runs(),
        });
    }
    guards
}

fn exists(key: Key) -> Option<Guard> {
    match key {
        Key::Kube {
            resource,
            namespace,
            name,
        } => Some(Guard::Exists {
            resource,
            namespace,
            name,
        }),
        Key::Cluster { .. } | Key::Composite { .. } => None,
    }
}
