//! The least that declares a live object: its attributes without those that say only what holds anyway. Must not know any
//! one kind, nor how a block is written.

use super::{Home, Kind, compare, metadata, sensitive, table};
use crate::model::duration::GoDuration;
use crate::model::schema::{Compare, Field, Presence, Shape};
use serde_json::{Map, Value as Json};

/// The body of a block that declares a live object: against it the kind finds no difference, and no argument could be
/// left out of it. Labels and annotations of others are in it too, so that whoever makes the object anew has them, but for
/// those by which another program knows it.
///
/// Of a composite kind, arguments whose absence may stand for something else are kept.
pub fn declaration(kind: &dyn Kind, live: &Json) -> Json {
    let silence = match kind.composite() {
        Some(_) => Silence::MayMeanMore,
        None => Silence::MeansNothing,
    };
    let home = match kind.home() {
        Home::Kube(resource) => Some(resource),
        Home::Command | Home::Parts | Home::Declared => None,
    };
    let mut attributes = kind.attributes(live);
    if silence == Silence::MeansNothing {
        with_keys_of_others(kind.schema().fields, live, &mut attributes);
    }
    // What is never shown cannot be declared from what is live; undeclared it is left alone.
    let never_shown = sensitive::of(kind, home.as_ref());
    let attributes = sensitive::without(attributes, &never_shown);
    said(kind.schema().fields, attributes, silence)
}

/// Labels and annotations that others set, beside ours.
fn with_keys_of_others(fields: &[Field], live: &Json, attributes: &mut Json) {
    for field in fields.iter().filter(|field| !field.place.is_empty()) {
        match (&field.shape, field.compare) {
            (Shape::Block(inner), _) => {
                let below = table::find(field, live);
                let block = attributes
                    .get_mut(field.name)
                    .and_then(|blocks| blocks.get_mut(0));
                if let (Some(below), Some(block)) = (below, block) {
                    with_keys_of_others(inner, below, block);
                }
            }
            (Shape::TextMap, Compare::MapOwnedKeys) => {
                let keys = table::find(field, live).map(metadata::keys_of_anybody);
                let keys = keys.filter(|keys| !keys.is_empty());
                if let (Some(keys), Json::Object(members)) = (keys, &mut *attributes) {
                    members.insert(field.name.to_owned(), keys.into());
                }
            }
            (_, _) => {}
        }
    }
}

/// What it means that an argument is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Silence {
    /// The same as an empty value.
    MeansNothing,
    /// It may follow from others.
    MayMeanMore,
}

fn said(fields: &[Field], attributes: Json, silence: Silence) -> Json {
    let Json::Object(mut attributes) = attributes else {
        return attributes;
    };
    let members = fields.iter().filter_map(|field| {
        let value = attributes.remove(field.name).or_else(|| empty(field))?;
        Some((field.name.to_owned(), worth_saying(field, value, silence)?))
    });
    Json::Object(members.collect::<Map<String, Json>>())
}

/// What stands for a list or block that must be there and that the object does not hold: Go leaves out what is empty.
fn empty(field: &Field) -> Option<Json> {
    match (&field.presence, &field.shape) {
        (Presence::Required, Shape::TextList) => Some(Json::Array(Vec::new())),
        (Presence::Required, Shape::TextMap) => Some(Json::Object(Map::new())),
        (Presence::Required, Shape::Block(_)) => Some(Json::Array(vec![Json::Object(Map::new())])),
        (Presence::Required, Shape::Blocks(_))
        | (
            Presence::Required,
            Shape::Text
            | Shape::Choice(_)
            | Shape::Duration
            | Shape::Cron
            | Shape::Bool
            | Shape::Integer
            | Shape::Any,
        )
        | (
            Presence::Optional | Presence::Default(_) | Presence::Computed | Presence::Rejected(_),
            _,
        ) => None,
    }
}

