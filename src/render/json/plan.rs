//! `show -json`: Terraform's plan JSON 1.2, rendered from the plan and never read back. Our whole document stands under
//! the extra key `sk_dr`, which that format's versioning rule allows. Secrets and sensitive values are null here, also
//! where Terraform would write them in the clear (R32).

use super::checks;
use super::modules::root_module;
use crate::model::address::{Address, InstanceKey};
use crate::model::expression::Expr;
use crate::plan::document::{Action, Node, NodeState, Plan, PlannedOutput, ReasonCode, Sight};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;

/// What consumers check first.
const FORMAT_VERSION: &str = "1.2";

/// The plan in Terraform's form.
///
/// # Errors
/// Where the plan cannot be written as JSON.
pub fn plan(plan: &Plan) -> Result<Json, serde_json::Error> {
    let (stopped, done): (Vec<&Node>, Vec<&Node>) =
        plan.nodes.iter().partition(|node| is_stopped(node));
    let deferred = stopped
        .iter()
        .map(|node| json!({"reason": stop_reason(node), "resource_change": resource_change(node)}));
    // `terraform_version` carries our own name and version: readers decide by `format_version`, and a Terraform version
    // would be a lie about who planned this.
    Ok(json!({
        "format_version": FORMAT_VERSION,
        "terraform_version": plan.tool,
        "variables": {},
        "planned_values": {
            "outputs": planned_outputs(plan),
            "root_module": root_module(done.iter().filter_map(|node| Some((&node.address, planned_resource(node)?))))
        },
        // Unchanged resources are left out: the plan keeps their addresses only (`sk_dr.unchanged`).
        "resource_changes": done.iter().map(|node| resource_change(node)).collect::<Vec<_>>(),
        "deferred_changes": deferred.collect::<Vec<_>>(),
        "output_changes": output_changes(plan),
        "prior_state": {
            "format_version": "1.0",
            "terraform_version": plan.tool,
            "values": {"root_module": root_module(plan.nodes.iter().filter_map(|node| Some((&node.address, prior_resource(node)?))))}
        },
        "configuration": configuration(plan),
        "checks": checks::checks(&plan.checks),
        "timestamp": plan.made_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "applyable": plan.applyable && !plan.steps.is_empty(),
        "complete": plan.applyable && stopped.is_empty() && plan.held_back.is_empty() && is_whole(plan),
        "errored": !plan.applyable,
        "sk_dr": plan
    }))
}

fn is_whole(plan: &Plan) -> bool {
    match plan.sight() {
        Sight::Whole(_) => true,
        Sight::Nowhere => plan.goal.target.is_empty() && plan.goal.exclude.is_empty(),
        Sight::Part(_) | Sight::Blind(_) => false,
    }
}

/// Blocked and held-back nodes must not be counted as changes by a reader of `resource_changes`.
fn is_stopped(node: &Node) -> bool {
    match node.state {
        NodeState::Blocked | NodeState::HeldBack => true,
        NodeState::Planned | NodeState::Deferred => false,
    }
}

fn stop_reason(node: &Node) -> &'static str {
    match node.state {
        NodeState::HeldBack => "held_back",
        NodeState::Blocked | NodeState::Planned | NodeState::Deferred => "blocked",
    }
}

fn resource_change(node: &Node) -> Json {
    let mut change = Map::new();
    change.insert("actions".to_owned(), json!(actions(node)));
    change.insert(
        "before".to_owned(),
        redacted(&node.before, &mut Vec::new(), &node.sensitive),
    );
    change.insert(
        "after".to_owned(),
        known(&node.after, &mut Vec::new(), &node.sensitive),
    );
    change.insert(
        "after_unknown".to_owned(),
        unknown(&node.after).unwrap_or_else(|| json!({})),
    );
    change.insert(
        "before_sensitive".to_owned(),
        marks(&Expr::Value(node.before.clone()), &node.sensitive),
    );
    change.insert(
        "after_sensitive".to_owned(),
        marks(&node.after, &node.sensitive),
    );
    if let Some(former) = &node.former {
        change.insert("replace_paths".to_owned(), json!(former.forced_by));
    }
    if node.importing {
        change.insert("importing".to_owned(), json!({"id": node.key.to_string()}));
    }
    let mut resource = described(node);
    resource.insert("change".to_owned(), Json::Object(change));
    if let Some(previous) = &node.previous_address {
        resource.insert("previous_address".to_owned(), json!(previous));
    }
    if let Some(reason) = action_reason(node) {
        resource.insert("action_reason".to_owned(), json!(reason));
    }
    Json::Object(resource)
}

