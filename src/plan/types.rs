//! Which type each manifest is (R21: the key of an object needs it): one that every server has, one that a declared CRD
//! provides, else what discovery said. Must not know how a server is asked.

use super::decision::blocker;
use super::document::Blocker;
use crate::kinds::kubernetes_manifest as manifest;
use crate::kinds::{self, Home};
use crate::model::address::Address;
use crate::model::identity::{Instance, KubeResource, ProviderRef};
use crate::model::resource::{Configuration, Resource, ServedAs};
use crate::plan::input::FoundProvider;
use crate::world::query::{Answer, Fact, Live, Query};
use serde_json::Value as Json;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Types that declared CRDs provide, and which resource each is of.
#[derive(Default)]
pub struct Definitions {
    /// By provider, group and kind.
    by_type: BTreeMap<(ProviderRef, String, String), Vec<(KubeResource, Address)>>,
}

impl Definitions {
    /// Every declared CRD.
    pub fn of(configuration: &Configuration) -> Self {
        let mut definitions = Self::default();
        for resource in &configuration.resources {
            let Some(provider) = &resource.provider else {
                continue;
            };
            for part in kinds::parts(resource) {
                if part.kind.home() != Home::Declared {
                    continue;
                }
                for type_ in manifest::provided(&part.resource) {
                    let (group, kind) = (type_.group.to_string(), type_.kind.to_string());
                    let place = (provider.clone(), group, kind);
                    let known = definitions.by_type.entry(place).or_default();
                    known.push((type_, resource.address.clone()));
                }
            }
        }
        definitions
    }

    fn find(
        &self,
        provider: &ProviderRef,
        (group, version, kind): (&str, &str, &str),
    ) -> Option<&(KubeResource, Address)> {
        let place = (provider.clone(), group.to_owned(), kind.to_owned());
        let known = self.by_type.get(&place)?;
        known.iter().find(|(type_, _)| type_.version == version)
    }

    /// The resource whose CRD provides a type.
    pub fn maker(&self, provider: &ProviderRef, type_: &KubeResource) -> Option<&Address> {
        let names = (
            type_.group.as_ref(),
            type_.version.as_ref(),
            type_.kind.as_ref(),
        );
        self.find(provider, names).map(|(_, address)| address)
    }
}

/// Manifests whose type only the server can tell.
fn untold(configuration: &Configuration) -> impl Iterator<Item = (&Resource, String, String)> {
    configuration
        .resources
        .iter()
        .filter(|resource| {
            let kind = kinds::find(&resource.address.kind);
            kind.is_some_and(|kind| kind.home() == Home::Declared)
        })
        .filter(|resource| !manifest::is_built_in(resource))
        .filter_map(|resource| {
            let (api_version, kind) = manifest::type_names(resource)?;
            Some((resource, api_version, kind))
        })
}

fn group_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

/// What must be asked before any key is certain. Nothing is asked of a provider that cannot answer.
pub fn questions(
    configuration: &Configuration,
    providers: &BTreeMap<ProviderRef, FoundProvider>,
) -> Vec<Query> {
    let definitions = Definitions::of(configuration);
    let mut queries = BTreeSet::new();
    for (resource, api_version, kind) in untold(configuration) {
        let Some(provider) = &resource.provider else {
            continue;
        };
        let (group, version) = group_version(&api_version);
        let found = providers.get(provider).map(|found| &found.instance);
        let answers = matches!(found, Some(Instance::Known { .. }));
        if answers
            && definitions
                .find(provider, (group, version, &kind))
                .is_none()
        {
            queries.insert(Query::Types {
                provider: provider.clone(),
                group: group.to_owned(),
                version: version.to_owned(),
            });
        }
    }
    queries.into_iter().collect()
}

