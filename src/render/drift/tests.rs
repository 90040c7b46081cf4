//! Each format once with everything in it, and laws of any of them.

#![allow(
    clippy::too_many_lines,
    clippy::wildcard_enum_match_arm,
    reason = "whole texts as they read; events of a parser that are of no interest here"
)]

use super::super::fixture::{node, plan};
use super::{Place, fingerprint, issue, junit, prometheus, sarif};
use crate::plan::drift::{Drifted, Ignored};
use crate::render::markdown;
use insta::assert_snapshot;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

fn kubectl() -> Json {
    json!({"name": "kubectl-edit", "operation": "Update", "time": "2026-11-20T16:02:11Z"})
}

/// One of each sort.
fn drifted() -> Drifted {
    let plan = plan(json!({
        "applyable": false,
        "unchanged": ["velero_schedule.calm", "velero_schedule.quiet"],
        "nodes": [
            node(json!({"address": "velero_schedule.changed", "before": {"paused": true, "token": "CANARY-1"},
                "after": {"value": {"paused": false, "token": "CANARY-2"}}, "sensitive": [["token"]],
                "fields": [{"path": ["paused"], "before": true, "after": {"value": false}, "by": kubectl()},
                    {"path": ["token"], "before": "CANARY-1", "after": {"value": "CANARY-2"}}]})),
            node(json!({"address": "velero_schedule.gone[\"<a&b>\"]", "action": "create", "after": {"value": {"name": "shop"}}})),
            node(json!({"address": "velero_schedule.old", "action": "delete", "before": {"name": "old"}})),
            node(json!({"address": "velero_schedule.unseen", "action": "no_op", "state": "blocked",
                "blockers": [{"code": "unknown", "text": "403 on \"LIST\".", "cure": "It needs list."}]}))
        ],
        "unswept": [{"provider": "kubernetes", "resource": "schedules.velero.io", "class": "unreachable", "weight": "error", "reason": "timeout"}]
    }));
    let change =
        serde_json::from_value(json!({"path": ["paused"], "before": true, "by": kubectl()}));
    let ignored = Ignored {
        address: "velero_schedule.calm".parse().unwrap(),
        part: None,
        change: change.unwrap(),
        rule: "moving".to_owned(),
        reason: "the shop <moves>".to_owned(),
        until: "2026-12-31".parse().unwrap(),
    };
    Drifted {
        plan,
        ignored: vec![ignored],
    }
}

fn nothing() -> Drifted {
    Drifted {
        plan: plan(json!({"unchanged": ["velero_schedule.quiet"]})),
        ignored: Vec::new(),
    }
}

