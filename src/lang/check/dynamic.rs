//! `dynamic "block" { for_each = ... content { } }`: one nested block for each element of a collection. Its parts, and
//! what is wrong with them; must not know values.

use super::shape::{self, BodyPlan};
use crate::diag::{Diagnostic, Span};
use crate::lang::collect::{missing, unsupported_argument, unsupported_block};
use crate::lang::syntax::{Attribute, Block, Expression, Name, Term};
use crate::model::schema::Field;
use std::sync::Arc;

/// Kind of the block.
pub const DYNAMIC: &str = "dynamic";
const ARGUMENTS: &[&str] = &["for_each", "iterator"];

/// A `dynamic` block whose parts have been found.
#[derive(Debug)]
pub struct DynamicPlan<'m> {
    /// What is looped over.
    pub for_each: &'m Expression,
    /// What the element is called inside.
    pub iterator: Arc<str>,
    /// The block made of each element.
    pub content: BodyPlan<'m>,
    /// The header.
    pub header: Span,
}

/// The block that it makes.
pub fn label(block: &Block) -> Option<&Name> {
    match block.labels.as_slice() {
        [label] if block.kind.text.as_ref() == DYNAMIC => Some(label),
        _ => None,
    }
}

/// What the element is called inside; the name of the block where nothing else is said.
pub fn iterator(block: &Block) -> Option<&Arc<str>> {
    let named = argument(block, "iterator").map(|attribute| &attribute.value.term);
    match named {
        Some(Term::Variable(name)) => Some(name),
        Some(_) => None,
        None => label(block).map(|label| &label.text),
    }
}

fn argument<'m>(block: &'m Block, name: &str) -> Option<&'m Attribute> {
    let mut attributes = block.body.attributes.iter();
    attributes.find(|attribute| attribute.name.text.as_ref() == name)
}

/// Finds its parts. `inner` are the fields of the block that it makes.
pub fn plan<'m>(
    block: &'m Block,
    inner: &'static [Field],
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<DynamicPlan<'m>> {
    let name = label(block)?;
    for attribute in &block.body.attributes {
        let word = &attribute.name;
        if word.text.as_ref() == "labels" {
            let detail = format!("the block `{}` has no labels", name.text);
            diagnostics
                .push(Diagnostic::error("wrong-labels", "Wrong labels", detail).at(word.span));
        } else if !ARGUMENTS.contains(&word.text.as_ref()) {
            let known = ARGUMENTS.iter().copied();
            let diagnostic = unsupported_argument(DYNAMIC, &word.text, word.span, known);
            diagnostics.push(diagnostic.within(block.header));
        }
    }
    if let Some(attribute) = argument(block, "iterator")
        && iterator(block).is_none()
    {
        let detail = "`iterator` is a word without quotes: what the element is called inside";
        diagnostics.push(
            Diagnostic::error("invalid-name", "Invalid name", detail).at(attribute.value.span),
        );
    }
    let for_each = argument(block, "for_each").map(|attribute| &attribute.value);
    if for_each.is_none() {
        diagnostics.push(missing("for_each", DYNAMIC, block.header));
    }
    let content = content(block, &name.text, diagnostics)?;
    let content = shape::plan(
        &content.body,
        inner,
        &name.text,
        content.header,
        diagnostics,
    );
    Some(DynamicPlan {
        for_each: for_each?,
        iterator: iterator(block)?.clone(),
        content,
        header: block.header,
    })
}

fn content<'m>(
    block: &'m Block,
    name: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<&'m Block> {
    let (contents, others): (Vec<&Block>, Vec<&Block>) = block
        .body
        .blocks
        .iter()
        .partition(|inner| inner.kind.text.as_ref() == "content");
    for other in others {
        let diagnostic = unsupported_block(DYNAMIC, &other.kind.text, other.kind.span, ["content"]);
        let hint = format!("what stands in each `{name}` is written in content {{ }}");
        diagnostics.push(diagnostic.within(block.header).hint(hint));
    }
    if let Some(second) = contents.get(1) {
        let detail = "there can be one `content` block";
        let diagnostic = Diagnostic::error("duplicate", "Declared twice", detail);
        diagnostics.push(diagnostic.at(second.kind.span).within(block.header));
    }
    let Some(first) = contents.first() else {
        let detail = format!("`dynamic` needs the block `content`: what stands in each `{name}`");
        diagnostics.push(
            Diagnostic::error("missing-argument", "Missing argument", detail).at(block.header),
        );
        return None;
    };
    if let Some(label) = first.labels.first() {
        let detail = "the block `content` has no labels";
        let diagnostic = Diagnostic::error("wrong-labels", "Wrong labels", detail);
        diagnostics.push(diagnostic.at(label.span).within(block.header));
    }
    Some(first)
}
