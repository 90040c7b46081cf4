//! One text read in other ways: without its escapes, its percent signs, its entities, its base64, its hexadecimal digits,
//! and these within each other. Each byte of a reading knows which part of the text it comes from. Must not know what is
//! looked for.

use std::ops::Range;

/// Readings of readings: JSON in base64 in JSON.
const DEEPEST: u8 = 3;
/// Bytes of all readings together, for each byte of the text; more of them is no text, but a puzzle.
const MOST: usize = 200;
/// The same for a short text.
const LEAST: usize = 1 << 20;
/// Shorter runs of digits or of base64 are words.
const RUN: usize = 8;

/// Stands between runs; no text in UTF-8 holds it.
pub(super) const BETWEEN: u8 = 0xff;

/// A reading of a text.
#[derive(Clone, Default)]
pub(super) struct View {
    pub(super) bytes: Vec<u8>,
    /// For each byte the part of the text that it stands for.
    sources: Vec<(u32, u32)>,
}

impl View {
    /// The text as it is; nothing where it is too long for its places to be counted.
    pub(super) fn of(text: &[u8]) -> Option<Self> {
        let length = u32::try_from(text.len()).ok()?;
        Some(Self {
            bytes: text.to_vec(),
            sources: (0..length).map(|at| (at, at + 1)).collect(),
        })
    }

    fn push(&mut self, byte: u8, source: (u32, u32)) {
        self.bytes.push(byte);
        self.sources.push(source);
    }

    /// The part of the text that these bytes stand for.
    pub(super) fn source(&self, bytes: Range<usize>) -> Option<Range<usize>> {
        let parts = self.sources.get(bytes)?;
        let parts = parts.iter().filter(|part| part.0 < part.1);
        let from = parts.clone().map(|part| part.0).min()?;
        let to = parts.map(|part| part.1).max()?;
        Some(usize::try_from(from).ok()?..usize::try_from(to).ok()?)
    }

    /// From the first of these bytes to the last.
    fn span(&self, bytes: Range<usize>) -> (u32, u32) {
        let parts = self.sources.get(bytes).unwrap_or_default();
        match (parts.first(), parts.last()) {
            (Some(first), Some(last)) => (first.0, last.1),
            (None, _) | (_, None) => (0, 0),
        }
    }

    fn at(&self, place: usize) -> Option<u8> {
        self.bytes.get(place).copied()
    }

    /// Without white space, plus signs (a form writes a blank so) and what nobody sees: who folds, wraps or indents a
    /// text changes nothing else.
    pub(super) fn folded(&self) -> Self {
        let mut folded = Self::default();
        let mut place = 0;
        while place < self.bytes.len() {
            let rest = self.bytes.get(place..).unwrap_or_default();
            match blank(rest) {
                0 => {
                    if let (Some(byte), Some(source)) = (rest.first(), self.sources.get(place)) {
                        folded.push(*byte, *source);
                    }
                    place += 1;
                }
                length => place += length,
            }
        }
        folded
    }
}

/// Length of the blank that a text begins with; 0 where it begins with something else.
fn blank(text: &[u8]) -> usize {
    match text {
        [0..=b' ' | 0x7f | b'+', ..] => 1,
        // U+0080 to U+00A0, soft hyphen.
        [0xc2, 0x80..=0xa0 | 0xad, ..] => 2,
        // U+1680; U+2000 to U+200F, U+2028 to U+202F; U+205F to U+206F; U+3000; U+FEFF.
        [0xe1, 0x9a, 0x80, ..]
        | [0xe2, 0x80, 0x80..=0x8f | 0xa8..=0xaf, ..]
        | [0xe2, 0x81, 0x9f..=0xaf, ..]
        | [0xe3, 0x80, 0x80, ..]
        | [0xef, 0xbb, 0xbf, ..] => 3,
        _ => 0,
    }
}

