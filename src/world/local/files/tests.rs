//! What the opener reads and writes, and above all what it does not.

use super::*;
use rustix::fs::{FileType, mknodat};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

/// A repository with a stack, links and things that are no files, and a secret beside it.
struct Ground {
    directory: tempfile::TempDir,
    root: PathBuf,
    _socket: UnixListener,
}

fn ground() -> Ground {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    let repository = root.join("repository");
    for part in ["stack", "modules", ".git", "deep/.git", "worktree"] {
        fs::create_dir_all(repository.join(part)).unwrap();
    }
    for (name, text) in [
        ("secret", "secret"),
        ("repository/stack/a", "a"),
        ("repository/modules/b", "b"),
        ("repository/.git/config", "token"),
        ("repository/worktree/.git", "gitdir: /elsewhere"),
    ] {
        fs::write(root.join(name), text).unwrap();
    }
    for (name, target) in [
        ("out", "../../secret"),
        ("absolute", root.join("secret").to_str().unwrap()),
        ("up", "../.."),
        ("inner", "../modules/b"),
        ("home", repository.join("modules/b").to_str().unwrap()),
        ("git", "../.git/config"),
        ("circle", "circle"),
        ("dangling", "nowhere"),
        ("folder", "../modules"),
        ("zero", "/dev/zero"),
    ] {
        symlink(target, repository.join("stack").join(name)).unwrap();
    }
    let pipe = repository.join("stack/pipe");
    mknodat(CWD, &pipe, FileType::Fifo, OWNER_ONLY, 0).unwrap();
    let socket = UnixListener::bind(repository.join("stack/socket")).unwrap();
    Ground {
        directory,
        root,
        _socket: socket,
    }
}

const OWNER_ONLY: Mode = Mode::RUSR.union(Mode::WUSR);

fn words<T>(found: Result<T, FileError>) -> Result<T, String> {
    found.map_err(|error| error.to_string())
}

/// What a reading below the repository says of a path relative to the stack, and what one without a boundary says.
fn check(name: &str, below: Result<&str, &str>, machine: Result<&str, &str>) {
    let ground = ground();
    let repository = ground.root.join("repository");
    let path = repository.join("stack").join(name);
    for (boundary, expected) in [
        (Boundary::Below(repository.clone()), below),
        (Boundary::Machine, machine),
    ] {
        let read = words(read(&boundary, &path, 1000));
        let read = read.map(|bytes| String::from_utf8(bytes).unwrap());
        match (&read, expected) {
            (Ok(text), Ok(expected)) => assert_eq!(text, expected, "{name} {boundary:?}"),
            (Err(error), Err(expected)) if error.contains(expected) => {}
            (Ok(_) | Err(_), _) => panic!("{name} {boundary:?}: {read:?}, expected {expected:?}"),
        }
    }
}

const OUTSIDE: Result<&str, &str> = Err("leads out of the repository");

#[test]
fn reads_stay_in_the_boundary_whatever_links_say() {
    check("a", Ok("a"), Ok("a"));
    check("../stack/./a", Ok("a"), Ok("a"));
    check("../modules/b", Ok("b"), Ok("b"));
    check("inner", Ok("b"), Ok("b"));
    check("home", Ok("b"), Ok("b"));
    check("folder/b", Ok("b"), Ok("b"));
    check("missing", Err("there is no such file"), Err("no such file"));
    check(
        "dangling",
        Err("there is no such file"),
        Err("no such file"),
    );
    check("circle", Err("symbolic links"), Err("symbolic links"));
    check("a/b", Err("Not a directory"), Err("Not a directory"));
    check("out", OUTSIDE, Ok("secret"));
    check("absolute", OUTSIDE, Ok("secret"));
    check("up/secret", OUTSIDE, Ok("secret"));
    check("up/missing", OUTSIDE, Err("no such file"));
    check("../../secret", OUTSIDE, Ok("secret"));
    check("../../missing", OUTSIDE, Err("no such file"));
    check("/nowhere", OUTSIDE, Err("no such file"));
    check("folder/../../secret", OUTSIDE, Ok("secret"));
    check("git", OUTSIDE, Ok("token"));
    check("../.git/config", OUTSIDE, Ok("token"));
    check("../.GIT/config", OUTSIDE, Err("no such file"));
    check("../worktree/.git", OUTSIDE, Ok("gitdir: /elsewhere"));
    check(
        "../deep/.git",
        OUTSIDE,
        Err("it is a directory, not a file"),
    );
}

/// A pipe would wait for a writer for ever, a device may have no end.
#[test]
fn only_files_are_read() {
    let refused = |words| Err::<&str, &str>(words);
    check(
        ".",
        refused("it is a directory"),
        refused("it is a directory"),
    );
    check(
        "folder",
        refused("it is a directory"),
        refused("it is a directory"),
    );
    check(
        "pipe",
        refused("it is a named pipe"),
        refused("it is a named pipe"),
    );
    check(
        "socket",
        refused("it is a socket"),
        refused("it is a socket"),
    );
    check("zero", OUTSIDE, refused("it is a device"));
    check("/dev/zero", OUTSIDE, refused("it is a device"));
}

