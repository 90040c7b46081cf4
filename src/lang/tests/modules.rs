//! Modules: what goes in and comes out, where they are found, what stays out of them, how they need each other.

use super::{HEAD, compare, listed, load_files, load_lacking, shown};
use crate::lang::{GivenVariables, Loaded, Missing};
use crate::model::expression::Expr;

/// A module with a thing of its own, which hands out what it was given.
const ONE: &str = "variable \"name\" { type = string }\nvariable \"label\" {\n  type    = string\n  default = null\n}\nresource \"cloud_thing\" \"it\" {\n  name  = var.name\n  label = var.label\n}\noutput \"name\" { value = cloud_thing.it.name }\noutput \"id\" { value = cloud_thing.it.id }\n";

fn loaded(text: &str, modules: &[(&str, &str)]) -> Loaded {
    let text = format!("{HEAD}{text}");
    let mut files = vec![("main.hcl", text.as_str())];
    files.extend_from_slice(modules);
    load_files(&files, &[])
}

/// Addresses with the names of their things, and `<- ADDRESS` for each one they refer to.
fn check(text: &str, modules: &[(&str, &str)], expected: &[&str]) {
    let loaded = loaded(text, modules);
    assert!(loaded.diagnostics.is_empty(), "{text}\n{}", shown(&loaded));
    let all: Vec<String> = loaded
        .configuration
        .resources
        .iter()
        .map(|one| {
            let references: String = one
                .references
                .iter()
                .map(|to| format!(" <- {to}"))
                .collect();
            format!(
                "{} {}{references}",
                one.address,
                one.text("name").unwrap_or_default()
            )
        })
        .collect();
    assert_eq!(all, expected, "{text}");
}

/// Mistakes as `code: detail`.
fn check_mistakes(text: &str, modules: &[(&str, &str)], expected: &[&str]) {
    assert_eq!(listed(&loaded(text, modules)), expected, "{text}");
}

#[test]
fn a_module_is_called_once_or_for_each() {
    let one = &[("one/main.hcl", ONE)];
    check(
        "module \"m\" {\n  source = \"./one\"\n  name = \"a\"\n}",
        one,
        &["module.m.cloud_thing.it a"],
    );
    check(
        "module \"m\" {\n  source = \"./one\"\n  for_each = {y = \"b\", x = \"a\"}\n  name = \"${each.key}${each.value}\"\n}",
        one,
        &[
            "module.m[\"x\"].cloud_thing.it xa",
            "module.m[\"y\"].cloud_thing.it yb",
        ],
    );
    check(
        "module \"m\" {\n  source = \"./one\"\n  count = 2\n  name = \"n${count.index}\"\n}\nresource \"cloud_thing\" \"last\" { name = \"last\" }",
        one,
        &[
            "cloud_thing.last last",
            "module.m[0].cloud_thing.it n0",
            "module.m[1].cloud_thing.it n1",
        ],
    );
    check(
        "module \"m\" {\n  source = \"./one\"\n  count = 0\n  name = \"x\"\n}",
        one,
        &[],
    );
}

#[test]
fn modules_stand_inside_of_modules() {
    let outer = "variable \"names\" { type = set(string) }\nmodule \"inner\" {\n  source = \"../one\"\n  for_each = var.names\n  name = each.key\n}\noutput \"all\" { value = [for inner in values(module.inner) : inner.name] }\n";
    check(
        "module \"m\" {\n  source = \"./nested/outer/\"\n  count = 2\n  names = [\"a${count.index}\", \"b${count.index}\"]\n}\nresource \"cloud_thing\" \"after\" { name = join(\"-\", module.m[1].all) }",
        &[
            ("nested/outer/main.hcl", outer),
            ("nested/one/main.hcl", ONE),
        ],
        &[
            "cloud_thing.after a1-b1 <- module.m[1].module.inner[\"a1\"].cloud_thing.it <- module.m[1].module.inner[\"b1\"].cloud_thing.it",
            "module.m[0].module.inner[\"a0\"].cloud_thing.it a0",
            "module.m[0].module.inner[\"b0\"].cloud_thing.it b0",
            "module.m[1].module.inner[\"a1\"].cloud_thing.it a1",
            "module.m[1].module.inner[\"b1\"].cloud_thing.it b1",
        ],
    );
}

