//! Kinds whose resources are several objects of other kinds. The objects are decided, written and owned one by one, each
//! with the marks of the resource's address; people see one resource (R40). What the live objects amount to is read back
//! into one object of the composite's own form, its *reading*, so that schema, comparison and attributes work on it as on
//! any live object. Must not know how plans are put together.

use super::{Difference, Home, Kind, Loss, Obstacle, Part, Writing, compare, table};
use crate::diag::Diagnostic;
use crate::model::condition::Wait;
use crate::model::expression::Expr;
use crate::model::guard::Guard;
use crate::model::identity::Key;
use crate::model::json_path::{JsonPath, Projection};
use crate::model::resource::{IgnoreChanges, Lifecycle, Resource};
use crate::model::schema::Schema;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// A live object that is, or may be, part of a composite.
#[derive(Clone, Copy)]
pub struct LivePart<'a> {
    /// Its kind.
    pub kind: &'static dyn Kind,
    /// The object.
    pub live: &'a Json,
}

/// A composite kind. Law, tested for each: the parts of what is read from the parts of a resource are those parts.
pub trait Composite: Sync {
    /// Its schema; places are those of the reading.
    fn schema(&self) -> &'static Schema;
    /// Kinds that its parts are of: what carries a mark with an address of this kind is looked for among these.
    fn part_kinds(&self) -> &'static [&'static dyn Kind];
    /// Mistakes that the schema alone cannot tell.
    fn validate(&self, resource: &Resource, diagnostics: &mut Vec<Diagnostic>);
    /// Natural key: [`Key::Composite`]; `None` only where `validate` found an error in its parts.
    fn key(&self, resource: &Resource) -> Option<Key>;
    /// The parts of a declared resource, makers before users, each under its address.
    fn parts(&self, resource: &Resource) -> Vec<Part<'static>>;
    /// What is declared, with everything that stands in for what is not: the reading of its parts says no less.
    fn completed(&self, resource: &Resource) -> Expr;
    /// What live parts amount to, in the form of this kind's schema. What its attributes cannot say is left out: the parts
    /// of the reading then differ from the live ones.
    fn read(&self, parts: &[LivePart<'_>]) -> Json;
    /// Key of a reading.
    fn reading_key(&self, reading: &Json) -> Key;
    /// Attributes that tell one thing in several words. Where one of them is to be as it is live, all of them are: a ready
    /// hook beside the live `hook` that it became would run twice.
    fn told_together(&self) -> &'static [&'static [&'static str]] {
        &[]
    }
    /// A difference with its remark; `None` where another one says the same.
    fn refined(&self, difference: Difference) -> Option<Difference>;
    /// What must hold beside one of its parts when it is written. `resource`: `None` for an orphan; `whole`: its own key.
    fn guards(
        &self,
        _resource: Option<&Resource>,
        _whole: &Key,
        _part: &Key,
        _writing: Writing,
    ) -> Vec<Guard> {
        Vec::new()
    }
    /// Why what is live cannot become what is declared; `None`: it can.
    fn obstacle(&self, _resource: &Resource, _reading: &Json) -> Option<Obstacle> {
        None
    }
    /// Keys of what its parts use, are not themselves and do not say.
    fn uses(&self, _resource: &Resource) -> Vec<Key> {
        Vec::new()
    }
    /// As [`Kind::derived`].
    fn derived(&self, resource: &Resource) -> Vec<(&'static str, Json)>;
}

impl<C: Composite> Kind for C {
    fn schema(&self) -> &'static Schema {
        Composite::schema(self)
    }
    fn home(&self) -> Home {
        Home::Parts
    }
    fn validate(&self, resource: &Resource, diagnostics: &mut Vec<Diagnostic>) {
        Composite::validate(self, resource, diagnostics);
    }
    fn key(&self, resource: &Resource) -> Option<Key> {
        Composite::key(self, resource)
    }
    /// The reading of the resource's own parts.
    fn object(&self, resource: &Resource) -> Expr {
        table::object(Composite::schema(self).fields, &self.completed(resource))
    }
    fn differences(&self, resource: &Resource, reading: &Json) -> Vec<Difference> {
        let fields = Composite::schema(self).fields;
        compare::differences(fields, &self.completed(resource), reading)
            .into_iter()
            .filter_map(|difference| self.refined(difference))
            .collect()
    }
    fn attributes(&self, reading: &Json) -> Json {
        table::attributes(Composite::schema(self).fields, reading)
    }
    fn owned(&self, _resource: Option<&Resource>, _live: &Json) -> Projection {
        Projection::default()
    }
    fn wait(&self, _resource: Option<&Resource>, _writing: Writing) -> Option<Wait> {
        None
    }
    fn computed(&self) -> BTreeMap<&'static str, JsonPath> {
        BTreeMap::new()
    }
    /// What its parts need and do not bring along.
    fn needs(&self, resource: &Resource) -> Vec<Key> {
        let parts = self.parts(resource);
        let own: BTreeSet<Key> = parts.iter().filter_map(key_of).collect();
        let needs: BTreeSet<Key> = parts
            .iter()
            .flat_map(|part| part.kind.needs(&part.resource))
            .chain(self.uses(resource))
            .collect();
        needs.difference(&own).cloned().collect()
    }
    fn live_needs(&self, _live: &Json) -> Vec<Key> {
        Vec::new()
    }
    fn teardown_rank(&self, _key: &Key) -> u8 {
        0
    }
    fn loss(&self, _key: &Key, _live: &Json) -> Loss {
        Loss::Nothing
    }
    fn actions(&self, _differences: &[Difference], _live: &Json) -> Vec<(JsonPath, Json)> {
        Vec::new()
    }
    fn unknown_fields(&self, _live: &Json) -> Vec<JsonPath> {
        Vec::new()
    }
    fn composite(&self) -> Option<&dyn Composite> {
        Some(self)
    }
    fn derived(&self, resource: &Resource) -> Vec<(&'static str, Json)> {
        Composite::derived(self, resource)
    }
}

