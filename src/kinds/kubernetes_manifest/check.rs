//! What the table of a manifest does not tell: names, what only the server writes, and waits that cannot be.

use super::object::{self, Head};
use super::schema::SCHEMA;
use super::types;
use crate::kinds::syntax::{Checker, dns_label, known_text};
use crate::kinds::table;
use crate::kinds::velero_schedule::object::SCHEDULE_NAME_LABEL;
use crate::model::expression::Expr;
use crate::model::field_path::FieldPath;
use crate::model::identity::MARK_PREFIX;
use crate::model::resource::Resource;
use crate::model::text::quote;
use regex::Regex;
use serde_json::Value as Json;

/// Kinds that say themselves when what was written runs.
pub(super) const ROLLED_OUT: &[&str] = &["Deployment", "StatefulSet", "DaemonSet"];

/// Checks a declared manifest.
pub(super) fn validate(resource: &Resource, diagnostics: &mut Vec<crate::diag::Diagnostic>) {
    let mut checker = Checker::start(SCHEMA.fields, resource, diagnostics);
    let Some(manifest) = object::manifest(resource) else {
        return;
    };
    let is_object = matches!(&manifest, Expr::Object(_) | Expr::Value(Json::Object(_)));
    if !is_object {
        // What could not be evaluated was reported.
        if manifest.known().is_some() {
            mistake(&mut checker, "`manifest` is an object, as in a YAML file");
        }
        return;
    }
    head(&mut checker, &manifest);
    foreign_parts(&mut checker, &manifest);
    if let Some(head) = object::head(resource) {
        names(&mut checker, &head);
        waits(&mut checker, &head);
        backup_labels(&mut checker, &head, &manifest);
    }
    computed_fields(&mut checker);
}

fn mistake(checker: &mut Checker<'_>, detail: &str) {
    checker.add(checker.mistake(
        "manifest",
        "invalid-manifest",
        "Invalid manifest",
        detail.to_owned(),
    ));
}

/// Without them it cannot be told which object it is.
fn head(checker: &mut Checker<'_>, manifest: &Expr) {
    for place in ["apiVersion", "kind", "metadata.name"] {
        let path: Vec<String> = place.split('.').map(str::to_owned).collect();
        match manifest.at(&path) {
            None => mistake(checker, &format!("`{place}` is missing")),
            Some(value) => static_text(checker, place, &value),
        }
    }
    let path = ["metadata".to_owned(), "namespace".to_owned()];
    if let Some(value) = manifest.at(&path) {
        static_text(checker, "metadata.namespace", &value);
    }
}

fn static_text(checker: &mut Checker<'_>, place: &str, value: &Expr) {
    match value.known() {
        Some(Json::String(text)) if !text.is_empty() => {}
        Some(_) => mistake(
            checker,
            &format!("`{place}` is a text, and not an empty one"),
        ),
        None => mistake(
            checker,
            &format!("`{place}` is known only after apply; use something static instead"),
        ),
    }
}

/// What a manifest cannot say.
fn foreign_parts(checker: &mut Checker<'_>, manifest: &Expr) {
    if manifest.member("status").is_some() {
        mistake(
            checker,
            "`status` is the controller's; leave it out of the manifest",
        );
    }
    let metadata = manifest.member("metadata");
    let members = metadata.map(Expr::into_members).unwrap_or_default();
    for name in super::fields::SERVERS_METADATA
        .iter()
        .chain(&["generateName"])
        .filter(|name| members.contains_key(**name))
    {
        let detail = format!("`metadata.{name}` is the server's; leave it out of the manifest");
        mistake(checker, &detail);
    }
    for map in ["labels", "annotations"] {
        let entries = members.get(map).cloned().map(Expr::into_members);
        let keys = entries.unwrap_or_default().into_keys();
        for key in keys.filter(|key| key.starts_with(MARK_PREFIX)) {
            let detail = format!(
                "{} belongs to sk-dr: keys under `{MARK_PREFIX}` mark what it owns",
                quote(&key)
            );
            let reserved =
                checker.mistake("manifest", "reserved-key", "Reserved metadata key", detail);
            checker.add(reserved);
        }
    }
}