/// Calls back with each reading of the text, the text itself first. Says whether that were all.
pub(super) fn each(text: &[u8], look: &mut dyn FnMut(&View)) -> bool {
    let Some(plain) = View::of(text) else {
        return false;
    };
    let mut left = text.len().saturating_mul(MOST).max(LEAST);
    let mut waiting = vec![(plain, 0)];
    while let Some((view, depth)) = waiting.pop() {
        look(&view);
        if depth == DEEPEST {
            continue;
        }
        for read in [escapes, percents, entities] {
            waiting.extend(read(&view).map(|view| (view, depth + 1)));
        }
        waiting.extend(runs(&view, &BASE64).map(|view| (view, depth + 1)));
        waiting.extend(runs(&view, &HEXADECIMAL).map(|view| (view, depth + 1)));
        let waits: usize = waiting.iter().map(|(view, _)| view.bytes.len()).sum();
        match left.checked_sub(view.bytes.len()) {
            Some(rest) if waits <= rest => left = rest,
            Some(_) | None => return false,
        }
    }
    true
}

/// What is written at a place instead of a character: its bytes, and how long it is.
type Written = Option<(Vec<u8>, usize)>;

/// The text with each of these replaced; nothing where there is none.
fn replaced(view: &View, sign: u8, read: fn(&View, usize) -> Written) -> Option<View> {
    let mut found = View::default();
    let mut place = 0;
    let mut is_changed = false;
    while let Some(byte) = view.at(place) {
        let written = if byte == sign {
            read(view, place)
        } else {
            None
        };
        match written {
            Some((bytes, length)) => {
                let source = view.span(place..place + length);
                bytes.into_iter().for_each(|byte| found.push(byte, source));
                place += length;
                is_changed = true;
            }
            None => {
                found.push(byte, view.span(place..place + 1));
                place += 1;
            }
        }
    }
    is_changed.then_some(found)
}

/// `\n`, `\"`, `\u0026`, `\x26`: JSON, Go, HCL, C.
fn escapes(view: &View) -> Option<View> {
    replaced(view, b'\\', |view, place| {
        let simple = |byte: u8| Some((vec![byte], 2));
        match view.at(place + 1)? {
            b'a' => simple(7),
            b'b' => simple(8),
            b't' => simple(b'\t'),
            b'n' => simple(b'\n'),
            b'v' => simple(0x0b),
            b'f' => simple(0x0c),
            b'r' => simple(b'\r'),
            b'e' => simple(0x1b),
            mark @ (b'"' | b'\'' | b'\\' | b'/' | b'`' | b'$' | b'&') => simple(mark),
            b'x' => Some((
                vec![u8::try_from(hexadecimal(view, place + 2, 2)?).ok()?],
                4,
            )),
            b'U' => Some((utf8(hexadecimal(view, place + 2, 8)?)?, 10)),
            b'u' => unicode(view, place),
            _ => None,
        }
    })
}

/// `\u0026`; a pair of surrogates is one character.
fn unicode(view: &View, place: usize) -> Written {
    let first = hexadecimal(view, place + 2, 4)?;
    if !(0xd800..0xdc00).contains(&first) {
        return Some((utf8(first)?, 6));
    }
    let second = match (view.at(place + 6)?, view.at(place + 7)?) {
        (b'\\', b'u') => hexadecimal(view, place + 8, 4)?.checked_sub(0xdc00)?,
        _ => return None,
    };
    let character = 0x10000 + ((first - 0xd800) << 10) + second;
    Some((utf8(character)?, 12))
}

/// `%26`.
fn percents(view: &View) -> Option<View> {
    replaced(view, b'%', |view, place| {
        let byte = u8::try_from(hexadecimal(view, place + 1, 2)?).ok()?;
        Some((vec![byte], 3))
    })
}