fn key_of(part: &Part<'_>) -> Option<Key> {
    part.kind.key(&part.resource)
}

/// The resource with what `ignore_changes` names as it is live, so that its parts are what they should be.
pub fn with_ignored(kind: &dyn Kind, resource: &Resource, reading: &Json) -> Resource {
    let live = kind.attributes(reading);
    let together = kind.composite().map(Composite::told_together);
    let together = together.unwrap_or_default();
    let mut wanted = resource.clone();
    match &resource.lifecycle.ignore_changes {
        IgnoreChanges::Nothing => {}
        IgnoreChanges::All => {
            let mut members = wanted.body.into_members();
            let placed = kind.schema().fields.iter();
            let placed = placed.filter(|field| !field.place.is_empty());
            let told = together.iter().copied().flatten().copied();
            for name in placed.map(|field| field.name).chain(told) {
                members.remove(name);
            }
            members.extend(Expr::Value(live).into_members());
            wanted.body = Expr::object(members);
        }
        IgnoreChanges::Paths(paths) => {
            for path in paths {
                let told = together.iter().filter(|told| is_one_of(told, path));
                for name in told.copied().flatten() {
                    wanted.body = replaced(wanted.body, &[(*name).to_owned()], &live);
                }
                wanted.body = replaced(wanted.body, path, &live);
            }
            wanted.lifecycle = Lifecycle {
                ignore_changes: IgnoreChanges::Nothing,
                ..wanted.lifecycle
            };
        }
    }
    wanted
}

/// Whether a path is one of these attributes, as a whole.
fn is_one_of(attributes: &[&str], path: &[String]) -> bool {
    matches!(path, [attribute] if attributes.contains(&attribute.as_str()))
}

/// An attribute-shaped body with the member at a path taken from another; a block is a list of one.
fn replaced(body: Expr, path: &[String], from: &Json) -> Expr {
    let [first, rest @ ..] = path else {
        return body;
    };
    let mut members = body.into_members();
    let live = from.get(first);
    let blocks = members.get(first).map(table::blocks).unwrap_or_default();
    let block = blocks.into_iter().next();
    match (rest.is_empty(), block, live) {
        (false, Some(block), _) => {
            let inner = live
                .and_then(|blocks| blocks.get(0))
                .cloned()
                .unwrap_or_default();
            members.insert(
                first.clone(),
                Expr::list(vec![replaced(block, rest, &inner)]),
            );
        }
        (_, _, Some(live)) => {
            members.insert(first.clone(), Expr::Value(live.clone()));
        }
        (_, _, None) => {
            members.remove(first);
        }
    }
    Expr::object(members)
}
