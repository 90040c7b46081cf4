//! Whatever the bytes are: the language neither panics nor hangs, each place it points at exists, and each mistake can be
//! shown. Bounded here; `cargo bolero test` goes on for as long as one likes.

use bolero::check;
use bolero::generator::{TypeGenerator, produce};
use sk_dr::diag::render::{Rendering, render};
use sk_dr::kinds::Registry;
use sk_dr::lang::sources::MemorySources;
use sk_dr::lang::{GivenVariables, Inputs, Loaded, Missing, OnLine, load};

const ITERATIONS: usize = 1500;

fn loaded(files: &[(&str, &[u8])], variable: Option<&str>) -> Loaded {
    let files = files
        .iter()
        .map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec()));
    let given = |text: &str| OnLine::Value {
        name: "x".to_owned(),
        text: text.to_owned(),
    };
    let variables = GivenVariables {
        line: variable.map(given).into_iter().collect(),
        ..GivenVariables::default()
    };
    load(&Inputs {
        sources: &MemorySources {
            files: files.collect(),
        },
        schemas: &Registry,
        variables,
        missing: Missing::Report,
        version: "0.1.0",
    })
}

/// What holds for every configuration.
fn holds(loaded: &Loaded) {
    let sources = &loaded.configuration.sources;
    for found in &loaded.diagnostics {
        assert_ne!(found.code, "internal", "{}", found.detail);
        for span in [found.span, found.context].into_iter().flatten() {
            let text = sources.get(span.file).map(|source| source.text.clone());
            let text = text.unwrap_or_default();
            assert!(span.start <= span.end, "{found:?}");
            assert!(
                text.get(span.start..span.end.min(text.len())).is_some(),
                "{found:?}"
            );
        }
    }
    let _ = render(&loaded.diagnostics, sources, Rendering::PLAIN);
    let _ = sk_dr::diag::json::report(&loaded.diagnostics, sources).to_string();
}

/// Pieces of configurations, so that chance gets past the first brace.
const PIECES: &[&str] = &[
    "resource \"velero_schedule\" \"a\" {\n",
    "resource \"kubernetes_namespace\" \"n\" {\n",
    "}\n",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "\n",
    " ",
    "=",
    "name = ",
    "schedule = \"0 1 * * *\"\n",
    "metadata {\n",
    "for_each = ",
    "count = ",
    "each.key",
    "count.index",
    "locals {\n",
    "a = ",
    "b = ",
    "local.a",
    "local.b",
    "var.x",
    "secret.s",
    "kubernetes_namespace.n",
    ".metadata[0]",
    ".uid",
    ".name",
    "[*]",
    ".*",
    "[0]",
    "[\"k\"]",
    "variable \"x\" {\n",
    "type = ",
    "list(string)",
    "object({",
    "optional(number, 1)",
    "default = ",
    "output \"o\" {\nvalue = ",
    "secret \"s\" {\nenv = \"S\"\n",
    "provider \"kubernetes\" {\n",
    "sk_dr {\nstack = \"t\"\n",
    "\"",
    "${",
    "%{ if ",
    "%{ for x in ",
    "%{ endfor }",
    "%{ else }",
    "%{ endif }",
    "~}",
    "<<EOT\n",
    "<<-EOT\n",
    "EOT\n",
    "for x in ",
    "for k, v in ",
    " : ",
    " => ",
    "...",
    " if ",
    " ? ",
    "1",
    "0.5",
    "1e99",
    "-",
    "!",
    " + ",
    " / ",
    " % ",
    " == ",
    " && ",
    ",",
    "null",
    "true",
    "lifecycle {\n",
    "ignore_changes = ",
    "prevent_destroy = ",
    "depends_on = [",
    "validation {\n",
    "condition = ",
    "error_message = ",
    "length(",
    "merge(",
    "flatten(",
    "jsondecode(",
    "yamlencode(",
    "format(\"%s%d\", ",
    "regex(",
    "cidrsubnet(",
    "templatefile(\"t\", ",
    "try(",
    "can(",
    "range(",
    "formatdate(",
    "#",
    "//",
    "/*",
    "*/",
    "\\",
    "$",
    "$${",
    "ä",
    "\u{feff}",
    "\r\n",
    "\0",
    "'",
    ";",
    "moved {\n",
    "dynamic \"x\" {\n",
    "dynamic \"or_label_selector\" {\n",
    "dynamic \"match_expression\" {\n",
    "content {\n",
    "iterator = it\n",
    "it.value",
    "check \"c\" {\n",
    "assert {\n",
    "precondition {\n",
    "postcondition {\n",
    "error_message = ",
    "self.name",
    "type = secret\n",
    "secret.s",
    "templatestring(",
    "uuidv5(\"dns\", ",
    "textdecodebase64(",
];

