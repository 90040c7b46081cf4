//! From live Schedules back to the application that they are. Must not know what is declared.

use super::object::{
    self, APPLICATION_LABEL, EXCLUDED, FLAGS, PROFILE_LABEL, Period, SHARED, reading,
};
use super::schema::{ALL, NONE, RELATED};
use crate::kinds::composite::LivePart;
use crate::model::duration::GoDuration;
use crate::model::identity::FIELD_MANAGER;
use serde_json::{Map, Value as Json, json};

const HOUR: i64 = 3_600_000_000_000;

/// A live Schedule.
struct Sibling {
    name: String,
    /// Its name without the period.
    stem: String,
    period: Option<Period>,
    attributes: Json,
    labels: Json,
    annotations: Map<String, Json>,
}

impl Sibling {
    fn of(part: &LivePart<'_>) -> Self {
        let metadata = &part.live["metadata"];
        let name = metadata["name"].as_str().unwrap_or_default().to_owned();
        let split = Period::ALL.into_iter().find_map(|period| {
            let stem = name.strip_suffix(period.name())?.strip_suffix('-')?;
            Some((stem.to_owned(), period))
        });
        let (stem, period) = match split {
            Some((stem, period)) => (stem, Some(period)),
            None => (name.clone(), None),
        };
        Self {
            name,
            stem,
            period,
            attributes: part.kind.attributes(part.live),
            labels: metadata["labels"].clone(),
            annotations: members(&metadata["annotations"]),
        }
    }

    fn get(&self, attribute: &str) -> Option<&Json> {
        self.attributes.get(attribute)
    }

    fn label(&self, name: &str) -> Option<&str> {
        let backups = self
            .get("backup_labels")
            .and_then(|labels| labels.get(name));
        backups.or_else(|| self.labels.get(name))?.as_str()
    }
}

