//! What the table of a volume snapshot location does not tell: a setting without which the plugin refuses every backup.

use super::schema::SCHEMA;
use crate::diag::Diagnostic;
use crate::kinds::syntax::{Checker, dns_label, dns_subdomain};
use crate::model::resource::Resource;

/// Checks a declared volume snapshot location.
pub(super) fn validate(resource: &Resource, diagnostics: &mut Vec<Diagnostic>) {
    let mut checker = Checker::start(SCHEMA.fields, resource, diagnostics);
    checker.name("name", resource.text("name").as_deref(), dns_subdomain);
    checker.name(
        "namespace",
        resource.text("namespace").as_deref(),
        dns_label,
    );
    let provider = resource.text("provider_name");
    if !matches!(provider.as_deref(), Some("aws" | "velero.io/aws")) {
        return;
    }
    // A map that is not known yet may hold it.
    let config = resource.body.member("config");
    let is_open = config
        .as_ref()
        .is_some_and(|config| config.known().is_none() && config.member("region").is_none());
    let region = config.and_then(|config| config.member("region"));
    if region.is_none() && !is_open {
        let detail = "velero-plugin-for-aws needs the region of the volumes; without it every backup that takes a snapshot fails".to_owned();
        let mistake = checker.mistake(
            "config",
            "missing-plugin-config",
            "Missing plugin setting",
            detail,
        );
        checker.add(mistake.hint("add `region` to `config`"));
    }
}