#[test]
fn outputs_are_read_in_every_form() {
    let calls = "module \"s\" {\n  source = \"./one\"\n  name = \"s\"\n}\nmodule \"c\" {\n  source = \"./one\"\n  count = 2\n  name = \"c${count.index}\"\n}\nmodule \"e\" {\n  source = \"./one\"\n  for_each = toset([\"x\", \"y\"])\n  name = each.key\n}";
    for (expression, expected) in [
        ("module.s.name", "\"s\""),
        ("module.c[1].name", "\"c1\""),
        ("module.c[*].name", "[\"c0\", \"c1\"]"),
        ("module.c.*.name", "[\"c0\", \"c1\"]"),
        ("length(module.c)", "2"),
        ("module.e[\"y\"].name", "\"y\""),
        (
            "[for k, m in module.e : \"${k}${m.name}\"]",
            "[\"xx\", \"yy\"]",
        ),
        ("keys(module.e)", "[\"x\", \"y\"]"),
        ("module.s[*].name", "[\"s\"]"),
        (
            "module.e[\"z\"].name",
            "Err: invalid-index: `module.e` has no such instance",
        ),
        (
            "module.s.nam",
            "Err: unknown-attribute: `module.s` has no output `nam`",
        ),
        (
            "module.s[0].name",
            "Err: invalid-index: `module.s` has neither",
        ),
        (
            "module.c.name",
            "Err: invalid-reference: `module.c` has `count`",
        ),
        ("module.t.name", "Err: undeclared: there is no module `t`"),
        ("module", "Err: undeclared: `module` is not declared here"),
        ("can(module.e[\"z\"].name)", "false"),
    ] {
        let loaded = loaded(
            &format!("{calls}\noutput \"x\" {{\n  value = {expression}\n}}\n"),
            &[("one/main.hcl", ONE)],
        );
        let value = loaded
            .configuration
            .outputs
            .get("x")
            .map(|output| &output.value);
        let found = match value {
            Some(Expr::Value(value)) if loaded.diagnostics.is_empty() => Ok(value.clone()),
            _ => Err(listed(&loaded).join("\n")),
        };
        compare(expression, found, expected);
    }
}

#[test]
fn what_one_module_hands_out_another_takes() {
    // Each needs an output of the other, which Terraform allows too: the things behind them do not wait in a circle.
    check(
        "module \"a\" {\n  source = \"./one\"\n  name = \"a\"\n}\nmodule \"b\" {\n  source = \"./one\"\n  name = \"b\"\n  label = module.a.id\n}\nmodule \"c\" {\n  source = \"./two\"\n  left = \"l\"\n  right = module.d.left\n}\nmodule \"d\" {\n  source = \"./two\"\n  left = module.c.left\n  right = \"r\"\n}",
        &[
            ("one/main.hcl", ONE),
            (
                "two/main.hcl",
                "variable \"left\" {}\nvariable \"right\" {}\nresource \"cloud_thing\" \"l\" { name = \"l-${var.left}\" }\nresource \"cloud_thing\" \"r\" { name = \"r-${var.right}\" }\noutput \"left\" { value = cloud_thing.l.name }\n",
            ),
        ],
        &[
            "module.a.cloud_thing.it a",
            "module.b.cloud_thing.it b <- module.a.cloud_thing.it",
            "module.c.cloud_thing.l l-l",
            "module.c.cloud_thing.r r-l-l-l <- module.d.cloud_thing.l",
            "module.d.cloud_thing.l l-l-l <- module.c.cloud_thing.l",
            "module.d.cloud_thing.r r-r",
        ],
    );
}

#[test]
fn depends_on_reaches_all_of_a_module() {
    check(
        "resource \"cloud_thing\" \"first\" { name = \"first\" }\nmodule \"m\" {\n  source = \"./outer\"\n  depends_on = [cloud_thing.first]\n}\nresource \"cloud_thing\" \"last\" {\n  name = \"last\"\n  depends_on = [module.m]\n}",
        &[
            (
                "outer/main.hcl",
                "module \"inner\" {\n  source = \"../one\"\n  name = \"i\"\n}\n",
            ),
            ("one/main.hcl", ONE),
        ],
        &[
            "cloud_thing.first first",
            "cloud_thing.last last <- module.m.module.inner.cloud_thing.it",
            "module.m.module.inner.cloud_thing.it i <- cloud_thing.first",
        ],
    );
}