/// The application that live Schedules amount to. What most of them say is what it says; where only some are paused, it
/// is not.
pub(super) fn read(parts: &[LivePart<'_>]) -> Json {
    let siblings: Vec<Sibling> = parts.iter().map(Sibling::of).collect();
    let mut body = Map::new();
    let (name, profile) = names(&siblings);
    body.insert("name".to_owned(), name.into());
    body.insert("profile".to_owned(), profile.into());
    let namespace = shared(&siblings, "namespace").unwrap_or_else(|| json!("velero"));
    body.insert("namespace".to_owned(), namespace);
    for (attribute, of_schedule) in SHARED {
        let value = shared(&siblings, of_schedule);
        body.extend(value.map(|value| ((*attribute).to_owned(), value)));
    }
    body.entry("namespaces").or_insert_with(|| json!(["*"]));
    let (with_default, excluded) = excluded(&siblings);
    body.insert("default_exclusions".to_owned(), with_default.into());
    body.insert("excluded_resources".to_owned(), excluded);
    body.insert("cluster_resources".to_owned(), cluster(&siblings).into());
    body.insert("labels".to_owned(), more_labels(&siblings));
    let flags = FLAGS.map(|flag| shared(&siblings, flag).and_then(|flag| flag.as_bool()));
    let volumes = object::volumes(flags).into_iter();
    body.extend(volumes.map(|(attribute, value)| (attribute.to_owned(), value)));
    let paused = |one: &Sibling| one.get("paused") == Some(&Json::Bool(true));
    body.insert("paused".to_owned(), siblings.iter().all(paused).into());
    let owners = "use_owner_references_in_backup";
    let owning = shared(&siblings, owners).filter(|flag| *flag == Json::Bool(true));
    body.extend(owning.map(|flag| (owners.to_owned(), flag)));
    let (mut counts, mut times) = (Map::new(), Map::new());
    for period in Period::ALL {
        let one = siblings.iter().find(|one| one.period == Some(period));
        let count = one.map_or(0, |one| count(one, period));
        counts.insert(period.name().to_owned(), count.into());
        let time = one.and_then(|one| one.get("schedule")).cloned();
        times.extend(time.map(|time| (period.name().to_owned(), time)));
    }
    body.insert("retention".to_owned(), json!([counts]));
    body.insert("schedule".to_owned(), json!([times]));
    let mut reading = reading(Json::Object(body));
    if let Json::Object(members) = &mut reading {
        let names = siblings.iter().map(|one| one.name.clone()).collect();
        members.insert("schedules".to_owned(), names);
        members.extend(annotations(&siblings));
    }
    reading
}

fn members(object: &Json) -> Map<String, Json> {
    object.as_object().cloned().unwrap_or_default()
}

/// Annotations that all of them have, and those that are ours. Which are ours stands where it stands in an object, so
/// that the laws for keys of others hold here too.
fn annotations(siblings: &[Sibling]) -> Map<String, Json> {
    let mut all = siblings
        .first()
        .map(|first| first.annotations.clone())
        .unwrap_or_default();
    all.retain(|key, value| {
        siblings
            .iter()
            .all(|one| one.annotations.get(key) == Some(&*value))
    });
    let ours = members(&shared(siblings, "annotations").unwrap_or_default());
    let mut found = Map::new();
    if !ours.is_empty() {
        let keys = ours.keys().map(|key| (format!("f:{key}"), json!({})));
        let keys: Map<String, Json> = keys.collect();
        let entry = json!({"manager": FIELD_MANAGER, "fieldsV1": {"f:annotations": keys}});
        found.insert("metadata".to_owned(), json!({"managedFields": [entry]}));
        all.extend(ours);
    }
    if !all.is_empty() {
        found.insert("annotations".to_owned(), all.into());
    }
    found
}

/// What most of them say; of equals, what the first says.
fn shared(siblings: &[Sibling], attribute: &str) -> Option<Json> {
    let said = |one: &Sibling| one.get(attribute).cloned();
    let votes = |value: &Option<Json>| siblings.iter().filter(|one| said(one) == *value).count();
    let mut chosen: Option<(usize, Option<Json>)> = None;
    for value in siblings.iter().map(said) {
        let count = votes(&value);
        if chosen.as_ref().is_none_or(|(most, _)| count > *most) {
            chosen = Some((count, value));
        }
    }
    chosen.and_then(|(_, value)| value)
}

/// Application and profile: by label, else the name is taken apart: at the namespace that is backed up, where the name
/// begins with one, else at its last dash.
fn names(siblings: &[Sibling]) -> (String, String) {
    let label = |name: &str| siblings.iter().find_map(|one| one.label(name));
    let Some(first) = siblings.first() else {
        return (String::new(), String::new());
    };
    let namespace = first
        .get("included_namespaces")
        .and_then(|namespaces| namespaces.get(0))
        .and_then(Json::as_str);
    let application = label(APPLICATION_LABEL).or(namespace);
    let by_prefix = application.and_then(|name| {
        let rest = first.stem.strip_prefix(name)?.strip_prefix('-')?;
        Some((name, rest))
    });
    let (name, profile) = by_prefix
        .or_else(|| first.stem.rsplit_once('-'))
        .unwrap_or((first.stem.as_str(), "default"));
    (name.to_owned(), profile.to_owned())
}

/// Labels of the backups besides those that every profile has.
fn more_labels(siblings: &[Sibling]) -> Json {
    let mut labels = shared(siblings, "backup_labels").unwrap_or_else(|| json!({}));
    if let Json::Object(members) = &mut labels {
        members.remove(APPLICATION_LABEL);
        members.remove(PROFILE_LABEL);
    }
    labels
}

/// Whether all of the default exclusions are there, and what is left out besides them.
fn excluded(siblings: &[Sibling]) -> (bool, Json) {
    let excluded = shared(siblings, "excluded_resources").unwrap_or_else(|| json!([]));
    let names: Vec<&str> = excluded
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect();
    if EXCLUDED.iter().all(|name| names.contains(name)) {
        let more = names.iter().filter(|name| !EXCLUDED.contains(name));
        (true, more.map(|name| json!(name)).collect())
    } else {
        (false, excluded)
    }
}

fn cluster(siblings: &[Sibling]) -> &'static str {
    let included = shared(siblings, "include_cluster_resources").and_then(|flag| flag.as_bool());
    match included {
        Some(true) => ALL,
        Some(false) => NONE,
        None => RELATED,
    }
}

/// For how many periods its backups are kept, rounded up; Velero keeps them for 30 days where nothing is said.
fn count(one: &Sibling, period: Period) -> i64 {
    let length = one
        .get("ttl")
        .and_then(Json::as_str)
        .and_then(|text| text.parse::<GoDuration>().ok());
    let hours = length.map_or(30 * 24, |length| (length.nanoseconds() + HOUR - 1) / HOUR);
    ((hours + period.hours() - 1) / period.hours()).max(1)
}
