//! Runs Velero's own program, which renders what it would install and asks no server for it. Must not know what is done
//! with its answer.

use crate::cli::process::{Process, Trouble};
use crate::model::advice::Advice;
use crate::world::guard::Start;
use crate::world::local::files::{self, Boundary, FileError};
use crate::world::local::find_program;
use crate::world::redactor::Redactor;
use crate::world::words::Said;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// It takes a fifth of a second.
const LIMIT: Duration = Duration::from_secs(60);
/// Characters of its complaint that are shown.
const SHOWN: usize = 2000;

/// What it prints on standard output.
///
/// # Errors
/// Where it is not there, may not be started, or fails.
pub(super) async fn output(process: &Process, words: &[String]) -> Result<String, Trouble> {
    let name = words.first().map_or("", String::as_str);
    let refused = |why: String| Trouble::error("Velero's program not run", why);
    let file = find_program(name, &process.environment, &process.directory).ok_or_else(|| {
        refused(format!(
            "There is no program {name}. Name Velero's with {}.",
            Advice::program()
        ))
    })?;
    let start = Start {
        words,
        file: &file,
        environment: &[],
    };
    process
        .guard
        .start(start)
        .map_err(|why| Trouble::of("Velero's program not run", &why))?;
    let room = Room::new(process).map_err(|error| refused(format!("No home for it: {error}.")))?;
    let mut command = Command::new(&file);
    command
        .args(words.get(1..).unwrap_or_default())
        .env_clear()
        .env("HOME", &room.directory)
        .env("KUBECONFIG", room.directory.join(KUBECONFIG))
        .envs(process.variable("PATH").map(|path| ("PATH", path)))
        .current_dir(&process.directory)
        .kill_on_drop(true)
        .stdin(Stdio::null());
    let shown = words.join(" ");
    let output = match tokio::time::timeout(LIMIT, command.output()).await {
        Err(_) => {
            let seconds = LIMIT.as_secs();
            return Err(refused(format!("`{shown}` did not end in {seconds} s.")));
        }
        Ok(Err(error)) => return Err(refused(format!("`{shown}`: {error}."))),
        Ok(Ok(output)) => output,
    };
    if !output.status.success() {
        // It was given no secret.
        let complaint = Said::of(&output.stderr, &Redactor::default()).line_of(SHOWN);
        return Err(refused(format!(
            "`{shown}` failed, {}: {complaint}",
            output.status
        )));
    }
    String::from_utf8(output.stdout)
        .map_err(|_| refused(format!("`{shown}` prints what is no UTF-8.")))
}

const KUBECONFIG: &str = "kubeconfig";

/// A home without the user's settings, which would change what is rendered, and with a kubeconfig, which the program
/// wants to see before it does without a server.
struct Room {
    directory: PathBuf,
}

impl Room {
    fn new(process: &Process) -> Result<Self, FileError> {
        let under = Path::new(process.variable("TMPDIR").unwrap_or("/tmp"));
        let room = Self {
            directory: files::own_directory(under, "sk-dr-vendor-")?,
        };
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "none",
            "clusters": [{"name": "none", "cluster": {"server": "https://127.0.0.1:1"}}],
            "users": [{"name": "none", "user": {}}],
            "contexts": [{"name": "none", "context": {"cluster": "none", "user": "none"}}],
        });
        let path = room.directory.join(KUBECONFIG);
        files::replace(&Boundary::Machine, &path, config.to_string().as_bytes())?;
        Ok(room)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // What is left helps nobody and harms nobody.
        let _ = files::remove_own_directory(&self.directory);
    }
}
