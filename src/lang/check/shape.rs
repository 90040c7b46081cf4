//! A body against the fields of a schema: which argument is which field, what is missing, what cannot be written.

use super::dynamic::{self, DynamicPlan};
use crate::diag::{Diagnostic, Patch, Span, suggest};
use crate::lang::collect::{unsupported_argument, unsupported_block};
use crate::lang::syntax::{Attribute, Block, Body, Name};
use crate::model::schema::{Field, Presence, Shape};

/// A body whose arguments and blocks have found their fields.
#[derive(Debug)]
pub struct BodyPlan<'m> {
    /// All fields there are.
    pub fields: &'static [Field],
    /// Arguments.
    pub arguments: Vec<(&'static Field, &'m Attribute)>,
    /// Nested blocks by field, in schema order.
    pub blocks: Vec<(&'static Field, Vec<NestedPlan<'m>>)>,
    /// The header of the block.
    pub header: Span,
}

/// Nested blocks as they are written.
#[derive(Debug)]
pub enum NestedPlan<'m> {
    /// One.
    Written(BodyPlan<'m>),
    /// One for each element of a collection.
    Dynamic(DynamicPlan<'m>),
}

/// The fields that a nested block has, if it is one.
pub fn inner_fields(field: &Field) -> Option<&'static [Field]> {
    match field.shape {
        Shape::Block(fields) | Shape::Blocks(fields) => Some(fields),
        Shape::Text
        | Shape::Choice(_)
        | Shape::Duration
        | Shape::Cron
        | Shape::Bool
        | Shape::Integer
        | Shape::TextList
        | Shape::TextMap
        | Shape::Any => None,
    }
}

/// Names that a user may write: arguments or blocks.
fn writable(fields: &'static [Field], blocks: Blocks) -> impl Iterator<Item = &'static str> {
    fields
        .iter()
        .filter(|field| !matches!(field.presence, Presence::Computed | Presence::Rejected(_)))
        .filter(move |field| inner_fields(field).is_some() == (blocks == Blocks::Nested))
        .map(|field| field.name)
}

#[derive(Clone, Copy, PartialEq)]
enum Blocks {
    Arguments,
    Nested,
}

/// Finds the field of everything in a body; `title` is what the block is called in messages.
pub fn plan<'m>(
    body: &'m Body,
    fields: &'static [Field],
    title: &str,
    header: Span,
    diagnostics: &mut Vec<Diagnostic>,
) -> BodyPlan<'m> {
    let mut plan = BodyPlan {
        fields,
        arguments: Vec::new(),
        blocks: Vec::new(),
        header,
    };
    for attribute in &body.attributes {
        let name = &attribute.name;
        let field = fields.iter().find(|field| field.name == name.text.as_ref());
        let diagnostic = match field {
            None => Some(unknown_argument(title, attribute, fields)),
            Some(field) => not_writable(field, name.span).or_else(|| {
                inner_fields(field).is_some().then(|| {
                    let detail = format!(
                        "`{}` is a block: write {} {{ ... }} without `=`",
                        field.name, field.name
                    );
                    let span = Span {
                        end: attribute.value.span.start,
                        ..name.span
                    };
                    let patch = Patch {
                        span,
                        text: format!("{} ", field.name),
                    };
                    let diagnostic =
                        Diagnostic::error("unsupported-argument", "Unsupported argument", detail)
                            .at(name.span);
                    diagnostic.fix("leave out the `=`", patch)
                })
            }),
        };
        match (diagnostic, field) {
            (Some(diagnostic), _) => diagnostics.push(diagnostic.within(header)),
            (None, Some(field)) => plan.arguments.push((field, attribute)),
            (None, None) => {}
        }
    }
    for field in fields {
        let blocks: Vec<&Block> = body
            .blocks
            .iter()
            .filter(|block| made(block).is_some_and(|name| name.text.as_ref() == field.name))
            .collect();
        nested(&mut plan, field, &blocks, diagnostics);
    }
    for block in &body.blocks {
        let Some(name) = made(block) else {
            let detail = "this block is written dynamic \"BLOCK\" { }";
            diagnostics.push(
                Diagnostic::error("wrong-labels", "Wrong labels", detail)
                    .at(block.header)
                    .within(header),
            );
            continue;
        };
        if !fields.iter().any(|field| field.name == name.text.as_ref()) {
            let known = writable(fields, Blocks::Nested);
            diagnostics.push(unsupported_block(title, &name.text, name.span, known).within(header));
        }
    }
    missing(&plan, body, title, diagnostics);
    plan
}

