//! Cases of planning: declared resources and live objects in, one line for each thing the plan says out.

mod full_bucket;
mod manifests;
mod ownership;
mod readiness;
mod rebuild;
mod recovery;
mod replacement;
mod scope;
mod secrets;
mod sense;
mod server;
mod shared;
mod unguarded;
mod whole;
mod writes;

use super::document::{Finding, Node, NodeState, Plan};
use super::input::{
    Confirmation, Confirmations, Conflicts, FoundProvider, Guards, Input, Recovering,
};
use super::readiness::NOT_READY;
use super::secrets::{Comparison, Comparisons};
use super::{Refusal, bound, decide, guards, queries};
use crate::check;
use crate::goal::{Goal, GoalMode};
use crate::kinds::testing::resource;
use crate::kinds::{self, Home, Kind};
use crate::model::address::{Address, Target};
use crate::model::expression::{Expr, Hole, HoleSource, HoleType};
use crate::model::identity::{
    Instance, Key, KubeResource, MarkPlace, ProviderRef, address_label, owner_label, owner_mark,
    owner_mark_suffix,
};
use crate::model::identity::{MANAGED_BY, MANAGED_BY_LABEL};
use crate::model::inventory::{Inventory, OwnedObject};
use crate::model::json_path::JsonPath;
use crate::model::resource::{Configuration, IgnoreChanges, Move, Provider, Resource, ServedAs};
use crate::model::secret::SecretName;
use crate::world::op::{Ground, KubeVerb, Op};
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
    /// What cannot be listed: a type, or [`ELSEWHERE`].
    unknown: Option<(&'static str, FailureClass)>,
    not_served: Option<&'static str>,
    moves: Vec<Move>,
    recovering: Option<Recovering>,
    /// The question what backups are there, for each location that can be asked, and the answer.
    buckets: BTreeMap<Address, Query>,
    in_buckets: Option<Answer>,
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
            recovery: None,
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
        moves: Vec::new(),
        recovering: None,
        buckets: BTreeMap::new(),
        in_buckets: None,
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
    object["metadata"]["uid"] = json!(format!("uid-{name}"));
    object["metadata"]["resourceVersion"] = json!("7");
    object["metadata"]["labels"]["sk-dr.io/stack"] = json!("acme");
    object["metadata"]["labels"]["sk-dr.io/address"] = json!(address_label(&declared.address));
    object["metadata"]["labels"][MANAGED_BY_LABEL] = json!(MANAGED_BY);
    match type_.mark_place() {
        MarkPlace::Annotations => {
            let mark = owner_mark(UID, &type_, namespace.as_deref(), &name);
            object["metadata"]["annotations"]["sk-dr.io/owner"] = json!(mark);
        }
        MarkPlace::Labels => {
            let suffix = owner_mark_suffix(&type_, namespace.as_deref(), &name);
            object["metadata"]["labels"]["sk-dr.io/owner"] = json!(owner_label(UID, &suffix));
        }
    }
    object["metadata"]["managedFields"] = json!([written_by("sk-dr", "Update")]);
    for (place, value) in kind.records(declared) {
        place.set(&mut object, value);
    }
    (kind.schema().kind, object)
}

/// The entry of whoever wrote the mark.
fn written_by(manager: &str, operation: &str) -> Json {
    json!({"manager": manager, "operation": operation, "fieldsV1": {"f:metadata": {"f:labels": {"f:sk-dr.io/owner": {}}, "f:annotations": {"f:sk-dr.io/owner": {}}}}})
}

