//! What the table of a Schedule does not tell: labels of the Backups, unpausing, and filters that exclude one another.

use super::honoured::{self, Bearing};
use super::schema::SCHEMA;
use crate::diag::Diagnostic;
use crate::kinds::syntax::{
    Checker, dns_label, dns_subdomain_in_label, known_text, label_value_mistake,
};
use crate::kinds::{Difference, compare, table, velero};
use crate::model::expression::Expr;
use crate::model::json_path::JsonPath;
use crate::model::resource::Resource;
use crate::model::text::quote;
use serde_json::{Value as Json, json};

/// Label that Velero itself puts on every Backup of a Schedule.
pub(in crate::kinds) const SCHEDULE_NAME_LABEL: &str = "velero.io/schedule-name";
const TTL_NOTE: &str = "affects future backups only: existing ones keep their expiry";
const LABELS_NOTE: &str = "keeps the labels of the Schedule, ownership marks too, off its Backups";

/// The object as a create writes it.
///
/// Velero copies all labels of the Schedule to each Backup unless `template.metadata.labels` is there (it asks for nil,
/// so `{}` would do). But `{}` does not last: `velero schedule pause` writes the whole object back from Go, which leaves
/// an empty map out, and our marks would travel into the bucket. So there is always a label, and where the user sets
/// none it is the one that Velero adds anyway.
pub(super) fn object(resource: &Resource) -> Expr {
    table::kube_object(
        SCHEMA.fields,
        &body(resource),
        velero::API_VERSION,
        "Schedule",
    )
}

/// The body with labels for Backups in any case; see [`object`].
fn body(resource: &Resource) -> Expr {
    let labels = resource.body.member("backup_labels");
    // A map that is not known yet counts as labels.
    if labels.is_some_and(|labels| !labels.known().is_some_and(table::is_empty)) {
        return resource.body.clone();
    }
    let mut body = resource.body.clone();
    let label = json!({ SCHEDULE_NAME_LABEL: resource.text("name").unwrap_or_default() });
    body.put(["backup_labels"].into_iter(), Expr::Value(label));
    body
}

/// Differences to the Schedule as Velero honours it, with what they mean for backups.
pub(super) fn differences(resource: &Resource, live: &Json) -> Vec<Difference> {
    let body = body(resource);
    let honoured = honoured::schedule(live, Bearing::AsItIs);
    let mut found = compare::differences(SCHEMA.fields, &body, &honoured);
    honoured::write_as_it_is(&mut found, &body, live);
    for difference in &mut found {
        let attribute: Vec<&str> = difference.attribute.iter().map(String::as_str).collect();
        difference.note = match attribute.as_slice() {
            ["ttl"] => Some(TTL_NOTE.into()),
            ["backup_labels"] => Some(LABELS_NOTE.into()),
            ["backup_labels", SCHEDULE_NAME_LABEL] if difference.after.is_some() => {
                Some(LABELS_NOTE.into())
            }
            _ => difference.note.take(),
        };
    }
    found
}

/// Attributes of a live Schedule; the label that only stands in for none is none.
pub(super) fn attributes(live: &Json) -> Json {
    let honoured = honoured::schedule(live, Bearing::WithoutMarks);
    let mut attributes = table::attributes(SCHEMA.fields, &honoured);
    let name = JsonPath::dotted("metadata.name")
        .get(live)
        .cloned()
        .unwrap_or_default();
    if let Json::Object(members) = &mut attributes
        && members.get("backup_labels") == Some(&json!({ SCHEDULE_NAME_LABEL: name }))
    {
        members.remove("backup_labels");
    }
    attributes
}

