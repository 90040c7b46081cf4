//! A directory that is held open: what is in it is named by one name each, which is followed nowhere, so that nothing
//! that somebody put there beforehand leads a reading or a writing elsewhere.

use super::{Boundary, FileError, Kind, read_at, without_links};
use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, Stat};
use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};
use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// A directory, held open.
#[derive(Debug)]
pub struct Folder {
    held: OwnedFd,
    path: PathBuf,
}

/// Who may read a file that is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Its owner, from the first moment.
    Owner,
    /// Whom the umask of the process lets.
    Usual,
}

/// What came of making a file that must not be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// It is there, whole and durable.
    Whole,
    /// Its name was taken, and what has it stays as it is.
    Taken,
}

/// What came of making a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// It is new.
    New,
    /// Something of that name was there.
    There,
}

const OPEN: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);

impl Folder {
    /// Opens a directory, following the links of its path as far as the boundary lets them lead.
    ///
    /// # Errors
    /// Where there is none, or it is out of bounds.
    pub fn open(boundary: &Boundary, path: &Path) -> Result<Self, FileError> {
        let place = boundary.place(path)?;
        let flags = OPEN | boundary.link_flags();
        let held = rustix::fs::openat(place.directory(), &place.name, flags, Mode::empty());
        Ok(Self {
            held: held.map_err(|error| no_directory(error, || place.kind(boundary)))?,
            path: path.to_owned(),
        })
    }

    /// Opens a directory, which is made for its owner only where there is none, as are those above it.
    ///
    /// # Errors
    /// Where it cannot be made, or is out of bounds.
    pub fn open_or_make(boundary: &Boundary, path: &Path) -> Result<Self, FileError> {
        match Self::open(boundary, path) {
            Err(FileError::Missing) => {}
            opened @ (Ok(_) | Err(_)) => return opened,
        }
        // What does not exist has no links; the nearest directory that does decides where those above it lead.
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(FileError::Missing);
        };
        let name = name.to_str().ok_or_else(|| FileError::from(Errno::INVAL))?;
        let parent = if parent.as_os_str().is_empty() {
            Path::new(".")
        } else {
            parent
        };
        let above = Self::open_or_make(boundary, parent)?;
        above.make(name)?;
        above.folder(name)
    }

    /// Its path, for people.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A directory in it.
    ///
    /// # Errors
    /// Where there is none: a link to one is none.
    pub fn folder(&self, name: &str) -> Result<Self, FileError> {
        let flags = OPEN | OFlags::NOFOLLOW;
        let held = rustix::fs::openat(&self.held, name, flags, Mode::empty());
        Ok(Self {
            held: held.map_err(|error| no_directory(error, || self.kind(name)))?,
            path: self.path.join(name),
        })
    }

    /// Makes a directory in it, for its owner only.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn make(&self, name: &str) -> Result<Made, FileError> {
        match rustix::fs::mkdirat(&self.held, name, Mode::RWXU) {
            Ok(()) => Ok(Made::New),
            Err(Errno::EXIST) => Ok(Made::There),
            Err(error) => Err(error.into()),
        }
    }

    /// What has this name in it.
    ///
    /// # Errors
    /// Where nothing has.
    pub fn kind(&self, name: &str) -> Result<Kind, FileError> {
        Ok(Kind::of(&self.stat(name)?))
    }

    fn stat(&self, name: &str) -> Result<Stat, FileError> {
        let found = rustix::fs::statat(&self.held, name, AtFlags::SYMLINK_NOFOLLOW);
        Ok(found?)
    }

    /// Names of all that is in it, in no order.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn names(&self) -> Result<Vec<OsString>, FileError> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.held)? {
            let name = entry?.file_name().to_bytes().to_vec();
            if name != b"." && name != b".." {
                names.push(OsString::from_vec(name));
            }
        }
        Ok(names)
    }

    /// The bytes of a file in it.
    ///
    /// # Errors
    /// Where there is none: a link to one is none; where it is larger than `limit`.
    pub fn read(&self, name: &str, limit: usize) -> Result<Vec<u8>, FileError> {
        read_at(self.held.as_fd(), name.as_ref(), OFlags::NOFOLLOW, limit)
    }

    /// Writes a file that is there whole and durable, or not at all. A taken name stays as it is.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn create(&self, name: &str, bytes: &[u8], readers: Readers) -> Result<Created, FileError> {
        let temporary = self.temporary(bytes, readers)?;
        let (from, to) = (temporary.as_str(), name);
        let linked = rustix::fs::linkat(&self.held, from, &self.held, to, AtFlags::empty());
        self.forget(&temporary);
        match linked {
            Ok(()) => self.sync().map(|()| Created::Whole),
            Err(Errno::EXIST) => Ok(Created::Taken),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes a file in the place of an older one, whole and durable, or not at all. A link of that name is replaced, not
    /// followed.
    ///
    /// # Errors
    /// Where it cannot be written; the older one is then as it was.
    pub fn replace(&self, name: &str, bytes: &[u8], readers: Readers) -> Result<(), FileError> {
        let temporary = self.temporary(bytes, readers)?;
        let renamed = rustix::fs::renameat(&self.held, &temporary, &self.held, name);
        if renamed.is_err() {
            self.forget(&temporary);
        }
        renamed?;
        self.sync()
    }

    /// Removes a file.
    ///
    /// # Errors
    /// Where it cannot be removed.
    pub fn remove(&self, name: &str) -> Result<(), FileError> {
        let removed = rustix::fs::unlinkat(&self.held, name, AtFlags::empty());
        Ok(removed?)
    }

    /// A file to be locked, made where there is none; what is in it stays.
    ///
    /// # Errors
    /// Where something else has that name.
    pub fn lock_file(&self, name: &str) -> Result<File, FileError> {
        match self.kind(name) {
            Ok(kind) => kind.file()?,
            Err(FileError::Missing) => {}
            Err(error) => return Err(error),
        }
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let flags = flags | OFlags::NOCTTY | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(&self.held, name, flags, OWNER)?;
        Kind::of(&rustix::fs::fstat(&opened)?).file()?;
        Ok(File::from(opened))
    }

    /// A file of this directory without a name, to be written and read again.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn nameless(&self) -> Result<File, FileError> {
        let name = format!(".{}.tmp", unguessable()?);
        let flags = NEW | OFlags::RDWR | OFlags::APPEND;
        let opened = rustix::fs::openat(&self.held, &name, flags, OWNER)?;
        self.remove(&name)?;
        Ok(File::from(opened))
    }

    /// Refuses a directory that somebody else may write: who may could take files away, or put others in their place.
    ///
    /// # Errors
    /// Where its owner is another than this process's user (or root), or others may write.
    pub fn unshared(&self) -> Result<(), FileError> {
        let stat = rustix::fs::fstat(&self.held)?;
        let user = rustix::process::geteuid().as_raw();
        if stat.st_uid != user && stat.st_uid != 0 {
            return Err(FileError::Shared(format!(
                "it belongs to user {}, not to {user}, who runs this: somebody else may change what is in it; keep it in a directory of your own",
                stat.st_uid
            )));
        }
        let mode = stat.st_mode & 0o7777;
        if mode & 0o022 != 0 {
            return Err(FileError::Shared(format!(
                "others than its owner may write there (mode {mode:04o}): somebody else may change what is in it; take that away with `chmod go-w`, or keep it in a directory of your own"
            )));
        }
        Ok(())
    }

    /// A file under a name that nobody can guess, durable.
    fn temporary(&self, bytes: &[u8], readers: Readers) -> Result<String, FileError> {
        let name = format!(".{}.tmp", unguessable()?);
        let mode = match readers {
            Readers::Owner => OWNER,
            Readers::Usual => USUAL,
        };
        let opened = rustix::fs::openat(&self.held, &name, NEW | OFlags::WRONLY, mode)?;
        let mut file = File::from(opened);
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        if written.is_err() {
            self.forget(&name);
        }
        written?;
        Ok(name)
    }

    /// What is left of a temporary file helps nobody, and is passed over by every reader; that it cannot be removed changes
    /// nothing about what came of it.
    fn forget(&self, temporary: &str) {
        let _ = self.remove(temporary);
    }

    /// Makes durable which names are in it.
    ///
    /// # Errors
    /// Where the system cannot.
    pub fn sync(&self) -> Result<(), FileError> {
        Ok(rustix::fs::fsync(&self.held)?)
    }
}

