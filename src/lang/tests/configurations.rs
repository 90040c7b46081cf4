//! Blocks: what a configuration becomes.

use super::{listed, load_files, load_text, resources, shown};
use crate::model::expression::Expr;
use crate::model::journal_place::JournalPlace;
use crate::model::resource::IgnoreChanges;
use crate::model::secret::SecretSource;
use serde_json::json;

#[test]
fn a_body_has_its_defaults_and_blocks_are_lists() {
    let all = resources(
        "resource \"cloud_thing\" \"a\" {\n  name = 5\n  size = \"3\"\n  names = toset([\"b\", \"a\"])\n  tags = {x = 1, y = null}\n  label = null\n  place { city = \"Bonn\" }\n  rule { action = \"x\" }\n  rule { action = \"y\" }\n}",
    );
    let [thing] = all.as_slice() else {
        panic!("one resource")
    };
    assert_eq!(
        thing.body,
        Expr::Value(json!({
            "name": "5", "mode": "ReadWrite", "paused": false, "size": 3, "names": ["a", "b"], "tags": {"x": "1"},
            "place": [{"city": "Bonn"}], "rule": [{"action": "x"}, {"action": "y"}],
        }))
    );
    assert_eq!(thing.provider.as_ref().unwrap().to_string(), "cloud");
    assert!(thing.spans.contains_key("rule.action") && thing.spans.contains_key("size"));
}

#[test]
fn instances_are_sorted_by_key_and_number() {
    let addresses = |text: &str| -> Vec<String> {
        let all = resources(text);
        let shown = |one: &crate::model::resource::Resource| {
            format!("{} {}", one.address, one.text("name").unwrap())
        };
        all.iter().map(shown).collect()
    };
    for (text, expected) in [
        (
            "resource \"cloud_thing\" \"a\" {\n  for_each = {b = \"x\", a = \"y\"}\n  name = \"${each.key}${each.value}\"\n}",
            vec!["cloud_thing.a[\"a\"] ay", "cloud_thing.a[\"b\"] bx"],
        ),
        (
            "resource \"cloud_thing\" \"a\" {\n  for_each = toset([\"b\", \"a\"])\n  name = each.value\n}",
            vec!["cloud_thing.a[\"a\"] a", "cloud_thing.a[\"b\"] b"],
        ),
        (
            "resource \"cloud_thing\" \"a\" {\n  count = 2\n  name = \"n${count.index}\"\n}",
            vec!["cloud_thing.a[0] n0", "cloud_thing.a[1] n1"],
        ),
        (
            "resource \"cloud_thing\" \"a\" {\n  count = 0\n  name = \"x\"\n}",
            vec![],
        ),
        (
            "resource \"cloud_thing\" \"b\" {\n  name = cloud_thing.a[\"k\"].name\n}\nresource \"cloud_thing\" \"a\" {\n  for_each = {k = 1}\n  name = each.key\n}",
            vec!["cloud_thing.a[\"k\"] k", "cloud_thing.b k"],
        ),
        (
            "resource \"cloud_thing\" \"b\" {\n  name = join(\",\", cloud_thing.a[*].name)\n}\nresource \"cloud_thing\" \"a\" {\n  count = 2\n  name = count.index\n}",
            vec![
                "cloud_thing.a[0] 0",
                "cloud_thing.a[1] 1",
                "cloud_thing.b 0,1",
            ],
        ),
        (
            "resource \"cloud_thing\" \"b\" {\n  for_each = cloud_thing.a\n  name = each.value.name\n}\nresource \"cloud_thing\" \"a\" {\n  for_each = {k = 1}\n  name = each.key\n}",
            vec!["cloud_thing.a[\"k\"] k", "cloud_thing.b[\"k\"] k"],
        ),
    ] {
        assert_eq!(addresses(text), expected, "{text}");
    }
}

