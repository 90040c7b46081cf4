//! Reads a tarball while it comes in, part by part: what is kept is what a [`Contents`] is made of, and one object at a
//! time. Why not the crate `tar`: it pulls from a blocking reader, and the parts are pushed by an asynchronous one. Go
//! writes plain ustar with pax records for long names, which is all that is read here. A tarball that is cut is an error,
//! never a small one.

use super::contents::Contents;
use flate2::write::GzDecoder;
use std::io::{self, Write};

const BLOCK: usize = 512;
/// Bytes of one object that are kept: a cluster stores none of more than about 1.5 MiB.
const OBJECT: u64 = 16 * 1024 * 1024;
/// Bytes of a pax record or a long name.
const HEADER: u64 = 64 * 1024;

/// Why a tarball cannot be read to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Cut or damaged as a gzip file.
    #[error("it is no whole gzip file: {0}")]
    Gzip(String),
    /// It unpacks, but not to a tarball.
    #[error("{0}")]
    Tar(&'static str),
}

/// A tarball that is being read.
pub struct Reader {
    decoder: GzDecoder<Entries>,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            decoder: GzDecoder::new(Entries::default()),
        }
    }
}

impl Reader {
    /// Of a tarball whose objects are wanted by name.
    pub fn naming() -> Self {
        let entries = Entries {
            contents: Contents::naming(),
            ..Entries::default()
        };
        Self {
            decoder: GzDecoder::new(entries),
        }
    }

    /// Takes the next part.
    ///
    /// # Errors
    /// Where what came so far is no beginning of a tarball.
    pub fn push(&mut self, part: &[u8]) -> Result<(), Broken> {
        let written = self.decoder.write_all(part);
        written.map_err(|error| self.broken(&error))
    }

    /// That was the last part.
    ///
    /// # Errors
    /// Where something is missing.
    pub fn finish(mut self) -> Result<Contents, Broken> {
        if let Err(error) = self.decoder.try_finish() {
            return Err(self.broken(&error));
        }
        let entries = match self.decoder.finish() {
            Ok(entries) => entries,
            Err(error) => return Err(Broken::Gzip(error.to_string())),
        };
        match entries.state {
            State::Ended => Ok(entries.contents),
            State::Header | State::Body { .. } => Err(Broken::Tar("it ends before its end mark")),
        }
    }

    /// What the tarball's own reader found is told as that.
    fn broken(&self, error: &io::Error) -> Broken {
        match self.decoder.get_ref().wrong {
            Some(wrong) => Broken::Tar(wrong),
            None => Broken::Gzip(error.to_string()),
        }
    }
}

/// The unpacked bytes, read as entries.
#[derive(Default)]
struct Entries {
    contents: Contents,
    state: State,
    /// Part of a block.
    block: Vec<u8>,
    /// Path that the entry before this one gave it.
    path: Option<String>,
    /// Size that the entry before this one gave it.
    size: Option<u64>,
    wrong: Option<&'static str>,
}

#[derive(Default)]
enum State {
    /// Between entries.
    #[default]
    Header,
    /// In the bytes of an entry.
    Body {
        left: u64,
        padding: u64,
        kept: Kept,
        body: Vec<u8>,
    },
    /// Behind the end mark.
    Ended,
}

/// What the bytes of an entry are for.
enum Kept {
    Nothing,
    Object(String),
    LongName,
    Pax,
}

