//! `schema [KIND]`: what may be written, from the tables that also decode it. Asks no server.

use super::arguments::SchemaFlags;
use super::exit::Exit;
use super::process::{Process, Trouble};
use crate::diag::suggest::nearest;
use crate::kinds::{self, Kind};
use crate::lang::signatures;
use crate::model::advice::Advice;
use crate::model::schema::Schema;
use crate::render;
use serde_json::{Value as Json, json};

/// Runs it.
///
/// # Errors
/// For a resource type that there is not.
pub(crate) fn run(process: &mut Process, flags: &SchemaFlags) -> Result<Exit, Trouble> {
    let all = || kinds::KINDS.iter().map(|kind| kind.schema());
    let one = flags.kind.as_deref().map(schema).transpose()?;
    let text = match (one, flags.json.json) {
        (Some(schema), true) => format!("{}\n", only(kinds::document::document(), schema.kind)),
        (Some(schema), false) => render::text::schema(schema),
        (None, true) => format!("{}\n", whole()),
        (None, false) => render::text::schemas(all()),
    };
    process.stdout.print(&text);
    Ok(Exit::Done)
}

/// The document of all kinds, with functions and blocks of the language beside them: readers of that form skip what they
/// do not know.
fn whole() -> Json {
    let mut document = kinds::document::document();
    document["function_signatures"] = signatures::function_signatures();
    document["language"] = json!({"block_types": signatures::block_forms()});
    document
}

/// The document reduced to one resource type.
fn only(mut document: Json, kind: &str) -> Json {
    let providers = document
        .pointer_mut("/provider_schemas")
        .and_then(Json::as_object_mut);
    for provider in providers
        .into_iter()
        .flat_map(|providers| providers.values_mut())
    {
        if let Some(resources) = provider
            .pointer_mut("/resource_schemas")
            .and_then(Json::as_object_mut)
        {
            resources.retain(|name, _| name == kind);
        }
    }
    document
}

fn schema(kind: &str) -> Result<&'static Schema, Trouble> {
    if let Some(found) = kinds::find(kind) {
        return Ok(Kind::schema(found));
    }
    let detail = match nearest(kind, kinds::KINDS.iter().map(|kind| kind.schema().kind)) {
        Some(meant) => format!("There is no resource type `{kind}`. Did you mean `{meant}`?"),
        None => format!(
            "There is no resource type `{kind}`. `{}` lists them.",
            Advice::schema()
        ),
    };
    Err(Trouble::error("Unknown resource type", detail))
}