#[test]
fn references_lead_to_what_is_needed() {
    let text = "locals {\n  far = cloud_thing.a.name\n}\nresource \"cloud_thing\" \"a\" {\n  name = \"a\"\n}\nresource \"cloud_thing\" \"m\" {\n  for_each = {x = 1, y = 2}\n  name = each.key\n}\nresource \"cloud_thing\" \"b\" {\n  name = local.far\n  label = cloud_thing.m[\"x\"].id\n  depends_on = [loner.l]\n}\nresource \"loner\" \"l\" {}\nresource \"cloud_thing\" \"c\" {\n  for_each = toset([cloud_thing.a.name])\n  name = \"c\"\n}";
    let all = resources(text);
    let of = |name: &str| -> Vec<String> {
        let found = all.iter().find(|one| one.address.name == name).unwrap();
        found.references.iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        of("b"),
        ["cloud_thing.a", "cloud_thing.m[\"x\"]", "loner.l"]
    );
    assert_eq!(of("c"), ["cloud_thing.a"]);
    assert!(of("a").is_empty());
}

#[test]
fn what_is_known_later_is_a_hole() {
    let all = resources(
        "resource \"cloud_thing\" \"a\" {\n  name = \"a\"\n  rule {\n    action = \"x\"\n    place { city = \"y\" }\n  }\n}\nresource \"cloud_thing\" \"b\" {\n  name = \"b\"\n  label = \"is ${cloud_thing.a.id}\"\n  names = [cloud_thing.a.rule[0].place[0].uid]\n}",
    );
    let holes: Vec<String> = all[1]
        .body
        .holes()
        .into_iter()
        .map(|hole| format!("{:?}", hole.source))
        .collect();
    assert_eq!(holes.len(), 2);
    assert!(holes.iter().any(|hole| hole.contains("\"id\"")));
    assert!(
        holes
            .iter()
            .any(|hole| hole.contains("rule[0].place[0].uid")),
        "{holes:?}"
    );
    assert!(matches!(all[1].body.member("label"), Some(Expr::Concat(_))));
}

#[test]
fn secrets_go_where_they_may() {
    let text = "sk_dr { stack = \"t\" }\nsecret \"e\" { env = \"E\" }\nsecret \"f\" { file = \"f\" }\nsecret \"c\" { command = [\"sops\", \"x\"] }\nprovider \"cloud\" {\n  url = \"https://${secret.e}@x\"\n  retry { times = 3 }\n}\nresource \"cloud_thing\" \"a\" {\n  name = \"a\"\n  token = secret.c\n}\n";
    let loaded = load_files(&[("main.hcl", text)], &[]);
    assert!(loaded.diagnostics.is_empty(), "{}", shown(&loaded));
    let configuration = loaded.configuration;
    let sources: Vec<&SecretSource> = configuration.secrets.values().collect();
    assert_eq!(
        sources,
        [
            &SecretSource::Command(vec!["sops".into(), "x".into()]),
            &SecretSource::Env("E".into()),
            &SecretSource::File("f".into()),
        ]
    );
    let provider = configuration.providers.values().next().unwrap();
    assert_eq!(provider.arguments.secrets().len(), 1);
    assert_eq!(
        provider.arguments.member("retry"),
        Some(Expr::Value(json!([{"times": 3}])))
    );
    assert!(matches!(
        configuration.resources[0].body.member("token"),
        Some(Expr::Secret(_))
    ));
}

#[test]
fn rules_that_ignore_drift() {
    let rule = |name: &str, until: &str| {
        format!(
            "drift {{\n  ignore \"{name}\" {{\n    resource = \"cloud_thing.*\"\n    attributes = [\"ttl\", \"tags[\\\"a/b\\\"]\"]\n    reason = \"moving\"\n    until = \"{until}\"\n  }}\n}}\n"
        )
    };
    let text = format!(
        "sk_dr {{ stack = \"t\" }}\n{}{}",
        rule("b", "2026-12-31"),
        rule("a", "2027-01-31")
    );
    let loaded = load_files(&[("main.hcl", &text)], &[]);
    assert!(loaded.diagnostics.is_empty(), "{}", shown(&loaded));
    let [a, b] = loaded.configuration.ignores.as_slice() else {
        panic!("two rules")
    };
    assert_eq!((a.name.as_str(), b.name.as_str()), ("a", "b"));
    assert_eq!(b.until.to_string(), "2026-12-31");
    assert_eq!(b.attributes, [vec!["ttl"], vec!["tags", "a/b"]]);
    let twice = format!("{text}{}", rule("a", "2026-12-31"));
    let loaded = load_files(&[("main.hcl", &twice)], &[]);
    assert!(
        shown(&loaded).contains("already declared"),
        "{}",
        shown(&loaded)
    );
}