/// The value as it is written; `None` where leaving it out means the same.
fn worth_saying(field: &Field, value: Json, silence: Silence) -> Option<Json> {
    let value = match (&field.shape, value) {
        (Shape::Block(inner) | Shape::Blocks(inner), Json::Array(blocks)) => blocks
            .into_iter()
            .map(|block| said(inner, block, silence))
            .collect(),
        (Shape::Duration, Json::String(text)) => short(text).into(),
        (_, value) => value,
    };
    match &field.presence {
        Presence::Required => Some(value),
        Presence::Computed | Presence::Rejected(_) => None,
        Presence::Default(literal) => {
            let default = table::literal_json(*literal);
            let is_default = value == default
                || field.compare != Compare::Never
                    && compare::canonical(field, Some(&value))
                        == compare::canonical(field, Some(&default));
            (!is_default).then_some(value)
        }
        Presence::Optional => match &field.shape {
            // How many there are counts, also of those that say nothing.
            Shape::Blocks(_) => Some(value).filter(|blocks| !table::is_empty(blocks)),
            Shape::Block(_) => {
                let is_empty = value.get(0).is_none_or(table::is_empty);
                (!is_empty).then_some(value)
            }
            Shape::Text
            | Shape::Choice(_)
            | Shape::Duration
            | Shape::Cron
            | Shape::Bool
            | Shape::Integer
            | Shape::TextList
            | Shape::TextMap
            | Shape::Any => {
                let says = match field.compare {
                    _ if silence == Silence::MayMeanMore => true,
                    Compare::Never => !table::is_empty(&value),
                    Compare::Exact
                    | Compare::NameSet
                    | Compare::IncludeSet
                    | Compare::Ordered
                    | Compare::MapExact
                    | Compare::MapOwnedKeys
                    | Compare::DurationZeroAbsent
                    | Compare::Duration
                    | Compare::TriState
                    | Compare::FalseAbsent
                    | Compare::AbsentIs(_)
                    | Compare::AnyCase
                    | Compare::PluginName
                    | Compare::Prefix
                    | Compare::Base64 => compare::canonical(field, Some(&value)).is_some(),
                };
                says.then_some(value)
            }
        },
    }
}

/// `720h` for `720h0m0s`, as a person would write it.
fn short(text: String) -> String {
    let without_seconds = text.strip_suffix("m0s").map(|rest| format!("{rest}m"));
    let shorter = without_seconds.unwrap_or_else(|| text.clone());
    let without_minutes = shorter.strip_suffix("h0m").map(|rest| format!("{rest}h"));
    let shorter = without_minutes.unwrap_or(shorter);
    let length = |text: &str| text.parse::<GoDuration>().ok();
    if length(&shorter).is_some() && length(&shorter) == length(&text) {
        shorter
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::testing::kind;
    use serde_json::json;

    fn check(live: Json, wanted: Json) {
        assert_eq!(
            declaration(kind("velero_schedule"), &live),
            wanted,
            "{live}"
        );
    }

    /// What the velero CLI, a chart and people's habits leave in a Schedule says nothing and is left out.
    #[test]
    fn only_what_is_not_so_anyway_is_said() {
        let spec = |template: Json| {
            json!({"apiVersion": "velero.io/v1", "kind": "Schedule",
                "metadata": {"name": "shop", "namespace": "velero", "annotations": {"meta.helm.sh/release-name": "velero"}},
                "spec": {"schedule": "@daily", "paused": false, "skipImmediately": false, "template": template}})
        };
        let bare = json!({"name": "shop", "schedule": "@daily"});
        let noise = json!({"ttl": "0s", "csiSnapshotTimeout": "0s", "hooks": {}, "metadata": {},
            "includedNamespaces": ["*"], "excludedResources": null, "storageLocation": ""});
        check(spec(noise), bare);
        check(
            spec(
                json!({"ttl": "720h0m0s", "csiSnapshotTimeout": "1h30m0s", "itemOperationTimeout": "1m30s",
                "snapshotVolumes": false, "resourcePolicy": {"kind": "ConfigMap", "name": "volumes"},
                "datamover": "velero"}),
            ),
            json!({"name": "shop", "schedule": "@daily", "ttl": "720h", "csi_snapshot_timeout": "1h30m",
                "item_operation_timeout": "1m30s", "snapshot_volumes": false,
                "resource_policy": [{"name": "volumes"}]}),
        );
    }

    /// Labels of a Schedule are its Backups' too; what Velero reads from an older name is said by the newer one; and what
    /// another program knows an object by is not declared.
    #[test]
    fn what_stands_elsewhere_is_said_where_it_is_declared() {
        let live = json!({"metadata": {"name": "shop", "labels": {"team": "shop", "helm.sh/chart": "velero-12.1.0"},
                "annotations": {"note": "kept", "kubectl.kubernetes.io/last-applied-configuration": "{}"}},
            "spec": {"schedule": "@daily", "template": {"defaultVolumesToRestic": true}}});
        check(
            live,
            json!({"name": "shop", "schedule": "@daily", "default_volumes_to_fs_backup": true,
                "labels": {"team": "shop"}, "annotations": {"note": "kept"},
                "backup_labels": {"team": "shop", "helm.sh/chart": "velero-12.1.0"}}),
        );
    }
}