#[test]
fn providers_flow_in_or_are_handed_in() {
    let providers = |text: &str, module: &str| -> Vec<String> {
        let text = format!(
            "sk_dr {{ stack = \"t\" }}\nprovider \"cloud\" {{}}\nprovider \"cloud\" {{ alias = \"eu\" }}\n{text}"
        );
        let loaded = load_files(
            &[
                ("main.hcl", &text),
                ("m/main.hcl", module),
                (
                    "m/n/main.hcl",
                    "resource \"cloud_thing\" \"n\" { name = \"n\" }",
                ),
            ],
            &[],
        );
        let shown = |one: &crate::model::resource::Resource| {
            format!("{} {}", one.address, one.provider.as_ref().unwrap())
        };
        let all = loaded.configuration.resources.iter().map(shown);
        all.chain(listed(&loaded)).collect()
    };
    let both = "resource \"cloud_thing\" \"d\" { name = \"d\" }\nresource \"cloud_thing\" \"e\" {\n  name = \"e\"\n  provider = cloud.far\n}\nmodule \"n\" { source = \"./n\" }";
    assert_eq!(
        providers(
            "module \"m\" {\n  source = \"./m\"\n  providers = { \"cloud.far\" = cloud.eu }\n}",
            both
        ),
        [
            "module.m.cloud_thing.d cloud",
            "module.m.cloud_thing.e cloud.eu",
            "module.m.module.n.cloud_thing.n cloud",
        ]
    );
    assert_eq!(
        providers(
            "module \"m\" {\n  source = \"./m\"\n  providers = {\n    cloud = cloud.eu\n    \"cloud.far\" = cloud\n  }\n}",
            both
        ),
        [
            "module.m.cloud_thing.d cloud.eu",
            "module.m.cloud_thing.e cloud",
            "module.m.module.n.cloud_thing.n cloud.eu",
        ]
    );
    assert_eq!(
        providers("module \"m\" { source = \"./m\" }", both),
        [
            "module.m.cloud_thing.d cloud",
            "module.m.module.n.cloud_thing.n cloud",
            "no-provider: module.m is given no provider `cloud.far`",
        ]
    );
    assert_eq!(
        providers(
            "module \"m\" {\n  source = \"./m\"\n  providers = { cloud = cloud.us }\n}",
            "",
        ),
        ["no-provider: there is no provider block `cloud.us`"]
    );
}

/// A block may name a provider block; the body holds its name as the root calls it.
#[test]
fn a_block_may_name_a_provider() {
    let named = |root: &str, provider: &str| -> Vec<String> {
        let main = format!(
            "sk_dr {{ stack = \"t\" }}\nprovider \"cloud\" {{}}\nprovider \"cloud\" {{ alias = \"eu\" }}\n{root}"
        );
        let thing = format!(
            "resource \"loner\" \"a\" {{\n  path = \"p\"\n  reading {{ provider = {provider} }}\n}}"
        );
        let in_root = format!("{main}\n{}", if root.is_empty() { &thing } else { "" });
        let loaded = load_files(&[("main.hcl", &in_root), ("m/main.hcl", &thing)], &[]);
        let shown = |one: &crate::model::resource::Resource| {
            let named = one.in_block("reading", "provider");
            format!("{} {:?}", one.address, named.unwrap().known())
        };
        let all = loaded.configuration.resources.iter().map(shown);
        all.chain(listed(&loaded)).collect()
    };
    let check = |root: &str, provider: &str, expected: &str| {
        assert_eq!(named(root, provider), [expected], "{root} {provider}");
    };
    check("", "cloud", "loner.a Some(String(\"cloud\"))");
    check("", "cloud.eu", "loner.a Some(String(\"cloud.eu\"))");
    let handed =
        "module \"m\" {\n  source = \"./m\"\n  providers = { \"cloud.far\" = cloud.eu }\n}";
    check(
        handed,
        "cloud.far",
        "module.m.loner.a Some(String(\"cloud.eu\"))",
    );
    check(handed, "cloud", "module.m.loner.a Some(String(\"cloud\"))");
    let refused = |root: &str, provider: &str, expected: &str| {
        let found = named(root, provider);
        let found = found.last().map(String::as_str);
        assert_eq!(found, Some(expected), "{root} {provider}");
    };
    refused(
        "",
        "cloud.us",
        "no-provider: there is no provider block `cloud.us`",
    );
    refused(
        handed,
        "cloud.us",
        "no-provider: module.m is given no provider `cloud.us`",
    );
    let without = "invalid-provider: `provider` names a provider block of type cloud without quotes: provider = cloud.main";
    for wrong in ["\"cloud\"", "sky", "cloud.eu.far", "[cloud]"] {
        refused("", wrong, without);
    }
}

