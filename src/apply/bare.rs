//! Whether a cluster is as empty as one must be that takes the place of a lost one: what is restored over something that is
//! there is not restored (R31). Must not know which cluster it is.

use super::outside::Outside;
use crate::goal::Recover;
use crate::model::identity::{KubeResource, ProviderRef};
use crate::plan::document::Plan;
use crate::world::query::{Answer, Fact, FailureClass, Query, Why};
use serde_json::Value as Json;

/// Namespaces that every new cluster has.
const OF_EVERY_CLUSTER: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];
/// Objects that are named; of more the number is told.
const NAMED: usize = 5;

/// What is in a cluster that was to be empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Bare {
    /// What must not be there, each in words.
    pub forbidden: Vec<String>,
    /// What is there beside, each in words.
    pub noticed: Vec<String>,
}

/// Looks at namespaces, Velero's types and volumes.
///
/// # Errors
/// Where one of them cannot be listed: that is not empty.
pub async fn look(outside: &dyn Outside, plan: &Plan, provider: &ProviderRef) -> Result<Bare, Why> {
    let list = async |resource| names(outside, provider, resource).await;
    let namespaces = list(type_("", "namespaces", "Namespace")).await?;
    let crds = ("apiextensions.k8s.io", "customresourcedefinitions");
    let definitions = list(type_(crds.0, crds.1, "CustomResourceDefinition")).await?;
    let volumes = list(type_("", "persistentvolumes", "PersistentVolume")).await?;
    Ok(judge(
        plan.goal.recovery.as_ref(),
        &namespaces,
        &definitions,
        &volumes,
    ))
}

fn judge(
    recovery: Option<&Recover>,
    namespaces: &[String],
    definitions: &[String],
    volumes: &[String],
) -> Bare {
    let may_exist = |name: &&String| recovery.is_some_and(|one| one.may_exist.contains(*name));
    let in_scope =
        |name: &&String| recovery.is_some_and(|one| one.scope_namespaces.contains(*name));
    let given = namespaces
        .iter()
        .filter(|name| !OF_EVERY_CLUSTER.contains(&name.as_str()) && !may_exist(name));
    let (restored, others): (Vec<&String>, Vec<&String>) = given.partition(in_scope);
    let of_velero = definitions
        .iter()
        .filter(|name| name.ends_with(".velero.io"));
    let forbidden = [
        told("namespaces that are to be restored", restored),
        told("types of Velero", of_velero.collect()),
        told("volumes", volumes.iter().collect()),
    ];
    Bare {
        forbidden: forbidden.into_iter().flatten().collect(),
        noticed: told("the new cluster has other namespaces already", others)
            .into_iter()
            .collect(),
    }
}

/// `volumes: pv-1, pv-2 and 3 more`; nothing where there is none.
fn told(what: &str, names: Vec<&String>) -> Option<String> {
    if names.is_empty() {
        return None;
    }
    let shown: Vec<&str> = names.iter().take(NAMED).map(|name| name.as_str()).collect();
    let more = names.len().saturating_sub(NAMED);
    let more = match more {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!("{what}: {}{more}", shown.join(", ")))
}

async fn names(
    outside: &dyn Outside,
    provider: &ProviderRef,
    resource: KubeResource,
) -> Result<Vec<String>, Why> {
    let title = resource.plural.to_string();
    let query = Query::List {
        provider: provider.clone(),
        resource,
        namespace: None,
    };
    let name = |object: &Json| object["metadata"]["name"].as_str().map(str::to_owned);
    match outside.answer(&query).await {
        Answer::Present(Fact::List(objects)) => Ok(objects.iter().filter_map(name).collect()),
        Answer::Unknown(why) => Err(why),
        Answer::Present(Fact::Object(_) | Fact::Blobs(_) | Fact::Bytes(_))
        | Answer::Absent
        | Answer::NotServed => Err(Why {
            class: FailureClass::Malformed,
            message: format!("the list of its {title} was not answered"),
        }),
    }
}

fn type_(group: &'static str, plural: &'static str, kind: &'static str) -> KubeResource {
    KubeResource {
        group: group.into(),
        version: "v1".into(),
        plural: plural.into(),
        kind: kind.into(),
        namespaced: false,
    }
}
