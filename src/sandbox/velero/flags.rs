//! What the Deployment of Velero's server says of how it runs. Must not know what the controllers do.

use crate::sandbox::state::Controller;
use serde_json::Value;
use std::collections::BTreeSet;

/// The flags that the sandbox heeds.
#[derive(Debug, PartialEq, Eq)]
pub struct Flags {
    /// `--default-backup-storage-location`.
    pub default_location: String,
    /// `--disable-controllers`.
    pub disabled: BTreeSet<Controller>,
}

/// The flags of the server in a Deployment; none where it runs no server, or none of it.
pub fn of(deployment: &Value) -> Option<Flags> {
    if deployment.pointer("/spec/replicas") == Some(&Value::from(0)) {
        return None;
    }
    let containers = deployment.pointer("/spec/template/spec/containers");
    let containers = containers.and_then(Value::as_array)?;
    let server = containers
        .iter()
        .map(arguments)
        .find(|arguments| arguments.first() == Some(&"server"))?;
    let default = value(&server, "--default-backup-storage-location").unwrap_or("default");
    let disabled = value(&server, "--disable-controllers").unwrap_or_default();
    Some(Flags {
        default_location: default.to_owned(),
        disabled: disabled.split(',').filter_map(controller).collect(),
    })
}

fn arguments(container: &Value) -> Vec<&str> {
    let list = container.get("args").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// `--flag=value`, or `--flag value`.
fn value<'a>(arguments: &[&'a str], flag: &str) -> Option<&'a str> {
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.strip_prefix(flag) {
            Some("") => return rest.next().copied(),
            Some(more) if more.starts_with('=') => return more.strip_prefix('='),
            Some(_) | None => {}
        }
    }
    None
}

/// Controllers that the sandbox does not have need not be ended.
fn controller(name: &str) -> Option<Controller> {
    match name.trim() {
        "backup" => Some(Controller::Backup),
        "backup-sync" => Some(Controller::BackupSync),
        "gc" => Some(Controller::Gc),
        "restore" => Some(Controller::Restore),
        "schedule" => Some(Controller::Schedule),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(replicas: u64, arguments: &[&str], expected: Option<(&str, &[Controller])>) {
        let container = json!({"name": "velero", "args": arguments});
        let deployment = json!({"spec": {"replicas": replicas, "template": {"spec": {"containers": [container]}}}});
        let expected = expected.map(|(default, disabled)| Flags {
            default_location: default.to_owned(),
            disabled: disabled.iter().copied().collect(),
        });
        assert_eq!(of(&deployment), expected, "{arguments:?}");
    }

    #[test]
    fn flags_are_read_in_both_spellings() {
        use Controller::{Backup, Gc};
        check(1, &["server"], Some(("default", &[])));
        check(
            1,
            &["server", "--disable-controllers=gc,backup"],
            Some(("default", &[Backup, Gc])),
        );
        let spaced = [
            "server",
            "--disable-controllers",
            "gc",
            "--default-backup-storage-location",
            "main",
        ];
        check(1, &spaced, Some(("main", &[Gc])));
        check(
            1,
            &["server", "--disable-controllers-of=gc"],
            Some(("default", &[])),
        );
        check(0, &["server"], None);
        check(1, &["node-agent", "server"], None);
    }
}