/// Velero hands all labels of a Schedule to each Backup, our marks too, unless the template has labels of its own.
fn backup_labels(checker: &mut Checker<'_>, head: &Head, manifest: &Expr) {
    let is_schedule = head.group_version().0 == "velero.io" && head.kind == "Schedule";
    let place = ["spec", "template", "metadata", "labels"].map(str::to_owned);
    let labels = manifest.at(&place);
    let is_missing = labels.is_none_or(|labels| labels.known().is_some_and(table::is_empty));
    if !(is_schedule && is_missing) {
        return;
    }
    let detail = "`spec.template.metadata.labels` is missing: Velero would copy all labels of the Schedule, ownership marks too, to each Backup and into the bucket".to_owned();
    let wrong = checker.mistake(
        "manifest",
        "schedule-without-backup-labels",
        "Labels of the Backups are missing",
        detail,
    );
    let line = format!(
        "`labels = {{ \"{SCHEDULE_NAME_LABEL}\" = {} }}`",
        quote(&head.name)
    );
    checker.add(wrong.hint(format!(
        "Velero adds one label anyway, which does: {line}; a `velero_schedule` writes it by itself"
    )));
}

fn names(checker: &mut Checker<'_>, head: &Head) {
    let is_core = head.api_version == "v1";
    if is_core && head.kind == "Secret" {
        let detail = "values in a manifest are shown in plans and stored with them".to_owned();
        let wrong = checker.mistake(
            "manifest",
            "secret-in-manifest",
            "Secret in a manifest",
            detail,
        );
        checker.add(wrong.hint("write a `kubernetes_secret`, which shows and stores none"));
    }
    if is_core && head.kind == "List" {
        mistake(
            checker,
            "a manifest is one object; `for_each` makes one resource of each item",
        );
    }
    checker.name("manifest", head.namespace.as_deref(), dns_label);
    match types::built_in(head).map(|known| known.namespaced) {
        Some(true) if head.namespace.is_none() => mistake(
            checker,
            &format!(
                "a {} lives in a namespace: `metadata.namespace` is missing",
                head.kind
            ),
        ),
        Some(false) if head.namespace.is_some() => mistake(
            checker,
            &format!(
                "a {} lives in no namespace: leave `metadata.namespace` out",
                head.kind
            ),
        ),
        Some(true | false) | None => {}
    }
}

fn waits(checker: &mut Checker<'_>, head: &Head) {
    let wait = checker.resource.body.member("wait");
    let Some(wait) = wait.and_then(|blocks| table::blocks(&blocks).into_iter().next()) else {
        return;
    };
    let fields = wait.member("fields").map(Expr::into_members);
    let fields = fields.unwrap_or_default();
    let rollout = wait.member("rollout") == Some(Expr::Value(true.into()));
    let conditions = wait
        .member("condition")
        .map(|blocks| table::blocks(&blocks));
    let says = [
        !fields.is_empty(),
        rollout,
        conditions.is_some_and(|conditions| !conditions.is_empty()),
    ];
    if says.iter().filter(|one| **one).count() > 1 {
        let detail = "`fields`, `rollout` and `condition` exclude one another".to_owned();
        checker.add(checker.mistake("wait", "two-waits", "More than one wait", detail));
    }
    if rollout && !ROLLED_OUT.contains(&head.kind.as_str()) {
        let detail = format!(
            "a {} is not rolled out; {} are",
            head.kind,
            ROLLED_OUT.join(", ")
        );
        checker.add(checker.mistake(
            "wait.rollout",
            "no-rollout",
            "Nothing is rolled out",
            detail,
        ));
    }
    for (place, pattern) in fields {
        if let Err(why) = place.parse::<FieldPath>() {
            let detail = format!("{} is no place in an object: {why}", quote(&place));
            checker.add(checker.mistake("wait.fields", "invalid-path", "Invalid path", detail));
        }
        let pattern = known_text(&pattern).unwrap_or_default();
        if pattern != "*" && Regex::new(&pattern).is_err() {
            let detail = format!("{} is no regular expression", quote(&pattern));
            checker.add(checker.mistake(
                "wait.fields",
                "invalid-pattern",
                "Invalid pattern",
                detail,
            ));
        }
    }
}

fn computed_fields(checker: &mut Checker<'_>) {
    let listed = checker.resource.body.member("computed_fields");
    let listed = listed.and_then(Expr::into_known).unwrap_or_default();
    for text in listed
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
    {
        let why = match text.parse::<FieldPath>() {
            Err(why) => why.to_string(),
            Ok(path) if path.members().is_none() => {
                "a list is compared and written whole, so that it is left to others whole"
                    .to_owned()
            }
            Ok(_) => continue,
        };
        let detail = format!("{} is no field of the manifest: {why}", quote(text));
        checker.add(checker.mistake("computed_fields", "invalid-path", "Invalid path", detail));
    }
}