/// The name of the nested block that a block is, or makes by `dynamic`; `None`: it does not say which.
fn made(block: &Block) -> Option<&Name> {
    if block.kind.text.as_ref() == dynamic::DYNAMIC {
        dynamic::label(block)
    } else {
        Some(&block.kind)
    }
}

fn unknown_argument(title: &str, attribute: &Attribute, fields: &'static [Field]) -> Diagnostic {
    let name = &attribute.name;
    let block = suggest::nearest(&name.text, writable(fields, Blocks::Nested));
    let diagnostic = unsupported_argument(
        title,
        &name.text,
        name.span,
        writable(fields, Blocks::Arguments),
    );
    match block {
        Some(block) if diagnostic.hints.is_empty() => {
            diagnostic.hint(format!("did you mean the block `{block}`?"))
        }
        Some(_) | None => diagnostic,
    }
}

fn not_writable(field: &Field, span: Span) -> Option<Diagnostic> {
    match field.presence {
        Presence::Computed => {
            let detail = format!("`{}` is known after apply and cannot be set", field.name);
            Some(Diagnostic::error("computed-argument", "Computed argument", detail).at(span))
        }
        Presence::Rejected(why) => {
            let detail = format!("`{}`: {why}", field.name);
            Some(Diagnostic::error("rejected-argument", "Argument not supported", detail).at(span))
        }
        Presence::Required | Presence::Optional | Presence::Default(_) => None,
    }
}

fn nested<'m>(
    plan: &mut BodyPlan<'m>,
    field: &'static Field,
    blocks: &[&'m Block],
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Some(first) = blocks.first().and_then(|block| made(block)) else {
        return;
    };
    if let Some(diagnostic) = not_writable(field, first.span) {
        diagnostics.push(diagnostic.within(plan.header));
        return;
    }
    let Some(inner) = inner_fields(field) else {
        let example = if matches!(field.shape, Shape::TextMap | Shape::Any) {
            " { ... }"
        } else {
            " ..."
        };
        let detail = format!(
            "`{}` is an argument: write {} ={example}",
            field.name, field.name
        );
        let diagnostic =
            Diagnostic::error("unsupported-block", "Unsupported block", detail).at(first.span);
        let diagnostic = diagnostic.within(plan.header);
        let patch = Patch {
            span: first.span,
            text: format!("{} =", field.name),
        };
        diagnostics.push(if blocks.iter().any(|block| is_dynamic(block)) {
            diagnostic.hint("a `for` expression makes its value: [for x in ... : x]")
        } else {
            diagnostic.fix("put a `=` between", patch)
        });
        return;
    };
    let written = || blocks.iter().filter(|block| !is_dynamic(block));
    if let (Shape::Block(_), Some(second)) = (&field.shape, written().nth(1)) {
        let detail = format!("there can be one `{}` block", field.name);
        diagnostics.push(
            Diagnostic::error("duplicate", "Declared twice", detail)
                .at(second.kind.span)
                .within(plan.header),
        );
    }
    for label in written().filter_map(|block| block.labels.first()) {
        let detail = format!("the block `{}` has no labels", field.name);
        diagnostics.push(
            Diagnostic::error("wrong-labels", "Wrong labels", detail)
                .at(label.span)
                .within(plan.header),
        );
    }
    let mut plans = Vec::with_capacity(blocks.len());
    for block in blocks {
        if is_dynamic(block) {
            plans.extend(dynamic::plan(block, inner, diagnostics).map(NestedPlan::Dynamic));
        } else {
            let body = self::plan(&block.body, inner, field.name, block.header, diagnostics);
            plans.push(NestedPlan::Written(body));
        }
    }
    plan.blocks.push((field, plans));
}

fn is_dynamic(block: &Block) -> bool {
    block.kind.text.as_ref() == dynamic::DYNAMIC
}

fn missing(plan: &BodyPlan<'_>, body: &Body, title: &str, diagnostics: &mut Vec<Diagnostic>) {
    for field in plan
        .fields
        .iter()
        .filter(|field| matches!(field.presence, Presence::Required))
    {
        let written = body
            .attributes
            .iter()
            .any(|attribute| attribute.name.text.as_ref() == field.name)
            || body
                .blocks
                .iter()
                .filter_map(made)
                .any(|name| name.text.as_ref() == field.name);
        if !written {
            let what = if inner_fields(field).is_some() {
                "block"
            } else {
                "argument"
            };
            let detail = format!("`{title}` needs the {what} `{}`", field.name);
            diagnostics.push(
                Diagnostic::error("missing-argument", "Missing argument", detail).at(plan.header),
            );
        }
    }
}
