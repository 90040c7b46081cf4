//! What stands around the actions of a plan, and drift.

use super::{drift, text};
use crate::render::fixture::{node, plan};
use crate::render::style::Dress;
use crate::render::text as text_of;
use insta::assert_snapshot;
use serde_json::json;

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
  #  list on velero.io/schedules in namespace velero, see docs/permissions.md)

Plan: 0 to add, 0 to change, 0 to destroy.
  blocked  velero_schedule.shop
");
    assert_snapshot!(drift(blocked.clone()), @r"
  # velero_schedule.shop is blocked
  # (because the API server answered 403 to LIST schedules.velero.io: sk-dr cannot tell whether it exists;
  #  list on velero.io/schedules in namespace velero, see docs/permissions.md)

Drift: 0 changed, 0 missing, 0 not in configuration, 1 that cannot be told.
");
    let narrow = Dress {
        width: Some(60),
        ..Dress::default()
    };
    assert_snapshot!(text_of::plan(&plan(json!({"nodes": [node(blocked)]})), narrow), @r"
Blocked, so this plan cannot be applied:

  # velero_schedule.shop is blocked
  # (because the API server answered 403 to LIST
  #  schedules.velero.io: sk-dr cannot tell whether it
  #  exists;
  #  list on velero.io/schedules in namespace velero, see
  #  docs/permissions.md)

Plan: 0 to add, 0 to change, 0 to destroy.
  blocked  velero_schedule.shop
");
}

#[test]
fn held_back_is_listed_and_not_counted() {
    assert_snapshot!(text_of::plan(&plan(json!({
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
  # no consent lifts this

Plan: 1 to add, 0 to change, 0 to destroy.
  add        velero_schedule.shop
  held back  kubernetes_namespace.shop
  held back  velero_schedule.kept
"#);
}

#[test]
fn what_surrounds_the_actions() {
    assert_snapshot!(text_of::plan(&plan(json!({
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
        "unswept": [{"provider": "kubernetes", "resource": "schedules.velero.io", "class": "forbidden", "weight": "note", "reason": "403 on LIST"}]
    })), Dress::default()), @r#"
Provider kubernetes: context acme at https://10.0.0.1:6443, cluster 6f1c
Provider kubernetes.new: the cluster that kubernetes_cluster.main makes; nothing was asked of it
Provider kubernetes.old: context old, not reached

Narrowed by -target=velero_schedule.shop -exclude=velero_schedule.app["a"]: the rest was not compared and is left as it is, and orphans are not deleted.

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

Warning: Objective will be missed [rpo]
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
  # (it carries the mark of this stack)
  + resource "velero_schedule" "shop" {
      + name = "shop"
    }

Unless you have made equivalent changes to your configuration, sk-dr apply would undo these.

Drift: 0 changed, 0 missing, 1 not in configuration.
"#);
}
