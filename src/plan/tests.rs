//! Cases of planning: declared resources and live objects in, one line for each thing the plan says out.

mod server;
mod whole;

use super::document::{Goal, GoalMode, Ground, KubeVerb, NodeState, Op, Plan};
use super::input::{Confirmation, Confirmations, Conflicts, FoundProvider, Guards, Input};
use super::secrets::{Comparison, Comparisons};
use super::{Refusal, bound, guards, plan, queries};
use crate::journal::record::{Inventory, OwnedObject};
use crate::kinds::testing::resource;
use crate::kinds::{self, Home, Kind};
use crate::model::address::{Address, Target};
use crate::model::expression::{Expr, Hole, HoleSource, HoleType};
use crate::model::identity::{Instance, Key, KubeResource, ProviderRef, address_label, owner_mark};
use crate::model::identity::{MANAGED_BY, MANAGED_BY_LABEL};
use crate::model::json_path::JsonPath;
use crate::model::resource::{Configuration, IgnoreChanges, Provider, Resource, ServedAs};
use crate::model::secret::SecretName;
use crate::world::query::{Answer, Fact, FailureClass, Live, Query, Why};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

const UID: &str = "cluster-1";

struct Story {
    resources: Vec<Resource>,
    objects: Vec<(&'static str, Json)>,
    goal: Goal,
    instance: Instance,
    inventory: Option<Inventory>,
    adopt: Vec<Target>,
    consents: Vec<String>,
    conflicts: Conflicts,
    confirmations: Confirmations,
    comparisons: Comparisons,
    unreadable: BTreeMap<SecretName, String>,
    identity: Option<&'static str>,
    /// Alias of another provider block that reaches the same cluster.
    also: Option<&'static str>,
    unknown: Option<(&'static str, FailureClass)>,
    not_served: Option<&'static str>,
}

fn kubernetes() -> ProviderRef {
    ProviderRef {
        provider: "kubernetes".to_owned(),
        alias: None,
    }
}

fn aliased(alias: &str) -> ProviderRef {
    ProviderRef {
        alias: Some(alias.to_owned()),
        ..kubernetes()
    }
}

fn story() -> Story {
    Story {
        resources: Vec::new(),
        objects: Vec::new(),
        goal: Goal {
            mode: GoalMode::Converge,
            target: Vec::new(),
            exclude: Vec::new(),
        },
        instance: Instance::Known {
            kube_system_uid: UID.to_owned(),
        },
        inventory: None,
        adopt: Vec::new(),
        consents: Vec::new(),
        conflicts: Conflicts::Block,
        confirmations: Confirmations::new(),
        comparisons: Comparisons::new(),
        unreadable: BTreeMap::new(),
        identity: None,
        also: None,
        unknown: None,
        not_served: None,
    }
}

fn named(kind: &str, name: &str, body: Json) -> Resource {
    let mut made = resource(kind, body);
    made.address = Address::new(kind, name);
    made
}

fn schedule(name: &str) -> Resource {
    named(
        "velero_schedule",
        name,
        json!({"name": name, "schedule": "0 1 * * *", "ttl": "720h", "included_namespaces": ["shop"]}),
    )
}

fn namespace(name: &str) -> Resource {
    named(
        "kubernetes_namespace",
        name,
        json!({"metadata": [{"name": name}]}),
    )
}

fn location(name: &str) -> Resource {
    named(
        "velero_backup_storage_location",
        name,
        json!({"name": name, "provider_name": "aws", "bucket": "backups", "config": {"region": "fsn1"}}),
    )
}

fn home(kind: &str) -> KubeResource {
    match kinds::find(kind).unwrap().home() {
        Home::Kube(home) => home,
        Home::Command | Home::Parts | Home::Declared => panic!("{kind} lives in no API"),
    }
}

/// The object as an earlier apply of ours left it.
fn applied(declared: &Resource) -> (&'static str, Json) {
    let kind = kinds::find(&declared.address.kind).unwrap();
    applied_as(kind, declared)
}

/// The objects of a resource that is several.
fn applied_parts(declared: &Resource) -> Vec<(&'static str, Json)> {
    kinds::parts(declared)
        .iter()
        .map(|part| applied_as(part.kind, &part.resource))
        .collect()
}

fn applied_as(kind: &dyn Kind, declared: &Resource) -> (&'static str, Json) {
    let mut object = kind.object(declared).into_known().unwrap();
    let name = object["metadata"]["name"].as_str().unwrap().to_owned();
    let namespace = object["metadata"]["namespace"].as_str().map(str::to_owned);
    let type_ = match kind.key(declared) {
        Some(Key::Kube { resource, .. }) => resource,
        Some(Key::Cluster { .. } | Key::Composite { .. }) | None => panic!("no object of the API"),
    };
    let mark = owner_mark(UID, &type_, namespace.as_deref(), &name);
    object["metadata"]["uid"] = json!(format!("uid-{name}"));
    object["metadata"]["resourceVersion"] = json!("7");
    object["metadata"]["labels"]["sk-dr.io/stack"] = json!("acme");
    object["metadata"]["labels"]["sk-dr.io/address"] = json!(address_label(&declared.address));
    object["metadata"]["labels"][MANAGED_BY_LABEL] = json!(MANAGED_BY);
    object["metadata"]["annotations"]["sk-dr.io/owner"] = json!(mark);
    for (place, value) in kind.records(declared) {
        place.set(&mut object, value);
    }
    (kind.schema().kind, object)
}

/// The same without any mark.
fn by_hand(declared: &Resource) -> (&'static str, Json) {
    let (kind, mut object) = applied(declared);
    for map in ["labels", "annotations"] {
        object["metadata"].as_object_mut().unwrap().remove(map);
    }
    (kind, object)
}

fn edited(declared: &Resource, pointer: &str, value: Json) -> (&'static str, Json) {
    let (kind, mut object) = applied(declared);
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    object.pointer_mut(parent).unwrap()[member.replace("~1", "/")] = value;
    (kind, object)
}

fn make(story: &Story) -> Result<Plan, Refusal> {
    let arguments = story
        .identity
        .map_or(json!({}), |identity| json!({"identity": identity}));
    let mut resources = story.resources.clone();
    resources.sort_by(|a, b| a.address.cmp(&b.address));
    let mut configuration = Configuration {
        resources,
        ..Configuration::default()
    };
    configuration.settings.stack = "acme".to_owned();
    configuration.providers.insert(
        kubernetes(),
        Provider {
            arguments: Expr::Value(arguments),
            references: cluster_reference(story),
            span: story
                .resources
                .first()
                .map_or(resource("velero_schedule", json!({})).span, |one| one.span),
        },
    );
    let found = FoundProvider {
        instance: story.instance.clone(),
        title: "context acme".to_owned(),
    };
    let mut providers = BTreeMap::from([(kubernetes(), found.clone())]);
    if let Some(also) = story.also.map(aliased) {
        let block = configuration.providers[&kubernetes()].clone();
        configuration.providers.insert(also.clone(), block);
        providers.insert(also, found);
    }
    let mut asked = queries::lists(&configuration, &providers, story.inventory.as_ref());
    for (_, object) in &story.objects {
        asked.extend(queries::loss_queries(
            &kubernetes(),
            object["metadata"]["name"].as_str().unwrap(),
        ));
    }
    let answers = asked.into_iter().map(|query| {
        let answer = answer(story, &query);
        (query, answer)
    });
    let mut live = Live {
        answers: answers.collect(),
    };
    for one in &story.resources {
        if let Some(query) = queries::cluster_query(one, "/config") {
            live.answers.insert(query, Answer::Absent);
        }
    }
    let configuration = bound::configuration(&configuration, &live);
    let input = |live, guards| Input {
        guards,
        configuration: &configuration,
        goal: &story.goal,
        live,
        providers: &providers,
        inventory: story.inventory.as_ref(),
        adopt: &story.adopt,
        consents: &story.consents,
        conflicts: story.conflicts,
        confirmations: &story.confirmations,
        comparisons: &story.comparisons,
        unreadable: &story.unreadable,
        made_at: jiff::Timestamp::UNIX_EPOCH,
        config_dir: "/config".to_owned(),
    };
    let first = plan(&input(&live, Guards::Unasked))?;
    let mut guarded = live.clone();
    for query in guards::questions(&first.steps) {
        let answer = answer(story, &query);
        guarded.answers.insert(query, answer);
    }
    plan(&input(&guarded, Guards::Asked))
}

fn cluster_reference(story: &Story) -> BTreeSet<Address> {
    match &story.instance {
        Instance::MadeBy(address) => BTreeSet::from([address.clone()]),
        Instance::Known { .. } | Instance::Unknown { .. } => BTreeSet::new(),
    }
}

fn answer(story: &Story, query: &Query) -> Answer {
    let (resource, namespace, wanted) = match query {
        Query::List {
            resource,
            namespace,
            ..
        } => (resource, namespace, None),
        Query::Get {
            resource,
            namespace,
            name,
            ..
        } => (resource, namespace, Some(name)),
        Query::Identity { .. } | Query::Types { .. } | Query::Cluster { .. } => {
            return Answer::Absent;
        }
    };
    if story.not_served == Some(resource.plural.as_str()) {
        return Answer::NotServed;
    }
    if let Some((_, class)) = story
        .unknown
        .filter(|(plural, _)| *plural == resource.plural)
    {
        return Answer::Unknown(Why {
            class,
            message: format!("{} said no", resource.title()),
        });
    }
    let here = |(kind, object): &&(&'static str, Json)| {
        let same_type = if *kind == "claim" {
            resource.plural == "persistentvolumeclaims"
        } else if *kind == "deployment" {
            resource.plural == "deployments"
        } else if matches!(*kind, "kubernetes_manifest" | "run") {
            object["kind"] == resource.kind.as_str()
        } else {
            home_is(kind, resource)
        };
        same_type && object["metadata"]["namespace"].as_str() == namespace.as_deref()
    };
    let all = story.objects.iter().filter(here);
    let mut all = all.map(|(_, object)| object.clone());
    match wanted {
        None => Answer::Present(Fact::List(all.collect())),
        Some(name) => all
            .find(|object| object["metadata"]["name"] == name.as_str())
            .map_or(Answer::Absent, |found| Answer::Present(Fact::Object(found))),
    }
}

fn home_is(kind: &str, resource: &KubeResource) -> bool {
    kinds::find(kind).is_some_and(|kind| kind.home() == Home::Kube(resource.clone()))
}

/// The plan in lines: nodes, then steps with what they wait for.
fn lines(plan: &Plan) -> String {
    let mut said = Vec::new();
    for node in &plan.nodes {
        let state = match node.state {
            NodeState::Planned => String::new(),
            NodeState::Blocked => {
                format!(
                    " blocked [{}]",
                    node.blockers
                        .iter()
                        .map(|one| one.code.as_str())
                        .collect::<Vec<_>>()
                        .join(", ")
                )
            }
            NodeState::HeldBack => " held back".to_owned(),
            NodeState::Deferred => " deferred".to_owned(),
        };
        let import = if node.importing { " import" } else { "" };
        let fields: Vec<String> = node
            .fields
            .iter()
            .map(|field| field.path.join("."))
            .collect();
        let fields = if fields.is_empty() {
            String::new()
        } else {
            format!(" ({})", fields.join(", "))
        };
        said.push(format!(
            "{:?}{import} {}{fields}{state}",
            node.action, node.address
        ));
        said.extend(node.parts.iter().map(|part| {
            let import = if part.importing { " import" } else { "" };
            let fields = part.fields.iter().map(|field| field.path.join("."));
            let fields: Vec<String> = fields.collect();
            let fields = match fields.is_empty() {
                true => String::new(),
                false => format!(" ({})", fields.join(", ")),
            };
            format!("- {:?}{import} {}{fields}", part.action, part.key)
        }));
    }
    said.extend(
        plan.unchanged
            .iter()
            .map(|address| format!("unchanged {address}")),
    );
    for step in &plan.steps {
        let verb = match &step.op {
            Op::Kube(op) => format!("{:?}", op.verb).to_lowercase(),
            Op::Local(_) => "run".to_owned(),
        };
        let after: Vec<&str> = step.after.iter().map(|id| id.0.as_str()).collect();
        let after = if after.is_empty() {
            String::new()
        } else {
            format!(" after {}", after.join(", "))
        };
        said.push(format!("> {verb} {}{after}", step.id));
    }
    said.extend(plan.findings.iter().map(|finding| {
        let address = finding
            .address
            .as_ref()
            .map(|address| format!(" {address}"))
            .unwrap_or_default();
        format!("! {}{address}", finding.code)
    }));
    said.join("\n")
}

#[track_caller]
fn check(story: &Story, expected: &str) -> Plan {
    let made = make(story).unwrap();
    let expected: Vec<&str> = expected
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!(lines(&made), expected.join("\n"));
    assert_eq!(made.digest, made.compute_digest().unwrap());
    let text = serde_json::to_string(&made).unwrap();
    assert_eq!(
        serde_json::from_str::<Plan>(&text).unwrap(),
        made,
        "a plan reads back as it was written"
    );
    made
}

#[test]
fn creates_in_the_order_of_needs() {
    let resources = vec![schedule("shop"), location("main"), namespace("velero")];
    check(
        &Story {
            resources,
            ..story()
        },
        "Create kubernetes_namespace.velero
         Create velero_backup_storage_location.main
         Create velero_schedule.shop
         > create kubernetes_namespace.velero#1
         > create velero_backup_storage_location.main#1 after kubernetes_namespace.velero#1
         > create velero_schedule.shop#1 after kubernetes_namespace.velero#1
         ! bucket-not-examined velero_backup_storage_location.main",
    );
}

#[test]
fn a_schedule_waits_for_the_location_it_names() {
    let mut shop = schedule("shop");
    shop.body = shop
        .body
        .with(&["storage_location".to_owned()], Expr::Value(json!("main")));
    check(
        &Story {
            resources: vec![shop, location("main")],
            ..story()
        },
        "Create velero_backup_storage_location.main
         Create velero_schedule.shop
         > create velero_backup_storage_location.main#1
         > create velero_schedule.shop#1 after velero_backup_storage_location.main#1
         ! bucket-not-examined velero_backup_storage_location.main",
    );
}

#[test]
fn what_was_applied_is_unchanged() {
    let resources = vec![schedule("shop"), location("main"), namespace("velero")];
    let objects = resources.iter().map(applied).collect();
    check(
        &Story {
            resources,
            objects,
            ..story()
        },
        "unchanged kubernetes_namespace.velero
         unchanged velero_backup_storage_location.main
         unchanged velero_schedule.shop",
    );
}

#[test]
fn a_hand_paused_schedule_is_unpaused_without_firing() {
    let shop = schedule("shop");
    let objects = vec![edited(&shop, "/spec/paused", json!(true))];
    let made = check(
        &Story {
            resources: vec![shop],
            objects,
            ..story()
        },
        "Update velero_schedule.shop (paused)
         > apply velero_schedule.shop#1",
    );
    let Op::Kube(op) = &made.steps[0].op else {
        panic!("{made:?}")
    };
    let body = op.body.known().unwrap();
    assert_eq!(
        (&body["spec"]["paused"], &body["spec"]["skipImmediately"]),
        (&json!(false), &json!(true))
    );
}

#[test]
fn what_goes_is_removed_before_the_rest_is_written() {
    let shop = schedule("shop");
    let mut objects = vec![edited(&shop, "/spec/schedule", json!("0 2 * * *"))];
    objects[0].1["spec"]["template"]["snapshotVolumes"] = json!(true);
    let made = check(
        &Story {
            resources: vec![shop],
            objects: objects.clone(),
            ..story()
        },
        "Update velero_schedule.shop (schedule, snapshot_volumes)
         > remove velero_schedule.shop#1
         > apply velero_schedule.shop#2 after velero_schedule.shop#1",
    );
    let Ground::Present {
        owned, projection, ..
    } = &made.steps[1].ground
    else {
        panic!("{made:?}")
    };
    objects[0].1["spec"]["template"]
        .as_object_mut()
        .unwrap()
        .remove("snapshotVolumes");
    assert_eq!(
        *owned,
        projection.fingerprint(&objects[0].1),
        "the second ground is the first step's result"
    );
}

#[test]
fn ignored_fields_keep_their_live_value() {
    let mut shop = schedule("shop");
    shop.lifecycle.ignore_changes = IgnoreChanges::Paths(vec![vec!["paused".to_owned()]]);
    let mut objects = vec![edited(&shop, "/spec/paused", json!(true))];
    check(
        &Story {
            resources: vec![shop.clone()],
            objects: objects.clone(),
            ..story()
        },
        "unchanged velero_schedule.shop",
    );
    objects[0].1["spec"]["schedule"] = json!("0 2 * * *");
    let made = check(
        &Story {
            resources: vec![shop],
            objects,
            ..story()
        },
        "Update velero_schedule.shop (schedule)
         > apply velero_schedule.shop#1",
    );
    let Op::Kube(op) = &made.steps[0].op else {
        panic!("{made:?}")
    };
    assert_eq!(op.body.known().unwrap()["spec"]["paused"], json!(true));
}

#[test]
fn adoption_is_named_or_blocked() {
    let shop = schedule("shop");
    let objects = vec![by_hand(&shop)];
    let mut told = Story {
        resources: vec![shop.clone()],
        objects,
        ..story()
    };
    let made = check(
        &told,
        "Update import velero_schedule.shop blocked [needs-adopt]",
    );
    assert!(!made.applyable);
    told.adopt = vec![shop.address.clone().into()];
    let made = check(
        &told,
        "Update import velero_schedule.shop
         > apply velero_schedule.shop#1",
    );
    let Op::Kube(op) = &made.steps[0].op else {
        panic!("{made:?}")
    };
    assert!(
        op.body.known().unwrap()["metadata"]["labels"][MANAGED_BY_LABEL].is_null(),
        "it is not what we created"
    );
}

#[test]
fn marks_of_others_copies_and_damage_are_never_ours() {
    let shop = schedule("shop");
    let label = "/metadata/labels/sk-dr.io~1stack";
    let owner = "/metadata/annotations/sk-dr.io~1owner";
    let cases = [
        (edited(&shop, label, json!("other")), "Noop", "other-stack"),
        (
            edited(
                &shop,
                owner,
                json!("v1/elsewhere/velero.io.Schedule/velero/shop"),
            ),
            "Update import",
            "copy",
        ),
        (
            edited(&shop, owner, Json::Null),
            "Update import",
            "damaged-mark",
        ),
    ];
    for (object, action, code) in cases {
        let objects = vec![object];
        let action = action.replace("Noop", "NoOp");
        check(
            &Story {
                resources: vec![shop.clone()],
                objects: objects.clone(),
                ..story()
            },
            &format!("{action} velero_schedule.shop blocked [{code}]"),
        );
        let undeclared = make(&Story {
            objects: objects.clone(),
            ..story()
        })
        .unwrap();
        assert!(
            undeclared.nodes.is_empty() && undeclared.steps.is_empty(),
            "never an orphan: {code}"
        );
        let goal = Goal {
            mode: GoalMode::Destroy,
            target: Vec::new(),
            exclude: Vec::new(),
        };
        let destroyed = make(&Story {
            resources: vec![shop.clone()],
            objects,
            goal,
            ..story()
        })
        .unwrap();
        assert!(destroyed.steps.is_empty(), "never destroyed: {code}");
    }
}

#[test]
fn a_rename_is_an_update_of_the_mark() {
    let old = schedule("shop");
    let mut new = schedule("shop");
    new.address = Address::new("velero_schedule", "store");
    let made = check(
        &Story {
            resources: vec![new],
            objects: vec![applied(&old)],
            ..story()
        },
        "Update velero_schedule.store
         > apply velero_schedule.store#1",
    );
    assert_eq!(made.nodes[0].previous_address, Some(old.address));
}

#[test]
fn orphans_go_users_first_and_never_under_target() {
    let mut shop = schedule("shop");
    shop.body = shop
        .body
        .with(&["storage_location".to_owned()], Expr::Value(json!("main")));
    let objects = vec![applied(&shop), applied(&location("main"))];
    let mut told = Story {
        resources: vec![schedule("wiki")],
        objects,
        ..story()
    };
    check(
        &told,
        "Delete velero_backup_storage_location.main
         Delete velero_schedule.shop
         Create velero_schedule.wiki
         > delete velero_schedule.shop#1
         > delete velero_backup_storage_location.main#1 after velero_schedule.shop#1
         > create velero_schedule.wiki#1",
    );
    told.goal.target = vec![Address::new("velero_schedule", "wiki").into()];
    check(
        &told,
        "Create velero_schedule.wiki
         > create velero_schedule.wiki#1
         ! orphan-left velero_backup_storage_location.main
         ! orphan-left velero_schedule.shop",
    );
    told.goal.target.clear();
    told.unknown = Some(("schedules", FailureClass::Unavailable));
    let made = make(&told).unwrap();
    assert!(
        made.steps
            .iter()
            .all(|step| step.node.kind != "velero_schedule"),
        "an unknown LIST deletes nothing"
    );
}

#[test]
fn one_cluster_under_two_provider_blocks_has_each_object_once() {
    let mut under = schedule("wiki");
    under.provider = Some(aliased("weak"));
    let mut told = story();
    told.also = Some("weak");
    told.resources = vec![schedule("shop"), under.clone()];
    told.objects = vec![applied(&schedule("shop")), applied(&under)];
    check(
        &told,
        "unchanged velero_schedule.shop
         unchanged velero_schedule.wiki",
    );
    told.resources.clear();
    let gone = make(&told).unwrap();
    let names: Vec<String> = gone
        .nodes
        .iter()
        .map(|node| node.address.to_string())
        .collect();
    assert_eq!(names, ["velero_schedule.shop", "velero_schedule.wiki"]);
    // The same object by both blocks: nobody could say which address it has.
    let mut twice = schedule("shop");
    twice.address = Address::new("velero_schedule", "again");
    twice.provider = Some(aliased("weak"));
    told.resources = vec![schedule("shop"), twice];
    let refusal = make(&told).unwrap_err().to_string();
    assert!(
        refusal.starts_with("velero_schedule.again and velero_schedule.shop are both "),
        "{refusal}"
    );
}

#[test]
fn a_provider_without_resources_is_asked_and_missed() {
    let mut configuration = Configuration::default();
    let block = Provider {
        arguments: Expr::Value(json!({})),
        references: BTreeSet::new(),
        span: resource("velero_schedule", json!({})).span,
    };
    configuration.providers.insert(kubernetes(), block);
    assert!(queries::providers_asked(&configuration).contains(&kubernetes()));
    let silent = Story {
        instance: Instance::Unknown {
            reason: "connection refused".to_owned(),
        },
        ..story()
    };
    let unswept = make(&silent).unwrap().unswept;
    assert_eq!(
        (unswept[0].resource.as_str(), unswept[0].reason.as_str()),
        ("everything", "connection refused")
    );
    let narrowed = Story {
        goal: Goal {
            exclude: vec![Address::new("velero_schedule", "shop").into()],
            ..silent.goal.clone()
        },
        ..silent
    };
    assert!(make(&narrowed).unwrap().unswept.is_empty());
}

#[test]
fn adopted_orphans_are_released() {
    let shop = schedule("shop");
    let mut objects = vec![applied(&shop)];
    objects[0].1["metadata"]["labels"]
        .as_object_mut()
        .unwrap()
        .remove(MANAGED_BY_LABEL);
    let made = check(
        &Story { objects, ..story() },
        "Forget velero_schedule.shop
         > release velero_schedule.shop#1",
    );
    let Op::Kube(op) = &made.steps[0].op else {
        panic!("{made:?}")
    };
    assert_eq!(op.verb, KubeVerb::Release);
}

#[test]
fn a_namespace_goes_only_with_a_consent_that_names_its_losses() {
    let shop = namespace("shop");
    let claim = |size: &str| {
        (
            "claim",
            json!({"metadata": {"name": "data", "namespace": "shop"},
            "spec": {"storageClassName": "hcloud-volumes", "resources": {"requests": {"storage": size}}}}),
        )
    };
    let mut told = Story {
        objects: vec![applied(&shop), claim("10Gi")],
        ..story()
    };
    let made = check(&told, "Delete kubernetes_namespace.shop held back");
    let held = &made.held_back[0];
    assert_eq!(
        held.losses,
        ["PersistentVolumeClaim data (10Gi, hcloud-volumes)"]
    );
    told.consents = vec![held.consent.clone().unwrap()];
    check(
        &told,
        "Delete kubernetes_namespace.shop
         > delete kubernetes_namespace.shop#1",
    );
    told.objects[1] = claim("20Gi");
    check(&told, "Delete kubernetes_namespace.shop held back");
    told.unknown = Some(("persistentvolumeclaims", FailureClass::Forbidden));
    check(&told, "Delete kubernetes_namespace.shop blocked [unknown]");
}

#[test]
fn prevent_destroy_holds_back_what_it_uses_too() {
    let mut shop = schedule("shop");
    shop.lifecycle.prevent_destroy = true;
    let resources = vec![shop, namespace("velero"), schedule("wiki")];
    let objects = resources.iter().map(applied).collect();
    let goal = Goal {
        mode: GoalMode::Destroy,
        target: Vec::new(),
        exclude: Vec::new(),
    };
    let made = check(
        &Story {
            resources,
            objects,
            goal,
            ..story()
        },
        "Delete kubernetes_namespace.velero held back
         Delete velero_schedule.shop held back
         Delete velero_schedule.wiki
         > delete velero_schedule.wiki#1",
    );
    assert!(made.applyable);
}

#[test]
fn unknown_is_never_absent() {
    let resources = vec![schedule("shop"), namespace("velero")];
    let told = |class| Story {
        resources: resources.clone(),
        unknown: Some(("schedules", class)),
        ..story()
    };
    for class in [
        FailureClass::Forbidden,
        FailureClass::Unavailable,
        FailureClass::Unreachable,
    ] {
        let made = check(
            &told(class),
            "Create kubernetes_namespace.velero
             NoOp velero_schedule.shop blocked [unknown]
             > create kubernetes_namespace.velero#1",
        );
        assert!(!made.applyable);
    }
    let no_crds = Story {
        resources: resources.clone(),
        not_served: Some("schedules"),
        ..story()
    };
    check(
        &no_crds,
        "Create kubernetes_namespace.velero
         Create velero_schedule.shop blocked [not-served]
         > create kubernetes_namespace.velero#1",
    );
    let silent = Story {
        resources,
        instance: Instance::Unknown {
            reason: "timeout".to_owned(),
        },
        ..story()
    };
    check(
        &silent,
        "NoOp kubernetes_namespace.velero blocked [unknown]
         NoOp velero_schedule.shop blocked [unknown]",
    );
}

#[test]
fn a_blocker_stops_what_needs_it_and_nothing_more() {
    let resources = vec![schedule("shop"), namespace("velero"), namespace("wiki")];
    let objects = vec![by_hand(&resources[1])];
    check(
        &Story {
            resources,
            objects,
            ..story()
        },
        "Update import kubernetes_namespace.velero blocked [needs-adopt]
         Create kubernetes_namespace.wiki
         Create velero_schedule.shop blocked [needs]
         > create kubernetes_namespace.wiki#1",
    );
}

#[test]
fn target_brings_its_needs_and_exclude_takes_dependents() {
    let resources = vec![schedule("shop"), namespace("velero"), namespace("wiki")];
    let mut told = Story {
        resources,
        ..story()
    };
    told.goal.target = vec![Address::new("velero_schedule", "shop").into()];
    check(
        &told,
        "Create kubernetes_namespace.velero
         Create velero_schedule.shop
         > create kubernetes_namespace.velero#1
         > create velero_schedule.shop#1 after kubernetes_namespace.velero#1",
    );
    told.goal.target.clear();
    told.goal.exclude = vec![Address::new("kubernetes_namespace", "velero").into()];
    check(
        &told,
        "Create kubernetes_namespace.wiki
         > create kubernetes_namespace.wiki#1",
    );
}

#[test]
fn another_cluster_is_refused_before_anything_is_planned() {
    let recorded = |uid: &str| Inventory {
        clusters: BTreeMap::from([(kubernetes(), uid.to_owned())]),
        owned: vec![OwnedObject {
            provider: Some(kubernetes()),
            kind: "velero_schedule".to_owned(),
            key: Key::Kube {
                resource: home("velero_schedule"),
                namespace: Some("velero".to_owned()),
                name: "shop".to_owned(),
            },
        }],
        made_clusters: BTreeMap::new(),
    };
    let mut told = Story {
        resources: vec![schedule("shop")],
        inventory: Some(recorded("cluster-0")),
        ..story()
    };
    assert!(matches!(make(&told), Err(Refusal::WrongIdentity(_))), "R21");
    told.identity = Some(UID);
    check(
        &told,
        "Create velero_schedule.shop
         > create velero_schedule.shop#1",
    );
    told.inventory = None;
    told.identity = Some("cluster-0");
    assert!(matches!(make(&told), Err(Refusal::WrongIdentity(_))));
}

#[test]
fn a_cluster_of_the_same_plan_defers_what_is_in_it() {
    let cluster = named(
        "kubernetes_cluster",
        "main",
        json!({"name": "main", "engine": "command", "command": ["make-cluster"], "kubeconfig": "kubeconfig"}),
    );
    let instance = Instance::MadeBy(cluster.address.clone());
    let made = check(
        &Story { resources: vec![cluster, namespace("velero"), schedule("shop")], instance, ..story() },
        "Create kubernetes_cluster.main
         Create kubernetes_namespace.velero deferred
         Create velero_schedule.shop deferred
         > run kubernetes_cluster.main#1
         > create kubernetes_namespace.velero#1 after kubernetes_cluster.main#1
         > create velero_schedule.shop#1 after kubernetes_cluster.main#1, kubernetes_namespace.velero#1",
    );
    assert_eq!(made.steps[1].ground, Ground::AbsentAtFirstTouch);
    let Op::Kube(op) = &made.steps[1].op else {
        panic!("{made:?}")
    };
    assert_eq!(
        op.body.holes().len(),
        2,
        "cluster identity and run are bound at apply"
    );
}

#[test]
fn a_field_of_another_apply_manager_blocks_unless_forced() {
    let shop = schedule("shop");
    let managed = |operation: &str| {
        let mut object = edited(&shop, "/spec/schedule", json!("0 2 * * *"));
        object.1["metadata"]["managedFields"] = json!([{"manager": "argocd", "operation": operation, "fieldsV1": {"f:spec": {"f:schedule": {}}}}]);
        vec![object]
    };
    let mut told = Story {
        resources: vec![shop.clone()],
        objects: managed("Apply"),
        ..story()
    };
    check(
        &told,
        "Update velero_schedule.shop (schedule) blocked [conflict]\n! foreign-owner velero_schedule.shop",
    );
    told.conflicts = Conflicts::Force;
    check(
        &told,
        "Update velero_schedule.shop (schedule)\n> apply velero_schedule.shop#1\n! foreign-owner velero_schedule.shop",
    );
    told.conflicts = Conflicts::Block;
    told.objects = managed("Update");
    let made = check(
        &told,
        "Update velero_schedule.shop (schedule)\n> apply velero_schedule.shop#1",
    );
    assert_eq!(made.nodes[0].fields[0].by.as_ref().unwrap().name, "argocd");
}

#[test]
fn what_the_server_says_to_a_dry_run() {
    let shop = schedule("shop");
    let objects = vec![edited(&shop, "/spec/schedule", json!("0 2 * * *"))];
    let key = kinds::keys(&shop).remove(0);
    let told = |confirmation| Story {
        resources: vec![shop.clone()],
        objects: objects.clone(),
        confirmations: BTreeMap::from([((shop.address.clone(), key.clone()), confirmation)]),
        ..story()
    };
    let planned = "Update velero_schedule.shop (schedule)\n> apply velero_schedule.shop#1";
    check(&told(Confirmation::Confirmed), planned);
    let forbidden = Confirmation::NotConfirmed("403".to_owned());
    check(
        &told(forbidden),
        &format!("{planned}\n! not-confirmed velero_schedule.shop"),
    );
    let refused = Confirmation::Refused("spec.schedule: Invalid".to_owned());
    check(
        &told(refused),
        "Update velero_schedule.shop (schedule) blocked [refused]",
    );
}

#[test]
fn terminating_objects_wait() {
    let shop = schedule("shop");
    let objects = vec![edited(
        &shop,
        "/metadata/deletionTimestamp",
        json!("2026-01-01T00:00:00Z"),
    )];
    check(
        &Story {
            resources: vec![shop],
            objects,
            ..story()
        },
        "NoOp velero_schedule.shop blocked [terminating]",
    );
}

/// A namespace that carries another one's UID in an annotation.
fn made_after(name: &str, other: &str) -> Resource {
    let uid = Expr::Hole(Hole {
        source: HoleSource::Resource {
            address: Address::new("kubernetes_namespace", other),
            attribute: "metadata[0].uid".to_owned(),
        },
        hole_type: HoleType::String,
    });
    let text = Expr::Concat(vec![Expr::Value("after-".into()), uid]);
    let metadata = Expr::Value(json!({"name": name})).with(
        &["annotations".to_owned(), "example.org/after".to_owned()],
        text,
    );
    let mut made = namespace(name);
    made.body = Expr::object(BTreeMap::from([(
        "metadata".to_owned(),
        Expr::list(vec![metadata]),
    )]));
    made.references = BTreeSet::from([Address::new("kubernetes_namespace", other)]);
    made
}

#[test]
fn a_uid_of_what_exists_is_known_at_plan() {
    let (shop, wiki) = (namespace("shop"), made_after("wiki", "shop"));
    let mut told = story();
    told.resources = vec![shop.clone(), wiki.clone()];
    check(
        &told,
        "Create kubernetes_namespace.shop
         Create kubernetes_namespace.wiki
         > create kubernetes_namespace.shop#1
         > create kubernetes_namespace.wiki#1 after kubernetes_namespace.shop#1",
    );
    let mut known = namespace("wiki");
    known.body = Expr::Value(
        json!({"metadata": [{"name": "wiki", "annotations": {"example.org/after": "after-uid-shop"}}]}),
    );
    told.objects = vec![applied(&shop), applied(&known)];
    check(
        &told,
        "unchanged kubernetes_namespace.shop
         unchanged kubernetes_namespace.wiki",
    );
}

/// A Secret that declares `password` by reference, and its object with a value of before.
fn secret(name: &str, holds_key: Json) -> (Resource, (&'static str, Json)) {
    let metadata = json!([{"name": name, "namespace": "shop"}]);
    let body =
        json!({"metadata": metadata, "data": {"password": "of before"}, "holds_key": holds_key});
    let mut declared = named("kubernetes_secret", name, body);
    let live = applied(&declared);
    let path = ["data".to_owned(), "password".to_owned()];
    let password = Expr::Secret(SecretName("password".to_owned()));
    declared.body = declared.body.with(&path, password);
    (declared, live)
}

#[test]
fn secret_values_are_written_only_where_they_were_found_to_differ() {
    let (declared, live) = secret("s", json!(null));
    let key = kinds::find("kubernetes_secret").unwrap().key(&declared);
    let path = JsonPath::dotted("data.password");
    let place = (declared.address.clone(), key.unwrap(), path);
    let check_with = |comparison: Option<Comparison>, expected: &str| {
        let comparisons = comparison.map(|one| (place.clone(), one)).into_iter();
        let made = check(
            &Story {
                resources: vec![declared.clone()],
                objects: vec![live.clone()],
                comparisons: comparisons.collect(),
                ..story()
            },
            expected,
        );
        let text = serde_json::to_string(&made).unwrap();
        assert!(!text.contains("of before"), "{text}");
        assert!(!text.contains("b2YgYmVmb3Jl"), "{text}");
    };
    check_with(Some(Comparison::Same), "unchanged kubernetes_secret.s");
    check_with(
        Some(Comparison::Differs),
        "Update kubernetes_secret.s (data.password)
         > apply kubernetes_secret.s#1",
    );
    let why = "secret password: environment variable P is not set".to_owned();
    check_with(
        Some(Comparison::NotCompared(why)),
        "unchanged kubernetes_secret.s
         ! not-compared kubernetes_secret.s",
    );
    check_with(None, "unchanged kubernetes_secret.s");
}

#[test]
fn a_secret_that_is_not_there_blocks_what_writes_it() {
    let (declared, live) = secret("s", json!(null));
    let unreadable = BTreeMap::from([(SecretName("password".to_owned()), "not set".to_owned())]);
    let blocked = Story {
        resources: vec![declared, namespace("shop")],
        unreadable,
        ..story()
    };
    check(
        &blocked,
        "Create kubernetes_namespace.shop
         Create kubernetes_secret.s blocked [secret]
         > create kubernetes_namespace.shop#1",
    );
    check(
        &Story {
            resources: blocked.resources.into_iter().take(1).collect(),
            objects: vec![live],
            unreadable: blocked.unreadable,
            ..story()
        },
        "unchanged kubernetes_secret.s",
    );
}

#[test]
fn a_key_secret_goes_only_with_consent_and_others_as_they_are() {
    let (_, plain) = secret("plain", json!(null));
    let (key, mut holding) = secret("key", json!(true));
    let orphans = Story {
        objects: vec![plain, holding.clone()],
        inventory: Some(Inventory {
            owned: vec![OwnedObject {
                provider: Some(kubernetes()),
                kind: "kubernetes_secret".to_owned(),
                key: kinds::find("kubernetes_secret").unwrap().key(&key).unwrap(),
            }],
            ..Inventory::default()
        }),
        ..story()
    };
    let made = check(
        &orphans,
        "Delete kubernetes_secret.key held back
         Delete kubernetes_secret.plain
         > delete kubernetes_secret.plain#1",
    );
    assert_eq!(
        made.held_back[0].losses,
        ["key Secret shop/key: what it unlocks cannot be read without it"]
    );
    // Nobody is asked for the right to read Secrets of a namespace where none was ever declared.
    check(
        &Story {
            inventory: None,
            ..orphans
        },
        "",
    );
    // What the resource says about it is noted on the object, also where nothing else changes.
    holding.1["metadata"]["annotations"]["sk-dr.io/holds-data"] = json!("false");
    check(
        &Story {
            resources: vec![key],
            objects: vec![holding],
            ..story()
        },
        "Update kubernetes_secret.key
         > apply kubernetes_secret.key#1",
    );
}

#[test]
fn what_the_server_never_changes_is_a_blocker() {
    let (mut declared, live) = secret("s", json!(null));
    declared.body = declared
        .body
        .with(&["type".to_owned()], Expr::Value(json!("other")));
    check(
        &Story {
            resources: vec![declared],
            objects: vec![live],
            ..story()
        },
        "Update kubernetes_secret.s (type) blocked [immutable]",
    );
}

fn manifest(name: &str, object: Json) -> Resource {
    named("kubernetes_manifest", name, json!({"manifest": object}))
}

fn web(spec: Json) -> Resource {
    let metadata = json!({"name": "web", "namespace": "shop"});
    manifest(
        "web",
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}),
    )
}

/// The CRD of schedules.
fn schedules() -> Resource {
    let names = json!({"kind": "Schedule", "plural": "schedules"});
    let versions = json!([{"name": "v1", "served": true, "storage": true}]);
    let spec =
        json!({"group": "velero.io", "scope": "Namespaced", "names": names, "versions": versions});
    manifest(
        "schedules",
        json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "schedules.velero.io"}, "spec": spec}),
    )
}