/// The same without any mark.
fn by_hand(declared: &Resource) -> (&'static str, Json) {
    let (kind, mut object) = applied(declared);
    for map in ["labels", "annotations", "managedFields"] {
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
    configuration.moves = story.moves.clone();
    configuration.providers.insert(
        kubernetes(),
        Provider {
            arguments: Expr::Value(arguments),
            references: cluster_reference(story),
            spans: BTreeMap::new(),
            span: story
                .resources
                .first()
                .map_or(resource("velero_schedule", json!({})).span, |one| one.span),
        },
    );
    let providers = found(story, &mut configuration);
    let live = live(story, &configuration, &providers);
    let configuration = bound::configuration(&configuration, &live);
    let recovering = story.recovering.as_ref();
    let first = match recovering {
        Some(recovering) => super::recovery::first::configuration(&configuration, recovering),
        None => configuration.clone().into_owned(),
    };
    let input = |live, guards| Input {
        guards,
        configuration: &first,
        declared: &configuration,
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
        buckets: &story.buckets,
        recovery: recovering,
        made_at: jiff::Timestamp::UNIX_EPOCH,
    };
    let first = plan(&input(&live, Guards::Unasked))?;
    let mut guarded = live.clone();
    for query in guards::questions(&first.steps) {
        let answer = answer(story, &query);
        guarded.answers.insert(query, answer);
    }
    let made = plan(&input(&guarded, Guards::Asked))?;
    // Whatever is planned makes sense to whoever reads it.
    super::sense::check(&made).unwrap();
    Ok(made)
}

/// The providers as they were found, with the stores of a recovery.
fn found(story: &Story, configuration: &mut Configuration) -> BTreeMap<ProviderRef, FoundProvider> {
    let found = FoundProvider {
        instance: story.instance.clone(),
        title: "context acme".to_owned(),
        failure: None,
    };
    let mut providers = BTreeMap::from([(kubernetes(), found.clone())]);
    let pins = story
        .recovering
        .iter()
        .flat_map(|recovering| &recovering.pins);
    providers.extend(pins.map(|pin| {
        let store = FoundProvider {
            instance: Instance::Store,
            ..found.clone()
        };
        (pin.store.clone(), store)
    }));
    if let Some(also) = story.also.map(aliased) {
        let block = configuration.providers[&kubernetes()].clone();
        configuration.providers.insert(also.clone(), block);
        providers.insert(also, found);
    }
    providers
}

fn plan(input: &Input<'_>) -> Result<Plan, Refusal> {
    let decided = decide(input)?;
    let found = check::findings(&decided);
    decided.seal(found)
}

/// LISTs of what goes with the types that are defined.
fn defined(story: &Story) -> Vec<Query> {
    let definitions = story.objects.iter().map(|(_, object)| object);
    let definitions = definitions.filter(|object| object["kind"] == "CustomResourceDefinition");
    let list = |definition: &Json| {
        let text = |pointer| {
            definition
                .pointer(pointer)
                .unwrap()
                .as_str()
                .unwrap()
                .to_owned()
        };
        let type_ = KubeResource {
            group: text("/spec/group").into(),
            version: "v1".into(),
            plural: text("/spec/names/plural").into(),
            kind: text("/spec/names/kind").into(),
            namespaced: true,
        };
        queries::list_for(&kubernetes(), &type_, None)
    };
    definitions.map(list).collect()
}

/// Every answer but those to guards.
fn live(
    story: &Story,
    configuration: &Configuration,
    providers: &BTreeMap<ProviderRef, FoundProvider>,
) -> Live {
    let mut asked = queries::lists(configuration, providers, story.inventory.as_ref());
    for (_, object) in &story.objects {
        asked.extend(queries::loss_queries(
            &kubernetes(),
            object["metadata"]["name"].as_str().unwrap(),
        ));
    }
    asked.extend(defined(story));
    if story.objects.iter().any(|(kind, _)| *kind == "run") {
        let backups = super::recovery::objects::BACKUPS;
        asked.push(queries::list_for(&kubernetes(), &backups, Some("velero")));
    }
    let answers = asked.into_iter().map(|query| {
        let answer = answer(story, &query);
        (query, answer)
    });
    let mut live = Live {
        answers: answers.collect(),
    };
    for query in story.buckets.values() {
        let answer = story
            .in_buckets
            .clone()
            .map(|answer| (query.clone(), answer));
        live.answers.extend(answer);
    }
    for one in &story.resources {
        if let Some(query) = queries::cluster_query(one) {
            live.answers.insert(query, Answer::Absent);
        }
    }
    live
}

fn cluster_reference(story: &Story) -> BTreeSet<Address> {
    match &story.instance {
        Instance::MadeBy(address) => BTreeSet::from([address.clone()]),
        Instance::Known { .. }
        | Instance::Lost { .. }
        | Instance::Store
        | Instance::Unknown { .. } => BTreeSet::new(),
    }
}

fn answer(story: &Story, query: &Query) -> Answer {
    let (resource, namespace, wanted) = match query {
        Query::List {
            resource,
            namespace,
            ..
        } => (resource, namespace, None),
        Query::Marked {
            resource, except, ..
        } => return elsewhere(story, resource, except),
        Query::Get {
            resource,
            namespace,
            name,
            ..
        } => (resource, namespace, Some(name)),
        Query::Identity { .. }
        | Query::Types { .. }
        | Query::Blobs { .. }
        | Query::Blob { .. }
        | Query::Cluster { .. } => {
            return Answer::Absent;
        }
    };
    if story.not_served == Some(resource.plural.as_ref()) {
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
            object["kind"] == resource.kind.as_ref()
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

/// Every type in namespaces that nothing names.
const ELSEWHERE: &str = "elsewhere";

/// What has the mark of the stack in any other namespace.
fn elsewhere(story: &Story, resource: &KubeResource, except: &[String]) -> Answer {
    if let Some((_, class)) = story
        .unknown
        .filter(|(what, _)| *what == resource.plural || *what == ELSEWHERE)
    {
        return Answer::Unknown(Why {
            class,
            message: format!("{} said no elsewhere", resource.title()),
        });
    }
    let is_there = |(kind, object): &&(&'static str, Json)| {
        let namespace = object["metadata"]["namespace"].as_str();
        home_is(kind, resource)
            && object["metadata"]["labels"]["sk-dr.io/stack"] == "acme"
            && namespace.is_some_and(|namespace| !except.iter().any(|one| one == namespace))
    };
    let objects = story.objects.iter().filter(is_there);
    Answer::Present(Fact::List(
        objects.map(|(_, object)| object.clone()).collect(),
    ))
}

fn home_is(kind: &str, resource: &KubeResource) -> bool {
    kinds::find(kind).is_some_and(|kind| kind.home() == Home::Kube(resource.clone()))
}

fn state(node: &Node) -> String {
    let codes: Vec<&str> = node.blockers.iter().map(|one| one.code.as_str()).collect();
    match node.state {
        NodeState::Planned => String::new(),
        NodeState::Blocked => format!(" blocked [{}]", codes.join(", ")),
        NodeState::HeldBack => " held back".to_owned(),
        NodeState::Deferred => " deferred".to_owned(),
    }
}

/// The plan in lines: nodes, then steps with what they wait for.
fn lines(plan: &Plan) -> String {
    let mut said = Vec::new();
    for node in &plan.nodes {
        let state = state(node);
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
            Op::Await(_) => "await".to_owned(),
        };
        let after: Vec<&str> = step.after.iter().map(|id| id.0.as_str()).collect();
        let after = if after.is_empty() {
            String::new()
        } else {
            format!(" after {}", after.join(", "))
        };
        said.push(format!("> {verb} {}{after}", step.id));
    }
    // What most of these stories would say has its own in `unguarded` and `readiness`: the objects here have no status.
    let told =
        |finding: &&Finding| finding.code != "cluster-not-confirmed" && finding.code != NOT_READY;
    said.extend(plan.findings.iter().filter(told).map(|finding| {
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
