//! Blocks of constants: a file that is no configuration but is written like one. Must not know what the blocks mean.

use super::evaluate::Evaluator;
use super::evaluate::globals::Globals;
use super::evaluate::scope::Scope;
use super::parse;
use super::sources::MemorySources;
use crate::diag::{Diagnostic, SourceMap, Span};
use crate::model::value::Value;
use std::collections::BTreeMap;

/// A block without labels or blocks inside.
#[derive(Debug)]
pub struct ConstantBlock {
    /// Its first word.
    pub kind: String,
    /// Its arguments, each with the place of its value.
    pub values: BTreeMap<String, (Value, Span)>,
    /// The header.
    pub header: Span,
}

/// A file of such blocks.
#[derive(Debug, Default)]
pub struct Constants {
    /// The blocks, in order.
    pub blocks: Vec<ConstantBlock>,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// The text, for diagnostics.
    pub texts: SourceMap,
}

/// Reads a file's text.
pub fn constants(name: &str, text: &str) -> Constants {
    let mut texts = SourceMap::default();
    let file = texts.add(name.to_owned(), text.into());
    let mut diagnostics = Vec::new();
    let body = parse::file(text, file, &mut diagnostics);
    let nothing = MemorySources::default();
    let mut evaluator = Evaluator::new(&nothing, Globals::default(), texts.clone());
    evaluator.diagnostics = diagnostics;
    for attribute in &body.attributes {
        evaluator.diagnostics.push(misplaced(attribute.name.span));
    }
    let mut blocks = Vec::new();
    for block in &body.blocks {
        let labels = block.labels.iter().map(|label| label.span);
        let inner = block.body.blocks.iter().map(|inner| inner.header);
        for span in labels.chain(inner) {
            evaluator.diagnostics.push(misplaced(span));
        }
        let mut values = BTreeMap::new();
        for attribute in &block.body.attributes {
            let scope = Scope::sealed(&[]);
            if let Ok(value) = evaluator.evaluate(&attribute.value, &scope) {
                let span = attribute.value.span;
                values.insert(attribute.name.text.to_string(), (value, span));
            }
        }
        blocks.push(ConstantBlock {
            kind: block.kind.text.to_string(),
            values,
            header: block.header,
        });
    }
    Constants {
        blocks,
        diagnostics: evaluator.diagnostics,
        texts,
    }
}

fn misplaced(span: Span) -> Diagnostic {
    let detail = "this file holds blocks with arguments, and nothing else";
    Diagnostic::error("unsupported-argument", "Unsupported argument", detail).at(span)
}
