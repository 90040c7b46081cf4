//! Checks that several kinds share: names, labels, durations and cron expressions, each with the place in the
//! configuration. A value that is not known yet is checked by the server at apply. Must not know any one kind.

use super::table;
use crate::diag::{Diagnostic, Patch};
use crate::model::cron::Cron;
use crate::model::duration::GoDuration;
use crate::model::expression::Expr;
use crate::model::identity::MARK_PREFIX;
use crate::model::resource::Resource;
use crate::model::schema::{Compare, Field, Shape};
use crate::model::text::quote;
use serde_json::Value as Json;

/// A resource being checked, and where its mistakes go.
pub(super) struct Checker<'a> {
    /// The resource.
    pub(super) resource: &'a Resource,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a> Checker<'a> {
    /// Checks every duration, cron expression and label of a resource; the kind goes on from there.
    pub(super) fn start(
        fields: &[Field],
        resource: &'a Resource,
        diagnostics: &'a mut Vec<Diagnostic>,
    ) -> Self {
        let mut checker = Self {
            resource,
            diagnostics,
        };
        checker.fields(fields, &resource.body, "");
        checker
    }

    /// A mistake at an attribute, given by its dotted path; to be finished with hints and added.
    pub(super) fn mistake(
        &self,
        attribute: &str,
        code: &'static str,
        summary: &str,
        detail: String,
    ) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(code, summary, detail)
            .at(self.resource.span_of(attribute))
            .within(self.resource.span);
        diagnostic.address = Some(self.resource.address.to_string());
        diagnostic
    }

    /// Adds a finished diagnostic.
    pub(super) fn add(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The same diagnostic with a mend that replaces the attribute's value; a hint where its place is not known.
    pub(super) fn mend(&self, diagnostic: Diagnostic, attribute: &str, value: &str) -> Diagnostic {
        let message = format!("write `{value}`");
        match self.resource.spans.get(attribute) {
            Some(span) => diagnostic.fix(
                message,
                Patch {
                    span: *span,
                    text: quote(value),
                },
            ),
            None => diagnostic.hint(message),
        }
    }

    fn fields(&mut self, fields: &[Field], body: &Expr, above: &str) {
        for field in fields {
            let Some(value) = body.member(field.name) else {
                continue;
            };
            let attribute = if above.is_empty() {
                field.name.to_owned()
            } else {
                format!("{above}.{}", field.name)
            };
            match &field.shape {
                Shape::Block(inner) | Shape::Blocks(inner) => {
                    for block in table::blocks(&value) {
                        self.fields(inner, &block, &attribute);
                    }
                }
                Shape::Duration => self.duration(&attribute, &value),
                Shape::Cron => self.cron(&attribute, &value),
                Shape::TextMap if field.compare == Compare::MapOwnedKeys => {
                    self.metadata(&attribute, &value, field.name == "labels");
                }
                Shape::Text
                | Shape::Choice(_)
                | Shape::Bool
                | Shape::Integer
                | Shape::TextList
                | Shape::TextMap
                | Shape::Any => {}
            }
        }
    }

    fn duration(&mut self, attribute: &str, value: &Expr) {
        let Some(text) = known_text(value) else {
            return;
        };
        match text.parse::<GoDuration>() {
            Ok(duration) if duration.is_negative() => {
                let detail = format!("{} is below zero", quote(&text));
                self.add(self.mistake(attribute, "negative-duration", "Negative duration", detail));
            }
            Ok(_) => {}
            Err(why) => {
                let mistake = self.mistake(
                    attribute,
                    "invalid-duration",
                    "Invalid duration",
                    why.to_string(),
                );
                let mistake = match meant_duration(&text) {
                    Some(meant) => self.mend(mistake, attribute, &meant),
                    None => mistake.hint(
                        "a duration is numbers with the units ns, us, ms, s, m and h: `1h30m`",
                    ),
                };
                self.add(mistake);
            }
        }
    }

    fn cron(&mut self, attribute: &str, value: &Expr) {
        let Some(text) = known_text(value) else {
            return;
        };
        match text.parse::<Cron>() {
            Ok(cron) => {
                if let Some(why) = cron.never_fires() {
                    let detail = format!("{why}; Velero would accept this and never run it");
                    self.add(self.mistake(
                        attribute,
                        "schedule-never-fires",
                        "Schedule never fires",
                        detail,
                    ));
                }
            }
            Err(why) => {
                let mistake = self.mistake(
                    attribute,
                    "invalid-cron",
                    "Invalid cron expression",
                    why.to_string(),
                );
                self.add(
                    cron_advice(&text)
                        .into_iter()
                        .fold(mistake, Diagnostic::hint),
                );
            }
        }
    }

    fn metadata(&mut self, attribute: &str, value: &Expr, is_labels: bool) {
        let known = |value: &Json| value.as_str().map(str::to_owned);
        let entries: Vec<(String, Option<String>)> = match value {
            Expr::Value(Json::Object(map)) => map
                .iter()
                .map(|(key, value)| (key.clone(), known(value)))
                .collect(),
            Expr::Object(map) => map
                .iter()
                .map(|(key, value)| (key.clone(), value.known().and_then(known)))
                .collect(),
            Expr::Value(_)
            | Expr::List(_)
            | Expr::Hole(_)
            | Expr::Secret(_)
            | Expr::Concat(_)
            | Expr::Call { .. } => {
                return;
            }
        };
        let noun = if is_labels {
            "a label"
        } else {
            "an annotation"
        };
        for (key, value) in entries {
            if key.starts_with(MARK_PREFIX) {
                let detail = format!(
                    "{} belongs to sk-dr: keys under `{MARK_PREFIX}` mark what it owns",
                    quote(&key)
                );
                self.add(self.mistake(attribute, "reserved-key", "Reserved metadata key", detail));
            } else if let Some(why) = metadata_key_mistake(&key) {
                let detail = format!("{} is no key of {noun}: {why}", quote(&key));
                self.add(self.mistake(
                    attribute,
                    "invalid-metadata-key",
                    "Invalid metadata key",
                    detail,
                ));
            }
            if let Some(why) = value
                .as_deref()
                .filter(|_| is_labels)
                .and_then(label_value_mistake)
            {
                let detail = format!(
                    "{} is no value of a label: {why}",
                    quote(value.as_deref().unwrap_or_default())
                );
                self.add(self.mistake(
                    attribute,
                    "invalid-label-value",
                    "Invalid label value",
                    detail,
                ));
            }
        }
    }

    /// Checks a name at an attribute against a law about names.
    pub(super) fn name(
        &mut self,
        attribute: &str,
        name: Option<&str>,
        law: fn(&str) -> Option<String>,
    ) {
        let Some(name) = name else { return };
        if let Some(why) = law(name) {
            let detail = format!("{} is no name that Kubernetes takes: {why}", quote(name));
            self.add(self.mistake(attribute, "invalid-name", "Invalid name", detail));
        }
    }
}