/// Unpausing must not make up for a tick that passed while paused; a one-shot that Velero has not consumed yet must not
/// be lost by an apply that leaves it out.
pub(super) fn actions(differences: &[Difference], live: &Json) -> Vec<(JsonPath, Json)> {
    let place = JsonPath::dotted("spec.skipImmediately");
    let unpauses = differences.iter().any(|difference| {
        difference.attribute == ["paused"]
            && difference.before == Some(Json::Bool(true))
            && difference.write != Some(Expr::Value(Json::Bool(true)))
    });
    let pending = place.get(live) == Some(&Json::Bool(true)) && !differences.is_empty();
    if unpauses || pending {
        vec![(place, Json::Bool(true))]
    } else {
        Vec::new()
    }
}

/// Checks a declared schedule.
pub(super) fn validate(resource: &Resource, diagnostics: &mut Vec<Diagnostic>) {
    let mut checker = Checker::start(SCHEMA.fields, resource, diagnostics);
    checker.name(
        "name",
        resource.text("name").as_deref(),
        dns_subdomain_in_label,
    );
    checker.name(
        "namespace",
        resource.text("namespace").as_deref(),
        dns_label,
    );
    filters(&mut checker);
    selectors(&mut checker);
    backup_labels(&mut checker);
    resource_policy(&mut checker);
    hooks(&mut checker);
}

const OLD_FILTERS: [&str; 3] = [
    "included_resources",
    "excluded_resources",
    "include_cluster_resources",
];
const NEW_FILTERS: [&str; 4] = [
    "included_cluster_scoped_resources",
    "excluded_cluster_scoped_resources",
    "included_namespace_scoped_resources",
    "excluded_namespace_scoped_resources",
];

/// Whether a body says anything about an attribute.
fn says(resource: &Resource, attribute: &str) -> bool {
    resource
        .body
        .member(attribute)
        .is_some_and(|value| !value.known().is_some_and(table::is_empty))
}

fn filters(checker: &mut Checker<'_>) {
    let resource = checker.resource;
    let old = OLD_FILTERS.iter().find(|name| says(resource, name));
    let new = NEW_FILTERS.iter().find(|name| says(resource, name));
    if let (Some(old), Some(new)) = (old, new) {
        let detail = format!(
            "`{new}` belongs to another set of filters than `{old}`; Velero refuses every backup that uses both"
        );
        let mistake = checker.mistake(new, "mixed-filters", "Filters of two kinds", detail);
        checker.add(mistake.hint("use either included_resources, excluded_resources and include_cluster_resources, or the four *_scoped_resources"));
    }
    if says(resource, "label_selector") && says(resource, "or_label_selector") {
        let detail = "`label_selector` and `or_label_selector` exclude one another".to_owned();
        checker.add(checker.mistake(
            "or_label_selector",
            "two-selectors",
            "Two kinds of label selectors",
            detail,
        ));
    }
    let pairs = [
        ("included_namespaces", "excluded_namespaces"),
        ("included_resources", "excluded_resources"),
        (
            "included_cluster_scoped_resources",
            "excluded_cluster_scoped_resources",
        ),
        (
            "included_namespace_scoped_resources",
            "excluded_namespace_scoped_resources",
        ),
    ];
    for (included, excluded) in pairs {
        include_and_exclude(checker, included, excluded);
    }
}

/// Velero's own laws about a pair of lists; breaking one makes each backup FailedValidation, not the Schedule.
fn include_and_exclude(checker: &mut Checker<'_>, included: &str, excluded: &str) {
    let (includes, excludes) = (
        texts(checker.resource, included),
        texts(checker.resource, excluded),
    );
    if includes.len() > 1 && includes.iter().any(|name| name == "*") {
        let detail =
            "the list holds `*` beside names; Velero takes either `*` alone or names".to_owned();
        checker.add(checker.mistake(included, "star-and-names", "Star beside names", detail));
    }
    let may_exclude_all = excluded.contains("_scoped_");
    if excludes.iter().any(|name| name == "*") && !may_exclude_all {
        let detail = "excluding `*` leaves nothing; Velero refuses every such backup".to_owned();
        checker.add(checker.mistake(
            excluded,
            "everything-excluded",
            "Everything is excluded",
            detail,
        ));
    }
    for name in excludes
        .iter()
        .filter(|name| includes.contains(name) && *name != "*")
    {
        let detail = format!(
            "{} is in `{included}` too; Velero refuses every such backup",
            quote(name)
        );
        checker.add(checker.mistake(
            excluded,
            "included-and-excluded",
            "Included and excluded",
            detail,
        ));
    }
}