/// Address, mode, type, name, index, provider: what every entry about a resource begins with.
fn described(node: &Node) -> Map<String, Json> {
    let mut resource = Map::new();
    resource.insert("address".to_owned(), json!(node.address));
    if !node.address.module.is_root() {
        let module = node.address.module.to_string();
        resource.insert("module_address".to_owned(), json!(module));
    }
    resource.insert("mode".to_owned(), json!("managed"));
    resource.insert("type".to_owned(), json!(node.address.kind));
    resource.insert("name".to_owned(), json!(node.address.name));
    if let Some(index) = index(&node.address) {
        resource.insert("index".to_owned(), index);
    }
    let provider = node
        .provider
        .as_ref()
        .map_or("sk-dr", |provider| provider.provider.as_str());
    resource.insert("provider_name".to_owned(), json!(provider_name(provider)));
    resource
}

fn index(address: &Address) -> Option<Json> {
    address.instance.as_ref().map(|instance| match instance {
        InstanceKey::Index(index) => json!(index),
        InstanceKey::Name(name) => json!(name),
    })
}

/// Providers are part of the program, as Terraform's `terraform.io/builtin/terraform` is.
fn provider_name(provider: &str) -> String {
    format!("sk-dr.io/builtin/{provider}")
}

fn actions(node: &Node) -> Vec<&'static str> {
    let word = |action: Action| match action {
        Action::Create => "create",
        // Terraform's word for an import that changes no attribute; our mark is none.
        Action::Update if node.importing && node.is_same() => "no-op",
        Action::Update => "update",
        Action::Delete => "delete",
        Action::Forget => "forget",
        // Told by its halves.
        Action::Replace | Action::NoOp => "no-op",
    };
    node.halves().into_iter().map(word).collect()
}

fn action_reason(node: &Node) -> Option<&'static str> {
    match node.reason.code {
        ReasonCode::NotInConfiguration => Some("delete_because_no_resource_config"),
        ReasonCode::Replaced if node.action == Action::Replace => {
            Some("replace_because_cannot_update")
        }
        ReasonCode::Replaced => Some("delete_because_no_resource_config"),
        ReasonCode::Absent
        | ReasonCode::ProviderDeferred
        | ReasonCode::Differs
        | ReasonCode::Renamed
        | ReasonCode::Recorded
        | ReasonCode::Adopted
        | ReasonCode::DestroyRequested
        | ReasonCode::ReleasedBecauseAdopted
        | ReasonCode::ReleasedByRemoved
        | ReasonCode::Unknown => None,
    }
}

fn is_sensitive(path: &[String], sensitive: &BTreeSet<Vec<String>>) -> bool {
    sensitive.contains(path)
}

/// A live value; what is sensitive is null. Paths are member names: lists are passed through.
fn redacted(value: &Json, path: &mut Vec<String>, sensitive: &BTreeSet<Vec<String>>) -> Json {
    if is_sensitive(path, sensitive) {
        return Json::Null;
    }
    match value {
        Json::Array(members) => members
            .iter()
            .map(|member| redacted(member, path, sensitive))
            .collect(),
        Json::Object(members) => members
            .iter()
            .map(|(name, member)| {
                path.push(name.clone());
                let member = redacted(member, path, sensitive);
                path.pop();
                (name.clone(), member)
            })
            .collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => value.clone(),
    }
}

/// What is known of a planned value: open members of an object are missing, open members of a list are null.
fn known(expr: &Expr, path: &mut Vec<String>, sensitive: &BTreeSet<Vec<String>>) -> Json {
    if is_sensitive(path, sensitive) {
        return Json::Null;
    }
    match expr {
        Expr::Value(value) => redacted(value, path, sensitive),
        Expr::Object(members) => members
            .iter()
            .filter(|(_, member)| !is_open(member))
            .map(|(name, member)| {
                path.push(name.clone());
                let member = known(member, path, sensitive);
                path.pop();
                (name.clone(), member)
            })
            .collect(),
        Expr::List(members) => members
            .iter()
            .map(|member| known(member, path, sensitive))
            .collect(),
        Expr::Hole(_) | Expr::Secret(_) | Expr::Concat(_) | Expr::Call { .. } => Json::Null,
    }
}

fn is_open(expr: &Expr) -> bool {
    match expr {
        Expr::Hole(_) | Expr::Secret(_) | Expr::Concat(_) | Expr::Call { .. } => true,
        Expr::Value(_) | Expr::Object(_) | Expr::List(_) => false,
    }
}

