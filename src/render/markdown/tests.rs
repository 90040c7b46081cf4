//! The comment as it reads, and laws of any comment: it keeps its budget, its blocks end, what comes from outside stays text.

#![allow(
    clippy::too_many_lines,
    clippy::wildcard_enum_match_arm,
    clippy::invisible_characters,
    reason = "whole texts as they read, with what keeps mentions from calling; events of a parser that are of no interest here"
)]

use super::super::fixture::{node, plan};
use super::{LEAST_BUDGET, plan as render};
use insta::assert_snapshot;
use proptest::prelude::*;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag};
use serde_json::{Value as Json, json};

fn text(members: Json) -> String {
    render(&plan(members), "acme.plan", super::BUDGET)
}

#[test]
fn nothing_to_do() {
    assert_snapshot!(text(json!({"digest": "4be1d2"})), @r"
<!-- sk-dr:plan:acme -->
## sk-dr plan for `acme`: no changes, nothing was asked

Digest `4be1d2`. There is nothing to apply.
");
}

fn step(address: &str) -> Json {
    super::super::fixture::step(address, 1)
}

#[test]
fn what_is_dangerous_comes_first() {
    assert_snapshot!(text(json!({
        "digest": "4be1d2",
        "applyable": false,
        "goal": {"mode": "destroy", "exclude": ["velero_schedule.app[\"a\"]"]},
        "providers": {"kubernetes": {"instance": {"known": {"kube_system_uid": "6f1c"}}, "connect": {"value": {}}, "title": "context acme (https://10.0.0.1:6443)"}},
        "steps": [step("velero_schedule.shop")],
        "nodes": [
            node(json!({"address": "velero_schedule.old", "action": "delete", "before": {"schedule": "0 3 * * *"},
                "reason": {"code": "not_in_configuration", "text": "velero_schedule.old is not in configuration; its backups in the bucket stay"}})),
            node(json!({
                "before": {"name": "shop", "paused": true, "labels": {"a|b": "`x`"}}, "after": {"value": {"name": "shop", "paused": false}},
                "fields": [
                    {"path": ["paused"], "before": true, "after": {"value": false}, "by": {"name": "kubectl-edit", "operation": "Update", "time": "2026-11-20T16:02:11Z"}},
                    {"path": ["labels", "a|b"], "before": "`x`"}
                ]
            })),
            node(json!({"address": "velero_schedule.wiki", "action": "no_op", "state": "blocked", "reason": {"code": "unknown", "text": ""},
                "blockers": [{"code": "unknown", "text": "The API server answered 403 to LIST schedules.velero.io.", "cure": "It needs list on <schedules>."}]}))
        ],
        "held_back": [
            {"address": "kubernetes_namespace.shop", "action": "delete", "reason": "deleting it loses what is in it",
             "losses": ["PersistentVolumeClaim shop/data, 8Gi", "3 Deployments"], "consent": "4be1"},
            {"address": "velero_schedule.kept", "action": "delete", "reason": "lifecycle prevent_destroy", "losses": [], "consent": null}
        ],
        "consents": ["77aa"],
        "findings": [{"code": "rpo", "severity": "danger", "address": "velero_schedule.app[\"a|b\"]", "summary": "Objective will be missed", "detail": "Runs every 24h | @acme/ops, see #12."}],
        "unswept": [{"provider": "kubernetes", "resource": "schedules.velero.io", "class": "forbidden", "weight": "note", "reason": "403 on LIST"}]
    })), @r#"
<!-- sk-dr:plan:acme -->
## sk-dr plan for `acme`: 0 to add, 1 to change, 1 to destroy, 2 held back, 1 blocked

**Narrowed: the rest was not compared and is left as it is, and orphans are not deleted**

- `-exclude=velero_schedule.app["a"]`

**Warning: 1 resource will be destroyed**

- `velero_schedule.old` is not in configuration; its backups in the bucket stay

**Held back, not done by this plan: 2 resources**

- `kubernetes_namespace.shop` would be destroyed: deleting it loses what is in it
  - lost with it: PersistentVolumeClaim shop/data, 8Gi
  - lost with it: 3 Deployments
  - to do it, plan again with `-destroy -consent=4be1`
- `velero_schedule.kept` would be destroyed: lifecycle prevent_destroy
  - no consent lifts this

**Blocked, so this plan cannot be applied: 1 resource**

- `velero_schedule.wiki`: The API server answered 403 to LIST schedules.velero.io. It needs list on &lt;schedules&gt;.

**Consents given**

- `77aa`

**Change**

- `velero_schedule.shop`

<details>
<summary><code>velero_schedule.old</code> will be destroyed</summary>

```diff
  # velero_schedule.old will be destroyed
  # (because velero_schedule.old is not in configuration; its backups in the bucket stay)
-   resource "velero_schedule" "old" {
-       schedule = "0 3 * * *" -> null
    }
```

</details>

<details>
<summary><code>velero_schedule.shop</code> will be updated in-place</summary>

```diff
  # velero_schedule.shop will be updated in-place
!   resource "velero_schedule" "shop" {
!       labels = {
-           "a|b" = "`x`" -> null
        }
        name   = "shop"
!       paused = true -> false    # by kubectl-edit, 2026-11-20 16:02:11 UTC
    }
```

</details>

| finding | about | detail |
| --- | --- | --- |
| Objective will be missed `rpo`, **danger** | `velero_schedule.app["a\|b"]` | Runs every 24h \| @​acme/ops, see #​12. |
| Not swept for orphans | `schedules.velero.io` | provider `kubernetes`: 403 on LIST |

Provider `kubernetes`: context acme (https://10.0.0.1:6443), cluster 6f1c

Digest `4be1d2`. This plan cannot be applied.
"#);
}

#[test]
fn a_plan_that_can_be_applied_says_how() {
    assert_snapshot!(text(json!({
        "digest": "4be1d2", "steps": [step("velero_schedule.shop")],
        "nodes": [node(json!({"action": "create", "reason": {"code": "absent", "text": ""},
            "after": {"value": {"name": "shop", "manifest": "a:\n- ```b\n- ~ c\n"}}}))],
        "outputs": {"uid": {"value": {"hole": {"source": "run", "type": "string"}}, "sensitive": false}}
    })), @r#"
<!-- sk-dr:plan:acme -->
## sk-dr plan for `acme`: 1 to add, 0 to change, 0 to destroy

**Add**

- `velero_schedule.shop`

<details>
<summary><code>velero_schedule.shop</code> will be created</summary>

````diff
  # velero_schedule.shop will be created
+   resource "velero_schedule" "shop" {
+       manifest = <<-EOT
            a:
            - ```b
            - ~ c
        EOT
+       name     = "shop"
    }
````

</details>

<details>
<summary>Changes to outputs</summary>

```diff
+   uid = (known after apply)
```

</details>

Digest `4be1d2`. To apply exactly this plan:

```sh
sk-dr apply -expect=4be1d2 acme.plan
```
"#);
}

/// Ten resources, each larger than the one before.
fn growing() -> Json {
    let nodes: Vec<Json> = (1..=10)
        .map(|n| {
            node(
                json!({"address": format!("velero_schedule.n{n}"), "action": "create",
                "after": {"value": {"name": "x".repeat(n * 300)}}}),
            )
        })
        .collect();
    json!({"nodes": nodes, "steps": [step("velero_schedule.n1")]})
}

#[test]
fn the_largest_are_left_out_first_and_that_is_said() {
    let short = render(&plan(growing()), "p", 8_000);
    let shown: Vec<usize> = (1..=10)
        .filter(|n| short.contains(&format!("<code>velero_schedule.n{n}</code>")))
        .collect();
    assert_eq!(shown, [1, 2, 3, 4, 5], "{short}");
    assert!(short.contains("*5 resources are not shown in detail, the largest first"));
    let listed = (1..=10).filter(|n| short.contains(&format!("- `velero_schedule.n{n}`\n")));
    assert_eq!(listed.count(), 10, "lists stay longer than details");
}

/// Text that wants to be something else.
fn nasty() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "```",
        "````",
        "`",
        "\n",
        "\n\n",
        "</details>",
        "<details>",
        "<script>",
        "<!--",
        "-->",
        "EOT",
        "~",
        "- ",
        "+ ",
        "#",
        "# ",
        "|",
        "\\",
        "@acme/ops",
        "*",
        "_",
        "[x](http://y)",
        "![x](y)",
        "a",
        " ",
        "\u{1b}[2K",
        "\r",
        "\t",
        "é",
        "0.",
        "&lt;",
        "\u{0}+",
        "$",
        "> ",
        "key: value\n",
        "{\"a\":1}",
    ]);
    prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat())
}

fn any_node(at: usize) -> impl Strategy<Value = Json> {
    let state = prop::sample::select(vec!["planned", "planned", "blocked"]);
    let action = prop::sample::select(vec!["create", "update", "delete", "forget", "no_op"]);
    (nasty(), nasty(), nasty(), state, action, 0usize..40, any::<bool>()).prop_map(
        move |(one, other, words, state, action, times, importing)| {
            let long = one.repeat(times);
            let key = format!("{at}{words}");
            node(json!({
                "address": format!("velero_schedule.app[{}]", Json::from(key)),
                "action": action, "state": state, "importing": importing,
                "reason": {"code": "not_in_configuration", "text": words},
                "before": {"name": one, "text": long, "token": "CANARY-before", "list": [one, other], "map": {other.clone(): one}},
                "after": {"object": {
                    "name": {"value": other}, "text": {"value": other.repeat(times)}, "token": {"value": "CANARY-after"},
                    "dsn": {"concat": [{"value": "CANARY-part"}, {"secret": "s"}]}
                }},
                "sensitive": [["token"]],
                "fields": [
                    {"path": ["text"], "before": long, "after": {"value": other.repeat(times)}, "by": {"name": words, "operation": "Update", "time": null}},
                    {"path": ["token"], "before": "CANARY-before", "after": {"value": "CANARY-after"}},
                    {"path": ["list"], "before": [one, other], "after": {"value": [other]}, "note": words}
                ],
                "blockers": [{"code": "x", "text": words, "cure": other}]
            }))
        },
    )
}

fn pinned(backup: &str, reason: &str) -> Json {
    json!({
        "of": "velero_application.shop", "location": "velero_backup_storage_location.main", "location_name": "main",
        "velero_namespace": "velero", "store": "s3", "bucket": "backups", "root": "", "backup": backup,
        "started": "2026-11-21T01:00:01Z", "completed": "2026-11-21T01:00:03Z", "files": [], "validity": "data-covered",
        "namespaces": ["shop"], "expected": {}, "items": 4, "bytes": 6400, "pod_volumes": [], "volumes": 1,
        "passed_over": [{"backup": backup, "started": "2026-11-22T01:00:01Z", "reason": reason}]
    })
}

fn any_plan() -> impl Strategy<Value = Json> {
    let nodes = prop::collection::vec(0usize..1, 0..30).prop_flat_map(|nodes| {
        let nodes: Vec<_> = (0..nodes.len()).map(any_node).collect();
        nodes
    });
    (nodes, nasty(), nasty(), 0usize..60, any::<bool>()).prop_map(
        |(nodes, one, other, times, applyable)| {
            let finding = json!({"code": "x", "address": null, "summary": one, "detail": other.repeat(times)});
            let held = json!({"address": "velero_schedule.kept", "action": "delete", "reason": one, "losses": [other, one], "consent": "aa"});
            let mut of_recovery = step("velero_schedule.shop");
            of_recovery["stage"] = json!(one);
            of_recovery["title"] = json!(other);
            json!({
                "goal": {"mode": "recover", "recovery": {"name": other, "incarnation": one, "lost": {"kubernetes": null}, "may_exist": [], "scope_namespaces": []}},
                "pinned": vec![pinned(&one, &other); times], "not_restored": vec![other.clone(); times],
                "stack": one, "nodes": nodes, "applyable": applyable, "steps": [step("velero_schedule.shop"), of_recovery],
                "findings": vec![finding; times], "held_back": vec![held; times], "consents": [other],
                "providers": {"kubernetes": {"instance": {"unknown": {"reason": one.repeat(times)}}, "connect": {"value": {}}, "title": other}},
                "outputs": {"o": {"value": {"value": "CANARY-output"}, "sensitive": true}}
            })
        },
    )
}

/// What a reader of markdown makes of it: every fold is opened and closed, every block ends, no other element is there.
fn check(text: &str, budget: usize) {
    assert!(text.len() <= budget, "{} bytes of {budget}", text.len());
    assert!(!text.contains("CANARY"), "{text}");
    let mut folds = 0i32;
    let mut blocks = 0;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => {
                let line = html.trim();
                match line {
                    "" => {}
                    "<details>" => folds += 1,
                    "</details>" => folds -= 1,
                    _ if line.starts_with("<summary>") && line.ends_with("</summary>") => {}
                    _ if line.starts_with("<!-- sk-dr:plan:") && line.ends_with(" -->") => {}
                    other => panic!("an element of its own: {other}\n{text}"),
                }
                assert!((0..=1).contains(&folds), "{text}");
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                assert!(matches!(kind, CodeBlockKind::Fenced(_)), "{text}");
                blocks += 1;
            }
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => panic!("a link: {text}"),
            _ => {}
        }
    }
    assert_eq!(folds, 0, "{text}");
    let begun = ["```diff\n", "```sh\n", "```hcl\n"].map(|fence| text.matches(fence).count());
    let begun: usize = begun.iter().sum();
    assert_eq!(blocks, begun, "{text}");
    assert!(text.ends_with('\n'));
}

/// What begins with many spaces is no block of code of its own.
#[test]
fn what_does_not_come_back_stays_a_line() {
    let text = text(json!({
        "goal": {"mode": "recover", "recovery": {"name": "r", "incarnation": "1", "lost": {"kubernetes": null}, "may_exist": [], "scope_namespaces": []}},
        "not_restored": ["\n\n\n ```", "     data"]
    }));
    check(&text, super::BUDGET);
    assert!(text.contains("\n- \\`\\`\\`\n- data\n"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_plan_keeps_any_budget_and_is_whole(members in any_plan(), more in 0usize..30_000) {
        let budget = LEAST_BUDGET + more;
        check(&render(&plan(members), "a b`c.plan", budget), budget);
    }
}