#[test]
fn lifecycle_alias_outputs_and_settings() {
    let text = "sk_dr {\n  stack = \"t\"\n  required_version = \"~> 0.1\"\n  journal { path = \"j\" }\n}\nprovider \"cloud\" {}\nprovider \"cloud\" { alias = \"eu\" }\nlocals {\n  keep = true\n}\nresource \"cloud_thing\" \"a\" {\n  provider = cloud.eu\n  name = \"a\"\n  lifecycle {\n    prevent_destroy = local.keep && true\n    ignore_changes = [ttl, tags[\"x\"], place[0].city]\n  }\n}\nresource \"cloud_thing\" \"b\" {\n  name = \"b\"\n  lifecycle { ignore_changes = all }\n}\noutput \"id\" {\n  value = cloud_thing.a.id\n  description = \"The id.\"\n}\noutput \"hidden\" {\n  value = sensitive([1])\n  sensitive = true\n}\n";
    let loaded = load_files(&[("main.hcl", text)], &[]);
    assert!(loaded.diagnostics.is_empty(), "{}", shown(&loaded));
    let configuration = loaded.configuration;
    let directory = JournalPlace::Directory("j".to_owned());
    assert_eq!(configuration.settings.journal, Some(directory));
    let [a, b] = configuration.resources.as_slice() else {
        panic!("two resources")
    };
    assert_eq!(a.provider.as_ref().unwrap().to_string(), "cloud.eu");
    assert!(a.lifecycle.prevent_destroy && !b.lifecycle.prevent_destroy);
    let path = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        a.lifecycle.ignore_changes,
        IgnoreChanges::Paths(vec![
            path(&["ttl"]),
            path(&["tags", "x"]),
            path(&["place", "city"])
        ])
    );
    assert_eq!(b.lifecycle.ignore_changes, IgnoreChanges::All);
    assert!(matches!(configuration.outputs["id"].value, Expr::Hole(_)));
    assert!(configuration.outputs["hidden"].sensitive);
}

#[test]
fn sensitive_values_are_noted_by_their_attribute() {
    let all = resources(
        "resource \"cloud_thing\" \"a\" {\n  name = \"a\"\n  label = sensitive(\"x\")\n  tags = {k = sensitive(\"y\")}\n  rule { action = \"a${sensitive(\"z\")}\" }\n}",
    );
    let paths: Vec<String> = all[0].sensitive.iter().map(|path| path.join(".")).collect();
    assert_eq!(paths, ["label", "rule.action", "tags"]);
}

/// Its kind can still look at what is right.
#[test]
fn a_damaged_resource_keeps_the_rest() {
    let loaded = load_text(
        "variable \"v\" {}\nresource \"cloud_thing\" \"a\" {\n  label = \"x\"\n  size = \"y\"\n  ttl = var.v\n}\nresource \"loner\" \"l\" { path = cloud_thing.a.label }\n",
    );
    assert!(loaded.configuration.resources.is_empty());
    let [thing, _] = loaded.damaged.as_slice() else {
        panic!("two resources")
    };
    assert_eq!(thing.text("label").as_deref(), Some("x"));
    for name in ["name", "size", "ttl"] {
        assert!(
            matches!(thing.body.member(name), Some(Expr::Hole(_))),
            "{name}"
        );
    }
    // What refers to it is not blamed.
    assert_eq!(loaded.diagnostics.len(), 3, "{}", shown(&loaded));
}

#[test]
fn all_files_are_one_configuration() {
    let files = [
        ("a.hcl", "sk_dr { stack = \"t\" }\nprovider \"cloud\" {}\n"),
        (
            "b.hcl",
            "resource \"cloud_thing\" \"a\" { name = local.x }\n",
        ),
        ("c.hcl", "locals { x = \"from-c\" }\n"),
        ("d.vars.hcl", "nonsense = 1\n"),
        (".hidden.hcl", "nonsense = 1\n"),
    ];
    let loaded = load_files(&files, &[]);
    assert!(loaded.diagnostics.is_empty(), "{}", shown(&loaded));
    assert_eq!(
        loaded.configuration.resources[0].text("name").as_deref(),
        Some("from-c")
    );
}

