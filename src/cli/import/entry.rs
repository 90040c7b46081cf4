//! What becomes one block: an object, or the objects of a profile. Pure.

use super::choice::{Adoption, Candidate};
use super::profiles::{self, Profile};
use crate::kinds::Kind;
use crate::kinds::sayable::Standing;
use crate::model::address::{Address, is_identifier};
use crate::model::identity::Key;
use crate::model::ignore::attribute_text;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// One block.
pub(super) struct Entry<'a> {
    /// Its kind.
    pub(super) kind: &'static dyn Kind,
    /// Its objects.
    pub(super) objects: Vec<&'a Candidate<'a>>,
    /// The profile that they are; `None`: there is one object, which is what is declared.
    profile: Option<Profile>,
}

/// The entries for all candidates, in the order of the registry and of their keys.
pub(super) fn entries<'a>(candidates: &'a [Candidate<'a>]) -> Vec<Entry<'a>> {
    let profiles = profiles::profiles(candidates);
    let in_profiles: BTreeSet<Key> = profiles.iter().flat_map(|one| one.keys.clone()).collect();
    let by_key: BTreeMap<&Key, &Candidate<'_>> =
        candidates.iter().map(|one| (one.key, one)).collect();
    let of_profiles = profiles.into_iter().map(|profile| {
        let keys = profile.keys.iter();
        Entry {
            kind: profile.kind,
            objects: keys.filter_map(|key| by_key.get(key).copied()).collect(),
            profile: Some(profile),
        }
    });
    let by_themselves = candidates
        .iter()
        .filter(|one| !in_profiles.contains(one.key));
    let by_themselves = by_themselves.map(|one| Entry {
        kind: one.kind,
        objects: vec![one],
        profile: None,
    });
    let mut entries: Vec<Entry<'a>> = of_profiles.chain(by_themselves).collect();
    // Stable: candidates come by key.
    entries.sort_by_key(|entry| entry.kind.schema().kind);
    entries
}

/// An entry for each candidate by itself.
pub(super) fn alone<'a>(candidates: &'a [Candidate<'a>]) -> Vec<Entry<'a>> {
    let alone = candidates.iter().map(|one| Entry {
        kind: one.kind,
        objects: vec![one],
        profile: None,
    });
    alone.collect()
}

impl Entry<'_> {
    /// Namespace that it lives in.
    pub(super) fn namespace(&self) -> Option<&str> {
        match self.objects.first()?.key {
            Key::Kube { namespace, .. } | Key::Composite { namespace, .. } => namespace.as_deref(),
            Key::Cluster { .. } => None,
        }
    }

    /// Name to make an address of.
    fn name(&self) -> String {
        if let Some(profile) = &self.profile
            && let Some(name) = profile.body["name"].as_str()
        {
            return name.to_owned();
        }
        match self.objects.first().map(|one| one.key) {
            Some(Key::Kube { name, .. } | Key::Composite { name, .. } | Key::Cluster { name }) => {
                name.clone()
            }
            None => String::new(),
        }
    }

    /// Its body, once it has an address.
    pub(super) fn body(&self, address: &Address) -> Json {
        match (&self.profile, self.objects.first()) {
            (Some(profile), _) => profiles::least(profile, address, &self.objects),
            (None, Some(one)) => one.said.body.clone(),
            (None, None) => Json::Null,
        }
    }

    /// What a reader should know of it.
    pub(super) fn remarks(&self) -> Vec<String> {
        let mut remarks: Vec<String> = Vec::new();
        for remark in self.objects.iter().flat_map(|one| &one.remarks) {
            if !remarks.contains(remark) {
                remarks.push(remark.clone());
            }
        }
        remarks
    }

    /// Attributes that stay as they are, since a block cannot say them.
    pub(super) fn ignored(&self) -> Vec<String> {
        let unsaid = self.objects.iter().flat_map(|one| &one.said.unsaid);
        let differs = unsaid.filter(|one| one.standing == Standing::Differs);
        let names: BTreeSet<String> = differs.map(|one| attribute_text(&one.path)).collect();
        names.into_iter().collect()
    }

    /// Whether any of its objects has to be adopted.
    pub(super) fn is_to_be_adopted(&self) -> bool {
        self.objects
            .iter()
            .any(|one| one.adoption == Adoption::Needed)
    }

    /// The natural key of its resource, which an import block names.
    pub(super) fn id(&self) -> Option<&Key> {
        match &self.profile {
            Some(profile) => Some(&profile.key),
            None => self.objects.first().map(|one| one.key),
        }
    }

    /// The key by which others name it, where it is one object.
    pub(super) fn key(&self) -> Option<&Key> {
        match (&self.profile, self.objects.as_slice()) {
            (None, [one]) => Some(one.key),
            (None, _) | (Some(_), _) => None,
        }
    }
}

/// An address for each entry that nothing else has.
pub(super) fn addresses(entries: &[Entry<'_>], mut taken: BTreeSet<Address>) -> Vec<Address> {
    let mut found = Vec::new();
    // Numbers that are taken are not tried again.
    let mut next: BTreeMap<(&str, String), u64> = BTreeMap::new();
    for entry in entries {
        let kind = entry.kind.schema().kind;
        let name = entry.name();
        let plain = identifier(&name);
        let namespace = entry.namespace();
        let full = namespace.map(|namespace| identifier(&format!("{namespace}_{name}")));
        let number = next.entry((kind, plain.clone())).or_insert(2);
        let numbered = std::iter::repeat_with(|| {
            let name = format!("{plain}_{number}");
            *number += 1;
            name
        });
        let mut names = [plain.clone()].into_iter().chain(full).chain(numbered);
        let free = names.find_map(|name| {
            let address = Address::new(kind, name);
            taken.insert(address.clone()).then_some(address)
        });
        found.extend(free);
    }
    found
}

/// A name as an identifier of the language.
fn identifier(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    if is_identifier(&plain) {
        plain
    } else {
        format!("_{plain}")
    }
}
