//! What a restore changes in what it restores: resource modifiers of version v1 with merge patches, as
//! `internal/resourcemodifiers` of 1.18.1 reads them. Of patches of other forms a restore says that the sandbox has none.

use crate::sandbox::kubernetes::patches;
use crate::sandbox::state::{State, VELERO_NAMESPACE};
use regex::Regex;
use serde::Deserialize;
use serde_json::Value;

/// The rules of a ConfigMap.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    version: String,
    #[serde(rename = "resourceModifierRules")]
    rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rule {
    conditions: Conditions,
    merge_patches: Vec<Patch>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Conditions {
    group_resource: String,
    #[serde(default)]
    namespaces: Vec<String>,
    resource_name_regex: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Patch {
    patch_data: String,
}

/// The rules that a restore names; none where it names no ConfigMap.
///
/// # Errors
/// What the server says of a ConfigMap that it cannot use.
pub fn of(state: &State, restore: &Value) -> Result<Changes, String> {
    let Some(reference) = restore.pointer("/spec/resourceModifier") else {
        return Ok(Changes::default());
    };
    let kind = reference["kind"].as_str().unwrap_or_default();
    if !kind.eq_ignore_ascii_case("configmap") {
        return Ok(Changes::default());
    }
    let name = reference["name"].as_str().unwrap_or_default();
    let title = format!("{VELERO_NAMESPACE}/{name}");
    let map = state.objects.get(&format!("configmaps/{title}"));
    let map = map.ok_or_else(|| format!("failed to get resource modifiers configmap {title}"))?;
    let data = map["data"].as_object().into_iter().flatten();
    let texts: Vec<&str> = data.filter_map(|(_, text)| text.as_str()).collect();
    let [text] = texts.as_slice() else {
        return Err(format!(
            "Error in parsing resource modifiers provided in configmap {title}: illegal resource modifiers {title} configmap"
        ));
    };
    let changes: Result<Changes, _> = serde_yaml_ng::from_str(text);
    match changes {
        Ok(changes) if changes.version == "v1" => Ok(changes),
        Ok(changes) => Err(format!(
            "Validation error in resource modifiers provided in configmap {title}: unsupported resource modifier version {}",
            changes.version
        )),
        Err(why) => Err(format!(
            "Error in parsing resource modifiers provided in configmap {title}: the sandbox reads merge patches by type, namespace and name: {why}"
        )),
    }
}

impl Changes {
    /// The object as the rules have it.
    pub fn apply(&self, title: &str, mut object: Value) -> Value {
        let origin = object.clone();
        let matching = self
            .rules
            .iter()
            .filter(|rule| rule.matches(title, &origin));
        for patch in matching.flat_map(|rule| &rule.merge_patches) {
            if let Ok(patch) = serde_yaml_ng::from_str::<Value>(&patch.patch_data) {
                object = patches::merge_patch(&object, &patch);
            }
        }
        object
    }
}

impl Rule {
    fn matches(&self, title: &str, object: &Value) -> bool {
        let of = |member: &str| object["metadata"][member].as_str().unwrap_or_default();
        let Conditions {
            group_resource,
            namespaces,
            resource_name_regex,
        } = &self.conditions;
        let is_named = |pattern: &String| {
            Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(of("name")))
        };
        group_resource == title
            && (namespaces.is_empty() || namespaces.iter().any(|one| one == of("namespace")))
            && resource_name_regex.as_ref().is_none_or(is_named)
    }
}
