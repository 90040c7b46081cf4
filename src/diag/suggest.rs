//! "Did you mean": the known name that is nearest to an unknown one.

/// The nearest of `known`, where it is near enough to be meant.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Names longer than this are nobody's slip, and the distance costs the product of both lengths.
    if wrong.chars().count() > 100 {
        return None;
    }
    let limit = (wrong.chars().count() / 3).max(1);
    known
        .into_iter()
        .filter(|name| name.len().abs_diff(wrong.len()) <= limit + 4)
        .map(|name| (distance(wrong, name), name))
        .filter(|(distance, name)| *distance <= limit || plain(wrong) == plain(name))
        .min()
        .map(|(_, name)| name)
}

/// Upper case and separators are how names of other tools differ: `storageLocation` for `storage_location`.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Edits (insert, delete, replace, swap of neighbours) from one text to the other.
pub fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=right.len()).collect();
    for (row, one) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, other) in right.iter().enumerate() {
            let at =
                |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX - 1);
            let mut best = (at(&previous, column + 1) + 1)
                .min(at(&current, column) + 1)
                .min(at(&previous, column) + usize::from(one != other));
            let swapped = row > 0
                && column > 0
                && left.get(row - 1) == Some(other)
                && right.get(column - 1) == Some(one);
            if swapped {
                best = best.min(at(&before, column - 1) + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut previous, current);
    }
    previous.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let known = ["ttl", "schedule", "storage_location", "labels", "name"];
        for (wrong, expected) in [
            ("tll", Some("ttl")),
            ("schedul", Some("schedule")),
            ("storageLocation", Some("storage_location")),
            ("lables", Some("labels")),
            ("zzz", None),
            ("", None),
        ] {
            assert_eq!(nearest(wrong, known), expected, "{wrong}");
        }
        assert_eq!(distance("ab", "ba"), 1);
        assert_eq!(distance("", "abc"), 3);
    }
}
