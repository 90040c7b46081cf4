//! Arguments of providers. Names as in the Terraform provider of that name. Must not know how a connection is made.

use crate::diag::Diagnostic;
use crate::model::argument::{Argument, Arguments, Unusable};
use crate::model::identity::ProviderRef;
use crate::model::resource::Provider;
use crate::model::schema::{Field, Presence, Shape, Values};
use serde_json::{Value as Json, json};

mod kubernetes;
mod s3;

/// A type of provider.
#[derive(Debug)]
pub struct ProviderType {
    /// As a `provider` block names it.
    pub name: &'static str,
    /// What it is, and where what its block does not say is read.
    pub sources: &'static str,
    /// Its arguments.
    pub arguments: &'static [Field],
}

/// Provider types, sorted by name.
pub static PROVIDERS: &[&ProviderType] = &[&kubernetes::PROVIDER, &s3::PROVIDER];

/// Arguments of a provider type; `None`: there is no such provider.
pub fn arguments(provider: &str) -> Option<&'static [Field]> {
    let found = PROVIDERS.iter().find(|one| one.name == provider);
    found.map(|one| one.arguments)
}

const fn text(name: &'static str, doc: &'static str) -> Field {
    Field::new(name, Shape::Text, doc).values(Values::SecretAllowed)
}

/// It stands in the first lines of a plan and in errors, so no secret may stand in it.
const fn shown(name: &'static str, doc: &'static str) -> Field {
    Field::new(name, Shape::Text, doc)
}

/// What can be told of a provider block without a network: arguments that are set and cannot be used. A secret is looked
/// at when it is read.
pub fn validate(reference: &ProviderRef, provider: &Provider, diagnostics: &mut Vec<Diagnostic>) {
    let fields = arguments(&reference.provider).unwrap_or_default();
    let said = |name: &str| provider.arguments.member(name);
    let unusable = fields.iter().filter_map(|field| {
        let value = said(field.name)?.into_known()?;
        unusable(field, &value)
    });
    let both = said("config_path").is_some() && said("config_paths").is_some();
    let exclusive = both.then(|| Unusable {
        name: "config_paths".to_owned(),
        why: "and config_path exclude each other".to_owned(),
    });
    let half = s3::half_a_pair(said);
    for found in unusable.chain(exclusive).chain(half) {
        let span = provider.spans.get(&found.name).copied();
        let mut diagnostic =
            Diagnostic::error("unusable-argument", "Unusable argument", found.to_string())
                .at(span.unwrap_or(provider.span))
                .within(provider.span);
        diagnostic.address = Some(format!("provider.{reference}"));
        diagnostics.push(diagnostic);
    }
}

/// Read as the connection will read it.
fn unusable(field: &Field, value: &Json) -> Option<Unusable> {
    let whole = json!({ field.name: value });
    let given = Arguments(&whole);
    match (field.name, &field.shape) {
        ("host" | "endpoint", _) => given.server(field.name).known().err(),
        ("client_certificate" | "client_key" | "cluster_ca_certificate", _) => {
            given.pem(field.name).known().err()
        }
        ("region", _) => given.region(field.name).known().err(),
        (_, Shape::Duration) => given.duration(field.name).known().err(),
        (_, Shape::Text) => given.text(field.name).known().err(),
        (_, Shape::TextList) => given.texts(field.name).known().err(),
        (_, Shape::Block(inner)) => unusable_inside(field, inner, value),
        (
            _,
            Shape::Choice(_)
            | Shape::Cron
            | Shape::Bool
            | Shape::Integer
            | Shape::TextMap
            | Shape::Any
            | Shape::Blocks(_),
        ) => None,
    }
}

/// Of a block only the texts that must be there: a list of arguments may be empty, and each of them too.
fn unusable_inside(block: &Field, inner: &[Field], value: &Json) -> Option<Unusable> {
    let body = value.get(0)?;
    let needed = inner
        .iter()
        .filter(|field| matches!(field.presence, Presence::Required));
    needed
        .filter_map(|field| match Arguments(body).text(field.name) {
            Argument::Unusable(found) => Some(Unusable {
                name: format!("{}.{}", block.name, found.name),
                why: found.why,
            }),
            Argument::Unset | Argument::Usable(_) => None,
        })
        .next()
}
