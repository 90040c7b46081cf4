//! Names and patterns of names as Velero's filters read them: `*` any text, `?` one character, `[a-z]` one of a range. And
//! lengths of time in words.

use jiff::SignedDuration;

/// Whether a pattern matches a name.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    matches_from(&pattern, &name)
}

fn matches_from(pattern: &[char], name: &[char]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        (['*', rest @ ..], _) => (0..=name.len()).any(|skipped| {
            name.get(skipped..)
                .is_some_and(|left| matches_from(rest, left))
        }),
        (['?', rest @ ..], [_, left @ ..]) => matches_from(rest, left),
        (['[', rest @ ..], [first, left @ ..]) => {
            let Some(end) = rest.iter().position(|c| *c == ']') else {
                return false;
            };
            let (set, after) = rest.split_at(end);
            is_in(set, *first) && matches_from(after.get(1..).unwrap_or_default(), left)
        }
        ([one, rest @ ..], [first, left @ ..]) => one == first && matches_from(rest, left),
        ([], [_, ..]) | ([_, ..], []) => false,
    }
}

fn is_in(set: &[char], c: char) -> bool {
    match set {
        [] => false,
        [low, '-', high, rest @ ..] => (*low <= c && c <= *high) || is_in(rest, c),
        [one, rest @ ..] => *one == c || is_in(rest, c),
    }
}

/// Whether lists of included and excluded patterns let a name through; nothing included is everything.
pub(super) fn lets_through(included: &[String], excluded: &[String], name: &str) -> bool {
    let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, name));
    (included.is_empty() || any(included)) && !any(excluded)
}

/// A length of time as people say it: `5m`, `24h`, `31 days`.
pub(crate) fn length(length: SignedDuration) -> String {
    let minutes = length.as_mins();
    match (minutes / 60, minutes % 60) {
        (hours, 0) if hours >= 48 && hours % 24 == 0 => format!("{} days", hours / 24),
        (0, 0) => format!("{}s", length.as_secs()),
        (0, minutes) => format!("{minutes}m"),
        (hours, 0) => format!("{hours}h"),
        (hours, minutes) => format!("{hours}h{minutes}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        for (seconds, wanted) in [
            (90, "1m"),
            (20, "20s"),
            (300, "5m"),
            (86_400, "24h"),
            (5400, "1h30m"),
            (2_678_400, "31 days"),
        ] {
            assert_eq!(length(SignedDuration::from_secs(seconds)), wanted);
        }
    }

    #[test]
    fn patterns() {
        for (pattern, name, wanted) in [
            ("shop", "shop", true),
            ("shop", "shopping", false),
            ("*", "", true),
            ("sh*p", "shop", true),
            ("team-?", "team-a", true),
            ("team-?", "team-", false),
            ("team-[a-c]", "team-b", true),
            ("team-[a-c]", "team-d", false),
            ("team-[xz]*", "team-z1", true),
            ("team-[a", "team-a", false),
        ] {
            assert_eq!(matches(pattern, name), wanted, "{pattern} {name}");
        }
    }
}
