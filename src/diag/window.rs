//! The few lines of a text that a message shows, and where in them a span lies. A text may have a million lines or one
//! line of a million bytes; what is cut out here is all that rendering ever sees.

use super::{SourceMap, Span};
use std::ops::Range;

/// Lines shown before the underlined one.
const LINES_BEFORE: usize = 2;
/// Lines between a block's header and the underlined line beyond which the header is not shown.
const HEADER_REACH: usize = 300;
/// Bytes of one line shown.
const LINE_BYTES: usize = 4000;

/// A place as people count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// From 0.
    pub byte: usize,
}

/// Where a byte offset is.
pub fn position(text: &str, offset: usize) -> Position {
    let byte = floor(text, offset);
    let before = text.get(..byte).unwrap_or("");
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before
        .get(line_start..)
        .map_or(0, |line| line.chars().count())
        + 1;
    Position {
        line: before.bytes().filter(|b| *b == b'\n').count() + 1,
        column,
        byte,
    }
}

/// Some whole lines of a text.
#[derive(Debug)]
pub struct Window<'a> {
    /// Name of the text.
    pub name: &'a str,
    /// The lines.
    pub text: &'a str,
    /// Number of the first.
    pub first_line: usize,
    /// The span in them, at most to the end of its first line.
    pub marked: Range<usize>,
    /// The header in them, where it is near enough.
    pub header: Option<Range<usize>>,
    /// Lines before the marked one to be shown.
    pub shown: Range<usize>,
}

/// The lines around a span.
pub fn around<'a>(sources: &'a SourceMap, span: Span, context: Option<Span>) -> Option<Window<'a>> {
    let source = sources.get(span.file)?;
    let text: &str = &source.text;
    let start = floor(text, span.start);
    let line = line_of(text, start);
    let end = floor(text, span.end).clamp(start, line.end.max(start));
    let first_shown = (0..LINES_BEFORE).fold(line.start, |at, _| {
        if at == 0 {
            0
        } else {
            line_of(text, at - 1).start
        }
    });
    let header = context
        .filter(|header| header.file == span.file && header.start <= start)
        .and_then(|header| {
            let begin = floor(text, header.start);
            let between = text
                .get(begin..start)?
                .bytes()
                .filter(|b| *b == b'\n')
                .count();
            (between <= HEADER_REACH).then(|| line_of(text, begin))
        });
    let begin = header
        .as_ref()
        .map_or(first_shown, |header| header.start.min(first_shown));
    let long = line.end - begin > LINE_BYTES;
    let (begin, finish) = if long {
        (
            floor(text, start.saturating_sub(LINE_BYTES / 4)).max(line.start),
            floor(text, (end + LINE_BYTES / 4).min(line.end)),
        )
    } else {
        (begin, line.end)
    };
    let relative =
        |range: Range<usize>| range.start.saturating_sub(begin)..range.end.saturating_sub(begin);
    Some(Window {
        name: &source.name,
        text: text.get(begin..finish)?,
        first_line: position(text, begin).line,
        marked: relative(start..end.min(finish)),
        header: header.filter(|_| !long).map(&relative),
        shown: relative(first_shown.max(begin)..line.start.max(begin)),
    })
}

/// The line around an offset, without its line break.
fn line_of(text: &str, offset: usize) -> Range<usize> {
    let before = text.get(..offset).unwrap_or("");
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let rest = text.get(offset..).unwrap_or("");
    let end = offset + rest.find('\n').unwrap_or(rest.len());
    let end = if text
        .get(start..end)
        .is_some_and(|line| line.ends_with('\r'))
    {
        end - 1
    } else {
        end
    };
    start..end.max(start)
}

/// The offset, moved back to where a character starts.
fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}
