//! From a configuration to a plan: asks what a plan needs answered, in the order in which answers lead to questions.
//! The one place where asking and planning meet; must not print.

mod stores;

use crate::check;
use crate::goal::{Goal, GoalMode};
use crate::kinds::{self, Loss};
use crate::model::address::{Address, Target};
use crate::model::expression::{Bindings, Expr, HoleSource};
use crate::model::identity::{Instance, Key, ProviderRef};
use crate::model::inventory::Inventory;
use crate::model::resource::{Configuration, IgnoreChanges, Resource};
use crate::model::secret::SecretName;
use crate::plan::document::{Action, Node, Plan, ReplaceOrder, Step};
use crate::plan::found::Objects;
use crate::plan::input::{
    Confirmation, Confirmations, Conflicts, FoundProvider, Guards, Input, Recovering,
};
use crate::plan::secrets::{Comparison, Comparisons};
use crate::plan::{
    self, Refusal, bound, collection, guards, ignored, queries, recovery, secrets, types,
};
use crate::world::op::{KubeVerb, Op};
use crate::world::query::{Answer, DryRun, Fact, FailureClass, Live, Query, Why};
use crate::world::{Bound, World};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Whether updates are shown to the server as a dry-run, which needs write rights (R36).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirm {
    /// `plan`, `apply`, `destroy`.
    ByDryRun,
    /// `drift`: no write request of any kind.
    Never,
}

/// What is to be planned.
#[derive(Clone)]
pub struct Request<'a> {
    /// What is declared.
    pub configuration: &'a Configuration,
    /// For what.
    pub goal: &'a Goal,
    /// Evidence of earlier runs.
    pub inventory: Option<&'a Inventory>,
    /// `-adopt`.
    pub adopt: &'a [Target],
    /// `-consent`.
    pub consents: &'a [String],
    /// `-force-conflicts`.
    pub conflicts: Conflicts,
    /// Dry-runs or not.
    pub confirm: Confirm,
    /// The question what backups are there, for each location whose bucket can be asked.
    pub buckets: &'a BTreeMap<Address, Query>,
    /// The recovery with its points, where the goal is one.
    pub recovery: Option<&'a Recovering>,
    /// Now.
    pub made_at: Timestamp,
}

/// Asks and plans.
///
/// # Errors
/// Where nothing may be planned at all.
pub async fn make(world: &World, request: &Request<'_>) -> Result<Plan, Refusal> {
    let mut live = world.answer_all(cluster_queries(request)).await;
    let mut providers = find_providers(world, request, &live).await;
    providers.extend(stores::of_points(world, request).await);
    let types = types::questions(request.configuration, &providers);
    live.answers.extend(world.answer_all(types).await.answers);
    let typed = types::configuration(request.configuration, &live);
    let request = &Request {
        configuration: &typed,
        ..request.clone()
    };
    let lists = queries::lists(request.configuration, &providers, request.inventory);
    live.answers.extend(world.answer_all(lists).await.answers);
    let bound = bound::configuration(request.configuration, &live);
    let request = &Request {
        configuration: &bound,
        ..request.clone()
    };
    let mut seen = Seen {
        providers,
        comparisons: compare(world, request, &live).await,
        unreadable: unreadable(world, request.configuration),
        guards: Guards::Unasked,
        confirmations: Confirmations::new(),
    };
    let mut plan = plan_with(request, &live, &seen)?;

    let losses = loss_queries(&plan, &live);
    if !losses.is_empty() {
        live.answers.extend(world.answer_all(losses).await.answers);
        plan = plan_with(request, &live, &seen)?;
    }
    let buckets = stores::look_into(world, request, &plan).await;
    if !buckets.is_empty() {
        live.answers.extend(buckets);
        plan = plan_with(request, &live, &seen)?;
    }
    if request.confirm == Confirm::ByDryRun {
        let questions = guards::questions(&plan.steps);
        seen.guards = Guards::Asked;
        if !questions.is_empty() {
            live.answers
                .extend(world.answer_all(questions).await.answers);
            plan = plan_with(request, &live, &seen)?;
        }
        seen.confirmations = confirm(world, request, &plan).await;
        if !seen.confirmations.is_empty() {
            plan = plan_with(request, &live, &seen)?;
        }
    }
    Ok(plan)
}