#[test]
fn every_mistake_of_every_module_is_found() {
    check_mistakes(
        "module \"m\" {\n  source = \"./m\"\n  nam = \"x\"\n}\nmodule \"n\" { source = \"./nowhere\" }\nmodule \"o\" { source = \"m\" }\nmodule \"p\" { source = \"git::https://example.org/x\" }\nmodule \"q\" { source = \"builtin:thing\" }\nmodule \"r\" {}\nmodule \"s\" {\n  source = \"./s\"\n  size = \"many\"\n}",
        &[
            (
                "m/main.hcl",
                "sk_dr { stack = \"x\" }\nprovider \"cloud\" {}\nsecret \"s\" { env = \"S\" }\ndrift {\n  ignore \"a\" {\n    resource = \"cloud_thing.*\"\n    attributes = [\"size\"]\n    reason = \"moving\"\n    until = \"2026-12-31\"\n  }\n}\nvariable \"name\" {}\nresource \"cloud_thing\" \"a\" { nme = var.nme }\n",
            ),
            (
                "s/main.hcl",
                "variable \"size\" { type = number }\nresource \"cloud_thing\" \"a\" {\n  name = \"a\"\n  size = var.size\n}\noutput \"bad\" { value = 1 + \"x\" }\n",
            ),
            ("builtin:thing@1/main.hcl", ""),
            ("builtin:thing@2/main.hcl", ""),
        ],
        &[
            "missing-argument: `module.m` needs the argument `name`",
            "unsupported-argument: `module.m` has no argument `nam`",
            "no-module: there is no directory nowhere",
            "invalid-source: a module is a directory, written ./NAME or ../NAME, or one that sk-dr brings along, builtin:NAME@1",
            "invalid-source: a module is a directory, written ./NAME or ../NAME, or one that sk-dr brings along, builtin:NAME@1",
            "invalid-source: sk-dr brings no module `builtin:thing` along",
            "missing-argument: `module` needs the argument `source`",
            "wrong-type: this does not fit the type of `var.size`: a number is needed, this string spells none",
            "not-in-a-module: a module has no `sk_dr` block: the root names the stack and the journal",
            "not-in-a-module: a module has no `provider` block: the root's flow in, those with an alias through `providers = { ... }` where the module is called",
            "not-in-a-module: a module has no `secret` block: where secrets are read is told in one place; declare it in the root and hand it in as a variable",
            "not-in-a-module: a module has no `drift` block: the root says which changes are borne",
            "missing-argument: `cloud_thing` needs the argument `name`",
            "unsupported-argument: `cloud_thing` has no argument `nme`",
            "undeclared: there is no variable `nme`",
            "not-a-number: the operator `+` needs a number, this is a string",
        ],
    );
}

#[test]
fn a_mistake_in_a_module_is_shown_in_its_file() {
    let loaded = loaded(
        "module \"m\" {\n  source   = \"./one\"\n  for_each = toset([\"x\", \"y\"])\n  name     = each.key\n}",
        &[(
            "one/main.hcl",
            "variable \"name\" { type = string }\nresource \"cloud_thing\" \"it\" {\n  name = var.name\n  size = var.name == \"y\" ? \"big\" : 1\n}\n",
        )],
    );
    insta::assert_snapshot!(shown(&loaded));
}

