//! From what is desired and what is live to a plan: complete data, of which apply decides nothing.
//! Pure and synchronous. Must not know clients, files or the terminal.

pub mod bound;
mod checks;
mod cluster;
pub mod collection;
mod confirmations;
pub mod decided;
mod decision;
pub mod declared;
pub mod document;
pub mod drift;
pub mod event;
mod former;
pub mod found;
pub mod full_bucket;
pub mod guards;
pub mod ignored;
mod imports;
pub mod input;
pub mod leaving;
pub mod losses;
pub mod managers;
pub mod marks;
pub mod order;
pub mod orphans;
pub mod ownership;
pub mod pinning;
pub mod queries;
pub mod readiness;
pub mod recovery;
mod refusal;
mod removal;
mod replacement;
pub mod secrets;
pub mod sense;
pub mod steps;
pub mod types;
mod unguarded;
mod unmanaged;
mod unswept;
mod whole;

#[cfg(test)]
mod tests;

use crate::goal::graph::Graph;
use crate::goal::scope;
use crate::kinds;
use crate::model::address::Address;
use crate::model::identity::{Instance, Key, ProviderRef};
use decided::Decided;
use decision::{Outcome, Resolution, blocker};
use declared::Context;
use document::{Finding, FindingSeverity, HeldBack, Node, NodeState, Step};
use found::Objects;
use input::Input;
pub use queries::{declared_identity, recorded_identity};
use readiness::Unready;
pub use refusal::{Refusal, WrongIdentity};
use std::collections::{BTreeMap, BTreeSet};
use whole::Wholes;

/// Decides what is to be done, and in which order. What lints find in it is put in when it is [sealed](Decided::seal).
///
/// # Errors
/// Where nothing may be planned at all; what stops single objects is a blocker in the plan.
pub fn decide<'a>(input: &'a Input<'a>) -> Result<Decided<'a>, Refusal> {
    check_identities(input)?;
    check_objects(input)?;
    let graph = Graph::of(input.configuration);
    let scope = scope::in_scope(input.configuration, &graph, input.goal);
    let objects = Objects::of(input.live);
    let wholes = Wholes::of(input, &objects);
    let definitions = types::Definitions::of(input.configuration);
    let imported = imports::named(input.configuration);
    let context = Context {
        input,
        imported: &imported,
        objects: &objects,
        wholes: &wholes,
        definitions: &definitions,
    };
    let Gathered {
        resolutions,
        unchanged,
        findings,
        unready,
    } = gather(&context, &graph, &scope);
    let (mut steps, own) = steps(input, &resolutions, &graph).map_err(|circle| {
        let names: Vec<String> = circle.0.iter().map(Address::to_string).collect();
        Refusal::Circle(names.join(" -> "))
    })?;
    readiness::gate(&mut steps, &unready, &graph);
    let decided = resolutions.into_iter().map(|one| (one.node, one.held_back));
    let (mut nodes, held_back): (Vec<Node>, Vec<Vec<HeldBack>>) = decided.unzip();
    nodes.extend(own);
    nodes.sort_by(|a, b| a.address.cmp(&b.address));
    Ok(Decided {
        input,
        objects,
        scope,
        nodes,
        steps,
        held_back: held_back.concat(),
        unchanged,
        findings,
        unready,
    })
}

/// The steps in their order, and the node of a recovery's own.
fn steps(
    input: &Input<'_>,
    resolutions: &[Resolution<'_>],
    graph: &Graph,
) -> Result<(Vec<Step>, Option<Node>), order::Circle> {
    match input.recovery {
        None => Ok((order::ordered(planned(input, resolutions), graph)?, None)),
        Some(recovering) => {
            let rebuild = recovery::Rebuild {
                input,
                recovering,
                resolutions,
                graph,
            };
            let rebuilt = rebuild.steps()?;
            Ok((rebuilt.steps, Some(rebuilt.node)))
        }
    }
}

/// What each object is resolved to, and how one resolution bears on the others.
fn gather<'a>(context: &Context<'a>, graph: &Graph, scope: &BTreeSet<Address>) -> Gathered<'a> {
    let input = context.input;
    let mut gathered = decide_all(context, scope);
    let swept = orphans::sweep(context, &queries::declared_keys(input.configuration), scope);
    gathered.resolutions.extend(swept.resolutions);
    gathered.findings.extend(swept.findings);
    let resolutions = &mut gathered.resolutions;
    resolutions.sort_by(|a, b| a.node.address.cmp(&b.node.address));
    secrets::block_unreadable(resolutions, input.configuration, input.unreadable);
    gathered
        .findings
        .extend(imports::findings(input, resolutions));
    // What is held back writes nothing, and nobody asks what would guard it.
    collection::hold(resolutions, input);
    guards::block(resolutions, input);
    recovery::block(resolutions, input);
    full_bucket::block(resolutions, input);
    spread_blocks(resolutions, graph);
    replacement::hold(context, resolutions);
    spread_held_back(resolutions);
    replacement::join(context, resolutions);
    spread_blocks(resolutions, graph);
    gathered
}

