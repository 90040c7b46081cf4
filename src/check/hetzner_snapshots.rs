//! Volume snapshots where no plugin can take any.

use super::scene::{SNAPSHOT_LOCATION, Scene};
use super::{Hit, Lint, Severity, Sight};

pub(super) const LINT: Lint = Lint {
    code: "hetzner-snapshots",
    severity: Severity::Warning,
    sight: Sight::Declared,
    summary: "No plugin takes snapshots here",
    cause: "There is no Velero plugin for Hetzner's volumes, and their CSI driver takes no snapshots either: file-system \
            backup by the node agent is the only way to their data. A volume snapshot location promises what never happens.",
    cure: "Declare none, and use `default_volumes_to_fs_backup = true`.",
    blind: "That the cluster runs at Hetzner is told by a location in Hetzner's object storage, or by the plugin's name.",
    check,
};

fn check(scene: &Scene<'_>) -> Vec<Hit> {
    let at_hetzner = scene.at_hetzner();
    scene
        .of(SNAPSHOT_LOCATION)
        .filter_map(|location| {
            let plugin = location.text("provider_name")?;
            let says_so = plugin.contains("hcloud") || plugin.contains("hetzner");
            (at_hetzner || says_so).then(|| {
                let detail =
                    format!("The plugin {plugin} takes no snapshot of a volume at Hetzner.");
                location.hit("provider_name", detail)
            })
        })
        .collect()
}
