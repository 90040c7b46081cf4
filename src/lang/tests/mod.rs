//! Tests of the language by what it makes of texts. The resource types here are made up, so that no kind's table decides
//! what the language does.

mod checks;
mod configurations;
mod diagnostics;
mod dynamic;
mod expressions;
mod goldens;
mod limits;
mod modules;
mod recovery;
mod refactoring;
mod types;
mod values;

use super::sources::MemorySources;
use super::{GivenVariables, Inputs, Loaded, Missing, OnLine, load};
use crate::diag::render::{Rendering, render};
use crate::model::expression::Expr;
use crate::model::resource::Resource;
use crate::model::schema::{Field, Literal, Schema, Schemas, Shape, Values};
use serde_json::Value as Json;

static THING: Schema = Schema {
    kind: "cloud_thing",
    provider: Some("cloud"),
    summary: "A thing with a field of each shape.",
    example: "",
    fields: &[
        Field::new("name", Shape::Text, "")
            .required()
            .values(Values::Static),
        Field::new("label", Shape::Text, ""),
        Field::new("mode", Shape::Choice(&["ReadOnly", "ReadWrite"]), "")
            .default(Literal::Text("ReadWrite")),
        Field::new("ttl", Shape::Duration, ""),
        Field::new("paused", Shape::Bool, "").default(Literal::Bool(false)),
        Field::new("size", Shape::Integer, ""),
        Field::new("names", Shape::TextList, ""),
        Field::new("tags", Shape::TextMap, ""),
        Field::new("token", Shape::Text, "").values(Values::SecretAllowed),
        Field::new("old", Shape::Text, "").rejected("it went away"),
        Field::new("id", Shape::Text, "").computed(),
        Field::new("place", Shape::Block(PLACE), ""),
        Field::new("rule", Shape::Blocks(RULE), ""),
    ],
};

const PLACE: &[Field] = &[
    Field::new("city", Shape::Text, "").required(),
    Field::new("uid", Shape::Text, "").computed(),
];

const RULE: &[Field] = &[
    Field::new("action", Shape::Text, "").required(),
    Field::new("place", Shape::Block(PLACE), ""),
];

const READING: &[Field] =
    &[Field::new("provider", Shape::Text, "").values(Values::Provider("cloud"))];

static LONER: Schema = Schema {
    kind: "loner",
    provider: None,
    summary: "Under no provider.",
    example: "",
    fields: &[
        Field::new("path", Shape::Text, "").values(Values::Static),
        Field::new("id", Shape::Text, "").computed(),
        Field::new("title", Shape::Text, "").computed(),
        Field::new("reading", Shape::Block(READING), ""),
    ],
};

static CLOUD: &[Field] = &[
    Field::new("url", Shape::Text, "").values(Values::SecretAllowed),
    Field::new("retry", Shape::Block(RETRY), ""),
];

const RETRY: &[Field] = &[Field::new("times", Shape::Integer, "").required()];

/// The made-up types.
pub(crate) struct MadeUp;

impl Schemas for MadeUp {
    fn schema(&self, kind: &str) -> Option<&'static Schema> {
        [&THING, &LONER]
            .into_iter()
            .find(|schema| schema.kind == kind)
    }
    fn kinds(&self) -> Vec<&'static str> {
        vec!["cloud_thing", "loner"]
    }
    fn provider(&self, provider: &str) -> Option<&'static [Field]> {
        (provider == "cloud").then_some(CLOUD)
    }
    fn providers(&self) -> Vec<&'static str> {
        vec!["cloud"]
    }
    fn derived(&self, resource: &Resource) -> Vec<(&'static str, Json)> {
        let path = resource.text("path").unwrap_or_default();
        match resource.address.kind.as_str() {
            "loner" => vec![("title", format!("the {path} one").into())],
            _thing => Vec::new(),
        }
    }
}

/// Begins every configuration that is about something else.
pub(crate) const HEAD: &str = "sk_dr { stack = \"test\" }\nprovider \"cloud\" {}\n";