#[test]
fn circles_are_told_in_full() {
    check_mistakes(
        "module \"a\" {\n  source = \"./one\"\n  name = module.b.name\n}\nmodule \"b\" {\n  source = \"./one\"\n  name = module.a.name\n}",
        &[("one/main.hcl", ONE)],
        &[
            "cycle: these need each other: module.a.cloud_thing.it -> module.a.var.name -> module.b.output.name -> module.b.cloud_thing.it -> module.b.var.name -> module.a.output.name -> module.a.cloud_thing.it",
        ],
    );
    check_mistakes(
        "resource \"cloud_thing\" \"a\" {\n  name = \"a\"\n  depends_on = [module.m]\n}\nmodule \"m\" {\n  source = \"./one\"\n  name = \"x\"\n  depends_on = [cloud_thing.a]\n}",
        &[("one/main.hcl", ONE)],
        &["cycle: these need each other: module.m -> cloud_thing.a -> module.m"],
    );
    check_mistakes(
        "module \"a\" { source = \"./a\" }",
        &[
            ("a/main.hcl", "module \"b\" { source = \"../b\" }"),
            ("b/main.hcl", "module \"a\" { source = \"../a\" }"),
        ],
        &["cycle: these modules call each other: a -> b -> a"],
    );
    check_mistakes(
        "module \"a\" { source = \"./\" }",
        &[],
        &["cycle: these modules call each other: . -> ."],
    );
}

#[test]
fn hostile_calls_end() {
    let ten = |to: &str| -> String {
        (0..10)
            .map(|at| format!("module \"m{at}\" {{ source = \"{to}\" }}\n"))
            .collect()
    };
    let files: Vec<(String, String)> = (0..9)
        .map(|at| (format!("d{at}/main.hcl"), ten(&format!("../d{}", at + 1))))
        .chain([("d9/main.hcl".to_owned(), String::new())])
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let wide = loaded(&ten("./d0"), &files);
    assert!(
        listed(&wide)
            .iter()
            .all(|line| line.starts_with("too-many-modules")),
        "{}",
        shown(&wide)
    );
    let many = loaded(
        "module \"m\" {\n  source = \"./m\"\n  count = 200\n}",
        &[
            (
                "m/main.hcl",
                "module \"n\" {\n  source = \"../n\"\n  count = 200\n}",
            ),
            ("n/main.hcl", ""),
        ],
    );
    assert_eq!(
        listed(&many),
        ["too-many-instances: all modules together have at most 10000 instances"]
    );
}

#[test]
fn paths_are_named_from_the_root() {
    let text = "module \"m\" {\n  source = \"./m\"\n  path = \"data.txt\"\n}\noutput \"x\" { value = module.m.all }";
    let loaded = loaded(
        text,
        &[
            (
                "m/main.hcl",
                "variable \"path\" {}\noutput \"all\" { value = [path.module, path.root, file(\"${path.module}/data.txt\"), file(var.path), templatefile(\"${path.module}/t\", {x = 1})] }",
            ),
            ("m/data.txt", "inner"),
            ("m/t", "t${x}"),
            ("data.txt", "outer"),
        ],
    );
    let found = loaded.configuration.outputs.get("x");
    assert_eq!(
        found.map(|output| &output.value),
        Some(&Expr::Value(serde_json::json!([
            "m", ".", "inner", "outer", "t1"
        ]))),
        "{}",
        shown(&loaded)
    );
}

#[test]
fn secrets_and_marks_go_through() {
    let loaded = loaded(
        "secret \"s\" { env = \"S\" }\nmodule \"m\" {\n  source = \"./m\"\n  token = secret.s\n  hidden = \"x\"\n}\noutput \"x\" { value = module.m.hidden }\noutput \"y\" { value = module.m.token }",
        &[(
            "m/main.hcl",
            "variable \"token\" {}\nvariable \"hidden\" { sensitive = true }\nresource \"cloud_thing\" \"a\" {\n  name = \"a\"\n  token = var.token\n}\noutput \"hidden\" { value = var.hidden }\noutput \"token\" { value = var.token }",
        )],
    );
    assert_eq!(
        listed(&loaded),
        [
            "sensitive-value: this value is made of a sensitive one, and the output does not say so",
            "secret-used: an output is shown and stored, and `secret.s` is a secret",
        ]
    );
    let [thing] = loaded.configuration.resources.as_slice() else {
        panic!("one resource")
    };
    assert!(matches!(thing.body.member("token"), Some(Expr::Secret(_))));
}