#[test]
fn as_markdown() {
    assert_snapshot!(markdown::drift(&drifted(), markdown::BUDGET), @r#"
<!-- sk-dr:drift:acme -->
<!-- sk-dr:fingerprint:8f651d660670afff -->
## Drift in `acme`: 1 changed, 1 missing, 1 not in configuration, 1 that cannot be told, 1 ignored, not everything was compared

**Missing**

- `velero_schedule.gone["<a&b>"]`

**Changed**

- `velero_schedule.changed`
  - paused by kubectl-edit, 2026-11-20 16:02:11 UTC
  - token

**Not in configuration**

- `velero_schedule.old`

**Cannot be told**

- `velero_schedule.unseen`: 403 on "LIST". It needs list.

**Ignored, as rules of the configuration say**

- `velero_schedule.calm`: paused by kubectl-edit, 2026-11-20 16:02:11 UTC (rule "moving" until 2026-12-31: the shop &lt;moves&gt;)

<details>
<summary><code>velero_schedule.changed</code> has changed</summary>

```diff
  # velero_schedule.changed has changed
!   resource "velero_schedule" "changed" {
!       paused = false -> true    # by kubectl-edit, 2026-11-20 16:02:11 UTC
!       token  = (sensitive value)
    }
```

</details>

<details>
<summary><code>velero_schedule.gone["&lt;a&amp;b&gt;"]</code> is missing</summary>

```diff
  # velero_schedule.gone["<a&b>"] is missing
-   resource "velero_schedule" "gone" {
-       name = "shop" -> null
    }
```

</details>

<details>
<summary><code>velero_schedule.old</code> is not in configuration</summary>

```diff
  # velero_schedule.old is not in configuration
  # (it carries the mark of this stack)
+   resource "velero_schedule" "old" {
+       name = "old"
    }
```

</details>

| finding | about | detail |
| --- | --- | --- |
| Not swept for orphans | `schedules.velero.io` | provider `kubernetes`: timeout |

Checked at 2026-11-21 09:00:00 UTC.
"#);
}

#[test]
fn as_junit() {
    assert_snapshot!(junit(&drifted()), @r#"
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="sk-dr drift" tests="7" failures="3" errors="2" skipped="1">
  <testsuite name="acme" tests="7" failures="3" errors="2" skipped="1" timestamp="2026-11-21T09:00:00">
    <testcase classname="velero_schedule" name="velero_schedule.calm">
      <skipped message="ignored: paused by kubectl-edit, 2026-11-20 16:02:11 UTC (rule &quot;moving&quot; until 2026-12-31: the shop &lt;moves&gt;)"/>
    </testcase>
    <testcase classname="velero_schedule" name="velero_schedule.changed">
      <failure type="drift" message="has changed: paused by kubectl-edit, 2026-11-20 16:02:11 UTC; token">  # velero_schedule.changed has changed
  ~ resource "velero_schedule" "changed" {
      ~ paused = false -&gt; true    # by kubectl-edit, 2026-11-20 16:02:11 UTC
      ~ token  = (sensitive value)
    }</failure>
    </testcase>
    <testcase classname="velero_schedule" name="velero_schedule.gone[&quot;&lt;a&amp;b&gt;&quot;]">
      <failure type="drift" message="is missing">  # velero_schedule.gone["&lt;a&amp;b&gt;"] is missing
  - resource "velero_schedule" "gone" {
      - name = "shop" -&gt; null
    }</failure>
    </testcase>
    <testcase classname="velero_schedule" name="velero_schedule.old">
      <failure type="drift" message="is not in configuration">  # velero_schedule.old is not in configuration
  # (it carries the mark of this stack)
  + resource "velero_schedule" "old" {
      + name = "old"
    }</failure>
    </testcase>
    <testcase classname="velero_schedule" name="velero_schedule.quiet"/>
    <testcase classname="velero_schedule" name="velero_schedule.unseen">
      <error type="unknown" message="is blocked: 403 on &quot;LIST&quot;."/>
    </testcase>
    <testcase classname="sweep" name="schedules.velero.io of provider kubernetes">
      <error type="unknown" message="not looked at: the server did not answer: timeout. "/>
    </testcase>
  </testsuite>
</testsuites>
"#);
}

#[test]
fn as_metrics() {
    assert_snapshot!(prometheus(&drifted()), @r#"
# HELP sk_dr_drift_resources Resources by what the last check found.
# TYPE sk_dr_drift_resources gauge
sk_dr_drift_resources{stack="acme",standing="blocked"} 0
sk_dr_drift_resources{stack="acme",standing="changed"} 1
sk_dr_drift_resources{stack="acme",standing="missing"} 1
sk_dr_drift_resources{stack="acme",standing="unchanged"} 2
sk_dr_drift_resources{stack="acme",standing="undeclared"} 1
sk_dr_drift_resources{stack="acme",standing="unknown"} 1
# HELP sk_dr_drift_actions Resources by what an apply would do.
# TYPE sk_dr_drift_actions gauge
sk_dr_drift_actions{stack="acme",action="create"} 1
sk_dr_drift_actions{stack="acme",action="delete"} 1
sk_dr_drift_actions{stack="acme",action="forget"} 0
sk_dr_drift_actions{stack="acme",action="replace"} 0
sk_dr_drift_actions{stack="acme",action="update"} 1
# HELP sk_dr_drift_ignored_changes Changes that a rule of the configuration bears.
# TYPE sk_dr_drift_ignored_changes gauge
sk_dr_drift_ignored_changes{stack="acme"} 1
# HELP sk_dr_drift_complete 1 where everything could be told, else 0 with the reason.
# TYPE sk_dr_drift_complete gauge
sk_dr_drift_complete{stack="acme",reason="unreachable"} 0
# HELP sk_dr_drift_last_run_timestamp_seconds When the last check was made.
# TYPE sk_dr_drift_last_run_timestamp_seconds gauge
sk_dr_drift_last_run_timestamp_seconds{stack="acme"} 1795251600
"#);
}

#[test]
fn as_sarif() {
    let place = |file: &str, line| Place {
        file: file.to_owned(),
        line,
    };
    let places = BTreeMap::from([(
        "velero_schedule.changed".parse().unwrap(),
        place("my apps.hcl", 7),
    )]);
    let log = sarif(&drifted(), (&places, &place("main.hcl", 1)), "/stack");
    assert_snapshot!(serde_json::to_string_pretty(&log["runs"][0]["results"][0]).unwrap(), @r#"
{
  "level": "warning",
  "locations": [
    {
      "logicalLocations": [
        {
          "fullyQualifiedName": "velero_schedule.changed",
          "kind": "resource"
        }
      ],
      "physicalLocation": {
        "artifactLocation": {
          "uri": "my%20apps.hcl",
          "uriBaseId": "CONFIGURATION"
        },
        "region": {
          "startLine": 7
        }
      }
    }
  ],
  "message": {
    "text": "velero_schedule.changed has changed: paused by kubectl-edit, 2026-11-20 16:02:11 UTC; token"
  },
  "partialFingerprints": {
    "address/v1": "velero_schedule.changed"
  },
  "ruleId": "drift-changed",
  "ruleIndex": 0
}
"#);
    let of = |results: &Json, at: &str| -> Vec<Json> {
        let results = results.as_array().unwrap().iter();
        results
            .map(|result| result.pointer(at).cloned().unwrap_or_default())
            .collect()
    };
    let results = &log["runs"][0]["results"];
    assert_eq!(
        of(results, "/ruleId"),
        [
            "drift-changed",
            "drift-missing",
            "drift-undeclared",
            "drift-changed"
        ]
    );
    assert_eq!(
        of(results, "/suppressions/0/justification"),
        [
            Json::Null,
            Json::Null,
            Json::Null,
            json!("rule \"moving\" until 2026-12-31: the shop <moves>")
        ]
    );
    assert_eq!(
        log["runs"][0]["invocations"][0]["executionSuccessful"],
        json!(false)
    );
    assert_eq!(log["version"], json!("2.1.0"));
}

#[test]
fn an_issue_opens_and_closes_and_is_left_alone_where_nothing_is_proven() {
    let state = |found: &Drifted| issue(found, markdown::BUDGET)["state"].clone();
    assert_eq!(state(&drifted()), json!("open"));
    assert_eq!(state(&nothing()), json!("closed"));
    let mut blind = nothing();
    blind.plan.unswept = drifted().plan.unswept;
    assert_eq!(state(&blind), Json::Null);
    let mut blocked = drifted();
    blocked.plan.nodes = blocked.plan.nodes.split_off(3);
    blocked.plan.unswept.clear();
    assert_eq!(state(&blocked), Json::Null);
    let whole = issue(&drifted(), markdown::BUDGET);
    assert_snapshot!(whole["title"].as_str().unwrap(), @r"
Drift in acme: 1 changed, 1 missing, 1 not in configuration, 1 that cannot be told, 1 ignored
");
    assert_snapshot!(whole["marker"].as_str().unwrap(), @r"
<!-- sk-dr:drift:acme -->
");
    let body = whole["body"].as_str().unwrap();
    assert!(body.starts_with(whole["marker"].as_str().unwrap()));
    assert!(body.contains(whole["fingerprint"].as_str().unwrap()));
}

#[test]
fn a_fingerprint_is_of_the_drift_alone() {
    let first = fingerprint(&drifted());
    let mut later = drifted();
    later.plan.made_at += jiff::SignedDuration::from_hours(24);
    later.plan.unswept.clear();
    later.ignored.clear();
    later.plan.nodes.truncate(3);
    assert_eq!(fingerprint(&later), first);
    later.plan.nodes.truncate(2);
    assert_ne!(fingerprint(&later), first);
    // A sensitive value leaves no trace, not even of being another one.
    let mut other = drifted();
    other.plan.nodes[0].before = json!({"paused": true, "token": "CANARY-3"});
    assert_eq!(fingerprint(&other), first);
}

#[test]
fn no_format_tells_a_sensitive_value() {
    let found = drifted();
    let place = Place {
        file: "main.hcl".to_owned(),
        line: 1,
    };
    for text in [
        junit(&found),
        prometheus(&found),
        sarif(&found, (&BTreeMap::new(), &place), "/stack").to_string(),
        issue(&found, markdown::BUDGET).to_string(),
    ] {
        assert!(!text.contains("CANARY"), "{text}");
        assert!(!text.is_empty());
    }
}

/// Every element that is opened is closed, in order.
fn well_formed(xml: &str) {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut depth = 0;
    loop {
        match reader
            .read_event()
            .unwrap_or_else(|error| panic!("{error}\n{xml}"))
        {
            quick_xml::events::Event::Start(element) => {
                depth += 1;
                for attribute in element.attributes() {
                    attribute.unwrap_or_else(|error| panic!("{error}\n{xml}"));
                }
            }
            quick_xml::events::Event::Empty(element) => {
                for attribute in element.attributes() {
                    attribute.unwrap_or_else(|error| panic!("{error}\n{xml}"));
                }
            }
            quick_xml::events::Event::End(_) => depth -= 1,
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
}

#[test]
fn xml_is_well_formed_whatever_it_tells() {
    well_formed(&junit(&nothing()));
    well_formed(&junit(&drifted()));
    for nasty in [
        "]]>",
        "\u{0}\u{b}\u{ffff}",
        "\"'<&>",
        "</failure>\n\n",
        "<!-- -- -->",
        "\u{1b}[2K",
    ] {
        let mut found = drifted();
        found.plan.stack = nasty.to_owned();
        found.ignored[0].reason = nasty.to_owned();
        found.plan.nodes[3].blockers[0].text = nasty.to_owned();
        found.plan.nodes[2].before = json!({"name": nasty, "text": format!("{nasty}\n{nasty}\n")});
        well_formed(&junit(&found));
    }
}