#[test]
fn a_type_of_the_same_plan_defers_what_is_of_it() {
    let made = check(
        &Story {
            resources: vec![schedule("shop"), schedules(), namespace("velero")],
            not_served: Some("schedules"),
            ..story()
        },
        "Create kubernetes_manifest.schedules
         Create kubernetes_namespace.velero
         Create velero_schedule.shop deferred
         > create kubernetes_manifest.schedules#1
         > create kubernetes_namespace.velero#1
         > create velero_schedule.shop#1 after kubernetes_manifest.schedules#1, kubernetes_namespace.velero#1",
    );
    let last = made.steps.last().unwrap();
    assert_eq!(last.ground, Ground::AbsentAtFirstTouch);
}

#[test]
fn a_manifest_whose_type_nobody_knows_is_blocked() {
    let widget = manifest(
        "w",
        json!({"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "shop"}}),
    );
    let check_as = |served_as: ServedAs, code: &str| {
        let mut widget = widget.clone();
        widget.served_as = served_as;
        check(
            &Story {
                resources: vec![widget],
                ..story()
            },
            &format!("NoOp kubernetes_manifest.w blocked [{code}]"),
        );
    };
    check_as(
        ServedAs::Nothing("example.org/v1 Widget".to_owned()),
        "not-served",
    );
    check_as(ServedAs::Unknown("503".to_owned()), "unknown");
    check_as(ServedAs::Unasked, "type-unknown");
    let cluster_wide = KubeResource {
        group: "example.org".to_owned(),
        version: "v1".to_owned(),
        plural: "widgets".to_owned(),
        kind: "Widget".to_owned(),
        namespaced: false,
    };
    check_as(ServedAs::Type(cluster_wide), "namespace");
}

#[test]
fn a_list_is_written_whole_before_the_rest() {
    let (_, mut live) = applied(&web(
        json!({"replicas": 1, "ports": [{"port": 1}, {"port": 2}]}),
    ));
    live["spec"]["ports"][0]["protocol"] = json!("TCP");
    let declared = web(json!({"replicas": 2, "ports": [{"port": 1}]}));
    let made = check(
        &Story {
            resources: vec![declared],
            objects: vec![("deployment", live)],
            ..story()
        },
        "Update kubernetes_manifest.web (manifest.spec.ports, manifest.spec.replicas)
         > remove kubernetes_manifest.web#1
         > apply kubernetes_manifest.web#2 after kubernetes_manifest.web#1",
    );
    let Op::Kube(first) = &made.steps[0].op else {
        panic!("a write to the API");
    };
    let list = Expr::Value(json!({"spec": {"ports": [{"port": 1}]}}));
    assert_eq!(first.body, list);
    let Op::Kube(second) = &made.steps[1].op else {
        panic!("a write to the API");
    };
    assert_eq!(second.takes[0], JsonPath::dotted("spec.replicas"));
}

#[test]
fn orphans_of_any_type_are_found_by_the_record() {
    let declared = web(json!({"replicas": 1}));
    let (_, live) = applied(&declared);
    let key = kinds::find("kubernetes_manifest")
        .unwrap()
        .key(&declared)
        .unwrap();
    let older = match &key {
        Key::Kube {
            resource,
            namespace,
            name,
        } => Key::Kube {
            resource: KubeResource {
                version: "v1beta1".to_owned(),
                ..resource.clone()
            },
            namespace: namespace.clone(),
            name: name.clone(),
        },
        Key::Cluster { .. } | Key::Composite { .. } => panic!("an object of the API"),
    };
    let owned = |key: &Key| OwnedObject {
        provider: Some(kubernetes()),
        kind: "kubernetes_manifest".to_owned(),
        key: key.clone(),
    };
    let with = |resources: Vec<Resource>, key: &Key| Story {
        resources,
        objects: vec![("deployment", live.clone())],
        inventory: Some(Inventory {
            owned: vec![owned(key)],
            ..Inventory::default()
        }),
        ..story()
    };
    check(
        &with(Vec::new(), &key),
        "Delete kubernetes_manifest.web
         > delete kubernetes_manifest.web#1",
    );
    // What the record knows in another version of its type is the same object, and no orphan.
    check(
        &with(vec![declared], &older),
        "unchanged kubernetes_manifest.web",
    );
}
