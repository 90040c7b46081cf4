//! `moved`, `removed`, `import`: what they become, and what they may not name.

use super::{HEAD, listed, load_files, shown};
use crate::lang::Loaded;

const THINGS: &str = "resource \"cloud_thing\" \"one\" { name = \"one\" }\nresource \"cloud_thing\" \"each\" {\n  for_each = toset([\"k\", \"l\"])\n  name = each.key\n}\nresource \"cloud_thing\" \"count\" {\n  count = 2\n  name = \"n${count.index}\"\n}\nresource \"loner\" \"l\" {}\nmodule \"m\" {\n  source = \"./m\"\n  for_each = toset([\"k\"])\n}\n";

fn loaded(text: &str, module: &str) -> Loaded {
    let text = format!("{HEAD}{THINGS}{text}");
    let module = format!("resource \"cloud_thing\" \"in\" {{ name = \"in\" }}\n{module}");
    load_files(&[("main.hcl", &text), ("m/main.hcl", &module)], &[])
}

/// What the blocks become, else the mistakes.
fn check(text: &str, expected: &[&str]) {
    check_beside(text, "", expected);
}

fn check_beside(text: &str, module: &str, expected: &[&str]) {
    let loaded = loaded(text, module);
    let configuration = &loaded.configuration;
    let moves = configuration.moves.iter();
    let removed = configuration.removed.iter();
    let imports = configuration.imports.iter();
    let found: Vec<String> = if loaded.diagnostics.is_empty() {
        moves
            .map(|one| format!("{} -> {}", one.from, one.to))
            .chain(removed.map(|one| format!("{} {:?}", one.from, one.fate)))
            .chain(imports.map(|one| format!("{} = {}", one.to, one.id)))
            .collect()
    } else {
        listed(&loaded)
    };
    assert_eq!(found, expected, "{text}\n{}", shown(&loaded));
}

#[test]
fn moves_lead_to_what_is_declared() {
    check(
        "moved {\n  from = cloud_thing.old\n  to = cloud_thing.one\n}",
        &["cloud_thing.old -> cloud_thing.one"],
    );
    check(
        "moved {\n  from = cloud_thing.older\n  to = cloud_thing.old\n}\nmoved {\n  from = cloud_thing.old\n  to = cloud_thing.each[\"k\"]\n}",
        &[
            "cloud_thing.older -> cloud_thing.old",
            "cloud_thing.old -> cloud_thing.each[\"k\"]",
        ],
    );
    check(
        "moved {\n  from = cloud_thing.each\n  to = cloud_thing.each[\"k\"]\n}\nmoved {\n  from = module.n\n  to = module.m\n}\nmoved {\n  from = cloud_thing.x\n  to = module.m[\"k\"].cloud_thing.in\n}",
        &[
            "cloud_thing.each -> cloud_thing.each[\"k\"]",
            "module.n -> module.m",
            "cloud_thing.x -> module.m[\"k\"].cloud_thing.in",
        ],
    );
    check_beside(
        "",
        "moved {\n  from = cloud_thing.old\n  to = cloud_thing.in\n}",
        &["module.m[\"k\"].cloud_thing.old -> module.m[\"k\"].cloud_thing.in"],
    );
    check(
        "moved {\n  from = cloud_thing.one\n  to = cloud_thing.on\n}",
        &[
            "still-declared: `cloud_thing.one` is still declared",
            "undeclared: there is no resource `cloud_thing.on`",
        ],
    );
    check(
        "moved {\n  from = cloud_thing.a\n  to = cloud_thing.b\n}\nmoved {\n  from = cloud_thing.b\n  to = cloud_thing.c\n}\nmoved {\n  from = cloud_thing.c\n  to = cloud_thing.a\n}",
        &[
            "cycle: these are moved in a circle: cloud_thing.a -> cloud_thing.b -> cloud_thing.c -> cloud_thing.a",
        ],
    );
    check(
        "moved {\n  from = cloud_thing.a\n  to = cloud_thing.one\n}\nmoved {\n  from = cloud_thing.a\n  to = cloud_thing.each\n}\nmoved {\n  from = cloud_thing.b\n  to = cloud_thing.one\n}\nmoved {\n  from = cloud_thing.d\n  to = loner.l\n}\nmoved {\n  from = \"cloud_thing.e\"\n  too = cloud_thing.one\n}\nmoved {\n  from = cloud_thing.f\n  to = cloud_thing.each[0]\n}",
        &[
            "duplicate: `cloud_thing.a` is moved by another block already",
            "duplicate: something else is moved to `cloud_thing.one` already",
            "invalid-move: `cloud_thing.d` cannot become `loner.l`, which is something else",
            "missing-argument: `moved` needs the argument `to`",
            "invalid-reference: `from` names a resource without quotes, such as velero_schedule.shop or module.backups.velero_schedule.application[\"shop\"]",
            "unsupported-argument: `moved` has no argument `too`",
            "invalid-index: `cloud_thing.each[0]` has no instances of that form",
        ],
    );
}

#[test]
fn what_is_removed_is_gone() {
    check(
        "removed {\n  from = cloud_thing.old\n  lifecycle { destroy = false }\n}\nremoved { from = module.n }\nremoved { from = cloud_thing.each[\"z\"] }",
        &[
            "cloud_thing.old Release",
            "module.n Delete",
            "cloud_thing.each[\"z\"] Delete",
        ],
    );
    check(
        "removed { from = cloud_thing.one }\nremoved {\n  lifecycle { destory = false }\n}",
        &[
            "still-declared: `cloud_thing.one` is still declared",
            "missing-argument: `removed` needs the argument `from`",
            "unsupported-argument: `lifecycle` has no argument `destory`",
        ],
    );
}

#[test]
fn imports_name_instances_and_keys() {
    check(
        "import {\n  to = cloud_thing.one\n  id = \"a/${cloud_thing.one.name}\"\n}\nimport {\n  for_each = {k = \"x\", l = \"y\"}\n  to = cloud_thing.each[each.key]\n  id = each.value\n}\nimport {\n  to = cloud_thing.count[1]\n  id = \"n\"\n}\nimport {\n  to = module.m[\"k\"].cloud_thing.in\n  id = \"i\"\n}",
        &[
            "cloud_thing.one = a/one",
            "cloud_thing.each[\"k\"] = x",
            "cloud_thing.each[\"l\"] = y",
            "cloud_thing.count[1] = n",
            "module.m[\"k\"].cloud_thing.in = i",
        ],
    );
    check(
        "import {\n  to = cloud_thing.on\n  id = \"a\"\n}\nimport {\n  to = cloud_thing.each[\"z\"]\n  id = \"b\"\n}\nimport {\n  to = cloud_thing.one\n  id = cloud_thing.one.id\n}\nimport {\n  to = module.m\n  id = var.nothing\n  provider = cloud\n}\nimport {\n  to = cloud_thing.one\n  id = [1]\n}",
        &[
            "undeclared: there is no resource `cloud_thing.on`",
            "invalid-index: there is no instance `cloud_thing.each[\"z\"]`",
            "unknown-used: `id` needs a value now, and `cloud_thing.one.id` is known only after apply",
            "invalid-reference: `to` names a resource without quotes, such as velero_schedule.shop or module.backups.velero_schedule.application[\"shop\"]",
            "rejected-argument: the provider is that of the resource",
            "wrong-type: `id` is a string that may be shown, namespace/name or name, this is a list",
        ],
    );
}
