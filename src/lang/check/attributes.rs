//! Steps into a resource against the attributes of its schema. Must not know what is declared.

use super::shape::inner_fields;
use crate::diag::{Diagnostic, Patch, Span, suggest};
use crate::lang::syntax::{Step, StepKind};
use crate::model::schema::{Field, Presence};

/// Whether the steps into a resource lead to an attribute of its schema.
pub fn attribute(fields: &'static [Field], title: &str, steps: &[Step]) -> Option<Diagnostic> {
    let mut fields = fields;
    let mut title = title;
    let mut steps = steps.iter();
    while let Some(step) = steps.next() {
        let StepKind::Attribute(name) = &step.kind else {
            return None;
        };
        let Some(field) = fields.iter().find(|field| field.name == name.as_ref()) else {
            let detail = format!("`{title}` has no attribute `{name}`");
            let diagnostic =
                Diagnostic::error("unknown-attribute", "Unknown attribute", detail).at(step.span);
            let readable = fields
                .iter()
                .filter(|field| !matches!(field.presence, Presence::Rejected(_)));
            return Some(
                match suggest::nearest(name, readable.map(|field| field.name)) {
                    Some(meant) => diagnostic.fix(
                        format!("did you mean `{meant}`?"),
                        Patch {
                            span: name_span(step),
                            text: meant.to_owned(),
                        },
                    ),
                    None => diagnostic,
                },
            );
        };
        if let Presence::Rejected(why) = field.presence {
            let detail = format!("`{name}`: {why}");
            return Some(
                Diagnostic::error("rejected-argument", "Argument not supported", detail)
                    .at(step.span),
            );
        }
        let inner = inner_fields(field)?;
        let next = steps.next()?;
        if let StepKind::Attribute(attribute) = &next.kind {
            let detail = format!("`{name}` is a list of blocks, so one of them must be named");
            let diagnostic =
                Diagnostic::error("invalid-reference", "Invalid reference", detail).at(step.span);
            let patch = Patch {
                span: name_span(step),
                text: format!("{name}[0]"),
            };
            return Some(diagnostic.fix(format!("such as {name}[0].{attribute}"), patch));
        }
        fields = inner;
        title = field.name;
    }
    None
}

/// A step's span without its dot.
pub fn name_span(step: &Step) -> Span {
    match &step.kind {
        StepKind::Attribute(name) => Span {
            start: step.span.end.saturating_sub(name.len()),
            ..step.span
        },
        StepKind::Index(_) | StepKind::AttributeSplat | StepKind::FullSplat => step.span,
    }
}
