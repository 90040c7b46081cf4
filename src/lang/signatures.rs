//! What may be written, for programs that complete or check it while it is typed: functions, as `terraform metadata
//! functions -json` describes them, and the blocks of the language. Must not know kinds: their blocks have schemas.

use super::functions::{self, Function};
use serde_json::{Map, Value as Json, json};

/// Functions by name. Types are of parameters only: what a function gives most often depends on what it takes.
pub fn function_signatures() -> Json {
    let entry = |function: &Function| (function.name.to_owned(), signature(function));
    functions::all()
        .map(entry)
        .collect::<Map<String, Json>>()
        .into()
}

/// Terraform's form knows no optional parameter: what may be left out is variadic.
fn signature(function: &Function) -> Json {
    let names = function.parameters.split(", ");
    let mut parameters: Vec<(&str, Json)> = Vec::new();
    let mut variadic = None;
    for (at, name) in names.filter(|name| !name.is_empty()).enumerate() {
        let plain = name.trim_end_matches("...");
        let described = json!({"name": plain, "type": parameter_type(plain)});
        if at < function.least && plain == name {
            parameters.push((plain, described));
        } else {
            variadic.get_or_insert(described);
        }
    }
    let parameters: Vec<Json> = parameters.into_iter().map(|(_, one)| one).collect();
    let mut signature =
        json!({"description": function.doc, "return_type": "dynamic", "parameters": parameters});
    if let Some(variadic) = variadic {
        signature["variadic_parameter"] = variadic;
    }
    signature
}

/// Parameters of one name are of one type.
fn parameter_type(name: &str) -> Json {
    match name {
        "base" | "bits" | "end" | "exponent" | "index" | "length" | "limit" | "number"
        | "numbers" | "offset" | "size" | "spaces" | "start" | "step" => "number".into(),
        "by" | "characters" | "directory" | "duration" | "encoding" | "key" | "name"
        | "namespace" | "part" | "path" | "pattern" | "prefix" | "separator" | "suffix"
        | "text" | "time" => "string".into(),
        "keys" | "list" | "lists" | "wanted" => json!(["list", "dynamic"]),
        "sets" => json!(["set", "dynamic"]),
        "map" | "maps" => json!(["map", "dynamic"]),
        _ => "dynamic".into(),
    }
}

/// A block of the language.
struct Form {
    kind: &'static str,
    labels: &'static [&'static str],
    doc: &'static str,
    /// Name, type, whether it must be there.
    arguments: &'static [(&'static str, &'static str, Need)],
    blocks: &'static [Form],
}

#[derive(Clone, Copy, PartialEq)]
enum Need {
    Required,
    Optional,
}

use Need::{Optional, Required};

const CONDITION: &[(&str, &str, Need)] = &[
    ("condition", "bool", Required),
    ("error_message", "string", Required),
];

const fn condition(kind: &'static str, doc: &'static str) -> Form {
    Form {
        kind,
        labels: &[],
        doc,
        arguments: CONDITION,
        blocks: &[],
    }
}

