//! Rules about changes outside of sk-dr that are known and borne for a while: what for, why, and until when. Must not know
//! how a change is found.

use super::address::Address;
use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};

/// `drift { ignore "NAME" { ... } }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoreRule {
    /// Its label.
    pub name: String,
    /// `resource`: an address, in which `*` stands for any text; one without an instance names all its instances.
    pub resource: String,
    /// `attributes`: paths of member names; what is below one is covered too. An empty path is every attribute.
    pub attributes: Vec<Vec<String>>,
    /// `reason`.
    pub reason: String,
    /// `until`: the last day on which it holds, in UTC.
    pub until: Date,
}

impl IgnoreRule {
    /// Whether it is about this resource.
    pub fn names(&self, address: &Address) -> bool {
        let all_instances = Address {
            instance: None,
            ..address.clone()
        };
        matches(&self.resource, &address.to_string())
            || matches(&self.resource, &all_instances.to_string())
    }

    /// Whether it is about this attribute.
    pub fn covers(&self, path: &[String]) -> bool {
        self.attributes
            .iter()
            .any(|covered| path.starts_with(covered))
    }

    /// Whether its last day is over.
    pub fn has_ended(&self, now: Timestamp) -> bool {
        now.to_zoned(TimeZone::UTC).date() > self.until
    }
}

/// Whether a text fits a pattern in which `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    // The earliest place for each part leaves the most for the next.
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// The member names of an attribute written as `labels`, `labels.team`, `labels["app.kubernetes.io/name"]`; `*` is every
/// attribute. `None` where it is none of these.
pub fn attribute_path(text: &str) -> Option<Vec<String>> {
    if text == "*" {
        return Some(Vec::new());
    }
    let mut path = Vec::new();
    let mut rest = text;
    loop {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if !super::address::is_identifier(name) {
            return None;
        }
        path.push(name.to_owned());
        rest = after;
        while let Some(bracket) = rest.strip_prefix("[\"") {
            let (key, after) = bracket.split_once("\"]")?;
            path.push(key.to_owned());
            rest = after;
        }
        match rest.strip_prefix('.') {
            Some(after) => rest = after,
            None => return rest.is_empty().then_some(path),
        }
    }
}

/// A path as [`attribute_path`] reads it.
pub fn attribute_text(path: &[String]) -> String {
    let mut text = String::new();
    for name in path {
        match (super::address::is_identifier(name), text.is_empty()) {
            (true, true) => text.push_str(name),
            (true, false) => text.push_str(&format!(".{name}")),
            (false, _) => text.push_str(&format!("[\"{name}\"]")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(resource: &str, attributes: &[&str]) -> IgnoreRule {
        IgnoreRule {
            name: "x".to_owned(),
            resource: resource.to_owned(),
            attributes: attributes
                .iter()
                .map(|text| attribute_path(text).unwrap())
                .collect(),
            reason: "x".to_owned(),
            until: "2026-12-31".parse().unwrap(),
        }
    }

    #[test]
    fn names_resources_by_address_or_pattern() {
        for (pattern, address, expected) in [
            ("velero_schedule.shop", "velero_schedule.shop", true),
            ("velero_schedule.shop", "velero_schedule.shop2", false),
            ("velero_schedule.shop", "velero_schedule.shop[\"a\"]", true),
            (
                "velero_schedule.shop[\"b\"]",
                "velero_schedule.shop[\"a\"]",
                false,
            ),
            ("velero_schedule.*", "velero_schedule.shop[\"a\"]", true),
            ("*", "a.b", true),
            ("*.s*p", "velero_schedule.shop", true),
            ("*.s*p", "velero_schedule.shops", false),
            ("a*a", "a.b", false),
            ("", "a.b", false),
        ] {
            let found = rule(pattern, &[]).names(&address.parse().unwrap());
            assert_eq!(found, expected, "{pattern} {address}");
        }
    }

    #[test]
    fn covers_an_attribute_and_what_is_below_it() {
        let path = |text: &str| attribute_path(text).unwrap();
        for (covered, asked, expected) in [
            ("labels", "labels", true),
            ("labels", "labels[\"a.b/c\"]", true),
            ("labels.team", "labels", false),
            ("labels.team", "labels[\"team\"]", true),
            ("*", "paused", true),
            ("paused", "pause", false),
        ] {
            let found = rule("*", &[covered]).covers(&path(asked));
            assert_eq!(found, expected, "{covered} {asked}");
        }
        for text in ["labels", "labels.team", "a[\"b/c.d\"].e"] {
            assert_eq!(attribute_text(&path(text)), text);
        }
        for wrong in ["", ".", "a.", "a[0]", "a[\"b\"", "a b", "a[\"b\"]c"] {
            assert_eq!(attribute_path(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn ends_with_its_last_day() {
        let rule = rule("*", &["*"]);
        assert!(!rule.has_ended("2026-12-31T23:59:59Z".parse().unwrap()));
        assert!(rule.has_ended("2027-01-01T00:00:00Z".parse().unwrap()));
    }
}
