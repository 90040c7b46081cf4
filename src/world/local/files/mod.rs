//! The one opener: every file that this program reads or writes is opened here. Each reading has a boundary, a type and a
//! limit; each file that is written is made anew, for its owner only, under a name that nobody can guess, and then put in
//! its place. Must not know what is in a file. `tests/tidy.rs` holds the rest of the program to it.

mod folder;
mod resolve;
#[cfg(test)]
mod tests;

pub use folder::{Created, Folder, Made, Readers, unshared_above};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

/// Bytes of a kubeconfig, a certificate, a token, the value of a secret.
pub const CREDENTIAL_BYTES: usize = 4 << 20;
/// Bytes of a plan, a record of a journal, the state of a sandbox: one of 10 000 resources is 30 MB.
pub const DOCUMENT_BYTES: usize = 1 << 30;

/// How far a reading or writing reaches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Boundary {
    /// Everything that this process may.
    #[default]
    Machine,
    /// What lies below this directory (absolute, without links) once every link is resolved, and nothing of the version
    /// control's own files, which may hold a token (R47).
    Below(PathBuf),
}

/// Why a file cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Nothing of that name.
    #[error("there is no such file")]
    Missing,
    /// It is something else, as named: a directory, a pipe.
    #[error("it is {0}, not a file")]
    NotAFile(&'static str),
    /// It is no directory.
    #[error("it is {0}, not a directory")]
    NotADirectory(&'static str),
    /// More bytes than may be read.
    #[error("it is larger than {}", size(*.0))]
    TooLarge(usize),
    /// Out of bounds, by its name or by what its links lead to.
    #[error(
        "it leads out of the repository, or to files of the version control, which -safe does not allow"
    )]
    Outside,
    /// It is there already.
    #[error("it is there already")]
    Exists,
    /// Others than its owner may write there.
    #[error("{0}")]
    Shared(String),
    /// What the system says.
    #[error("{0}")]
    System(#[from] std::io::Error),
}

impl From<Errno> for FileError {
    fn from(error: Errno) -> Self {
        match error {
            Errno::NOENT => FileError::Missing,
            Errno::EXIST => FileError::Exists,
            other => FileError::System(other.into()),
        }
    }
}

fn size(bytes: usize) -> String {
    match bytes >> 20 {
        0 => format!("{bytes} bytes"),
        mebibytes => format!("{mebibytes} MiB"),
    }
}

impl Boundary {
    /// The boundary of a path that the operator names: one in the repository may be a link that a request committed, one
    /// elsewhere is the operator's own.
    #[must_use]
    pub fn of_named(&self, path: &Path) -> Self {
        match self {
            Boundary::Below(root) if plain(path).starts_with(root) => self.clone(),
            Boundary::Below(_) | Boundary::Machine => Boundary::Machine,
        }
    }

    /// Where a path leads: the directory that holds it, once every link is resolved, and its name there; `.` for a
    /// directory, which is then its own.
    fn place(&self, path: &Path) -> Result<Place, FileError> {
        match self {
            Boundary::Machine => Ok(Place {
                directory: None,
                name: path.as_os_str().to_owned(),
            }),
            Boundary::Below(root) => {
                let whole = path.strip_prefix(root).map(Path::to_owned);
                let relative = match whole {
                    Ok(relative) => relative,
                    Err(_) => {
                        let plain = plain(path);
                        let relative = plain.strip_prefix(root);
                        relative.map_err(|_| FileError::Outside)?.to_owned()
                    }
                };
                resolve::beneath(root, &relative)
            }
        }
    }
}

/// A directory, and a name in it.
struct Place {
    /// None: the name is a path from the working directory, and the kernel follows its links.
    directory: Option<OwnedFd>,
    name: OsString,
}

impl Place {
    fn directory(&self) -> BorrowedFd<'_> {
        self.directory.as_ref().map_or(CWD, AsFd::as_fd)
    }

    fn kind(&self, boundary: &Boundary) -> Result<Kind, FileError> {
        let stat = rustix::fs::statat(self.directory(), &self.name, boundary.at_flags())?;
        Ok(Kind::of(&stat))
    }
}