/// What was found out beside the answers to queries.
struct Seen {
    providers: BTreeMap<ProviderRef, FoundProvider>,
    comparisons: Comparisons,
    unreadable: BTreeMap<SecretName, String>,
    guards: Guards,
    confirmations: Confirmations,
}

/// Holds declared secrets against live values: the one place that has both.
async fn compare(world: &World, request: &Request<'_>, live: &Live) -> Comparisons {
    let mut comparisons = Comparisons::new();
    for question in secrets::questions(request.configuration, live) {
        let came_of_it = match world.is_value(&question.declared, &question.live).await {
            Ok(true) => Comparison::Same,
            Ok(false) => Comparison::Differs,
            Err(why) => Comparison::NotCompared(why.message),
        };
        comparisons.insert((question.address, question.key, question.place), came_of_it);
    }
    comparisons
}

/// Secrets of resources that are not where they should be. No program is run for it.
fn unreadable(world: &World, configuration: &Configuration) -> BTreeMap<SecretName, String> {
    let bodies = configuration.resources.iter().map(|one| &one.body);
    let names: BTreeSet<&SecretName> = bodies.flat_map(|body| body.secrets()).collect();
    names
        .into_iter()
        .filter_map(|name| Some((name.clone(), world.check_secret(name).err()?.message)))
        .collect()
}

fn plan_with(request: &Request<'_>, live: &Live, seen: &Seen) -> Result<Plan, Refusal> {
    let first = request
        .recovery
        .map(|recovering| recovery::first::configuration(request.configuration, recovering));
    let input = Input {
        configuration: first.as_ref().unwrap_or(request.configuration),
        declared: request.configuration,
        goal: request.goal,
        live,
        providers: &seen.providers,
        inventory: request.inventory,
        adopt: request.adopt,
        consents: request.consents,
        conflicts: request.conflicts,
        confirmations: &seen.confirmations,
        comparisons: &seen.comparisons,
        unreadable: &seen.unreadable,
        guards: seen.guards,
        buckets: request.buckets,
        recovery: request.recovery,
        made_at: request.made_at,
    };
    let decided = plan::decide(&input)?;
    let found = check::findings(&decided);
    decided.seal(found)
}

fn clusters<'a>(request: &Request<'a>) -> impl Iterator<Item = &'a Resource> {
    request.configuration.resources.iter().filter(|resource| {
        kinds::find(&resource.address.kind).is_some_and(|kind| kind.home() == kinds::Home::Command)
    })
}

fn cluster_queries(request: &Request<'_>) -> Vec<Query> {
    clusters(request)
        .filter_map(queries::cluster_query)
        .collect()
}

async fn find_providers(
    world: &World,
    request: &Request<'_>,
    live: &Live,
) -> BTreeMap<ProviderRef, FoundProvider> {
    let mut found = BTreeMap::new();
    for provider in queries::providers_asked(request.configuration) {
        let lost = request.goal.recovery.as_ref();
        if let Some(identity) = lost.and_then(|recovery| recovery.lost.get(&provider)) {
            found.insert(
                provider.clone(),
                lost_provider(request, live, &provider, identity),
            );
            continue;
        }
        let one = match behind(request, live, &provider) {
            Behind::Nothing => connect(world, request, &provider).await,
            Behind::Absent(cluster) => FoundProvider {
                title: format!("{cluster}, to be made"),
                instance: Instance::MadeBy(cluster),
                failure: None,
            },
            Behind::Unknown(why) => unreached("", why),
        };
        found.insert(provider, one);
    }
    found
}

/// A provider that is lost by declaration: it is not connected, and nothing is asked of it (R1).
fn lost_provider(
    request: &Request<'_>,
    live: &Live,
    provider: &ProviderRef,
    identity: &Option<String>,
) -> FoundProvider {
    let recorded = || plan::recorded_identity(request.configuration, request.inventory, provider);
    FoundProvider {
        title: "lost".to_owned(),
        instance: Instance::Lost {
            identity: identity.clone().or_else(recorded),
            replacement: match behind(request, live, provider) {
                Behind::Absent(cluster) => Some(cluster),
                Behind::Nothing | Behind::Unknown(_) => None,
            },
        },
        failure: None,
    }
}