/// Resolutions and what is said beside them.
#[derive(Default)]
struct Gathered<'a> {
    resolutions: Vec<Resolution<'a>>,
    unchanged: Vec<Address>,
    findings: Vec<Finding>,
    unready: Vec<Unready>,
}

fn decide_all<'a>(context: &Context<'a>, scope: &BTreeSet<Address>) -> Gathered<'a> {
    let mut gathered = Gathered::default();
    for resource in &context.input.configuration.resources {
        if !scope.contains(&resource.address) {
            continue;
        }
        let Some(kind) = kinds::find(&resource.address.kind) else {
            continue;
        };
        let outcome = match context.wholes.get(&resource.address) {
            Some(whole) => whole::decide(context, resource, whole),
            None => declared::decide(context, resource, kind).map(Outcome::alone),
        };
        match outcome {
            None | Some(Outcome::Nothing) => {}
            Some(Outcome::Unchanged) => gathered.unchanged.push(resource.address.clone()),
            Some(Outcome::LeftAlone(why)) => gathered.findings.push(Finding {
                code: "left-alone".to_owned(),
                severity: FindingSeverity::Warning,
                address: Some(resource.address.clone()),
                summary: "Left alone".to_owned(),
                detail: format!("{} is not destroyed: {why}.", resource.address),
            }),
            Some(Outcome::Leaving(how)) => gathered
                .findings
                .push(leaving::finding(resource.address.clone(), &how)),
            Some(Outcome::Decided(resolution)) => gathered.resolutions.push(*resolution),
        }
        for part in &kinds::parts(resource) {
            let Some((key, live)) = context.objects.live_of(part) else {
                continue;
            };
            let unmanaged = unmanaged::unmanaged_fields(part, (&key, live));
            gathered.findings.extend(unmanaged);
            let address = &resource.address;
            let unready = readiness::unready(context.input, address, part, (&key, live));
            gathered.unready.extend(unready);
        }
    }
    gathered
}

/// A wrong context is a refusal, never "create all" (R21, trap 16).
fn check_identities(input: &Input<'_>) -> Result<(), Refusal> {
    for (provider, found) in input.providers {
        let Instance::Known { kube_system_uid } = &found.instance else {
            continue;
        };
        let named = declared_identity(input.configuration, provider);
        let recorded = input
            .inventory
            .and_then(|inventory| inventory.clusters.get(provider).cloned());
        let (expected, because) = match (named, recorded) {
            (Some(named), _) => (named, "the provider block says so"),
            (None, Some(recorded)) => (recorded, "earlier runs recorded it"),
            (None, None) => continue,
        };
        if expected != *kube_system_uid {
            return Err(Refusal::WrongIdentity(Box::new(WrongIdentity {
                provider: provider.clone(),
                title: found.title.clone(),
                found: kube_system_uid.clone(),
                expected,
                because,
            })));
        }
    }
    Ok(())
}

/// The identity of the cluster that a provider block reaches, where it is known: two blocks may reach one.
fn cluster_of<'a>(input: &Input<'a>, provider: &ProviderRef) -> Option<&'a str> {
    match &input.providers.get(provider)?.instance {
        Instance::Known { kube_system_uid } => Some(kube_system_uid),
        Instance::MadeBy(_)
        | Instance::Lost { .. }
        | Instance::Store
        | Instance::Unknown { .. } => None,
    }
}

