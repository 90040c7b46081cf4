//! Arguments of blocks whose shape is fixed: taken out one by one; what is left over is a mistake.

use crate::diag::{Diagnostic, Patch, Span, suggest};
use crate::lang::syntax::{Attribute, Block, Body};

/// Takes an argument out of a body.
pub fn take(body: &mut Body, name: &str) -> Option<Attribute> {
    let at = body
        .attributes
        .iter()
        .position(|attribute| attribute.name.text.as_ref() == name)?;
    Some(body.attributes.remove(at))
}

/// Takes the blocks of a name out of a body.
pub fn take_blocks(body: &mut Body, name: &str) -> Vec<Block> {
    let (taken, rest) = std::mem::take(&mut body.blocks)
        .into_iter()
        .partition(|block| block.kind.text.as_ref() == name);
    body.blocks = rest;
    taken
}

/// Reports what was not taken.
pub fn leftover(
    block: &Block,
    arguments: &[&str],
    blocks: &[&str],
    diagnostics: &mut Vec<Diagnostic>,
) {
    let what = block.kind.text.as_ref();
    for attribute in &block.body.attributes {
        let name = &attribute.name;
        let diagnostic = if blocks.contains(&name.text.as_ref()) {
            let detail = format!(
                "`{}` is a block: write {} {{ ... }} without `=`",
                name.text, name.text
            );
            Diagnostic::error("unsupported-argument", "Unsupported argument", detail).at(name.span)
        } else {
            unsupported_argument(what, &name.text, name.span, arguments.iter().copied())
        };
        diagnostics.push(diagnostic.within(block.header));
    }
    for inner in &block.body.blocks {
        let name = &inner.kind;
        let diagnostic = if arguments.contains(&name.text.as_ref()) {
            let detail = format!("`{}` is an argument: write {} = ...", name.text, name.text);
            Diagnostic::error("unsupported-block", "Unsupported block", detail).at(name.span)
        } else {
            unsupported_block(what, &name.text, name.span, blocks.iter().copied())
        };
        diagnostics.push(diagnostic.within(block.header));
    }
}

/// Reports every block of a body that may have none.
pub fn block_mistake(body: &Body, what: &str, diagnostics: &mut Vec<Diagnostic>) {
    for block in &body.blocks {
        diagnostics.push(unsupported_block(
            what,
            &block.kind.text,
            block.kind.span,
            [],
        ));
    }
}

/// An argument that does not exist.
pub fn unsupported_argument<'k>(
    what: &str,
    name: &str,
    span: Span,
    known: impl IntoIterator<Item = &'k str>,
) -> Diagnostic {
    let detail = format!("`{what}` has no argument `{name}`");
    let diagnostic =
        Diagnostic::error("unsupported-argument", "Unsupported argument", detail).at(span);
    match suggest::nearest(name, known) {
        Some(meant) => diagnostic.fix(
            format!("did you mean `{meant}`?"),
            Patch {
                span,
                text: meant.to_owned(),
            },
        ),
        None => diagnostic,
    }
}

/// A block that does not exist.
pub fn unsupported_block<'k>(
    what: &str,
    name: &str,
    span: Span,
    known: impl IntoIterator<Item = &'k str>,
) -> Diagnostic {
    let detail = format!("`{what}` has no block `{name}`");
    let diagnostic = Diagnostic::error("unsupported-block", "Unsupported block", detail).at(span);
    match suggest::nearest(name, known) {
        Some(meant) => diagnostic.fix(
            format!("did you mean `{meant}`?"),
            Patch {
                span,
                text: meant.to_owned(),
            },
        ),
        None if name == "dynamic" => {
            diagnostic.hint("`dynamic` makes nested blocks of resources and providers only")
        }
        None => diagnostic,
    }
}

/// An argument that must be there and is not.
pub fn missing(name: &str, what: &str, header: Span) -> Diagnostic {
    let detail = format!("`{what}` needs the argument `{name}`");
    Diagnostic::error("missing-argument", "Missing argument", detail).at(header)
}
