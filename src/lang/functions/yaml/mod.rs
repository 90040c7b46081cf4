//! YAML as Terraform's functions read and write it: the grammar of libyaml (YAML 1.1) with scalars resolved, and texts
//! written, as go-cty-yaml does. `tests/goldens/language.json` has what OpenTofu answers. Must not know files.

mod read;
mod scalar;
mod write;

use super::{Context, Result_, argument, text_at, wrong};
use crate::model::value::Value;

pub(super) fn yamldecode(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let text = text_at(arguments, 0)?;
    context.text(text.len().saturating_mul(4))?;
    read::read(&text).or_else(|why| wrong(0, why))
}

pub(super) fn yamlencode(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let value = argument(arguments, 0);
    // Indentation is what grows: of ten thousand levels it would be most of the text.
    let shape = value.shape();
    context.values(shape.weight.saturating_mul(u64::from(shape.depth)) as usize / 8)?;
    let Some(text) = write::write(value) else {
        return wrong(0, "the value is not known");
    };
    context.text(text.len())?;
    Ok(text.into())
}