/// The cluster of the same plan that a provider stands on.
enum Behind {
    /// None, or one that answers.
    Nothing,
    /// It does not exist yet.
    Absent(Address),
    /// It cannot be told.
    Unknown(Why),
}

fn behind(request: &Request<'_>, live: &Live, provider: &ProviderRef) -> Behind {
    for address in queries::clusters_behind(request.configuration, provider) {
        let Some(resource) = clusters(request).find(|resource| resource.address == address) else {
            continue;
        };
        let query = queries::cluster_query(resource);
        match query.and_then(|query| live.answer(&query)) {
            Some(Answer::Present(_)) => {}
            Some(Answer::Absent | Answer::NotServed) => return Behind::Absent(address),
            Some(Answer::Unknown(why)) => {
                return Behind::Unknown(Why {
                    message: format!("{address}: {}", why.message),
                    ..why.clone()
                });
            }
            None => return Behind::Unknown(nonsense(&format!("{address} was not asked"))),
        }
    }
    Behind::Nothing
}

async fn connect(world: &World, request: &Request<'_>, provider: &ProviderRef) -> FoundProvider {
    let Some(block) = request.configuration.providers.get(provider) else {
        return unreached(
            "",
            nonsense(&format!("there is no provider block {provider}")),
        );
    };
    reach(world, provider, &block.arguments).await
}

/// Connects a provider and asks which cluster answers.
pub(crate) async fn reach(
    world: &World,
    provider: &ProviderRef,
    arguments: &Expr,
) -> FoundProvider {
    let title = match world.connect(provider, arguments, &Bindings::new()).await {
        Ok(title) => title,
        Err(why) => return unreached("", why),
    };
    match world
        .answer(&Query::Identity {
            provider: provider.clone(),
        })
        .await
    {
        Answer::Present(Fact::Object(namespace)) => match namespace["metadata"]["uid"].as_str() {
            Some(uid) => FoundProvider {
                instance: Instance::Known {
                    kube_system_uid: uid.to_owned(),
                },
                title,
                failure: None,
            },
            None => unreached(&title, nonsense("kube-system has no UID")),
        },
        Answer::Unknown(why) => unreached(&title, why),
        Answer::Present(Fact::List(_) | Fact::Blobs(_) | Fact::Bytes(_))
        | Answer::Absent
        | Answer::NotServed => unreached(
            &title,
            nonsense(
                "there is no namespace kube-system, so it cannot be told which cluster this is",
            ),
        ),
    }
}

fn unreached(title: &str, why: Why) -> FoundProvider {
    FoundProvider {
        title: title.to_owned(),
        instance: Instance::Unknown {
            reason: why.message,
        },
        failure: Some(why.class),
    }
}

fn nonsense(message: &str) -> Why {
    Why {
        class: FailureClass::Malformed,
        message: message.to_owned(),
    }
}

fn loss_queries(plan: &Plan, live: &Live) -> Vec<Query> {
    let alone = plan
        .nodes
        .iter()
        .map(|node| (node, &node.kind, &node.key, node.action));
    let parts = plan.nodes.iter().flat_map(|node| {
        node.parts
            .iter()
            .map(move |part| (node, &part.kind, &part.key, part.action))
    });
    let collected = plan.nodes.iter().filter_map(collection::question);
    let mut queries: Vec<Query> = collected.collect();
    let mut objects = None;
    for (node, kind, key, _) in alone
        .chain(parts)
        .filter(|(_, _, _, action)| *action == Action::Delete)
    {
        let (Some(kind), Some(provider)) = (kinds::find(kind), &node.provider) else {
            continue;
        };
        let Key::Kube {
            namespace, name, ..
        } = key
        else {
            continue;
        };
        let objects = objects.get_or_insert_with(|| Objects::of(live));
        let Some(object) = objects.present(provider, key) else {
            continue;
        };
        let users = kind.users().into_iter();
        let of_users = users.map(|type_| queries::list_for(provider, &type_, namespace.as_deref()));
        queries.extend(of_users);
        match kind.loss(key, object) {
            Loss::Nothing | Loss::Itself(_) => {}
            Loss::Namespace => queries.extend(queries::loss_queries(provider, name)),
            Loss::Objects(type_) => queries.push(queries::list_for(provider, &type_, None)),
        }
    }
    queries
}