/// A known text.
pub(super) fn known_text(value: &Expr) -> Option<String> {
    value.known()?.as_str().map(str::to_owned)
}

/// `1d` is 24h, `2w` is 336h, `30` was most likely seconds but nobody can tell.
fn meant_duration(text: &str) -> Option<String> {
    let spaceless: String = text.split_whitespace().collect();
    if spaceless != text && spaceless.parse::<GoDuration>().is_ok() {
        return Some(spaceless);
    }
    let (number, hours) = match text.strip_suffix('d') {
        Some(days) => (days, 24),
        None => (text.strip_suffix('w')?, 7 * 24),
    };
    number
        .parse::<u64>()
        .ok()?
        .checked_mul(hours)
        .map(|hours| format!("{hours}h"))
}

fn cron_advice(text: &str) -> Option<&'static str> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let last_holds = |character| {
        fields.len() == 5 && fields.last().is_some_and(|field| field.contains(character))
    };
    if text.starts_with("@reboot") {
        return Some("`@reboot` is not a time; write a time or `@every 1h`");
    }
    if text.starts_with('@') {
        return Some(
            "known are @yearly @annually @monthly @weekly @daily @midnight @hourly and `@every 1h30m`",
        );
    }
    if fields.len() > 5 {
        return Some(
            "there is no field for seconds or years: minute, hour, day of month, month, day of week",
        );
    }
    if text.contains(['L', 'W', '#']) {
        return Some("`L`, `W` and `#` belong to another dialect of cron");
    }
    if last_holds('7') {
        return Some("Sunday is 0");
    }
    None
}

/// A DNS label of RFC 1123: what a namespace may be called.
pub(super) fn dns_label(name: &str) -> Option<String> {
    too_long(name, 63).or_else(|| dns_part(name))
}

/// A DNS subdomain of RFC 1123: what most objects may be called.
pub(super) fn dns_subdomain(name: &str) -> Option<String> {
    too_long(name, 253).or_else(|| name.split('.').find_map(dns_part))
}

fn too_long(text: &str, limit: usize) -> Option<String> {
    (text.len() > limit).then(|| format!("it has {} characters, {limit} are the limit", text.len()))
}

fn dns_part(part: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if part.is_empty() {
        return Some("it, or a part of it, is empty".to_owned());
    }
    if let Some(other) = part.chars().find(|c| !allowed(*c)) {
        return Some(format!(
            "`{other}` is neither a lower-case letter, a digit nor `-`"
        ));
    }
    (part.starts_with('-') || part.ends_with('-')).then(|| "it starts or ends with `-`".to_owned())
}

/// A subdomain that is also copied into a label.
pub(super) fn dns_subdomain_in_label(name: &str) -> Option<String> {
    if name.len() > 63 {
        let length = name.len();
        return Some(format!(
            "it has {length} characters; Velero puts it into a label of each Backup, where 63 are the limit"
        ));
    }
    dns_subdomain(name)
}

fn qualified(text: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if let Some(why) = too_long(text, 63) {
        return Some(why);
    }
    if let Some(other) = text.chars().find(|c| !allowed(*c)) {
        return Some(format!(
            "`{other}` is neither a letter, a digit, `-`, `_` nor `.`"
        ));
    }
    let bare = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    (!bare(text.chars().next()) || !bare(text.chars().last()))
        .then(|| "it does not start and end with a letter or digit".to_owned())
}

fn metadata_key_mistake(key: &str) -> Option<String> {
    match key.split_once('/') {
        None => qualified(key),
        Some((prefix, name)) => dns_subdomain(prefix)
            .map(|why| format!("before the `/`, {why}"))
            .or_else(|| qualified(name)),
    }
}

/// What is wrong with a label's value.
pub(super) fn label_value_mistake(value: &str) -> Option<String> {
    if value.is_empty() {
        None
    } else {
        qualified(value)
    }
}

/// The candidate nearest to a word, where one is near enough to be what was meant.
pub(super) fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    let near = |candidate: &&str| distance(&word, &candidate.to_lowercase());
    let best = candidates.iter().copied().min_by_key(near)?;
    (near(&best) <= 1 + word.chars().count() / 4).then_some(best)
}

/// Insertions, deletions and replacements from one text to the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (above, character) in from.chars().enumerate() {
        let mut diagonal = above;
        let mut left = above + 1;
        let mut next = vec![left];
        for (cell, other) in row.iter().skip(1).zip(&to) {
            left = (diagonal + usize::from(*other != character))
                .min(*cell + 1)
                .min(left + 1);
            diagonal = *cell;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
