//! What the table of an application does not tell: retention that keeps nothing, names, objectives.

use super::object::{self, Period};
use super::schema::{RELATED, SCHEMA};
use crate::diag::Diagnostic;
use crate::kinds::syntax::{Checker, dns_label, dns_subdomain_in_label, known_text};
use crate::kinds::table;
use crate::model::duration::GoDuration;
use crate::model::expression::Expr;
use crate::model::resource::Resource;
use crate::model::text::quote;
use serde_json::Value as Json;

/// A Go duration ends after 292 years; nobody keeps a backup for longer than this.
const YEARS: i64 = 100;

/// Checks a declared application; where it is right, each Schedule that it expands to, whose attributes say the same.
pub(super) fn validate(resource: &Resource, diagnostics: &mut Vec<Diagnostic>) {
    let before = diagnostics.len();
    let mut checker = Checker::start(SCHEMA.fields, resource, diagnostics);
    names(&mut checker);
    retention(&mut checker);
    rpo(&mut checker);
    ready_hooks(&mut checker);
    filters(&mut checker);
    volumes(&mut checker);
    if diagnostics.len() > before {
        return;
    }
    if let Some(part) = object::parts(resource).first() {
        part.kind.validate(&part.resource, diagnostics);
    }
}

fn names(checker: &mut Checker<'_>) {
    let resource = checker.resource;
    let name = object::name(resource);
    let namespace = resource.text("namespace");
    checker.name("namespace", namespace.as_deref(), dns_label);
    if let Some(why) = dns_subdomain_in_label(&name) {
        let detail = format!("{} is no name that Kubernetes takes: {why}", quote(&name));
        let mistake = checker.mistake("name", "invalid-name", "Invalid name", detail);
        checker.add(match resource.spans.contains_key("name") {
            true => mistake,
            false => {
                mistake.hint("an application without `name` has that of its block: set `name`")
            }
        });
        return;
    }
    let profile = resource.text("profile");
    checker.name("profile", profile.as_deref(), dns_label);
    let longest = object::parts(resource)
        .iter()
        .filter_map(|part| part.resource.text("name"))
        .max_by_key(String::len);
    checker.name("name", longest.as_deref(), dns_subdomain_in_label);
}

fn retention(checker: &mut Checker<'_>) {
    let body = &checker.resource.body;
    if body.member("retention").is_none() {
        return;
    }
    let mut total = 0;
    for period in Period::ALL {
        let count = object::count(body, period);
        total += count.clamp(0, 1);
        let limit = YEARS * 365 * 24 / period.hours();
        if !(0..=limit).contains(&count) {
            let place = format!("retention.{}", period.name());
            let detail = format!("{count} is not between 0 and {limit}, which is {YEARS} years");
            checker.add(checker.mistake(&place, "invalid-count", "Invalid count", detail));
        }
    }
    if total == 0 {
        let detail =
            "it keeps no backups: daily, monthly and yearly are all 0, so that there would be no Schedule"
                .to_owned();
        let mistake = checker.mistake(
            "retention",
            "retention-nowhere",
            "Retention 0 everywhere",
            detail,
        );
        checker.add(mistake.hint("set one of them, or remove the resource: existing backups stay"));
    }
}

fn rpo(checker: &mut Checker<'_>) {
    let rpo = checker.resource.text("rpo");
    if rpo.and_then(|text| text.parse().ok()) == Some(GoDuration::ZERO) {
        let detail = "no backup is ever as new as that".to_owned();
        checker.add(checker.mistake("rpo", "invalid-objective", "Objective of zero", detail));
    }
}

/// What an attribute stands for counts where it is said, not where it stands in for nothing.
fn filters(checker: &mut Checker<'_>) {
    let body = &checker.resource.body;
    let Some(scoped) = object::scoped(body) else {
        return;
    };
    let is = |attribute: &str, value: Json| body.member(attribute) == Some(Expr::Value(value));
    let others = [
        (
            "included_resources",
            object::says(body, "included_resources"),
        ),
        (
            "excluded_resources",
            object::says(body, "excluded_resources"),
        ),
        (
            "default_exclusions",
            is("default_exclusions", Json::Bool(true)),
        ),
        (
            "cluster_resources",
            object::says(body, "cluster_resources") && !is("cluster_resources", RELATED.into()),
        ),
    ];
    if let Some((other, _)) = others.into_iter().find(|(_, is_used)| *is_used) {
        let detail = format!(
            "`{scoped}` belongs to another set of filters than `{other}`; Velero refuses every backup that uses both"
        );
        let mistake = checker.mistake(scoped, "mixed-filters", "Filters of two kinds", detail);
        checker.add(mistake.hint("use either included_resources, excluded_resources, default_exclusions and cluster_resources, or the four *_scoped_resources"));
    }
}

fn volumes(checker: &mut Checker<'_>) {
    let body = &checker.resource.body;
    let flag = object::FLAGS
        .into_iter()
        .find(|flag| object::says(body, flag));
    if let (Some(flag), true) = (flag, object::says(body, "volumes")) {
        let detail = format!("`volumes` and `{flag}` say the same thing");
        let mistake = checker.mistake("volumes", "two-methods", "Volumes said twice", detail);
        checker.add(
            mistake.hint("`volumes` names the usual pairs of default_volumes_to_fs_backup and snapshot_volumes: use one or the other"),
        );
    }
}

fn blocks(body: &Expr, name: &str) -> Vec<Expr> {
    body.member(name)
        .map(|blocks| table::blocks(&blocks))
        .unwrap_or_default()
}

fn text(block: &Expr, name: &str) -> Option<String> {
    block.member(name).as_ref().and_then(known_text)
}

/// The path stands in a script, so that it may hold nothing that a shell would take.
fn ready_hooks(checker: &mut Checker<'_>) {
    for block in blocks(&checker.resource.body, "ready_hook") {
        let Some(path) = text(&block, "path") else {
            continue;
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
        if !path.starts_with('/') || !path.chars().all(plain) {
            let detail = format!(
                "{} is no absolute path of letters, digits, `/`, `-`, `_` and `.`",
                quote(&path)
            );
            checker.add(checker.mistake("ready_hook.path", "invalid-path", "Invalid path", detail));
        }
        if block
            .member("match_labels")
            .is_some_and(|labels| labels.known().is_some_and(table::is_empty))
        {
            let detail = "without labels it would run in every pod that is backed up".to_owned();
            let place = "ready_hook.match_labels";
            checker.add(checker.mistake(place, "no-labels", "Hook for every pod", detail));
        }
    }
}
