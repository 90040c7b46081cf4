//! A run on a terminal that somebody watches: `script` opens one, and what it shows is read as a person would read it.

use crate::children::{APPLY, Served, command, on_its_way};
use sk_dr::sandbox::faults::{Fault, Matching};
use std::process::{ExitStatus, Stdio};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

/// A terminal of 100 columns with a run on it.
struct Watched {
    child: Child,
    screen: vt100::Parser,
    bytes: Vec<u8>,
}

impl Watched {
    fn new(served: &Served, arguments: &str, environment: &[(&str, &str)]) -> Self {
        let inner = command(served.directory.path(), arguments);
        let inner = inner.as_std();
        let words = std::iter::once(inner.get_program()).chain(inner.get_args());
        let line: Vec<&str> = words.map(|word| word.to_str().unwrap()).collect();
        let child = Command::new("script")
            .args([
                "--quiet",
                "--return",
                "--command",
                &format!("exec {}", line.join(" ")),
                "/dev/null",
            ])
            .current_dir(served.directory.path())
            .env_clear()
            .env("HOME", served.directory.path())
            .env("SHELL", "/bin/sh")
            .env("TERM", "xterm")
            .env("COLUMNS", "100")
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            child,
            screen: vt100::Parser::new(80, 100, 0),
            bytes: Vec::new(),
        }
    }

    fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// Reads on; whether there was more.
    async fn read(&mut self) -> bool {
        let mut some = [0; 4096];
        let stdout = self.child.stdout.as_mut().unwrap();
        let count = stdout.read(&mut some).await.unwrap_or_default();
        self.screen.process(&some[..count]);
        self.bytes.extend(&some[..count]);
        count > 0
    }

    /// Reads until the screen shows the words.
    async fn until(&mut self, words: &str) {
        while !self.text().contains(words) {
            assert!(
                self.read().await,
                "{words:?} never stood on\n{}",
                self.text()
            );
        }
    }

    /// What Ctrl-C sends.
    async fn interrupt(&mut self) {
        let stdin = self.child.stdin.as_mut().unwrap();
        stdin.write_all(b"\x03").await.unwrap();
    }

    /// Reads to the end; how the program ended.
    async fn end(&mut self) -> ExitStatus {
        while self.read().await {}
        self.child.wait().await.unwrap()
    }

    /// Colours and the like in what was sent.
    fn is_coloured(&self) -> bool {
        let text = String::from_utf8_lossy(&self.bytes);
        text.split("\u{1b}[").skip(1).any(|rest| {
            rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';')
                .starts_with('m')
        })
    }
}

/// Velero's server is down, so the location is waited for; then it is up again.
#[tokio::test]
async fn rows_say_what_is_awaited_and_go() {
    let served = Served::new().await;
    served.sandbox.with(sk_dr::sandbox::velero::stop);
    let mut watched = Watched::new(&served, APPLY, &[]);
    watched
        .until("● velero_backup_storage_location.main  ")
        .await;
    watched.until(", limit 2m0s)").await;
    let row = watched.text();
    println!("{row}");
    let row = row.lines().find(|line| line.starts_with('●')).unwrap();
    assert!(row.contains("Velero"), "{row}");
    assert!(watched.is_coloured());
    served.sandbox.restart_velero();
    let status = watched.end().await;
    let told = watched.text();
    assert_eq!(status.code(), Some(0), "{told}");
    assert!(!told.contains('●'), "{told}");
    for words in [
        "velero_backup_storage_location.main: Creating...\n",
        "velero_backup_storage_location.main: Creation complete after ",
        "Apply complete! Resources: 1 imported, 4 added, 1 changed, 0 destroyed.",
    ] {
        assert!(told.contains(words), "{words:?} is not left in\n{told}");
    }
    assert!(!told.contains("Still creating"), "{told}");
}

/// The second Ctrl-C ends the run at once: no row is left, and below stands what is in doubt.
#[tokio::test]
async fn interrupts_leave_a_clean_terminal() {
    let served = Served::new().await;
    let never = Matching::new("POST", "/backupstoragelocations");
    served.sandbox.faults.script(never, 1, Fault::HangAfter);
    let mut watched = Watched::new(&served, APPLY, &[]);
    on_its_way(&served).await;
    watched
        .until("● velero_backup_storage_location.main  creating (")
        .await;
    watched.interrupt().await;
    watched.until("Stopping: finishing").await;
    watched.interrupt().await;
    let status = watched.end().await;
    let told = watched.text();
    assert_eq!(status.code(), Some(6), "{told}");
    assert!(!told.contains('●'), "{told}");
    assert!(
        told.contains("in doubt: velero_backup_storage_location.main"),
        "{told}"
    );
    assert!(!watched.screen.screen().hide_cursor());
}

/// NO_COLOR takes the colour and nothing else; where rows cannot be drawn or nobody watches, there are lines.
#[tokio::test]
async fn rows_only_where_they_can_be_drawn() {
    for (variable, rows, colour) in [
        (("NO_COLOR", "1"), true, false),
        (("TERM", "dumb"), false, false),
        (("CI", "true"), false, true),
    ] {
        let served = Served::new().await;
        let slow = Matching::new("POST", "/backupstoragelocations");
        let delay = Fault::Delay { seconds: 1 };
        served.sandbox.faults.script(slow, 1, delay);
        let mut watched = Watched::new(&served, APPLY, &[variable]);
        let status = watched.end().await;
        let told = watched.text();
        assert_eq!(status.code(), Some(0), "{variable:?}\n{told}");
        let sent = String::from_utf8_lossy(&watched.bytes).into_owned();
        assert_eq!(sent.contains('●'), rows, "{variable:?}\n{told}");
        assert_eq!(watched.is_coloured(), colour, "{variable:?}\n{told}");
        assert!(told.contains("Apply complete!"), "{variable:?}\n{told}");
    }
}