/// Shows each update to the server. A dry-run of something in a namespace that does not exist answers 404 and is
/// skipped; 403 means "not confirmed", never unknown (R36).
async fn confirm(world: &World, request: &Request<'_>, plan: &Plan) -> Confirmations {
    let mut confirmations = Confirmations::new();
    if request.goal.mode == GoalMode::Recover {
        // Nothing is asked of what is lost (R1).
        return confirmations;
    }
    for step in plan.steps.iter().filter(|step| is_apply(step)) {
        let declared = &request.configuration.resources;
        let found = declared.binary_search_by(|resource| resource.address.cmp(&step.node));
        let resource = found.ok().and_then(|at| declared.get(at));
        let (Some(resource), Some(key)) = (resource, step.op.key()) else {
            continue;
        };
        let parts = kinds::parts(resource);
        // What a part should be where something is ignored is known only with what is live.
        let is_shown =
            parts.len() == 1 || resource.lifecycle.ignore_changes == IgnoreChanges::Nothing;
        let part = parts
            .iter()
            .find(|part| is_shown && part.kind.key(&part.resource).as_ref() == Some(&key));
        let Some(part) = part else { continue };
        if let Some(confirmation) = confirm_one(world, part, step).await {
            confirmations.insert((step.node.clone(), key), confirmation);
        }
    }
    // What takes the place of something that goes first is shown to the server before that goes (R29).
    for node in plan.nodes.iter().filter(|node| removes_first(node)) {
        let mut own = plan.steps.iter().filter(|step| step.node == node.address);
        if let Some(step) = own.find(|step| node.doing(step) == Action::Create) {
            let confirmation = confirm_new(world, step).await;
            confirmations.insert((node.address.clone(), node.key.clone()), confirmation);
        }
    }
    confirmations
}

fn removes_first(node: &Node) -> bool {
    let former = node.former.as_ref();
    former.is_some_and(|former| former.order == ReplaceOrder::RemoveFirst)
}

async fn confirm_new(world: &World, step: &Step) -> Confirmation {
    // The run that will make it has no id yet.
    let bound = Bound {
        bindings: Bindings::from([(HoleSource::Run, "plan".into())]),
        ..Bound::default()
    };
    match world.dry_run(&step.op, &bound).await {
        DryRun::Object { .. } => Confirmation::Confirmed,
        DryRun::Forbidden(why) | DryRun::Skipped(why) | DryRun::Unknown(why) => {
            Confirmation::NotConfirmed(why.message)
        }
        DryRun::Refused(why) => Confirmation::Refused(why.message),
    }
}

fn is_apply(step: &Step) -> bool {
    match &step.op {
        Op::Kube(op) => op.verb == KubeVerb::Apply,
        Op::Local(_) | Op::Await(_) => false,
    }
}

async fn confirm_one(world: &World, part: &kinds::Part<'_>, step: &Step) -> Option<Confirmation> {
    let resource = &part.resource;
    // Without a read it rehearses the change itself; whether the ground still stands is apply's question.
    Some(match world.dry_run(&step.op, &Bound::default()).await {
        DryRun::Object {
            object,
            conflicts: _,
        } => {
            // What a merge patch removes is still there: only what the apply writes can be confirmed. Ignored fields
            // were sent with their live value.
            let written = |one: &kinds::Difference| {
                let ignored = ignored::is_ignored(part.kind, resource, &one.attribute);
                // A value made of a secret was held against the live one, and is not told to anybody else.
                let readable = one
                    .write
                    .as_ref()
                    .is_some_and(|write| write.secrets().is_empty());
                readable && !ignored
            };
            let left = part
                .kind
                .differences(resource, &object)
                .into_iter()
                .filter(written);
            let changed: Vec<String> = left
                .map(|difference| difference.attribute.join("."))
                .collect();
            if changed.is_empty() {
                Confirmation::Confirmed
            } else {
                Confirmation::Changed(changed)
            }
        }
        DryRun::Forbidden(why) | DryRun::Skipped(why) | DryRun::Unknown(why) => {
            Confirmation::NotConfirmed(why.message)
        }
        DryRun::Refused(why) => Confirmation::Refused(why.message),
    })
}