/// The path without `.` and `..`, by its text alone.
#[must_use]
pub fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => plain.push(part),
        }
    }
    plain
}

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// Neither, as named.
    Other(&'static str),
}

impl Kind {
    fn of(stat: &Stat) -> Self {
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Kind::File,
            FileType::Directory => Kind::Directory,
            FileType::Fifo => Kind::Other("a named pipe"),
            FileType::Socket => Kind::Other("a socket"),
            FileType::Symlink => Kind::Other("a link"),
            FileType::BlockDevice | FileType::CharacterDevice => Kind::Other("a device"),
            _ => Kind::Other("something else"),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Kind::File => "a file",
            Kind::Directory => "a directory",
            Kind::Other(words) => words,
        }
    }

    fn file(self) -> Result<(), FileError> {
        match self {
            Kind::File => Ok(()),
            Kind::Directory | Kind::Other(_) => Err(FileError::NotAFile(self.words())),
        }
    }
}

/// What a path leads to; nothing is opened.
///
/// # Errors
/// Where nothing is there, or it is out of bounds.
pub fn kind(boundary: &Boundary, path: &Path) -> Result<Kind, FileError> {
    boundary.place(path)?.kind(boundary)
}

/// Whether a file is there.
///
/// # Errors
/// Where something else is there, or it is out of bounds.
pub fn is_there(boundary: &Boundary, path: &Path) -> Result<bool, FileError> {
    match kind(boundary, path) {
        Ok(kind) => kind.file().map(|()| true),
        Err(FileError::Missing) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether a path leads to anything.
pub fn is_anything(path: &Path) -> bool {
    kind(&Boundary::Machine, path).is_ok()
}

/// Number of the bytes of a file that could be read; none of them is.
///
/// # Errors
/// As [`read`].
pub fn length(boundary: &Boundary, path: &Path, limit: usize) -> Result<usize, FileError> {
    let place = boundary.place(path)?;
    open_at(place.directory(), &place.name, boundary.link_flags(), limit).map(|(_, length)| length)
}

/// The bytes of a file.
///
/// # Errors
/// Where it is missing, out of bounds, no regular file, larger than `limit`, or cannot be read.
pub fn read(boundary: &Boundary, path: &Path, limit: usize) -> Result<Vec<u8>, FileError> {
    let place = boundary.place(path)?;
    read_at(place.directory(), &place.name, boundary.link_flags(), limit)
}

/// The text of a file.
///
/// # Errors
/// As [`read`], and where it is no UTF-8.
pub fn read_text(boundary: &Boundary, path: &Path, limit: usize) -> Result<String, FileError> {
    let bytes = read(boundary, path, limit)?;
    String::from_utf8(bytes).map_err(|_| {
        FileError::System(std::io::Error::new(
            std::io::ErrorKind::InvalidData,
            "it is not UTF-8",
        ))
    })
}

/// A file of a directory: its type is looked at before it is opened, since opening a device may do something, and once
/// more on what was opened. A pipe that took its place meanwhile opens without waiting for a writer.
fn open_at(
    directory: BorrowedFd<'_>,
    name: &OsStr,
    links: OFlags,
    limit: usize,
) -> Result<(File, usize), FileError> {
    let at = if links.contains(OFlags::NOFOLLOW) {
        AtFlags::SYMLINK_NOFOLLOW
    } else {
        AtFlags::empty()
    };
    Kind::of(&rustix::fs::statat(directory, name, at)?).file()?;
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC | links;
    let opened = rustix::fs::openat(directory, name, flags, Mode::empty())?;
    let stat = rustix::fs::fstat(opened.as_fd())?;
    Kind::of(&stat).file()?;
    let length = usize::try_from(stat.st_size).unwrap_or(usize::MAX);
    if length > limit {
        return Err(FileError::TooLarge(limit));
    }
    Ok((File::from(opened), length))
}

fn read_at(
    directory: BorrowedFd<'_>,
    name: &OsStr,
    links: OFlags,
    limit: usize,
) -> Result<Vec<u8>, FileError> {
    let (file, length) = open_at(directory, name, links, limit)?;
    // It may grow while it is read, and files of /proc say that they are empty.
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::with_capacity(length.saturating_add(1));
    file.take(most).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        return Err(FileError::TooLarge(limit));
    }
    Ok(bytes)
}

impl Boundary {
    /// Whoever resolved the links has none left at the end.
    fn link_flags(&self) -> OFlags {
        match self {
            Boundary::Machine => OFlags::empty(),
            Boundary::Below(_) => OFlags::NOFOLLOW,
        }
    }

    fn at_flags(&self) -> AtFlags {
        match self {
            Boundary::Machine => AtFlags::empty(),
            Boundary::Below(_) => AtFlags::SYMLINK_NOFOLLOW,
        }
    }
}

/// Writes a file for its owner only: whole, durable, in the place of an older one, or not at all.
///
/// # Errors
/// Where it cannot be written; an older file of that name is then as it was.
pub fn replace(boundary: &Boundary, path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let (folder, name) = beside(boundary, path)?;
    folder.replace(&name, bytes, Readers::Owner)
}

/// Writes a file that must not be there, whole and durable.
///
/// # Errors
/// [`FileError::Exists`] where anything of that name is there, a link that leads nowhere too.
pub fn create(
    boundary: &Boundary,
    path: &Path,
    bytes: &[u8],
    readers: Readers,
) -> Result<(), FileError> {
    let (folder, name) = beside(boundary, path)?;
    match folder.create(&name, bytes, readers)? {
        Created::Whole => Ok(()),
        Created::Taken => Err(FileError::Exists),
    }
}

/// The folder that holds a path, links resolved, and the last name of the path, which is followed nowhere.
fn beside(boundary: &Boundary, path: &Path) -> Result<(Folder, String), FileError> {
    let name = path.file_name().and_then(OsStr::to_str);
    let name = name.ok_or_else(|| {
        FileError::System(std::io::Error::new(
            std::io::ErrorKind::InvalidInput,
            "this names no file",
        ))
    })?;
    let parent = path.parent().unwrap_or(Path::new("."));
    let parent = if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    };
    Ok((Folder::open(boundary, parent)?, name.to_owned()))
}

