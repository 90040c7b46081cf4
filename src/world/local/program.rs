//! Runs a program that must outlive this process: killed or interrupted, `sk-dr` resumes by probing what the program made.
//! Must not know what the program is for.

use super::files::FileError;
use crate::world::redactor::Redactor;
use crate::world::words::{MOST, Said};
use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::process::{Child, Command};

/// Characters of output shown in a message. More is read: a secret must not be cut before it is recognised.
const SHOWN: usize = 4096;
/// Time between asking a program to end and ending it.
const GRACE: Duration = Duration::from_secs(10);

/// A program to run; no `Debug`, since its environment may hold secrets.
pub struct Program {
    /// Program and arguments, no shell.
    pub words: Vec<String>,
    /// Its whole environment.
    pub environment: BTreeMap<String, String>,
    /// Where it starts.
    pub directory: PathBuf,
    /// After this it is ended.
    pub limit: Duration,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Exit code 0.
    Well,
    /// It never ran.
    NotStarted(String),
    /// Another exit code, or a signal; with the end of its output.
    Failed(String),
    /// It ran out of time and was ended; what it did until then stays.
    Overdue(String),
}

/// Runs it to its end.
pub async fn run(program: &Program, redactor: &Redactor) -> Ended {
    let (mut child, output) = match start(program) {
        Ok(started) => started,
        Err(message) => return Ended::NotStarted(message),
    };
    match tokio::time::timeout(program.limit, child.wait()).await {
        Ok(Ok(status)) if status.success() => Ended::Well,
        Ok(Ok(status)) => Ended::Failed(report(program, &ended_by(status), &output, redactor)),
        Ok(Err(error)) => Ended::Overdue(report(
            program,
            &format!("could not be waited for: {error}"),
            &output,
            redactor,
        )),
        Err(_) => {
            end_group(&mut child).await;
            let words = format!(
                "did not end within {} s and was ended",
                program.limit.as_secs()
            );
            Ended::Overdue(report(program, &words, &output, redactor))
        }
    }
}

fn start(program: &Program) -> Result<(Child, File), String> {
    let Some((name, arguments)) = program.words.split_first() else {
        return Err("the command is empty".to_owned());
    };
    let file = super::find_program(name, &program.environment, &program.directory)
        .ok_or_else(|| format!("{name}: no such program"))?;
    let output = output_file(&program.environment)
        .map_err(|error| format!("{name}: no file for its output: {error}"))?;
    let copy = |file: &File| file.try_clone().map_err(|error| format!("{name}: {error}"));
    // A process group of its own keeps the terminal's Ctrl-C and hang-up away from it, as a session of its own would; a
    // session needs setsid between fork and exec, which is unsafe code. Never killed on drop: it may be half-way.
    let child = Command::new(file)
        .args(arguments)
        .env_clear()
        .envs(&program.environment)
        .current_dir(&program.directory)
        .process_group(0)
        .kill_on_drop(false)
        .stdin(Stdio::null())
        .stdout(Stdio::from(copy(&output)?))
        .stderr(Stdio::from(copy(&output)?))
        .spawn()
        .map_err(|error| format!("{name}: {error}"))?;
    Ok((child, output))
}

/// A file without a name. A pipe would end with this process, and the program would die writing to it; and a server that
/// the program leaves running would hold the pipe open for ever.
fn output_file(environment: &BTreeMap<String, String>) -> Result<File, FileError> {
    let directory = environment
        .get("TMPDIR")
        .filter(|path| !path.is_empty())
        .map_or("/tmp", String::as_str);
    super::files::nameless(Path::new(directory))
}

async fn end_group(child: &mut Child) {
    let group = child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .and_then(Pid::from_raw);
    for signal in [Signal::TERM, Signal::KILL] {
        if let Some(group) = group {
            // It may just have ended by itself.
            let _ = kill_process_group(group, signal);
        }
        if tokio::time::timeout(GRACE, child.wait()).await.is_ok() {
            return;
        }
    }
}

fn ended_by(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("exited with {code}"),
        None => format!("was ended by {status}"),
    }
}

fn report(program: &Program, what: &str, output: &File, redactor: &Redactor) -> String {
    let name = program.words.first().map_or("", String::as_str);
    let tail = tail(output).unwrap_or_default();
    let tail = Said::at_the_end(&tail, redactor).end_of(SHOWN);
    if tail.is_empty() {
        format!("{name} {what}, without output")
    } else {
        format!("{name} {what}; its output ends:\n{tail}")
    }
}

fn tail(mut output: &File) -> std::io::Result<Vec<u8>> {
    let most = u64::try_from(MOST).unwrap_or(u64::MAX);
    let length = output.metadata()?.len();
    output.seek(SeekFrom::Start(length.saturating_sub(most)))?;
    let mut bytes = Vec::new();
    output.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}
