//! The reference pages, one for each kind and provider, written from the tables so that they cannot fall behind. Pure.

use super::{KINDS, Kind, providers, table};
use crate::model::schema::{Compare, Field, Presence, Schema, Shape, Values};
use crate::model::text::quote;
use std::fmt::Write;

/// File name and text of each page, sorted by file name.
pub fn pages() -> Vec<(String, String)> {
    let kinds = KINDS
        .iter()
        .map(|kind| (format!("{}.md", kind.schema().kind), kind_page(*kind)));
    let providers = providers::PROVIDERS.iter().map(|provider| {
        let name = provider.name;
        let mut page = format!("# Provider `{name}`\n\n{}\n", provider.sources);
        sections(&mut page, provider.arguments, "", Places::Shown);
        (format!("provider_{name}.md"), page)
    });
    let mut pages: Vec<(String, String)> = kinds.chain(providers).collect();
    pages.sort();
    pages
}

/// Whether the place of a field in the object is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Places {
    Shown,
    /// There is no one object.
    Hidden,
}

fn kind_page(kind: &dyn Kind) -> String {
    let schema: &Schema = kind.schema();
    let places = match kind.composite() {
        Some(_) => Places::Hidden,
        None => Places::Shown,
    };
    let provider = match schema.provider {
        Some(provider) => format!("Provider: [`{provider}`](provider_{provider}.md)."),
        None => "Needs no provider.".to_owned(),
    };
    let mut page = format!(
        "# `{}`\n\n{}\n\n{provider}\n\n```hcl\n{}```\n",
        schema.kind, schema.summary, schema.example
    );
    sections(&mut page, schema.fields, "", places);
    page
}

/// Writing to a `String` cannot fail, so that results are dropped here.
fn sections(page: &mut String, fields: &[Field], path: &str, places: Places) {
    let place = if path.is_empty() {
        String::new()
    } else {
        format!(" of `{path}`")
    };
    let is_argument =
        |field: &&Field| !matches!(field.presence, Presence::Computed | Presence::Rejected(_));
    let _ = write!(page, "\n## Arguments{place}\n\n");
    for field in fields.iter().filter(is_argument) {
        let _ = writeln!(
            page,
            "- `{}` ({})  \n  {}",
            field.name,
            traits(field, places),
            field.doc
        );
    }
    let computed: Vec<&Field> = fields
        .iter()
        .filter(|field| matches!(field.presence, Presence::Computed))
        .collect();
    if !computed.is_empty() {
        let _ = write!(page, "\n## Known after apply{place}\n\n");
        for field in computed {
            let _ = writeln!(page, "- `{}`  \n  {}", field.name, field.doc);
        }
    }
    let refused: Vec<(&str, &str)> = fields
        .iter()
        .filter_map(|field| match field.presence {
            Presence::Rejected(why) => Some((field.name, why)),
            Presence::Required | Presence::Optional | Presence::Default(_) | Presence::Computed => {
                None
            }
        })
        .collect();
    if !refused.is_empty() {
        let _ = write!(page, "\n## Refused{place}\n\n");
        for (name, why) in refused {
            let _ = writeln!(page, "- `{name}`: {why}");
        }
    }
    for field in fields.iter().filter(is_argument) {
        if let Shape::Block(inner) | Shape::Blocks(inner) = &field.shape {
            let path = if path.is_empty() {
                field.name.to_owned()
            } else {
                format!("{path}.{}", field.name)
            };
            sections(page, inner, &path, places);
        }
    }
}

