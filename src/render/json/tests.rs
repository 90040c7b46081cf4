//! The shape of the JSON that programs read.

use super::super::fixture::{node, plan, step};
use super::plan as render;
use serde_json::{Value as Json, json};

/// The rendered plan with these members holds `expected` at `pointer`.
fn check(members: Json, pointer: &str, expected: Json) {
    let rendered = render(&plan(members)).unwrap();
    assert_eq!(
        rendered.pointer(pointer).unwrap_or(&Json::Null),
        &expected,
        "{pointer} in {rendered:#}"
    );
}

#[test]
fn top_level_members() {
    check(json!({}), "/format_version", json!("1.2"));
    check(json!({}), "/terraform_version", json!("sk-dr 0.1.0"));
    check(json!({}), "/timestamp", json!("2026-11-21T09:00:00Z"));
    check(json!({}), "/sk_dr/format", json!("sk-dr-plan"));
    check(json!({}), "/applyable", json!(false));
    check(
        json!({"steps": [step("velero_schedule.shop", 1)]}),
        "/applyable",
        json!(true),
    );
    check(json!({"applyable": false}), "/errored", json!(true));
    check(
        json!({"goal": {"mode": "converge", "target": ["a.b"]}}),
        "/complete",
        json!(false),
    );
    check(
        json!({"providers": {"kubernetes.eu": {"instance": {"known": {"kube_system_uid": "1"}}, "connect": {"value": {}}, "title": ""}}}),
        "/configuration/provider_config/kubernetes.eu",
        json!({"name": "kubernetes", "full_name": "sk-dr.io/builtin/kubernetes", "alias": "eu"}),
    );
}

#[test]
fn a_create_tells_known_from_unknown_and_secret() {
    let hole = json!({"hole": {"source": "run", "type": "string"}});
    let nodes = json!({"nodes": [node(json!({
        "address": "velero_schedule.app[\"shop\"]", "action": "create", "reason": {"code": "absent", "text": ""},
        "after": {"object": {
            "name": {"value": "shop"}, "uid": hole, "token": {"secret": "key"}, "password": {"value": "CANARY"},
            "block": {"list": [{"object": {"a": {"value": 1}, "b": hole}}]}
        }},
        "sensitive": [["password"]]
    }))]});
    let at = |pointer: &str, expected| {
        check(
            nodes.clone(),
            &format!("/resource_changes/0{pointer}"),
            expected,
        )
    };
    at("/address", json!("velero_schedule.app[\"shop\"]"));
    at("/index", json!("shop"));
    at("/provider_name", json!("sk-dr.io/builtin/kubernetes"));
    at("/change/actions", json!(["create"]));
    at("/change/before", json!(null));
    at(
        "/change/after",
        json!({"name": "shop", "password": null, "block": [{"a": 1}]}),
    );
    at(
        "/change/after_unknown",
        json!({"uid": true, "token": true, "block": [{"b": true}]}),
    );
    at("/change/before_sensitive", json!(false));
    at(
        "/change/after_sensitive",
        json!({"password": true, "token": true}),
    );
    check(
        nodes,
        "/planned_values/root_module/resources/0/values/name",
        json!("shop"),
    );
}

#[test]
fn actions_are_terraforms() {
    let at = |members: Json, pointer: &str, expected| {
        check(json!({"nodes": [node(members)]}), pointer, expected)
    };
    let gone = json!({"action": "delete", "before": {"a": 1}, "reason": {"code": "not_in_configuration", "text": ""}});
    at(
        gone.clone(),
        "/resource_changes/0/change/actions",
        json!(["delete"]),
    );
    at(
        gone.clone(),
        "/resource_changes/0/change/after",
        json!(null),
    );
    at(
        gone.clone(),
        "/resource_changes/0/action_reason",
        json!("delete_because_no_resource_config"),
    );
    at(
        gone,
        "/prior_state/values/root_module/resources/0/values",
        json!({"a": 1}),
    );
    at(
        json!({"action": "forget"}),
        "/resource_changes/0/change/actions",
        json!(["forget"]),
    );
    at(
        json!({"importing": true}),
        "/resource_changes/0/change/actions",
        json!(["no-op"]),
    );
    at(
        json!({"importing": true}),
        "/resource_changes/0/change/importing",
        json!({"id": "velero/shop"}),
    );
    at(
        json!({"previous_address": "a.b"}),
        "/resource_changes/0/previous_address",
        json!("a.b"),
    );
    let differs = json!({"importing": true, "fields": [{"path": ["a"], "before": 1}]});
    at(
        differs,
        "/resource_changes/0/change/actions",
        json!(["update"]),
    );
}

#[test]
fn what_is_not_done_is_no_resource_change() {
    let nodes = json!({"applyable": false, "nodes": [node(json!({"state": "blocked"})), node(json!({"state": "held_back"}))]});
    check(nodes.clone(), "/resource_changes", json!([]));
    check(
        nodes.clone(),
        "/deferred_changes/0/reason",
        json!("blocked"),
    );
    check(nodes, "/deferred_changes/1/reason", json!("held_back"));
}

