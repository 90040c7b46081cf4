//! A directory with a configuration whose secrets are canaries, the programs it starts, and the real program run in it.

use crate::needle::Canary;
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Every source of a secret. Each canary comes from one of them alone.
pub const SOURCES: &[&str] = &[
    "secret-env",
    "secret-file",
    "secret-command",
    "secret-token",
    "kubeconfig-token",
    "kubeconfig-client-key",
    "exec-plugin",
    "exec-environment",
    "variable-environment",
    "made-kubeconfig",
    "secret-data",
    "live-secret",
];

/// The canary of a source.
pub fn canary(source: &'static str) -> Canary {
    assert!(SOURCES.contains(&source), "{source}");
    Canary::new(source)
}

/// What a run left behind that somebody could read.
pub struct Trace {
    /// What it is: a command line and its stream, or a file.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A directory for a suite of runs.
pub struct Place {
    _held: tempfile::TempDir,
    /// Configuration, journal, plans: everything in it is searched.
    pub work: PathBuf,
    /// Where secrets are kept and where programs write what they were given.
    pub keep: PathBuf,
    /// Process id of the command under way.
    pub child: Arc<AtomicU32>,
    /// Output of commands.
    pub traces: Vec<Trace>,
}

/// How a command ended.
pub struct Ended {
    /// Exit code; `None` where it was killed.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Place {
    /// A place whose providers reach a server.
    pub fn new(server: &str) -> Self {
        let held = tempfile::tempdir().unwrap();
        let root = held.path().canonicalize().unwrap();
        let (work, keep) = (root.join("work"), root.join("keep"));
        for directory in [&work, &keep, &keep.join("tmp")] {
            fs::create_dir_all(directory).unwrap();
        }
        let place = Self {
            _held: held,
            work,
            keep,
            child: Arc::new(AtomicU32::new(0)),
            traces: Vec::new(),
        };
        place.write_secrets(server);
        place.write_configuration(server);
        place
    }