/// `duration, optional; spec.template.ttl; compared by value, zero is as good as absent`.
fn traits(field: &Field, places: Places) -> String {
    let shape = match field.shape {
        Shape::Text => "text".to_owned(),
        Shape::Choice(texts) => texts
            .iter()
            .map(|text| quote(text))
            .collect::<Vec<_>>()
            .join(" or "),
        Shape::Duration => "duration".to_owned(),
        Shape::Cron => "cron expression".to_owned(),
        Shape::Bool => "true or false".to_owned(),
        Shape::Integer => "whole number".to_owned(),
        Shape::TextList => "list of texts".to_owned(),
        Shape::TextMap => "map of texts".to_owned(),
        Shape::Any => "any value".to_owned(),
        Shape::Block(_) => "block".to_owned(),
        Shape::Blocks(_) => "blocks".to_owned(),
    };
    let presence = match field.presence {
        Presence::Required => "required".to_owned(),
        Presence::Optional => "optional".to_owned(),
        Presence::Default(literal) => format!("default `{}`", table::literal_json(literal)),
        Presence::Computed => "known after apply".to_owned(),
        Presence::Rejected(_) => "refused".to_owned(),
    };
    let mut traits = format!("{shape}, {presence}");
    match field.values {
        Values::Any => {}
        Values::Static => traits.push_str(", known at plan"),
        Values::SecretAllowed => traits.push_str(", may be a secret"),
        Values::Provider(_) => traits.push_str(", names a provider block without quotes"),
    }
    if !field.place.is_empty() {
        let place = (places == Places::Shown).then(|| format!("`{}`", field.place));
        let told: Vec<String> = place.into_iter().chain(law(field.compare)).collect();
        if !told.is_empty() {
            let _ = write!(traits, "; {}", told.join(", "));
        }
    }
    traits
}

fn law(compare: Compare) -> Option<String> {
    Some(match compare {
        Compare::Never | Compare::Exact => return None,
        Compare::NameSet => "in any order".to_owned(),
        Compare::IncludeSet => "in any order, `[\"*\"]` is the same as absent".to_owned(),
        Compare::Ordered => "in order".to_owned(),
        Compare::MapExact => "the whole map is managed".to_owned(),
        Compare::MapOwnedKeys => "only declared keys are managed".to_owned(),
        Compare::DurationZeroAbsent => "by value, zero is the same as absent".to_owned(),
        Compare::Duration => "by value, zero differs from absent".to_owned(),
        Compare::TriState => "false differs from absent".to_owned(),
        Compare::FalseAbsent => "false is the same as absent".to_owned(),
        Compare::AbsentIs(text) => format!("absent is {}", quote(text)),
        Compare::AnyCase => "in any case".to_owned(),
        Compare::PluginName => "`aws` is the same as `velero.io/aws`".to_owned(),
        Compare::Prefix => "slashes around it do not count".to_owned(),
        Compare::Base64 => "in base64 there".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::PathBuf;

    #[expect(
        clippy::disallowed_methods,
        reason = "a test is started by hand, so that its switch is a variable"
    )]
    fn switch(name: &str) -> bool {
        std::env::var(name).is_ok_and(|value| !value.is_empty())
    }

    /// `SK_DR_UPDATE=1 cargo test --lib reference` writes the pages anew; never in CI, which must find what is committed.
    #[test]
    fn committed_pages_are_fresh() {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/reference");
        let pages = pages();
        if switch("SK_DR_UPDATE") {
            assert!(!switch("CI"), "SK_DR_UPDATE is refused where CI is set");
            fs::create_dir_all(&folder).unwrap();
            for (name, text) in &pages {
                fs::write(folder.join(name), text).unwrap();
            }
        }
        for (name, text) in &pages {
            let committed = fs::read_to_string(folder.join(name)).unwrap_or_default();
            assert!(
                committed == *text,
                "docs/reference/{name} is stale: run SK_DR_UPDATE=1 cargo test --lib reference"
            );
        }
        let mut names: Vec<String> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let wanted: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names, wanted,
            "docs/reference holds a page that no table writes"
        );
    }

    #[test]
    fn pages_tell_what_the_tables_know() {
        let pages = pages();
        let page = |name: &str| {
            pages
                .iter()
                .find(|(page, _)| page == name)
                .unwrap()
                .1
                .clone()
        };
        let check = |name: &str, part: &str| {
            assert!(page(name).contains(part), "{name}: {part}\n{}", page(name))
        };
        check(
            "velero_schedule.md",
            "- `ttl` (duration, optional; `spec.template.ttl`, by value, zero is the same as absent)",
        );
        check("velero_schedule.md", "## Arguments of `hook.pre.exec`");
        check(
            "velero_schedule.md",
            "## Refused\n\n- `skip_immediately`: it is an action",
        );
        check(
            "kubernetes_namespace.md",
            "## Known after apply of `metadata`\n\n- `uid`",
        );
        check(
            "provider_kubernetes.md",
            "- `token` (text, optional, may be a secret)",
        );
    }
}
