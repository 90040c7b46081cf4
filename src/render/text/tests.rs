//! What each kind of node looks like, one snapshot each.

use super::super::fixture::{node, plan, step};
use super::super::style::{Dress, Style};
use super::{EventLines, Outcome, RunRow, RunState, StepOutcome, held, literal, runs};
use crate::apply::event::Event;
use crate::plan::document::{Action, StepId};
use insta::assert_snapshot;
use serde_json::{Value as Json, json};
use std::time::Duration;

/// The plan with this one node, as text.
fn text(members: Json) -> String {
    super::plan(&plan(json!({"nodes": [node(members)]})), Dress::default())
}

/// The drift of the plan with this one node, as text.
fn drift(members: Json) -> String {
    super::drift(&plan(json!({"nodes": [node(members)]})), Dress::default())
}

#[test]
fn no_changes() {
    let nothing = plan(json!({}));
    assert_snapshot!(super::plan(&nothing, Dress::default()), @r"
No changes. Your infrastructure matches the configuration.

sk-dr has compared what is live with your configuration and found no differences, so no changes are needed.
");
    assert_snapshot!(super::plan(&nothing, Dress { style: Style::Colour, width: None }).lines().next().unwrap().escape_debug(), @r"\u{1b}[1;32mNo changes.\u{1b}[0m Your infrastructure matches the configuration.");
    assert_snapshot!(super::plan(&plan(json!({"goal": {"mode": "destroy"}})), Dress::default()), @r"
No changes. No objects need to be destroyed.

Nothing of this stack is left.
");
    assert_snapshot!(super::drift(&nothing, Dress::default()), @"No changes. Your infrastructure matches the configuration.");
}

#[test]
fn create_shows_everything_once() {
    assert_snapshot!(text(json!({
        "action": "create", "reason": {"code": "absent", "text": "it does not exist"},
        "after": {"object": {
            "name": {"value": "shop"},
            "uid": {"hole": {"source": {"resource": {"address": "a.b", "attribute": "uid"}}, "type": "string"}},
            "token": {"secret": "s3_key"},
            "dsn": {"concat": [{"value": "x:"}, {"secret": "s3_key"}]},
            "labels": {"value": {"team": "shop", "sk-dr.io/x": "1"}},
            "included_namespaces": {"value": ["shop", "shop-db"]},
            "excluded": {"value": []},
            "paused": {"value": false},
            "ttl": {"value": null},
            "ca_cert": {"value": "-----BEGIN\nabc\n\n-----END\n"},
            "hook": {"value": [
                {"name": "freeze", "pre": [{"exec": [{"command": ["fsfreeze", "-f"]}]}]},
                {"name": "second"}
            ]},
            "resource_policy": {"list": [{"object": {"name": {"hole": {"source": "run", "type": "string"}}}}]}
        }}
    })), @r#"
Resource actions are indicated with the following symbols:
  + create

sk-dr will perform the following actions:

  # velero_schedule.shop will be created
  + resource "velero_schedule" "shop" {
      + ca_cert             = <<-EOT
            -----BEGIN
            abc

            -----END
        EOT
      + dsn                 = (sensitive value)
      + excluded            = []
      + included_namespaces = [
          + "shop",
          + "shop-db",
        ]
      + labels              = {
          + "sk-dr.io/x" = "1"
          + "team"       = "shop"
        }
      + name                = "shop"
      + paused              = false
      + token               = (sensitive value)
      + uid                 = (known after apply)

      + hook {
          + name = "freeze"

          + pre {
              + exec {
                  + command = [
                      + "fsfreeze",
                      + "-f",
                    ]
                }
            }
        }

      + hook {
          + name = "second"
        }

      + resource_policy {
          + name = (known after apply)
        }
    }

Plan: 1 to add, 0 to change, 0 to destroy.
  add  velero_schedule.shop
"#);
}

#[test]
fn update_shows_what_differs_and_counts_the_rest() {
    assert_snapshot!(text(json!({
        "before": {"name": "shop", "namespace": "velero", "ttl": "720h", "schedule": "0 1 * * *", "labels": {"a": "1", "b": "2"},
            "metadata": [{"name": "m", "annotations": {"x": "1", "y": "2"}}], "hook": [{"name": "freeze"}], "nothing": null},
        "after": {"value": {"name": "shop", "namespace": "velero", "ttl": "24h", "schedule": "0 1 * * *", "labels": {"a": "1", "b": "3"},
            "metadata": [{"name": "m", "annotations": {"x": "9", "y": "2"}}], "hook": [{"name": "freeze"}]}},
        "fields": [
            {"path": ["ttl"], "before": "720h", "after": {"value": "24h"}, "note": "affects future backups only",
             "by": {"name": "kubectl-edit", "operation": "Update", "time": "2026-11-20T16:02:11.5Z"}},
            {"path": ["labels", "b"], "before": "2", "after": {"value": "3"}},
            {"path": ["labels", "c"], "before": "4"},
            {"path": ["metadata", "annotations", "x"], "before": "1", "after": {"value": "9"}},
            {"path": ["paused"], "after": {"value": true}}
        ]
    })), @r#"
Resource actions are indicated with the following symbols:
  ~ update in-place

sk-dr will perform the following actions:

  # velero_schedule.shop will be updated in-place
  ~ resource "velero_schedule" "shop" {
      ~ labels    = {
          ~ "b" = "2" -> "3"
          - "c" = "4" -> null
            # (1 unchanged element hidden)
        }
        name      = "shop"
        namespace = "velero"
      + paused    = true
      ~ ttl       = "720h" -> "24h"    # by kubectl-edit, 2026-11-20 16:02:11 UTC; affects future backups only
        # (1 unchanged attribute hidden)

      ~ metadata {
          ~ annotations = {
              ~ "x" = "1" -> "9"
                # (1 unchanged element hidden)
            }
            name        = "m"
        }

        # (1 unchanged block hidden)
    }

Plan: 0 to add, 1 to change, 0 to destroy.
  change  velero_schedule.shop
"#);
}

#[test]
fn update_of_lists_texts_and_blocks() {
    assert_snapshot!(text(json!({
        "before": {}, "after": {"value": {}},
        "fields": [
            {"path": ["included"], "before": ["a", "b", "c"], "after": {"value": ["b", "c", "d"]}},
            {"path": ["ca_cert"], "before": "a\nb\nc\n", "after": {"value": "a\nx\nc\n"}},
            {"path": ["end"], "before": "a\nb\n", "after": {"value": "a\nb"}},
            {"path": ["labels"], "before": {"a": "1", "b": "2"}, "after": {"value": {"a": "1", "c": "${x}"}}},
            {"path": ["hook"], "before": [{"name": "one", "on_error": "Fail"}, {"name": "two"}],
             "after": {"value": [{"name": "one", "on_error": "Continue"}, {"name": "two"}, {"name": "three"}]}},
            {"path": ["resource_policy"], "before": [{"name": "p"}]},
            {"path": ["shape"], "before": ["a"], "after": {"hole": {"source": "run", "type": "string"}}}
        ]
    })), @r#"
Resource actions are indicated with the following symbols:
  ~ update in-place

sk-dr will perform the following actions:

  # velero_schedule.shop will be updated in-place
  ~ resource "velero_schedule" "shop" {
      ~ ca_cert  = <<-EOT
            a
          - b
          + x
            c
        EOT
      ~ end      = "a\nb\n" -> "a\nb"
      ~ included = [
          - "a",
            # (2 unchanged elements hidden)
          + "d",
        ]
      ~ labels   = {
          - "b" = "2" -> null
          + "c" = "$${x}"
            # (1 unchanged element hidden)
        }
      ~ shape    = [
          - "a",
        ] -> (known after apply)

      ~ hook {
            name     = "one"
          ~ on_error = "Fail" -> "Continue"
        }

      + hook {
          + name = "three"
        }

      - resource_policy {
          - name = "p" -> null
        }

        # (1 unchanged block hidden)
    }

Plan: 0 to add, 1 to change, 0 to destroy.
  change  velero_schedule.shop
"#);
}

#[test]
fn destroy_release_and_move() {
    assert_snapshot!(text(json!({
        "action": "delete", "reason": {"code": "not_in_configuration", "text": "velero_schedule.shop is not in configuration; its backups in the bucket stay"},
        "before": {"name": "shop", "schedule": "0 3 * * *", "labels": {"a": "1"}, "hook": [{"name": "x"}]}
    })), @r#"
Resource actions are indicated with the following symbols:
  - destroy

sk-dr will perform the following actions:

  # velero_schedule.shop will be destroyed
  # (because velero_schedule.shop is not in configuration; its backups in the bucket stay)
  - resource "velero_schedule" "shop" {
      - labels   = {
          - "a" = "1"
        } -> null
      - name     = "shop" -> null
      - schedule = "0 3 * * *" -> null

      - hook {
          - name = "x" -> null
        }
    }

Plan: 0 to add, 0 to change, 1 to destroy.
  destroy  velero_schedule.shop
"#);
    assert_snapshot!(text(json!({
        "action": "forget", "reason": {"code": "released_because_adopted", "text": "it was adopted, so it is released rather than deleted"},
        "before": {"name": "shop"}
    })), @r#"
Resource actions are indicated with the following symbols:
  . release: the object stays, without our mark

sk-dr will perform the following actions:

  # velero_schedule.shop will be released
  # (because it was adopted, so it is released rather than deleted)
  . resource "velero_schedule" "shop" {
        name = "shop"
    }

Plan: 0 to add, 0 to change, 0 to destroy, 1 to forget.
  forget  velero_schedule.shop
"#);
    assert_snapshot!(text(json!({
        "previous_address": "velero_schedule.old", "reason": {"code": "renamed", "text": "its mark names the old address"},
        "before": {"name": "shop", "ttl": "1h"}, "after": {"value": {"name": "shop", "ttl": "1h"}}
    })), @r#"
sk-dr will perform the following actions:

  # velero_schedule.old has moved to velero_schedule.shop
    resource "velero_schedule" "shop" {
        name = "shop"
        # (1 unchanged attribute hidden)
    }

Plan: 0 to add, 1 to change, 0 to destroy.
  move  velero_schedule.old -> velero_schedule.shop
"#);
}

#[test]
fn adoption_is_an_import() {
    assert_snapshot!(text(json!({
        "importing": true, "reason": {"code": "adopted", "text": "-adopt names it"},
        "before": {"name": "shop", "ttl": "1h"}, "after": {"value": {"name": "shop", "ttl": "2h"}},
        "fields": [{"path": ["ttl"], "before": "1h", "after": {"value": "2h"}}]
    })), @r#"
Resource actions are indicated with the following symbols:
  ~ update in-place

sk-dr will perform the following actions:

  # velero_schedule.shop will be adopted
  # (imported from "velero/shop")
  ~ resource "velero_schedule" "shop" {
        name = "shop"
      ~ ttl  = "1h" -> "2h"
    }

Plan: 1 to import, 0 to add, 1 to change, 0 to destroy.
  import  velero_schedule.shop
"#);
    assert_snapshot!(text(json!({"importing": true, "reason": {"code": "adopted", "text": ""}})), @r#"
sk-dr will perform the following actions:

  # velero_schedule.shop will be adopted
  # (imported from "velero/shop")
    resource "velero_schedule" "shop" {}

Plan: 1 to import, 0 to add, 0 to change, 0 to destroy.
  import  velero_schedule.shop
"#);
}

#[test]
fn blocked_says_what_would_mend_it() {
    let blocked = json!({
        "action": "no_op", "state": "blocked", "reason": {"code": "unknown", "text": "it cannot be told"},
        "blockers": [{"code": "unknown",
            "text": "The API server answered 403 to LIST schedules.velero.io: sk-dr cannot tell whether it exists.",
            "cure": "list on velero.io/schedules in namespace velero, see docs/permissions.md"}]
    });
    assert_snapshot!(text(blocked.clone()), @r"
Blocked, so this plan cannot be applied:

  # velero_schedule.shop is blocked
  # (because the API server answered 403 to LIST schedules.velero.io: sk-dr cannot tell whether it exists;
  #  needs: list on velero.io/schedules in namespace velero, see docs/permissions.md)

Plan: 0 to add, 0 to change, 0 to destroy.
  blocked  velero_schedule.shop
");
    assert_snapshot!(drift(blocked.clone()), @r"
  # velero_schedule.shop is blocked
  # (because the API server answered 403 to LIST schedules.velero.io: sk-dr cannot tell whether it exists;
  #  needs: list on velero.io/schedules in namespace velero, see docs/permissions.md)

Drift: 0 changed, 0 missing, 0 not in configuration, 1 that cannot be told.
");
    let narrow = Dress {
        width: Some(60),
        ..Dress::default()
    };
    assert_snapshot!(super::plan(&plan(json!({"nodes": [node(blocked)]})), narrow), @r"
Blocked, so this plan cannot be applied:

  # velero_schedule.shop is blocked
  # (because the API server answered 403 to LIST
  #  schedules.velero.io: sk-dr cannot tell whether it
  #  exists;
  #  needs: list on velero.io/schedules in namespace velero,
  #  see docs/permissions.md)

Plan: 0 to add, 0 to change, 0 to destroy.
  blocked  velero_schedule.shop
");
}

#[test]
fn held_back_is_listed_and_not_counted() {
    assert_snapshot!(super::plan(&plan(json!({
        "nodes": [node(json!({"action": "create", "reason": {"code": "absent", "text": ""}, "after": {"value": {"name": "shop"}}}))],
        "held_back": [
            {"address": "kubernetes_namespace.shop", "action": "delete", "reason": "kubernetes_namespace.shop is not in configuration",
             "losses": ["PersistentVolumeClaim shop/data, 8Gi, local-path", "3 Deployments"], "consent": "4be1d2"},
            {"address": "velero_schedule.kept", "action": "delete", "reason": "lifecycle prevent_destroy", "losses": [], "consent": null}
        ]
    })), Dress::default()), @r#"
Resource actions are indicated with the following symbols:
  + create

sk-dr will perform the following actions:

  # velero_schedule.shop will be created
  + resource "velero_schedule" "shop" {
      + name = "shop"
    }

Held back, so this plan does not do it:

  # kubernetes_namespace.shop would be destroyed
  # (because kubernetes_namespace.shop is not in configuration)
  # lost with it:
  #   PersistentVolumeClaim shop/data, 8Gi, local-path
  #   3 Deployments
  # consent 4be1d2: to do it, plan again with -consent=4be1d2

  # velero_schedule.kept would be destroyed
  # (because lifecycle prevent_destroy)
  # no consent lifts this: it is protected by its configuration

Plan: 1 to add, 0 to change, 0 to destroy.
  add        velero_schedule.shop
  held back  kubernetes_namespace.shop
  held back  velero_schedule.kept
"#);
}

#[test]
fn what_surrounds_the_actions() {
    assert_snapshot!(super::plan(&plan(json!({
        "goal": {"mode": "converge", "target": ["velero_schedule.shop"], "exclude": ["velero_schedule.app[\"a\"]"]},
        "providers": {
            "kubernetes": {"instance": {"known": {"kube_system_uid": "6f1c"}}, "connect": {"value": {}}, "title": "context acme at https://10.0.0.1:6443"},
            "kubernetes.new": {"instance": {"made_by": "kubernetes_cluster.main"}, "connect": {"value": {}}, "title": "kubeconfig kube.yaml"},
            "kubernetes.old": {"instance": {"unknown": {"reason": "connection refused"}}, "connect": {"value": {}}, "title": "context old"}
        },
        "nodes": [node(json!({"action": "create", "state": "deferred", "after": {"value": {"name": "shop"}},
            "reason": {"code": "provider_deferred", "text": "its cluster is made by this plan"}}))],
        "outputs": {
            "uid": {"value": {"hole": {"source": "run", "type": "string"}}, "sensitive": false},
            "known": {"value": {"value": 1}, "sensitive": false}
        },
        "findings": [{"code": "rpo", "address": "velero_schedule.shop", "summary": "Objective will be missed", "detail": "It declares rpo = 1h and runs every 24h."}],
        "unswept": [{"provider": "kubernetes", "resource": "schedules.velero.io", "class": "forbidden", "concerned": false, "reason": "403 on LIST"}]
    })), Dress::default()), @r#"
Provider kubernetes: context acme at https://10.0.0.1:6443, cluster 6f1c
Provider kubernetes.new: kubeconfig kube.yaml, a cluster that kubernetes_cluster.main makes; nothing was asked of it
Provider kubernetes.old: context old, not reached: connection refused

Narrowed by -target=velero_schedule.shop -exclude=velero_schedule.app["a"]: the rest is left as it is, and orphans are not deleted.

Resource actions are indicated with the following symbols:
  + create

sk-dr will perform the following actions:

  # velero_schedule.shop will be created
  # (because its cluster is made by this plan)
  + resource "velero_schedule" "shop" {
      + name = "shop"
    }

Plan: 1 to add, 0 to change, 0 to destroy.
  add  velero_schedule.shop

Changes to Outputs:
  + uid = (known after apply)

Warning: Objective will be missed
  velero_schedule.shop: It declares rpo = 1h and runs every 24h.

Warning: Not swept for orphans
  schedules.velero.io of provider kubernetes: 403 on LIST
"#);
}

#[test]
fn drift_is_read_from_the_declared_side() {
    assert_snapshot!(drift(json!({
        "before": {"name": "shop", "paused": true, "ttl": "1h"}, "after": {"value": {"name": "shop", "paused": false, "ttl": "1h"}},
        "fields": [{"path": ["paused"], "before": true, "after": {"value": false},
            "by": {"name": "kubectl-edit", "operation": "Update", "time": "2026-11-20T16:02:11Z"}}]
    })), @r#"
Note: Objects have changed outside of sk-dr

  # velero_schedule.shop has changed
  ~ resource "velero_schedule" "shop" {
        name   = "shop"
      ~ paused = false -> true    # by kubectl-edit, 2026-11-20 16:02:11 UTC
        # (1 unchanged attribute hidden)
    }

Unless you have made equivalent changes to your configuration, sk-dr apply would undo these.

Drift: 1 changed, 0 missing, 0 not in configuration.
"#);
    assert_snapshot!(drift(json!({"action": "create", "after": {"value": {"name": "shop"}}})), @r#"
Note: Objects have changed outside of sk-dr

  # velero_schedule.shop is missing
  - resource "velero_schedule" "shop" {
      - name = "shop" -> null
    }

Unless you have made equivalent changes to your configuration, sk-dr apply would undo these.

Drift: 0 changed, 1 missing, 0 not in configuration.
"#);
    assert_snapshot!(drift(json!({"action": "delete", "before": {"name": "shop"}, "reason": {"code": "not_in_configuration", "text": "it carries our mark"}})), @r#"
Note: Objects have changed outside of sk-dr

  # velero_schedule.shop is not in configuration
  # (because it carries our mark)
  + resource "velero_schedule" "shop" {
      + name = "shop"
    }

Unless you have made equivalent changes to your configuration, sk-dr apply would undo these.

Drift: 0 changed, 0 missing, 1 not in configuration.
"#);
}

#[test]
fn nothing_hidden_or_hazardous_reaches_a_terminal() {
    let shown = text(json!({
        "before": {"token": "CANARY-1", "a": [{"b": "CANARY-2"}]},
        "after": {"value": {"token": "CANARY-3", "a": [{"b": "CANARY-4"}], "title": "red \u{1b}[31m\u{202e}\u{9b}"}},
        "sensitive": [["token"], ["a", "b"]],
        "fields": [
            {"path": ["token"], "before": "CANARY-1", "after": {"value": "CANARY-3"}},
            {"path": ["a"], "before": [{"b": "CANARY-2"}], "after": {"value": [{"b": "CANARY-4"}]}},
            {"path": ["title"], "after": {"value": "red \u{1b}[31m\u{202e}\u{9b}"}, "by": {"name": "\u{1b}[2Kme", "operation": "Update", "time": null}}
        ]
    }));
    assert!(
        !shown.contains("CANARY") && !shown.contains('\u{1b}') && !shown.contains('\u{202e}'),
        "{shown}"
    );
    assert_snapshot!(shown, @r#"
Resource actions are indicated with the following symbols:
  ~ update in-place

sk-dr will perform the following actions:

  # velero_schedule.shop will be updated in-place
  ~ resource "velero_schedule" "shop" {
      + title = "red \u001b[31m\u202e\u009b"    # by �[2Kme
      ~ token = (sensitive value)

        # (1 unchanged block hidden)
    }

Plan: 0 to add, 1 to change, 0 to destroy.
  change  velero_schedule.shop
"#);
}

#[test]
fn values_as_hcl() {
    assert_snapshot!(literal(&json!({"a": [1, true, null, "x\"y"], "long name": {}, "é": []})), @r#"
{
  a           = [
    1,
    true,
    null,
    "x\"y",
  ]
  "long name" = {}
  é           = []
}
"#);
    assert_snapshot!(literal(&json!("EOT\nline\n")), @r"
<<EOT_
EOT
line
EOT_
");
    assert_snapshot!(literal(&json!("a\rb\n%{c}")), @r#""a\rb\n%%{c}""#);
}

#[test]
fn events_in_lines() {
    let plan = plan(json!({"nodes": [node(json!({}))]}));
    let mut lines = EventLines::new(&plan);
    let (step, address) = (
        StepId("velero_schedule.shop#1".into()),
        plan.nodes[0].address.clone(),
    );
    let wait = |seconds| Event::StepWaiting {
        step: step.clone(),
        address: address.clone(),
        text: "for phase Enabled: it is New".into(),
        elapsed: Duration::from_secs(seconds),
        limit: Duration::from_secs(120),
    };
    let events = [
        Event::RunOpened {
            run: "2026-11-22T03-14-07Z-7f3a".into(),
            steps: 1,
        },
        Event::StepStarted {
            step: step.clone(),
            address: address.clone(),
            action: Action::Create,
        },
        wait(3),
        wait(10),
        wait(12),
        wait(25),
        Event::StepDone {
            step: step.clone(),
            address: address.clone(),
            action: Action::Create,
            elapsed: Duration::from_millis(26_900),
        },
        Event::StepFailed {
            step: step.clone(),
            address: address.clone(),
            message: "422 Invalid".into(),
        },
        Event::StepSkipped {
            step: step.clone(),
            address,
            because: "it needs velero_schedule.other".into(),
        },
        Event::Stopping {
            in_flight: vec![step],
        },
    ];
    let told: Vec<String> = events
        .iter()
        .filter_map(|event| lines.line(event))
        .collect();
    assert_snapshot!(told.join("\n"), @r"
Run 2026-11-22T03-14-07Z-7f3a: 1 step
velero_schedule.shop: Creating...
velero_schedule.shop: Still creating... [10s elapsed] for phase Enabled: it is New (limit 2m0s)
velero_schedule.shop: Still creating... [20s elapsed] for phase Enabled: it is New (limit 2m0s)
velero_schedule.shop: Creation complete after 26s [id=velero/shop]
velero_schedule.shop: failed: 422 Invalid
velero_schedule.shop: skipped: it needs velero_schedule.other
Stopping: finishing velero_schedule.shop#1; no new step begins. Interrupt again to stop at once and leave these in doubt.
");
}

#[test]
fn the_end_of_a_run() {
    let two = plan(json!({
        "nodes": [node(json!({"action": "create"})), node(json!({"address": "velero_schedule.wiki", "action": "create"}))],
        "steps": [step("velero_schedule.shop", 1), step("velero_schedule.shop", 2), step("velero_schedule.wiki", 1)]
    }));
    let end = |standings: [Option<StepOutcome>; 3]| {
        let ids = two.steps.iter().map(|step| step.id.clone());
        let outcome: Outcome = ids
            .zip(standings)
            .filter_map(|(id, standing)| Some((id, standing?)))
            .collect();
        super::outcome(&two, &outcome, Dress::default())
    };
    let done = || Some(StepOutcome::Done);
    assert_snapshot!(end([done(), done(), done()]), @"Apply complete! Resources: 2 added, 0 changed, 0 destroyed.");
    assert_snapshot!(end([done(), Some(StepOutcome::Failed("422 Invalid".into())), Some(StepOutcome::Skipped("stopped".into()))]), @r"
Apply incomplete. Resources: 0 added, 0 changed, 0 destroyed.

  done 1 · in doubt 0 · failed 1 · to do 1
  failed: velero_schedule.shop: 422 Invalid
  skipped: velero_schedule.wiki: stopped

Nothing is in doubt. Mend what failed, then plan and apply again.
");
    assert_snapshot!(end([done(), Some(StepOutcome::InDoubt), None]), @r"
Apply incomplete. Resources: 0 added, 0 changed, 0 destroyed.

  done 1 · in doubt 1 · to do 1
  in doubt: velero_schedule.shop: begun; whether it had its effect is not known

1 step in doubt. To go on: sk-dr resume
");
}

#[test]
fn runs_in_a_table() {
    let row = RunRow {
        run: "2026-11-22T03-14-07Z-7f3a".into(),
        state: RunState::Held,
        holder: "laptop-a".into(),
        silent_for: Duration::from_secs(372),
        serial: 57,
        done: 16,
        in_doubt: 1,
        failed: 0,
        to_do: 14,
    };
    let killed = RunRow {
        state: RunState::Killed,
        silent_for: Duration::from_secs(9),
        ..row.clone()
    };
    assert_snapshot!(held(&row), @r"
Run 2026-11-22T03-14-07Z-7f3a is held by laptop-a, silent for 6m, at serial 57.
To take it over:  sk-dr resume -takeover=57

  done 16 · in doubt 1 · to do 14
");
    assert_snapshot!(held(&killed), @r"
Run 2026-11-22T03-14-07Z-7f3a was left by laptop-a, silent for 9s, at serial 57.
To go on with it:  sk-dr resume
To give it up:     sk-dr runs close 2026-11-22T03-14-07Z-7f3a

  done 16 · in doubt 1 · to do 14
");
    assert_snapshot!(runs(&[row, killed]), @r"
RUN                         STATE    HOLDER     LAST RECORD   SERIAL   STEPS
2026-11-22T03-14-07Z-7f3a   held     laptop-a   6m ago        57       done 16 · in doubt 1 · to do 14
2026-11-22T03-14-07Z-7f3a   killed   laptop-a   9s ago        57       done 16 · in doubt 1 · to do 14
");
    assert_snapshot!(runs(&[]), @"No runs are recorded in this journal.");
}