/// `true` where a value is not known yet, in the shape of the value; `None` where all is known.
fn unknown(expr: &Expr) -> Option<Json> {
    match expr {
        Expr::Value(_) => None,
        Expr::Object(members) => {
            let open: Map<String, Json> = members
                .iter()
                .filter_map(|(name, member)| Some((name.clone(), unknown(member)?)))
                .collect();
            (!open.is_empty()).then_some(Json::Object(open))
        }
        Expr::List(members) => {
            let open: Vec<Option<Json>> = members.iter().map(unknown).collect();
            open.iter().any(Option::is_some).then(|| {
                open.into_iter()
                    .map(|member| member.unwrap_or(Json::Bool(false)))
                    .collect()
            })
        }
        Expr::Hole(_) | Expr::Secret(_) | Expr::Concat(_) | Expr::Call { .. } => {
            Some(Json::Bool(true))
        }
    }
}

/// `true` where a value is sensitive or made of a secret, in objects by member name; `{}` where nothing is.
fn marks(expr: &Expr, sensitive: &BTreeSet<Vec<String>>) -> Json {
    if expr.known().is_some_and(Json::is_null) {
        return Json::Bool(false);
    }
    let mut all = json!({});
    for path in sensitive {
        if let Some(place) = path.iter().try_fold(&mut all, |place, member| match place {
            Json::Object(members) => {
                Some(members.entry(member.clone()).or_insert_with(|| json!({})))
            }
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => None,
        }) {
            *place = Json::Bool(true);
        }
    }
    secrets(expr, &mut all);
    all
}

fn secrets(expr: &Expr, place: &mut Json) {
    match expr {
        Expr::Object(members) => {
            for (name, member) in members
                .iter()
                .filter(|(_, member)| !member.secrets().is_empty())
            {
                if let Json::Object(marks) = place {
                    secrets(
                        member,
                        marks.entry(name.clone()).or_insert_with(|| json!({})),
                    );
                }
            }
        }
        Expr::Value(_) | Expr::Hole(_) => {}
        Expr::List(_) | Expr::Secret(_) | Expr::Concat(_) | Expr::Call { .. } => {
            *place = Json::Bool(true)
        }
    }
}

fn planned_resource(node: &Node) -> Option<Json> {
    let values = known(&node.after, &mut Vec::new(), &node.sensitive);
    values_resource(node, values, marks(&node.after, &node.sensitive))
}

fn prior_resource(node: &Node) -> Option<Json> {
    let values = redacted(&node.before, &mut Vec::new(), &node.sensitive);
    values_resource(
        node,
        values,
        marks(&Expr::Value(node.before.clone()), &node.sensitive),
    )
}

fn values_resource(node: &Node, values: Json, sensitive: Json) -> Option<Json> {
    if values.is_null() {
        return None;
    }
    let mut resource = described(node);
    resource.insert("schema_version".to_owned(), json!(0));
    resource.insert("values".to_owned(), values);
    resource.insert("sensitive_values".to_owned(), sensitive);
    Some(Json::Object(resource))
}

fn shown(output: &PlannedOutput) -> Json {
    if output.sensitive {
        Json::Null
    } else {
        known(&output.value, &mut Vec::new(), &BTreeSet::new())
    }
}

fn planned_outputs(plan: &Plan) -> Json {
    let entry = |output: &PlannedOutput| match is_open(&output.value) {
        true => json!({"sensitive": output.sensitive}),
        false => json!({"sensitive": output.sensitive, "value": shown(output)}),
    };
    plan.outputs
        .iter()
        .map(|(name, output)| (name.clone(), entry(output)))
        .collect::<Map<_, _>>()
        .into()
}

/// There is no state, so a known output has no other value before: `no-op`.
fn output_changes(plan: &Plan) -> Json {
    let entry = |output: &PlannedOutput| {
        let open = unknown(&output.value);
        json!({
            "actions": [if open.is_some() { "create" } else { "no-op" }],
            "before": if open.is_some() { Json::Null } else { shown(output) },
            "after": shown(output),
            "after_unknown": open.unwrap_or(Json::Bool(false)),
            "before_sensitive": output.sensitive,
            "after_sensitive": output.sensitive
        })
    };
    plan.outputs
        .iter()
        .map(|(name, output)| (name.clone(), entry(output)))
        .collect::<Map<_, _>>()
        .into()
}

/// Providers and addresses; the expressions of a configuration are not in a plan.
fn configuration(plan: &Plan) -> Json {
    let providers: Map<String, Json> = plan
        .providers
        .keys()
        .map(|provider| {
            let mut entry =
                json!({"name": provider.provider, "full_name": provider_name(&provider.provider)});
            if let (Json::Object(members), Some(alias)) = (&mut entry, &provider.alias) {
                members.insert("alias".to_owned(), json!(alias));
            }
            (provider.to_string(), entry)
        })
        .collect();
    json!({"provider_config": providers, "root_module": {}})
}