/// A line of each mistake that a configuration may hold: all are found in one run.
#[test]
fn allowed_lints_have_a_reason_and_addresses() {
    let check = |inside: &str, mistakes: &[&str]| {
        let text = format!("sk_dr {{\n  stack = \"t\"\n  allow_lint {inside}\n}}\n");
        let loaded = load_files(&[("main.hcl", text.as_str())], &[]);
        assert_eq!(listed(&loaded), mistakes, "{text}");
        loaded.configuration.settings.allowed_lints
    };
    let allowed = check(
        "\"default-ttl\" {\n  reason = \"meant\"\n  resources = [\"cloud_thing.a\"]\n}",
        &[],
    );
    let [one] = allowed.as_slice() else {
        panic!("one allowed lint")
    };
    assert_eq!(
        (one.code.as_str(), one.reason.as_str()),
        ("default-ttl", "meant")
    );
    assert_eq!(one.resources, ["cloud_thing.a".parse().unwrap()]);
    check("\"a\" {\n  reason = \"meant\"\n}", &[]);
    check(
        "\"a\" {}",
        &["missing-argument: `allow_lint` needs the argument `reason`"],
    );
    check(
        "\"a\" {\n  reason = \"meant\"\n  resources = [\"no address\"]\n}",
        &["wrong-type: `resources` is a list of addresses, each a string"],
    );
    check(
        "\"a\" {\n  reason = \"meant\"\n  resource = []\n}",
        &["unsupported-argument: `allow_lint` has no argument `resource`"],
    );
}

#[test]
fn every_mistake_is_found() {
    for (text, expected) in MISTAKES {
        let found = listed(&load_text(text));
        assert_eq!(found, *expected, "{text}");
    }
}

