//! Follows a path one name at a time and never out of its root: the kernel is asked about names only, links are read and
//! resolved here, so that nothing outside is opened to find out that it is outside. It needs no `openat2`, which kernels
//! before 5.6 and the system call filters of some containers lack.

use super::{FileError, Kind, Place};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path};

/// Links that lead on to links, as many as the kernel follows.
const LINKS: usize = 40;
/// Directory of the version control; in a submodule or a worktree it is a file that leads to it.
const VERSION_CONTROL: &str = ".git";

/// A handle that opens nothing: names are looked up from it.
const LOOK: OFlags = OFlags::PATH.union(OFlags::CLOEXEC).union(OFlags::NOFOLLOW);

/// What is left to be followed, the next name last.
type Waiting = Vec<OsString>;

/// The directory below `root` in which a path ends, and the name there; `.` where the path leads to a directory.
///
/// # Errors
/// [`FileError::Outside`] where a name or a link leads out of the root, or to the version control's own files.
pub(super) fn beneath(root: &Path, path: &Path) -> Result<Place, FileError> {
    let flags = OFlags::PATH | OFlags::CLOEXEC | OFlags::DIRECTORY;
    let start = rustix::fs::openat(CWD, root, flags, Mode::empty())?;
    let mut above: Vec<OwnedFd> = Vec::new();
    let mut current = start;
    let mut waiting: Waiting = Vec::new();
    let mut links = 0;
    push(&mut waiting, path);
    while let Some(name) = waiting.pop() {
        if name == ".." {
            current = above.pop().ok_or(FileError::Outside)?;
            continue;
        }
        if name.eq_ignore_ascii_case(VERSION_CONTROL) {
            return Err(FileError::Outside);
        }
        let found = rustix::fs::openat(&current, name.as_os_str(), LOOK, Mode::empty())?;
        let stat = rustix::fs::fstat(&found)?;
        match Kind::of(&stat) {
            Kind::Directory => above.push(std::mem::replace(&mut current, found)),
            Kind::Other("a link") => {
                links += 1;
                if links > LINKS {
                    return Err(Errno::LOOP.into());
                }
                let target = rustix::fs::readlinkat(&found, "", Vec::new())?;
                let target = OsString::from_vec(target.into_bytes());
                let target = Path::new(&target);
                match target.strip_prefix(root) {
                    Ok(below) => {
                        // An absolute link into the root begins there anew.
                        if let Some(first) = above.drain(..).next() {
                            current = first;
                        }
                        push(&mut waiting, below);
                    }
                    Err(_) if target.is_absolute() => return Err(FileError::Outside),
                    Err(_) => push(&mut waiting, target),
                }
            }
            Kind::File | Kind::Other(_) if waiting.is_empty() => {
                return Ok(Place {
                    directory: Some(current),
                    name,
                });
            }
            Kind::File | Kind::Other(_) => return Err(Errno::NOTDIR.into()),
        }
    }
    Ok(Place {
        directory: Some(current),
        name: ".".into(),
    })
}

fn push(waiting: &mut Waiting, path: &Path) {
    let names = path.components().rev().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::CurDir | Component::RootDir | Component::Prefix(_) => None,
    });
    waiting.extend(names);
}