#[test]
fn outputs_without_a_state() {
    let outputs = json!({"outputs": {
        "open": {"value": {"hole": {"source": "run", "type": "string"}}, "sensitive": false},
        "known": {"value": {"value": 1}, "sensitive": false},
        "hidden": {"value": {"value": "CANARY"}, "sensitive": true}
    }});
    check(
        outputs.clone(),
        "/output_changes/open/actions",
        json!(["create"]),
    );
    check(
        outputs.clone(),
        "/output_changes/open/after_unknown",
        json!(true),
    );
    check(
        outputs.clone(),
        "/output_changes/known/actions",
        json!(["no-op"]),
    );
    check(outputs.clone(), "/output_changes/hidden/after", json!(null));
    check(
        outputs,
        "/planned_values/outputs/open",
        json!({"sensitive": false}),
    );
}

/// The stream's messages for a plan with these members hold `expected` at `pointer` of the message of this type.
fn check_stream(members: Json, kind: &str, pointer: &str, expected: Json) {
    let now = "2026-11-21T09:00:00.25Z".parse().unwrap();
    let messages = super::stream::plan(&plan(members));
    let lines: Vec<Json> = messages.iter().map(|message| message.at(now)).collect();
    let found = lines.iter().find(|line| line["type"] == kind);
    let found = found.unwrap_or_else(|| panic!("no {kind} in {lines:#?}"));
    assert_eq!(
        found.pointer(pointer).unwrap_or(&Json::Null),
        &expected,
        "{pointer} in {found:#}"
    );
}

#[test]
fn the_stream_has_terraforms_words() {
    let one = |members: Json| json!({"nodes": [node(members)]});
    for (members, action) in [
        (json!({"action": "create"}), "create"),
        (json!({"action": "update"}), "update"),
        (json!({"action": "delete"}), "delete"),
        (json!({"action": "forget"}), "remove"),
        (json!({"action": "update", "importing": true}), "import"),
        (
            json!({"action": "update", "previous_address": "velero_schedule.old"}),
            "move",
        ),
    ] {
        let members = one(members);
        let text = format!("velero_schedule.shop: Plan to {action}");
        check_stream(members.clone(), "planned_change", "/@message", json!(text));
        check_stream(members, "planned_change", "/change/action", json!(action));
    }
    let orphan =
        json!({"action": "delete", "reason": {"code": "not_in_configuration", "text": ""}});
    let reason = json!("delete_because_no_resource_config");
    check_stream(one(orphan), "planned_change", "/change/reason", reason);
    let blocker = json!({"code": "unknown", "text": "It is silent.", "cure": "Ask again."});
    let blocked = json!({"action": "no_op", "state": "blocked", "blockers": [blocker]});
    let detail = json!("It is silent. Ask again.");
    check_stream(
        one(blocked.clone()),
        "diagnostic",
        "/diagnostic/detail",
        detail,
    );
    check_stream(one(blocked), "change_summary", "/sk_dr/blocked", json!(1));
    let time = json!("2026-11-21T09:00:00.250000Z");
    check_stream(json!({}), "change_summary", "/@timestamp", time);
}

/// What would move a cursor is no part of a message, and an output that is sensitive or made of a secret has no value.
#[test]
fn the_stream_is_clean_and_tells_no_secret() {
    let finding =
        json!({"code": "x", "address": null, "summary": "a\u{1b}[2K", "detail": "b\u{202e}"});
    let members = json!({"findings": [finding]});
    check_stream(
        members,
        "diagnostic",
        "/diagnostic/summary",
        json!("a\u{fffd}[2K"),
    );
    let of = |severity: &str| json!({"findings": [{"code": "x", "severity": severity, "address": null, "summary": "", "detail": ""}]});
    check_stream(of("danger"), "diagnostic", "/diagnostic/code", json!("x"));
    check_stream(
        of("danger"),
        "diagnostic",
        "/sk_dr/severity",
        json!("danger"),
    );
    check_stream(of("warning"), "diagnostic", "/sk_dr", Json::Null);
    let output = |value: Json, sensitive: bool| json!({"value": value, "sensitive": sensitive});
    let whole = plan(json!({"outputs": {
        "plain": output(json!({"value": ["a", 1, {"b": true}]}), false),
        "marked": output(json!({"value": "CANARY"}), true),
        "secret": output(json!({"concat": [{"value": "x"}, {"secret": "key"}]}), false),
        "open": output(json!({"hole": {"source": "run", "type": "string"}}), false)
    }}));
    let end = super::stream::outcome(&whole, &crate::render::text::Sums::default(), None);
    let outputs = end[1].at("2026-11-21T09:00:00Z".parse().unwrap());
    let types = json!(["tuple", ["string", "number", ["object", {"b": "bool"}]]]);
    assert_eq!(
        outputs["outputs"],
        json!({
            "plain": {"sensitive": false, "type": types, "value": ["a", 1, {"b": true}]},
            "marked": {"sensitive": true}, "secret": {"sensitive": true}, "open": {"sensitive": false}
        })
    );
}