/// A hole of a terabyte is refused before a byte of it is read.
#[test]
fn a_reading_has_a_limit() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("large");
    fs::write(&path, "12345").unwrap();
    assert_eq!(read(&Boundary::Machine, &path, 5).unwrap(), b"12345");
    let refused = read(&Boundary::Machine, &path, 4).unwrap_err();
    assert_eq!(refused.to_string(), "it is larger than 4 bytes");
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(1 << 40).unwrap();
    let refused = read(&Boundary::Machine, &path, CREDENTIAL_BYTES).unwrap_err();
    assert_eq!(refused.to_string(), "it is larger than 4 MiB");
    // Files of the kernel say that they are empty.
    let boot = Path::new("/proc/sys/kernel/random/boot_id");
    assert_eq!(read(&Boundary::Machine, boot, 100).unwrap().len(), 37);
    let refused = read(&Boundary::Machine, boot, 36).unwrap_err();
    assert_eq!(refused.to_string(), "it is larger than 36 bytes");
}

#[test]
fn who_may_move_what_is_in_a_directory() {
    for (mode, group, others) in [
        (0o700, 9, false),
        (0o755, 9, false),
        (0o777, 7, true),
        (0o1777, 9, false),
        (0o775, 7, false),
        (0o775, 9, true),
        (0o2775, 9, true),
        (0o1775, 9, false),
    ] {
        let found = folder::lets_others_move(mode, (7, group));
        assert_eq!(found, others, "{mode:04o} {group}");
    }
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

/// A file is put in the place of whatever has its name, which a link does not redirect.
#[test]
fn writes_follow_no_link_and_leave_nothing_behind() {
    let ground = ground();
    let stack = ground.root.join("repository/stack");
    let boundary = Boundary::Below(ground.root.join("repository"));
    for name in ["a", "absolute", "out", "dangling", "new", "pipe"] {
        replace(&boundary, &stack.join(name), b"plan").unwrap();
        assert_eq!(fs::read(stack.join(name)).unwrap(), b"plan", "{name}");
        assert_eq!(mode(&stack.join(name)), 0o600, "{name}");
    }
    let secret = ground.root.join("secret");
    assert_eq!(fs::read(&secret).unwrap(), b"secret");
    for name in ["up/plan", "../../plan", "../.git/config", "../deep/.git/x"] {
        let refused = replace(&boundary, &stack.join(name), b"plan").unwrap_err();
        assert!(matches!(refused, FileError::Outside), "{name}: {refused}");
    }
    assert!(!ground.root.join("plan").exists());
    let taken = create(&boundary, &stack.join("git"), b"x", Readers::Usual);
    assert!(matches!(taken, Err(FileError::Exists)), "{taken:?}");
    let nowhere = replace(&boundary, &stack.join("no/plan"), b"plan").unwrap_err();
    assert!(matches!(nowhere, FileError::Missing), "{nowhere}");
    let left = fs::read_dir(&stack)
        .unwrap()
        .map(|one| one.unwrap().file_name());
    let left: Vec<_> = left
        .filter(|name| name.to_str().unwrap().ends_with(".tmp"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    drop(ground.directory);
}

/// A directory is made where there is none, and never through a link that leads out.
#[test]
fn folders_are_made_for_their_owner_and_within_bounds() {
    let ground = ground();
    let repository = ground.root.join("repository");
    let boundary = Boundary::Below(repository.clone());
    let made = Folder::open_or_make(&boundary, &repository.join("x/y")).unwrap();
    assert_eq!(mode(&repository.join("x/y")), 0o700);
    for outside in ["stack/up/x", "../x", ".git/x"] {
        let refused = Folder::open_or_make(&boundary, &repository.join(outside)).unwrap_err();
        assert!(
            matches!(refused, FileError::Outside),
            "{outside}: {refused}"
        );
    }
    assert!(!ground.root.join("x").exists());
    symlink("/", repository.join("x/y/link")).unwrap();
    fs::write(repository.join("x/y/file"), "x").unwrap();
    let refused = |name: &str| made.folder(name).unwrap_err().to_string();
    assert_eq!(refused("link"), "it is a link, not a directory");
    assert_eq!(refused("file"), "it is a file, not a directory");
}

/// What has the name of a lock, or of a file that is read, and is none.
#[test]
fn what_is_in_a_folder_is_followed_nowhere() {
    let ground = ground();
    let stack = Folder::open(&Boundary::Machine, &ground.root.join("repository/stack")).unwrap();
    for (name, what) in [
        ("inner", "a link"),
        ("absolute", "a link"),
        ("dangling", "a link"),
        ("pipe", "a named pipe"),
        ("socket", "a socket"),
    ] {
        let expected = format!("it is {what}, not a file");
        assert_eq!(stack.lock_file(name).unwrap_err().to_string(), expected);
        assert_eq!(stack.read(name, 10).unwrap_err().to_string(), expected);
        assert_eq!(
            stack.create(name, b"x", Readers::Owner).unwrap(),
            Created::Taken
        );
    }
    assert_eq!(fs::read(ground.root.join("secret")).unwrap(), b"secret");
    assert!(stack.lock_file("lock").is_ok());
    assert_eq!(mode(&ground.root.join("repository/stack/lock")), 0o600);
}

#[test]
fn a_folder_that_others_may_write_is_shared() {
    let directory = tempfile::tempdir().unwrap();
    let folder = Folder::open(&Boundary::Machine, directory.path()).unwrap();
    for (mode, shared) in [
        (0o700, false),
        (0o755, false),
        (0o770, true),
        (0o707, true),
        (0o777, true),
        (0o1777, true),
    ] {
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(folder.unshared().is_err(), shared, "{mode:o}");
    }
}