const FORMS: &[Form] = &[
    Form {
        kind: "check",
        labels: &["name"],
        doc: "Claims that do not stop anything where they do not hold.",
        arguments: &[],
        blocks: &[condition("assert", "What is to hold.")],
    },
    Form {
        kind: "drift",
        labels: &[],
        doc: "Changes outside that are borne for a while.",
        arguments: &[],
        blocks: &[Form {
            kind: "ignore",
            labels: &["name"],
            doc: "Attributes of resources, with a reason and a last day.",
            arguments: &[
                ("resource", "string", Required),
                ("attributes", "dynamic", Required),
                ("reason", "string", Required),
                ("until", "string", Required),
            ],
            blocks: &[],
        }],
    },
    Form {
        kind: "import",
        labels: &[],
        doc: "An object that exists becomes a resource, under its natural key.",
        arguments: &[
            ("to", "reference", Required),
            ("id", "string", Required),
            ("for_each", "dynamic", Optional),
        ],
        blocks: &[],
    },
    Form {
        kind: "locals",
        labels: &[],
        doc: "Values with names of your own: NAME = VALUE.",
        arguments: &[],
        blocks: &[],
    },
    Form {
        kind: "module",
        labels: &["name"],
        doc: "A directory of blocks, with values for its variables as further arguments.",
        arguments: &[
            ("source", "string", Required),
            ("for_each", "dynamic", Optional),
            ("count", "number", Optional),
            ("providers", "dynamic", Optional),
            ("depends_on", "dynamic", Optional),
        ],
        blocks: &[],
    },
    Form {
        kind: "moved",
        labels: &[],
        doc: "What a resource or module was called before.",
        arguments: &[
            ("from", "reference", Required),
            ("to", "reference", Required),
        ],
        blocks: &[],
    },
    Form {
        kind: "output",
        labels: &["name"],
        doc: "A value that is shown after apply.",
        arguments: &[
            ("value", "dynamic", Required),
            ("description", "string", Optional),
            ("sensitive", "bool", Optional),
        ],
        blocks: &[],
    },
    Form {
        kind: "provider",
        labels: &["type"],
        doc: "Where the objects of some resource types live; its arguments are in its provider schema.",
        arguments: &[("alias", "string", Optional)],
        blocks: &[],
    },
    Form {
        kind: "recovery",
        labels: &["name"],
        doc: "What is rebuilt after a loss, and from which backups.",
        arguments: &[
            ("at", "string", Optional),
            ("description", "string", Optional),
            ("fresh", "dynamic", Optional),
            ("lost", "dynamic", Required),
            ("may_exist", "dynamic", Optional),
            ("mode", "string", Required),
            ("scope", "dynamic", Optional),
        ],
        blocks: &[
            Form {
                kind: "objective",
                labels: &[],
                doc: "How old the backups may be that it restores.",
                arguments: &[("rpo", "string", Optional)],
                blocks: &[],
            },
            Form {
                kind: "point",
                labels: &["address"],
                doc: "The backup of one address: its name, or the moment before which it ended.",
                arguments: &[("at", "string", Optional), ("name", "string", Optional)],
                blocks: &[],
            },
        ],
    },
    Form {
        kind: "removed",
        labels: &[],
        doc: "What becomes of objects whose resource is not declared any more.",
        arguments: &[("from", "reference", Required)],
        blocks: &[Form {
            kind: "lifecycle",
            labels: &[],
            doc: "Whether they are deleted.",
            arguments: &[("destroy", "bool", Optional)],
            blocks: &[],
        }],
    },
    Form {
        kind: "resource",
        labels: &["type", "name"],
        doc: "An object that is to be there; its arguments are in the schema of its type. Nested blocks may be made by dynamic \"BLOCK\" { for_each, iterator, content { } }.",
        arguments: &[
            ("count", "number", Optional),
            ("depends_on", "dynamic", Optional),
            ("for_each", "dynamic", Optional),
            ("provider", "dynamic", Optional),
        ],
        blocks: &[Form {
            kind: "lifecycle",
            labels: &[],
            doc: "What may happen to it.",
            arguments: &[
                ("ignore_changes", "dynamic", Optional),
                ("prevent_destroy", "bool", Optional),
            ],
            blocks: &[
                condition("precondition", "What is to hold before it is planned."),
                condition("postcondition", "What is to hold of it; it is `self` here."),
            ],
        }],
    },
    Form {
        kind: "secret",
        labels: &["name"],
        doc: "Where a secret is read, at the moment of use: exactly one of its arguments.",
        arguments: &[
            ("command", "dynamic", Optional),
            ("env", "string", Optional),
            ("file", "string", Optional),
        ],
        blocks: &[],
    },
    Form {
        kind: "sk_dr",
        labels: &[],
        doc: "Settings of the configuration.",
        arguments: &[
            ("required_version", "string", Optional),
            ("stack", "string", Required),
        ],
        blocks: &[Form {
            kind: "journal",
            labels: &[],
            doc: "Where runs are recorded.",
            arguments: &[("path", "string", Optional)],
            blocks: &[],
        }],
    },
    Form {
        kind: "variable",
        labels: &["name"],
        doc: "A value that is given from outside.",
        arguments: &[
            ("default", "dynamic", Optional),
            ("description", "string", Optional),
            ("nullable", "bool", Optional),
            ("sensitive", "bool", Optional),
            ("type", "dynamic", Optional),
        ],
        blocks: &[condition("validation", "What is to hold of the value.")],
    },
];

/// Blocks of the language by name: their labels, and arguments and blocks in the form of a schema.
pub fn block_forms() -> Json {
    forms(
        FORMS,
        |form| json!({"labels": form.labels, "block": block(form)}),
    )
}

fn forms(forms: &[Form], entry: fn(&Form) -> Json) -> Json {
    forms
        .iter()
        .map(|form| (form.kind.to_owned(), entry(form)))
        .collect::<Map<String, Json>>()
        .into()
}

fn block(form: &Form) -> Json {
    let attribute = |(name, of, need): &(&str, &str, Need)| {
        let standing = if *need == Required {
            "required"
        } else {
            "optional"
        };
        ((*name).to_owned(), json!({"type": of, standing: true}))
    };
    let attributes: Map<String, Json> = form.arguments.iter().map(attribute).collect();
    let mut whole = json!({"description": form.doc, "description_kind": "plain"});
    if !attributes.is_empty() {
        whole["attributes"] = attributes.into();
    }
    if !form.blocks.is_empty() {
        whole["block_types"] = forms(
            form.blocks,
            |inner| json!({"nesting_mode": "list", "block": block(inner)}),
        );
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::collect::BLOCKS;
    use crate::lang::tests::{listed, load_text};

    #[test]
    fn every_function_and_block_is_described() {
        let signatures = function_signatures();
        for function in functions::all() {
            let signature = &signatures[function.name];
            let fixed = signature["parameters"].as_array().unwrap().len();
            let more = !signature["variadic_parameter"].is_null();
            assert!(fixed <= function.least, "{}", function.name);
            assert_eq!(more, function.most != Some(fixed), "{}", function.name);
        }
        let range = &signatures["range"];
        assert_eq!(
            range["parameters"],
            json!([{"name": "start", "type": "number"}])
        );
        assert_eq!(range["variadic_parameter"]["name"], "limit");
        let described: Vec<String> = block_forms().as_object().unwrap().keys().cloned().collect();
        assert_eq!(described, BLOCKS);
    }

    /// A block with everything that is described and nothing that is needed.
    fn spelled(form: &Form) -> String {
        let labels: String = form.labels.iter().map(|_| " \"a\"").collect();
        let arguments: String = form
            .arguments
            .iter()
            .map(|(name, _, _)| format!("{name} = 1\n"))
            .collect();
        let blocks: String = form.blocks.iter().map(spelled).collect();
        format!("{}{labels} {{\n{arguments}{blocks}}}\n", form.kind)
    }

    #[test]
    fn what_is_described_may_be_written() {
        for form in FORMS {
            let text = spelled(form);
            let unsupported: Vec<String> = listed(&load_text(&text))
                .into_iter()
                .filter(|line| line.starts_with("unsupported-"))
                .collect();
            assert!(unsupported.is_empty(), "{text}{unsupported:?}");
        }
    }
}
