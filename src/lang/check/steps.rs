//! What the steps behind a name lead to: an instance of a resource or module, then an attribute or output of it.

use super::attributes::{attribute, name_span};
use super::order::Node;
use super::references::Walker;
use crate::diag::{Diagnostic, Patch, Span, suggest};
use crate::lang::module::{Repeat, ResourceName};
use crate::lang::syntax::{Step, StepKind};
use std::sync::Arc;

impl Walker<'_> {
    /// A resource, an instance of it, an attribute.
    pub(super) fn resource(&mut self, name: ResourceName, root: Span, whole: Span, steps: &[Step]) {
        let Some(resource) = self.module.resources.get(&name) else {
            self.no_resource(&name, root, whole);
            return;
        };
        self.needs.insert(Node::Resource(name.clone()));
        let Some(schema) = resource.schema else {
            return;
        };
        let title = name.address().to_string();
        let behind = steps.get(1..).unwrap_or_default();
        let Some(rest) = self.instance(&title, &resource.repeat, whole, behind) else {
            return;
        };
        if let Some(diagnostic) = attribute(schema.fields, schema.kind, rest) {
            self.diagnostics.push(diagnostic);
        }
    }

    fn no_resource(&mut self, name: &ResourceName, root: Span, whole: Span) {
        let same_kind = self
            .module
            .resources
            .keys()
            .filter(|other| other.kind == name.kind)
            .map(|other| other.name.as_ref());
        if let Some(near) = suggest::nearest(&name.name, same_kind) {
            let detail = format!("there is no resource `{}.{}`", name.kind, name.name);
            let text = format!("{}.{near}", name.kind);
            let diagnostic = Diagnostic::error("undeclared", "Undeclared name", detail).at(whole);
            self.diagnostics.push(diagnostic.fix(
                format!("did you mean `{text}`?"),
                Patch { span: whole, text },
            ));
            return;
        }
        if self.schemas.schema(&name.kind).is_some() {
            let detail = format!("there is no resource `{}.{}`", name.kind, name.name);
            let hint = format!(
                "declare it: resource \"{}\" \"{}\" {{ }}",
                name.kind, name.name
            );
            self.diagnostics.push(
                Diagnostic::error("undeclared", "Undeclared name", detail)
                    .at(whole)
                    .hint(hint),
            );
            return;
        }
        let known = self
            .schemas
            .kinds()
            .into_iter()
            .chain(["var", "local", "each", "secret", "path", "count", "module"]);
        match suggest::nearest(&name.kind, known) {
            Some(near) => {
                let detail = format!("`{}` is neither a resource type nor a name", name.kind);
                let diagnostic =
                    Diagnostic::error("undeclared", "Undeclared name", detail).at(root);
                let patch = Patch {
                    span: root,
                    text: near.to_owned(),
                };
                self.diagnostics
                    .push(diagnostic.fix(format!("did you mean `{near}`?"), patch));
            }
            None => self.undeclared(
                &name.kind,
                root,
                "references are var.x, local.x, secret.x, each.key, module.x.OUTPUT or TYPE.NAME.ATTRIBUTE",
            ),
        }
    }

    /// The steps behind the one that names an instance; `None`: nothing more to check.
    fn instance<'s>(
        &mut self,
        address: &str,
        repeat: &Repeat,
        whole: Span,
        steps: &'s [Step],
    ) -> Option<&'s [Step]> {
        let first = steps.first()?;
        let (argument, example) = match (repeat, &first.kind) {
            (Repeat::Once, StepKind::Index(_) | StepKind::AttributeSplat | StepKind::FullSplat) => {
                let splat = !matches!(first.kind, StepKind::Index(_));
                if !splat {
                    let detail = format!(
                        "`{address}` has neither `count` nor `for_each`, so it has no instances"
                    );
                    let diagnostic =
                        Diagnostic::error("invalid-index", "Invalid index", detail).at(first.span);
                    self.diagnostics.push(diagnostic);
                }
                return splat.then(|| steps.get(1..).unwrap_or_default());
            }
            (Repeat::Once, StepKind::Attribute(_)) => return Some(steps),
            (
                Repeat::Count(_),
                StepKind::Index(_) | StepKind::AttributeSplat | StepKind::FullSplat,
            )
            | (Repeat::ForEach(_), StepKind::Index(_)) => {
                return Some(steps.get(1..).unwrap_or_default());
            }
            (Repeat::ForEach(_), StepKind::AttributeSplat | StepKind::FullSplat) => {
                let detail = format!(
                    "`{address}` is a map of its instances, of which a splat makes nothing useful"
                );
                let diagnostic =
                    Diagnostic::error("invalid-reference", "Invalid reference", detail)
                        .at(first.span);
                self.diagnostics.push(
                    diagnostic.hint(format!("of each instance: values({address})[*].ATTRIBUTE")),
                );
                return None;
            }
            (Repeat::Count(_), StepKind::Attribute(_)) => ("count", format!("{address}[0]")),
            (Repeat::ForEach(_), StepKind::Attribute(_)) => {
                ("for_each", format!("{address}[\"KEY\"]"))
            }
        };
        let detail = format!("`{address}` has `{argument}`, so an instance must be named");
        let diagnostic =
            Diagnostic::error("invalid-reference", "Invalid reference", detail).at(whole);
        self.diagnostics
            .push(diagnostic.hint(format!("such as {example}")));
        None
    }

    /// A called module, and which of its outputs is meant.
    pub(super) fn call(&mut self, name: &Arc<str>, whole: Span, steps: &[Step]) {
        let Some(call) = self.module.calls.get(name) else {
            let near = self.near(name, self.module.calls.keys().map(AsRef::as_ref));
            return self.not_declared("module", name, whole, near);
        };
        self.needs.insert(Node::Call(name.clone()));
        let title = format!("module.{name}");
        let behind = steps.get(1..).unwrap_or_default();
        let rest = self.instance(&title, &call.repeat, whole, behind);
        let output = rest
            .and_then(<[Step]>::first)
            .and_then(|step| match &step.kind {
                StepKind::Attribute(output) => Some((output, step)),
                StepKind::Index(_) | StepKind::AttributeSplat | StepKind::FullSplat => None,
            });
        let Some((output, step)) = output else {
            self.needs.insert(Node::CallOutputs(name.clone()));
            return;
        };
        let called = call.module.and_then(|index| self.library.get(index));
        let Some(called) = called.filter(|called| called.is_whole) else {
            return;
        };
        if called.outputs.contains_key(output) {
            self.needs
                .insert(Node::CallOutput(name.clone(), output.clone()));
            return;
        }
        let detail = format!("`{title}` has no output `{output}`");
        let diagnostic =
            Diagnostic::error("unknown-attribute", "Unknown attribute", detail).at(step.span);
        let near = self.near(output, called.outputs.keys().map(AsRef::as_ref));
        self.diagnostics.push(match near {
            Some(meant) => diagnostic.fix(
                format!("did you mean `{meant}`?"),
                Patch {
                    span: name_span(step),
                    text: meant.to_owned(),
                },
            ),
            None => diagnostic.hint(format!(
                "declare it in {}: output \"{output}\" {{ value = ... }}",
                called.directory
            )),
        });
    }
}
