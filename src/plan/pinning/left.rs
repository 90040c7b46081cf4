//! What does not come back from a point, one line each: said beforehand, so that nobody misses it afterwards.

use super::{Chosen, blocked};
use crate::catalog::velero::restoring::{
    BEFORE_SERVICES, EXCLUDED_IN_INFRA, EXCLUDED_RESOURCES, SYSTEM_NAMESPACES,
};
use crate::model::recovery::Turn;

/// The lines of a point.
pub(super) fn lines(chosen: &Chosen<'_>) -> Vec<String> {
    let mut all = namespaces(chosen);
    all.extend(claims(chosen));
    all.extend(types(chosen));
    let balancers = chosen.items.balancers.iter();
    let balancers = balancers.filter(|item| is_restored(chosen, item.namespace.as_deref()));
    all.extend(balancers.map(|item| {
        format!("the address of Service {item}: a load balancer gives it another one, and DNS has to follow")
    }));
    let address = &chosen.resource.address;
    all.iter_mut()
        .for_each(|line| *line = format!("{address}: {line}"));
    all
}

fn is_restored(chosen: &Chosen<'_>, namespace: Option<&str>) -> bool {
    namespace.is_some_and(|namespace| chosen.namespaces.contains(namespace))
}

fn namespaces(chosen: &Chosen<'_>) -> Vec<String> {
    let velero = &chosen.held.location.installation.namespace;
    let all = chosen.items.namespaces().into_iter();
    let others = all.filter(|name| !chosen.namespaces.contains(*name));
    let lines = others.map(|name| {
        let why = if SYSTEM_NAMESPACES.contains(&name) {
            "which is the cluster's own"
        } else if name == velero {
            "which is Velero's own and comes from the configuration"
        } else {
            "which it does not declare any more"
        };
        format!(
            "namespace {name} of backup {}, {why}",
            chosen.point.backup.name
        )
    });
    lines.collect()
}

/// Claims that come back without their data. A disk that is kept stops the application instead.
fn claims(chosen: &Chosen<'_>) -> Vec<String> {
    let claims = chosen.items.claims.iter().filter(|(claim, volume)| {
        let disk = chosen.items.disks.get(*volume);
        is_restored(chosen, Some(&claim.namespace))
            && !disk.is_some_and(|disk| disk.is_retained)
            && !blocked::is_covered(&chosen.choice.judgement, claim)
    });
    let lines = claims.map(|(claim, _)| {
        format!(
            "the data of claim {claim}, which backup {} does not hold: it comes back empty",
            chosen.point.backup.name
        )
    });
    lines.collect()
}

fn types(chosen: &Chosen<'_>) -> Vec<String> {
    let backup = &chosen.point.backup.name;
    let (before, never): (Vec<&str>, Vec<&str>) = EXCLUDED_RESOURCES
        .iter()
        .partition(|type_| BEFORE_SERVICES.contains(type_));
    let mut all = counted(chosen, &never, "which no restore of a rebuild brings");
    let more = match chosen.turn {
        Turn::Infra => counted(
            chosen,
            EXCLUDED_IN_INFRA,
            "since what is restored before all others comes without Pods and volumes",
        ),
        Turn::Applications | Turn::Quiet => {
            all.extend(counted(
                chosen,
                &before,
                "which come back with an application of stage infra alone",
            ));
            let scoped = chosen.items.cluster_scoped().into_iter();
            let line = |(type_, count)| {
                format!(
                    "{count} {type_} of backup {backup}: what belongs to the whole cluster comes from the configuration, or with an application of stage infra"
                )
            };
            scoped.map(line).collect()
        }
    };
    all.extend(more);
    all
}

/// How many objects there are of types that stay away.
fn counted(chosen: &Chosen<'_>, types: &[&str], why: &str) -> Vec<String> {
    let count = |type_: &&str| {
        let items = chosen.items.names.get(*type_).into_iter().flatten();
        let of_it = items.filter(|item| {
            item.namespace.is_none() || is_restored(chosen, item.namespace.as_deref())
        });
        match of_it.count() {
            0 => None,
            count => Some(format!("{count} {type_}, {why}")),
        }
    };
    types.iter().filter_map(count).collect()
}