impl Write for Entries {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.take(rest) {
                Ok(taken) => rest = rest.get(taken..).unwrap_or_default(),
                Err(wrong) => {
                    self.wrong = Some(wrong);
                    return Err(io::Error::new(io::ErrorKind::InvalidData, wrong));
                }
            }
        }
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Entries {
    /// Takes some of the bytes, at least one; how many.
    fn take(&mut self, bytes: &[u8]) -> Result<usize, &'static str> {
        match &mut self.state {
            State::Ended => Ok(bytes.len()),
            State::Header => {
                let taken = bytes.len().min(BLOCK - self.block.len());
                self.block.extend(bytes.iter().take(taken));
                if self.block.len() == BLOCK {
                    let block = std::mem::take(&mut self.block);
                    self.state = self.entry(&block)?;
                }
                self.end_empty_body()?;
                Ok(taken)
            }
            State::Body {
                left,
                padding,
                kept,
                body,
            } => {
                let of_body = usize::try_from(*left)
                    .unwrap_or(usize::MAX)
                    .min(bytes.len());
                match kept {
                    Kept::Nothing => {}
                    Kept::Object(_) | Kept::LongName | Kept::Pax => {
                        body.extend(bytes.iter().take(of_body));
                    }
                }
                *left -= of_body as u64;
                let after = bytes.len() - of_body;
                let of_padding = usize::try_from(*padding).unwrap_or(usize::MAX).min(after);
                if *left == 0 {
                    *padding -= of_padding as u64;
                }
                self.end_empty_body()?;
                Ok(of_body + if of_body < bytes.len() { of_padding } else { 0 })
            }
        }
    }

    /// Goes on to the next header where nothing of an entry is left to come.
    fn end_empty_body(&mut self) -> Result<(), &'static str> {
        let State::Body {
            left: 0,
            padding: 0,
            ..
        } = &self.state
        else {
            return Ok(());
        };
        let State::Body { kept, body, .. } = std::mem::take(&mut self.state) else {
            return Ok(());
        };
        match kept {
            Kept::Nothing => {}
            Kept::Object(path) => self.contents.object(&path, &body)?,
            Kept::LongName => self.path = Some(text(&body)),
            Kept::Pax => self.pax(&body)?,
        }
        Ok(())
    }

    /// What follows a header.
    fn entry(&mut self, block: &[u8]) -> Result<State, &'static str> {
        if block.iter().all(|byte| *byte == 0) {
            return Ok(State::Ended);
        }
        if checksum(block) != number(field(block, 148, 8)) {
            return Err("a header in it is damaged");
        }
        let kind = field(block, 156, 1).first().copied().unwrap_or_default();
        let declared = number(field(block, 124, 12)).ok_or("a size in it is damaged")?;
        let (size, kept) = match kind {
            b'x' => (declared, Kept::Pax),
            b'L' => (declared, Kept::LongName),
            // Records for all that follow: Go writes none that matter here.
            b'g' => (declared, Kept::Nothing),
            b'0' | 0 | b'7' => {
                let path = self.path.take().unwrap_or_else(|| path(block));
                let size = self.size.take().unwrap_or(declared);
                (size, self.of_file(path))
            }
            _directory_or_link => {
                self.path = None;
                self.size = None;
                (declared, Kept::Nothing)
            }
        };
        let most = match kept {
            Kept::Nothing => u64::MAX - BLOCK as u64,
            Kept::Object(_) => OBJECT,
            Kept::LongName | Kept::Pax => HEADER,
        };
        if size > most {
            return Err("an object in it is larger than any that a cluster stores");
        }
        Ok(State::Body {
            left: size,
            padding: size.next_multiple_of(BLOCK as u64) - size,
            kept,
            body: Vec::new(),
        })
    }

    fn of_file(&mut self, path: String) -> Kept {
        if self.contents.count(&path) {
            Kept::Object(path)
        } else {
            Kept::Nothing
        }
    }

    /// `LENGTH KEY=VALUE\n`, any number.
    fn pax(&mut self, mut records: &[u8]) -> Result<(), &'static str> {
        const WRONG: &str = "a record in it is damaged";
        while !records.is_empty() {
            let space = records.iter().position(|byte| *byte == b' ').ok_or(WRONG)?;
            let length = records.get(..space).map(text).unwrap_or_default();
            let length: usize = length.parse().map_err(|_| WRONG)?;
            let record = records.get(space + 1..length).ok_or(WRONG)?;
            records = records.get(length..).unwrap_or_default();
            let record = text(record);
            match record.trim_end_matches('\n').split_once('=') {
                Some(("path", path)) => self.path = Some(path.to_owned()),
                Some(("size", size)) => self.size = Some(size.parse().map_err(|_| WRONG)?),
                Some(_) => {}
                None => return Err(WRONG),
            }
        }
        Ok(())
    }
}

fn field(block: &[u8], start: usize, length: usize) -> &[u8] {
    block.get(start..start + length).unwrap_or_default()
}

/// Up to the first zero.
fn text(bytes: &[u8]) -> String {
    let bytes = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

fn path(block: &[u8]) -> String {
    let name = text(field(block, 0, 100));
    let is_ustar = field(block, 257, 5) == b"ustar";
    match text(field(block, 345, 155)) {
        prefix if is_ustar && !prefix.is_empty() => format!("{prefix}/{name}"),
        _none => name,
    }
}

/// Octal digits, or binary with the first bit set.
fn number(field: &[u8]) -> Option<u64> {
    match field.split_first() {
        Some((first, rest)) if first & 0x80 != 0 => rest
            .iter()
            .try_fold(u64::from(first & 0x7f), |value, byte| {
                Some(value.checked_mul(256)? | u64::from(*byte))
            }),
        _octal => {
            let digits = text(field);
            let digits = digits.trim();
            if digits.is_empty() {
                return Some(0);
            }
            u64::from_str_radix(digits, 8).ok()
        }
    }
}

/// Of a header, its own field read as spaces.
fn checksum(block: &[u8]) -> Option<u64> {
    let value = |(at, byte): (usize, &u8)| match at {
        148..156 => u64::from(b' '),
        _ => u64::from(*byte),
    };
    Some(block.iter().enumerate().map(value).sum())
}