pub(super) fn texts(resource: &Resource, attribute: &str) -> Vec<String> {
    let value = resource.body.member(attribute);
    let list = value
        .as_ref()
        .and_then(Expr::known)
        .and_then(Json::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .map(str::to_owned)
        .collect()
}

fn selectors(checker: &mut Checker<'_>) {
    let hooks = members(&checker.resource.body, "hook");
    let in_hooks = hooks
        .iter()
        .flat_map(|hook| members(hook, "label_selector"));
    let places = [
        (
            "label_selector",
            members(&checker.resource.body, "label_selector"),
        ),
        (
            "or_label_selector",
            members(&checker.resource.body, "or_label_selector"),
        ),
        ("hook.label_selector", in_hooks.collect()),
    ];
    for (attribute, blocks) in places {
        for expression in blocks
            .iter()
            .flat_map(|block| members(block, "match_expression"))
        {
            let Some(expression) = expression.known() else {
                continue;
            };
            let operator = expression
                .get("operator")
                .and_then(Json::as_str)
                .unwrap_or_default();
            let values = expression
                .get("values")
                .is_some_and(|values| !table::is_empty(values));
            let why = match operator {
                "In" | "NotIn" if !values => "needs `values`",
                "Exists" | "DoesNotExist" if values => "takes no `values`",
                _ => continue,
            };
            let place = format!("{attribute}.match_expression.operator");
            let detail = format!("the operator {} {why}", quote(operator));
            checker.add(checker.mistake(
                &place,
                "selector-values",
                "Values do not fit the operator",
                detail,
            ));
        }
    }
}

fn members(body: &Expr, block: &str) -> Vec<Expr> {
    body.member(block)
        .map(|blocks| table::blocks(&blocks))
        .unwrap_or_default()
}

fn backup_labels(checker: &mut Checker<'_>) {
    let labels = checker.resource.body.member("backup_labels");
    let Some(Expr::Value(Json::Object(labels))) = labels else {
        return;
    };
    for (key, value) in &labels {
        if let Some(why) = value.as_str().and_then(label_value_mistake) {
            let detail = format!("{} of {} is no value of a label: {why}", value, quote(key));
            checker.add(checker.mistake(
                "backup_labels",
                "invalid-label-value",
                "Invalid label value",
                detail,
            ));
        }
    }
}

fn resource_policy(checker: &mut Checker<'_>) {
    for policy in members(&checker.resource.body, "resource_policy") {
        let kind = policy.member("kind").as_ref().and_then(known_text);
        if let Some(kind) = kind.filter(|kind| !kind.eq_ignore_ascii_case("configmap")) {
            let detail = format!(
                "{} is no kind of policy; Velero takes ConfigMaps and passes over all else in silence",
                quote(&kind)
            );
            let place = "resource_policy.kind";
            let mistake = checker.mistake(
                place,
                "unknown-policy-kind",
                "Unknown kind of resource policy",
                detail,
            );
            checker.add(checker.mend(mistake, place, "configmap"));
        }
    }
}

fn hooks(checker: &mut Checker<'_>) {
    for hook in members(&checker.resource.body, "hook") {
        for phase in ["pre", "post"] {
            for exec in members(&hook, phase)
                .iter()
                .flat_map(|step| members(step, "exec"))
            {
                if exec
                    .member("command")
                    .is_some_and(|command| command.known().is_some_and(table::is_empty))
                {
                    let place = format!("hook.{phase}.exec.command");
                    let detail = "a hook runs a program, and the list names none".to_owned();
                    checker.add(checker.mistake(&place, "empty-command", "Empty command", detail));
                }
            }
        }
    }
}