/// Under one provider block the configuration tells; that two blocks are one cluster shows only now.
fn check_objects(input: &Input<'_>) -> Result<(), Refusal> {
    let mut first: BTreeMap<(&str, Key), &Address> = BTreeMap::new();
    for resource in &input.configuration.resources {
        let provider = resource.provider.as_ref();
        let cluster = provider.and_then(|provider| cluster_of(input, provider));
        let Some(cluster) = cluster else {
            continue;
        };
        for key in kinds::keys(resource) {
            let title = key.to_string();
            if let Some(other) = first.insert((cluster, key), &resource.address) {
                return Err(Refusal::SameObject {
                    first: Box::new(other.clone()),
                    second: Box::new(resource.address.clone()),
                    key: title,
                    cluster: cluster.to_owned(),
                });
            }
        }
    }
    Ok(())
}

/// A blocker stops its node and what needs it, nothing more (R12).
fn spread_blocks(resolutions: &mut [Resolution<'_>], graph: &Graph) {
    let blocked: BTreeSet<Address> = resolutions
        .iter()
        .filter(|resolution| resolution.node.state == NodeState::Blocked)
        .map(|resolution| resolution.node.address.clone())
        .collect();
    if blocked.is_empty() {
        return;
    }
    let first_cause = |address: &Address| -> Option<Address> {
        let needs = graph.with_needs(&BTreeSet::from([address.clone()]));
        needs
            .into_iter()
            .find(|need| need != address && blocked.contains(need))
    };
    for resolution in resolutions.iter_mut() {
        let node = &resolution.node;
        let stands = node.state == NodeState::Planned || node.state == NodeState::Deferred;
        if !stands || resolution.removes() {
            continue;
        }
        if let Some(cause) = first_cause(&node.address) {
            resolution.block(blocker(
                "needs",
                format!("It needs {cause}, which is blocked."),
                format!("See {cause}."),
            ));
        }
    }
}

/// What stays keeps what it uses: a schedule under `prevent_destroy` holds back its location and its namespace.
fn spread_held_back(resolutions: &mut [Resolution<'_>]) {
    loop {
        let kept: BTreeMap<(Option<ProviderRef>, Key), Address> = resolutions
            .iter()
            .filter(|resolution| !resolution.removes() && stays(resolution))
            .flat_map(|resolution| {
                let node = &resolution.node;
                let live = resolution
                    .objects
                    .iter()
                    .filter_map(|object| Some(object.kind.live_needs(object.live?)));
                live.flatten()
                    .map(move |key| ((node.provider.clone(), key), node.address.clone()))
            })
            .collect();
        let mut spread = false;
        for resolution in resolutions.iter_mut().filter(|one| one.removes()) {
            let user = resolution.objects.iter().find_map(|object| {
                kept.get(&(resolution.node.provider.clone(), object.key.clone()))
            });
            if let Some(user) = user {
                let held = HeldBack {
                    address: resolution.node.address.clone(),
                    action: resolution.node.action,
                    reason: format!("{user} stays and uses it"),
                    losses: Vec::new(),
                    consent: None,
                };
                resolution.hold_back(held);
                spread = true;
            }
        }
        if !spread {
            return;
        }
    }
}

/// Something of it was to go, and is held back.
fn stays(resolution: &Resolution<'_>) -> bool {
    let is_held = resolution.node.state == NodeState::HeldBack;
    is_held
        || matches!(
            resolution.node.action,
            document::Action::Delete | document::Action::Forget
        )
}

/// Every resolution with its steps.
fn planned<'a>(input: &Input<'_>, resolutions: &'a [Resolution<'a>]) -> Vec<order::Planned<'a>> {
    let one = |resolution: &'a Resolution<'a>| {
        let provider = resolution.node.provider.as_ref();
        let found = provider.and_then(|provider| input.providers.get(provider));
        let maker = steps::Maker {
            stack: &input.configuration.settings.stack,
            instance: found.map(|found| &found.instance),
            node: &resolution.node,
        };
        order::Planned {
            resolution,
            steps: maker.steps(&resolution.objects),
        }
    };
    resolutions.iter().map(one).collect()
}