/// The configuration with the type of every manifest, as far as it can be told. Borrowed where nothing had to be asked.
pub fn configuration<'a>(declared: &'a Configuration, live: &Live) -> Cow<'a, Configuration> {
    let definitions = Definitions::of(declared);
    let told: BTreeMap<Address, ServedAs> = untold(declared)
        .filter_map(|(resource, api_version, kind)| {
            let told = served_as(resource, (&api_version, &kind), &definitions, live)?;
            Some((resource.address.clone(), told))
        })
        .collect();
    if told.is_empty() {
        return Cow::Borrowed(declared);
    }
    let mut resolved = declared.clone();
    for resource in &mut resolved.resources {
        if let Some(served_as) = told.get(&resource.address) {
            resource.served_as = served_as.clone();
        }
    }
    Cow::Owned(resolved)
}

/// `None`: nobody was asked.
fn served_as(
    resource: &Resource,
    (api_version, kind): (&str, &str),
    definitions: &Definitions,
    live: &Live,
) -> Option<ServedAs> {
    let provider = resource.provider.as_ref()?;
    let (group, version) = group_version(api_version);
    if let Some((type_, _)) = definitions.find(provider, (group, version, kind)) {
        return Some(ServedAs::Type(type_.clone()));
    }
    let query = Query::Types {
        provider: provider.clone(),
        group: group.to_owned(),
        version: version.to_owned(),
    };
    let title = format!("{api_version} {kind}");
    Some(match live.answer(&query)? {
        Answer::Unknown(why) => ServedAs::Unknown(why.message.clone()),
        Answer::NotServed | Answer::Absent => ServedAs::Nothing(title),
        Answer::Present(Fact::List(_) | Fact::Blobs(_) | Fact::Bytes(_)) => {
            ServedAs::Unknown("something else was answered where types were asked for".to_owned())
        }
        Answer::Present(Fact::Object(types)) => match listed(types, kind) {
            Some((plural, namespaced)) => ServedAs::Type(KubeResource {
                group: group.to_owned().into(),
                version: version.to_owned().into(),
                plural: plural.into(),
                kind: kind.to_owned().into(),
                namespaced,
            }),
            None => ServedAs::Nothing(title),
        },
    })
}

/// Plural and scope of a kind in a list of types; `pods/status` is a part of a type, not one.
fn listed(types: &Json, kind: &str) -> Option<(String, bool)> {
    let types = types.get("resources")?.as_array()?.iter();
    let mut of_kind = types.filter(|one| one.get("kind").and_then(Json::as_str) == Some(kind));
    of_kind.find_map(|one| {
        let plural = one
            .get("name")?
            .as_str()
            .filter(|name| !name.contains('/'))?;
        let namespaced = one.get("namespaced").and_then(Json::as_bool)?;
        Some((plural.to_owned(), namespaced))
    })
}

/// What keeps a resource from being looked for: its type is not known, or it is declared for another scope.
pub fn obstacle(resource: &Resource, type_: &KubeResource) -> Option<Blocker> {
    if type_.plural.is_empty() {
        return Some(match &resource.served_as {
            ServedAs::Nothing(title) => blocker(
                "not-served",
                format!("The API server does not serve {title}."),
                "Install what serves it, or declare its CustomResourceDefinition here, then plan again.",
            ),
            ServedAs::Unknown(why) => blocker(
                "unknown",
                format!("Which type it is cannot be told: {why}"),
                "Plan again once the API server answers.",
            ),
            ServedAs::Unasked | ServedAs::Type(_) => blocker(
                "type-unknown",
                format!(
                    "Which type {} {} is can be told only once its cluster is there.",
                    type_.api_version(),
                    type_.kind
                ),
                "Declare its CustomResourceDefinition here, or leave it out until the cluster is there.",
            ),
        });
    }
    let says_namespace = manifest::names_namespace(resource)?;
    (says_namespace != type_.namespaced).then(|| {
        let (text, cure) = if type_.namespaced {
            ("in a namespace", "Write `metadata.namespace`.")
        } else {
            ("in no namespace", "Leave `metadata.namespace` out.")
        };
        blocker("namespace", format!("A {} lives {text}.", type_.kind), cure)
    })
}

/// What to do where a type is not served.
pub fn cure_for_not_served(home: &KubeResource) -> String {
    if home.group == "velero.io" {
        "Install Velero (its CRDs at least: `velero install --crds-only`), then plan again."
            .to_owned()
    } else {
        format!("Install what serves {}, then plan again.", home.title())
    }
}
