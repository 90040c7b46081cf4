//! What the table of a cluster does not tell. There is no object: what is there is a file and an API that answers.

use super::schema::SCHEMA;
use crate::diag::Diagnostic;
use crate::kinds::syntax::{Checker, dns_label};
use crate::kinds::table;
use crate::model::expression::Expr;
use crate::model::resource::Resource;
use crate::model::text::quote;

/// Checks a declared cluster.
pub(super) fn validate(resource: &Resource, diagnostics: &mut Vec<Diagnostic>) {
    let mut checker = Checker::start(SCHEMA.fields, resource, diagnostics);
    checker.name("name", resource.text("name").as_deref(), dns_label);
    if let Some(engine) = resource.text("engine").filter(|engine| engine != "command") {
        let detail = format!(
            "{} is no engine; `command`, which runs a program of yours, is the only one yet",
            quote(&engine)
        );
        let mistake = checker.mistake("engine", "unknown-engine", "Unknown engine", detail);
        checker.add(checker.mend(mistake, "engine", "command"));
    }
    if resource
        .body
        .member("command")
        .is_some_and(|command| command.known().is_some_and(table::is_empty))
    {
        let detail = "the list names no program".to_owned();
        checker.add(checker.mistake("command", "empty-command", "Empty command", detail));
    }
    let first = resource.body.member("command").and_then(Expr::into_known);
    let first = first.and_then(|command| Some(command.get(0)?.as_str()?.trim().is_empty()));
    if first == Some(true) {
        let detail = "its first string, the program, is empty".to_owned();
        checker.add(checker.mistake("command", "empty-command", "Empty command", detail));
    }
    if resource
        .text("kubeconfig")
        .is_some_and(|path| path.trim().is_empty())
    {
        let detail =
            "the path is empty; the kubeconfig is the proof that the cluster is there".to_owned();
        checker.add(checker.mistake("kubeconfig", "empty-path", "Empty path", detail));
    }
}