/// The absolute path without links that a path leads to.
///
/// # Errors
/// Where nothing is there.
pub fn without_links(path: &Path) -> Result<PathBuf, FileError> {
    path.canonicalize().map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            FileError::Missing
        } else {
            FileError::System(error)
        }
    })
}

/// The same for a directory.
///
/// # Errors
/// Where there is none.
pub fn directory_without_links(path: &Path) -> Result<PathBuf, FileError> {
    let found = without_links(path)?;
    match kind(&Boundary::Machine, &found)? {
        Kind::Directory => Ok(found),
        other @ (Kind::File | Kind::Other(_)) => Err(FileError::NotADirectory(other.words())),
    }
}

/// Whether this is a file that may be executed.
pub fn is_executable(path: &Path) -> bool {
    rustix::fs::statat(CWD, path, AtFlags::empty())
        .is_ok_and(|stat| Kind::of(&stat) == Kind::File && stat.st_mode & 0o111 != 0)
}

/// A file without a name, for its owner only, that can be read again after it was written.
///
/// # Errors
/// Where the directory cannot be written.
pub fn nameless(directory: &Path) -> Result<File, FileError> {
    let folder = Folder::open(&Boundary::Machine, directory)?;
    folder.nameless()
}

/// A new directory for this user only, below this one: the first free number ends its name. Who took a name beforehand
/// has gained nothing, since a directory that is there is never taken.
///
/// # Errors
/// Where it cannot be made.
pub fn own_directory(under: &Path, prefix: &str) -> Result<PathBuf, FileError> {
    let folder = Folder::open(&Boundary::Machine, under)?;
    for number in 1_u64.. {
        let name = format!("{prefix}{number}");
        if folder.make(&name)? == Made::New {
            return Ok(under.join(name));
        }
    }
    Err(FileError::Exists)
}

/// Removes a directory that [`own_directory`] made, with all that is in it.
///
/// # Errors
/// Where something of it cannot be removed.
pub fn remove_own_directory(path: &Path) -> Result<(), FileError> {
    Ok(std::fs::remove_dir_all(path)?)
}