/// `&amp;`, `&#38;`, `&#x26;`.
fn entities(view: &View) -> Option<View> {
    replaced(view, b'&', |view, place| {
        let rest = view.bytes.get(place + 1..)?;
        let length = rest.iter().take(12).position(|byte| *byte == b';')?;
        let name = std::str::from_utf8(rest.get(..length)?).ok()?;
        let character = match name {
            "amp" => u32::from('&'),
            "lt" => u32::from('<'),
            "gt" => u32::from('>'),
            "quot" => u32::from('"'),
            "apos" => u32::from('\''),
            "nbsp" => 0xa0,
            other => {
                let number = other.strip_prefix('#')?;
                match number.strip_prefix(['x', 'X']) {
                    Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                    None => number.parse().ok()?,
                }
            }
        };
        Some((utf8(character)?, length + 2))
    })
}

fn utf8(character: u32) -> Option<Vec<u8>> {
    let character = char::from_u32(character)?;
    Some(character.to_string().into_bytes())
}

fn hexadecimal(view: &View, place: usize, digits: usize) -> Option<u32> {
    let digits = view.bytes.get(place..place + digits)?;
    digits.iter().try_fold(0, |number: u32, digit| {
        Some(number << 4 | u32::from(HEXADECIMAL.digit(*digit)?))
    })
}

/// Digits that stand for bits.
struct Digits {
    /// Bits of one.
    bits: u32,
    /// How many make whole bytes.
    group: usize,
    /// What one stands for.
    value: fn(u8) -> Option<u8>,
}

impl Digits {
    fn digit(&self, letter: u8) -> Option<u8> {
        (self.value)(letter)
    }
}

const HEXADECIMAL: Digits = Digits {
    bits: 4,
    group: 2,
    value: |letter| match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        b'A'..=b'F' => Some(letter - b'A' + 10),
        _ => None,
    },
};

/// Both alphabets at once.
const BASE64: Digits = Digits {
    bits: 6,
    group: 4,
    value: |letter| match letter {
        b'A'..=b'Z' => Some(letter - b'A'),
        b'a'..=b'z' => Some(letter - b'a' + 26),
        b'0'..=b'9' => Some(letter - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    },
};

/// All runs of digits, read from each place that a group may begin at. White space within a run is a fold.
fn runs<'a>(view: &'a View, digits: &'a Digits) -> impl Iterator<Item = View> + 'a {
    let found = places(view, digits);
    (0..digits.group).filter_map(move |skipped| {
        let mut read = View::default();
        for run in &found {
            decode(
                view,
                run.get(skipped..).unwrap_or_default(),
                digits,
                &mut read,
            );
            // What stands on both sides is not one text.
            read.push(BETWEEN, (0, 0));
        }
        (!found.is_empty()).then_some(read)
    })
}

/// Where the digits of each run stand.
fn places(view: &View, digits: &Digits) -> Vec<Vec<usize>> {
    let mut found: Vec<Vec<usize>> = Vec::new();
    let mut run = Vec::new();
    for (place, byte) in view.bytes.iter().enumerate() {
        if digits.digit(*byte).is_some() {
            run.push(place);
        } else if !byte.is_ascii_whitespace() {
            found.push(std::mem::take(&mut run));
        }
    }
    found.push(run);
    found.retain(|run| run.len() >= RUN);
    found
}

fn decode(view: &View, run: &[usize], digits: &Digits, read: &mut View) {
    let (mut held, mut number) = (0, 0_u32);
    for (at, place) in run.iter().enumerate() {
        let digit = view.at(*place).and_then(|byte| digits.digit(byte));
        number = (number << digits.bits | u32::from(digit.unwrap_or_default())) & 0xffff;
        held += digits.bits;
        if held >= 8 {
            held -= 8;
            let byte = u8::try_from(number >> held & 0xff).unwrap_or_default();
            // It began in this digit or in the one before.
            let first = run.get(at.saturating_sub(1)).unwrap_or(place);
            read.push(
                byte,
                (
                    view.span(*first..first + 1).0,
                    view.span(*place..place + 1).1,
                ),
            );
        }
    }
}