#[derive(Debug, TypeGenerator)]
struct Text {
    #[generator(produce::<Vec<u8>>().with().len(0usize..60))]
    pieces: Vec<u8>,
}

impl Text {
    fn spelled(&self) -> String {
        self.pieces
            .iter()
            .filter_map(|piece| PIECES.get(usize::from(*piece) % PIECES.len()))
            .copied()
            .collect()
    }
}

#[test]
fn any_bytes() {
    check!()
        .with_iterations(ITERATIONS)
        .with_generator(produce::<Vec<u8>>().with().len(0usize..300))
        .for_each(|bytes: &Vec<u8>| holds(&loaded(&[("main.hcl", bytes)], None)));
}

#[test]
fn any_pieces() {
    check!()
        .with_iterations(4 * ITERATIONS)
        .with_type::<Text>()
        .for_each(|text: &Text| {
            holds(&loaded(&[("main.hcl", text.spelled().as_bytes())], None));
        });
}

#[test]
fn any_expression_in_a_good_place() {
    check!().with_iterations(2 * ITERATIONS).with_type::<Text>().for_each(|text: &Text| {
        let expression = text.spelled();
        let body = format!(
            "sk_dr {{ stack = \"t\" }}\nprovider \"kubernetes\" {{}}\nvariable \"x\" {{ type = any }}\nlocals {{\n  a = [1, {{ k = \"v\" }}]\n  b = {expression}\n}}\nresource \"kubernetes_namespace\" \"n\" {{\n  metadata {{ name = \"n\" }}\n}}\n"
        );
        holds(&loaded(&[("main.hcl", body.as_bytes()), ("t", expression.as_bytes())], Some("[1]")));
    });
}

#[test]
fn any_dynamic_block() {
    check!().with_iterations(2 * ITERATIONS).with_type::<(Text, Text)>().for_each(|(head, content): &(Text, Text)| {
        let (head, content) = (head.spelled(), content.spelled());
        let body = format!(
            "sk_dr {{ stack = \"t\" }}\nprovider \"kubernetes\" {{}}\nresource \"velero_schedule\" \"a\" {{\n  name = \"a\"\n  schedule = \"0 1 * * *\"\n  dynamic \"or_label_selector\" {{\n    for_each = [1, {{ k = \"v\" }}]\n    {head}\n    content {{\n      {content}\n    }}\n  }}\n}}\n"
        );
        holds(&loaded(&[("main.hcl", body.as_bytes())], None));
    });
}

#[test]
fn any_claim() {
    check!().with_iterations(2 * ITERATIONS).with_type::<(Text, Text)>().for_each(|(condition, message): &(Text, Text)| {
        let (condition, message) = (condition.spelled(), message.spelled());
        let claim = format!("condition = {condition}\n    error_message = {message}\n");
        let body = format!(
            "sk_dr {{ stack = \"t\" }}\nprovider \"kubernetes\" {{}}\nresource \"kubernetes_namespace\" \"n\" {{\n  metadata {{ name = \"n\" }}\n  lifecycle {{\n    precondition {{\n    {claim}\n    }}\n    postcondition {{\n    {claim}\n    }}\n  }}\n}}\ncheck \"c\" {{\n  assert {{\n    {claim}\n  }}\n}}\n"
        );
        holds(&loaded(&[("main.hcl", body.as_bytes())], None));
    });
}

