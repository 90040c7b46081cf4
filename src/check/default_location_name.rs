//! A location with the name that the server flips its default by.

use super::scene::{LOCATION, Scene};
use super::{Hit, Lint, Severity, Sight};

pub(super) const LINT: Lint = Lint {
    code: "default-location-name",
    severity: Severity::Warning,
    sight: Sight::Declared,
    summary: "Location is named \"default\"",
    cause: "`default` is what `--default-backup-storage-location` names where nobody sets it: at every start the server makes \
            the location of that name its default, so that every schedule, and every backup taken by hand, that names no \
            location writes there. `velero install` and the Helm chart make one of this name themselves.",
    cure: "Give it a name that says what it is, and name it in every schedule.",
    blind: "",
    check,
};

fn check(scene: &Scene<'_>) -> Vec<Hit> {
    scene
        .of(LOCATION)
        .filter(|location| location.text("name").as_deref() == Some("default"))
        .map(|location| {
            location.hit(
                "name",
                "The server makes the location of this name its default at every start.",
            )
        })
        .collect()
}