/// A module with one thing plans what the thing alone does.
#[test]
fn a_module_is_what_is_in_it() {
    use proptest::prelude::*;
    proptest!(ProptestConfig::with_cases(64), |(name in "[a-z]{1,8}", size in proptest::option::of(-9i64..9), tags in proptest::collection::btree_map("[a-z]{1,3}", "[ -~]{0,6}", 0..4))| {
        let size = size.map_or_else(|| "null".to_owned(), |size| size.to_string());
        let tags: String = tags.iter().map(|(key, value)| format!("{key} = {}, ", crate::model::text::quote(value).replace("${", "$${").replace("%{", "%%{"))).collect();
        let (name, tags) = (crate::model::text::quote(&name), format!("{{{tags}}}"));
        let alone = loaded(&format!("resource \"cloud_thing\" \"a\" {{\n  name = {name}\n  size = {size}\n  tags = {tags}\n}}"), &[]);
        let inside = loaded(
            &format!("module \"m\" {{\n  source = \"./m\"\n  name = {name}\n  size = {size}\n  tags = {tags}\n}}"),
            &[("m/main.hcl", "variable \"name\" {}\nvariable \"size\" { type = number }\nvariable \"tags\" { type = map(string) }\nresource \"cloud_thing\" \"a\" {\n  name = var.name\n  size = var.size\n  tags = var.tags\n}")],
        );
        let bodies = |loaded: &Loaded| loaded.configuration.resources.iter().map(|one| (one.address.name.clone(), one.provider.clone(), one.body.clone())).collect::<Vec<_>>();
        prop_assert_eq!(listed(&alone), Vec::<String>::new());
        prop_assert_eq!(listed(&inside), Vec::<String>::new());
        prop_assert_eq!(bodies(&alone), bodies(&inside));
    });
}

/// Whoever calls it gives it the stack, its providers and its variables. Only who goes no further may leave that to a caller.
#[test]
fn a_module_is_looked_at_alone() {
    let mistakes = |text: &str, missing: Missing| {
        let inner = (
            "inner/main.hcl",
            "resource \"cloud_thing\" \"it\" {\n  name = \"x\"\n  provider = cloud.far\n}",
        );
        let files = [("main.hcl", text), inner];
        listed(&load_lacking(&files, GivenVariables::default(), missing))
    };
    let missing = "missing-block: the configuration has no `sk_dr` block, which names its stack";
    let alias = "variable \"name\" { type = string }\nresource \"cloud_thing\" \"it\" {\n  name = var.name\n  provider = cloud.eu\n}\n";
    let nested =
        "module \"m\" {\n  source = \"./inner\"\n  providers = { \"cloud.far\" = cloud.eu }\n}\n";
    let unhanded = "module \"m\" { source = \"./inner\" }\n";
    for (text, alone) in [
        (ONE, vec![]),
        (alias, vec![]),
        (nested, vec![]),
        (
            unhanded,
            vec!["no-provider: module.m is given no provider `cloud.far`"],
        ),
        (
            "output \"o\" { value = cloud_thing.it.name }\n",
            vec!["undeclared: there is no resource `cloud_thing.it`"],
        ),
        // What belongs to a root makes it one.
        ("secret \"s\" { env = \"S\" }\n", vec![missing]),
        ("provider \"cloud\" {}\n", vec![missing]),
        ("", vec![missing]),
    ] {
        assert_eq!(mistakes(text, Missing::LeaveToCaller), alone, "{text}");
        for strict in [Missing::Report, Missing::LeaveOut] {
            let found = mistakes(text, strict);
            assert!(found.iter().any(|one| one == missing), "{text} {found:?}");
        }
    }
}
