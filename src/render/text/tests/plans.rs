//! What each kind of node looks like, one snapshot each.

#![allow(clippy::too_many_lines, reason = "whole texts as they read")]

use super::text;
use crate::plan::drift::Drifted;
use crate::render::fixture::{answered, plan};
use crate::render::style::{Dress, Style};
use crate::render::text as text_of;
use insta::assert_snapshot;
use serde_json::json;

#[test]
fn no_changes() {
    let nothing = plan(json!({"providers": answered()}));
    assert_snapshot!(text_of::plan(&nothing, Dress::default()), @r"
Provider kubernetes: acme, cluster 6f1c

No changes. Your infrastructure matches the configuration.

sk-dr has compared what is live with your configuration and found no differences, so no changes are needed.
");
    assert_snapshot!(text_of::plan(&nothing, Dress { style: Style::Colour, ..Dress::default() }).lines().nth(2).unwrap().escape_debug(), @r"\u{1b}[1;32mNo changes.\u{1b}[0m Your infrastructure matches the configuration.");
    assert_snapshot!(text_of::plan(&plan(json!({"goal": {"mode": "destroy"}, "providers": answered()})), Dress::default()), @r"
Provider kubernetes: acme, cluster 6f1c

No changes. No objects need to be destroyed.

Nothing of this stack is left.
");
    assert_snapshot!(text_of::drift(&Drifted { plan: nothing, ignored: Vec::new() }, Dress::default()), @r"
Provider kubernetes: acme, cluster 6f1c

No changes. Your infrastructure matches the configuration.
");
}

/// What was not asked is never said to be compared, whatever the goal and the format.
#[test]
fn nothing_is_claimed_without_an_answer() {
    let unseen = |weight: &str| json!([{"provider": "kubernetes", "reason": "refused", "class": "unreachable", "weight": weight, "next": "Start it."}]);
    let narrowed = |mode: &str| json!({"mode": mode, "exclude": ["velero_schedule.shop"]});
    for mode in ["converge", "destroy"] {
        let goal = json!({"mode": mode});
        for members in [
            json!({"goal": goal}),
            json!({"goal": goal, "providers": answered(), "unswept": unseen("error")}),
            json!({"goal": goal, "providers": answered(), "unswept": unseen("note")}),
            json!({"goal": narrowed(mode), "providers": answered()}),
        ] {
            let plan = plan(members);
            let drifted = Drifted {
                plan: plan.clone(),
                ignored: Vec::new(),
            };
            for text in [
                text_of::plan(&plan, Dress::default()),
                text_of::drift(&drifted, Dress::default()),
                crate::render::markdown::plan(&plan, "plan", usize::MAX),
                crate::render::markdown::drift(&drifted, usize::MAX),
            ] {
                for claim in [
                    "Your infrastructure matches",
                    "what is live with your configuration",
                    "Nothing of this stack is left",
                    "No objects need",
                    "no changes\n",
                    ": none\n",
                ] {
                    assert!(!text.contains(claim), "{claim} in:\n{text}");
                }
            }
        }
    }
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
      + included_namespaces = ["shop", "shop-db"]
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
                  + command = ["fsfreeze", "-f"]
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
      ~ shape    = ["a"] -> (known after apply)

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

/// The plan that changes one text into another.
fn texts(before: &str, after: &str) -> String {
    let all = text(json!({
        "before": {"values": before}, "after": {"value": {"values": after}},
        "fields": [{"path": ["values"], "before": before, "after": {"value": after}}]
    }));
    let block = all
        .lines()
        .skip_while(|line| !line.starts_with("  ~ resource"));
    let block: Vec<&str> = block.take_while(|line| !line.is_empty()).collect();
    block.join("\n")
}

#[test]
fn texts_are_compared_by_what_they_hold() {
    assert_snapshot!(texts(
        "image:\n  tag: \"1.0\"\n  name: velero\nreplicas: 1\nenv:\n- name: A\n  value: x\n- name: B\n  value: y\n- name: C\nargs: [a, b]\nold: {x: 1}\n",
        "# newer\nimage: {tag: \"1.1\", name: velero}\nreplicas: 1\nenv:\n- name: A\n  value: x\n- name: B\n  value: z\n- name: D\nargs: [a, c]\nfull-name: true\n",
    ), @r#"
~ resource "velero_schedule" "shop" {
    ~ values = yamlencode(
        ~ {
            ~ args      = [
                  # (1 unchanged element hidden)
                - "b",
                + "c",
              ]
            ~ env       = [
                  # (1 unchanged element hidden)
                - {
                    - "name" = "C"
                  },
                ~ {
                      name  = "B"
                    ~ value = "y" -> "z"
                  },
                + {
                    + "name" = "D"
                  },
              ]
            + full-name = true
            ~ image     = {
                  name = "velero"
                ~ tag  = "1.0" -> "1.1"
              }
            - old       = {
                - "x" = 1
              } -> null
              # (1 unchanged attribute hidden)
          }
      )
  }
"#);
    assert_snapshot!(texts(
        "{\"Version\":\"2012\",\"Statement\":[{\"Sid\":\"a\",\"Action\":[\"s3:Get\"]}],\"a/b\":{\"c\":null}}",
        "{\"Version\":\"2012\",\"Statement\":[{\"Sid\":\"a\",\"Action\":[\"s3:Get\",\"s3:Put\"]}],\"a/b\":{\"c\":1}}",
    ), @r#"
~ resource "velero_schedule" "shop" {
    ~ values = jsonencode(
        ~ {
            ~ Statement = [
                ~ {
                    ~ Action = [
                          # (1 unchanged element hidden)
                        + "s3:Put",
                      ]
                      # (1 unchanged attribute hidden)
                  },
              ]
            ~ "a/b"     = {
                + c = 1
              }
              # (1 unchanged attribute hidden)
          }
      )
  }
"#);
    // A text in a text.
    assert_snapshot!(texts(
        "data:\n  config: |\n    a: 1\n    b: 2\nkind: ConfigMap\n",
        "data:\n  config: |\n    a: 1\n    b: 3\nkind: ConfigMap\n",
    ), @r#"
~ resource "velero_schedule" "shop" {
    ~ values = yamlencode(
        ~ {
            ~ data = {
                ~ config = yamlencode(
                    ~ {
                        ~ b = 2 -> 3
                          # (1 unchanged attribute hidden)
                      }
                  )
              }
              # (1 unchanged attribute hidden)
          }
      )
  }
"#);
    // Only a comment: the lines say it.
    assert_snapshot!(texts("a: 1\nb: 2\n", "a: 1 # one\nb: 2\n"), @r#"
~ resource "velero_schedule" "shop" {
    ~ values = <<-EOT
        - a: 1
        + a: 1 # one
          b: 2
      EOT
  }
"#);
}

#[test]
fn one_changed_line_of_many_is_found_without_a_search() {
    let lines = |changed: usize| -> String {
        (0..20_000)
            .map(|n| {
                if n == changed {
                    "changed\n".to_owned()
                } else {
                    format!("line {n}\n")
                }
            })
            .collect()
    };
    assert_snapshot!(texts(&lines(9_000), &lines(20_001)), @r#"
~ resource "velero_schedule" "shop" {
    ~ values = <<-EOT
          line 0
          line 1
          line 2
          # (8994 unchanged lines hidden)
          line 8997
          line 8998
          line 8999
        - changed
        + line 9000
          line 9001
          line 9002
          line 9003
          # (10993 unchanged lines hidden)
          line 19997
          line 19998
          line 19999
      EOT
  }
"#);
}