#[test]
fn any_file_of_values() {
    let body = b"sk_dr { stack = \"t\" }\nsecret \"s\" { env = \"S\" }\nvariable \"x\" { type = any }\nvariable \"a\" {\n  type = list(string)\n  sensitive = true\n}\nvariable \"b\" { type = secret }\n";
    check!()
        .with_iterations(2 * ITERATIONS)
        .with_type::<(Text, Vec<u8>)>()
        .for_each(|(text, bytes): &(Text, Vec<u8>)| {
            let text = text.spelled();
            for values in [text.as_bytes(), bytes.as_slice()] {
                let files: [(&str, &[u8]); 2] = [("main.hcl", body), ("v.auto.vars.hcl", values)];
                holds(&loaded(&files, None));
            }
        });
}

#[test]
fn any_template_and_any_variable() {
    let body = "sk_dr { stack = \"t\" }\nvariable \"x\" { type = any }\nlocals {\n  a = templatefile(\"t\", { x = var.x, a = [1, 2] })\n}\n";
    check!()
        .with_iterations(2 * ITERATIONS)
        .with_type::<(Text, Text)>()
        .for_each(|(template, variable)| {
            let (template, variable) = (template.spelled(), variable.spelled());
            holds(&loaded(
                &[("main.hcl", body.as_bytes()), ("t", template.as_bytes())],
                Some(&variable),
            ));
            holds(&loaded(
                &[("main.hcl", body.as_bytes()), ("t", template.as_bytes())],
                Some("[1]"),
            ));
        });
}

/// A value printed as JSON or YAML and read again is the same value; in YAML as far as its floats go.
#[test]
fn what_is_printed_is_read_again() {
    check!().with_iterations(ITERATIONS).with_type::<Tree>().for_each(|tree: &Tree| {
        let text = tree.spelled();
        let body = format!(
            "sk_dr {{ stack = \"t\" }}\nlocals {{\n  v = {text}\n}}\noutput \"json\" {{ value = jsondecode(jsonencode(local.v)) == local.v }}\noutput \"yaml\" {{ value = yamldecode(yamlencode(local.v)) == local.v }}\n"
        );
        let loaded = loaded(&[("main.hcl", body.as_bytes())], None);
        assert!(loaded.diagnostics.is_empty(), "{text}: {:?}", loaded.diagnostics);
        for (name, output) in &loaded.configuration.outputs {
            assert_eq!(output.value.known(), Some(&true.into()), "{name} of {text}");
        }
    });
}

#[derive(Debug, TypeGenerator)]
enum Tree {
    Null,
    Bool(bool),
    Number(i32, u8),
    Text(#[generator(produce::<String>().with().len(0usize..12))] String),
    List(#[generator(produce::<Vec<Leaf>>().with().len(0usize..4))] Vec<Leaf>),
    Object(
        #[generator(produce::<Vec<(String, Leaf)>>().with().len(0usize..4))] Vec<(String, Leaf)>,
    ),
}

#[derive(Debug, TypeGenerator)]
enum Leaf {
    Number(i32),
    Text(#[generator(produce::<String>().with().len(0usize..6))] String),
    Pair(bool, u8),
    Empty,
}

impl Tree {
    fn spelled(&self) -> String {
        match self {
            Tree::Null => "null".to_owned(),
            Tree::Bool(value) => value.to_string(),
            Tree::Number(whole, part) => format!("{whole}.{part}"),
            Tree::Text(text) => quoted(text),
            Tree::List(items) => format!(
                "[{}]",
                items
                    .iter()
                    .map(Leaf::spelled)
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
            Tree::Object(members) => {
                let numbered = members.iter().enumerate();
                let members = numbered.map(|(at, (name, leaf))| {
                    format!("{} = {}", quoted(&format!("{at}{name}")), leaf.spelled())
                });
                format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

impl Leaf {
    fn spelled(&self) -> String {
        match self {
            Leaf::Number(number) => number.to_string(),
            Leaf::Text(text) => quoted(text),
            Leaf::Pair(left, right) => format!("[{left}, {{ k = {right}, l = [] }}]"),
            Leaf::Empty => "{}".to_owned(),
        }
    }
}

/// As a literal of HCL.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '$' => quoted.push_str("\\u0024"),
            '%' => quoted.push_str("\\u0025"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