/// Never over anything, never through a link.
const NEW: OFlags = OFlags::CREATE
    .union(OFlags::EXCL)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);
const OWNER: Mode = Mode::RUSR.union(Mode::WUSR);
const USUAL: Mode = OWNER
    .union(Mode::RGRP)
    .union(Mode::WGRP)
    .union(Mode::ROTH)
    .union(Mode::WOTH);

/// The system says only that it is no directory; what it is instead is what helps.
fn no_directory(error: Errno, kind: impl FnOnce() -> Result<Kind, FileError>) -> FileError {
    match error {
        Errno::NOTDIR | Errno::LOOP => match kind() {
            Ok(Kind::Directory) | Err(_) => error.into(),
            Ok(kind @ (Kind::File | Kind::Other(_))) => FileError::NotADirectory(kind.words()),
        },
        other => other.into(),
    }
}

/// A name that somebody who could write in the directory cannot have put there beforehand.
fn unguessable() -> Result<String, FileError> {
    let mut bytes = [0_u8; 16];
    // So few are given whole.
    getrandom(&mut bytes, GetRandomFlags::empty())?;
    Ok(hex::encode(bytes))
}

/// Whether nobody else can put another directory in the place of one: those above it are written by their owners alone, as
/// ssh asks of a home. The directory itself need not be there yet.
///
/// # Errors
/// The first directory above it that others may write.
pub fn unshared_above(path: &Path) -> Result<(), FileError> {
    // A link may be exchanged as well as what it leads to.
    let led_to = without_links(path).ok();
    let mut parents = path.ancestors().skip(1);
    let named = parents.find_map(|above| without_links(above).ok());
    let led_to = led_to.iter().flat_map(|path| path.ancestors().skip(1));
    for above in led_to.chain(named.iter().flat_map(|path| path.ancestors())) {
        let stat = rustix::fs::statat(CWD, above, AtFlags::SYMLINK_NOFOLLOW)?;
        if lets_others_move(stat.st_mode, (stat.st_uid, stat.st_gid)) {
            return Err(FileError::Shared(format!(
                "others than its owner may write in {above} above it (mode {mode:04o}): somebody else may put another directory in its place; take that away with `chmod go-w {above}`, or keep it below a directory of your own",
                above = above.display(),
                mode = stat.st_mode & 0o7777,
            )));
        }
    }
    Ok(())
}

/// Whether others than its owner may move what is in a directory of this mode. With the sticky bit, as /tmp has it, nobody
/// moves what is not his; and a group of its owner's number is the one that many systems give to each user alone.
pub(super) fn lets_others_move(mode: u32, (owner, group): (u32, u32)) -> bool {
    let is_open = mode & 0o002 != 0 || (mode & 0o020 != 0 && group != owner);
    is_open && mode & 0o1000 == 0
}