/// Loads files with values of variables.
pub(crate) fn load_files(files: &[(&str, &str)], variables: &[(&str, &str)]) -> Loaded {
    let value = |(name, text): &(&str, &str)| OnLine::Value {
        name: (*name).to_owned(),
        text: (*text).to_owned(),
    };
    load_given(
        files,
        GivenVariables {
            line: variables.iter().map(value).collect(),
            ..GivenVariables::default()
        },
    )
}

/// Loads files with values of variables from anywhere.
pub(crate) fn load_given(files: &[(&str, &str)], variables: GivenVariables) -> Loaded {
    load_lacking(files, variables, Missing::Report)
}

/// Loads files of which something is missing.
pub(crate) fn load_lacking(
    files: &[(&str, &str)],
    variables: GivenVariables,
    missing: Missing,
) -> Loaded {
    load(&Inputs {
        sources: &MemorySources::new(files.iter().copied()),
        schemas: &MadeUp,
        variables,
        missing,
        version: "0.1.0",
    })
}

/// Loads [`HEAD`] and a text.
pub(crate) fn load_text(text: &str) -> Loaded {
    load_files(&[("main.hcl", &format!("{HEAD}{text}"))], &[])
}

/// The resources of [`HEAD`] and a text without mistakes.
pub(crate) fn resources(text: &str) -> Vec<Resource> {
    let loaded = load_text(text);
    assert!(loaded.diagnostics.is_empty(), "{}", shown(&loaded));
    loaded.configuration.resources
}

/// The diagnostics as a user sees them.
pub(crate) fn shown(loaded: &Loaded) -> String {
    render(
        &loaded.diagnostics,
        &loaded.configuration.sources,
        Rendering::PLAIN,
    )
}

/// The diagnostics as `code: detail`, one a line.
pub(crate) fn listed(loaded: &Loaded) -> Vec<String> {
    let line = |found: &crate::diag::Diagnostic| format!("{}: {}", found.code, found.detail);
    loaded.diagnostics.iter().map(line).collect()
}

/// What an expression of constants is, as JSON; else the details of the mistakes.
pub(crate) fn value(expression: &str) -> Result<serde_json::Value, String> {
    value_beside(&[], "", expression)
}

/// The same with files and other blocks beside it.
pub(crate) fn value_beside(
    files: &[(&str, &str)],
    blocks: &str,
    expression: &str,
) -> Result<serde_json::Value, String> {
    let text = format!("{HEAD}{blocks}\noutput \"x\" {{\n  value = {expression}\n}}\n");
    let mut all = vec![("main.hcl", text.as_str())];
    all.extend_from_slice(files);
    let loaded = load_files(&all, &[]);
    let output = loaded.configuration.outputs.get("x");
    match output.map(|output| &output.value) {
        Some(Expr::Value(value)) if loaded.diagnostics.is_empty() => Ok(value.clone()),
        _ => Err(listed(&loaded).join("\n")),
    }
}

/// Holds what an expression is against JSON, or against a part of the mistake: `Err: ...`.
pub(crate) fn check(expression: &str, expected: &str) {
    compare(expression, value(expression), expected);
}

pub(crate) fn compare(what: &str, found: Result<serde_json::Value, String>, expected: &str) {
    match (found, expected.strip_prefix("Err: ")) {
        (Ok(found), None) => {
            let expected: serde_json::Value = serde_json::from_str(expected)
                .unwrap_or_else(|_| panic!("{what}: not JSON: {expected}"));
            assert_eq!(found, expected, "{what}");
        }
        (Err(found), Some(expected)) => {
            assert!(
                found.contains(expected),
                "{what}:\n{found}\ninstead of\n{expected}"
            );
        }
        (Ok(found), Some(expected)) => panic!("{what} is {found}, not the mistake {expected}"),
        (Err(found), None) => panic!("{what}: {found}\ninstead of {expected}"),
    }
}
