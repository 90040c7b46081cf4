//! The `sk-dr` program as a user runs it: a directory with HCL, a child process, an exit code and two streams.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};

/// One finished run of the program.
#[derive(Clone, Debug)]
pub struct Run {
    /// The command line.
    pub command: String,
    /// Exit code; none after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Run {
    /// Panics with both streams unless the exit code is the expected one.
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }
    /// Both streams.
    pub fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
    /// Panics unless a stream contains the words.
    pub fn says(self, words: &str) -> Self {
        assert!(self.text().contains(words), "expected {words:?}\n{self}");
        self
    }
    /// Panics if a stream contains the words.
    pub fn does_not_say(self, words: &str) -> Self {
        assert!(
            !self.text().contains(words),
            "did not expect {words:?}\n{self}"
        );
        self
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "$ {}\n{}\n--- stderr\n{}\n--- exit {:?}",
            self.command, self.stdout, self.stderr, self.code
        )
    }
}

/// A configuration directory and how the program is called in it.
#[derive(Clone)]
pub struct Stack {
    directory: PathBuf,
}

impl Stack {
    /// An empty one.
    pub fn new(directory: &Path) -> Self {
        fs::create_dir_all(directory).unwrap();
        Self {
            directory: directory.to_owned(),
        }
    }
    /// The usual one: settings, a provider with a kubeconfig, and resources.
    pub fn with(directory: &Path, name: &str, kubeconfig: &Path, resources: &str) -> Self {
        let stack = Self::new(directory);
        stack.write(
            "main.hcl",
            &format!(
                "sk_dr {{\n  stack = \"{name}\"\n}}\n\nprovider \"kubernetes\" {{\n  config_path = \"{}\"\n}}\n",
                kubeconfig.display()
            ),
        );
        stack.write("resources.hcl", resources);
        stack
    }
    /// Its directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }
    /// Its journal.
    pub fn journal(&self) -> PathBuf {
        self.directory.join(".sk-dr")
    }
    /// Writes a file of the configuration.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.directory.join(name), text).unwrap();
    }
    /// Runs the program here to its end, words split at spaces.
    pub async fn run(&self, arguments: &str) -> Run {
        run_in(&self.directory, arguments).await
    }
    /// The same of what takes longer.
    pub async fn run_within(&self, limit: Duration, arguments: &str) -> Run {
        run_until(&self.directory, limit, arguments).await
    }
    /// What another machine has: the files of the configuration, and nothing of the journal.
    pub fn copy_to(&self, directory: &Path) -> Self {
        let copy = Self::new(directory);
        copy_files(&self.directory, &copy.directory);
        copy
    }
    /// Starts the program here and leaves it running; its output goes to `program.log`.
    pub fn spawn(&self, arguments: &str) -> Child {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.directory.join("program.log"))
            .unwrap();
        let mut command = command(&self.directory, arguments);
        command.stdout(log.try_clone().unwrap()).stderr(log);
        command.spawn().unwrap()
    }
    /// All journal records as text, by run and serial.
    pub fn records(&self) -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        for run in fs::read_dir(self.journal().join("runs"))
            .into_iter()
            .flatten()
            .flatten()
        {
            for record in fs::read_dir(run.path()).into_iter().flatten().flatten() {
                let name = record.file_name().to_string_lossy().into_owned();
                let is_serial = name
                    .strip_suffix(".json")
                    .is_some_and(|serial| serial.parse::<u64>().is_ok());
                if is_serial {
                    found.push((
                        record.path(),
                        fs::read_to_string(record.path()).unwrap_or_default(),
                    ));
                }
            }
        }
        found.sort();
        found
    }
}

fn copy_files(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        if path.is_dir() && name != ".sk-dr" {
            fs::create_dir_all(to.join(name)).unwrap();
            copy_files(&path, &to.join(name));
        } else if path.is_file() {
            fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

/// Runs the program in a directory, to its end.
pub async fn run_in(directory: &Path, arguments: &str) -> Run {
    run_until(directory, Duration::from_secs(240), arguments).await
}

async fn run_until(directory: &Path, limit: Duration, arguments: &str) -> Run {
    let mut command = command(directory, arguments);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let output = tokio::time::timeout(limit, child.wait_with_output())
        .await
        .unwrap_or_else(|_| panic!("sk-dr {arguments} is still running after {limit:?}"))
        .unwrap();
    Run {
        command: format!("sk-dr {arguments}"),
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn command(directory: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sk-dr"));
    command
        .args(arguments.split_whitespace())
        .current_dir(directory)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    // Nothing of the machine's own settings: no KUBECONFIG, no home, no proxy.
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", directory);
    command
}
