//! A text in parts of which some may be left out, whole and never in the middle. Must not know what the parts say.

use std::cmp::Reverse;

/// What is left out first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// Whole resources in detail.
    Detail,
    /// Lists of what is done.
    Listed,
    /// Findings.
    Finding,
    /// What is destroyed, held back or blocked.
    Serious,
}

/// A part of a text.
pub(crate) enum Part {
    /// Always there: short, whatever the plan.
    Fixed(String),
    /// Any number of entries.
    Entries {
        /// When they are left out.
        rank: Rank,
        /// Each whole, with its line ends.
        entries: Vec<String>,
        /// What is said of so many that are left out, with its line end.
        left_out: fn(usize) -> String,
        /// What follows, left out or not: the end of a list.
        end: &'static str,
    },
}

/// Bytes that a word about what is left out takes at most.
const WORD: usize = 200;

/// The text in at most so many bytes: the largest entries of the lowest rank are left out first, until it fits. What is
/// fixed has to fit by itself.
pub(crate) fn fit(parts: &[Part], budget: usize) -> String {
    let mut kept: Vec<Vec<bool>> = parts
        .iter()
        .map(|part| vec![true; entries(part).len()])
        .collect();
    let mut total: usize = parts.iter().map(whole).sum();
    if total > budget {
        let mut candidates: Vec<(Rank, Reverse<usize>, usize, usize)> = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            if let Part::Entries { rank, entries, .. } = part {
                let lengths = entries.iter().map(String::len).enumerate();
                candidates.extend(lengths.map(|(n, length)| (*rank, Reverse(length), at, n)));
            }
        }
        candidates.sort_unstable();
        for (_, Reverse(length), at, n) in candidates {
            if total <= budget {
                break;
            }
            let Some(of_part) = kept.get_mut(at) else {
                continue;
            };
            if of_part.iter().all(|kept| *kept) {
                total += WORD;
            }
            if let Some(entry) = of_part.get_mut(n) {
                *entry = false;
            }
            total -= length;
        }
    }
    parts
        .iter()
        .zip(&kept)
        .map(|(part, kept)| text(part, kept))
        .collect()
}

fn entries(part: &Part) -> &[String] {
    match part {
        Part::Fixed(_) => &[],
        Part::Entries { entries, .. } => entries,
    }
}

fn whole(part: &Part) -> usize {
    match part {
        Part::Fixed(text) => text.len(),
        Part::Entries { entries, end, .. } => {
            entries.iter().map(String::len).sum::<usize>() + end.len()
        }
    }
}

fn text(part: &Part, kept: &[bool]) -> String {
    match part {
        Part::Fixed(text) => text.clone(),
        Part::Entries {
            entries,
            left_out,
            end,
            ..
        } => {
            let shown = entries.iter().zip(kept).filter(|(_, kept)| **kept);
            let mut text: String = shown.map(|(entry, _)| entry.as_str()).collect();
            match kept.iter().filter(|kept| !**kept).count() {
                0 => {}
                count => text.push_str(&left_out(count)),
            }
            text.push_str(end);
            text
        }
    }
}
