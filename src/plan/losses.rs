//! What a delete would lose, and the consent that names it (R27, R45).

use super::queries::{counted_in_namespace, list_for};
use crate::model::address::Address;
use crate::model::identity::{KubeResource, ProviderRef};
use crate::plan::document::Action;
use crate::world::query::{Answer, Fact, Live, Why};
use serde_json::Value as Json;

/// One line for each thing that goes with a namespace: claims with size and class, backups and restores by name, the rest counted.
///
/// # Errors
/// Where one of the LISTs is unknown: an unreadable list is never an empty one.
pub fn of_namespace(
    live: &Live,
    provider: &ProviderRef,
    namespace: &str,
) -> Result<Vec<String>, Why> {
    let mut losses = Vec::new();
    for resource in counted_in_namespace() {
        let items = match live.answer(&list_for(provider, &resource, Some(namespace))) {
            Some(Answer::Present(Fact::List(items))) => items.as_slice(),
            Some(Answer::Present(Fact::Object(_)) | Answer::Absent | Answer::NotServed) => &[],
            Some(Answer::Unknown(why)) => return Err(why.clone()),
            Some(Answer::Present(Fact::Blobs(_) | Fact::Bytes(_))) | None => {
                return Err(Why {
                    class: crate::world::query::FailureClass::Malformed,
                    message: format!("{} in {namespace} were not listed", resource.title()),
                });
            }
        };
        match resource.plural.as_ref() {
            "persistentvolumeclaims" => losses.extend(items.iter().map(claim)),
            "backups" | "restores" => {
                losses.extend(
                    items
                        .iter()
                        .map(|item| format!("{} {}", resource.kind, name(item))),
                );
            }
            _other if items.is_empty() => {}
            _other => losses.push(format!("{} × {}", items.len(), resource.kind)),
        }
    }
    Ok(losses)
}

/// One line for the objects that go with their type.
///
/// # Errors
/// Where their LIST is unknown.
pub fn of_type(
    live: &Live,
    provider: &ProviderRef,
    resource: &KubeResource,
) -> Result<Vec<String>, Why> {
    match live.answer(&list_for(provider, resource, None)) {
        Some(Answer::Present(Fact::List(items))) if !items.is_empty() => {
            Ok(vec![format!("{} × {}", items.len(), resource.kind)])
        }
        Some(Answer::Present(_) | Answer::Absent | Answer::NotServed) => Ok(Vec::new()),
        Some(Answer::Unknown(why)) => Err(why.clone()),
        None => Err(Why {
            class: crate::world::query::FailureClass::Malformed,
            message: format!("{} were not listed", resource.title()),
        }),
    }
}

fn claim(item: &Json) -> String {
    let size = item["spec"]["resources"]["requests"]["storage"]
        .as_str()
        .unwrap_or("size unknown");
    let class = item["spec"]["storageClassName"]
        .as_str()
        .unwrap_or("no class");
    format!("PersistentVolumeClaim {} ({size}, {class})", name(item))
}

fn name(item: &Json) -> &str {
    item["metadata"]["name"].as_str().unwrap_or("?")
}

/// Object whose loss is consented to.
pub struct Losing<'a> {
    /// Its address.
    pub address: &'a Address,
    /// UID of its cluster.
    pub cluster_uid: &'a str,
    /// Its own UID.
    pub uid: &'a str,
    /// What happens to it.
    pub action: Action,
}

/// A consent to all of these at once: void when one of them is.
pub fn consent_to_all(consents: &[&str]) -> String {
    digest(&consents.join("\n"))
}

/// First 16 hex digits of the sha256 over address, cluster, object, action and the list of losses: void when the list changes.
pub fn consent(losing: &Losing<'_>, losses: &[String]) -> String {
    let text = serde_json::json!([
        losing.address,
        losing.cluster_uid,
        losing.uid,
        losing.action,
        losses
    ]);
    digest(&text.to_string())
}

fn digest(text: &str) -> String {
    use sha2::Digest;
    hex::encode(sha2::Sha256::digest(text.as_bytes()))
        .chars()
        .take(16)
        .collect()
}
