//! The laws by which declared and live are held against each other, one per [`Compare`], and the differences that
//! follow. A law turns a value into a canonical one; two values are the same where their canonical ones are. Must not
//! know any one kind.

use super::{Difference, metadata, table};
use crate::model::duration::GoDuration;
use crate::model::expression::Expr;
use crate::model::json_path::JsonPath;
use crate::model::schema::{Compare, Field, Shape};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

/// The canonical form of an object-shaped value; `None`: as good as absent.
///
/// Null, `""`, `[]`, `{}` and a number 0 are absent everywhere: Velero's types are Go's with `omitempty`, so that any
/// client that rewrites an object whole drops them. Inside of a map they count (a location's config).
pub(super) fn canonical(field: &Field, value: Option<&Json>) -> Option<Json> {
    let value = value.filter(|value| !table::is_empty(value))?;
    match &field.shape {
        Shape::Block(inner) => {
            Some(canonical_object(inner, value)).filter(|object| !table::is_empty(object))
        }
        Shape::Blocks(inner) => Some(Json::Array(
            value
                .as_array()?
                .iter()
                .map(|member| canonical_object(inner, member))
                .collect(),
        )),
        Shape::Text
        | Shape::Choice(_)
        | Shape::Duration
        | Shape::Cron
        | Shape::Bool
        | Shape::Integer
        | Shape::TextList
        | Shape::TextMap
        | Shape::Any => canonical_leaf(field.compare, value),
    }
}

fn canonical_object(fields: &[Field], object: &Json) -> Json {
    let members = fields
        .iter()
        .filter(|field| !field.place.is_empty())
        .filter_map(|field| {
            let value = canonical(field, table::find(field, object))?;
            Some((field.place.to_owned(), value))
        });
    Json::Object(members.collect::<Map<String, Json>>())
}

fn canonical_leaf(compare: Compare, value: &Json) -> Option<Json> {
    let text = value.as_str();
    match compare {
        Compare::Never => None,
        Compare::Exact => Some(value.clone()).filter(|value| value.as_i64() != Some(0)),
        Compare::Ordered
        | Compare::MapExact
        | Compare::MapOwnedKeys
        | Compare::TriState
        | Compare::Base64 => Some(value.clone()),
        Compare::NameSet => Some(sorted(value)),
        Compare::IncludeSet => {
            Some(sorted(value)).filter(|names| *names != serde_json::json!(["*"]))
        }
        Compare::DurationZeroAbsent => {
            Some(by_value(value)).filter(|length| length.as_i64() != Some(0))
        }
        Compare::Duration => Some(by_value(value)),
        Compare::FalseAbsent => Some(value.clone()).filter(|value| *value != Json::Bool(false)),
        Compare::AbsentIs(absent) => Some(value.clone()).filter(|_| text != Some(absent)),
        Compare::AnyCase => {
            Some(text.map_or_else(|| value.clone(), |text| text.to_lowercase().into()))
        }
        Compare::PluginName => Some(match text {
            Some(name) if !name.contains('/') => format!("velero.io/{name}").into(),
            Some(_) | None => value.clone(),
        }),
        Compare::Prefix => match text.map(|prefix| prefix.trim_matches('/')) {
            Some("") => None,
            Some(prefix) => Some(prefix.into()),
            None => Some(value.clone()),
        },
    }
}

fn sorted(value: &Json) -> Json {
    let Some(names) = value.as_array() else {
        return value.clone();
    };
    let names: BTreeSet<String> = names
        .iter()
        .map(|name| {
            name.as_str()
                .map_or_else(|| name.to_string(), str::to_owned)
        })
        .collect();
    names.into_iter().collect()
}

/// A duration as nanoseconds; a text that is none stays what it is, so that it differs.
fn by_value(value: &Json) -> Json {
    match value.as_str().map(str::parse::<GoDuration>) {
        Some(Ok(duration)) => duration.nanoseconds().into(),
        Some(Err(_)) | None => value.clone(),
    }
}

/// Differences between a declared body and a live object, in schema order.
pub(super) fn differences(fields: &[Field], body: &Expr, live: &Json) -> Vec<Difference> {
    let mut walk = Walk {
        live,
        found: Vec::new(),
    };
    walk.fields(fields, body, &[], &JsonPath(Vec::new()));
    walk.found
}

struct Walk<'a> {
    live: &'a Json,
    found: Vec<Difference>,
}