const MISTAKES: &[(&str, &[&str])] = &[
    (
        "x = 1\n",
        &["unsupported-argument: `x` stands outside of any block"],
    ),
    (
        "resorce \"a\" \"b\" {}\n",
        &["unsupported-block: there is no block `resorce`"],
    ),
    (
        "recovery \"x\" {}\n",
        &[
            "missing-argument: `recovery` needs the argument `mode`",
            "missing-argument: `recovery` needs the argument `lost`",
        ],
    ),
    (
        "drift \"x\" {}\n",
        &["wrong-labels: this block is written drift { }"],
    ),
    (
        "drift {\n  x = 1\n  ignore {}\n  ignore \"a\" {}\n}\n",
        &[
            "unsupported-argument: `drift` has no argument `x`",
            "wrong-labels: this block is written ignore \"NAME\" { }",
            "missing-argument: `ignore` needs the argument `resource`",
            "missing-argument: `ignore` needs the argument `attributes`",
            "missing-argument: `ignore` needs the argument `reason`",
            "missing-argument: `ignore` needs the argument `until`",
        ],
    ),
    (
        "drift {\n  ignore \"a\" {\n    resource = \"\"\n    attributes = [\"a b\"]\n    reason = \" \"\n    until = \"2026-12-31T00:00:00Z\"\n  }\n}\n",
        &[
            "invalid-rule: `resource` says nothing",
            "invalid-rule: `attributes` is a list of attributes such as \"paused\", \"labels.team\" or \"labels[\\\"a/b\\\"]\"; [\"*\"] is all of them",
            "invalid-rule: `reason` says nothing",
            "invalid-rule: `until` is the last day on which the rule holds, such as \"2026-12-31\"",
        ],
    ),
    (
        "data \"a\" \"b\" {}\n",
        &[
            "unsupported-block: there are no data sources: use a variable, or `jsondecode(file(...))`",
        ],
    ),
    (
        "terraform {}\n",
        &["unsupported-block: settings stand in a `sk_dr { }` block"],
    ),
    (
        "sk_dr { stack = \"x\" }\n",
        &["duplicate: the `sk_dr` block is already declared at main.hcl:1"],
    ),
    (
        "resource \"cloud_thing\" {}\n",
        &["wrong-labels: this block is written resource \"TYPE\" \"NAME\" { }"],
    ),
    (
        "resource \"cloud_thing\" \"1\" {}\n",
        &[
            "invalid-name: the name of a `resource` block is a word of letters, digits, `_` and `-`, not starting with a digit",
        ],
    ),
    (
        "resource \"cloud_thin\" \"a\" {}\n",
        &["unknown-type: there is no resource type `cloud_thin`"],
    ),
    (
        "resource \"loner\" \"a\" {}\nresource \"loner\" \"a\" {}\n",
        &["duplicate: loner.a is already declared at main.hcl:3"],
    ),
    (
        "locals { a = 1 }\nlocals { a = 2 }\n",
        &["duplicate: local.a is already declared at main.hcl:3"],
    ),
    (
        "provider \"clod\" {}\n",
        &["unknown-provider: there is no provider `clod`"],
    ),
    (
        "provider \"cloud\" {}\n",
        &["duplicate: provider cloud is already declared at main.hcl:2"],
    ),
    (
        "resource \"cloud_thing\" \"a\" {\n  provider = cloud.eu\n  name = \"a\"\n}\n",
        &["no-provider: there is no provider block `cloud.eu`"],
    ),
    (
        "resource \"cloud_thing\" \"a\" {\n  provider = \"cloud\"\n  name = \"a\"\n}\n",
        &["invalid-provider: a provider is named without quotes: provider = kubernetes.eu"],
    ),
    (
        "resource \"loner\" \"a\" {\n  provider = cloud\n}\n",
        &["invalid-provider: `loner` is under no provider"],
    ),
    (
        "resource \"cloud_thing\" \"a\" {\n  nmae = \"a\"\n  size = 1.5\n  mode = \"readonly\"\n  id = \"x\"\n  old = \"x\"\n  tags { }\n  place = {}\n  paused = \"maybe\"\n  names = [null]\n}\n",
        &[
            "missing-argument: `cloud_thing` needs the argument `name`",
            "unsupported-argument: `cloud_thing` has no argument `nmae`",
            "wrong-type: `size` is a whole number of at most 64 bits",
            "invalid-choice: `mode` is one of \"ReadOnly\", \"ReadWrite\"",
            "computed-argument: `id` is known after apply and cannot be set",
            "rejected-argument: `old`: it went away",
            "unsupported-block: `tags` is an argument: write tags = { ... }",
            "unsupported-argument: `place` is a block: write place { ... } without `=`",
            "wrong-type: `paused`: a bool is needed, this string spells none",
            "wrong-type: `names[0]` is null: a list has no gaps",
        ],
    ),
    (
        "resource \"cloud_thing\" \"a\" {\n  name = null\n  place { city = \"a\" }\n  place { city = \"b\" }\n  rules {}\n}\n",
        &[
            "missing-argument: `name` is required, this is null",
            "duplicate: there can be one `place` block",
            "unsupported-block: `cloud_thing` has no block `rules`",
        ],
    ),
    (
        "resource \"cloud_thing\" \"a\" {\n  name = loner.l.id\n  label = secret.s\n  paused = loner.l.id\n  names = loner.l.id\n}\nresource \"loner\" \"l\" {}\nsecret \"s\" { env = \"S\" }\n",
        &[
            "unknown-used: `name` must be known when the plan is made, and `loner.l.id` is known only after apply",
            "secret-used: `label` takes no secret, and `secret.s` is one: it would be stored or shown",
            "unknown-used: `paused` is a bool, and `loner.l.id` is known only after apply",
            "wrong-type: `names`: a list is needed, this is a value known after apply",
        ],
    ),
    (
        "resource \"loner\" \"a\" {\n  count = loner.b.id\n}\nresource \"loner\" \"b\" {}\n",
        &["unknown-used: `count` needs a value now, and `loner.b.id` is known only after apply"],
    ),
    (
        "resource \"loner\" \"a\" { count = -1 }\nresource \"loner\" \"b\" { count = \"x\" }\nresource \"loner\" \"c\" { count = sensitive(1) }\nresource \"loner\" \"d\" { count = 1000000 }\n",
        &[
            "invalid-count: `count` is a whole number, zero or more",
            "invalid-count: `count` is a whole number, this is a string",
            "sensitive-value: `count` is shown in addresses, and this value is sensitive",
            "too-many-instances: a resource or module has at most 100000 instances, these are 1000000",
        ],
    ),
    (
        "resource \"loner\" \"a\" { for_each = [1] }\nresource \"loner\" \"b\" { for_each = toset([1]) }\nresource \"loner\" \"c\" { for_each = secret.s }\nsecret \"s\" { env = \"S\" }\n",
        &[
            "invalid-for-each: `for_each` takes a map or a set of strings, this is a list",
            "invalid-for-each: `for_each` takes a set of strings, this set holds something else",
            "secret-used: `for_each` needs a value now, and `secret.s` is a secret, which is read only at the moment of use",
        ],
    ),
    (
        "resource \"loner\" \"a\" {\n  count = 1\n  for_each = {}\n}\n",
        &["conflicting-arguments: a resource has `for_each` or `count`, not both"],
    ),
    (
        "resource \"loner\" \"a\" {\n  path = loner.b.pth\n}\nresource \"loner\" \"b\" {}\n",
        &["unknown-attribute: `loner` has no attribute `pth`"],
    ),
    (
        "resource \"loner\" \"a\" {\n  path = loner.b.path\n}\nresource \"loner\" \"b\" { count = 1 }\n",
        &["invalid-reference: `loner.b` has `count`, so an instance must be named"],
    ),
    (
        "resource \"loner\" \"a\" {\n  path = loner.b[0].path\n}\nresource \"loner\" \"b\" {}\n",
        &["invalid-index: `loner.b` has neither `count` nor `for_each`, so it has no instances"],
    ),
    (
        "resource \"cloud_thing\" \"a\" {\n  name = \"a\"\n  place { city = \"x\" }\n}\noutput \"x\" {\n  value = cloud_thing.a.place.city\n}\n",
        &["invalid-reference: `place` is a list of blocks, so one of them must be named"],
    ),
    (
        "resource \"loner\" \"a\" {\n  path = loner.b.path\n}\nresource \"loner\" \"b\" {\n  path = loner.a.path\n}\n",
        &["cycle: these need each other: loner.a -> loner.b -> loner.a"],
    ),
    (
        "resource \"loner\" \"a\" {\n  path = loner.a.path\n}\n",
        &["cycle: these need each other: loner.a -> loner.a"],
    ),
    (
        "resource \"loner\" \"a\" {\n  depends_on = [loner.b]\n}\nresource \"loner\" \"b\" {\n  depends_on = [loner.a, loner.c, \"x\"]\n}\n",
        &[
            "cycle: these need each other: loner.a -> loner.b -> loner.a",
            "undeclared: there is no resource `loner.c`",
            "invalid-reference: `depends_on` names resources and modules, such as kubernetes_namespace.app or module.app, and nothing else",
        ],
    ),
    (
        "resource \"loner\" \"a\" {\n  lifecycle {\n    prevent_destroy = \"x\"\n    ignore_changes = [\"ttl\"]\n    create_before_destroy = true\n    precondition {}\n    prevent_destory = true\n  }\n  provisioner \"x\" {}\n  dynamic \"y\" {}\n}\ndynamic \"z\" {}\n",
        &[
            "not-a-bool: `prevent_destroy` is true or false, this is a string",
            "invalid-reference: `ignore_changes` names attributes, such as ttl or metadata[0].labels, without quotes",
            "unsupported-argument: `create_before_destroy` means nothing here: no object of these types is replaced",
            "missing-argument: `precondition` needs the argument `condition`",
            "unsupported-argument: `lifecycle` has no argument `prevent_destory`",
            "unsupported-block: there is no `provisioner`: sk-dr runs no programs beside a resource",
            "unsupported-block: `loner` has no block `y`",
            "unsupported-block: `dynamic` stands inside of a resource",
        ],
    ),
    (
        "output \"x\" {}\noutput \"x\" { value = 1 }\noutput \"x\" { value = 1 }\n",
        &[
            "missing-argument: `output` needs the argument `value`",
            "duplicate: output.x is already declared at main.hcl:4",
        ],
    ),
    (
        "secret \"a\" {}\nsecret \"b\" {\n  env = \"A\"\n  file = \"b\"\n}\nsecret \"c\" { command = \"x\" }\nsecret \"d\" {\n  kubernetes {}\n}\n",
        &[
            "missing-argument: a secret needs one of env, file and command: where its value is read",
            "conflicting-arguments: a secret has exactly one of env, file and command",
            "wrong-type: `command` is a list of strings: a program and its arguments, no shell",
            "not-available: `kubernetes` is not available yet: use env, file or command",
        ],
    ),
    (
        "locals {\n  a = local.b\n  b = 1 / 0\n  c = local.a + 1\n  d = lenght([])\n}\nresource \"loner\" \"x\" { path = local.c }\n",
        &[
            "division-by-zero: division by zero",
            "unknown-function: there is no function `lenght`",
        ],
    ),
];
