//! What the table of a server does not tell: whether the rendered objects are those of a server, of this version.

use super::flags;
use super::object::{self, Role, role};
use super::release::{FLOOR, Release};
use super::schema::SCHEMA;
use super::workload;
use crate::diag::Diagnostic;
use crate::kinds::kubernetes_manifest as manifest;
use crate::kinds::syntax::Checker;
use crate::kinds::table;
use crate::model::advice::Advice;
use crate::model::expression::Expr;
use crate::model::resource::Resource;
use crate::model::text::quote;
use serde_json::Value as Json;

/// Checks a declared server; where it is right, each of its objects.
pub(super) fn validate(resource: &Resource, diagnostics: &mut Vec<Diagnostic>) {
    let before = diagnostics.len();
    let mut checker = Checker::start(SCHEMA.fields, resource, diagnostics);
    let release = release(&mut checker);
    rendered(&mut checker);
    images(&mut checker);
    args(&mut checker, release);
    if diagnostics.len() > before {
        return;
    }
    for part in object::parts(resource) {
        if part.kind.schema().kind == "kubernetes_manifest"
            && !manifest::is_built_in(&part.resource)
        {
            let mut checker = Checker::start(&[], &part.resource, diagnostics);
            let (_, kind) = manifest::type_names(&part.resource).unwrap_or_default();
            mistake(
                &mut checker,
                "manifest",
                format!("a {kind} is no part of a server; declare it as a `kubernetes_manifest`"),
            );
        }
        part.kind.validate(&part.resource, diagnostics);
    }
}

fn mistake(checker: &mut Checker<'_>, place: &str, detail: String) {
    checker.add(checker.mistake(place, "invalid-manifest", "Invalid manifest", detail));
}

fn release(checker: &mut Checker<'_>) -> Option<Release> {
    let text = checker.resource.text("version")?;
    let release = Release::parse(&text);
    let (code, summary, detail) = match release {
        Some(release) if release >= FLOOR => return Some(release),
        Some(_) => (
            "velero-too-old",
            "Velero too old",
            format!(
                "{} restores no volume from a ReadOnly location, which a recovery needs; 1.18.1 is the oldest that does",
                quote(&text)
            ),
        ),
        None => (
            "invalid-version",
            "Invalid version",
            format!(
                "{} is no version of Velero: write it as `1.18.1`",
                quote(&text)
            ),
        ),
    };
    checker.add(checker.mistake("version", code, summary, detail));
    None
}

/// Whether the objects are those of one server.
fn rendered(checker: &mut Checker<'_>) {
    let declared = checker.resource.body.member("manifests");
    let is_list = matches!(&declared, Some(Expr::Value(Json::Array(_))));
    let objects = object::manifests(checker.resource);
    if !is_list || objects.iter().any(|object| !object.is_object()) {
        let detail = "`manifests` is a list of objects, one of each rendered file".to_owned();
        return mistake(checker, "manifests", detail);
    }
    let count = |wanted: Role| objects.iter().filter(|one| role(one) == wanted).count();
    if count(Role::Server) != 1 {
        let detail = "there is no Deployment `velero` among them".to_owned();
        mistake(checker, "manifests", detail);
    }
    let says_agent = checker.resource.body.member("node_agent");
    let says_agent = says_agent.is_some_and(|blocks| !table::blocks(&blocks).is_empty());
    if says_agent && count(Role::NodeAgent) == 0 {
        let detail = "there is no DaemonSet `node-agent` among the manifests".to_owned();
        let missing = checker.mistake("node_agent", "no-node-agent", "No node agent", detail);
        checker.add(missing.hint(Advice::node_agent().to_string()));
    }
    let namespace = object::namespace(checker.resource);
    for object in &objects {
        let text = |place: &str| {
            object
                .pointer(place)
                .and_then(Json::as_str)
                .unwrap_or_default()
        };
        let kind = text("/kind");
        if matches!(kind, "BackupStorageLocation" | "VolumeSnapshotLocation") {
            let detail = format!(
                "a {kind} is no part of a server; locations are declared one by one, so that making a server alters none"
            );
            mistake(checker, "manifests", detail);
        }
        let other = text("/metadata/namespace");
        if !other.is_empty() && other != namespace {
            let name = text("/metadata/name");
            let detail =
                format!("{kind} {name} is in namespace {other}, the server in {namespace}");
            mistake(checker, "manifests", detail);
        }
    }
}

/// An image of another version runs other code than the types beside it are for.
fn images(checker: &mut Checker<'_>) {
    let Some(version) = checker.resource.text("version") else {
        return;
    };
    for object in object::manifests(checker.resource) {
        if role(&object) == Role::Other {
            continue;
        }
        let image = workload::version(&object);
        if image.as_deref() != Some(version.as_str()) {
            let name = object["metadata"]["name"].as_str().unwrap_or_default();
            let found = image.map_or("no version".to_owned(), |image| format!("v{image}"));
            let detail = format!("the image of {name} is tagged with {found}, not with v{version}");
            checker.add(checker.mistake("version", "other-version", "Another version", detail));
        }
    }
}

/// A program that is given a flag that it does not know does not start. Of versions that are not known here nothing is said.
fn args(checker: &mut Checker<'_>, release: Option<Release>) {
    if release.is_none_or(|release| release.minor() != flags::MINOR) {
        return;
    }
    let agent = checker.resource.in_block("node_agent", "args");
    let said = [
        ("args", flags::SERVER, checker.resource.body.member("args")),
        ("node_agent.args", flags::NODE_AGENT, agent),
    ];
    for (place, known, args) in said {
        let args = args.and_then(Expr::into_known).unwrap_or_default();
        for (name, value) in args.as_object().into_iter().flatten() {
            let value = value.as_str().unwrap_or_default();
            let Some(wrong) = flags::wrong(known, name, value) else {
                continue;
            };
            let attribute = format!("{place}.{name}");
            let found = checker.mistake(&attribute, "invalid-flag", "Invalid flag", wrong.detail);
            checker.add(match wrong.hint {
                Some(hint) => found.hint(hint),
                None => found,
            });
        }
    }
}