impl Walk<'_> {
    fn fields(&mut self, fields: &[Field], body: &Expr, above: &[String], place: &JsonPath) {
        let inside = place.get(self.live);
        for field in fields.iter().filter(|field| !field.place.is_empty()) {
            let declared = table::declared(field, body);
            // Most fields of most objects: nothing is said, and nothing is there.
            if declared.is_none()
                && inside
                    .and_then(|inside| table::find(field, inside))
                    .is_none()
            {
                continue;
            }
            let attribute: Vec<String> = above
                .iter()
                .cloned()
                .chain([field.name.to_owned()])
                .collect();
            let place = table::join(place, &JsonPath::dotted(field.place));
            match (&field.shape, &declared, place.get(self.live)) {
                (Shape::Block(inner), Some(declared), Some(live))
                    if field.compare == Compare::Never && !live.is_null() =>
                {
                    if let Some(block) = table::blocks(declared).first() {
                        self.fields(inner, block, &attribute, &place);
                    }
                }
                (Shape::TextMap, _, _) if field.compare == Compare::MapOwnedKeys => {
                    self.owned_keys(field, declared.as_ref(), &attribute, &place);
                }
                (Shape::TextMap, Some(declared), Some(live))
                    if field.compare == Compare::MapExact && !table::is_empty(live) =>
                {
                    self.each_key(field, declared, &attribute, &place);
                }
                _ => self.whole(field, declared, attribute, place),
            }
        }
    }

    /// A field that is compared and written as one.
    fn whole(
        &mut self,
        field: &Field,
        declared: Option<Expr>,
        attribute: Vec<String>,
        place: JsonPath,
    ) {
        let is_block = matches!(field.shape, Shape::Block(_) | Shape::Blocks(_));
        if field.compare == Compare::Never && !is_block {
            return;
        }
        let live = place.get(self.live);
        let write = declared
            .clone()
            .and_then(|declared| table::written(field, declared));
        let unsaid = live.is_some_and(|live| !table::can_be_said(field, live));
        let same = match &write {
            // What nobody can declare is no difference to nothing.
            None => unsaid || canonical(field, live).is_none(),
            Some(write) => write.known().is_some_and(|known| {
                live == Some(known) || canonical(field, Some(known)) == canonical(field, live)
            }),
        };
        if !same {
            let before = table::attribute(field, live);
            let write = write.map(|write| carry_unknown(field, write, live));
            self.found.push(Difference {
                attribute,
                place,
                before,
                after: declared,
                write,
                note: unsaid.then(|| "in place of bytes that are no text".into()),
            });
        }
    }

    /// A map that is ours whole. Its keys are differences of their own: an apply only adds keys to a map, so that those
    /// to go must be named one by one.
    fn each_key(&mut self, field: &Field, declared: &Expr, attribute: &[String], place: &JsonPath) {
        match entries(declared) {
            Some(declared) if !declared.is_empty() => {
                let live = place.get(self.live).and_then(Json::as_object);
                let keys = live
                    .into_iter()
                    .flat_map(|keys| keys.keys().cloned())
                    .collect();
                self.keys(&declared, keys, attribute, place);
            }
            Some(_) | None => self.whole(
                field,
                Some(declared.clone()),
                attribute.to_vec(),
                place.clone(),
            ),
        }
    }

    /// A map of which only declared keys and those that our field manager owns count; marks are not the user's.
    fn owned_keys(
        &mut self,
        field: &Field,
        declared: Option<&Expr>,
        attribute: &[String],
        place: &JsonPath,
    ) {
        let entries = declared.map_or_else(|| Some(BTreeMap::new()), entries);
        match entries {
            Some(declared) => self.keys(
                &declared,
                metadata::owned_keys(self.live, place),
                attribute,
                place,
            ),
            None => self.whole(field, declared.cloned(), attribute.to_vec(), place.clone()),
        }
    }

    /// One difference for each key, of those declared and `besides`, that is not as declared.
    fn keys(
        &mut self,
        declared: &BTreeMap<String, Expr>,
        besides: BTreeSet<String>,
        attribute: &[String],
        place: &JsonPath,
    ) {
        let keys: BTreeSet<&String> = declared.keys().chain(&besides).collect();
        for key in keys {
            let place = place.child(key);
            let after = declared.get(key).cloned();
            let live = place.get(self.live).filter(|live| !live.is_null());
            let before = live.cloned();
            let same = match &after {
                None => before.is_none(),
                Some(after) => after.known().is_some() && after.known() == before.as_ref(),
            };
            if !same {
                let attribute = attribute.iter().cloned().chain([key.clone()]).collect();
                let write = after.clone();
                self.found.push(Difference {
                    attribute,
                    place,
                    before,
                    after,
                    write,
                    note: None,
                });
            }
        }
    }
}

/// Entries of a map whose keys are known; `None`: not even those are.
pub(super) fn entries(map: &Expr) -> Option<BTreeMap<String, Expr>> {
    match map {
        Expr::Value(Json::Object(members)) => Some(
            members
                .iter()
                .map(|(key, value)| (key.clone(), Expr::Value(value.clone())))
                .collect(),
        ),
        Expr::Object(members) => Some(members.clone()),
        Expr::Value(_)
        | Expr::List(_)
        | Expr::Hole(_)
        | Expr::Secret(_)
        | Expr::Concat(_)
        | Expr::Call { .. } => None,
    }
}

/// A block is written whole: selectors and references are atomic in the server's schema, so that an apply of one member
/// would drop the others. Live members that the table does not know go along, since they are never removed.
fn carry_unknown(field: &Field, write: Expr, live: Option<&Json>) -> Expr {
    let (Shape::Block(inner), Some(Json::Object(live))) = (&field.shape, live) else {
        return write;
    };
    let Some(mut members) = entries(&write) else {
        return write;
    };
    let is_known = |name: &str| {
        inner
            .iter()
            .any(|field| field.place.split('.').next() == Some(name))
    };
    for (name, value) in live
        .iter()
        .filter(|(name, value)| !is_known(name) && !table::is_empty(value))
    {
        members.insert(name.clone(), Expr::Value(value.clone()));
    }
    Expr::object(members)
}
