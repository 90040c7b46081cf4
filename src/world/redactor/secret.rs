//! One secret as it is looked for in a folded text: the whole of it, pieces of it, and what a cut left of it. Must not know
//! how the text was written.

use super::views::{BETWEEN, View};
use std::collections::HashSet;
use std::ops::Range;
use std::sync::OnceLock;
use zeroize::Zeroizing;

/// Shorter ones would blot out ordinary words.
pub(super) const SHORTEST: usize = 6;
/// So many bytes of a secret are a piece of it wherever they stand: whoever cut the rest away kept this.
const PIECE: usize = 16;
/// What may stand between the end of a text and a cut: `..."}`, half an escape, most of the pair `\ud83d\udd12`.
const MARGIN: usize = 12;
/// What those write who cut within a text.
const MARKS: &[&[u8]] = &[b"..", "\u{2026}".as_bytes(), b"trunc", &[BETWEEN]];
/// Bytes of the longest of them.
const LONGEST: usize = 5;

/// A secret, folded.
pub(super) struct Folded {
    bytes: Zeroizing<Vec<u8>>,
    /// Digests of all its pieces; made where there is something to search.
    pieces: OnceLock<HashSet<u64>>,
}

impl Folded {
    /// Nothing where too little is left of it.
    pub(super) fn of(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(View::of(text.as_bytes())?.folded().bytes);
        (bytes.len() >= SHORTEST).then_some(Self {
            bytes,
            pieces: OnceLock::new(),
        })
    }

    /// Where a folded text holds it, or a piece of it.
    pub(super) fn find(&self, text: &[u8], found: &mut Vec<Range<usize>>) {
        if self.bytes.len() < PIECE {
            found.extend(all_of(text, &self.bytes));
        } else {
            let pieces = self.pieces.get_or_init(|| digests(&self.bytes).collect());
            let hits = digests(text).enumerate();
            let hits = hits.filter(|(_, digest)| pieces.contains(digest));
            found.extend(hits.map(|(at, _)| at..at + PIECE));
        }
        self.beginnings(text, found);
        self.ends(text, found);
    }

    /// How it begins, where the rest is cut off.
    fn beginnings(&self, text: &[u8], found: &mut Vec<Range<usize>>) {
        let Some(first) = self.bytes.get(..SHORTEST) else {
            return;
        };
        for at in all_of(text, first).map(|place| place.start) {
            let rest = text.get(at..).unwrap_or_default();
            let end = at + same(rest.iter().zip(self.bytes.iter()));
            let after = text.get(end..).unwrap_or_default();
            if after.len() <= MARGIN || is_cut(after.get(..MARGIN + LONGEST).unwrap_or(after)) {
                found.push(at..end);
            }
        }
    }

    /// How it ends, where what is before is cut off.
    fn ends(&self, text: &[u8], found: &mut Vec<Range<usize>>) {
        let Some(last) = self.bytes.get(self.bytes.len() - SHORTEST..) else {
            return;
        };
        for end in all_of(text, last).map(|place| place.end) {
            let before = text.get(..end).unwrap_or_default();
            let length = same(before.iter().rev().zip(self.bytes.iter().rev()));
            let before = text.get(..end - length).unwrap_or_default();
            let near = before.len().saturating_sub(MARGIN + LONGEST);
            if before.len() <= MARGIN || is_cut(before.get(near..).unwrap_or(before)) {
                found.push(end - length..end);
            }
        }
    }
}

/// Every place of a part, overlapping ones too.
pub(super) fn all_of<'a>(
    text: &'a [u8],
    part: &'a [u8],
) -> impl Iterator<Item = Range<usize>> + 'a {
    let finder = memchr::memmem::Finder::new(part);
    let mut from = 0;
    std::iter::from_fn(move || {
        let at = from + finder.find(text.get(from..)?)?;
        from = at + 1;
        Some(at..at + part.len())
    })
}

/// Whether somebody says here that he cut, or another text begins.
fn is_cut(near: &[u8]) -> bool {
    MARKS.iter().any(|mark| all_of(near, mark).next().is_some())
}

fn same<'a>(pairs: impl Iterator<Item = (&'a u8, &'a u8)>) -> usize {
    pairs.take_while(|(one, other)| one == other).count()
}

/// A digest of each piece of a text, by place.
fn digests(text: &[u8]) -> impl Iterator<Item = u64> + '_ {
    text.windows(PIECE).map(|piece| {
        piece
            .iter()
            .fold(0xcbf2_9ce4_8422_2325, |digest: u64, byte| {
                (digest ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
            })
    })
}