    fn write_secrets(&self, server: &str) {
        let write = |name: &str, text: &str| fs::write(self.keep.join(name), text).unwrap();
        write("secret.txt", &format!("{}\n", canary("secret-file").text));
        write("command.txt", &canary("secret-command").text);
        let token = |source| json!({"token": canary(source).text});
        write(
            "kubeconfig",
            &kubeconfig(server, &token("kubeconfig-token")),
        );
        write(
            "made-kubeconfig",
            &kubeconfig(server, &token("made-kubeconfig")),
        );
        let key = base64::Engine::encode(
            &base64::engine::general_purpose::STANDARD,
            canary("kubeconfig-client-key").text,
        );
        // A key that is none: the error about it must not quote it.
        let user = json!({"client-certificate-data": "bm9uZQ==", "client-key-data": key});
        write("kubeconfig-key", &kubeconfig("https://127.0.0.1:1", &user));
        let credential = json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
            "status": {"token": canary("exec-plugin").text}});
        write("credential.json", &credential.to_string());
        let plugin = json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": self.program("plugin"),
            "interactiveMode": "Never", "env": [{"name": "PLUGIN_KEY", "value": canary("exec-environment").text}]}});
        write("kubeconfig-exec", &kubeconfig(server, &plugin));
        let keep = self.keep.display();
        // Each notes what it was given: its arguments and those of its parent where they are searched, its environment where not.
        let note = |name: &str| {
            format!(
                "#!/bin/sh\n\
                 {{ echo \"$0 $*\"; tr '\\0' ' ' < /proc/$PPID/cmdline; echo; }} >> '{}/argv-of-{name}'\n\
                 env > '{keep}/environment-of-{name}'\n",
                self.work.display()
            )
        };
        self.write_program(
            "print-secret",
            &format!("{}cat '{keep}/command.txt'\n", note("print-secret")),
        );
        self.write_program("plugin", &format!("{}[ -e '{keep}/plugin-fails' ] && {{ cat '{keep}/credential.json'; cat '{keep}/credential.json' >&2; env >&2; exit 1; }}\ncat '{keep}/credential.json'\n", note("plugin")));
        self.write_program("make-cluster", &format!(
            "{}if [ -e '{keep}/fails' ]; then cat '{keep}/shout'; env; env >&2; exit 7; fi\ncp '{keep}/made-kubeconfig' '{keep}/made.yaml'\n",
            note("make-cluster")
        ));
    }

    /// A program's path.
    pub fn program(&self, name: &str) -> String {
        self.keep.join(name).display().to_string()
    }

    fn write_program(&self, name: &str, text: &str) {
        let path = self.keep.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    }

    fn write_configuration(&self, server: &str) {
        let text = include_str!("main.hcl")
            .replace("@keep@", &self.keep.display().to_string())
            .replace("@server@", server);
        fs::write(self.work.join("main.hcl"), text).unwrap();
    }

    /// Adds to the configuration, in a file of its own.
    pub fn add(&self, name: &str, text: &str) {
        fs::write(self.work.join(name), text).unwrap();
    }

    /// Lets `make-cluster` fail with all its environment and more in its output, or no more.
    pub fn let_it_fail(&self, shout: Option<&str>) {
        let path = self.keep.join("fails");
        match shout {
            Some(text) => {
                fs::write(self.keep.join("shout"), text).unwrap();
                fs::write(path, "").unwrap();
            }
            None => fs::remove_file(path).unwrap(),
        }
    }

    /// Runs the program; what it prints is searched later.
    pub async fn run(&mut self, line: &str) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sk-dr"));
        command
            .args(line.split_whitespace())
            .current_dir(&self.work)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", &self.keep)
            .env("TMPDIR", self.keep.join("tmp"))
            .env("CANARY_ENV", canary("secret-env").text)
            .env("CANARY_TOKEN", canary("secret-token").text)
            .env("CANARY_DATA", canary("secret-data").text)
            .env("SKDR_VAR_phrase", canary("variable-environment").text)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        self.child.store(child.id(), Ordering::SeqCst);
        // The server answers on this thread meanwhile.
        let output = tokio::task::spawn_blocking(move || child.wait_with_output());
        let output = output.await.unwrap().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let ended = Ended {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        };
        for (stream, text) in [("stdout", &ended.stdout), ("stderr", &ended.stderr)] {
            self.traces.push(Trace {
                name: format!("{stream} of `sk-dr {line}` (exit {:?})", ended.code),
                text: text.clone(),
            });
        }
        assert!(
            !ended.stderr.contains("panicked"),
            "{line}: {}",
            ended.stderr
        );
        ended
    }

    /// Everything that could be read by somebody who should not: outputs, and each file in the work directory.
    pub fn everything(&self) -> Vec<Trace> {
        let mut all: Vec<Trace> = self
            .traces
            .iter()
            .map(|trace| Trace {
                name: trace.name.clone(),
                text: trace.text.clone(),
            })
            .collect();
        let mut waiting = vec![self.work.clone()];
        while let Some(directory) = waiting.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    waiting.push(path);
                } else {
                    all.push(read(&path));
                }
            }
        }
        all
    }

    /// Leaks, each a line; empty is good.
    pub fn leaks(&self) -> Vec<String> {
        let everything = self.everything();
        let mut found = Vec::new();
        for source in SOURCES {
            let canary = canary(source);
            for trace in &everything {
                for form in canary.found_in(&trace.text) {
                    found.push(format!(
                        "{source}, {form}: in {}\n{}",
                        trace.name,
                        around(&trace.text, &canary, form)
                    ));
                }
            }
        }
        found
    }

    /// What a program was given in its environment.
    pub fn environment_of(&self, program: &str) -> String {
        read(&self.keep.join(format!("environment-of-{program}"))).text
    }
}

fn read(path: &Path) -> Trace {
    Trace {
        name: path.display().to_string(),
        text: String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned(),
    }
}

fn around(text: &str, canary: &Canary, form: &str) -> String {
    let line = canary
        .forms()
        .into_iter()
        .find(|one| one.name == form)
        .and_then(|one| text.lines().find(|line| line.contains(&one.text)));
    line.unwrap_or_default().chars().take(600).collect()
}

fn kubeconfig(server: &str, user: &serde_json::Value) -> String {
    json!({"apiVersion": "v1", "kind": "Config", "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": user}]})
    .to_string()
}
