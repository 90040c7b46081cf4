//! Differences that are left as they are: what the resource says to ignore, and what its kind leaves to others.

use crate::kinds::Kind;
use crate::model::resource::{IgnoreChanges, Resource};

/// Whether a difference at an attribute is left as it is.
pub fn is_ignored(kind: &dyn Kind, resource: &Resource, attribute: &[String]) -> bool {
    let ignored = match &resource.lifecycle.ignore_changes {
        IgnoreChanges::Nothing => false,
        IgnoreChanges::All => true,
        IgnoreChanges::Paths(paths) => paths.iter().any(|path| attribute.starts_with(path)),
    };
    ignored
        || kind
            .left_to_others(resource)
            .iter()
            .any(|path| attribute.starts_with(path))
}
