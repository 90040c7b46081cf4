//! Label selectors as Velero kinds declare them, held against labels that may be known in part. Must not know what is
//! selected.

use super::view::View;

/// Whether a selector selects what has these labels; `None`: not known.
pub(super) fn selects<'a>(
    selector: View<'_>,
    label: impl Fn(&str) -> Option<View<'a>>,
) -> Option<bool> {
    let is_open = |name: &str| selector.member(name).is_some_and(View::is_open);
    if selector.is_open() || is_open("match_labels") || is_open("match_expression") {
        return None;
    }
    let equal = selector.member("match_labels").map(View::entries);
    let equal = equal.unwrap_or_default().into_iter();
    let equal = equal.map(|(key, wanted)| match label(key) {
        Some(value) => Some(value.text()? == wanted.text()?),
        None => Some(false),
    });
    let conditions = selector.member("match_expression").map(View::items);
    let conditions = conditions.unwrap_or_default().into_iter();
    let conditions = conditions.map(|condition| holds(condition, &label));
    let all: Vec<Option<bool>> = equal.chain(conditions).collect();
    // One that does not hold decides, whatever is not known beside it.
    if all.contains(&Some(false)) {
        return Some(false);
    }
    (!all.contains(&None)).then_some(true)
}

fn holds<'a>(condition: View<'_>, label: &impl Fn(&str) -> Option<View<'a>>) -> Option<bool> {
    let value = match label(condition.member("key")?.text()?) {
        Some(value) => Some(value.text()?),
        None => None,
    };
    let values = condition.member("values");
    let known = values.map(View::items).unwrap_or_default().into_iter();
    let known: Option<Vec<&str>> = known.map(View::text).collect();
    let known = known.filter(|_| !values.is_some_and(View::is_open));
    // A label that is not there is among no values.
    let is_among = || {
        let known = known.as_ref()?;
        Some(value.is_some_and(|value| known.contains(&value)))
    };
    match condition.member("operator")?.text()? {
        "In" => is_among(),
        "NotIn" => is_among().map(|is_among| !is_among),
        "Exists" => Some(value.is_some()),
        "DoesNotExist" => Some(value.is_none()),
        _unknown => None,
    }
}
