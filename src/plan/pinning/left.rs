//! What does not come back from a point, one line each: said beforehand, so that nobody misses it afterwards.

use super::{Chosen, blocked};
use crate::catalog::velero::restoring::{EXCLUDED_RESOURCES, SYSTEM_NAMESPACES};

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
    let mut all = Vec::new();
    for type_ in EXCLUDED_RESOURCES {
        let items = chosen.items.names.get(*type_).into_iter().flatten();
        let items = items.filter(|item| {
            item.namespace.is_none() || is_restored(chosen, item.namespace.as_deref())
        });
        let count = items.count();
        if count > 0 {
            all.push(format!(
                "{count} {type_}, which no restore of a rebuild brings"
            ));
        }
    }
    let scoped = chosen.items.cluster_scoped();
    let scoped = scoped.into_iter().map(|(type_, count)| {
        format!("{count} {type_} of backup {}: what belongs to the whole cluster comes from the configuration", chosen.point.backup.name)
    });
    all.extend(scoped);
    all
}
